"""The machine: events in, one step out, for many accounts at once.

It knows no clock and draws no randomness of its own, so a run can be replayed exactly. A driver
is a loop that does what the steps say; see ``unified_checkout.transport``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import attrs

from unified_checkout.adapters import Direction
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.dispatch import Dispatch
from unified_checkout.engine.events import Answered, Demand, Event, Failed, Step
from unified_checkout.engine.exchange import Access
from unified_checkout.engine.merge import Batch, merged
from unified_checkout.engine.plan import Plan
from unified_checkout.engine.position import Position
from unified_checkout.engine.proof import Proof
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.surroundings import Budget, Surroundings
from unified_checkout.engine.tally import Tally
from unified_checkout.errors import PagingError, ProviderError, UnifiedCheckoutError
from unified_checkout.model.session import Session


class ListMachine:
    """One run of a plan: merges what the readings of its accounts supply, and nothing else.

    Going forward the sessions come newest first; going backward, from a place in the answer
    towards newer ones, they come oldest first.
    """

    def __init__(
        self,
        plan: Plan,
        surroundings: Surroundings,
        *,
        start: Position,
        limit: int | None,
        budget: Budget,
        report_failures: bool,
    ) -> None:
        self.plan = plan
        self.forward = start.direction is Direction.FORWARD
        self.stopped = ""
        """What it was stopped at before the end of the answer, if it was."""
        self.start = start
        """Where it began."""
        self.budget = budget
        self._runtime = surroundings.runtime
        self._report_failures = report_failures
        self._remaining = limit
        self._batch = Batch()
        self._wanted = False
        self._finished = False
        self._readings = [
            AccountReading(
                account,
                Access(
                    adapter=surroundings.adapters[account.account],
                    state=surroundings.states[account.account],
                    runtime=surroundings.runtime,
                    effort=Tally(),
                ),
                direction=start.direction,
                ceiling=start.ceiling,
                start=place,
                accounts=len(plan.accounts),
                thrifty=self.budget.is_bounded,
            )
            for account, place in zip(plan.accounts, start.accounts, strict=True)
        ]
        self._dispatch = Dispatch(self._readings, self.budget, forward=self.forward)

    @property
    def clock(self) -> Callable[[], float]:
        """The clock that a driver goes by."""
        return self._runtime.monotonic

    @property
    def needs(self) -> Sequence[str]:
        """The accounts that must be ready before anything is sent; none if failures are reported."""
        asked = [] if self._report_failures else self.plan.accounts
        return [account.account for account in asked if account.compiled.streams]

    def begin(self, now: float) -> float:
        """Let the time begin that it may take, and say when it ends."""
        return self.budget.begin(now)

    def step(self, event: Event, now: float) -> Step:
        """Take in an event and say what to do next.

        Raises:
            UnifiedCheckoutError: what an account failed with, unless failures are reported only.
        """
        if self._finished:
            return Step(finished=True)
        if isinstance(event, Demand):
            self._begin(now)
        elif isinstance(event, Answered | Failed):
            self._dispatch.receive(event, now)
        return self._next(now) if self._wanted else Step()

    def give_up(self, now: float) -> None:
        """Note that nobody waits any more for what was sent and not answered."""
        self._dispatch.give_up(now)

    def coverage(self, unused: Iterable[Session] = ()) -> Coverage:
        """What was read so far, and what that proves.

        Args:
            unused: the sessions that were delivered and that nobody took.
        """
        left = Counter(session.account for session in unused)
        tells = self._dispatch.had_all and self.got_nowhere
        stopped = f"{self.stopped}; allow {self.enough}" if tells else self.stopped
        return Coverage(
            tuple(
                Proof(reading).coverage(
                    remaining=self._remaining,
                    unused=left[reading.plan.account],
                    stopped=stopped,
                )
                for reading in self._readings
            )
        )

    def position(self, used: int) -> Position:
        """Where the answer would go on in the same direction.

        Args:
            used: how many sessions of the last step were used; the rest is read again.

        Raises:
            PagingError: if a list is not in order and a place in it can therefore not be named.
        """
        counts = Counter(self._batch.owners[:used])
        if not self._batch.sessions:  # the last ones were all used, and may not be settled yet
            counts = Counter({reading: reading.delivering for reading in self._readings})
        places = [reading.position(counts[reading]) for reading in self._readings]
        return attrs.evolve(self.start, accounts=tuple(places))

    def began_at(self, position: Position) -> bool:
        """Whether a place is no other than the one at which this began.

        That anything was asked for leads nowhere. The provider's now is worth keeping, where the
        upper bound has moved to it: asked for once more, it is a later one.
        """
        accounts = tuple(
            attrs.evolve(one, begins=start.begins)
            for one, start in zip(position.accounts, self.start.accounts, strict=True)
        )
        return attrs.evolve(position, accounts=accounts) == self.start

    @property
    def got_nowhere(self) -> bool:
        """Whether it was stopped where it began, and would be once more with the same budget."""
        try:
            return bool(self.stopped) and self.began_at(self.position(0))
        except PagingError:
            return False

    @property
    def enough(self) -> str:
        """What to allow, in words, to get further than to where this was stopped.

        A list that is sorted here shows nothing before all of it was read.
        """
        whole = [one.plan for one in self._readings if one.shows_late and one.at_the_top]
        return self.budget.enough(self.stopped, sum(plan.least_requests for plan in whole))

    @property
    def failures(self) -> Sequence[UnifiedCheckoutError]:
        """What accounts failed with."""
        return [one.failure for one in self._readings if one.failure is not None]

    def turned_position(self) -> Position | None:
        """Where the answer would go on in the other direction, from where this run began.

        None where nothing lies there.

        A session that moves between the streams of a union while somebody turns round may be
        passed over, or shown again: only forward are the streams read from their beginnings.

        Raises:
            PagingError: as :meth:`position` does.
        """
        places = tuple(reading.turned_position() for reading in self._readings)
        if all(place.done for place in places):
            return None
        turned = Direction.BACKWARD if self.forward else Direction.FORWARD
        return attrs.evolve(self.start, direction=turned, accounts=places)

    @property
    def exhausted(self) -> bool:
        """Whether nothing lies ahead of what was handed out, or ever will."""
        return all(one.exhausted or one.plan.refused for one in self._readings)

    def taken(self, sessions: list[Session], untaken: int) -> int:
        """How many sessions of the last step were taken, if these are what it handed out."""
        return len(sessions) - untaken if sessions is self._batch.sessions else 0

    @property
    def undelivered(self) -> tuple[Session, ...]:
        """Sessions that were read and match, and were not handed out, newest first."""
        rows = [session for reading in self._readings for session in reading.undelivered]
        return tuple(sorted(rows, key=lambda session: session.created, reverse=True))

    def _begin(self, now: float) -> None:
        """Go on from what was handed out, all of which was used."""
        self._dispatch.begin(now)
        self._wanted = True
        self._batch = Batch()
        for reading in self._readings:
            reading.settle()

    def _next(self, now: float) -> Step:
        failed = next((one.failure for one in self._readings if one.failure), None)
        if failed is not None and not self._report_failures:
            raise self._failed(failed)
        live = [one for one in self._readings if not (one.cut_off or one.exhausted)]
        self._batch = merged(live, self._remaining, forward=self.forward)
        if self._batch.sessions:
            self._hand_out(live)
            ahead = self._dispatch.send(self._remaining, now, wanted=False)
            return Step(requests=ahead.requests, sessions=self._batch.sessions)
        if self._remaining == 0 or not live:
            return self._end()
        self.stopped = self._dispatch.stopped(now)
        return self._end() if self.stopped else self._dispatch.send(self._remaining, now)

    def _hand_out(self, live: list[AccountReading]) -> None:
        self._wanted = False
        for reading, number in Counter(self._batch.owners).items():
            reading.hand_out(number)
        if self._remaining is not None:
            self._remaining -= len(self._batch.sessions)
        for reading in self._readings:
            reading.lacking = reading.lacking or (reading.cut_off and reading not in live)

    def _end(self) -> Step:
        self._finish()
        return Step(finished=True)

    def _failed(self, error: UnifiedCheckoutError) -> UnifiedCheckoutError:
        self._finish()
        if isinstance(error, ProviderError):
            error.sessions = self.undelivered
            error.coverage = self.coverage()
        return error

    def _finish(self) -> None:
        self._finished = True
        for observer in self._runtime.observers:
            observer.finished(self.coverage())
