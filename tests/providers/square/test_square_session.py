"""From Square's payments and errors to ours: what is told, and what is not guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout import Session
from unified_checkout.adapters import (
    AuthenticationError,
    InvalidRequest,
    MalformedPage,
    NotYetListed,
    PermissionDenied,
    Place,
    PlaceExpired,
    ProviderError,
    ProviderPage,
    RateLimited,
    Response,
    ServerError,
)
from unified_checkout_square import SquareAdapter
from unified_checkout_square.adapter import SquareOptions

ADAPTER = SquareAdapter("shop", SquareOptions())
BARE = {"id": "kQ3mExample0000000000000001ZY", "created_at": "2026-03-04T10:15:30.120Z"}


def page(body: Any) -> ProviderPage:
    return ADAPTER.parse_page(Response(status=200, body=json.dumps(body).encode()), Place())


def session(**fields: Any) -> Session:
    (one,) = page({"payments": [{**BARE, **fields}]}).sessions
    return one


def money(amount: int | None, currency: str | None = "EUR") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def test_a_payment_with_everything() -> None:
    one = session(
        total_money=money(4200),
        amount_money=money(4000),
        tip_money=money(200),
        refunded_money=money(700),
        status="COMPLETED",
        reference_id="basket-77",
        customer_id="CUEXAMPLE1",
        buyer_email_address="ada@example.com",
        billing_address={
            "first_name": "Ada",
            "last_name": "Sample",
            "address_line_1": "1 Sample Street",
            "locality": "Exampleton",
            "administrative_district_level_1": "CA",
            "postal_code": "00001",
            "country": "US",
        },
        application_details={"square_product": "ECOMMERCE_API"},
    )
    assert one.created == datetime(2026, 3, 4, 10, 15, 30, 120_000, tzinfo=UTC)
    assert (str(one.total), str(one.refunded), one.subtotal) == ("42.00 EUR", "7.00 EUR", None)
    assert (one.status, one.payment_status, one.mode) == ("complete", "paid", "payment")
    assert (one.kind, one.provider_status, one.livemode) == ("checkout", "COMPLETED", True)
    assert one.payment_intents == (one.id,)
    assert one.client_reference_id == "basket-77"
    assert one.customer is not None
    assert (one.customer.id, one.customer.name) == ("CUEXAMPLE1", "Ada Sample")
    assert one.customer.email == "ada@example.com"
    assert one.customer.address is not None
    assert (one.customer.address.city, one.customer.address.state) == ("Exampleton", "CA")


def test_a_bare_payment_says_nothing() -> None:
    one = session()
    told = {name for name, value in one.to_dict().items() if value not in (None, [], False)}
    assert told == {"account", "provider", "id", "created", "mode", "kind", "livemode"} | {
        "payment_intents"
    }
    assert one.kind == "unknown"


@pytest.mark.parametrize(
    ("word", "status", "payment_status"),
    [
        ("APPROVED", "complete", "unpaid"),
        ("PENDING", "complete", "unpaid"),
        ("COMPLETED", "complete", "paid"),
        ("CANCELED", "canceled", "unpaid"),
        ("FAILED", "failed", "unpaid"),
        ("SETTLED", "unknown", "unknown"),
    ],
)
def test_every_word_for_a_status(word: str, status: str, payment_status: str) -> None:
    one = session(status=word)
    assert (one.status, one.payment_status, one.provider_status) == (status, payment_status, word)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"application_details": {"square_product": "ONLINE_STORE"}}, "checkout"),
        ({"application_details": {"square_product": "INVOICES"}}, "invoice"),
        ({"application_details": {"square_product": "SQUARE_POS"}}, "in_person"),
        ({"application_details": {"square_product": "TERMINAL_API"}}, "in_person"),
        ({"application_details": {"square_product": "VIRTUAL_TERMINAL"}}, "other"),
        ({"application_details": {"square_product": "OF_NEXT_YEAR"}}, "unknown"),
        ({"application_details": {"square_product": None}, "source_type": "CASH"}, "in_person"),
        ({"card_details": {"entry_method": "CONTACTLESS"}}, "in_person"),
        ({"card_details": {"entry_method": "KEYED"}}, "unknown"),
        ({"terminal_checkout_id": "dhgEXAMPLE"}, "in_person"),
        (
            {
                "application_details": {"square_product": "ECOMMERCE_API"},
                "card_details": {"entry_method": "SWIPED"},
            },
            "checkout",
        ),
    ],
)
def test_what_took_a_payment_tells_its_kind(fields: dict[str, Any], kind: str) -> None:
    assert session(**fields).kind == kind


@pytest.mark.parametrize(
    ("sent", "total", "currency"),
    [
        (money(0), "0.00 EUR", "eur"),
        (money(4200, "JPY"), "4,200 JPY", "jpy"),
        (money(None), "None", "eur"),
        (money(4200, None), "None", None),
        (None, "None", None),
    ],
)
def test_zero_null_and_absent_are_three_things(
    sent: dict[str, Any] | None, total: str, currency: str | None
) -> None:
    one = session(total_money=sent)
    assert (str(one.total), one.currency) == (total, currency)
    assert one.refunded is None


@pytest.mark.parametrize("digits", ["", ".1", ".72", ".120", ".123456"])
def test_fractions_of_a_second_come_in_any_length(digits: str) -> None:
    one = session(created_at=f"2026-03-04T10:15:30{digits}Z")
    assert one.created.isoformat().startswith(f"2026-03-04T10:15:30{digits}")


@pytest.mark.parametrize("empty", [{}, {"payments": []}, {"cursor": ""}, {"cursor": None}])
def test_an_empty_list_comes_in_several_forms(empty: dict[str, Any]) -> None:
    found = page(empty)
    assert (found.sessions, found.next, found.more) == ([], None, False)


@pytest.mark.parametrize("sent", [{"cursor": "abc"}, {"payments": [], "cursor": "abc"}])
def test_an_empty_page_may_go_on(sent: dict[str, Any]) -> None:
    found = page(sent)
    assert (found.sessions, found.next, found.more) == ([], "abc", True)


@pytest.mark.parametrize("sent", [{"payment": BARE}, {"orders": []}, {"cursor": "a", "x": 1}])
def test_another_object_is_no_empty_list(sent: dict[str, Any]) -> None:
    with pytest.raises(MalformedPage) as caught:
        page(sent)
    assert caught.value.field == "payments"


def error(code: str, category: str = "INVALID_REQUEST_ERROR", **more: Any) -> dict[str, Any]:
    return {"errors": [{"code": code, "category": category, **more}]}


def failure(body: Any, status: int = 400) -> ProviderError:
    return ADAPTER.parse_error(Response(status=status, body=json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("INVALID_CURSOR", 400, PlaceExpired),
        ("INVALID_TIME_RANGE", 400, NotYetListed),
        ("INVALID_TIME", 400, InvalidRequest),
        ("INVALID_CURSOR", 401, AuthenticationError),
        ("INVALID_CURSOR", 503, ServerError),
        ("NEVER_HEARD_OF", 400, InvalidRequest),
    ],
)
def test_some_refusals_tell_where_to_go_on(
    code: str, status: int, kind: type[ProviderError]
) -> None:
    found = failure(error(code, detail="Something is wrong."), status)
    assert type(found) is kind
    assert (found.code, found.message, found.status) == (code, "Something is wrong", status)


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("ACCESS_TOKEN_EXPIRED", 401, "an OAuth token is good for 30 days"),
        ("INSUFFICIENT_SCOPES", 403, "PAYMENTS_READ"),
    ],
)
def test_an_error_says_what_to_do(code: str, status: int, says: str) -> None:
    assert says in failure(error(code, "AUTHENTICATION_ERROR"), status).hint


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (error("INTERNAL_SERVER_ERROR", "API_ERROR"), ServerError),
        (error("RATE_LIMITED", "RATE_LIMIT_ERROR"), RateLimited),
        (error("UNAUTHORIZED", "AUTHENTICATION_ERROR"), AuthenticationError),
        (error("FORBIDDEN", "MERCHANT_SUBSCRIPTION_ERROR"), PermissionDenied),
        (error("INVALID_CURSOR"), PlaceExpired),
        (error("X", "OF_NEXT_YEAR"), InvalidRequest),
        ({"errors": ["odd"]}, InvalidRequest),
    ],
)
@pytest.mark.parametrize("beside", [{}, {"payments": [BARE]}, {"payment": BARE}])
def test_an_error_in_a_successful_response_is_no_empty_list(
    sent: dict[str, Any], kind: type[ProviderError], beside: dict[str, Any]
) -> None:
    response = Response(status=200, body=json.dumps({**sent, **beside}).encode())
    reads: list[Callable[[], object]] = [
        lambda: ADAPTER.parse_page(response, Place()),
        lambda: ADAPTER.parse_session(response),
    ]
    for read in reads:
        with pytest.raises(ProviderError) as caught:
            read()
        assert type(caught.value) is kind
        assert caught.value.status == 200


def test_errors_that_are_none_do_no_harm() -> None:
    assert len(page({"payments": [BARE], "errors": []}).sessions) == 1
    card = {"errors": [{"category": "PAYMENT_METHOD_ERROR", "code": "GENERIC_DECLINE"}]}
    assert session(card_details=card, status="FAILED").status == "failed"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_whatever_stands_where_errors_should_be_is_an_error_or_none(odd: Any) -> None:
    for status in (200, 400):
        body = json.dumps({"errors": odd, "payments": [BARE]}).encode()
        response = Response(status=status, body=body)
        assert isinstance(ADAPTER.parse_error(response), ProviderError)
        try:
            assert ADAPTER.parse_page(response, Place()).sessions
        except ProviderError as failed:
            assert odd or isinstance(failed, MalformedPage)  # noqa: PT017 - either may come
