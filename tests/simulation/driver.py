"""The simulated driver: does what a machine says, on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from itertools import count
from random import Random

import attrs

from simulation.adapter import NEW_PATH, PATH
from simulation.faults import TIMEOUT
from simulation.provider import Reply, SimulatedProvider
from unified_checkout.adapters import Request, Response
from unified_checkout.engine.events import Answered, Demand, Event, Failed, Machine, Send, Woke
from unified_checkout.errors import UnifiedCheckoutError
from unified_checkout.model.session import Session

MOST_STEPS = 12_000
"""So many that a list is given up which grows faster than it is read."""

_PAGING = frozenset(("size", "after", "before", "token", "offset"))


class Stalled(Exception):
    """The machine neither ends nor says what it waits for."""


@attrs.define(eq=False)
class Call:
    """One request, from its sending to its answer."""

    account: str
    request: Request
    sent: float
    reply: Reply | None = None
    arrived: float | None = None
    """When the machine was told; None if it never was."""

    @property
    def answered(self) -> Reply:
        """The reply, of a request that has one."""
        assert self.reply is not None
        return self.reply

    @property
    def single(self) -> bool:
        """Whether it asks for one session by its id."""
        return self.request.path not in (PATH, NEW_PATH)

    @property
    def backward(self) -> bool:
        """Whether it asks for newer sessions than those it begins at."""
        return "before" in dict(self.request.parameters)

    @property
    def size(self) -> int:
        """How many sessions it asks for."""
        return int(dict(self.request.parameters).get("size", "1"))

    @property
    def stream(self) -> tuple[object, ...]:
        """The list that it reads a page of."""
        filters = tuple(one for one in self.request.parameters if one[0] not in _PAGING)
        return self.single, filters

    @property
    def place(self) -> tuple[object, ...]:
        """What it asks for; its repetitions ask for the same."""
        path = self.request.path if self.single else ""
        return path, self.request.parameters


@attrs.frozen
class Sent:
    """A request left."""

    call: Call


@attrs.frozen
class Arrived:
    """An answer was handed to the machine."""

    call: Call


@attrs.frozen
class Delivered:
    """The machine handed out sessions."""

    time: float
    sessions: list[Session]


@attrs.frozen
class Ended:
    """The machine finished or failed."""

    time: float


Happening = Sent | Arrived | Delivered | Ended


@attrs.define
class Clock:
    """Virtual time."""

    now: float


@attrs.frozen(kw_only=True)
class SimulatedDriver:
    """Runs machines over simulated providers."""

    clock: Clock
    providers: Mapping[str, SimulatedProvider]
    latencies: Mapping[str, float]
    """By account, how long an answer takes at most."""
    random: Random
    journal: list[Happening] = attrs.field(factory=list)

    def run(self, machine: Machine) -> Iterator[list[Session]]:
        """Yield what the machine delivers, as it is asked for.

        Raises:
            UnifiedCheckoutError: what the machine fails with.
            Stalled: if it neither ends nor waits for anything.
        """
        ahead: list[tuple[float, int, Send, Call]] = []
        order = count()
        event: Event = Demand()
        for _ in range(MOST_STEPS):
            try:
                step = machine.step(event, self.clock.now)
            except UnifiedCheckoutError:
                self._end(machine, ahead)
                raise
            for send in step.requests:
                call = Call(send.account, send.request, self.clock.now)
                self.journal.append(Sent(call))
                heappush(ahead, (self._later(call), next(order), send, call))
            if step.finished:
                self._end(machine, ahead)
                return
            if step.sessions is not None:
                self.journal.append(Delivered(self.clock.now, step.sessions))
                yield step.sessions
                event = Demand()
            else:
                event = self._next(ahead, step.wake)
        raise Stalled("the machine does not end")

    def _next(self, ahead: list[tuple[float, int, Send, Call]], wake: float | None) -> Event:
        """Let time pass until something happens that the machine is to know."""
        while ahead and (wake is None or ahead[0][0] <= wake):
            time, number, send, call = heappop(ahead)
            self.clock.now = max(self.clock.now, time)
            if call.reply is None:
                provider = self.providers[call.account]
                call.reply = provider.serve(call.request, self.clock.now, self.random)
                heappush(ahead, (self._later(call), number, send, call))
                continue
            call.arrived = self.clock.now
            self.journal.append(Arrived(call))
            return _event(send.id, call.reply)
        if wake is None:
            raise Stalled("the machine waits for nothing")
        self.clock.now = max(self.clock.now, wake + self.random.choice((0.0, 0.0, 0.003)))
        return Woke()

    def _later(self, call: Call) -> float:
        late = 30.0 if call.reply is not None and call.reply.fault is TIMEOUT else 0.0
        return self.clock.now + self.random.random() * self.latencies[call.account] + late

    def _end(self, machine: Machine, ahead: list[tuple[float, int, Send, Call]]) -> None:
        """Nothing may come of a machine that ended."""
        self.journal.append(Ended(self.clock.now))
        late: list[Event] = [Demand(), Woke()]
        late += [Answered(send.id, Response(status=500)) for _, _, send, _ in ahead]
        for event in late:
            step = machine.step(event, self.clock.now)
            if step.requests or step.sessions:
                raise Stalled("the machine goes on after its end")


def _event(id: int, reply: Reply) -> Event:
    if isinstance(reply.answer, Response):
        return Answered(id, reply.answer)
    return Failed(id, reply.answer)
