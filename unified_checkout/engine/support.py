"""The support matrix: what each provider evaluates itself, found out by asking its adapter.

Nothing here is typed in: each predicate is compiled alone, and the verdict is the answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs
from pydantic import ValidationError

from unified_checkout.adapters import Adapter, EndOfList, Order, Paging, Pushdown, Untold, load
from unified_checkout.adapters.guarding import mistake
from unified_checkout.adapters.registry import names
from unified_checkout.engine.plan import compiled_by
from unified_checkout.errors import BrokenProvider, ProviderError, ProviderLoadError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import PaymentStatus, SessionKind, SessionMode, SessionStatus

_ID = "probe"
_MOMENT = "2026-01-31T12:00:00Z"

PROBES: Mapping[str, dict[str, Any]] = {
    "created.gt": {"created": {"gt": _MOMENT}},
    "created.gte": {"created": {"gte": _MOMENT}},
    "created.lt": {"created": {"lt": _MOMENT}},
    "created.lte": {"created": {"lte": _MOMENT}},
    **{f"status={word}": {"status": word} for word in SessionStatus},
    "status=open|complete": {"status": [SessionStatus.OPEN, SessionStatus.COMPLETE]},
    "payment_status": {"payment_status": PaymentStatus.PAID},
    "mode": {"mode": SessionMode.PAYMENT},
    **{f"kind={word}": {"kind": word} for word in SessionKind},
    "currency": {"currency": "usd"},
    "customer": {"customer": _ID},
    "customer_account": {"customer_account": _ID},
    "email": {"email": "probe@example.com"},
    "payment_intent": {"payment_intent": _ID},
    "payment_link": {"payment_link": _ID},
    "subscription": {"subscription": _ID},
    "client_reference_id": {"client_reference_id": _ID},
    "livemode": {"livemode": True},
    "has_disputes=true": {"has_disputes": True},
    "has_disputes=false": {"has_disputes": False},
}
"""Queries of one predicate each, by a name for it; of any kind, unless it is the kind."""


@attrs.frozen
class Support:
    """How a provider treats one predicate."""

    pushdown: Pushdown
    note: str
    """The parameters sent, or why there are none."""


@attrs.frozen(kw_only=True)
class ProviderSupport:
    """How a provider treats every predicate, and how its list is read."""

    provider: str
    title: str
    predicates: Mapping[str, Support]
    """By the names of ``PROBES``."""
    order: Order
    paging: Paging
    end_of_list: EndOfList
    divisible: bool
    """Whether several windows can be read at once."""
    page_size: int
    """The most sessions in one page."""
    requests_per_second: float
    """The rate kept to unless an account's configuration names another; may be infinite."""
    rows: str
    """What the provider lists."""
    evidence: str
    """What its adapter was written from; empty where that is not said."""
    untold: Mapping[str, Untold]
    """Fields of a session that its list tells only when asked, or never, by name."""
    excludes: tuple[str, ...]
    """What a query of every kind can never see there."""
    provider_options: tuple[str, ...]
    """What ``ListSessions.provider_options`` may hold for it."""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers; no limit is None."""
        return attrs.asdict(self, value_serializer=lambda _, __, value: _plain(value))


def survey() -> tuple[dict[str, ProviderSupport], dict[str, ProviderLoadError]]:
    """Probe every installed provider: how each treats every predicate, or why it cannot be used."""
    supports: dict[str, ProviderSupport] = {}
    errors: dict[str, ProviderLoadError] = {}
    for name in names():
        try:
            supports[name] = support(name)
        except ProviderLoadError as error:
            errors[name] = error
    return supports, errors


def support(name: str) -> ProviderSupport:
    """Probe the adapter of an installed provider, configured as by default or by example.

    Sends nothing.

    Raises:
        ProviderLoadError: if the adapter cannot be loaded, or cannot be probed.
    """
    kind = load(name)
    try:
        options = kind.options_type
        adapter = kind(name, options.model_validate(options.examples()))
    except ValidationError as error:
        lacking = ", ".join(str(problem["loc"][0]) for problem in error.errors())
        raise BrokenProvider(
            f"provider {name!r} cannot be probed: "
            f"its options have neither a default nor an example: {lacking}"
        ) from None
    except ProviderLoadError:
        raise
    except Exception as error:
        raise BrokenProvider(
            f"provider {name!r} cannot be probed: {mistake(kind, error)}"
        ) from error
    try:
        return probe(adapter)
    except Exception as error:
        said = error.message if isinstance(error, ProviderError) else mistake(kind, error)
        raise BrokenProvider(f"provider {name!r} cannot be probed: {said}") from error


def probe(adapter: Adapter[Any]) -> ProviderSupport:
    """Compile each predicate alone, and a query without any."""
    whole = compiled_by(adapter, ListSessions(kind="any"))
    return ProviderSupport(
        provider=adapter.name,
        title=adapter.title,
        predicates={name: _support(adapter, fields) for name, fields in PROBES.items()},
        order=whole.order,
        paging=whole.paging,
        end_of_list=whole.end_of_list,
        divisible=whole.divisible,
        page_size=whole.page_size,
        requests_per_second=adapter.requests_per_second,
        rows=adapter.rows,
        evidence=adapter.evidence,
        untold=adapter.untold,
        excludes=whole.excludes,
        provider_options=tuple(sorted(adapter.provider_options)),
    )


def _support(adapter: Adapter[Any], fields: dict[str, Any]) -> Support:
    query = ListSessions.model_validate({"kind": "any", **fields})
    (verdict,) = compiled_by(adapter, query).verdicts
    return Support(verdict.pushdown, verdict.note)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return None if value == math.inf else value
