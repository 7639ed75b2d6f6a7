"""GoCardless's own recordings, where a folder of them is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from house import adapter_of

from unified_checkout.adapters import Place, Response
from unified_checkout.errors import RateLimited
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus

SAMPLES = Path(os.environ.get("UNIFIED_CHECKOUT_SAMPLES", "."), "gocardless")
ADAPTER = adapter_of("gocardless")

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="UNIFIED_CHECKOUT_SAMPLES names no folder with gocardless in it"
)


def body(number: str) -> bytes:
    return (SAMPLES / f"{number}.json").read_bytes()


def listed(content: bytes) -> list[Session]:
    return ADAPTER.parse_page(Response(status=200, body=content), Place()).sessions


def test_a_recorded_page_is_read_whole() -> None:
    sent: dict[str, Any] = json.loads(body("001"))
    sessions = listed(body("001"))
    assert [session.raw for session in sessions] == sent["billing_requests"]
    told = [(one.mode, one.status, one.payment_status, str(one.total)) for one in sessions]
    unpaid, open_ = PaymentStatus.UNPAID, SessionStatus.OPEN
    none = PaymentStatus.NO_PAYMENT_REQUIRED
    assert told == [
        (SessionMode.PAYMENT, open_, unpaid, "37.91 GBP"),
        (SessionMode.SETUP, SessionStatus.COMPLETE, none, "None"),
        (SessionMode.PAYMENT, open_, unpaid, "757.33 GBP"),
        (SessionMode.PAYMENT, open_, unpaid, "646.25 GBP"),
    ]
    assert sessions[1].setup_intent == "MD000ZQFRW73MD"
    assert all(one.customer and one.customer.id for one in sessions)


def test_a_recorded_single_object_is_read() -> None:
    session = ADAPTER.parse_session(Response(status=200, body=body("002")))
    assert session.raw == json.loads(body("002"))["billing_requests"]
    assert (str(session.total), session.mode) == ("239.56 GBP", SessionMode.PAYMENT)
    assert session.customer is not None
    assert (session.customer.email, session.customer.address) == (None, None)


def test_a_recorded_refusal_is_a_rate_limit() -> None:
    error = ADAPTER.parse_error(Response(status=429, body=body("004")))
    assert isinstance(error, RateLimited)
    assert (error.code, error.request_id) == ("rate_limit_exceeded", None)
