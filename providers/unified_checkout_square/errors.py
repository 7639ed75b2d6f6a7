"""From Square's error bodies to ours.

Source: https://developer.squareup.com/docs/build-basics/general-considerations/handling-errors
for the form; the API description of version 2025-08-20 for codes and categories.
"""

from __future__ import annotations

from typing import Any

import attrs

from unified_checkout.adapters import (
    InvalidRequest,
    NotYetListed,
    PlaceExpired,
    ProviderError,
    Response,
    kit,
)

ODDITIES: dict[str, type[ProviderError]] = {
    "INVALID_CURSOR": PlaceExpired,
    "INVALID_TIME_RANGE": NotYetListed,
}
"""Refusals that tell the engine something. A span ends before it begins only where it begins after
now, which is the end of those that are given none."""
HINTS = {
    "ACCESS_TOKEN_EXPIRED": "an OAuth token is good for 30 days; refresh it, and give the new one",
    "INSUFFICIENT_SCOPES": "give the access token the permission PAYMENTS_READ",
}
STATUSES = {
    "API_ERROR": 500,
    "AUTHENTICATION_ERROR": 401,
    "EXTERNAL_VENDOR_ERROR": 500,
    "MERCHANT_SUBSCRIPTION_ERROR": 403,
    "RATE_LIMIT_ERROR": 429,
}
"""By category: the HTTP status that goes with it, for an error in a successful response."""


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides; it follows the first error.

    A successful response may tell of errors too, by the API description. The category decides then.
    """
    found = kit.error_body(response).get("errors")
    first = found[0] if isinstance(found, list) and found else None
    problem: dict[str, Any] = first if isinstance(first, dict) else {}
    code, category = problem.get("code"), problem.get("category")
    if 200 <= response.status < 300:
        status = STATUSES.get(category, 400) if isinstance(category, str) else 400
        response = attrs.evolve(response, status=status)
    if isinstance(code, str) and code in HINTS:
        where["hint"] = HINTS[code]
    error = kit.error_for(response, problem.get("detail"), code=code, **where)
    oddity = ODDITIES.get(code) if isinstance(code, str) else None
    if oddity is None or not isinstance(error, InvalidRequest):
        return error
    return oddity(error.message, code=error.code, **where)
