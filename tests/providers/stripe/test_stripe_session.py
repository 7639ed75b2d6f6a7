"""Stripe's sessions: every documented shape, in the common language."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from unified_checkout.adapters import Direction, Place, Response
from unified_checkout.errors import MalformedPage
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus
from unified_checkout_stripe import StripeAdapter
from unified_checkout_stripe.adapter import StripeOptions

ADAPTER = StripeAdapter("us", StripeOptions())
ADDRESS = {
    "line1": "1 Invented Street",
    "line2": None,
    "city": "Nowhere",
    "state": "CA",
    "postal_code": "00000",
    "country": "US",
}
NULLABLE = """
    amount_subtotal amount_total cancel_url client_reference_id currency customer
    customer_account customer_details customer_email expires_at invoice livemode metadata mode
    payment_intent payment_link payment_status setup_intent status subscription success_url
    total_details url
"""


def body(**fields: Any) -> bytes:
    return json.dumps({"id": "cs_test_1", "object": "checkout.session", **fields}).encode()


def parsed(**fields: Any) -> Session:
    sent = body(**{"created": 1_700_000_000, **fields})
    return ADAPTER.parse_session(Response(status=200, body=sent))


def test_a_finished_session_in_full() -> None:
    session = parsed(
        adaptive_pricing={"enabled": True},
        amount_subtotal=2500,
        amount_total=2198,
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        cancel_url=None,
        client_reference_id="A-1",
        collected_information={"shipping_details": {"name": "Ada", "address": ADDRESS}},
        currency="usd",
        customer="cus_1",
        customer_account=None,
        customer_details={
            "email": "ada@example.com",
            "name": "Ada",
            "phone": "+15555550100",
            "address": ADDRESS,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        customer_email="prefill@example.com",
        expires_at=1_700_086_400,
        invoice="in_1",
        livemode=False,
        metadata={"order": "A-1", "naïve": "ja"},
        mode="payment",
        payment_intent="pi_1",
        payment_link="plink_1",
        payment_status="paid",
        presentment_details={"presentment_amount": 2000, "presentment_currency": "eur"},
        status="complete",
        success_url="https://example.com/ok",
        total_details={"amount_discount": 302, "amount_shipping": None, "amount_tax": 0},
        ui_mode="hosted_page",
        url=None,
    )
    assert session.account == "us"
    assert session.provider == "stripe"
    assert session.id == "cs_test_1"
    assert session.created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert session.expires_at == datetime(2023, 11, 15, 22, 13, 20, tzinfo=UTC)
    assert session.status is SessionStatus.COMPLETE
    assert session.provider_status == "complete"
    assert session.payment_status is PaymentStatus.PAID
    assert session.mode is SessionMode.PAYMENT
    assert str(session.total) == "21.98 USD"
    assert str(session.subtotal) == "25.00 USD"
    assert str(session.discount) == "3.02 USD"
    assert session.amount_shipping is None
    assert session.amount_tax == 0
    assert session.amount_received is None
    assert session.customer is not None
    assert session.customer.id == "cus_1"
    assert session.customer.email == "ada@example.com"
    assert session.customer.name == "Ada"
    assert session.customer.phone == "+15555550100"
    assert session.customer.address is not None
    assert session.customer.address.city == "Nowhere"
    assert session.customer_email == "prefill@example.com"
    assert session.payment_intents == ("pi_1",)
    assert session.payment_link == "plink_1"
    assert session.invoice == "in_1"
    assert session.client_reference_id == "A-1"
    assert session.success_url == "https://example.com/ok"
    assert session.metadata == {"order": "A-1", "naïve": "ja"}
    assert session.livemode is False
    assert session.disputed is None
    assert not session.currency_assumed
    assert session.raw["presentment_details"]["presentment_currency"] == "eur"


def test_only_the_id_and_the_time_of_creation_are_needed() -> None:
    session = parsed()
    assert session.status is None
    assert session.payment_status is None
    assert session.mode is None
    assert session.customer is None
    assert session.total is None
    assert session.currency is None
    assert session.currency_exponent is None
    assert session.payment_intents == ()
    assert session.livemode is None
    assert session.metadata is None


def test_null_is_as_good_as_missing() -> None:
    nulled = dict.fromkeys(NULLABLE.split())
    session, bare = parsed(**nulled), parsed()
    assert session.to_dict() == bare.to_dict()


def test_a_null_status_is_none_and_a_new_word_is_unknown_but_readable() -> None:
    assert parsed(status=None).status is None
    session = parsed(status="paused", payment_status="later", mode="donation")
    assert session.status is SessionStatus.UNKNOWN
    assert session.provider_status == "paused"
    assert session.payment_status is PaymentStatus.UNKNOWN
    assert session.mode is SessionMode.UNKNOWN


def test_setup_mode_has_neither_amount_nor_currency_nor_address() -> None:
    session = parsed(
        mode="setup",
        amount_total=None,
        currency=None,
        customer_details={"email": "ada@example.com", "name": None, "phone": None},
        payment_status="no_payment_required",
        setup_intent="seti_1",
        total_details=None,
    )
    assert session.mode is SessionMode.SETUP
    assert session.payment_status is PaymentStatus.NO_PAYMENT_REQUIRED
    assert session.setup_intent == "seti_1"
    assert session.total is None
    assert session.customer is not None
    assert session.customer.address is None


@pytest.mark.parametrize(
    "field", ["customer", "payment_intent", "payment_link", "subscription", "setup_intent"]
)
@pytest.mark.parametrize(
    "related",
    [
        "x_1",
        {"id": "x_1", "object": "thing", "metadata": {"a": 1}},
        {"id": "x_1", "object": "thing", "deleted": True},
    ],
)
def test_a_related_object_is_an_id_expanded_or_deleted(field: str, related: Any) -> None:
    session = parsed(**{field: related})
    found = {
        "customer": session.customer.id if session.customer else None,
        "payment_intent": session.payment_intents[0] if session.payment_intents else None,
        "payment_link": session.payment_link,
        "subscription": session.subscription,
        "setup_intent": session.setup_intent,
    }
    assert found[field] == "x_1"


@pytest.mark.parametrize(
    "shipping",
    [
        {"shipping": {"name": "Ada", "address": ADDRESS}, "shipping_rate": None},
        {"shipping_details": {"name": "Ada", "address": ADDRESS}},
        {"shipping_details": {}, "shipping_cost": {}, "shipping_options": {}},
        {"collected_information": {"shipping_details": {"name": "Ada", "address": ADDRESS}}},
        {"collected_information": None, "shipping_details": None},
    ],
)
def test_shipping_may_live_in_any_of_its_homes(shipping: dict[str, Any]) -> None:
    session = parsed(**shipping, total_details={"amount_shipping": 499})
    assert session.amount_shipping == 499
    assert {key: session.raw[key] for key in shipping} == shipping


@pytest.mark.parametrize(
    "ui_mode", ["hosted", "embedded", "custom", "hosted_page", "embedded_page", "elements", None]
)
def test_both_vocabularies_of_ui_mode_are_read(ui_mode: str | None) -> None:
    assert parsed(ui_mode=ui_mode).raw["ui_mode"] == ui_mode


@pytest.mark.parametrize(
    ("currency", "exponent", "shown"),
    [
        ("usd", 2, "5.00 USD"),
        ("jpy", 0, "500 JPY"),
        ("krw", 0, "500 KRW"),
        ("isk", 2, "5.00 ISK"),
        ("ugx", 2, "5.00 UGX"),
        ("huf", 2, "5.00 HUF"),
        ("twd", 2, "5.00 TWD"),
        ("kwd", 3, "0.500 KWD"),
        ("bhd", 3, "0.500 BHD"),
    ],
)
def test_minor_units_have_stripes_own_exponent(currency: str, exponent: int, shown: str) -> None:
    session = parsed(amount_total=500, currency=currency)
    assert session.currency_exponent == exponent
    assert StripeAdapter.exponent(currency) == exponent
    assert str(session.total) == shown


def test_a_currency_in_capitals_is_the_same_currency() -> None:
    session = parsed(amount_total=100, currency="JPY")
    assert (session.currency, session.currency_exponent) == ("jpy", 0)
    assert str(session.total) == "100 JPY"
    (condition,) = ListSessions(currency="jpy").predicates()
    assert condition.matches(session)


def test_an_empty_currency_makes_no_money() -> None:
    session = parsed(amount_total=500, currency="")
    assert (session.currency, session.currency_exponent) == ("", None)
    assert session.total is None
    assert session.amount_total == 500


def test_the_raw_bytes_are_what_was_sent() -> None:
    sent = body(created=1, big=2**70, unknown={"deep": ["é", None]}) + b"\n"
    session = ADAPTER.parse_session(Response(status=200, body=sent))
    assert session.raw_bytes == sent
    assert session.raw["big"] == 2**70


def page(has_more: bool, *rows: bytes) -> Response:
    envelope = b'{"object": "list", "url": "/v1/checkout/sessions", "has_more": %s, "data": [%s]}'
    flag = b"true" if has_more else b"false"
    return Response(
        status=200, headers={"request-id": "req_7"}, body=envelope % (flag, b",".join(rows))
    )


def test_a_page_names_where_to_go_on_in_the_direction_asked() -> None:
    rows = body(id="cs_2", created=2), body(id="cs_1", created=1)
    forward = ADAPTER.parse_page(page(True, *rows), Place())
    assert [session.id for session in forward.sessions] == ["cs_2", "cs_1"]
    assert (forward.next, forward.more) == ("cs_1", True)
    back = ADAPTER.parse_page(page(False, *rows), Place(direction=Direction.BACKWARD))
    assert (back.next, back.more) == ("cs_2", False)
    empty = ADAPTER.parse_page(page(False), Place())
    assert (empty.sessions, empty.next, empty.more) == ([], None, False)


def test_a_session_without_a_time_of_creation_is_an_error_that_says_so() -> None:
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_page(page(True, body(created=1), body()), Place())
    assert (caught.value.row, caught.value.field) == (1, "created")
    assert caught.value.account == "us"
    assert caught.value.request_id == "req_7"
    with pytest.raises(MalformedPage) as single:
        ADAPTER.parse_session(Response(status=200, body=body()))
    assert (single.value.row, single.value.field) == (None, "created")
