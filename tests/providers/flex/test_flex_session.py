"""Flex's sessions and failures, in the common language."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from unified_checkout.adapters import Credentials, Direction, KeyKind, Place, Request, Response
from unified_checkout.errors import (
    AddressNotFound,
    AuthenticationError,
    InvalidRequest,
    MalformedPage,
    ProviderError,
    RateLimited,
    ServerError,
)
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import SessionMode, SessionStatus
from unified_checkout_flex import FlexAdapter
from unified_checkout_flex.adapter import FlexOptions

ADAPTER = FlexAdapter("hsa", FlexOptions())
MOMENT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
NULLABLE = """
    amount_disputed amount_received amount_refunded amount_subtotal amount_total cancel_url
    client_reference_id customer customer_account defaults disputes expires_at invoice metadata
    mode payment_intent payment_intents payment_link redirect_url setup_intent status
    subscription success_url test_mode total_details
"""


def row(**fields: Any) -> bytes:
    return json.dumps({"checkout_session_id": "fcs_1", **fields}).encode()


def parsed(**fields: Any) -> Session:
    sent = row(**{"created_at": 1_700_000_000, **fields})
    body = b'{"checkout_session": ' + sent + b"}"
    return ADAPTER.parse_session(Response(status=200, body=body))


def test_the_documented_session_in_full() -> None:
    session = parsed(
        allow_promotion_codes=False,
        amount_total=5000,
        amount_subtotal=4500,
        amount_received=4000,
        amount_refunded=100,
        amount_disputed=0,
        cancel_url="https://example.com/no",
        captures=[],
        capture_method="automatic",
        client_reference_id="A-1",
        customer={
            "customer_id": "fcus_1",
            "first_name": "Ada",
            "last_name": "Invented",
            "email": "ada@example.com",
            "phone": "+15555550100",
            "employer": None,
            "shipping": {},
            "created_at": "2023-11-14T22:13:20Z",
            "test_mode": True,
        },
        defaults={"email": "prefill@example.com", "first_name": "A"},
        disputes=[],
        expires_at=1_700_086_400,
        invoice="finv_1",
        metadata={"order": "A-1", "pieces": 3},
        mode="payment",
        payment_intent="fpi_1",
        payment_intents=["fpi_1", "fpi_2"],
        redirect_url="https://checkout.example.com/pay/c/fcs_1#fragment",
        refunds=[{"refund_id": "fre_1", "amount": 100}],
        setup_intent="fseti_1",
        shipping_options={"shipping_rate_id": "fshr_1", "shipping_amount": 0},
        shipping_details={"line1": "1 Invented Street", "city": "Nowhere"},
        status="complete",
        subscription="fsub_1",
        success_url="https://example.com/ok",
        tax_rate={"amount": 500},
        test_mode=True,
        total_details={"amount_discount": 0, "amount_tax": 500, "amount_shipping": None},
    )
    assert session.account == "hsa"
    assert session.provider == "flex"
    assert session.id == "fcs_1"
    assert session.created == MOMENT
    assert session.expires_at == datetime(2023, 11, 15, 22, 13, 20, tzinfo=UTC)
    assert session.status is SessionStatus.COMPLETE
    assert session.payment_status is None
    assert session.mode is SessionMode.PAYMENT
    assert str(session.total) == "50.00 USD"
    assert str(session.received) == "40.00 USD"
    assert str(session.refunded) == "1.00 USD"
    assert str(session.in_dispute) == "0.00 USD"
    assert str(session.tax) == "5.00 USD"
    assert session.amount_discount == 0
    assert session.shipping is None
    assert session.currency_assumed
    assert session.customer is not None
    assert session.customer.id == "fcus_1"
    assert session.customer.name == "Ada Invented"
    assert session.customer.email == "ada@example.com"
    assert session.customer.phone == "+15555550100"
    assert session.customer_email == "prefill@example.com"
    assert session.payment_intents == ("fpi_1", "fpi_2")
    assert session.invoice == "finv_1"
    assert session.setup_intent == "fseti_1"
    assert session.subscription == "fsub_1"
    assert session.url == "https://checkout.example.com/pay/c/fcs_1#fragment"
    assert session.metadata == {"order": "A-1", "pieces": "3"}
    assert session.livemode is False
    assert session.disputed is False
    assert session.raw["tax_rate"] == {"amount": 500}


def test_anything_but_the_id_and_the_time_of_creation_may_be_null_or_missing() -> None:
    nulled = dict.fromkeys(NULLABLE.split())
    assert parsed(**nulled).to_dict() == parsed().to_dict()
    assert parsed(defaults={}, total_details={}).to_dict() == parsed().to_dict()
    assert parsed().livemode is None
    assert parsed().customer is None
    assert parsed().disputed is None


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", SessionStatus.OPEN),
        ("paid", SessionStatus.COMPLETE),
        ("complete", SessionStatus.COMPLETE),
        ("canceled", SessionStatus.CANCELED),
        ("expired", SessionStatus.EXPIRED),
        ("processing", SessionStatus.UNKNOWN),
    ],
)
def test_every_word_for_a_status_is_known_and_kept(word: str, status: SessionStatus) -> None:
    session = parsed(status=word)
    assert session.status is status
    assert session.provider_status == word


@pytest.mark.parametrize(
    ("sent", "created"),
    [
        (1_700_000_000, MOMENT),
        (1_700_000_000_000, MOMENT),
        (1_700_000_000_250, MOMENT.replace(microsecond=250_000)),
        ("2023-11-14T22:13:20Z", MOMENT),
        ("2023-11-14T23:13:20.5+01:00", MOMENT.replace(microsecond=500_000)),
        ("2023-11-14T22:13:20.9999999Z", MOMENT.replace(microsecond=999_999)),
        ("2023-11-14t22:13:20z", MOMENT),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_seconds_milliseconds_or_text(sent: Any, created: datetime) -> None:
    session = parsed(created_at=sent, expires_at=sent)
    assert session.created == created
    assert session.created.tzinfo is UTC
    assert session.expires_at == created


@pytest.mark.parametrize(
    "sent", [None, "", "yesterday", "2023-11-14T22:13:20", "2023-11-14", 1.5, True, -1, 10**18]
)
def test_a_time_that_is_none_is_an_error_that_says_so(sent: Any) -> None:
    with pytest.raises(MalformedPage) as caught:
        parsed(created_at=sent)
    assert caught.value.field == "created_at"


@pytest.mark.parametrize("field", ["created_at", "expires_at"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yesterday", "not an ISO 8601 time"),
        ("2026-13-01T00:00:00Z", "not an ISO 8601 time"),
        ("2026-01-01T00:00:00", "a time without a time zone"),
        ("0001-01-01T00:00:00+14:00", "a time beyond the calendar"),
    ],
)
def test_a_text_that_is_no_time_is_named_and_what_it_lacks(
    field: str, text: str, said: str
) -> None:
    with pytest.raises(MalformedPage, match=f"field '{field}': {said}"):
        parsed(**{field: text})


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, ()),
        ({"payment_intent": "a"}, ("a",)),
        ({"payment_intents": ["a", "b"]}, ("a", "b")),
        ({"payment_intent": "b", "payment_intents": ["a", "b"]}, ("b", "a")),
        (
            {
                "payment_intent": {"payment_intent_id": "a", "amount": 1},
                "payment_intents": [{"payment_intent_id": "b"}, "a"],
            },
            ("a", "b"),
        ),
    ],
)
def test_both_fields_of_payment_intents_count_once_each(
    fields: dict[str, Any], found: tuple[str, ...]
) -> None:
    assert parsed(**fields).payment_intents == found


@pytest.mark.parametrize(
    ("fields", "disputed"),
    [
        ({}, None),
        ({"disputes": []}, False),
        ({"amount_disputed": 0}, False),
        ({"disputes": [{"dispute_id": "fdp_1"}], "amount_disputed": 0}, True),
        ({"disputes": [], "amount_disputed": 5}, True),
    ],
)
def test_disputes_are_known_where_flex_mentions_them(
    fields: dict[str, Any], disputed: bool | None
) -> None:
    assert parsed(**fields).disputed is disputed


def test_a_customer_that_is_not_expanded_is_an_id() -> None:
    customer = parsed(customer="fcus_1").customer
    assert customer is not None
    assert (customer.id, customer.email, customer.name) == ("fcus_1", None, None)
    nameless = parsed(customer={"customer_id": "fcus_1", "last_name": "Only"}).customer
    assert nameless is not None
    assert nameless.name == "Only"


def test_other_expanded_objects_give_their_ids_where_they_can() -> None:
    session = parsed(
        subscription={"subscription_id": "fsub_1"},
        setup_intent={"setup_intent_id": "fseti_1"},
        invoice={"number": "7"},
        payment_link={"payment_link_id": "flink_1"},
    )
    assert session.subscription == "fsub_1"
    assert session.setup_intent == "fseti_1"
    assert session.invoice is None
    assert session.payment_link == "flink_1"


def page(*rows: bytes, extra: bytes = b"") -> Response:
    return Response(
        status=200,
        headers={"x-request-id": "req_7"},
        body=b'{"checkout_sessions": [' + b",".join(rows) + b"]" + extra + b"}",
    )


ROWS = (
    row(checkout_session_id="fcs_2", created_at=2),
    row(checkout_session_id="fcs_1", created_at=1),
)


def test_a_page_never_says_whether_there_is_more() -> None:
    forward = ADAPTER.parse_page(page(*ROWS, extra=b', "has_more": false'), Place())
    assert [session.id for session in forward.sessions] == ["fcs_2", "fcs_1"]
    assert [session.raw_bytes for session in forward.sessions] == list(ROWS)
    assert (forward.next, forward.more) == ("fcs_1", None)
    back = ADAPTER.parse_page(page(*ROWS), Place(direction=Direction.BACKWARD))
    assert back.next == "fcs_2"
    empty = ADAPTER.parse_page(page(), Place())
    assert (empty.sessions, empty.next, empty.more) == ([], None, None)


def test_a_session_without_a_time_of_creation_is_an_error_that_says_so() -> None:
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_page(page(ROWS[0], row()), Place())
    assert (caught.value.row, caught.value.field) == (1, "created_at")
    assert (caught.value.provider, caught.value.request_id) == ("flex", "req_7")
    with pytest.raises(MalformedPage, match="checkout_sessions"):
        ADAPTER.parse_page(Response(status=200, body=b'{"data": []}'), Place())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (row(created_at=1), "checkout_session"),
        (b'{"checkout_session": null}', ""),
        (b'{"checkout_session": {}}', "checkout_session_id"),
        (b'{"checkout_session": {"checkout_session_id": "fcs_1"}}', "created_at"),
    ],
)
def test_a_single_session_comes_in_an_envelope(body: bytes, field: str) -> None:
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_session(Response(status=200, body=body))
    assert caught.value.field == field


def test_a_single_sessions_bytes_are_without_the_envelope() -> None:
    assert parsed(status="open").raw["status"] == "open"
    assert parsed().raw_bytes == row(created_at=1_700_000_000)


def failure(status: int, body: bytes, **headers: str) -> ProviderError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ADAPTER.parse_error(Response(status=status, headers=named, body=body))


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            b"""{"detail": [
                {"loc": ["query", "limit"], "msg": "too big", "type": "less_than"},
                {"loc": [], "msg": "price_not_found: none", "type": "price_not_found"}
            ]}""",
            "less_than",
            "query.limit: too big; price_not_found: none",
        ),
        (b'{"detail": "Not authenticated."}', None, "Not authenticated"),
        (b'{"detail": {"code": "x", "message": "hello"}}', "x", "hello"),
        (b'{"detail": ["a", "b"]}', None, "a; b"),
        (b'{"detail": null, "error": {"message": "hello", "code": "c"}}', "c", "hello"),
        (b'{"detail": [], "message": "hello", "code": "c"}', "c", "hello"),
        (b'{"error": {"message": "no", "code": "gone"}}', "gone", "no"),
        (b'{"error": "no"}', None, "no"),
        (b'{"message": "no", "code": "gone"}', "gone", "no"),
    ],
)
def test_every_shape_of_an_error_body_is_read(body: bytes, code: str | None, message: str) -> None:
    error = failure(422, body, x_request_id="req_7")
    assert type(error) is InvalidRequest
    assert (error.code, error.message, error.request_id) == (code, message, "req_7")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"detail": null}',
        b'{"detail": []}',
        b'{"detail": [7, {"loc": 3, "msg": null, "type": 4}]}',
        b'{"error": [1]}',
    ],
)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AuthenticationError), (404, AddressNotFound), (429, RateLimited), (503, ServerError)],
)
def test_any_body_gives_an_error_of_the_right_kind(
    body: bytes, status: int, kind: type[ProviderError]
) -> None:
    assert type(failure(status, body)) is kind


def test_a_problem_without_words_is_left_out() -> None:
    body = b'{"detail": [{"loc": ["query"], "msg": null}, {"msg": "too big", "loc": "limit"}, 7]}'
    assert failure(422, body).message == "too big"


def test_a_request_is_signed_with_a_bearer_token() -> None:
    signed = ADAPTER.sign(
        Request(path="/v1/checkout/sessions"), Credentials(SecretStr("fsk_test_obviously_fake"))
    )
    assert signed.headers == {"Authorization": "Bearer fsk_test_obviously_fake"}


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("fsk_test_obviously_fake", KeyKind.TEST),
        ("fsk_obviously_fake", KeyKind.LIVE),
        ("sk_test_obviously_fake", KeyKind.UNKNOWN),
    ],
)
def test_a_key_tells_what_it_is_for(key: str, kind: KeyKind) -> None:
    assert FlexAdapter.key_kind(key) is kind
