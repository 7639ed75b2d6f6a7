"""From Acme Pay's error bodies to ours. Source: "Errors" in the README."""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import ProviderError, Response, kit


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, the body explains."""
    found = kit.error_body(response).get("errors")
    first = found[0] if isinstance(found, list) and found else None
    problem = first if isinstance(first, dict) else {}
    return kit.error_for(response, problem.get("detail"), code=problem.get("code"), **where)
