"""The driver for ``Client``: does what a machine says, with threads where requests overlap."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from queue import Empty, SimpleQueue
from threading import TIMEOUT_MAX, Thread

from unified_checkout.engine.events import Answered, Demand, Event, Failed, Send, Todo, Woke
from unified_checkout.engine.machine import Machine
from unified_checkout.errors import ClientClosed, ProviderError
from unified_checkout.model.session import Session
from unified_checkout.transport.http import HttpSender

Arrivals = SimpleQueue[Event | BaseException]
"""What came of the requests of one listing."""

REQUEST_THREAD = "unified-checkout request"
"""The name of every thread that sends one request."""


class ThreadedDriver:
    """Runs machines over real time and real connections.

    A request that nothing else waits beside is sent from the caller's own thread; the others from
    threads that do not keep a program from ending.
    """

    def __init__(self, senders: Mapping[str, HttpSender]) -> None:
        self._senders = senders
        self._awaited: set[Arrivals] = set()

    def run(self, machine: Machine, *needed: str) -> Iterator[list[Session]]:
        """Yield what the machine delivers, as it is asked for.

        Args:
            machine: says what to do.
            needed: the accounts that must be ready before anything is sent.

        Raises:
            ConfigurationError: if what is configured keeps one of these from being asked.
            ClientClosed: if there is something to send and the client is closed.
            UnifiedCheckoutError: what the machine fails with.
        """
        arrivals = Arrivals()
        in_flight = 0
        event: Event = Demand()
        self._awaited.add(arrivals)
        try:
            for account in needed:
                self._senders[account].make_ready()
            while True:
                todo = Todo.of(machine.step(event, time.monotonic()))
                if todo.finished:
                    return
                if todo.is_only_to_send() and not in_flight:
                    event = self._attempt(todo.sends[0])
                    continue
                for send in todo.sends:
                    self._begin(send, arrivals)
                in_flight += len(todo.sends)
                if todo.delivered is not None:
                    yield todo.delivered
                    event = Demand()
                    continue
                event = self._arrived(arrivals, todo.wake)
                in_flight -= not isinstance(event, Woke)
        finally:
            self._awaited.discard(arrivals)

    def close(self) -> None:
        """Close all connections; requests under way are abandoned, and nobody waits any more."""
        for sender in self._senders.values():
            sender.close()
        for arrivals in tuple(self._awaited):
            arrivals.put(ClientClosed())

    def _begin(self, send: Send, arrivals: Arrivals) -> None:
        arguments = (send, arrivals)
        Thread(target=self._report, args=arguments, name=REQUEST_THREAD, daemon=True).start()

    def _attempt(self, send: Send) -> Answered | Failed:
        try:
            return Answered(send.id, self._senders[send.account].send(send.request))
        except ProviderError as error:
            return Failed(send.id, error)

    def _report(self, send: Send, arrivals: Arrivals) -> None:
        try:
            arrivals.put(self._attempt(send))
        except BaseException as error:  # noqa: BLE001  (raised again where the caller waits)
            arrivals.put(error)

    def _arrived(self, arrivals: Arrivals, wake: float | None) -> Event:
        timeout = None
        if wake is not None:
            timeout = min(max(0.0, wake - time.monotonic()), TIMEOUT_MAX)
        try:
            arrival = arrivals.get(timeout=timeout)
        except Empty:
            return Woke()
        if isinstance(arrival, BaseException):
            raise arrival
        return arrival
