"""As ``wires``, for asyncio."""

from __future__ import annotations

import math
import os
import ssl
from typing import Any

import anyio
import httpcore

from unified_checkout.clocks import now
from unified_checkout.transport import alarms
from unified_checkout.transport.network import Progress, addresses_for, options_for, raise_as
from unified_checkout.transport.wires import SocketOptions

_HEAD_START = 0.25
"""So many seconds are given to an address of a host before the next one is tried beside it."""


class AsyncWire(httpcore.AsyncNetworkBackend):
    """As ``Wire``, for asyncio; deadlines are the caller's, but for that of connecting."""

    def __init__(self, patience: float, *, proxied: bool = False) -> None:
        self.progress = Progress(at_proxy=proxied)
        self._patience = patience
        backend: Any = httpcore.AnyIOBackend()
        self._backend: httpcore.AsyncNetworkBackend = backend
        self._stream: httpcore.AsyncNetworkStream | None = None
        self._connected_until = 0.0

    def begin(self) -> None:
        """Another request."""
        self.progress.begin()

    async def close(self) -> None:
        """Close the socket. Nothing is sent."""
        stream, self._stream = self._stream, None
        if stream is not None:
            with anyio.CancelScope(shield=True):
                await stream.aclose()

    def leave_to_parent(self) -> None:
        """In a forked process: give up its copy of the socket, and touch nothing that is shared.

        The event loop that the connection belongs to is the parent's, and so is what it watches.
        """
        if self._stream is not None:
            number = self._stream.get_extra_info("socket").fileno()
            if number >= 0:
                nothing = os.open(os.devnull, os.O_RDWR)
                os.dup2(nothing, number, inheritable=False)
                os.close(nothing)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host."""
        self._connected_until = now() + (math.inf if timeout is None else timeout)
        with alarms.move_on_after(timeout):
            try:
                found = await addresses_for(host, port)
            except (OSError, UnicodeError) as error:
                raise_as(error, httpcore.ConnectTimeout, httpcore.ConnectError)
            stream = await self._connect([address[0] for *_, address in found], port)
            self.progress.connected = True
            return _AsyncStream(self, stream)
        raise httpcore.ConnectTimeout("timed out")

    async def _connect(self, addresses: list[str], port: int) -> httpcore.AsyncNetworkStream:
        """Connect to the address that answers first; each has a head start of the next."""
        failures: list[httpcore.ConnectError] = []

        async def attempt(address: str, over: anyio.Event) -> None:
            try:
                stream = await self._backend.connect_tcp(
                    address, port, socket_options=options_for(self._patience)
                )
            except httpcore.ConnectError as error:
                failures.append(error)
            else:
                if self._stream is None:
                    self._stream = stream
                    group.cancel_scope.cancel()
                else:
                    await stream.aclose()
            finally:
                over.set()

        async with anyio.create_task_group() as group:
            for address in addresses:
                over = anyio.Event()
                group.start_soon(attempt, address, over)
                with alarms.move_on_after(_HEAD_START):
                    await over.wait()
        if self._stream is None:
            raise failures[0]
        return self._stream

    async def secure(
        self, plain: httpcore.AsyncNetworkStream, context: ssl.SSLContext, host: str | None
    ) -> httpcore.AsyncNetworkStream:
        """The connection, encrypted from here on."""
        self.progress = self.progress.encrypted()
        with alarms.move_on_after(self._connected_until - now()):
            secured = await plain.start_tls(context, host)
            self.progress.connected = True
            return _AsyncStream(self, secured)
        raise httpcore.ConnectTimeout("timed out")


class _AsyncStream(httpcore.AsyncNetworkStream):
    """A connection as httpcore uses it; how long it may take is up to who sends a request."""

    def __init__(self, wire: AsyncWire, stream: httpcore.AsyncNetworkStream) -> None:
        self._wire = wire
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come, as soon as anything has."""
        try:
            data = await self._stream.read(max_bytes)
        except OSError as error:  # of TLS, which anyio leaves as it is
            raise_as(error, httpcore.ReadTimeout, httpcore.ReadError)
        return self._wire.progress.came(data)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it all; see ``wires``."""
        if not buffer:
            return
        self._wire.progress.sent(buffer)
        try:
            await self._stream.write(buffer)
        except OSError as error:
            raise_as(error, httpcore.WriteTimeout, httpcore.WriteError)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._wire.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted from here on."""
        return await self._wire.secure(self._stream, ssl_context, server_hostname)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the connection."""
        return self._stream.get_extra_info(info)
