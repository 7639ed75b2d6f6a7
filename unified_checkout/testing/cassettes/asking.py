"""``Asking``: sends requests that were recorded once more, as a client sends its own."""

from __future__ import annotations

from collections.abc import Sequence

from unified_checkout.adapters import Request
from unified_checkout.client import channels_of, surroundings_of, with_log
from unified_checkout.config import Account
from unified_checkout.engine.events import Answered, Event, Failed, Step
from unified_checkout.engine.exchange import Access, Effort, Exchange
from unified_checkout.engine.outbox import Outbox
from unified_checkout.engine.runtime import Observer, ambient
from unified_checkout.engine.surroundings import Budget
from unified_checkout.transport import ThreadedDriver
from unified_checkout.transport.http import HttpSender


class Asking:
    """Sends requests one after the other, as a client does."""

    def __init__(self, account: Account, observers: Sequence[Observer]) -> None:
        channels = channels_of([account])
        channel = channels[account.name]
        self._driver = ThreadedDriver({account.name: HttpSender(channel)})
        self._access = Access(
            adapter=channel.adapter,
            state=surroundings_of([account], channels).states[account.name],
            runtime=ambient().watched_by(with_log(observers, channels)),
            effort=Effort(),
        )
        self.token_request = channel.adapter.token_request()

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    def __call__(self, request: Request) -> bytes:
        """The body of the answer.

        Raises:
            ProviderError: if there is none.
        """
        machine = _Machine(self._access, request)
        for _ in self._driver.run(machine):
            pass
        return machine.body


class _Machine:
    """Sends one request, in its account's rate and again where that may help."""

    def __init__(self, access: Access, request: Request) -> None:
        self.body = b""
        self._exchange = Exchange(access, request)
        self._outbox: Outbox[None] = Outbox(Budget())
        self.clock = access.runtime.monotonic
        self.needs = (self._exchange.account,)
        self.begin, self.give_up = self._outbox.begin, self._outbox.give_up

    def step(self, event: Event, now: float) -> Step:
        if isinstance(event, Answered | Failed):
            self._outbox.owner(event)
        if isinstance(event, Failed):
            self._exchange.fail(event.error, now)
        elif isinstance(event, Answered):
            success = self._exchange.answer(event.response, now)
            if success is not None:
                self.body = success.body
                return Step(finished=True)
        return self._outbox.send([(None, self._exchange)], now)
