"""From PayPal's error bodies to ours.

Sources: the error schemas of PayPal's API specifications (``name``, ``message``, ``details``), and
developer.paypal.com/api/rest/authentication (``error``, ``error_description``). That a window holds
more than 10,000 rows, or begins after what is loaded, is told by a 400 of its own; both bodies are
quoted in public repositories (samples 003 and 004 of the fact sheet), the second also with a 404.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import (
    InvalidRequest,
    NotFound,
    NotYetListed,
    ProviderError,
    Response,
    WindowTooFull,
    kit,
)

TOO_LARGE = "RESULTSET_TOO_LARGE"
NOT_LOADED = "Data for the given start date is not available"
_NOT_SWITCHED_ON = (
    "the app needs the feature Transaction Search; once switched on it can take nine hours, and a "
    "token that was issued before does not have it"
)


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, but for the two that bound a window."""
    body = kit.error_body(response)
    message, code = body.get("message"), body.get("name")
    if response.status == 403 and code == "NOT_AUTHORIZED":
        where["hint"] = _NOT_SWITCHED_ON
    if code is None:
        message, code = body.get("error_description", message), body.get("error")
    text, own = _whole(message, body.get("details")), code is not None
    error = kit.error_for(response, text, code=code, own=own, **where)
    if isinstance(error, InvalidRequest | NotFound):
        if code == TOO_LARGE:
            return WindowTooFull(error.message, code=error.code, **where)
        if isinstance(message, str) and message.startswith(NOT_LOADED):
            return NotYetListed(error.message, code=error.code, **where)
    return error


def _whole(message: object, details: object) -> object:
    """The message, and what each detail says beyond it, without the value that it quotes."""
    if not isinstance(message, str) or not isinstance(details, list):
        return message
    problems = [_sentence(one) for one in details if isinstance(one, dict)]
    return "; ".join([message, *filter(None, problems)])


def _sentence(problem: dict[str, Any]) -> str:
    words = (problem.get(name) for name in ("field", "issue", "description"))
    return ": ".join(word for word in words if isinstance(word, str) and word)
