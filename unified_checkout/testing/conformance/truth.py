"""A session held against the facts that it tells: field by field, nothing left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from unified_checkout.model.session import Address, Customer, Session
from unified_checkout.sandbox import Facts
from unified_checkout.testing.conformance import oracle

_APART = ("created", "status", "metadata", "expires_at", "customer")
_SHARED = [
    name
    for name in attrs.fields_dict(Session)
    if name in attrs.fields_dict(Facts) and name not in _APART
]
"""The fields that sessions and facts have in common, and in one form."""
AMOUNTS = [name for name in _SHARED if name.startswith("amount_")]

Values = dict[str, object]


def told(session: Session) -> Values:
    """What a session tells, in the form of facts: by name of its field, dotted for the buyer."""
    expires = session.expires_at
    return {
        **{name: getattr(session, name) for name in _SHARED},
        "created": session.created.timestamp(),
        "expires_at": expires and expires.timestamp(),
        "status": session.status,
        "metadata": _plain(session.metadata),
        **_buyer(session.customer),
    }


def held(facts: Facts) -> Values:
    """The same of what the provider holds."""
    return {
        **{name: getattr(facts, name) for name in _SHARED},
        "created": facts.created,
        "expires_at": facts.expires_at,
        "status": oracle.status(facts),
        "metadata": _plain(facts.metadata),
        **_buyer(facts.customer),
    }


def differences(
    session: Session, facts: Facts, silent: Collection[str] = ()
) -> dict[str, tuple[object, object]]:
    """The fields that a session tells otherwise than the provider holds them.

    Args:
        session: what the adapter read.
        facts: what the provider holds.
        silent: the fields that need not be told. What is told of them must be right all the same.
    """
    have, wanted = told(session), held(facts)
    return {
        name: (have[name], wanted[name])
        for name in have
        if have[name] != wanted[name]
        and not (have[name] in (None, ()) and name.partition(".")[0] in silent)
    }


def _plain(metadata: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if metadata is None else dict(metadata)


def _buyer(customer: Customer | None) -> Values:
    buyer = customer or Customer()
    address = buyer.address or Address()
    fields = {**attrs.asdict(buyer, recurse=False), **attrs.asdict(address)}
    del fields["address"]
    return {f"customer.{name}": value for name, value in fields.items()}
