"""Invented sessions for figures, and what an order is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from unified_checkout import PaymentStatus, Session, SessionMode, SessionStatus
from unified_checkout.report.dimension import Dimension

EXPONENTS = {"usd": 2, "eur": 2, "jpy": 0, "kwd": 3, "xyz": None, None: None}

some_status = st.sampled_from([None, *SessionStatus])
some_payment_status = st.sampled_from([None, *PaymentStatus])
some_mode = st.sampled_from([None, *SessionMode])
some_moment = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def session(**fields: Any) -> Session:
    given: dict[str, Any] = {
        "account": "us",
        "provider": "acme",
        "id": "cs_1",
        "created": datetime(2026, 1, 1, tzinfo=UTC),
        "raw_bytes": b"{}",
        "status": SessionStatus.COMPLETE,
        "payment_status": PaymentStatus.PAID,
        "mode": SessionMode.PAYMENT,
        "amount_total": 1000,
        "currency": "usd",
        "currency_exponent": 2,
    }
    return Session(**given | fields)


@st.composite
def some_session(draw: st.DrawFn) -> Session:
    provider = draw(st.sampled_from(["acme", "bolt", "coin"]))
    currency = draw(st.sampled_from([*EXPONENTS, "isk"]))
    odd = {"isk": 2 if provider == "acme" else 0}
    return session(
        provider=provider,
        account=draw(st.sampled_from([provider, f"{provider}-2"])),
        created=draw(some_moment),
        status=draw(some_status),
        payment_status=draw(some_payment_status),
        mode=draw(some_mode),
        amount_total=draw(st.none() | st.integers(0, 10**15)),
        currency=currency,
        currency_exponent=odd.get(currency or "", EXPONENTS.get(currency)),
        currency_assumed=provider == "coin" and currency is not None,
    )


some_dimensions = st.lists(st.sampled_from(Dimension), max_size=4)


def is_order(one: Session) -> bool:
    unpaid = one.payment_status == "unpaid"
    return one.status == "complete" and not unpaid and one.mode != "setup"
