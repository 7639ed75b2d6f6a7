"""Sending one request of one account over HTTP, and reading its whole answer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import TypeVar
from weakref import WeakSet

import anyio
import httpx
from pydantic import SecretStr

from unified_checkout import forks
from unified_checkout.adapters import Request, Response
from unified_checkout.clocks import now
from unified_checkout.engine.events import Machine
from unified_checkout.errors import ClientClosed, ConfigurationError, ProviderError
from unified_checkout.frames import without_frames
from unified_checkout.transport import alarms
from unified_checkout.transport.bodies import REASONS, Body
from unified_checkout.transport.channel import Channel
from unified_checkout.transport.errands import ERRAND, Errand
from unified_checkout.transport.failures import Failure, is_failure, not_ready
from unified_checkout.transport.lines import AsyncLine, Idle, Line, living
from unified_checkout.transport.loops import Home
from unified_checkout.transport.network import LOOKUP_THREAD
from unified_checkout.transport.routes import Route
from unified_checkout.transport.threads import in_daemon

__all__ = ["AsyncHttpSender", "Channel", "HttpSender", "needed"]

Sender = TypeVar("Sender", "HttpSender", "AsyncHttpSender")

_AT_ONCE = 64
"""So many requests of an account are under way at once, in one event loop."""
_WITHOUT_CONNECTIONS = (httpx.MockTransport, httpx.WSGITransport, httpx.ASGITransport)


class HttpSender:
    """Sends an account's requests over its own connections.

    An ``httpx.Client`` would do more than that: log addresses, whose query may name a person,
    keep cookies and look into redirects.

    Args:
        channel: what reaching the account takes.
        transport: what to send through instead of the network.
    """

    def __init__(self, channel: Channel, transport: httpx.BaseTransport | None = None) -> None:
        self.closed = False
        self.channel = channel
        self._given = transport
        self._inherited = False
        self._route: Route | None = None
        self._begin()
        forks.in_children(self, HttpSender._begin_in_child)

    def make_ready(self) -> None:
        """Find the key, and what the environment says about the way to the provider.

        Raises:
            ConfigurationError: if either cannot be used.
            ClientClosed: if the connections are closed.
        """
        self._prepare()

    def _prepare(self) -> Route:
        forks.check()
        if self.closed:
            raise ClientClosed()
        _check_not_inherited(self._inherited)
        self.channel.credentials.api_key.get_secret_value()
        self._route = self._route or Route.to(self.channel.base_url)
        return self._route

    def send(self, request: Request, token: SecretStr | None = None) -> Response:
        """Send, and read the whole answer.

        A connection that was used before and has died unnoticed is no failure of anybody's: the
        request is sent once more at once, over a new one.

        Raises:
            ClientClosed: if the connections are closed, or are while this waits.
            ProviderError: if there is no whole answer, or none that can be read.
        """
        around = sys.exception()
        try:
            route = self._prepare()
        except ConfigurationError as error:
            raise not_ready(self.channel, error) from error
        errand = ERRAND.get() or Errand()
        deadline = now() + self.channel.timeout
        fresh = False
        while True:
            try:
                self._take_line(errand.hand, route, fresh=fresh)
                if self.closed or errand.given_up:
                    raise ClientClosed()
                response = self._exchange(errand.hand[0], request, token, deadline)
                self._keep(errand)
                return response
            except BaseException as error:
                line = errand.drop()
                if isinstance(error, ProviderError):
                    without_frames(error, around)
                if line is None or not is_failure(error):
                    raise
                if self.closed or errand.given_up:
                    raise ClientClosed() from without_frames(error, around)
                failure = Failure(self.channel, error, line.wire.progress)
                if line.used and (failure.is_of_connection or failure.is_silence):
                    self._close_idle()
                if not (line.used and failure.is_of_connection):
                    raise failure.typed() from without_frames(error, around)
                fresh = True

    def close(self) -> None:
        """Close the account's connections; what waits for an answer gets ``ClientClosed``."""
        forks.check()
        self.closed = True
        for line in living(self._lines):
            line.hang_up()
        self._close_idle()
        if self._given is not None and not self._inherited:
            self._given.close()

    def _exchange(
        self, line: Line, request: Request, token: SecretStr | None, deadline: float
    ) -> Response:
        line.wire.begin(deadline - now())
        http_request = self.channel.http_request(request, token)
        answer = line.transport.handle_request(http_request)
        line.wire.progress.head_came()
        try:
            assert isinstance(answer.stream, httpx.SyncByteStream)
            body = Body(self.channel, answer, self.channel.secrets(http_request, token))
            if body.of_failure:
                line.wire.allow(min(REASONS, line.wire.left))
            try:
                for chunk in answer.stream:
                    body.add(chunk)
                    if not body.wanted:
                        break
                    if now() > deadline:
                        raise httpx.ReadTimeout("a transport that knows no deadline")
            except Exception as error:
                if not (body.of_failure and is_failure(error)):
                    raise
            return body.response()
        finally:
            answer.close()

    def _take_line(self, hand: list[Line], route: Route, *, fresh: bool) -> None:
        """Take a line to send over: the one that was used last, if it is fit and will do."""
        while not fresh and self._idle.take(hand):
            if self._idle.is_fit(hand[0]):
                return
            hand.pop().close()
        given = self._given
        line = Line.through(given) if given is not None else Line.to(self.channel, route)
        self._lines.add(line)
        hand.append(line)

    def _keep(self, errand: Errand) -> None:
        if self.closed or not errand.hand[0].reusable:
            errand.drop()
            return
        self._idle.add(errand.hand)
        if self.closed:
            self._close_idle()

    def _close_idle(self) -> None:
        hand: list[Line] = []
        while self._idle.take(hand):
            hand.pop().close()

    def _begin(self) -> None:
        self._idle: Idle[Line] = Idle()
        self._lines: WeakSet[Line] = WeakSet()

    def _begin_in_child(self) -> None:
        """Close the copies of the parent's connections, which stay open there."""
        for line in living(self._lines):
            line.close()
        self._begin()
        self._inherited = _holds_connections(self._given)


