"""Handmade providers on a virtual clock: a ``World`` lets machines ask some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from itertools import count
from random import Random

import attrs
from engine.handmade import NOW, Handmade, HandmadeAdapter
from simulation.rows import moment

from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.events import Answered, Demand, Event, Failed, Machine, Send, Woke
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.plan import Plan
from unified_checkout.engine.planner import Manner, Planner
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Observer, Runtime
from unified_checkout.engine.surroundings import Surroundings
from unified_checkout.errors import (
    ProviderError,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session


@attrs.frozen
class Answer:
    """What was handed out, and what is said of it."""

    sessions: list[Session]
    machine: ListMachine

    @property
    def ids(self) -> list[str]:
        """The ids of the sessions, in the order handed out."""
        return [session.id for session in self.sessions]

    @property
    def said(self) -> AccountCoverage:
        """The coverage of the only account."""
        (said,) = self.machine.coverage().accounts
        return said


class World:
    """Some providers, a virtual clock, and planners that go by it.

    Args:
        providers: by account; a single one is called ``north``.
        latency: how many seconds each answer takes.
        workers: how many requests of an account may be under way at once.
    """

    def __init__(
        self,
        providers: Handmade | Mapping[str, Handmade],
        *,
        latency: float = 0.0,
        workers: int = 1,
    ) -> None:
        self.providers = {"north": providers} if isinstance(providers, Handmade) else providers
        self.now = NOW
        self.latencies: Iterator[float] | None = None
        """How long the next answers take, if not all alike."""
        self.retry = RetryPolicy()
        self._latency = latency
        self._workers = workers

    def planner(self, *observers: Observer) -> Planner:
        """A planner that remembers no rate and no token."""
        return Planner(
            Surroundings(
                adapters={name: HandmadeAdapter(name, one) for name, one in self.providers.items()},
                states={
                    name: AccountState(Pace(one.rate), self.retry)
                    for name, one in self.providers.items()
                },
                runtime=Runtime(
                    now=lambda: moment(self.now),
                    monotonic=lambda: self.now,
                    random=Random(0),
                    workers=lambda rate, latency: self._workers,
                    observers=observers,
                ),
            )
        )

    def ask(
        self,
        question: ListSessions | Plan | None = None,
        manner: Manner | None = None,
        take: int | None = None,
        *observers: Observer,
    ) -> Answer:
        """What a listing gives, as far as so many sessions of it are taken."""
        planner = self.planner(*observers)
        machine = planner.listing(question or ListSessions(), manner or Manner())
        return self.read(machine, take)

    def read(self, machine: ListMachine, take: int | None = None) -> Answer:
        """What a machine hands out, at least so many sessions, if there are."""
        sessions: list[Session] = []
        for batch in self.run(machine):
            sessions += batch
            if take is not None and len(sessions) >= take:
                break
        return Answer(sessions, machine)

    def run(self, machine: Machine) -> Iterator[list[Session]]:
        """Yield what a machine hands out, as it is asked for."""
        try:
            yield from self._run(machine)
        finally:
            machine.give_up(self.now)

    def _run(self, machine: Machine) -> Iterator[list[Session]]:
        ahead: list[tuple[float, int, Send]] = []
        order = count()
        event: Event = Demand()
        for _ in range(20_000):
            step = machine.step(event, self.now)
            for send in step.requests:
                late = self._latency if self.latencies is None else next(self.latencies)
                heappush(ahead, (self.now + late, next(order), send))
            if step.finished:
                return
            if step.sessions is not None:
                yield step.sessions
                event = Demand()
                continue
            if ahead and (step.wake is None or ahead[0][0] <= step.wake):
                time, _, send = heappop(ahead)
                self.now = max(self.now, time)
                answer = self.providers[send.account].serve(send.request, self.now, send.token)
                if isinstance(answer, ProviderError):
                    event = Failed(send.id, answer)
                else:
                    event = Answered(send.id, answer)
                continue
            assert step.wake is not None, "the machine waits for nothing"
            self.now = max(self.now, step.wake)
            event = Woke()
        raise AssertionError("the machine does not end")
