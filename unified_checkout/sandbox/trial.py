"""Which of the installed providers can be imitated, and read by their adapters."""

from __future__ import annotations

import warnings
from contextlib import suppress

from unified_checkout.errors import BrokenProvider, UnifiedCheckoutError
from unified_checkout.sandbox.sandbox import Sandbox


def readable_providers() -> list[str]:
    """The names of the providers whose imitation their adapter reads.

    A warning says of each of the others what it lacks, for somebody may be writing it just now.
    """
    from unified_checkout.client import Client

    readable = []
    with suppress(BrokenProvider), Sandbox(sessions=20) as trial:
        for account in trial.accounts:
            once = account.model_copy(update={"max_attempts": 1})
            try:
                with Client([once]) as client:
                    client.sessions.page(kind="any", limit=1)
            except UnifiedCheckoutError as error:
                reason = trial.failure(account.name) or error
                warnings.warn(f"left out of the sandbox: {reason}", stacklevel=2)
            else:
                readable.append(account.name)
    return readable