class AsyncHttpSender:
    """As ``HttpSender``, for asyncio; all senders of a client have one home."""

    def __init__(
        self,
        channel: Channel,
        transport: httpx.AsyncBaseTransport | None = None,
        home: Home | None = None,
    ) -> None:
        self.closed = False
        self.channel = channel
        self._given = transport
        self._inherited = False
        self._route: Route | None = None
        self._home = home or Home()
        self._begin()
        forks.in_children(self, AsyncHttpSender._begin_in_child)

    async def make_ready(self) -> None:
        """As ``HttpSender.make_ready``; a key that takes time is looked for in a thread."""
        await self._prepare()

    async def _prepare(self) -> Route:
        forks.check()
        if self.closed:
            raise ClientClosed()
        _check_not_inherited(self._inherited)
        self._home.settle()
        find = partial(_find, self.channel.credentials.api_key)
        if self.channel.finds_key_slowly:
            await in_daemon(find, LOOKUP_THREAD)
        else:
            find()
        self._route = self._route or Route.to(self.channel.base_url)
        return self._route

    async def send(self, request: Request, token: SecretStr | None = None) -> Response:
        """As ``HttpSender.send``."""
        around = sys.exception()
        try:
            route = await self._prepare()
        except ConfigurationError as error:
            raise not_ready(self.channel, error) from error
        async with self._room:
            if self.closed:
                raise ClientClosed()
            line = await self._line(route)
            with alarms.move_on_after(self.channel.timeout) as limit, self._listed(limit.scope):
                while True:
                    try:
                        response = await self._exchange(line, request, token, limit)
                        await self._keep(line)
                        return response
                    except BaseException as error:
                        await line.close()
                        if isinstance(error, ProviderError):
                            without_frames(error, around)
                        if not is_failure(error):
                            raise
                        failure = Failure(self.channel, error, line.wire.progress)
                        if not (line.used and failure.is_of_connection):
                            raise failure.typed() from without_frames(error, around)
                        await self._close_idle()
                        line = self._new_line(route)
        if self.closed:
            raise ClientClosed()
        failure = Failure(self.channel, None, line.wire.progress)
        if line.used and failure.is_silence:
            await self._close_idle()
        raise failure.late()

    async def close(self) -> None:
        """Close the account's connections; what is under way ends with ``ClientClosed``.

        Where their event loop is gone, they went with it.
        """
        forks.check()
        ended = self._home.has_ended()
        if ended:
            self._begin()
        self.closed = True
        for scope in self._under_way:
            scope.cancel()
        if self._under_way:
            await self._quiet.wait()
        await self._close_idle()
        if self._given is not None and not self._inherited:
            with suppress(RuntimeError) if ended else nullcontext():
                await self._given.aclose()

    @contextmanager
    def _listed(self, scope: anyio.CancelScope) -> Iterator[None]:
        self._under_way.add(scope)
        self._quiet.clear()
        try:
            yield
        finally:
            self._under_way.discard(scope)
            if not self._under_way:
                self._quiet.set()

    async def _exchange(
        self,
        line: AsyncLine,
        request: Request,
        token: SecretStr | None,
        limit: alarms.Limit,
    ) -> Response:
        line.wire.begin()
        http_request = self.channel.http_request(request, token)
        answer = await line.transport.handle_async_request(http_request)
        line.wire.progress.head_came()
        try:
            body = Body(self.channel, answer, self.channel.secrets(http_request, token))
            if not body.of_failure:
                await self._read(body, answer)
            else:
                limit.lift()
                with alarms.move_on_after(min(REASONS, limit.left)):
                    try:
                        await self._read(body, answer)
                    except Exception as error:
                        if not is_failure(error):
                            raise
            return body.response()
        finally:
            await answer.aclose()

    async def _read(self, body: Body, answer: httpx.Response) -> None:
        """Read as much of a body as is wanted.

        What reads it is ended where it waits, by a cancellation, so that it is tidied up at once.
        """
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        with anyio.CancelScope() as reading:
            async for chunk in answer.stream:
                if body.wanted:
                    body.add(chunk)
                if not body.wanted:
                    reading.cancel()

    async def _line(self, route: Route) -> AsyncLine:
        """A line to send over: the one that was used last, if it is fit."""
        hand: list[AsyncLine] = []
        while self._idle.take(hand):
            if self._idle.is_fit(hand[0]):
                return hand[0]
            await hand.pop().close()
        return self._new_line(route)

    def _new_line(self, route: Route) -> AsyncLine:
        given = self._given
        line = AsyncLine.through(given) if given is not None else AsyncLine.to(self.channel, route)
        self._lines.add(line)
        return line

    async def _keep(self, line: AsyncLine) -> None:
        if self.closed or not line.reusable:
            await line.close()
        else:
            self._idle.add([line])

    async def _close_idle(self) -> None:
        hand: list[AsyncLine] = []
        while self._idle.take(hand):
            await hand.pop().close()

    def _begin(self) -> None:
        self._idle: Idle[AsyncLine] = Idle()
        self._lines: WeakSet[AsyncLine] = WeakSet()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[anyio.CancelScope] = set()
        self._quiet = asyncio.Event()

    def _begin_in_child(self) -> None:
        """Leave the parent's connections, and its event loop, alone."""
        for line in living(self._lines):
            line.leave_to_parent()
        self._home.leave()
        self._begin()
        self._inherited = _holds_connections(self._given)


def needed(senders: Mapping[str, Sender], machine: Machine) -> tuple[list[Sender], list[Sender]]:
    """The senders that must be ready before anything is sent: those whose key is at hand, or told by
    the environment, and those whose key may take its time."""
    found = [senders[account] for account in machine.needs]
    slow = [sender for sender in found if sender.channel.finds_key_slowly]
    return [sender for sender in found if sender not in slow], slow


def _find(key: SecretStr) -> None:
    """Let a key be found, which stays where it is."""
    key.get_secret_value()


def _holds_connections(given: httpx.BaseTransport | httpx.AsyncBaseTransport | None) -> bool:
    """Whether a transport may hold connections that a forked process must not use."""
    return given is not None and not isinstance(given, _WITHOUT_CONNECTIONS)


def _check_not_inherited(inherited: bool) -> None:
    if inherited:
        raise ConfigurationError(
            "this client was given a transport before the process was forked, and its connections "
            "are the parent's; make a client in each process"
        )
