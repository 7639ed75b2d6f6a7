"""How Polar's rows and failures are read."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from unified_checkout import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PaymentStatus,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Session,
    SessionMode,
    SessionStatus,
)
from unified_checkout.adapters import Place, Response
from unified_checkout_polar import PolarAdapter
from unified_checkout_polar.adapter import PolarOptions

ROW: dict[str, Any] = {
    "id": "5f0d8a52-6a51-4e4e-9d3f-6d1c6f0c9b11",
    "created_at": "2026-11-20T04:05:31.204518Z",
    "expires_at": "2026-11-21T04:05:31.204493Z",
    "status": "succeeded",
    "url": "https://polar.sh/checkout/polar_c_obviously_fake",
    "success_url": "https://shop.example.com/thanks",
    "return_url": "https://shop.example.com/cart",
    "amount": 2500,
    "discount_amount": 500,
    "net_amount": 2000,
    "tax_amount": 380,
    "total_amount": 2380,
    "currency": "eur",
    "is_payment_required": True,
    "product": {"name": "Guide", "is_recurring": False},
    "customer_id": "0b1c7d5e-0000-4000-8000-000000000003",
    "external_customer_id": "user-42",
    "customer_name": "Ada Example",
    "customer_email": "ada@example.com",
    "customer_billing_address": {"country": "DE", "city": None},
    "metadata": {"reference_id": "order-1007", "attempt": 2, "gift": True},
    "subscription_id": None,
}
NO_ADDRESS = "https://proxy.example.com"


def adapter(base_url: str = "https://api.polar.sh") -> PolarAdapter:
    return PolarAdapter("shop", PolarOptions(base_url=base_url))


def page(*rows: Any, total: int = 1, last: int = 1) -> Response:
    body = {"items": rows, "pagination": {"total_count": total, "max_page": last}}
    return Response(status=200, body=json.dumps(body).encode())


def read(**fields: Any) -> Session:
    (session,) = adapter().parse_page(page({**ROW, **fields}), Place()).sessions
    return session


def without(*names: str) -> Session:
    row = {name: value for name, value in ROW.items() if name not in names}
    (session,) = adapter().parse_page(page(row), Place()).sessions
    return session


def test_every_field_has_its_place() -> None:
    session = read()
    assert session.created.isoformat() == "2026-11-20T04:05:31.204518+00:00"
    assert session.expires_at
    assert session.expires_at.isoformat() == "2026-11-21T04:05:31.204493+00:00"
    assert (session.status, session.provider_status) == (SessionStatus.COMPLETE, "succeeded")
    assert (session.payment_status, session.mode) == (PaymentStatus.PAID, SessionMode.PAYMENT)
    assert (session.amount_subtotal, session.amount_discount) == (2500, 500)
    assert (session.amount_tax, session.amount_total, session.amount_shipping) == (380, 2380, None)
    assert (session.currency, session.currency_exponent) == ("eur", 2)
    assert session.customer
    assert (session.customer.id, session.customer.name) == (ROW["customer_id"], "Ada Example")
    assert session.customer.address
    assert (session.customer.address.country, session.customer.address.city) == ("DE", None)
    assert session.client_reference_id == "order-1007"
    assert session.metadata == {"reference_id": "order-1007", "attempt": "2", "gift": "true"}
    assert session.cancel_url == ROW["return_url"]
    assert session.raw == ROW


@pytest.mark.parametrize(
    ("word", "status", "paid"),
    [
        ("open", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("confirmed", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("succeeded", SessionStatus.COMPLETE, PaymentStatus.PAID),
        ("expired", SessionStatus.EXPIRED, PaymentStatus.UNPAID),
        ("failed", SessionStatus.FAILED, PaymentStatus.UNPAID),
        ("refunded", SessionStatus.UNKNOWN, PaymentStatus.UNKNOWN),
        (None, None, None),
    ],
)
def test_a_status_and_what_follows_of_payment(word: Any, status: Any, paid: Any) -> None:
    session = read(status=word)
    assert (session.status, session.payment_status) == (status, paid)
    assert session.provider_status == word
    free = read(status=word, is_payment_required=False)
    assert free.payment_status == (None if word is None else PaymentStatus.NO_PAYMENT_REQUIRED)
    assert read(status=word, is_payment_required=None).payment_status is None


def test_a_trial_is_not_paid_though_it_has_a_total() -> None:
    session = read(is_payment_required=False, total_amount=4000)
    assert session.payment_status is PaymentStatus.NO_PAYMENT_REQUIRED
    assert session.amount_total == 4000


@pytest.mark.parametrize("word", ["open", "expired"])
def test_an_address_is_a_prefill_until_it_is_confirmed(word: str) -> None:
    session = read(status=word)
    assert session.customer_email == "ada@example.com"
    assert session.customer
    assert session.customer.email is None


@pytest.mark.parametrize("word", ["confirmed", "succeeded", "failed"])
def test_a_confirmed_address_is_the_buyers(word: str) -> None:
    session = read(status=word)
    assert session.customer_email is None
    assert session.customer
    assert session.customer.email == "ada@example.com"


def test_an_open_session_with_nothing_but_a_prefill_has_no_buyer() -> None:
    nobody = {"customer_id": None, "customer_name": None, "customer_billing_address": None}
    assert read(status="open", **nobody).customer is None


@pytest.mark.parametrize(
    ("product", "mode"),
    [
        ({"is_recurring": True}, SessionMode.SUBSCRIPTION),
        ({"is_recurring": False}, SessionMode.PAYMENT),
        ({}, None),
        (None, None),
    ],
)
def test_the_mode_is_the_products(product: Any, mode: SessionMode | None) -> None:
    assert read(product=product).mode is mode


@pytest.mark.parametrize(
    ("currency", "exponent"),
    [("jpy", 0), ("krw", 0), ("mga", 0), ("isk", 2), ("ugx", 2), ("huf", 2), ("kwd", 2)],
)
def test_the_exponents_are_polars(currency: str, exponent: int) -> None:
    session = read(currency=currency.upper(), total_amount=1000)
    assert (session.currency, session.currency_exponent) == (currency, exponent)


def test_null_absent_and_zero_are_kept_apart() -> None:
    assert (read(tax_amount=None).amount_tax, read(tax_amount=0).amount_tax) == (None, 0)
    assert (read(metadata={}).metadata, without("metadata").metadata) == ({}, None)
    assert without("metadata").client_reference_id is None


def test_id_and_time_of_creation_are_enough() -> None:
    session = without(*(name for name in ROW if name not in ("id", "created_at")))
    assert (session.status, session.mode, session.customer, session.total) == (None,) * 4


@pytest.mark.parametrize(
    ("base_url", "headers", "livemode"),
    [
        ("https://api.polar.sh", {}, True),
        ("https://sandbox-api.polar.sh", {}, False),
        ("https://sandbox-api.polar.sh", {"x-polar-sandbox": "1"}, False),
        ("https://api.polar.sh", {"x-polar-sandbox": "1"}, True),
        (NO_ADDRESS, {"x-polar-sandbox": "1"}, False),
        (NO_ADDRESS, {}, None),
    ],
)
def test_livemode_is_told_by_the_address_or_else_by_a_header(
    base_url: str, headers: dict[str, str], livemode: bool | None
) -> None:
    reader = adapter(base_url)
    listed = attrs.evolve(page(ROW), headers=headers)
    (session,) = reader.parse_page(listed, Place()).sessions
    single = Response(status=200, body=json.dumps(ROW).encode(), headers=headers)
    assert session.livemode is reader.parse_session(single).livemode is livemode


@pytest.mark.parametrize(
    ("number", "last", "following"), [(1, 3, "2x50"), (2, 3, "3x50"), (3, 3, None), (4, 3, None)]
)
def test_a_page_knows_how_many_there_are(number: int, last: int, following: str | None) -> None:
    place = Place(cursor=f"{number}x50", size=7)
    found = adapter().parse_page(page(ROW, total=123, last=last), place)
    assert (found.next, found.more, found.total) == (following, following is not None, 123)


def test_an_empty_list_has_no_page_at_all() -> None:
    found = adapter().parse_page(page(total=0, last=0), Place())
    assert (found.sessions, found.next, found.more, found.total) == ([], None, False, 0)


def failure(status: int, body: Any, **headers: str) -> ProviderError:
    sent = b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return adapter().parse_error(Response(status=status, body=sent, headers=named))


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"),
    [
        (
            401,
            {"error": "Unauthorized", "detail": "Unauthorized"},
            AuthenticationError,
            "Unauthorized",
            "Unauthorized",
        ),
        (
            401,
            {"error": "invalid_token", "error_description": "The access token expired."},
            AuthenticationError,
            "invalid_token",
            "The access token expired",
        ),
        (
            403,
            {"error": "insufficient_scope", "error_description": "More is needed."},
            PermissionDenied,
            "insufficient_scope",
            "More is needed",
        ),
        (
            404,
            {"error": "ResourceNotFound", "detail": "Not found"},
            NotFound,
            "ResourceNotFound",
            "Not found",
        ),
        (
            422,
            {"detail": [{"loc": ["query", "page"], "msg": "Not an integer", "type": "int"}, 7]},
            InvalidRequest,
            None,
            "query.page: Not an integer",
        ),
    ],
)
def test_a_failure_says_why(status: int, body: Any, kind: Any, code: Any, message: str) -> None:
    error = failure(status, body)
    assert (type(error), error.code, error.message) == (kind, code, message)


def test_a_version_that_does_not_exist_is_hinted_at() -> None:
    assert "api_version" in failure(404, {"detail": "Not Found"}).message
    assert "api_version" not in failure(404, {"detail": "Not found"}).message


def test_too_many_requests_have_no_body() -> None:
    error = failure(429, None, retry_after="7")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7.0
