"""From LeanRails' error bodies to ours.

Sources: https://docs.fluveo.com/guides/error-handling and
https://docs.fluveo.com/guides/rate-limiting.
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import ProviderError, Response, kit


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the HTTP status decides, as one type goes with several."""
    error = kit.error_body(response).get("error")
    detail = error if isinstance(error, dict) else {"message": error}
    return kit.error_for(response, detail.get("message"), code=detail.get("code"), **where)
