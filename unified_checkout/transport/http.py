"""Sending one request of one account over HTTP, and reading its whole answer."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import anyio
import anyio.to_thread
import attrs
import httpx
from pydantic import SecretStr

from unified_checkout.adapters import Adapter, Credentials, Request, Response
from unified_checkout.errors import (
    ClientClosed,
    ConfigurationError,
    ConnectionFailed,
    ProviderError,
    RequestTimeout,
    ResponseTooLarge,
    TerminalError,
    UnreadableBody,
)
from unified_checkout.transport.authorities import context_for
from unified_checkout.transport.proxies import proxy_for
from unified_checkout.version import __version__

_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": f"unified-checkout/{__version__}",
}
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=120.0)
_GZIP = zlib.MAX_WBITS | 16


@attrs.frozen(kw_only=True)
class Channel:
    """What reaching one account takes."""

    adapter: Adapter[Any]
    credentials: Credentials
    base_url: str
    timeout: float
    """Seconds for one request, from the first byte sent to the last one read."""
    max_body_bytes: int

    def http_request(self, request: Request) -> httpx.Request:
        """The signed request, ready for the wire."""
        signed = self.adapter.sign(request, self.credentials)
        query = urlencode(signed.parameters)
        url = f"{self.base_url}{signed.path}{'?' if query else ''}{query}"
        return httpx.Request(
            "GET",
            url,
            headers={**_HEADERS, **signed.headers},
            extensions={"timeout": httpx.Timeout(self.timeout).as_dict()},
        )

    def failure(self, error: httpx.HTTPError | httpx.InvalidURL) -> ProviderError:
        """The typed error for a request that got no whole answer."""
        if isinstance(error, httpx.TimeoutException):
            return self.too_slow()
        return ConnectionFailed(
            f"no whole answer from {self.base_url} ({type(error).__name__})",
            account=self.adapter.account,
            provider=self.adapter.name,
        )

    def too_slow(self) -> ProviderError:
        """The error for an answer that takes longer than the account's timeout."""
        return RequestTimeout(
            f"no whole answer within {self.timeout:g} s",
            account=self.adapter.account,
            provider=self.adapter.name,
        )

    def not_ready(self, error: ConfigurationError) -> ProviderError:
        """The error for a request that what is configured keeps from being sent."""
        return TerminalError(
            str(error).removeprefix(f"account {self.adapter.account!r}: "),
            account=self.adapter.account,
            provider=self.adapter.name,
            hint="nothing was sent; 'unified-checkout doctor' helps",
        )

    def too_large(self, status: int) -> ProviderError:
        """The error for a body beyond the account's limit."""
        return ResponseTooLarge(
            f"the body is larger than {self.max_body_bytes} bytes",
            account=self.adapter.account,
            provider=self.adapter.name,
            status=status,
        )

    def unreadable(self, status: int) -> ProviderError:
        """The error for a body that cannot be decompressed."""
        return UnreadableBody(
            "the body is not compressed as it claims to be",
            account=self.adapter.account,
            provider=self.adapter.name,
            status=status,
        )


class _Body:
    """A response's body as it arrives: decompressed, and no larger than the account allows."""

    def __init__(self, channel: Channel, answer: httpx.Response) -> None:
        self.channel = channel
        self._answer = answer
        self._room = channel.max_body_bytes
        self._chunks: list[bytes] = []
        plain = answer.headers.get("content-encoding", "identity").lower() == "identity"
        self._gzip = None if plain else zlib.decompressobj(wbits=_GZIP)

    def add(self, chunk: bytes) -> None:
        """Take in what has arrived.

        Raises:
            ProviderError: if it cannot be decompressed, or is too much.
        """
        status = self._answer.status_code
        if self._gzip is not None:
            try:
                chunk = self._gzip.decompress(chunk, self._room + 1)
            except zlib.error:
                raise self.channel.unreadable(status) from None
        self._room -= len(chunk)
        if self._room < 0:
            raise self.channel.too_large(status)
        self._chunks.append(chunk)

    def response(self) -> Response:
        """The answer, whole."""
        return Response(
            status=self._answer.status_code,
            headers=dict(self._answer.headers.items()),
            body=b"".join(self._chunks),
        )


