"""Stripe's failures, as typed errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unified_checkout import Account, Client
from unified_checkout.adapters import KeyKind, Response
from unified_checkout.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    RetryRefused,
    ServerError,
)
from unified_checkout.sandbox import Sandbox
from unified_checkout_stripe import StripeAdapter
from unified_checkout_stripe.adapter import StripeOptions

ADAPTER = StripeAdapter("us", StripeOptions())


def failure(
    status: int, error: Any = None, body: bytes | None = None, **headers: str
) -> ProviderError:
    sent = json.dumps({"error": error}).encode() if body is None else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ADAPTER.parse_error(Response(status=status, headers=named, body=sent))


def test_code_message_and_request_id_are_kept() -> None:
    error = failure(
        404,
        {
            "type": "invalid_request_error",
            "code": "resource_missing",
            "message": "No such checkout.session: 'cs_test_a1'",
            "param": "starting_after",
        },
        request_id="req_7",
    )
    assert type(error) is NotFound
    assert (error.code, error.request_id, error.status) == ("resource_missing", "req_7", 404)
    assert error.message == "No such checkout.session: 'cs_test_a1'"
    assert (error.account, error.provider) == ("us", "stripe")


def test_a_key_or_an_address_in_a_message_is_scrubbed() -> None:
    refused = failure(401, {"message": "Invalid API Key provided: sk_test_*********fake"})
    assert type(refused) is AuthenticationError
    assert "fake" not in str(refused)
    missing = failure(400, {"message": "No such customer with email ada@example.com"})
    assert "ada" not in str(missing)


def test_the_status_decides_over_the_type() -> None:
    denied = failure(403, {"type": "invalid_request_error", "message": "no permission"})
    assert type(denied) is PermissionDenied
    assert denied.code is None


@pytest.mark.parametrize(
    ("status", "advice", "kind"),
    [
        (500, "false", RetryRefused),
        (429, "false", RetryRefused),
        (409, "true", ServerError),
        (409, "false", InvalidRequest),
        (500, "true", ServerError),
        (429, "true", RateLimited),
        (500, "maybe", ServerError),
    ],
)
def test_stripes_advice_to_retry_overrides_the_status(
    status: int, advice: str, kind: type[ProviderError]
) -> None:
    error = failure(status, {"message": "no"}, stripe_should_retry=advice, request_id="req_7")
    assert type(error) is kind
    assert (error.status, error.request_id, error.message[:2]) == (status, "req_7", "no")


def test_the_limit_that_was_hit_is_named() -> None:
    limited = failure(
        429,
        {"code": "rate_limit", "message": "slow down"},
        stripe_rate_limited_reason="endpoint-rate",
        retry_after="2",
    )
    assert isinstance(limited, RateLimited)
    assert (limited.reason, limited.retry_after) == ("endpoint-rate", 2.0)
    locked = failure(429, {"code": "lock_timeout", "message": "busy"})
    assert isinstance(locked, RateLimited)
    assert (locked.reason, locked.retry_after) == ("lock_timeout", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b"[]",
        b'"no"',
        b"{}",
        b'{"error": null}',
        b'{"error": []}',
        b'{"error": {"message": 7, "code": 7}}',
    ],
)
def test_any_body_gives_an_error_of_the_right_kind(body: bytes) -> None:
    error = failure(503, body=body, request_id="req_7")
    assert type(error) is ServerError
    assert error.request_id == "req_7"
    assert error.message.startswith("no reason is given")


def test_an_error_that_is_a_plain_string_is_the_message() -> None:
    assert failure(400, "invalid_grant").message == "invalid_grant"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("sk_test_obviously_fake", KeyKind.TEST),
        ("rk_test_obviously_fake", KeyKind.TEST),
        ("rkcs_test_obviously_fake", KeyKind.TEST),
        ("sk_live_obviously_fake", KeyKind.LIVE),
        ("rk_live_obviously_fake", KeyKind.LIVE),
        ("pk_test_obviously_fake", KeyKind.PUBLISHABLE),
        ("sk_org_obviously_fake", KeyKind.UNKNOWN),
    ],
)
def test_a_key_tells_what_it_is_for(key: str, kind: KeyKind) -> None:
    assert StripeAdapter.key_kind(key) is kind


def test_a_filter_that_a_version_refuses_is_told_in_the_words_of_the_provider() -> None:
    with Sandbox(sessions=5, providers=["stripe"]) as sandbox:
        (account,) = sandbox.accounts
        older = Account(**{**account.model_dump(), "api_version": "2025-09-30.clover"})
        with (
            Client([older]) as client,
            pytest.raises(InvalidRequest, match="unknown parameter: customer_account"),
        ):
            list(client.sessions.list(customer_account="acct_1"))
