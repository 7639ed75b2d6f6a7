"""``Imitation``: a provider's sandbox at work, with its log, its faults and its rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from threading import RLock

import attrs

from unified_checkout import clocks
from unified_checkout.adapters.guarding import mistake
from unified_checkout.errors import BrokenProvider
from unified_checkout.sandbox.exchange import Answer, Delivery, Received
from unified_checkout.sandbox.facts import Facts
from unified_checkout.sandbox.faults import Fault
from unified_checkout.sandbox.provider import Page, ProviderSandbox

Hook = Callable[[int], object]


class Throttle:
    """A rate with a burst of one second: each request takes a token."""

    def __init__(self, rate: float | None, clock: Callable[[], float] = clocks.now) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = max(1.0, rate or 0.0)
        self._seen = clock()

    def admits(self) -> bool:
        """Whether one more request is within the rate.

        >>> throttle = Throttle(1, clock=lambda: 0.0)
        >>> throttle.admits(), throttle.admits()
        (True, False)
        """
        if self._rate is None:
            return True
        now = self._clock()
        gained = (now - self._seen) * self._rate
        self._tokens = min(max(1.0, self._rate), self._tokens + gained)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@attrs.define(kw_only=True, eq=False)
class Imitation:
    """Answers requests, may be told to misbehave, and is safe to use from several threads."""

    provider: ProviderSandbox
    latency: float = 0.0
    throttle: Throttle = attrs.field(factory=lambda: Throttle(None))
    error: Exception | None = attrs.field(default=None, init=False)
    """The first failure of the imitation itself, or of a hook: never an answer's fault."""
    _lock: RLock = attrs.field(factory=RLock, init=False)
    _log: list[Received] = attrs.field(factory=list, init=False)
    _queue: deque[Fault] = attrs.field(factory=deque, init=False)
    _standing: list[Fault] = attrs.field(factory=list, init=False)
    _previous: Page | None = attrs.field(default=None, init=False)
    _hook: Hook | None = attrs.field(default=None, init=False)
    _heard: int = attrs.field(default=0, init=False)

    def handle(self, request: Received) -> Answer:
        """The answer to one request, as its provider gives it today."""
        try:
            self._note(request)
        except Exception as error:  # noqa: BLE001 - raised on leaving the sandbox
            return self._failed(error)
        try:
            with self._lock:
                return self._answer(request)
        except Exception as error:  # noqa: BLE001 - raised on leaving the sandbox
            broken = BrokenProvider(f"a sandbox failed: {mistake(type(self.provider), error)}")
            broken.__cause__ = error
            return self._failed(broken)

    def truth(self) -> list[Facts]:
        """What the provider holds now, newest first."""
        with self._lock:
            return list(self.provider.shelf)

    def hold(self, facts: Iterable[Facts]) -> list[Facts]:
        """Adopt more facts."""
        with self._lock:
            return self.provider.hold(facts)

    def vanish(self, id: str) -> None:
        """Hold a session no longer."""
        with self._lock:
            self.provider.shelf.remove(id)

    def change(self, id: str, fields: dict[str, object]) -> Facts:
        """Change fields of a session."""
        with self._lock:
            return self.provider.change(id, **fields)

    def misbehave(self, faults: Iterable[Fault]) -> None:
        """Spoil what follows, after what is to be spoilt already."""
        with self._lock:
            for fault in faults:
                if fault.times is None:
                    self._standing.append(fault)
                else:
                    self._queue.extend([fault] * fault.times)

    def behave(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._queue.clear()
            self._standing.clear()

    def on_request(self, hook: Hook | None) -> None:
        """Call ``hook`` from now on with the number of each request, before it is answered."""
        with self._lock:
            self._hook = hook
            self._heard = 0

    def requests(self) -> list[Received]:
        """The requests so far, their credentials blanked."""
        with self._lock:
            return list(self._log)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._log.clear()

    def _failed(self, error: Exception) -> Answer:
        self.error = self.error or error
        return Answer(status=500, body=f"the sandbox itself failed: {error!r}".encode())

    def _note(self, request: Received) -> None:
        with self._lock:
            self._log.append(request.without_secrets(self.provider.api_key))
            self._heard += 1
            hook, number = self._hook, self._heard
        if hook is not None:
            hook(number)

    def _answer(self, request: Received) -> Answer:
        if not self.throttle.admits():
            return self._finished(self.provider.failure(429), request)
        faults = [*self._standing, *([self._queue.popleft()] if self._queue else [])]
        found = self.provider.answer(request)
        if isinstance(found, Page):
            for fault in faults:
                found = fault.spoil_page(found, self._previous)
            self._previous = found
            found = self.provider.envelope(found)
        answer = self._finished(found, request)
        for fault in faults:
            answer = fault.spoil(answer, request, self.provider)
        return answer

    def _finished(self, answer: Answer, request: Received) -> Answer:
        headers = {**self.provider.headers(request), **answer.headers}
        return attrs.evolve(answer, headers=headers, delivery=Delivery(delay=self.latency))
