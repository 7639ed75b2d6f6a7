"""The network below httpcore: one connection, and what httpcore does not tell of it.

That is a moment by which everything is done, however slowly it drips; whether an answer has begun;
and a socket that can be closed without anybody's lock.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from unified_checkout.clocks import now
from unified_checkout.transport.layers import Bytes, Encrypted, Plain
from unified_checkout.transport.network import (
    Progress,
    addresses_of,
    is_readable,
    options_for,
    raise_as,
    seconds_left,
)

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class Wire(httpcore.NetworkBackend):
    """Makes one connection, and ends whatever is done with it in time.

    Args:
        patience: the seconds after which data that nobody has acknowledged tells that a
            connection is dead, where the system can tell.
        proxied: whether the way leads through a proxy.
    """

    def __init__(self, patience: float, *, proxied: bool = False) -> None:
        self.progress = Progress(at_proxy=proxied)
        self._patience = patience
        self._socket: socket.socket | None = None
        self._hung_up = False
        self._until = self._connected_until = 0.0

    def begin(self, seconds: float) -> None:
        """Another request, for which there are so many seconds."""
        self.progress.begin()
        self.allow(seconds)

    def allow(self, seconds: float) -> None:
        """From now on there are so many seconds."""
        self._until = now() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self._until - now()

    def close(self) -> None:
        """Close the socket, or in a forked process its copy of it. Nothing is sent."""
        if self._socket is not None:
            try:
                self._socket.close()
            except AttributeError:  # it was only half made when that was interrupted
                super(socket.socket, self._socket).close()

    def hang_up(self) -> None:
        """End the connection from another thread: who waits there for the network wakes up."""
        self._hung_up = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers; each has its share of the time."""
        connecting = self.left if timeout is None else min(timeout, self.left)
        self._connected_until = now() + connecting
        failure: Exception = OSError("no address")
        try:
            addresses = addresses_of(host, port, self._connected_until)
            for number, (family, kind, protocol, _, address) in enumerate(addresses):
                share = seconds_left(self._connected_until) / (len(addresses) - number)
                try:
                    return self._connect((family, kind, protocol), address, share)
                except OSError as error:
                    self.close()
                    failure = error
        except (OSError, UnicodeError) as error:
            failure = error
        raise_as(failure, httpcore.ConnectTimeout, httpcore.ConnectError)

    def _connect(
        self, kind: tuple[int, int, int], address: Any, seconds: float
    ) -> httpcore.NetworkStream:
        self._check_not_hung_up()
        # An interruption finds the socket here, as soon as there is one.
        self._socket = connecting = socket.socket.__new__(socket.socket)
        connecting.__init__(*kind)  # type: ignore[misc]
        for option in options_for(self._patience):
            connecting.setsockopt(*option)
        connecting.settimeout(seconds)
        connecting.connect(address)
        self._check_not_hung_up()
        self.progress.connected = True
        return _Stream(self, Plain(connecting))

    def _check_not_hung_up(self) -> None:
        if self._hung_up:
            raise ConnectionAbortedError(errno.ECONNABORTED, "hung up")

    def secure(
        self, plain: Bytes, context: ssl.SSLContext, host: str | None
    ) -> httpcore.NetworkStream:
        """The connection, encrypted from here on."""
        self.progress = self.progress.encrypted()
        try:
            secured = Encrypted(plain, context, host)
            secured.shake_hands(self._connected_until)
        except (OSError, ValueError) as error:
            self.close()
            raise_as(error, httpcore.ConnectTimeout, httpcore.ConnectError)
        self.progress.connected = True
        return _Stream(self, secured)

    def receive(self, below: Bytes, most: int) -> bytes:
        """What has come, as soon as anything has."""
        try:
            data = below.receive(most, self._until)
        except OSError as error:
            raise_as(error, httpcore.ReadTimeout, httpcore.ReadError)
        return self.progress.came(data)

    def send(self, below: Bytes, data: bytes) -> None:
        """Send it all."""
        self.progress.sent(data)
        try:
            below.send(data, self._until)
        except OSError as error:
            raise_as(error, httpcore.WriteTimeout, httpcore.WriteError)

    def is_readable(self) -> bool:
        """Whether something has come that nobody asked for: the end, as a rule."""
        return self._socket is None or is_readable(self._socket)


class _Stream(httpcore.NetworkStream):
    """A connection as httpcore uses it."""

    def __init__(self, wire: Wire, below: Bytes) -> None:
        self._wire = wire
        self._below = below

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come, as soon as anything has."""
        return self._wire.receive(self._below, max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it all. h11 ends a request without a body by nothing, which needs no sending."""
        if buffer:
            self._wire.send(self._below, buffer)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted from here on."""
        return self._wire.secure(self._below, ssl_context, server_hostname)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about: whether the other side has closed an idle connection."""
        return self._wire.is_readable() if info == "is_readable" else None
