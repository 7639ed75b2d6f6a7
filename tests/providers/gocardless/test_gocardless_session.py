"""GoCardless's rows in the common language: nulls, absences, words and amounts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.adapters import Place, Response
from unified_checkout.errors import (
    AuthenticationError,
    InvalidRequest,
    MalformedPage,
    NotFound,
    PlaceExpired,
    RateLimited,
    ServerError,
)
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import PaymentStatus, SessionKind, SessionMode, SessionStatus
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout_gocardless import GoCardlessAdapter
from unified_checkout_gocardless.adapter import GoCardlessOptions

ADAPTER = GoCardlessAdapter("debits", GoCardlessOptions())
PAYMENT = {"amount": 4200, "currency": "GBP", "reference": None}
MANDATE = {"currency": "EUR", "scheme": "sepa_core"}
PLAN = {"total_amount": 9000, "currency": "USD"}
SUBSCRIPTION = {"amount": 999, "currency": "CAD"}


def row(**fields: Any) -> dict[str, Any]:
    return {"id": "BRQ1", "created_at": "2026-03-04T10:15:30.120Z", "status": "pending", **fields}


def listed(**fields: Any) -> Session:
    meta = {"cursors": {"before": None, "after": None}, "limit": 50}
    body = json.dumps({"billing_requests": [row(**fields)], "meta": meta}).encode()
    (session,) = ADAPTER.parse_page(Response(status=200, body=body), Place()).sessions
    return session


def alone(**fields: Any) -> Session:
    body = json.dumps({"billing_requests": row(**fields)}).encode()
    return ADAPTER.parse_session(Response(status=200, body=body))


def test_what_is_absent_or_null_is_none_and_never_zero() -> None:
    nulls = dict.fromkeys(("links", "payment_request", "mandate_request", "metadata", "resources"))
    for session in (listed(), listed(**nulls), alone(**nulls)):
        assert session.created.isoformat() == "2026-03-04T10:15:30.120000+00:00"
        assert (session.amount_total, session.currency, session.currency_exponent) == (None,) * 3
        assert (session.customer, session.metadata, session.payment_status) == (None,) * 3
        assert (session.mode, session.kind) == (SessionMode.UNKNOWN, SessionKind.CHECKOUT)
        assert session.payment_intents == ()
    assert listed(metadata={}).metadata == {}
    assert listed(status=None).status is None
    assert listed(payment_request={**PAYMENT, "amount": 0}).amount_total == 0


@pytest.mark.parametrize(
    ("requests", "mode", "amount", "currency"),
    [
        ({"payment_request": PAYMENT}, SessionMode.PAYMENT, 4200, "gbp"),
        ({"mandate_request": MANDATE}, SessionMode.SETUP, None, "eur"),
        ({"mandate_request": {"currency": None}}, SessionMode.SETUP, None, None),
        (
            {"payment_request": PAYMENT, "mandate_request": MANDATE},
            SessionMode.PAYMENT,
            4200,
            "gbp",
        ),
        (
            {"payment_request": {"currency": "GBP", "amount": None}},
            SessionMode.PAYMENT,
            None,
            "gbp",
        ),
        (
            {"payment_request": {"amount": 5}, "mandate_request": MANDATE},
            SessionMode.PAYMENT,
            5,
            None,
        ),
        (
            {"instalment_schedule_request": PLAN, "mandate_request": MANDATE},
            SessionMode.PAYMENT,
            9000,
            "usd",
        ),
        (
            {"subscription_request": SUBSCRIPTION, "mandate_request": MANDATE},
            SessionMode.SUBSCRIPTION,
            None,
            "cad",
        ),
        ({"request_of_next_year": {"amount": 1}}, SessionMode.UNKNOWN, None, None),
    ],
)
def test_what_is_asked_for_decides_mode_amount_and_currency(
    requests: dict[str, Any], mode: SessionMode, amount: int | None, currency: str | None
) -> None:
    session = listed(**requests)
    assert (session.mode, session.amount_total, session.currency) == (mode, amount, currency)
    assert session.currency_exponent == (None if currency is None else 2)


@pytest.mark.parametrize(
    ("word", "status", "payment_status"),
    [
        ("pending", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("ready_to_fulfil", SessionStatus.OPEN, PaymentStatus.UNPAID),
        ("fulfilling", SessionStatus.COMPLETE, PaymentStatus.UNPAID),
        ("fulfilled", SessionStatus.COMPLETE, None),
        ("cancelled", SessionStatus.CANCELED, PaymentStatus.UNPAID),
        ("resting", SessionStatus.UNKNOWN, None),
    ],
)
def test_a_payment_is_unpaid_as_long_as_there_is_none_and_then_untold(
    word: str, status: SessionStatus, payment_status: PaymentStatus | None
) -> None:
    session = listed(status=word, payment_request=PAYMENT)
    assert (session.status, session.payment_status) == (status, payment_status)
    assert session.provider_status == word
    made = listed(status=word, payment_request=PAYMENT, links={"payment_request_payment": "PM1"})
    assert (made.payment_status, made.payment_intents) == (None, ("PM1",))
    mandate = listed(status=word, mandate_request=MANDATE)
    assert mandate.payment_status is PaymentStatus.NO_PAYMENT_REQUIRED


def test_links_are_what_belongs_to_it() -> None:
    links = {
        "customer": "CU1",
        "mandate_request_mandate": "MD1",
        "subscription_request_subscription": "SB1",
        "link_of_next_year": ["x"],
    }
    session = listed(links=links, payment_request={**PAYMENT, "reference": "A-1"})
    assert session.customer is not None
    assert (session.customer.id, session.customer.email) == ("CU1", None)
    assert (session.setup_intent, session.subscription) == ("MD1", "SB1")
    assert session.client_reference_id == "A-1"


@pytest.mark.parametrize(
    ("given", "family", "company", "name"),
    [
        ("Ada", "Sample", "Example Ltd", "Ada Sample"),
        ("Ada", None, None, "Ada"),
        (None, "Sample", None, "Sample"),
        (None, None, "Example Ltd", "Example Ltd"),
        ("", "", None, None),
    ],
)
def test_a_single_billing_request_tells_the_payer(
    given: str | None, family: str | None, company: str | None, name: str | None
) -> None:
    customer = {
        "id": "CU1",
        "email": "ada@example.com",
        "given_name": given,
        "family_name": family,
        "company_name": company,
        "phone_number": "+12025550123",
    }
    detail = {"id": "CBD1", "address_line1": "1 Sample Street", "country_code": "GB"}
    resources = {"customer": customer, "customer_billing_detail": detail}
    buyer = alone(links={"customer": "CU1"}, resources=resources).customer
    assert buyer is not None
    assert (buyer.id, buyer.email, buyer.name) == ("CU1", "ada@example.com", name)
    assert buyer.phone == "+12025550123"
    assert buyer.address is not None
    assert (buyer.address.line1, buyer.address.country) == ("1 Sample Street", "GB")


def test_an_address_of_nulls_is_none() -> None:
    detail = {"id": "CBD1", "address_line1": None, "city": None, "country_code": None}
    buyer = alone(resources={"customer": {"id": "CU1"}, "customer_billing_detail": detail}).customer
    assert buyer is not None
    assert (buyer.address, buyer.email, buyer.name) == (None, None, None)


@pytest.mark.parametrize("created", [None, "", "yesterday", "2026-03-04T10:15:30", 1_700_000_000])
def test_a_time_that_is_none_is_named(created: object) -> None:
    with pytest.raises(MalformedPage) as caught:
        listed(created_at=created)
    assert (caught.value.row, caught.value.field) == (0, "created_at")


@given(st.sampled_from(["AUD", "CAD", "DKK", "EUR", "GBP", "NZD", "SEK", "USD"]), st.integers(0))
def test_an_amount_is_in_the_lowest_denomination(currency: str, amount: int) -> None:
    session = listed(payment_request={"amount": amount, "currency": currency})
    assert session.total is not None
    assert (session.total.minor_units, session.total.exponent) == (amount, 2)
    assert session.currency_assumed is False


def failure(status: int, error: object) -> Exception:
    body = json.dumps({"error": error}).encode()
    return ADAPTER.parse_error(Response(status=status, body=body))


def test_an_error_names_its_reason_its_fields_and_its_request() -> None:
    error = failure(
        422,
        {
            "message": "Validation failed",
            "type": "validation_failed",
            "code": 422,
            "request_id": "0a-1",
            "errors": [
                {"field": "status", "message": "is wrong", "request_pointer": "/status"},
                {"field": "customer", "message": "is none"},
                7,
            ],
        },
    )
    assert isinstance(error, InvalidRequest)
    assert "Validation failed: status is wrong; customer is none" in str(error)
    assert (error.code, error.request_id) == ("validation_failed", "0a-1")


def test_a_reason_becomes_the_code_and_is_not_said_twice() -> None:
    errors = [{"reason": "unauthorized", "message": "Unauthorized"}]
    error = failure(401, {"message": "Unauthorized", "type": "invalid_api_usage", "errors": errors})
    assert isinstance(error, AuthenticationError)
    assert (error.code, error.message) == ("unauthorized", "Unauthorized")


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(
    "problem",
    [
        {"field": "after", "message": "is unknown"},
        {"field": "before", "message": "is unknown"},
        {"reason": "invalid_cursor", "message": "Bad cursor"},
    ],
)
def test_a_refused_cursor_is_a_place_that_is_no_longer_known(
    status: int, problem: dict[str, str]
) -> None:
    error = failure(status, {"message": "No", "type": "validation_failed", "errors": [problem]})
    assert type(error) is PlaceExpired
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (429, RateLimited), (503, ServerError)]
)
def test_a_cursor_in_another_failure_changes_nothing(status: int, kind: type[Exception]) -> None:
    problem = {"field": "after", "reason": "invalid_cursor"}
    assert type(failure(status, {"message": "No", "errors": [problem]})) is kind


def test_text_from_something_in_between_is_read() -> None:
    error = failure(404, "upstream says no")
    assert isinstance(error, NotFound)
    assert error.message == "upstream says no"


def test_a_429_without_advice_waits_until_the_limit_is_reset() -> None:
    headers = {
        "ratelimit-reset": "Thu, 26 Nov 2026 11:00:30 GMT",
        "date": "Thu, 26 Nov 2026 11:00:10 GMT",
    }
    error = ADAPTER.parse_error(Response(status=429, headers=headers))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 20.0


def test_a_recording_keeps_ids_and_nothing_of_a_person() -> None:
    said = {
        "resources": {
            "customer": {"email": "ada@example.com", "given_name": "Ada", "family_name": "Sample"},
            "customer_billing_detail": {
                "address_line1": "1 Sample Street",
                "city": "Exampleton",
                "region": "Exampleshire",
                "postal_code": "EX1 1AA",
                "swedish_identity_number": "556564-5404",
                "danish_identity_number": "220550-6218",
            },
            "customer_bank_account": {
                "account_holder_name": "ADA SAMPLE",
                "account_number_ending": "11",
                "bank_name": "Example Bank",
            },
        },
        "payment_request": {**PAYMENT, "reference": "Ada's sofa", "description": "Ada's sofa"},
        "sign_flow_url": "https://pay.example.com/flow/RE0001?token=opens",
        "actions": [{"bank_authorisation": {"qr_code_url": "https://pay.example.com/q?x=opens"}}],
    }
    links = {"customer": "CU0014BB0BVWZZ", "mandate_request_mandate": "MD000ZQFRW73MD"}
    sent = json.dumps({"billing_requests": row(links=links, **said)}).encode()
    scrubber = Scrubber(ADAPTER.sensitive, secrets=[])
    kept = scrubber.response(Response(status=200, body=sent))
    secrets = (
        "ada@",
        "Ada",
        "ADA",
        "Sample",
        "Example",
        "EX1",
        "556564",
        "220550",
        "opens",
        '"11"',
    )
    assert [one for one in secrets if one in kept.body.decode()] == []
    session = ADAPTER.parse_session(kept)
    assert session.customer is not None
    assert (session.customer.id, session.setup_intent) == tuple(links.values())
