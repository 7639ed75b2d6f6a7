"""From Polar's error bodies to ours.

Sources: Polar's OpenAPI description for 404 and 422; for the others ``exceptions.py`` and
``auth/exceptions.py`` of Polar's published server. ``detail`` is a text, or a list with one entry
for each parameter that is wrong; a token is refused in the words of RFC 6750; 429 has no body.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import ProviderError, Response, kit

NO_SUCH_PATH = "Not Found"
"""What is said where no path is known, which is so for every path of an unknown version."""


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, the body explains."""
    body = kit.error_body(response)
    detail = body.get("detail")
    if isinstance(detail, list):
        text: object = "; ".join(map(_sentence, filter(_tells, detail)))
    else:
        text = detail or body.get("error_description") or body.get("error")
    if response.status == 404 and text == NO_SUCH_PATH:
        text = f"{NO_SUCH_PATH}: so Polar answers, too, where it does not know the api_version"
    return kit.error_for(response, text, code=body.get("error"), **where)


def _tells(problem: object) -> bool:
    return isinstance(problem, dict) and isinstance(problem.get("msg"), str)


def _sentence(problem: dict[str, Any]) -> str:
    loc = problem.get("loc")
    place = f"{'.'.join(map(str, loc))}: " if isinstance(loc, list) and loc else ""
    return f"{place}{problem['msg']}"
