"""Fetching sessions by their ids: the smallest machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unified_checkout.adapters import Response
from unified_checkout.engine.events import Answered, Event, Failed, Step
from unified_checkout.engine.exchange import Access, Effort, Exchange
from unified_checkout.engine.outbox import Outbox
from unified_checkout.engine.surroundings import Budget, Surroundings
from unified_checkout.errors import BudgetSpent, NotFound, TransientError
from unified_checkout.model.session import Session


class GetMachine:
    """Asks one account for sessions by their ids, several at once.

    What was found is in ``found`` when it is finished: by id, a session or why it is not there.

    Args:
        surroundings: what it is given to work with.
        account: whom to ask.
        ids: the sessions to ask for.
        budget: what it may cost.
    """

    def __init__(
        self, surroundings: Surroundings, account: str, ids: Sequence[str], budget: Budget
    ) -> None:
        self._account = account
        self._adapter = surroundings.adapters[account]
        self._runtime = surroundings.runtime
        self._access = Access(
            adapter=self._adapter,
            state=surroundings.states[account],
            runtime=surroundings.runtime,
            effort=Effort(),
        )
        self._waiting = {
            id: Exchange(self._access, self._adapter.get_request(id)) for id in dict.fromkeys(ids)
        }
        self._outbox: Outbox[str] = Outbox(budget)
        self._order = tuple(self._waiting)
        self._found: dict[str, Session | NotFound] = {}
        self._latency = 0.0

    @property
    def found(self) -> dict[str, Session | NotFound]:
        """What was found, in the order of the ids."""
        return {id: self._found[id] for id in self._order if id in self._found}

    @property
    def clock(self) -> Callable[[], float]:
        """The clock that a driver goes by."""
        return self._runtime.monotonic

    @property
    def needs(self) -> Sequence[str]:
        """The account that is asked."""
        return (self._account,)

    def begin(self, now: float) -> float:
        """Let the time begin that it may take, and say when it ends."""
        return self._outbox.begin(now)

    def step(self, event: Event, now: float) -> Step:
        """Take in an event and say what to do next.

        Raises:
            ProviderError: what a request failed with, if not that there is no such session.
            BudgetSpent: if the budget does not suffice for all of them.
        """
        self._outbox.begin(now)
        if isinstance(event, Answered | Failed):
            self._receive(event, now)
        if not self._waiting:
            return Step(finished=True)
        if stopped := self._outbox.stopped(now):
            error = BudgetSpent(stopped, None, None)
            error.found = self.found
            raise error
        return self._outbox.send(list(self._waiting.items())[: self._hands], now)

    def give_up(self, now: float) -> None:
        """Note that nobody waits any more for what was sent and not answered."""
        self._outbox.give_up(now)

    def _receive(self, event: Answered | Failed, now: float) -> None:
        id = self._outbox.owner(event)
        exchange = self._waiting[id]
        self._latency = now - exchange.sent_at
        try:
            if isinstance(event, Failed):
                exchange.fail(event.error, now)
            elif (success := exchange.answer(event.response, now)) is not None:
                self._try_to_read(id, success, now)
        except NotFound as error:
            self._settle(id, error)

    def _try_to_read(self, id: str, success: Response, now: float) -> None:
        try:
            session = self._adapter.parse_session(success)
            self._settle(id, session)
            for observer in self._runtime.observers:
                observer.arrived(self._account, (session,))
        except TransientError as error:
            self._waiting[id].reject(error, now)

    def _settle(self, id: str, found: Session | NotFound) -> None:
        self._found[id] = found
        del self._waiting[id]

    @property
    def _hands(self) -> int:
        """How many requests are under way at once: the first one alone, to see how long it takes."""
        rate = self._access.state.pace.requests_per_second
        return self._runtime.workers(rate, self._latency) if self._found else 1
