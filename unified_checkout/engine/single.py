"""Fetching one session by its id: the smallest machine."""

from __future__ import annotations

from unified_checkout.engine.events import (
    Action,
    Answered,
    Deliver,
    Event,
    Fail,
    Failed,
    Finish,
    Send,
    Wait,
)
from unified_checkout.engine.exchange import Effort, Exchange
from unified_checkout.engine.machine import Surroundings
from unified_checkout.errors import ProviderError, UnreadableBody


class GetMachine:
    """Asks one account for one session."""

    def __init__(self, surroundings: Surroundings, account: str, id: str) -> None:
        self.account = account
        self._adapter = surroundings.adapters[account]
        self._random = surroundings.random
        self._exchange = Exchange(
            self._adapter,
            surroundings.states[account],
            self._adapter.get_request(id),
            effort=Effort(),
        )
        self._finished = False

    def step(self, event: Event, now: float) -> list[Action]:
        """Take in an event and say what to do next."""
        if self._finished:
            return [Finish()]
        try:
            if isinstance(event, Failed):
                self._exchange.fail(event.error, now, self._random)
            elif isinstance(event, Answered):
                answer = self._exchange.answer(event.response, now, self._random)
                if answer is not None:
                    try:
                        session = self._adapter.parse_session(answer)
                    except UnreadableBody as error:
                        self._exchange.fail(error, now, self._random)
                    else:
                        self._finished = True
                        return [Deliver([session])]
        except ProviderError as error:
            self._finished = True
            return [Fail(error)]
        ready_at = self._exchange.clear_at(now)
        if ready_at > now:
            return [Wait(ready_at)]
        return [Send(1, self.account, self._exchange.start(now))]
