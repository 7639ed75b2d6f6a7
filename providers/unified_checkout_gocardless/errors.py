"""From GoCardless's error bodies to ours.

Source: the error classes and fixtures of the official SDKs (github.com/gocardless/
gocardless-pro-python, ``errors.py`` and ``api_client.py``): ``error`` is an object with a message
and a list of what is wrong, or plain text from something in between. How a cursor is refused is not
documented: whatever names one counts.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import PlaceExpired, ProviderError, Response, kit
from unified_checkout_gocardless.dialect import CURSORS

_OF_A_REQUEST = (400, 404, 410, 422)


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, the body explains."""
    sent = kit.error_body(response).get("error")
    error = sent if isinstance(sent, dict) else {"message": sent}
    problems = [one for one in _list(error.get("errors")) if isinstance(one, dict)]
    reason = next((one["reason"] for one in problems if isinstance(one.get("reason"), str)), None)
    where["request_id"] = where.get("request_id") or kit.request_id(error.get("request_id"))
    message, code = _message(error, problems), reason or error.get("type")
    if response.status in _OF_A_REQUEST and any(map(_names_a_cursor, problems)):
        message = kit.explanation(message, response)
        return PlaceExpired(message, code=kit.scrubbed(code) if code else None, **where)
    return kit.error_for(response, message, code=code, **where)


def _message(error: dict[str, Any], problems: list[dict[str, Any]]) -> object:
    """The message, and what is wrong with which field."""
    message = error.get("message")
    details = [sentence for one in problems if (sentence := _sentence(one)) not in ("", message)]
    if not isinstance(message, str) or not details:
        return message or "; ".join(details)
    return f"{message}: {'; '.join(details)}"


def _sentence(problem: dict[str, Any]) -> str:
    words = (problem.get("field"), problem.get("message"))
    return " ".join(word for word in words if isinstance(word, str))


def _names_a_cursor(problem: dict[str, Any]) -> bool:
    return problem.get("field") in CURSORS.values() or "cursor" in str(problem.get("reason"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
