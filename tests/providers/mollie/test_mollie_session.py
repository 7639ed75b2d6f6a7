"""How Mollie's payments are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import InvalidRequest, NotFound, PlaceExpired, Session
from unified_checkout.adapters import Direction, MalformedPage, Place, ProviderPage, Response
from unified_checkout_mollie import MollieAdapter
from unified_checkout_mollie.adapter import MollieOptions
from unified_checkout_mollie.session import EXPONENTS

ADAPTER = MollieAdapter("shop", MollieOptions())


def euros(value: str, currency: str = "EUR") -> dict[str, str]:
    return {"value": value, "currency": currency}


def page(*rows: Any, place: Place | None = None, **envelope: Any) -> ProviderPage:
    sent = {"count": len(rows), "_embedded": {"payments": rows}, "_links": {"next": None}}
    body = json.dumps({**sent, **envelope}).encode()
    return ADAPTER.parse_page(Response(status=200, body=body), place or Place())


def read(**fields: Any) -> Session:
    row = {"id": "tr_1", "createdAt": "2026-11-20T04:05:31+00:00", "amount": euros("10.00")}
    (session,) = page({**row, **fields}).sessions
    return session


@pytest.mark.parametrize(
    ("word", "status", "payment_status", "received"),
    [
        ("open", "open", "unpaid", 0),
        ("pending", "complete", "unpaid", 0),
        ("authorized", "complete", "unpaid", 0),
        ("paid", "complete", "paid", 1000),
        ("canceled", "canceled", "unpaid", 0),
        ("expired", "expired", "unpaid", 0),
        ("failed", "failed", "unpaid", 0),
        ("unheard-of", "unknown", "unknown", None),
        (None, None, None, None),
    ],
)
def test_each_word(
    word: str | None, status: str | None, payment_status: str | None, received: int | None
) -> None:
    session = read(status=word)
    assert (session.status, session.payment_status) == (status, payment_status)
    assert (session.amount_received, session.provider_status) == (received, word)


@pytest.mark.parametrize(
    ("fields", "kind", "mode"),
    [
        ({}, "checkout", None),
        ({"sequenceType": "oneoff"}, "checkout", "payment"),
        ({"sequenceType": "first"}, "checkout", "payment"),
        ({"sequenceType": "recurring"}, "other", "off_session"),
        ({"sequenceType": "recurring", "subscriptionId": "sub_1"}, "renewal", "subscription"),
        ({"sequenceType": "oneoff", "method": "pointofsale"}, "in_person", "payment"),
        ({"sequenceType": "unheard-of"}, "unknown", "unknown"),
        ({"sequenceType": "first", "amount": euros("0.00")}, "checkout", "setup"),
        ({"sequenceType": "first", "amount": euros("0", "JPY")}, "checkout", "setup"),
        ({"sequenceType": "first", "amount": euros("0.01")}, "checkout", "payment"),
        ({"sequenceType": "oneoff", "amount": euros("0.00")}, "checkout", "payment"),
    ],
    ids=str,
)
def test_what_a_payment_is(fields: dict[str, Any], kind: str, mode: str | None) -> None:
    session = read(status="paid", **fields)
    assert (session.kind, session.mode) == (kind, mode)
    needs_none = session.payment_status == "no_payment_required"
    assert needs_none == (mode == "setup")


@settings(deadline=None, max_examples=60)
@given(units=st.integers(0, 10**12), currency=st.sampled_from(sorted(EXPONENTS)))
def test_amounts_are_exact_in_every_currency(units: int, currency: str) -> None:
    digits = EXPONENTS[currency]
    whole, rest = divmod(units, 10**digits)
    value = f"{whole}.{rest:0{digits}}" if digits else f"{whole}"
    session = read(status="paid", amount=euros(value, currency.upper()))
    assert (session.amount_total, session.currency) == (units, currency)
    assert session.currency_exponent == MollieAdapter.exponent(currency) == digits


@pytest.mark.parametrize(("currency", "exponent"), [("HUF", 2), ("TWD", 2), ("ISK", 0), ("JPY", 0)])
def test_mollies_decimals(currency: str, exponent: int) -> None:
    assert MollieAdapter.exponent(currency) == exponent


@pytest.mark.parametrize(("code", "value"), [("KRW", "1000.00"), ("KWD", "1.234"), ("XYZ", "1")])
def test_of_a_currency_that_mollie_does_not_name_the_code_is_told_and_no_amount(
    code: str, value: str
) -> None:
    session = read(status="paid", amount=euros(value, code), amountRefunded=euros(value, code))
    assert (session.currency, session.currency_exponent) == (code.lower(), None)
    assert (session.amount_total, session.amount_received, session.amount_refunded) == (None,) * 3
    assert session.total is None
    assert session.raw["amount"]["value"] == value


@pytest.mark.parametrize("value", ["10.001", "1e3", "", " 1", "1,00"])
def test_an_amount_that_cannot_be_is_named(value: str) -> None:
    with pytest.raises(MalformedPage) as caught:
        read(amount=euros(value))
    assert (caught.value.row, caught.value.field) == (0, "amount.value")


def test_an_amount_in_another_currency_is_not_taken_for_one_in_this() -> None:
    other = euros("9.99", "USD")
    session = read(
        status="paid",
        amountRefunded=other,
        amountCaptured=other,
        amountChargedBack=other,
        settlementAmount=other,
    )
    assert (session.amount_total, session.amount_refunded, session.amount_received) == (
        1000,
        None,
        None,
    )
    assert (session.amount_disputed, session.disputed) == (None, True)


def test_absent_is_not_zero_but_where_that_is_documented() -> None:
    session = read(status="paid")
    assert (session.amount_refunded, session.amount_disputed) == (None, 0)
    assert read(amount=None).amount_total is None
    assert read(amountRefunded=euros("0.00")).amount_refunded == 0


def test_what_was_captured_is_what_was_received() -> None:
    session = read(status="paid", amountCaptured=euros("4.00"))
    assert (session.amount_total, session.amount_received) == (1000, 400)
    assert read(status="authorized", amountCaptured=euros("0.00")).amount_received == 0


def test_more_may_be_refunded_than_was_paid() -> None:
    assert read(status="paid", amountRefunded=euros("12.50")).amount_refunded == 1250


LINK = {"href": "https://api.mollie.com/v2/payments/tr_1/chargebacks", "type": "application/hal"}


@pytest.mark.parametrize(
    ("fields", "disputed", "amount"),
    [
        ({}, False, 0),
        ({"amountChargedBack": euros("10.00"), "_links": {"chargebacks": LINK}}, True, 1000),
        ({"amountChargedBack": euros("10.00")}, True, 1000),
        ({"amountChargedBack": euros("0.00")}, False, 0),
        ({"_links": {"chargebacks": LINK}}, True, 0),
        ({"_links": {"chargebacks": None, "refunds": LINK}}, False, 0),
    ],
    ids=str,
)
def test_a_chargeback_shows_by_its_amount_or_its_link(
    fields: dict[str, Any], disputed: bool, amount: int
) -> None:
    session = read(status="paid", **fields)
    assert (session.disputed, session.amount_disputed) == (disputed, amount)


@pytest.mark.parametrize("text", ["2026-11-20T04:05:31+00:00", "2026-11-20T04:05:31.0Z"])
def test_both_forms_of_time(text: str) -> None:
    session = read(createdAt=text, expiresAt=text)
    assert session.created == session.expires_at == datetime(2026, 11, 20, 4, 5, 31, tzinfo=UTC)


def test_times_that_are_not_needed_may_be_anything() -> None:
    assert read(captureBefore="2023-01-20T09:13:37+00+00", paidAt="soon").id == "tr_1"


@pytest.mark.parametrize("metadata", ["order 7", 7, 7.5, ["a"], None, True])
def test_metadata_of_any_kind_costs_no_row(metadata: Any) -> None:
    session = read(metadata=metadata)
    assert session.metadata is None
    assert session.raw["metadata"] == metadata


def test_metadata_that_is_an_object() -> None:
    assert read(metadata={"order_id": 1007}).metadata == {"order_id": "1007"}


def test_the_address_is_the_shops_word() -> None:
    billing = {
        "givenName": "Ada",
        "familyName": "Sample",
        "email": "ada@example.com",
        "phone": "+12025550100",
        "streetAndNumber": "1 Sample Street",
        "streetAdditional": "Back Door",
        "postalCode": "00001",
        "city": "Exampleton",
        "region": "Examplia",
        "country": "NL",
    }
    session = read(billingAddress=billing, customerId="cst_1")
    buyer = session.customer
    assert buyer is not None
    assert (buyer.id, buyer.name, buyer.phone) == ("cst_1", "Ada Sample", "+12025550100")
    assert (buyer.email, session.customer_email) == (None, "ada@example.com")
    address = buyer.address
    assert address is not None
    assert (address.line1, address.line2) == ("1 Sample Street", "Back Door")
    assert (address.city, address.state) == ("Exampleton", "Examplia")
    assert (address.postal_code, address.country) == ("00001", "NL")


@pytest.mark.parametrize(
    ("billing", "name"),
    [
        ({"givenName": "Madonna"}, "Madonna"),
        ({"organizationName": "Sample Ltd"}, "Sample Ltd"),
        ({"organizationName": "Sample Ltd", "familyName": "Sample"}, "Sample"),
        ({}, None),
    ],
    ids=str,
)
def test_whoever_is_named(billing: dict[str, str], name: str | None) -> None:
    session = read(billingAddress=billing)
    assert session.customer is not None
    assert session.customer.name == name


def test_of_nobody_nothing_is_told() -> None:
    session = read()
    assert (session.customer, session.customer_email) == (None, None)


@pytest.mark.parametrize(
    ("mode", "live"), [("live", True), ("test", False), ("new", None), (None, None)]
)
def test_the_mode_is_each_payments_own(mode: str | None, live: bool | None) -> None:
    assert read(mode=mode).livemode is live


def test_addresses() -> None:
    checkout = {"checkout": {"href": "https://www.mollie.com/checkout/x", "type": "text/html"}}
    session = read(_links=checkout, redirectUrl="https://a.example", cancelUrl="https://b.example")
    assert session.url == "https://www.mollie.com/checkout/x"
    assert (session.success_url, session.cancel_url) == ("https://a.example", "https://b.example")
    assert session.payment_intents == ("tr_1",)
    assert "checkout/x" not in repr(session)


ROWS = [{"id": f"tr_{n}", "createdAt": f"2026-11-20T04:05:3{n}+00:00"} for n in range(3)]
NEXT = {"href": "https://elsewhere.example/v2/payments?from=tr_9", "type": "application/hal+json"}


def test_a_page_goes_on_at_its_last_payment_wherever_its_link_leads() -> None:
    found = page(*ROWS[::-1], _links={"next": NEXT})
    assert (found.next, found.more) == ("tr_0", True)
    assert page(*ROWS).more is False


def test_towards_newer_payments_a_page_is_turned_round() -> None:
    found = page(*ROWS, _links={"next": NEXT}, place=Place(direction=Direction.BACKWARD))
    assert [session.id for session in found.sessions] == ["tr_2", "tr_1", "tr_0"]
    assert (found.next, found.more) == ("tr_2", True)


@pytest.mark.parametrize(
    ("envelope", "field"),
    [
        ({"_links": {}}, "_links.next"),
        ({"_links": None}, "_links"),
        ({"_links": {"next": "https://api.mollie.com"}}, "_links.next"),
        ({"_embedded": {}}, "_embedded.payments"),
        ({"_embedded": {"payments": None}}, "_embedded.payments"),
    ],
    ids=str,
)
def test_a_page_that_does_not_say_where_it_ends_is_malformed(
    envelope: dict[str, Any], field: str
) -> None:
    with pytest.raises(MalformedPage) as caught:
        page(*ROWS, **envelope)
    assert (caught.value.row, caught.value.field) == (None, field)


def failure(status: int, **body: Any) -> Exception:
    sent = json.dumps({"status": status, "title": "No", **body}).encode()
    return ADAPTER.parse_error(Response(status=status, body=sent))


def test_errors_say_which_field() -> None:
    error = failure(422, detail="The amount is higher than the maximum", field="amount")
    assert isinstance(error, InvalidRequest)
    assert "amount: The amount is higher than the maximum" in str(error)
    assert isinstance(failure(404, detail="No payment exists with token tr_x"), NotFound)


def test_a_place_that_is_no_longer_known_is_no_refused_request() -> None:
    assert type(failure(400, detail="Invalid cursor value", field="from")) is PlaceExpired
    assert type(failure(400, detail="Invalid", field="limit")) is InvalidRequest
    assert type(failure(422, detail="Invalid", field="from")) is InvalidRequest
