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


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, then Stripe's advice to retry."""
    error = kit.error_body(response).get("error")
    detail = error if isinstance(error, dict) else {"message": error}
    code, text = detail.get("code"), detail.get("message")
    message = kit.explanation(text, response)
    typed = kit.error_for(response, text, code=code, reason=_limit(response, code), **where)
    advice = response.headers.get("stripe-should-retry")
    if advice == "false" and isinstance(typed, TransientError):
        return RetryRefused(message, code=typed.code, **where)
    if advice == "true" and not isinstance(typed, TransientError):
        return ServerError(message, code=typed.code, **where)
    return typed


def _limit(response: Response, code: object) -> str | None:
    """The rate limit that was hit; a lock on an object carries no header, but a code."""
    reason = response.headers.get("stripe-rate-limited-reason")
    return reason or ("lock_timeout" if code == "lock_timeout" else None)
