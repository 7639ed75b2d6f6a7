"""The driver for ``AsyncClient``: does what a machine says, on the running event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

import anyio

from unified_checkout.engine.events import Answered, Demand, Event, Failed, Send, Todo, Woke
from unified_checkout.engine.machine import Machine
from unified_checkout.errors import ClientClosed, ProviderError
from unified_checkout.model.session import Session
from unified_checkout.transport.http import AsyncHttpSender

InFlight = dict[asyncio.Task[Answered | Failed], anyio.CancelScope]
"""The requests that were sent and not answered yet, each with what gives it up."""


class AsyncDriver:
    """Runs machines over real time and real connections, for asyncio."""

    def __init__(self, senders: Mapping[str, AsyncHttpSender]) -> None:
        self._senders = senders
        self._under_way: set[asyncio.Task[Answered | Failed]] = set()
        self._closed = asyncio.Event()

    async def run(self, machine: Machine, *needed: str) -> AsyncIterator[list[Session]]:
        """Yield what the machine delivers, as it is asked for.

        Args:
            machine: says what to do.
            needed: the accounts that must be ready before anything is sent.

        Raises:
            ConfigurationError: if what is configured keeps one of these from being asked.
            ClientClosed: if there is something to send and the client is closed.
            UnifiedCheckoutError: what the machine fails with.
        """
        in_flight: InFlight = {}
        event: Event = Demand()
        try:
            for account in needed:
                await self._senders[account].make_ready()
            while True:
                todo = Todo.of(machine.step(event, time.monotonic()))
                if todo.finished:
                    return
                if todo.is_only_to_send() and not in_flight:
                    event = await self._attempt(todo.sends[0])
                    continue
                in_flight.update(self._begun(send) for send in todo.sends)
                if todo.delivered is not None:
                    yield todo.delivered
                    event = Demand()
                    continue
                event = await self._arrived(in_flight, todo.wake)
        finally:
            for scope in in_flight.values():
                scope.cancel()

    async def close(self) -> None:
        """Close all connections; requests under way end with ``ClientClosed``."""
        self._closed.set()
        for sender in self._senders.values():
            await sender.close()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _begun(self, send: Send) -> tuple[asyncio.Task[Answered | Failed], anyio.CancelScope]:
        scope = anyio.CancelScope()
        task = asyncio.create_task(self._attempt_within(scope, send))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task, scope

    def _ended(self, task: asyncio.Task[Answered | Failed]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, lest asyncio logs it where nobody waits any more

    async def _attempt_within(self, scope: anyio.CancelScope, send: Send) -> Answered | Failed:
        with scope:
            return await self._attempt(send)
        raise asyncio.CancelledError

    async def _attempt(self, send: Send) -> Answered | Failed:
        try:
            return Answered(send.id, await self._senders[send.account].send(send.request))
        except ProviderError as error:
            return Failed(send.id, error)

    async def _arrived(self, in_flight: InFlight, wake: float | None) -> Event:
        """The next answer, or ``Woke`` when it is time; answers that came together wait."""
        timeout = None if wake is None else max(0.0, wake - time.monotonic())
        if not in_flight:
            with anyio.move_on_after(timeout or 0.0):
                await self._closed.wait()
                raise ClientClosed()
            return Woke()
        done, _ = await asyncio.wait(
            in_flight, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            return Woke()
        task = done.pop()
        del in_flight[task]
        return task.result()
