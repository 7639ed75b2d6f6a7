"""Fetching sessions by their ids: the smallest machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from unified_checkout.engine.events import Answered, Event, Failed, Send, Step
from unified_checkout.engine.exchange import Access, Effort, Exchange
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
        self._budget = budget
        self._access = Access(
            adapter=self._adapter,
            state=surroundings.states[account],
            runtime=surroundings.runtime,
            effort=Effort(),
        )
        self._waiting = {
            id: Exchange(self._access, self._adapter.get_request(id)) for id in dict.fromkeys(ids)
        }
        self._numbers = count(1)
        self._in_flight: dict[int, str] = {}
        self._order = tuple(self._waiting)
        self._found: dict[str, Session | NotFound] = {}
        self._latency = 0.0
        self._ends_at: float | None = None

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

    def step(self, event: Event, now: float) -> Step:
        """Take in an event and say what to do next.

        Raises:
            ProviderError: what a request failed with, if not that there is no such session.
            BudgetSpent: if the budget does not suffice for all of them.
        """
        if self._ends_at is None and self._budget.deadline is not None:
            self._ends_at = now + self._budget.deadline
        if isinstance(event, Answered | Failed):
            self._receive(event, now)
        if not self._waiting:
            return Step(finished=True)
        return self._next(now)

    def _receive(self, event: Answered | Failed, now: float) -> None:
        id = self._in_flight.pop(event.id)
        exchange = self._waiting[id]
        self._latency = now - exchange.sent_at
        try:
            if isinstance(event, Failed):
                exchange.fail(event.error, now)
            elif (answer := exchange.answer(event.response, now)) is not None:
                self._found[id] = self._adapter.parse_session(answer)
                del self._waiting[id]
        except NotFound as error:
            self._found[id] = error
            del self._waiting[id]
        except TransientError as error:
            if isinstance(event, Failed) or not 200 <= event.response.status < 300:
                raise
            exchange.reject(error, now)

    def _next(self, now: float) -> Step:
        sends: list[Send] = []
        wake = self._ends_at
        for id, exchange in list(self._waiting.items())[: self._hands]:
            if exchange.sent or self._spent:
                continue
            if (ready_at := exchange.clear_at(now)) > now:
                wake = ready_at if wake is None else min(wake, ready_at)
                continue
            number = next(self._numbers)
            self._in_flight[number] = id
            request = exchange.start(now)
            sends.append(Send(number, self._account, request, exchange.token))
        late = self._ends_at is not None and now >= self._ends_at
        if late or (self._spent and not self._in_flight):
            error = BudgetSpent(self._budget.stopped_by(late=late), None, None)
            error.found = self.found
            raise error
        return Step(requests=tuple(sends), wake=wake)

    @property
    def _hands(self) -> int:
        """How many requests are under way at once: the first one alone, to see how long it takes."""
        rate = self._access.state.pace.requests_per_second
        return self._runtime.workers(rate, self._latency) if self._found else 1

    @property
    def _spent(self) -> bool:
        most = self._budget.max_requests
        return most is not None and self._access.effort.requests >= most
