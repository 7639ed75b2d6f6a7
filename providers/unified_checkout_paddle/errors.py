"""From Paddle's error bodies to ours.

Source: https://developer.paddle.com/errors/overview and the pages below it.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import AuthenticationError, ProviderError, Response, kit

REFUSED_KEY = {"authentication_missing", "authentication_malformed", "invalid_token"}
"""What a 403 says of a key that is no key here; any other one means that a permission is missing."""

PERMISSION = (
    "give the key transaction.read, and the permission to read what is included; or leave that "
    "out of the account's may_read"
)


def to_error(response: Response, *, key_hint: str | None, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, and of a 403 the code.

    Args:
        response: the failure.
        key_hint: what to do where the key is refused, if more is known than usual.
        where: what ``ProviderError`` takes besides.
    """
    body = kit.error_body(response)
    error = body.get("error")
    detail = error if isinstance(error, dict) else {"detail": error}
    where["request_id"] = _request_id(body) or where.get("request_id")
    text, code = _text(detail), detail.get("code")
    if response.status != 403 or not isinstance(code, str):
        return kit.error_for(response, text, code=code, **where)
    if code in REFUSED_KEY:
        message = kit.explanation(text, response)
        return AuthenticationError(message, code=code, hint=key_hint, **where)
    return kit.error_for(response, text, code=code, hint=PERMISSION, **where)


def _text(detail: dict[str, Any]) -> object:
    """What went wrong, with each parameter that is named."""
    said, found = detail.get("detail"), detail.get("errors")
    problems = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    sentences = [
        f"{one['field']}: {one['message']}"
        for one in problems
        if isinstance(one.get("field"), str) and isinstance(one.get("message"), str)
    ]
    if not sentences:
        return said
    return "; ".join([said, *sentences] if isinstance(said, str) and said else sentences)


def _request_id(body: dict[str, Any]) -> str | None:
    meta = body.get("meta")
    return kit.request_id(meta.get("request_id")) if isinstance(meta, dict) else None
