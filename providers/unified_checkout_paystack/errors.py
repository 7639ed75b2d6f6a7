"""From Paystack's error bodies to ours.

Source: https://paystack.com/docs/api/errors. A wrong key is a 401 in the published description and
a 400 in the samples of the documentation, so that the message tells it too. So it does of an id that
is none of a transaction's, which is a 400 (https://paystack.com/docs/api/transaction/#fetch).
"""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import AuthenticationError, NotFound, ProviderError, Response, kit

WRONG_KEY = "invalid key"
NO_ID = "transaction id should be numeric."


def to_error(response: Response, **where: Any) -> ProviderError:
    """The typed error for a failure: the status decides, except about a key or an id that is none."""
    body = kit.error_body(response)
    message, meta, code = body.get("message"), body.get("meta"), body.get("code")
    if response.status == 400 and isinstance(message, str):
        if message.lower() == WRONG_KEY:
            return AuthenticationError(kit.explanation(message, response), **where)
        if message.lower() == NO_ID:
            return NotFound(kit.explanation(message, response), **where)
    step = meta.get("nextStep") if isinstance(meta, dict) else None
    if isinstance(message, str) and isinstance(step, str):
        message = f"{message}: {step}"
    return kit.error_for(response, message, code=code, own="status" in body, **where)
