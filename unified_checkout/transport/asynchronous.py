"""The driver for ``AsyncClient``: does what a machine says, on the running event loop."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress

import anyio

from unified_checkout import forks
from unified_checkout.engine.events import Answered, Demand, Event, Failed, Machine, Send, Woke
from unified_checkout.errors import ClientClosed, ConfigurationError, ProviderError
from unified_checkout.model.session import Session
from unified_checkout.transport import alarms
from unified_checkout.transport.http import AsyncHttpSender, needed
from unified_checkout.transport.loops import Home

Outcome = asyncio.Task[Answered | Failed]

_PATIENCE = 1.0
"""How long requests that are given up are waited for, in seconds; most end at once."""


class AsyncDriver:
    """Runs machines over real time and real connections, for asyncio."""

    def __init__(self, senders: Mapping[str, AsyncHttpSender], home: Home) -> None:
        self._senders = senders
        self._home = home
        self._begin()
        forks.in_children(self, AsyncDriver._begin_in_child)

    async def run(self, machine: Machine) -> AsyncGenerator[list[Session], None]:
        """Yield what the machine delivers, as it is asked for.

        Raises:
            ConfigurationError: if what is configured keeps one of these from being asked, or
                this is not asyncio, or not the process or the event loop that it began in.
            ClientClosed: if there is something to send and the client is closed.
            UnifiedCheckoutError: what the machine fails with.
        """
        _check_asyncio()
        forks.check()
        began_in, clock = _surroundings(), machine.clock
        in_flight: dict[Outcome, anyio.CancelScope] = {}
        event: Event = Demand()
        closing = False
        try:
            await self._make_ready(machine)
            while True:
                _check_surroundings(began_in)
                step = machine.step(event, clock())
                if step.finished:
                    return
                if step.is_only_to_send() and not in_flight:
                    event = await self._attempt(step.requests[0])
                    continue
                in_flight.update(self._begun(send) for send in step.requests)
                if step.sessions is not None:
                    yield step.sessions
                    event = Demand()
                    continue
                event = await self._arrived(
                    in_flight, None if step.wake is None else step.wake - clock()
                )
        except GeneratorExit:
            closing = True  # nothing may be waited for: others may be closing it too
            raise
        finally:
            if began_in == _surroundings():
                for scope in in_flight.values():
                    scope.cancel()
                try:
                    if in_flight and not closing:
                        await alarms.wait(in_flight, _PATIENCE, return_when=asyncio.ALL_COMPLETED)
                finally:
                    machine.give_up(clock())

    async def _make_ready(self, machine: Machine) -> None:
        """Find the keys that are needed, side by side, for as long as the machine may take.

        Raises:
            ConfigurationError: if one cannot be had.
        """
        ends_at = machine.begin(machine.clock())
        quick, slow = needed(self._senders, machine)
        for sender in quick:
            await sender.make_ready()
        if not slow:
            return
        finding = [asyncio.create_task(sender.make_ready()) for sender in slow]
        try:
            left = None if math.isinf(ends_at) else max(0.0, ends_at - machine.clock())
            done = await alarms.wait(finding, left, return_when=asyncio.FIRST_EXCEPTION)
            for one in done:
                one.result()
        finally:
            for one in finding:
                one.cancel()
            await asyncio.gather(*finding, return_exceptions=True)

    async def close(self) -> None:
        """Close all connections; requests under way end with ``ClientClosed``.

        Raises:
            ConfigurationError: if they live in another event loop, which is not closed.
        """
        forks.check()
        if self._home.has_ended():
            self._begin()
        self._closed.set()
        for sender in self._senders.values():
            await sender.close()
        if self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _begin(self) -> None:
        self._closed = asyncio.Event()
        self._under_way: set[Outcome] = set()

    def _begin_in_child(self) -> None:
        closed = self._closed.is_set()
        self._begin()
        if closed:
            self._closed.set()

    def _begun(self, send: Send) -> tuple[Outcome, anyio.CancelScope]:
        scope = anyio.CancelScope()
        task = asyncio.create_task(self._attempt_within(scope, send))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task, scope

    def _ended(self, task: Outcome) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, lest asyncio logs it where nobody waits any more

    async def _attempt_within(self, scope: anyio.CancelScope, send: Send) -> Answered | Failed:
        with scope:
            return await self._attempt(send)
        raise asyncio.CancelledError

    async def _attempt(self, send: Send) -> Answered | Failed:
        try:
            return Answered(
                send.id, await self._senders[send.account].send(send.request, send.token)
            )
        except ProviderError as error:
            return Failed(send.id, error)

    async def _arrived(
        self, in_flight: dict[Outcome, anyio.CancelScope], timeout: float | None
    ) -> Event:
        """The next answer, or ``Woke`` when it is time; answers that came together wait."""
        timeout = None if timeout is None else max(0.0, timeout)
        if not in_flight:
            with alarms.move_on_after(timeout or 0.0):
                await self._closed.wait()
                raise ClientClosed()
            return Woke()
        done = await alarms.wait(in_flight, timeout)
        if not done:
            return Woke()
        task = done.pop()
        del in_flight[task]
        return task.result()


def _check_asyncio() -> None:
    with suppress(RuntimeError):
        if asyncio.current_task() is not None:
            return
    raise ConfigurationError(
        "an AsyncClient runs under asyncio, and this is another event loop, such as trio's; "
        "use Client there, in a thread"
    )


def _surroundings() -> tuple[int, asyncio.AbstractEventLoop | None]:
    """The process, and the event loop that runs."""
    with suppress(RuntimeError):
        return os.getpid(), asyncio.get_running_loop()
    return os.getpid(), None


def _check_surroundings(began_in: tuple[int, asyncio.AbstractEventLoop | None]) -> None:
    process, _ = began_in
    if process != os.getpid():
        raise ConfigurationError(
            "an asynchronous listing cannot go on in a forked process; begin one there from the "
            "cursor of this one"
        )
    if began_in != _surroundings():
        raise ConfigurationError(
            "an asynchronous listing cannot go on in another event loop; begin one there from the "
            "cursor of this one, with another AsyncClient"
        )
