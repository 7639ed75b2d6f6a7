"""PayPal's failures, each under the type that says what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from house import adapter_of

from unified_checkout.adapters import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    NotYetListed,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Response,
    ServerError,
    WindowTooFull,
)

ADAPTER = adapter_of("paypal")
TOO_LARGE = {
    "name": "RESULTSET_TOO_LARGE",
    "message": "Result set size is greater than the maximum limit. Change the filter criteria.",
    "debug_id": "a-debug-id",
    "maximum_items": 10_000,
}
NOT_LOADED = {
    "name": "INVALID_REQUEST",
    "message": "Data for the given start date is not available.",
    "details": [],
}
TOO_LONG = {
    "name": "INVALID_REQUEST",
    "message": "Request is not well-formed.",
    "details": [
        {"field": "end_date", "value": "(a date)", "issue": "Date range is greater than 31 days"},
        {"issue": 7},
        "odd",
    ],
}


def failure(status: int, body: Any) -> ProviderError:
    headers = {"paypal-debug-id": "4a924c46669da"}
    response = Response(status=status, headers=headers, body=json.dumps(body).encode())
    return ADAPTER.parse_error(response)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, TOO_LARGE, WindowTooFull, "RESULTSET_TOO_LARGE"),
        (400, NOT_LOADED, NotYetListed, "INVALID_REQUEST"),
        (404, NOT_LOADED, NotYetListed, "INVALID_REQUEST"),
        (400, TOO_LONG, InvalidRequest, "INVALID_REQUEST"),
        (500, TOO_LARGE, ServerError, "RESULTSET_TOO_LARGE"),
        (500, NOT_LOADED, ServerError, "INVALID_REQUEST"),
        (401, {"error": "invalid_client", "error_description": "no"}, AuthenticationError, None),
        (401, {"name": "AUTHENTICATION_FAILURE", "message": "no"}, AuthenticationError, None),
        (403, {"name": "NOT_AUTHORIZED", "message": "no"}, PermissionDenied, "NOT_AUTHORIZED"),
        (404, {"name": "RESOURCE_NOT_FOUND"}, NotFound, "RESOURCE_NOT_FOUND"),
        (429, {"name": "RATE_LIMIT_REACHED"}, RateLimited, "RATE_LIMIT_REACHED"),
        (503, [], ServerError, None),
        (400, {"name": 7, "message": [], "details": {}}, InvalidRequest, None),
    ],
    ids=str,
)
def test_a_failure(status: int, body: Any, kind: type[ProviderError], code: str | None) -> None:
    error = failure(status, body)
    assert type(error) is kind
    assert code is None or error.code == code
    assert (error.status, error.request_id) == (status, "4a924c46669da")


def test_the_details_are_told_without_the_value_they_quote() -> None:
    error = failure(400, TOO_LONG)
    assert "end_date: Date range is greater than 31 days" in error.message
    assert "(a date)" not in str(error)


def test_a_feature_that_is_not_switched_on_is_no_wrong_key() -> None:
    error = failure(403, {"name": "NOT_AUTHORIZED", "message": "Insufficient permissions."})
    assert "Transaction Search" in str(error)
    assert "nine hours" in str(error)
