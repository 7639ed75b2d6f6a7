"""How a transaction is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from unified_checkout import MalformedPage, Session
from unified_checkout.adapters import Direction, KeyKind, Place, ProviderPage, Response
from unified_checkout_paddle import PaddleAdapter
from unified_checkout_paddle.adapter import PaddleOptions
from unified_checkout_paddle.session import EXPONENTS, exponent

ROW: dict[str, Any] = {
    "id": "txn_01kahz3v6e8m4n2p7q9r1s5t0w",
    "status": "completed",
    "origin": "web",
    "collection_mode": "automatic",
    "currency_code": "EUR",
    "created_at": "2026-11-20T04:05:31.204518Z",
}
TOTALS = {
    "subtotal": "2000",
    "discount": "0",
    "tax": "380",
    "total": "2380",
    "grand_total": "2380",
    "balance": "0",
}


def read(*rows: dict[str, Any], place: Place | None = None, **options: Any) -> ProviderPage:
    adapter = PaddleAdapter("shop", PaddleOptions.model_validate(options), KeyKind.LIVE)
    page = {"data": rows, "meta": {"pagination": {"has_more": True, "estimated_total": 812}}}
    return adapter.parse_page(
        Response(status=200, body=json.dumps(page).encode()), place or Place()
    )


def one(**fields: Any) -> Session:
    (session,) = read({**ROW, **fields}).sessions
    return session


def with_totals(**totals: Any) -> Session:
    return one(details={"totals": {**TOTALS, **totals}})


@pytest.mark.parametrize(
    ("sent", "microsecond"),
    [
        ("2026-11-20T04:05:31.204518999Z", 204_518),
        ("2026-11-20T04:05:31.2045Z", 204_500),
        ("2026-11-20T04:05:31Z", 0),
    ],
)
def test_times_are_cut_to_microseconds_and_never_rounded_up(sent: str, microsecond: int) -> None:
    assert one(created_at=sent).created == datetime(2026, 11, 20, 4, 5, 31, microsecond, UTC)


@pytest.mark.parametrize(
    ("origin", "mode", "kind"),
    [
        ("web", "automatic", "checkout"),
        ("api", "automatic", "checkout"),
        ("subscription_payment_method_change", "automatic", "checkout"),
        ("subscription_recurring", "automatic", "renewal"),
        ("subscription_charge", "automatic", "other"),
        ("subscription_update", "automatic", "other"),
        ("subscription_recurring", "manual", "invoice"),
        ("a_new_one", "manual", "invoice"),
        ("a_new_one", "automatic", "unknown"),
        ("web", "a_new_one", "unknown"),
        (None, "automatic", None),
        ("web", None, "checkout"),
    ],
)
def test_the_kind(origin: str | None, mode: str | None, kind: str | None) -> None:
    assert one(origin=origin, collection_mode=mode).kind == kind


MONTHLY = [{"price": {"billing_cycle": {"interval": "month", "frequency": 1}}, "quantity": 1}]
ONCE = [{"price": {"billing_cycle": None}, "quantity": 1}]


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({"items": ONCE}, "payment"),
        ({"items": [*ONCE, *MONTHLY]}, "subscription"),
        ({"items": ONCE, "subscription_id": "sub_1"}, "subscription"),
        ({"items": MONTHLY, "origin": "subscription_payment_method_change"}, "setup"),
        ({"items": MONTHLY, "origin": "a_new_one"}, "unknown"),
        ({"items": MONTHLY, "origin": None}, None),
        ({"items": None}, "payment"),
    ],
)
def test_the_mode(fields: dict[str, Any], mode: str | None) -> None:
    assert one(**fields).mode == mode


@pytest.mark.parametrize(
    ("status", "totals", "payment_status"),
    [
        ("completed", {}, "paid"),
        ("paid", {}, "paid"),
        ("paid", {"grand_total": "0"}, "no_payment_required"),
        ("completed", {"grand_total": "-5"}, "no_payment_required"),
        ("completed", {"grand_total": None}, "paid"),
        ("ready", {"grand_total": "0"}, "unpaid"),
        ("past_due", {}, "unpaid"),
        ("canceled", {}, "unpaid"),
        ("a_new_one", {}, "unknown"),
        (None, {}, None),
    ],
)
def test_the_payment_status(
    status: str | None, totals: dict[str, Any], payment_status: str | None
) -> None:
    session = one(status=status, details={"totals": {**TOTALS, **totals}})
    assert session.payment_status == payment_status
    assert session.provider_status == status


def test_amounts_are_minor_units_as_they_were_sent() -> None:
    session = with_totals(grand_total="2000", balance="500", total="-2380")
    assert (session.amount_total, session.amount_subtotal, session.amount_tax) == (-2380, 2000, 380)
    assert session.amount_received == 1500
    assert str(session.total) == "-23.80 EUR"


def test_null_and_absent_and_zero_are_three_things() -> None:
    assert with_totals(discount="0").amount_discount == 0
    assert with_totals(discount=None).amount_discount is None
    assert one().amount_discount is None
    assert with_totals(balance=None).amount_received is None
    assert one(details=None).amount_total is None


@pytest.mark.parametrize("text", ["12.5", "1e3", "", "12 ", "1,000"])
def test_an_amount_that_is_none_is_named(text: str) -> None:
    with pytest.raises(MalformedPage) as error:
        with_totals(tax=text)
    assert (error.value.row, error.value.field) == (0, "details.totals.tax")


def test_payouts_are_in_another_currency_and_not_read() -> None:
    details = {"totals": TOTALS, "payout_totals": {"total": "9999", "currency_code": "USD"}}
    session = one(details=details)
    assert (session.amount_total, session.currency) == (2380, "eur")


def test_adjustments_are_told_where_they_are_included() -> None:
    assert (one().disputed, one().amount_refunded, one().amount_disputed) == (None, None, None)
    totals = {"breakdown": {"credit": "1", "refund": "20", "chargeback": "300"}}
    actions = [{"action": "refund"}, {"action": "chargeback_warning"}]
    session = one(adjustments=actions, adjustments_totals=totals)
    assert (session.disputed, session.amount_refunded, session.amount_disputed) == (True, 20, 300)
    assert one(adjustments=[{"action": "refund"}]).disputed is False
    assert one(adjustments=[]).disputed is False


def test_each_attempt_to_pay_counts_once() -> None:
    attempts = [{"payment_attempt_id": id} for id in ("b", "b", "a", None)]
    assert one(payments=attempts).payment_intents == ("b", "a")
    assert one(payments=None).payment_intents == ()


def test_the_buyer_as_far_as_is_told() -> None:
    assert one(customer_id=None).customer is None
    listed = one(customer_id="ctm_1").customer
    assert listed is not None
    assert (listed.id, listed.email, listed.address) == ("ctm_1", None, None)
    address = {"first_line": "", "city": "Exampleton", "region": None, "country_code": "NZ"}
    told = one(
        customer_id="ctm_1", customer={"email": "a@example.com", "name": ""}, address=address
    ).customer
    assert told is not None
    assert (told.email, told.name) == ("a@example.com", None)
    assert told.address is not None
    assert (told.address.line1, told.address.city, told.address.country) == (
        None,
        "Exampleton",
        "NZ",
    )


@pytest.mark.parametrize(
    ("custom_data", "reference"),
    [
        ({"order": "1007"}, "1007"),
        ({"order": 1007}, "1007"),
        ({"order": None}, None),
        ({"other": "1007"}, None),
        ({}, None),
        (None, None),
        (["order"], None),
    ],
)
def test_the_reference(custom_data: Any, reference: str | None) -> None:
    (session,) = read({**ROW, "custom_data": custom_data}, reference_key="order").sessions
    assert session.client_reference_id == reference
    assert one(custom_data=custom_data).client_reference_id is None


@pytest.mark.parametrize("checkout", [None, {}, {"url": None}])
def test_a_checkout_may_have_no_address(checkout: Any) -> None:
    assert one(checkout=checkout).url is None


def test_decimals_are_those_that_paddle_documents() -> None:
    assert len(EXPONENTS) == 33
    assert [one for one in EXPONENTS if exponent(one) == 0] == ["clp", "jpy", "krw", "vnd"]
    assert exponent("KWD") is None
    assert str(one(currency_code="JPY", details={"totals": TOTALS}).total) == "2,380 JPY"
    assert one(currency_code="KWD", details={"totals": TOTALS}).total is None


def test_a_page_goes_on_at_its_last_row_either_way() -> None:
    rows = [{**ROW, "id": id} for id in ("txn_1", "txn_2")]
    forward = read(*rows)
    assert ([one.id for one in forward.sessions], forward.next) == (["txn_1", "txn_2"], "txn_2")
    back = read(*rows, place=Place(direction=Direction.BACKWARD))
    assert ([one.id for one in back.sessions], back.next) == (["txn_2", "txn_1"], "txn_2")
    assert (forward.more, forward.total) == (True, 812)
    empty = read()
    assert (empty.sessions, empty.next) == ([], None)


@pytest.mark.parametrize(
    ("counted", "total"), [(0, 0), (100_000, 100_000), (100_001, None), (-1, None), (None, None)]
)
def test_a_count_that_is_none_is_not_compared_with(counted: int | None, total: int | None) -> None:
    page = {"data": [], "meta": {"pagination": {"has_more": False, "estimated_total": counted}}}
    adapter = PaddleAdapter("shop", PaddleOptions())
    response = Response(status=200, body=json.dumps(page).encode())
    assert adapter.parse_page(response, Place()).total == total
