"""The driver for ``Client``: does what a machine says, with threads where requests overlap."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from threading import TIMEOUT_MAX, Thread

import attrs

from unified_checkout import forks
from unified_checkout.clocks import now
from unified_checkout.engine.events import Answered, Demand, Event, Failed, Machine, Send, Woke
from unified_checkout.errors import ClientClosed, ProviderError
from unified_checkout.model.session import Session
from unified_checkout.transport import threads
from unified_checkout.transport.errands import ERRAND, Errand
from unified_checkout.transport.http import HttpSender, needed

Arrivals = SimpleQueue[Event | BaseException]
"""What came of the requests of one listing."""

REQUEST_THREAD = "unified-checkout request"
"""The name of every thread that sends one request."""

_PATIENCE = 1.0
"""How long a request that is given up is waited for, in seconds; most end at once."""


class ThreadedDriver:
    """Runs machines over real time and real connections.

    A request that nothing else waits beside is sent from the caller's own thread, and so is one for
    which no thread can be had; the others from threads that do not keep a program from ending.
    """

    def __init__(self, senders: Mapping[str, HttpSender]) -> None:
        self._senders = senders
        self._flights: set[Flight] = set()

    def run(self, machine: Machine) -> Iterator[list[Session]]:
        """Yield what the machine delivers, as it is asked for.

        Raises:
            ConfigurationError: if what is configured keeps one of these from being asked.
            ClientClosed: if there is something to send and the client is closed.
            UnifiedCheckoutError: what the machine fails with.
        """
        flight, clock = Flight(self._senders), machine.clock
        event: Event = Demand()
        try:
            self._flights.add(flight)
            self._make_ready(machine)
            while True:
                forks.check()
                step = machine.step(event, clock())
                if step.finished:
                    return
                if step.is_only_to_send() and flight.is_over:
                    event = flight.attempt(step.requests[0])
                    continue
                for send in step.requests:
                    flight.begin(send)
                if step.sessions is not None:
                    yield step.sessions
                    event = Demand()
                    continue
                event = flight.next_event(_seconds_until(step.wake, clock()))
        finally:
            self._flights.discard(flight)
            if flight.is_of_this_process:
                flight.abandon()
                machine.give_up(clock())

    def _make_ready(self, machine: Machine) -> None:
        """Find the keys that are needed, side by side, for as long as the machine may take.

        Raises:
            ConfigurationError: if one cannot be had.
        """
        ends_at = machine.begin(machine.clock())
        quick, slow = needed(self._senders, machine)
        for sender in quick:
            sender.make_ready()
        if len(slow) == 1 and math.isinf(ends_at):
            slow[0].make_ready()
            return
        outcomes: SimpleQueue[BaseException | None] = SimpleQueue()
        for sender in slow:
            report = partial(_reporting, sender.make_ready, outcomes)
            finding = Thread(
                target=copy_context().run, args=(report,), name=REQUEST_THREAD, daemon=True
            )
            threads.start_or_run(finding)
        for _ in slow:
            try:
                error = outcomes.get(timeout=_seconds_until(ends_at, machine.clock()))
            except Empty:
                return
            if error is not None:
                raise error

    def close(self) -> None:
        """Close all connections; requests under way are abandoned, and nobody waits any more."""
        for sender in self._senders.values():
            sender.close()
        for flight in tuple(self._flights):
            flight.end()


@attrs.define(eq=False)
class _UnderWay:
    """A request that a thread of its own sends."""

    send: Send
    errand: Errand
    thread: Thread


class Flight:
    """The requests of one listing that were sent and not answered yet."""

    def __init__(self, senders: Mapping[str, HttpSender]) -> None:
        self._senders = senders
        self._under_way: dict[int, _UnderWay] = {}
        self._arrivals = Arrivals()
        self._process = os.getpid()

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    @property
    def is_of_this_process(self) -> bool:
        """Whether it did not begin in the parent of a forked process."""
        return self._process == os.getpid()

    def attempt(self, send: Send) -> Answered | Failed:
        """Send a request from this thread."""
        try:
            return Answered(send.id, self._senders[send.account].send(send.request, send.token))
        except ProviderError as error:
            return Failed(send.id, error)

    def begin(self, send: Send) -> None:
        """Send a request from a thread of its own, which sees the caller's context variables."""
        errand = Errand()
        context = copy_context()
        context.run(ERRAND.set, errand)
        thread = Thread(
            target=context.run,
            args=(self._report, send, self._arrivals),
            name=REQUEST_THREAD,
            daemon=True,
        )
        self._under_way[send.id] = _UnderWay(send, errand, thread)
        threads.start_or_run(thread)

    def next_event(self, timeout: float | None) -> Event:
        """What comes next: an answer, or ``Woke`` when so many seconds have passed."""
        self._begin_again_in_child()
        try:
            arrival = self._arrivals.get(timeout=timeout)
        except Empty:
            return Woke()
        if isinstance(arrival, BaseException):
            raise arrival
        if isinstance(arrival, Answered | Failed):
            del self._under_way[arrival.id]
        return arrival

    def end(self) -> None:
        """Let nobody wait any more, because the client is closed."""
        self._arrivals.put(ClientClosed())

    def abandon(self) -> None:
        """Give up what is under way, and see it end."""
        for one in self._under_way.values():
            one.errand.give_up()
        deadline = now() + _PATIENCE
        for one in self._under_way.values():
            with suppress(RuntimeError):  # it was not even started, or it is this very thread
                one.thread.join(max(0.0, deadline - now()))
        self._under_way.clear()

    def _report(self, send: Send, arrivals: Arrivals) -> None:
        try:
            arrivals.put(self.attempt(send))
        except BaseException as error:  # noqa: BLE001  (raised again where the caller waits)
            arrivals.put(error)

    def _begin_again_in_child(self) -> None:
        """A forked process has none of its parent's threads, so it sends their requests again."""
        if self.is_of_this_process:
            return
        self._process = os.getpid()
        self._arrivals = Arrivals()
        for one in tuple(self._under_way.values()):
            self.begin(one.send)


def _reporting(call: Callable[[], None], outcomes: SimpleQueue[BaseException | None]) -> None:
    try:
        call()
    except BaseException as error:  # noqa: BLE001  (raised again where the caller waits)
        outcomes.put(error)
    else:
        outcomes.put(None)


def _seconds_until(wake: float | None, now: float) -> float | None:
    return None if wake is None else min(max(0.0, wake - now), TIMEOUT_MAX)
