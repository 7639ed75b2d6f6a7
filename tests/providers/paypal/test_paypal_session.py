"""An entry of the ledger in the common language."""

from __future__ import annotations

import json
from typing import Any

import pytest
from house import adapter_of

from unified_checkout.adapters import MalformedPage, Place, Response, Window
from unified_checkout.model.session import Session
from unified_checkout_paypal import PayPalAdapter
from unified_checkout_paypal.adapter import PayPalOptions

ADAPTER = adapter_of("paypal")
EUROS = {"currency_code": "EUR", "value": "42.00"}


def page(*rows: dict[str, Any], **more: Any) -> Response:
    sent = {"transaction_details": rows, "total_pages": 1, **more}
    return Response(status=200, body=json.dumps(sent).encode())


def entry(payer: dict[str, Any] | None = None, **info: Any) -> dict[str, Any]:
    given = {
        "transaction_id": "1EX00000EX000001A",
        "transaction_event_code": "T0006",
        "transaction_initiation_date": "2026-03-04T10:15:30+0100",
        "transaction_amount": EUROS,
        "transaction_status": "S",
        **info,
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return {"transaction_info": kept, **({} if payer is None else {"payer_info": payer})}


def read(row: dict[str, Any], adapter: PayPalAdapter | None = None) -> Session:
    (session,) = (adapter or ADAPTER).parse_page(page(row), Place()).sessions
    return session


def test_everything_that_is_told() -> None:
    payer = {
        "account_id": "EXAMPLEPAYER1",
        "email_address": "ada@example.com",
        "phone_number": {"country_code": "353", "national_number": "15550100"},
        "payer_name": {"given_name": "Ada", "surname": "Example", "alternate_full_name": "A. E."},
        "country_code": "IE",
        "address": {"line1": "1 Example Street", "city": "Dublin", "country_code": "IE"},
    }
    session = read(
        entry(
            payer,
            transaction_event_code="T0002",
            paypal_reference_id="I1EXAMPLE",
            paypal_reference_id_type="SUB",
            invoice_id="basket-77",
            custom_field="shop-1",
            shipping_amount={"currency_code": "EUR", "value": "4.90"},
            sales_tax_amount={"currency_code": "EUR", "value": ".50"},
            discount_amount={"currency_code": "EUR", "value": "0.00"},
        )
    )
    told = session.to_dict()
    del told["account"], told["provider"]
    assert {name: value for name, value in told.items() if value is not None} == {
        "id": "1EX00000EX000001A",
        "created": "2026-03-04T09:15:30Z",
        "status": "complete",
        "payment_status": "paid",
        "provider_status": "S",
        "mode": "subscription",
        "kind": "unknown",
        "currency": "eur",
        "currency_exponent": 2,
        "currency_assumed": False,
        "amount_total": 4200,
        "amount_shipping": 490,
        "amount_tax": 50,
        "amount_discount": 0,
        "customer": {
            "id": "EXAMPLEPAYER1",
            "email": "ada@example.com",
            "name": "A. E.",
            "phone": "+35315550100",
            "address": {
                "line1": "1 Example Street",
                "line2": None,
                "city": "Dublin",
                "state": None,
                "postal_code": None,
                "country": "IE",
            },
        },
        "payment_intents": ["1EX00000EX000001A"],
        "subscription": "I1EXAMPLE",
        "client_reference_id": "basket-77",
        "livemode": True,
        "metadata": {"custom_field": "shop-1"},
    }


@pytest.mark.parametrize(
    ("code", "value", "kind", "mode"),
    [
        ("T0006", "42.00", "checkout", "payment"),
        ("T0006", "-42.00", "other", "payment"),  # the account's own purchase (recorded)
        ("T0000", "42.00", "checkout", "payment"),
        ("T0002", "42.00", "unknown", "subscription"),
        ("T0003", "42.00", "renewal", "payment"),
        ("T0018", "42.00", "in_person", "payment"),
        ("T0012", "42.00", "other", "payment"),
        ("T0099", "42.00", "unknown", "payment"),
        ("T1107", "-42.00", "other", None),
        ("T0200", "42.00", "other", None),
        (None, "42.00", "unknown", None),
    ],
)
def test_what_an_entry_is(code: str | None, value: str, kind: str, mode: str | None) -> None:
    amount = {"currency_code": "EUR", "value": value}
    session = read(entry(transaction_event_code=code, transaction_amount=amount))
    assert (session.kind, session.mode) == (kind, mode)


@pytest.mark.parametrize(
    ("letter", "status", "payment_status"),
    [
        ("S", "complete", "paid"),
        ("P", "complete", "unpaid"),
        ("V", "complete", "unpaid"),
        ("D", "failed", "unpaid"),
        ("F", "unknown", "unknown"),
        (None, None, None),
    ],
)
def test_a_letter(letter: str | None, status: str | None, payment_status: str | None) -> None:
    session = read(entry(transaction_status=letter))
    assert (session.status, session.payment_status) == (status, payment_status)
    assert session.provider_status == letter


@pytest.mark.parametrize(
    ("code", "value", "total"),
    [
        ("EUR", "42.00", "42.00 EUR"),
        ("EUR", "42", "42.00 EUR"),
        ("EUR", "-1.61", "-1.61 EUR"),
        ("EUR", ".50", "0.50 EUR"),
        ("EUR", "-.50", "-0.50 EUR"),
        ("EUR", "0.00", "0.00 EUR"),
        ("EUR", "42.0000", "42.00 EUR"),
        ("EUR", "42.", "42.00 EUR"),
        ("JPY", "4200", "4,200 JPY"),
        ("JPY", "4200.00", "4,200 JPY"),
        ("HUF", "4200", "4,200 HUF"),
        ("TWD", "10", "10 TWD"),
        ("KWD", "4.200", "None"),  # not in PayPal's table: left to raw
    ],
)
def test_money_has_the_decimals_of_paypals_own_table(code: str, value: str, total: str) -> None:
    session = read(entry(transaction_amount={"currency_code": code, "value": value}))
    assert str(session.total) == total
    assert session.currency == code.lower()


@pytest.mark.parametrize(
    "value", ["42.001", "4,20", "", ".", "-", "1_000", " 1", "NaN", "1E3", "twelve", "1" * 5000]
)
def test_an_amount_that_is_none_is_named(value: str) -> None:
    with pytest.raises(MalformedPage) as caught:
        read(entry(transaction_amount={"currency_code": "EUR", "value": value}))
    assert caught.value.field == "transaction_info.transaction_amount.value"


def test_an_amount_in_another_currency_is_left_to_raw() -> None:
    session = read(entry(shipping_amount={"currency_code": "USD", "value": "4.90"}))
    assert session.amount_shipping is None
    assert session.raw["transaction_info"]["shipping_amount"]["value"] == "4.90"


def test_an_id_that_looks_like_a_number_stays_as_it_is() -> None:
    assert read(entry(transaction_id="1E500000000000000")).id == "1E500000000000000"


@pytest.mark.parametrize("payer", [None, {}, {"payer_name": {}, "address": {}}])
def test_nobody_is_nobody(payer: dict[str, Any] | None) -> None:
    assert read(entry(payer)).customer is None


def test_the_counterparty_is_the_buyer_where_no_other_is_named() -> None:
    customer = read(entry({"country_code": "IE"}, paypal_account_id="EXAMPLEPAYER1")).customer
    assert customer is not None
    assert (customer.id, customer.address and customer.address.country) == ("EXAMPLEPAYER1", "IE")


def test_where_two_entries_may_share_an_id_it_is_told_with_the_code() -> None:
    options = PayPalOptions(client_id="app", balance_affecting_records_only="N")
    adapter = PayPalAdapter("shop", options)
    rows = [entry(), entry(transaction_event_code="T1300")]
    sessions = adapter.parse_page(page(*rows), Place()).sessions
    assert [session.id for session in sessions] == [
        "1EX00000EX000001A:T0006",
        "1EX00000EX000001A:T1300",
    ]
    assert {session.payment_intents for session in sessions} == {("1EX00000EX000001A",)}


WINDOW = Window(1_772_323_200, 1_774_915_200)
"""March 2026, to its 31st."""


@pytest.mark.parametrize(
    ("sent", "settled"),
    [
        ({}, None),
        ({"last_refreshed_datetime": "2026-03-31T05:59:59+0000"}, "2026-03-31T05:59:59+00:00"),
        ({"end_date": "2026-03-30T23:59:59+0000"}, None),
        ({"end_date": "2026-03-30T20:00:00+0000"}, "2026-03-30T20:00:00+00:00"),
        (
            {
                "end_date": "2026-03-30T20:00:00+0000",
                "last_refreshed_datetime": "2026-03-30T19:59:59Z",
            },
            "2026-03-30T19:59:59+00:00",
        ),
    ],
)
def test_up_to_when_a_page_is_settled(sent: dict[str, str], settled: str | None) -> None:
    found = ADAPTER.parse_page(page(entry(), **sent), Place(window=WINDOW)).settled
    assert (None if found is None else found.isoformat()) == settled


def test_a_page_that_does_not_say_how_many_there_are_is_none() -> None:
    body = json.dumps({"transaction_details": [entry()]}).encode()
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_page(Response(status=200, body=body), Place())
    assert caught.value.field == "total_pages"
