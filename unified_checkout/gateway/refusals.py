"""The one table of errors: every failure is a status, and Stripe's envelope around a sentence."""

from __future__ import annotations

import attrs
import msgspec

from unified_checkout.errors import (
    AuthenticationError,
    BudgetSpent,
    ConfigurationError,
    IncompleteAnswer,
    InvalidQuery,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    RequestTimeout,
)
from unified_checkout.telltales import without_pages, without_secrets

INVALID = "invalid_request_error"
FAILED = "api_error"
"""The two types that are used: a client written in Go knows four, and types errors by nothing else."""


@attrs.define(eq=False, kw_only=True)
class Refusal(Exception):
    """Why a request is not answered with what it asked for."""

    status: int
    message: str
    type: str = INVALID
    code: str | None = None
    param: str | None = None
    again: bool = False
    """Whether the same request may be sent again at once: only where nothing was tried."""
    wait: float | None = None
    """Seconds after which it may be sent again, if anybody knows."""
    closes: bool = False
    """Whether nothing more is read from the connection."""

    def __str__(self) -> str:
        return self.message

    def body(self, request_id: str) -> bytes:
        """The envelope."""
        message = without_secrets(without_pages(self.message))
        told = {"code": self.code, "message": message, "param": self.param}
        error = {name: value for name, value in told.items() if value is not None}
        return msgspec.json.encode(
            {"error": {**error, "type": self.type, "request_id": request_id}}
        )

    def headers(self) -> dict[str, str]:
        """What tells a client whether to ask again."""
        told = {"Stripe-Should-Retry": "true" if self.again else "false"}
        if self.wait is not None:
            told["Retry-After"] = str(max(1, round(self.wait)))
        if self.status == 401:
            told["WWW-Authenticate"] = 'Bearer realm="unified-checkout"'
        if self.closes:
            told["Connection"] = "close"
        return told


def missing(id: str, param: str, *, status: int) -> Refusal:
    """There is no session with an id: 404 where it was asked for, 400 where it is a place."""
    shown = id if len(id) <= 255 else f"{id[:32]}..."
    return Refusal(
        status=status,
        message=f"No such checkout.session: '{shown}'",
        code="resource_missing",
        param=param,
    )


def unrecognized(method: str, path: str) -> Refusal:
    """There is no such address."""
    return Refusal(
        status=404, message=f"Unrecognized request URL ({method}: {path[:200]}). Ask for "
        "/v1/checkout/sessions, or for one of them by its id.",
    )  # fmt: skip


def too_late(condition: str) -> Refusal:
    """The deadline came before the first session was found."""
    return Refusal(
        status=504,
        type=FAILED,
        code="deadline",
        message="The deadline came before a session was found that matches"
        f"{condition}. Ask for less at once: give created[gte] and created[lt].",
    )


def too_late_for_one() -> Refusal:
    """The deadline came before a session was found by its id."""
    return Refusal(
        status=504,
        type=FAILED,
        code="deadline",
        message="The deadline came before the session was found. The provider is slow, or its list "
        "is searched for the id: then ask for a list instead, with created[gte] and created[lt].",
    )


def busy() -> Refusal:
    """As many requests are under way as may be: worth sending again."""
    return Refusal(
        status=503,
        type=FAILED,
        code="overloaded",
        message="The gateway has as many requests under way as it may have. Nothing was tried.",
        again=True,
        wait=1,
    )


def shutting_down(*, tried: bool) -> Refusal:
    """The time to drain is over, or nothing new is wanted.

    Args:
        tried: whether a provider was asked, which another process would ask once more.
    """
    what = "The providers were asked, and not waited for" if tried else "Nothing was tried"
    return Refusal(
        status=503,
        type=FAILED,
        code="shutting_down",
        message=f"The gateway is shutting down. {what}.",
        again=not tried,
        wait=1,
    )


def broken() -> Refusal:
    """Our own fault."""
    message = "The gateway failed. Its log has the request's id."
    return Refusal(status=500, type=FAILED, message=message)


def malformed() -> Refusal:
    """What came is no request."""
    message = "The request is not HTTP/1.1, or its head is too large."
    return Refusal(status=400, message=message, closes=True)


def reads_only() -> Refusal:
    """Another method than GET."""
    return Refusal(
        status=403,
        code="read_only",
        message="This gateway only reads: GET is all that is answered. "
        "To create, change or expire a session, ask the provider.",
        closes=True,
    )


def refusal_of(error: Exception, condition: str = "") -> Refusal:
    """What becomes of an error of the library's.

    Args:
        error: any exception.
        condition: what was asked, for the sentence about a deadline, beginning with a blank.
    """
    match error:
        case Refusal():
            return error
        case BudgetSpent() | TimeoutError():
            return too_late(condition)
        case InvalidQuery():
            return Refusal(status=400, message=str(error))
        case ProviderError():
            return _of_provider(error)
        case IncompleteAnswer():
            return Refusal(status=502, type=FAILED, code="incomplete", message=str(error))
        case ConfigurationError():
            return Refusal(
                status=502,
                type=FAILED,
                code="account_unusable",
                message="An account of the gateway is not configured right; its operator's "
                "'unified-checkout doctor' says what is wrong.",
            )
        case _:
            return broken()


def _of_provider(error: ProviderError) -> Refusal:
    """A provider's own refusal of our key is never the caller's 401."""
    message = str(error)
    match error:
        case RateLimited():
            return Refusal(
                status=429, code="rate_limit", message=message, wait=error.retry_after or 1
            )
        case NotFound() if error.code != "resource_missing":
            code = "provider_failed"  # what is listed is always there
        case InvalidRequest() | NotFound():
            return Refusal(status=400, code=error.code, message=message)
        case RequestTimeout():
            return Refusal(status=504, type=FAILED, code="provider_timeout", message=message)
        case AuthenticationError() | PermissionDenied():
            code = "provider_key_refused"
        case _:
            code = "provider_failed"
    return Refusal(status=502, type=FAILED, code=code, message=message)
