"""Paystack's transactions and failures, in the common language."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from unified_checkout.adapters import (
    Allowance,
    Credentials,
    KeyKind,
    Place,
    ProviderPage,
    Request,
    Response,
    SessionKind,
)
from unified_checkout.errors import (
    AuthenticationError,
    InvalidRequest,
    MalformedPage,
    NotFound,
    ProviderError,
    RateLimited,
    ServerError,
)
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus
from unified_checkout_paystack import PaystackAdapter
from unified_checkout_paystack.adapter import PaystackOptions

ADAPTER = PaystackAdapter("shop", PaystackOptions())
BY_NUMBER = PaystackAdapter("shop", PaystackOptions(use_cursor=False))
CREATED = "2026-03-02T09:14:24.000Z"
BEGUN = {"source": "merchant_api", "type": "api", "entry_point": "transaction_initialize"}
CHARGED = {**BEGUN, "entry_point": "charge"}


def parsed(**fields: Any) -> Session:
    row = {"id": 5_200_000_001, "created_at": CREATED, **fields}
    body = json.dumps({"status": True, "data": row}).encode()
    return ADAPTER.parse_session(Response(status=200, body=body))


def page(
    meta: Any,
    place: Place | None = None,
    adapter: PaystackAdapter = ADAPTER,
    status: Any = True,
) -> ProviderPage:
    sent = {"status": status, "data": [{"id": 1, "created_at": CREATED}], "meta": meta}
    response = Response(status=200, body=json.dumps(sent).encode())
    return adapter.parse_page(response, place or Place())


def test_a_transaction_in_full() -> None:
    session = parsed(
        amount=40_333,
        channel="card",
        currency="XOF",
        customer={
            "id": 180_000_001,
            "customer_code": "CUS_example0001",
            "email": "Buyer@example.com",
            "first_name": "Ada",
            "last_name": "Example",
            "phone": "",
        },
        domain="live",
        ip_address="192.0.2.1, 192.0.2.2",
        log={"attempts": 2},
        metadata={"cart_id": 1042},
        plan={},
        reference="ord-1042",
        requested_amount=30_050,
        source=BEGUN,
        status="success",
    )
    assert session.id == "5200000001"
    assert session.created == datetime(2026, 3, 2, 9, 14, 24, tzinfo=UTC)
    assert session.kind is SessionKind.CHECKOUT
    assert session.mode is SessionMode.PAYMENT
    assert (session.status, session.payment_status) == (SessionStatus.COMPLETE, PaymentStatus.PAID)
    assert (session.amount_total, session.amount_received) == (30_050, 40_333)
    assert (session.currency, session.currency_exponent) == ("xof", 2)
    assert str(session.total) == "300.50 XOF"
    assert session.customer is not None
    buyer = session.customer
    assert (buyer.id, buyer.email, buyer.name, buyer.phone) == (
        "180000001",
        "Buyer@example.com",
        "Ada Example",
        None,
    )
    assert session.customer_email is None
    assert session.client_reference_id == "ord-1042"
    assert session.livemode is True
    assert session.metadata == {"cart_id": "1042"}
    assert session.url is None
    assert session.expires_at is None


@pytest.mark.parametrize(
    ("word", "status", "paid"),
    [
        ("abandoned", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("ongoing", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("pending", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("processing", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("queued", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("failed", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("success", SessionStatus.COMPLETE, PaymentStatus.PAID),
        ("reversed", SessionStatus.COMPLETE, PaymentStatus.PAID),
        ("settled", SessionStatus.UNKNOWN, PaymentStatus.UNKNOWN),
        (None, None, None),
    ],
)
def test_the_words_of_a_checkout(
    word: str | None, status: SessionStatus | None, paid: PaymentStatus | None
) -> None:
    session = parsed(status=word, source=BEGUN, amount=7)
    assert (session.status, session.payment_status) == (status, paid)
    assert session.provider_status == word
    assert session.amount_received == (7 if paid is PaymentStatus.PAID else None)


RENEWED: dict[str, Any] = {"metadata": {"invoice_action": "update"}, "source": CHARGED}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (RENEWED, SessionStatus.FAILED),
        ({"source": CHARGED}, SessionStatus.FAILED),
        ({"channel": "dedicated_nuban"}, SessionStatus.FAILED),
        ({"channel": "pos"}, SessionStatus.OPEN),
        ({"source": BEGUN}, SessionStatus.OPEN),
        ({}, SessionStatus.OPEN),
    ],
    ids=str,
)
def test_failed_is_final_where_no_buyer_is_there(
    fields: dict[str, Any], status: SessionStatus
) -> None:
    assert parsed(status="failed", **fields).status is status


@pytest.mark.parametrize(
    ("fields", "kind", "mode"),
    [
        ({"source": BEGUN}, SessionKind.CHECKOUT, SessionMode.PAYMENT),
        (
            {"source": {"entry_point": "request_inline"}},
            SessionKind.CHECKOUT,
            SessionMode.PAYMENT,
        ),
        ({"source": BEGUN, "plan": {"id": 7}}, SessionKind.CHECKOUT, SessionMode.SUBSCRIPTION),
        ({"source": BEGUN, "plan": "PLN_1"}, SessionKind.CHECKOUT, SessionMode.SUBSCRIPTION),
        ({"source": BEGUN, "plan": None}, SessionKind.CHECKOUT, SessionMode.PAYMENT),
        ({"source": BEGUN, "plan": ""}, SessionKind.CHECKOUT, SessionMode.PAYMENT),
        (RENEWED, SessionKind.RENEWAL, SessionMode.OFF_SESSION),
        ({**RENEWED, "plan": {"id": 7}}, SessionKind.RENEWAL, SessionMode.OFF_SESSION),
        (
            {"metadata": {"invoice_action": "create"}},
            SessionKind.RENEWAL,
            SessionMode.OFF_SESSION,
        ),
        ({"source": CHARGED}, SessionKind.OTHER, SessionMode.OFF_SESSION),
        ({"source": CHARGED, "plan": {"id": 7}}, SessionKind.OTHER, SessionMode.OFF_SESSION),
        ({"channel": "dedicated_nuban"}, SessionKind.OTHER, SessionMode.UNKNOWN),
        ({"channel": "pos"}, SessionKind.IN_PERSON, SessionMode.UNKNOWN),
        ({"pos_transaction_data": {"t": 1}}, SessionKind.IN_PERSON, SessionMode.UNKNOWN),
        ({"log": {"attempts": 1}}, SessionKind.CHECKOUT, SessionMode.UNKNOWN),
        ({"ip_address": "192.0.2.1"}, SessionKind.CHECKOUT, SessionMode.UNKNOWN),
        (
            {"source": {"entry_point": "of_next_year"}, "log": {"attempts": 1}},
            SessionKind.CHECKOUT,
            SessionMode.UNKNOWN,
        ),
        ({"source": {"entry_point": "of_next_year"}}, SessionKind.UNKNOWN, SessionMode.UNKNOWN),
        ({"source": None, "log": None, "ip_address": ""}, SessionKind.UNKNOWN, SessionMode.UNKNOWN),
        ({}, SessionKind.UNKNOWN, SessionMode.UNKNOWN),
    ],
    ids=str,
)
def test_what_a_row_is(fields: dict[str, Any], kind: SessionKind, mode: SessionMode) -> None:
    session = parsed(**fields)
    assert (session.kind, session.mode) == (kind, mode)


@pytest.mark.parametrize("field", ["log", "plan", "pos_transaction_data", "metadata"])
@pytest.mark.parametrize(
    "value",
    [b"1e999", b"9" * 5000, b"-0", b'"\\ud83d"', b"[" * 600 + b"]" * 600, b'{"a":1e999}', b"{ }"],
    ids=lambda value: value[:9].decode(),
)
def test_whatever_a_field_holds_that_is_only_looked_at_is_no_fault(
    field: str, value: bytes
) -> None:
    row = b'{"id": 1, "created_at": "%b", "%b": %b}' % (CREATED.encode(), field.encode(), value)
    body = b'{"status": true, "data": %b}' % row
    session = ADAPTER.parse_session(Response(status=200, body=body))
    assert session.raw_bytes == row


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"note": "x", "n": 2}, {"note": "x", "n": "2"}),
        ({}, {}),
        (None, None),
        ("", None),
        ("some text", None),
        ('{"invoice_action": "update"}', None),
        ([], None),
    ],
    ids=str,
)
def test_metadata_of_four_types(metadata: Any, told: dict[str, str] | None) -> None:
    assert parsed(metadata=metadata).metadata == told


def test_an_amount_without_what_was_asked_is_the_total() -> None:
    session = parsed(amount=500, currency="NGN", status="abandoned")
    assert (session.amount_total, session.amount_received) == (500, None)
    assert parsed(amount=500, requested_amount=0).amount_total == 0
    assert parsed(currency="NGN").total is None


@pytest.mark.parametrize("id", [0, 1, 2**63, 2**64 - 1])
def test_an_id_of_64_bits_without_a_sign(id: int) -> None:
    assert parsed(id=id).id == str(id)
    assert ADAPTER.get_request(str(id)).path == f"/transaction/{id}"


@pytest.mark.parametrize("domain", [None, "sandbox"])
def test_another_domain_is_neither_test_nor_live(domain: str | None) -> None:
    assert parsed(domain=domain).livemode is None


@pytest.mark.parametrize("said", [{"next": None}, {}, {"next": "null"}, {"next": ""}])
def test_four_ways_to_end_a_list(said: dict[str, Any]) -> None:
    found = page({**said, "previous": "null", "perPage": 50})
    assert (found.next, found.more, found.total) == (None, False, None)


def test_a_cursor_leads_on() -> None:
    found = page({"next": "dW5kZWZpbmVkOjc=", "previous": None, "perPage": "50"})
    assert (found.next, found.more) == ("dW5kZWZpbmVkOjc=", True)
    again = page({"next": "abc=", "perPage": 50}, Place(cursor="page:2x50"), BY_NUMBER)
    assert again.next == "abc="


NUMBERED = {"total": 78, "total_volume": 7.5, "skipped": 0, "perPage": "50", "pageCount": 2}


def test_numbered_pages_lead_on_and_tell_how_many_there_are() -> None:
    first = page({**NUMBERED, "page": 1}, Place(size=50), BY_NUMBER)
    assert (first.next, first.more, first.total) == ("page:2x50", True, 78)
    last = page({**NUMBERED, "page": 2}, Place(cursor="page:2x50", size=9), BY_NUMBER)
    assert (last.next, last.more, last.total) == (None, False, 78)
    begun = page({**NUMBERED, "pageCount": 9, "page": 7}, Place(cursor="page:7x50"), BY_NUMBER)
    assert begun.next == "page:8x50"


def test_pages_that_are_numbered_in_spite_of_the_question_are_no_list_of_cursors() -> None:
    assert page({**NUMBERED, "page": 1, "pageCount": 1}).more is False
    with pytest.raises(MalformedPage, match="use_cursor to false") as caught:
        page({**NUMBERED, "page": 1})
    assert caught.value.field == "meta.next"


@pytest.mark.parametrize("status", [False, "false"])
def test_a_list_that_failed_by_its_own_word_is_no_list(status: Any) -> None:
    with pytest.raises(MalformedPage, match="failed, by its own word"):
        page({"next": None}, status=status)


def test_a_list_without_a_word_on_what_follows_is_no_list() -> None:
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_page(Response(status=200, body=b'{"status": true, "data": []}'), Place())
    assert caught.value.field == "meta"


def failure(status: int, body: bytes, **headers: str) -> ProviderError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ADAPTER.parse_error(Response(status=status, headers=named, body=body))


def test_both_forms_of_an_error() -> None:
    older = failure(404, b'{"status": "false", "message": "Transaction not found"}')
    assert (type(older), older.message, older.code) == (NotFound, "Transaction not found", None)
    newer = failure(
        400,
        b'{"status": false, "message": "No perPage", "meta": {"nextStep": "Give it"},'
        b' "type": "validation_error", "code": "missing_params"}',
    )
    assert type(newer) is InvalidRequest
    assert (newer.message, newer.code) == ("No perPage: Give it", "missing_params")


def test_what_is_no_id_names_no_session() -> None:
    error = failure(400, b'{"status": false, "message": "Transaction ID should be numeric."}')
    assert (type(error), error.status) == (NotFound, 400)


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_key_by_either_status(status: int) -> None:
    error = failure(status, b'{"status": false, "message": "Invalid key"}')
    assert type(error) is AuthenticationError
    assert error.status == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"message": 7, "meta": [], "code": {}}',
        b'{"message": null, "meta": {"nextStep": "x"}}',
        b'{"message": "m", "meta": {"nextStep": 7}}',
    ],
)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidRequest), (401, AuthenticationError), (429, RateLimited), (503, ServerError)],
)
def test_any_body_gives_an_error_of_the_right_kind(
    body: bytes, status: int, kind: type[ProviderError]
) -> None:
    assert type(failure(status, body)) is kind


def test_a_429_says_when_its_window_ends() -> None:
    error = failure(429, b'{"code": "rate_limited"}', x_ratelimit_reset="17")
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.code) == (17.0, "rate_limited")


def test_the_rate_is_told_in_seconds() -> None:
    headers = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "20"}
    assert ADAPTER.allowance(Response(status=200, headers=headers)) == Allowance(3, 20.0)


def test_a_request_is_signed_with_a_bearer_token() -> None:
    key = SecretStr("sk_test_obviously_fake")
    signed = ADAPTER.sign(Request(path="/transaction"), Credentials(key))
    assert signed.headers == {"Authorization": "Bearer sk_test_obviously_fake"}


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("sk_test_obviously_fake", KeyKind.TEST),
        ("sk_live_obviously_fake", KeyKind.LIVE),
        ("pk_test_obviously_fake", KeyKind.PUBLISHABLE),
        ("FLWSECK-obviously-fake", KeyKind.UNKNOWN),
    ],
)
def test_a_key_tells_what_it_is_for(key: str, kind: KeyKind) -> None:
    assert PaystackAdapter.key_kind(key) is kind


@pytest.mark.parametrize("currency", ["ngn", "xof", "rwf", "jpy", "kwd"])
def test_every_currency_has_two_decimals(currency: str) -> None:
    assert PaystackAdapter.exponent(currency) == 2
