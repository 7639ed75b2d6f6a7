"""``Dispatch``: which requests of all accounts to send now, within their rates and one budget."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import count

from unified_checkout.engine.events import Answered, Failed, Send, Step
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.surroundings import Budget


class Dispatch:
    """Sends what the readings of several accounts want, and brings them what comes of it.

    Args:
        readings: those of all accounts.
        budget: what all of it may cost.
    """

    def __init__(self, readings: Sequence[AccountReading], budget: Budget) -> None:
        self._readings = readings
        self._budget = budget
        self._ends_at = math.inf
        self._ids = count(1)
        self._in_flight: dict[int, tuple[AccountReading, PageReader]] = {}

    def begin(self, now: float) -> None:
        """Let the time begin that the budget allows, unless it did before."""
        if math.isinf(self._ends_at) and self._budget.deadline is not None:
            self._ends_at = now + self._budget.deadline

    def stopped(self, now: float) -> str:
        """What reading ends at now, in words; empty while the budget suffices."""
        late = now >= self._ends_at
        if late or (self._requests_left() <= 0 and not self._in_flight):
            return self._budget.stopped_by(late=late)
        return ""

    def receive(self, event: Answered | Failed, now: float) -> None:
        """Bring a reading what came of one of its requests."""
        reading, reader = self._in_flight.pop(event.id)
        reading.receive(reader, event, now)

    def send(self, remaining: int | None, now: float, *, wanted: bool = True) -> Step:
        """What to send now, and when to ask again.

        Args:
            remaining: how many sessions the answer may still need; None for all.
            now: what the clock shows.
            wanted: whether somebody waits for the next session; else only what is read ahead is.
        """
        sends: list[Send] = []
        wake = self._ends_at
        for reading in self._readings:
            size = reading.page_size(remaining)
            for reader in self._wanted_of(reading, remaining, wanted):
                exchange = reader.next_exchange(size)
                if exchange.sent or self._requests_left() <= 0:
                    continue
                if (ready_at := exchange.clear_at(now)) > now:
                    wake = min(wake, ready_at)
                    continue
                number = next(self._ids)
                self._in_flight[number] = reading, reader
                request = exchange.start(now)
                sends.append(Send(number, reading.plan.account, request, exchange.token))
        assert sends or self._in_flight or wake < math.inf or not wanted, "nothing to wait for"
        return Step(requests=tuple(sends), wake=None if math.isinf(wake) else wake)

    def _wanted_of(
        self, reading: AccountReading, remaining: int | None, wanted: bool
    ) -> Iterable[PageReader]:
        """The page readers of an account that should be under way.

        In a merge they are read on already while their last page is handed out; otherwise each
        account would wait while another one is read.
        """
        merging = len(self._readings) > 1 and remaining is None
        enough = reading.plan.page_size if merging else 1
        return reading.wanted(remaining, now=wanted and reading.waiting < enough)

    def _requests_left(self) -> float:
        most = self._budget.max_requests
        spent = sum(reading.tally.requests for reading in self._readings)
        return math.inf if most is None else most - spent
