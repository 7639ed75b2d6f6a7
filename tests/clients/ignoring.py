"""A provider that does not keep its word: it ignores some of the parameters that it is sent."""

from __future__ import annotations

import attrs

from unified_checkout.sandbox.exchange import Answer, Received
from unified_checkout.sandbox.faults import Fault
from unified_checkout.sandbox.provider import Page, ProviderSandbox


@attrs.frozen
class Ignoring(Fault):
    """These parameters make no difference."""

    names: tuple[str, ...] = ()

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        kept = tuple(pair for pair in request.parameters if pair[0] not in self.names)
        found = provider.answer(attrs.evolve(request, parameters=kept))
        whole = provider.envelope(found) if isinstance(found, Page) else found
        return attrs.evolve(answer, status=whole.status, body=whole.body)
