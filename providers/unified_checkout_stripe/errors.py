"""From Stripe's error bodies to ours.

Sources: https://docs.stripe.com/api/errors, https://docs.stripe.com/error-low-level and
https://docs.stripe.com/rate-limits; ``Stripe-Should-Retry`` as the official SDKs read it.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import (
    ProviderError,
    Response,
    RetryRefused,
    ServerError,
    TransientError,
    kit,
)
from unified_checkout_stripe.dialect import CUSTOMER_ACCOUNT_SINCE


def to_error(response: Response, *, api_version: str, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, then Stripe's advice to retry."""
    error = kit.error_body(response).get("error")
    detail = error if isinstance(error, dict) else {"message": error}
    message = kit.explanation(detail.get("message"), response)
    code = detail.get("code")
    if response.status == 400 and detail.get("param") == "customer_account":
        where["hint"] = _hint(api_version)
    typed = kit.error_for(response, message, code=code, reason=_limit(response, code), **where)
    advice = response.headers.get("stripe-should-retry")
    if advice == "false" and isinstance(typed, TransientError):
        return RetryRefused(message, code=typed.code, **where)
    if advice == "true" and not isinstance(typed, TransientError):
        return ServerError(message, code=typed.code, **where)
    return typed


def _hint(api_version: str) -> str | None:
    """What to do where Stripe refuses a filter that is younger than the version asked for."""
    if api_version >= CUSTOMER_ACCOUNT_SINCE:
        return None
    return (
        f"Stripe documents customer_account since {CUSTOMER_ACCOUNT_SINCE}; raise the account's "
        f"api_version, which is {api_version}, or leave the condition out"
    )


def _limit(response: Response, code: object) -> str | None:
    """The rate limit that was hit; a lock on an object carries no header, but a code."""
    reason = response.headers.get("stripe-rate-limited-reason")
    return reason or ("lock_timeout" if code == "lock_timeout" else None)
