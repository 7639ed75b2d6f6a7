"""PayPal's own payloads, where a folder of them is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from house import adapter_of

from unified_checkout.adapters import (
    InvalidRequest,
    NotYetListed,
    Place,
    ProviderPage,
    Response,
    WindowTooFull,
)

SAMPLES = Path(os.environ.get("UNIFIED_CHECKOUT_SAMPLES", "."), "paypal")
ADAPTER = adapter_of("paypal")

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="UNIFIED_CHECKOUT_SAMPLES names no folder with paypal in it"
)


def body(number: str) -> bytes:
    return (SAMPLES / f"{number}.json").read_bytes()


def page(number: str) -> ProviderPage:
    read = ADAPTER.parse_page(Response(status=200, body=body(number)), Place())
    assert [one.raw for one in read.sessions] == json.loads(body(number))["transaction_details"]
    return read


def test_the_page_of_the_documentation_is_read_whole() -> None:
    read = page("001")
    (session,) = read.sessions
    assert (session.kind, session.status, session.payment_status) == (
        "checkout",
        "complete",
        "paid",
    )
    assert (str(session.total), str(session.shipping)) == ("465.00 USD", "30.00 USD")
    assert (session.client_reference_id, read.more, read.next) == ("Invoice-005", False, None)
    assert session.customer is not None
    assert session.customer.email == "consumer@example.com"


def test_a_recorded_page_of_a_buyer_holds_no_sale() -> None:
    read = page("002")
    assert [str(session.kind) for session in read.sessions] == ["other"] * 6
    assert read.sessions[1].amount_total == -46_698
    assert (read.more, read.next) == (True, "2x100x2")
    assert read.settled is not None
    assert read.settled.isoformat() == "2025-01-12T05:29:59+00:00"


@pytest.mark.parametrize(("number", "kind"), [("003", WindowTooFull), ("004", NotYetListed)])
def test_two_refusals_bound_a_window(number: str, kind: type[InvalidRequest]) -> None:
    assert type(ADAPTER.parse_error(Response(status=400, body=body(number)))) is kind