class HttpSender:
    """Sends an account's requests over its own connections.

    An ``httpx.Client`` would do more than that: log addresses, whose query may name a person,
    keep cookies and look into redirects.
    """

    def __init__(self, channel: Channel, transport: httpx.BaseTransport | None = None) -> None:
        self.closed = False
        self.channel = channel
        self._transport = transport
        self._opening = Lock()

    def make_ready(self) -> httpx.BaseTransport:
        """Find the key, and what the environment says about the way to the provider.

        Raises:
            ConfigurationError: if either cannot be used.
            ClientClosed: if the connections are closed.
        """
        self.channel.credentials.api_key.get_secret_value()
        with self._opening:
            if self.closed:
                raise ClientClosed()
            if self._transport is None:
                address = self.channel.base_url
                self._transport = httpx.HTTPTransport(
                    verify=context_for(address), limits=_LIMITS, proxy=proxy_for(address)
                )
            return self._transport

    def send(self, request: Request) -> Response:
        """Send, and read the whole answer.

        Raises:
            ClientClosed: if the connections are closed, or are while this waits.
            ProviderError: if there is no whole answer, or one that is too large.
        """
        if self.closed:
            raise ClientClosed()
        channel = self.channel
        try:
            transport = self.make_ready()
        except ConfigurationError as error:
            raise channel.not_ready(error) from error
        deadline = time.monotonic() + channel.timeout
        try:
            answer = transport.handle_request(channel.http_request(request))
            try:
                assert isinstance(answer.stream, httpx.SyncByteStream)
                body = _Body(channel, answer)
                for chunk in answer.stream:
                    if time.monotonic() > deadline:
                        raise channel.too_slow()
                    body.add(chunk)
                return body.response()
            finally:
                answer.close()
                if self.closed and "network_stream" in answer.extensions:
                    answer.extensions["network_stream"].close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = ClientClosed() if self.closed else channel.failure(error)
            raise failure from without_frames(error)

    def close(self) -> None:
        """Close the account's connections; one that is just being made, after its answer."""
        self.closed = True
        with self._opening:
            if self._transport is not None:
                self._transport.close()


class AsyncHttpSender:
    """As ``HttpSender``, for asyncio.

    A request is given up through a cancel scope of anyio's, which is what the connection pool
    shields its own tidying from.
    """

    def __init__(self, channel: Channel, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.closed = False
        self.channel = channel
        self._under_way: set[anyio.CancelScope] = set()
        self._idle = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._transport = transport
        self._has_key = False

    async def make_ready(self) -> httpx.AsyncBaseTransport:
        """As ``HttpSender.make_ready``; a key that takes time is looked for in a thread."""
        key = self.channel.credentials.api_key
        if not self._has_key and type(key) is not SecretStr:
            await anyio.to_thread.run_sync(key.get_secret_value, abandon_on_cancel=True)
        self._has_key = True
        if self.closed:
            raise ClientClosed()
        if self._transport is None:
            address = self.channel.base_url
            self._transport = httpx.AsyncHTTPTransport(
                verify=context_for(address), limits=_LIMITS, proxy=proxy_for(address)
            )
        return self._transport

    async def send(self, request: Request) -> Response:
        """Send, and read the whole answer.

        Raises:
            ClientClosed: if the connections are closed, or are while this waits.
            ProviderError: if there is no whole answer, or one that is too large.
        """
        if self.closed:
            raise ClientClosed()
        self._check_loop()
        try:
            transport = await self.make_ready()
        except ConfigurationError as error:
            raise self.channel.not_ready(error) from error
        with anyio.move_on_after(self.channel.timeout) as scope, self._listed(scope):
            try:
                return await self._exchange(transport, request)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self.channel.failure(error) from without_frames(error)
        raise ClientClosed() if self.closed else self.channel.too_slow()

    async def close(self) -> None:
        """Close the account's connections; what is under way ends with ``ClientClosed``."""
        self.closed = True
        for scope in self._under_way:
            scope.cancel()
        if self._under_way:
            await self._idle.wait()
        if self._transport is not None:
            await self._transport.aclose()

    def _check_loop(self) -> None:
        """Connections live in one event loop, and cannot be used from another."""
        running = asyncio.get_running_loop()
        self._loop = self._loop or running
        if running is not self._loop:
            raise ConfigurationError(
                "an AsyncClient belongs to the event loop that it was first used in; "
                "make another one in each asyncio.run"
            )

    @contextmanager
    def _listed(self, scope: anyio.CancelScope) -> Iterator[None]:
        self._under_way.add(scope)
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way.discard(scope)
            if not self._under_way:
                self._idle.set()

    async def _exchange(self, transport: httpx.AsyncBaseTransport, request: Request) -> Response:
        answer = await transport.handle_async_request(self.channel.http_request(request))
        try:
            assert isinstance(answer.stream, httpx.AsyncByteStream)
            body = _Body(self.channel, answer)
            async for chunk in answer.stream:
                body.add(chunk)
            return body.response()
        finally:
            await answer.aclose()


def without_frames(error: BaseException) -> BaseException:
    """A failure without the frames it came through: what is signed for the wire is in them."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
