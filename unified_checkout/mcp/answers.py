"""What a tool tells: what providers say, coverage, and apart from it what buyers wrote."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from unified_checkout.printing import printable

if TYPE_CHECKING:
    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.model.session import Session


class Reveal(StrEnum):
    """What is told only where it is allowed."""

    BUYERS = "buyers"
    METADATA = "metadata"


_TOLD = (
    *("account", "provider", "id", "created", "expires_at"),
    *("status", "provider_status", "payment_status", "mode", "kind"),
    *("amount_total", "amount_subtotal", "amount_discount", "amount_shipping", "amount_tax"),
    *("amount_received", "amount_refunded", "amount_disputed"),
    *("currency", "currency_exponent", "currency_assumed", "livemode"),
)
_IN_FULL = (
    *("payment_intents", "subscription", "setup_intent", "invoice", "payment_link", "disputed"),
)
_UNTRUSTED = {
    Reveal.BUYERS: ("customer", "customer_email", "customer_account"),
    Reveal.METADATA: ("metadata", "client_reference_id"),
}
_FREE = {"provider_status", "subscription", "setup_intent", "invoice", "payment_link"}
"""Told as long as they look like a provider's words and ids: some let others write them."""
_ID = re.compile(r"[\w.:~/+=-]{1,255}", re.ASCII)


def plain_session(
    session: Session, reveal: Collection[Reveal], *, in_full: bool = False
) -> dict[str, Any]:
    """A session without what buyers and merchants wrote, which comes only if it is revealed."""
    fields = session.to_dict()
    told = {name: fields[name] for name in (_TOLD + _IN_FULL if in_full else _TOLD)}
    told["total"] = None if session.total is None else str(session.total)
    untrusted = {
        name: fields[name] for what in Reveal if what in reveal for name in _UNTRUSTED[what]
    }
    for name in _FREE & told.keys():
        if told[name] is not None and not _ID.fullmatch(told[name]):
            told[name] = None
            if Reveal.METADATA in reveal:
                untrusted[name] = fields[name]
    return {**told, "untrusted": untrusted} if reveal else told


def plain_coverage(coverage: Coverage) -> dict[str, Any]:
    """What an answer proves, for each account in a sentence or two."""
    return {
        "complete": coverage.complete,
        "more": coverage.more,
        "accounts": {
            one.account: {"promise": one.promise, "read": str(one)} for one in coverage.accounts
        },
    }


def nothing_read(why: str) -> dict[str, Any]:
    """The coverage of an answer for which no list was read."""
    return {"complete": None, "more": None, "accounts": {}, "note": why}


def escaped(value: Any) -> Any:
    r"""The same, with the control characters of its texts written out.

    >>> escaped({"name": ["Jenny\x1b[31m"], "total": 1})
    {'name': ['Jenny\\x1b[31m'], 'total': 1}
    """
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {escaped(key): escaped(one) for key, one in value.items()}
    return [escaped(one) for one in value] if isinstance(value, list | tuple) else value
