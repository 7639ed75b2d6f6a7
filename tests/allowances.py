"""A provider whose answers say that the allowance is used up."""

from __future__ import annotations

import attrs

from unified_checkout.sandbox.exchange import Answer, Received
from unified_checkout.sandbox.faults import Fault
from unified_checkout.sandbox.provider import ProviderSandbox


@attrs.frozen
class UsedUp(Fault):
    """The answer, and in its head that the next request has to wait for five seconds."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}
        return attrs.evolve(answer, headers={**answer.headers, **used_up})
