"""``Outbox``: what may be sent now within a budget, and for whom it was sent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Generic, TypeVar

from unified_checkout.engine.events import Answered, Failed, Send, Step
from unified_checkout.engine.exchange import Exchange
from unified_checkout.engine.surroundings import Budget

Owner = TypeVar("Owner")


class Outbox(Generic[Owner]):
    """Sends exchanges as soon as their accounts' rates allow it, as long as the budget suffices.

    Args:
        budget: what all of it may cost.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._sent = 0
        self._in_flight: dict[int, tuple[Owner, Exchange]] = {}

    def begin(self, now: float) -> float:
        """Let the time begin that the budget allows, unless it did before, and say when it ends."""
        return self._budget.begin(now)

    def stopped(self, now: float) -> str:
        """What reading ends at now, in words; empty while the budget suffices."""
        late = now >= self._budget.spent.ends_at
        if late or (self._budget.is_spent and not self._in_flight):
            return self._budget.stopped_by(late=late)
        return ""

    def owner(self, event: Answered | Failed) -> Owner:
        """For whom the request was sent that this came of."""
        owner, _ = self._in_flight.pop(event.id)
        return owner

    def give_up(self, now: float) -> None:
        """Note that nobody waits any more for what was sent and not answered."""
        given_up, self._in_flight = self._in_flight, {}
        for _, exchange in given_up.values():
            exchange.give_up(now)

    def send(self, wanted: Iterable[tuple[Owner, Exchange]], now: float) -> Step:
        """What to send now, and when to ask again.

        Args:
            wanted: what should be under way, and for whom, the most urgent first.
            now: what the clock shows.
        """
        sends: list[Send] = []
        budget = self._budget
        wake = ends_at = budget.spent.ends_at
        for owner, exchange in wanted:
            if exchange.sent or budget.is_spent or now >= ends_at:
                continue
            if (ready_at := exchange.clear_at(now)) > now:
                wake = min(wake, ready_at)
                continue
            self._sent += 1
            budget.spent.requests += 1
            self._in_flight[self._sent] = owner, exchange
            request = exchange.start(now)
            sends.append(Send(self._sent, exchange.account, request, exchange.token))
        return Step(requests=tuple(sends), wake=None if math.isinf(wake) else wake)

    @property
    def had_all(self) -> bool:
        """Whether nobody else has spent anything of the budget."""
        return self._budget.spent.requests == self._sent

    @property
    def is_awaited(self) -> bool:
        """Whether something that was sent is not answered yet."""
        return bool(self._in_flight)
