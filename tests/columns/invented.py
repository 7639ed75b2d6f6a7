"""Sessions of any content, and what they are as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from unified_checkout import (
    Address,
    Customer,
    PaymentStatus,
    Session,
    SessionKind,
    SessionMode,
    SessionStatus,
)

AMOUNTS = {
    "amount_total": "total",
    "amount_subtotal": "subtotal",
    "amount_discount": "discount",
    "amount_shipping": "shipping",
    "amount_tax": "tax",
    "amount_received": "received",
    "amount_refunded": "refunded",
    "amount_disputed": "in_dispute",
}

words = st.none() | st.text(max_size=8)
amounts = st.none() | st.integers(-(2**63), 2**63 - 1)
moments = st.datetimes(timezones=st.just(UTC))
addresses = st.builds(Address, **{field.name: words for field in attrs.fields(Address)})
customers = st.builds(
    Customer,
    address=st.none() | addresses,
    **dict.fromkeys(("id", "email", "name", "phone"), words),
)
OF_ANY = {
    "account": st.text(max_size=8),
    "provider": st.text(max_size=8),
    "id": st.text(min_size=1, max_size=8),
    "created": moments,
    "raw_bytes": st.text(max_size=8).map(str.encode),
    "status": st.none() | st.sampled_from(SessionStatus),
    "payment_status": st.none() | st.sampled_from(PaymentStatus),
    "mode": st.none() | st.sampled_from(SessionMode),
    "kind": st.none() | st.sampled_from(SessionKind),
    "expires_at": st.none() | moments,
    **dict.fromkeys(AMOUNTS, amounts),
    "currency": words,
    "currency_exponent": st.none() | st.integers(0, 9),
    "currency_assumed": st.booleans(),
    "customer": st.none() | customers,
    "payment_intents": st.lists(st.text(max_size=8), max_size=3).map(tuple),
    "livemode": st.none() | st.booleans(),
    "metadata": st.none() | st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3),
    "disputed": st.none() | st.booleans(),
}
sessions = st.builds(
    Session,
    **{field.name: OF_ANY.get(field.name, words) for field in attrs.fields(Session)},
)


def told(session: Session) -> dict[str, Any]:
    """A session as Arrow tells it: times are moments, words are plain."""
    return {
        **session.to_dict(),
        "created": session.created,
        "expires_at": session.expires_at,
    }


def told_in_full(session: Session) -> dict[str, Any]:
    """The same with ``raw`` and the decimal amounts, from ``Session``'s own money."""
    decimals = {}
    for name, money in AMOUNTS.items():
        known = getattr(session, money)
        decimals[f"{name}_decimal"] = None if known is None else known.amount
    return {**told(session), **decimals, "raw": session.raw_bytes.decode()}


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Arrow's, whose maps are lists of pairs, with dictionaries for maps."""
    for name in ("created", "expires_at"):
        assert row[name] is None or row[name].utcoffset() == timedelta(0)
    return {**row, "metadata": None if row["metadata"] is None else dict(row["metadata"])}


def many(count: int) -> Iterator[Session]:
    for number in range(count):
        yield Session(
            account="us",
            provider="acme",
            id=str(number),
            created=datetime(2026, 1, 1, tzinfo=UTC),
            raw_bytes=b"{}",
        )
