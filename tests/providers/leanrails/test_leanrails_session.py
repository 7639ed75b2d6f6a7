"""LeanRails' sessions and failures, in the common language."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from unified_checkout.adapters import Direction, KeyKind, Place, Response
from unified_checkout.errors import (
    InvalidRequest,
    MalformedPage,
    NotFound,
    ProviderError,
    RateLimited,
    ServerError,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus
from unified_checkout_leanrails import LeanRailsAdapter
from unified_checkout_leanrails.adapter import LeanRailsOptions

ADAPTER = LeanRailsAdapter("shop", LeanRailsOptions())
NULLABLE = """
    amount_subtotal amount_total cancel_url client_reference_id currency customer
    customer_account customer_details customer_email expires_at livemode metadata mode
    payment_intent payment_link payment_status status subscription success_url total_details
    url
"""


def body(**fields: Any) -> bytes:
    return json.dumps({"id": "cs_1", "object": "checkout.session", **fields}).encode()


def parsed(**fields: Any) -> Session:
    sent = body(**{"created": 1_700_000_000, **fields})
    return ADAPTER.parse_session(Response(status=200, body=sent))


def test_the_documented_session_in_full() -> None:
    session = parsed(
        mode="order",
        status="complete",
        payment_status="paid",
        ui_mode="hosted",
        customer_creation="always",
        billing_address_collection="auto",
        expires_at=1_700_086_400,
        metadata={"order": "A-1", "pieces": 3},
        livemode=False,
        url="https://checkout.example.com/c/1#fragment",
        client_secret="invented",
        success_url="https://example.com/ok",
        cancel_url="https://example.com/no",
        customer="cus_1",
        customer_email="prefill@example.com",
        customer_details={
            "email": "ada@example.com",
            "name": "Ada",
            "phone": "+15555550100",
            "address": {"city": "Nowhere", "country": "US", "line1": "1 Invented Street"},
        },
        payment_intent="pi_1",
        currency="usd",
        amount_subtotal=1000,
        amount_total=1234,
        total_details={"amount_discount": 0, "amount_shipping": 200, "amount_tax": 34},
        client_reference_id="A-1",
        phone_number_collection=True,
        shipping_options=[{"shipping_rate": "shr_1", "shipping_amount": 200}],
        shipping_details={"name": "Ada", "address": {"city": "Nowhere"}},
    )
    assert session.provider == "leanrails"
    assert session.created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert session.expires_at == datetime(2023, 11, 15, 22, 13, 20, tzinfo=UTC)
    assert session.status is SessionStatus.COMPLETE
    assert session.payment_status is PaymentStatus.PAID
    assert session.mode is SessionMode.ORDER
    assert str(session.total) == "12.34 USD"
    assert (session.amount_discount, session.amount_shipping, session.amount_tax) == (0, 200, 34)
    assert session.customer is not None
    assert session.customer.id == "cus_1"
    assert session.customer.email == "ada@example.com"
    assert session.customer.address is not None
    assert session.customer.address.line1 == "1 Invented Street"
    assert session.customer.address.postal_code is None
    assert session.customer_email == "prefill@example.com"
    assert session.payment_intents == ("pi_1",)
    assert session.url == "https://checkout.example.com/c/1#fragment"
    assert session.metadata == {"order": "A-1", "pieces": "3"}
    assert session.livemode is False
    assert session.raw["phone_number_collection"] is True


def test_anything_but_the_id_and_the_time_of_creation_may_be_null_or_missing() -> None:
    nulled = dict.fromkeys(NULLABLE.split())
    assert parsed(**nulled).to_dict() == parsed().to_dict()
    assert parsed().customer is None


def test_fields_that_may_come_one_day_are_read() -> None:
    session = parsed(
        customer={"id": "cus_1", "email": "ada@example.com"},
        customer_account="acct_1",
        payment_link="plink_1",
        subscription="sub_1",
    )
    assert session.customer is not None
    assert session.customer.id == "cus_1"
    assert session.customer.email is None
    assert session.customer_account == "acct_1"
    assert session.payment_link == "plink_1"
    assert session.subscription == "sub_1"


def test_a_new_word_is_unknown_but_readable() -> None:
    session = parsed(status="canceled", payment_status="partial", mode="subscription")
    assert session.status is SessionStatus.UNKNOWN
    assert session.provider_status == "canceled"
    assert session.payment_status is PaymentStatus.UNKNOWN
    assert session.mode is SessionMode.UNKNOWN


@pytest.mark.parametrize(
    ("currency", "shown"),
    [("usd", "5.00 USD"), ("jpy", "500 JPY"), ("kwd", "0.500 KWD"), ("isk", "500 ISK")],
)
def test_minor_units_have_the_exponent_of_iso_4217(currency: str, shown: str) -> None:
    assert str(parsed(amount_total=500, currency=currency).total) == shown


def test_a_currency_in_capitals_is_the_same_currency() -> None:
    session = parsed(amount_total=100, currency="JPY")
    assert (session.currency, session.currency_exponent) == ("jpy", 0)
    assert str(session.total) == "100 JPY"
    (condition,) = ListSessions(currency="jpy").predicates()
    assert condition.matches(session)


@pytest.mark.parametrize("currency", ["zzz", "", "xxx", "points"])
def test_a_currency_that_iso_4217_does_not_know_makes_no_money(currency: str) -> None:
    session = parsed(amount_total=500, currency=currency)
    assert session.currency == currency
    assert session.currency_exponent is None
    assert session.total is None
    assert session.amount_total == 500


def test_the_table_of_currencies_is_loaded_only_when_it_is_needed() -> None:
    program = "import sys, unified_checkout_leanrails; sys.exit('iso4217' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def page(*rows: bytes, more: bool = True, **fields: Any) -> Response:
    envelope = json.dumps({"object": "list", "has_more": more, **fields}).encode()[:-1]
    return Response(
        status=200,
        headers={"x-request-id": "req_7"},
        body=envelope + b', "data": [' + b",".join(rows) + b"]}",
    )


ROWS = body(id="cs_2", created=2), body(id="cs_1", created=1)


@pytest.mark.parametrize(
    ("fields", "following"),
    [
        ({"next_cursor": "cs_x"}, "cs_x"),
        ({"next_cursor": None}, "cs_1"),
        ({"next_cursor": ""}, "cs_1"),
        ({}, "cs_1"),
    ],
)
def test_the_next_cursor_is_taken_or_else_the_last_id(
    fields: dict[str, Any], following: str
) -> None:
    found = ADAPTER.parse_page(page(*ROWS, **fields), Place())
    assert [session.id for session in found.sessions] == ["cs_2", "cs_1"]
    assert (found.next, found.more) == (following, True)


def test_backwards_the_first_id_counts_and_the_next_cursor_does_not() -> None:
    back = Place(cursor="cs_0", direction=Direction.BACKWARD)
    found = ADAPTER.parse_page(page(*ROWS, more=False, next_cursor="cs_x"), back)
    assert (found.next, found.more) == ("cs_2", False)


def test_an_empty_page_names_nothing() -> None:
    found = ADAPTER.parse_page(page(more=False, next_cursor=None), Place())
    assert (found.sessions, found.next, found.more) == ([], None, False)


def test_a_session_without_a_time_of_creation_is_an_error_that_says_so() -> None:
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_page(page(ROWS[0], body()), Place())
    assert (caught.value.row, caught.value.field) == (1, "created")
    assert (caught.value.provider, caught.value.request_id) == ("leanrails", "req_7")


def failure(status: int, body: bytes, **headers: str) -> ProviderError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ADAPTER.parse_error(Response(status=status, headers=named, body=body))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "resource_missing", NotFound),
        (400, "parameter_missing", InvalidRequest),
        (422, "parameter_invalid", InvalidRequest),
        (500, "internal", ServerError),
    ],
)
def test_the_status_decides_and_the_code_is_kept(
    status: int, code: str, kind: type[ProviderError]
) -> None:
    detail = {"type": "invalid_request_error", "code": code, "message": "It is wrong."}
    error = failure(status, json.dumps({"error": detail}).encode(), x_request_id="req_7")
    assert type(error) is kind
    assert (error.code, error.message, error.request_id) == (code, "It is wrong", "req_7")


def test_the_advice_to_wait_is_kept() -> None:
    error = failure(429, b'{"error": {"code": "rate_limit_exceeded"}}', retry_after="3")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3.0


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error": null}', b"\xff"])
def test_any_body_gives_an_error_of_the_right_kind(body: bytes) -> None:
    assert type(failure(502, body)) is ServerError


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("sk_test_obviously_fake", KeyKind.TEST),
        ("sk_live_obviously_fake", KeyKind.LIVE),
        ("pk_live_obviously_fake", KeyKind.PUBLISHABLE),
        ("rk_test_obviously_fake", KeyKind.UNKNOWN),
    ],
)
def test_a_key_tells_what_it_is_for(key: str, kind: KeyKind) -> None:
    assert LeanRailsAdapter.key_kind(key) is kind
