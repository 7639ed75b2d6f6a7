"""``Dispatch``: which requests of all accounts to send now, within their rates and one budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from unified_checkout.engine.events import Answered, Failed, Step
from unified_checkout.engine.exchange import Exchange
from unified_checkout.engine.outbox import Outbox
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.surroundings import Budget

_MEANWHILE = 1000
"""Sessions that an account reads ahead while another must be read whole before it shows any."""

_Owner = tuple[AccountReading, PageReader]


class Dispatch:
    """Sends what the readings of several accounts want, and brings them what comes of it.

    Args:
        readings: those of all accounts.
        budget: what all of it may cost.
        forward: whether the newest come first.
    """

    def __init__(
        self, readings: Sequence[AccountReading], budget: Budget, *, forward: bool
    ) -> None:
        self._readings = readings
        self._forward = forward
        self._thrifty = budget.is_bounded
        self._outbox: Outbox[_Owner] = Outbox(budget)

    def begin(self, now: float) -> None:
        """Let the time begin that the budget allows, unless it did before."""
        self._outbox.begin(now)

    def stopped(self, now: float) -> str:
        """What reading ends at now, in words; empty while the budget suffices."""
        return self._outbox.stopped(now)

    @property
    def had_all(self) -> bool:
        """Whether nobody else has spent anything of the budget."""
        return self._outbox.had_all

    def receive(self, event: Answered | Failed, now: float) -> None:
        """Bring a reading what came of one of its requests."""
        reading, reader = self._outbox.owner(event)
        reading.receive(reader, event, now)

    def give_up(self, now: float) -> None:
        """Note that nobody waits any more for what was sent and not answered."""
        self._outbox.give_up(now)

    def send(self, remaining: int | None, now: float, *, wanted: bool = True) -> Step:
        """What to send now, and when to ask again.

        Args:
            remaining: how many sessions the answer may still need; None for all.
            now: what the clock shows.
            wanted: whether somebody waits for the next session; else only what is read ahead is.
        """
        step = self._outbox.send(self._exchanges(remaining, wanted), now)
        waits = self._outbox.is_awaited or step.wake is not None
        assert waits or not wanted, "nothing to wait for"
        return step

    def _exchanges(self, remaining: int | None, wanted: bool) -> Iterator[tuple[_Owner, Exchange]]:
        """Those that should be under way, first those that the others wait for."""
        turned = self._readings if self._forward else self._readings[::-1]
        held_up = not self._thrifty and any(one.shows_late for one in turned)
        for reading in sorted(turned, key=lambda one: one.reach, reverse=self._forward):
            size = reading.page_size(remaining)
            ahead = max(reading.plan.page_size, _MEANWHILE if held_up else 1)
            for reader in self._wanted_of(reading, remaining, wanted, ahead):
                yield (reading, reader), reader.next_exchange(size)

    def _wanted_of(
        self, reading: AccountReading, remaining: int | None, wanted: bool, ahead: int
    ) -> Iterable[PageReader]:
        """The page readers of an account that should be under way.

        In a merge they are read on already while their last page is handed out; otherwise each
        account would wait while another one is read. A single account has nothing waiting then.

        Args:
            reading: that of the account.
            remaining: how many sessions the answer may still need; None for all.
            wanted: whether somebody waits for the next session.
            ahead: how many sessions a merge may have ready.
        """
        enough = ahead if remaining is None else 1
        return reading.wanted(remaining, now=wanted and reading.waiting < enough)
