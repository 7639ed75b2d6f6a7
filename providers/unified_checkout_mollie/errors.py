"""From Mollie's error bodies to ours.

Source: https://docs.mollie.com/reference/handling-errors: status, title, detail, perhaps a field,
and no codes.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import PlaceExpired, ProviderError, Response, kit

PLACE = "from"
"""The parameter that names a place."""


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, the body explains."""
    body = kit.error_body(response)
    detail, field = body.get("detail"), body.get("field")
    if response.status == 400 and field == PLACE:
        return PlaceExpired(kit.explanation(detail, response), **where)
    if isinstance(detail, str) and isinstance(field, str):
        detail = f"{field}: {detail}"
    return kit.error_for(response, detail, **where)
