"""From Flex's error bodies to ours.

Source: validation errors as the WooCommerce plugin published by Flex reads them (``detail``, a
list of ``loc``, ``msg`` and ``type``); https://docs.withflex.com/api-reference/introduction
promises a code and a message. The bodies of 401 and 404 are not documented.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import ProviderError, Response, kit


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides."""
    body = kit.error_body(response)
    text, code = _detail(body["detail"]) if body.get("detail") else _error(body)
    own = not body.keys().isdisjoint(("code", "detail", "error"))
    return kit.error_for(response, text, code=code, own=own, **where)


def _detail(detail: object) -> tuple[object, object]:
    """Message and code of a validation error, which names every parameter that is wrong."""
    if isinstance(detail, dict):
        return _error(detail)
    if not isinstance(detail, list):
        return detail, None
    problems = [one if isinstance(one, dict) else {"msg": one} for one in detail]
    sentences = "; ".join(_sentence(one) for one in problems if isinstance(one.get("msg"), str))
    return sentences, problems[0].get("type") if problems else None


def _error(body: dict[str, Any]) -> tuple[object, object]:
    """Message and code of the other shapes, nested under ``error`` or not."""
    error = body.get("error", body)
    if not isinstance(error, dict):
        return error, None
    return error.get("message"), error.get("code")


def _sentence(problem: dict[str, Any]) -> str:
    loc = problem.get("loc")
    place = f"{'.'.join(map(str, loc))}: " if isinstance(loc, list) and loc else ""
    return f"{place}{problem['msg']}"
