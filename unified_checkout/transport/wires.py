"""The network below httpcore: one connection, and what httpcore does not tell of it.

That is a moment by which everything is done, however slowly it drips; whether an answer has begun;
and a socket that can be closed without anybody's lock.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import select
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import CodeType
from typing import Any, NoReturn, Protocol, TypeVar

import anyio
import httpcore

_ASKING = b" HTTP/1.1\r\n"
_ANSWER = b"HTTP/"
_PIECE = 65_536

T = TypeVar("T")

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class Progress:
    """How far the request under way has come."""

    def __init__(self) -> None:
        self.connected = False
        self.heard = False
        """Whether a byte of an answer came."""
        self.begun = False
        """Whether its whole head did."""
        self.ended = False
        """Whether the other side sends no more."""
        self._asked = False

    def begin(self) -> None:
        """Another request, or another layer of encryption, inside of which nothing is said yet."""
        self._asked = self.heard = self.begun = self.ended = False

    def sent(self, data: bytes) -> None:
        """Note what is sent."""
        self._asked = self._asked or _ASKING in data

    def came(self, data: bytes) -> bytes:
        """Note what has come.

        Raises:
            httpcore.RemoteProtocolError: if no answer of HTTP begins like that; there may never
                come more of it.
        """
        if self._asked and not self.heard and data:
            if not data.startswith(_ANSWER[: len(data)]):
                raise httpcore.RemoteProtocolError("not HTTP")
            self.heard = True
        self.ended = not data
        return data


class Wire(httpcore.NetworkBackend):
    """Makes one connection, and ends whatever is done with it in time.

    Args:
        patience: the seconds after which data that nobody has acknowledged tells that a
            connection is dead, where the system can tell.
    """

    def __init__(self, patience: float) -> None:
        self.progress = Progress()
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
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self._until - time.monotonic()

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
        self._connected_until = time.monotonic() + connecting
        failure: Exception = OSError("no address")
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            for number, (family, kind, protocol, _, address) in enumerate(addresses):
                share = _left(self._connected_until) / (len(addresses) - number)
                try:
                    return self._connect((family, kind, protocol), address, share)
                except OSError as error:
                    self.close()
                    failure = error
        except (OSError, UnicodeError) as error:
            failure = error
        _raise(failure, httpcore.ConnectTimeout, httpcore.ConnectError)

    def _connect(
        self, kind: tuple[int, int, int], address: Any, seconds: float
    ) -> httpcore.NetworkStream:
        self._check_not_hung_up()
        # An interruption finds the socket here, as soon as there is one.
        self._socket = connecting = socket.socket.__new__(socket.socket)
        connecting.__init__(*kind)  # type: ignore[misc]
        for option in _options(self._patience):
            connecting.setsockopt(*option)
        connecting.settimeout(seconds)
        connecting.connect(address)
        self._check_not_hung_up()
        self.progress.connected = True
        return _Stream(self, _Plain(connecting))

    def _check_not_hung_up(self) -> None:
        if self._hung_up:
            raise ConnectionAbortedError(errno.ECONNABORTED, "hung up")

    def secure(
        self, plain: _Bytes, context: ssl.SSLContext, host: str | None
    ) -> httpcore.NetworkStream:
        """The connection, encrypted from here on."""
        self.progress = Progress()
        try:
            secured = _Encrypted(plain, context, host)
            secured.shake_hands(self._connected_until)
        except (OSError, ValueError) as error:
            self.close()
            _raise(error, httpcore.ConnectTimeout, httpcore.ConnectError)
        self.progress.connected = True
        return _Stream(self, secured)

    def receive(self, below: _Bytes, most: int) -> bytes:
        """What has come, as soon as anything has."""
        try:
            data = below.receive(most, self._until)
        except OSError as error:
            _raise(error, httpcore.ReadTimeout, httpcore.ReadError)
        return self.progress.came(data)

    def send(self, below: _Bytes, data: bytes) -> None:
        """Send it all."""
        self.progress.sent(data)
        try:
            below.send(data, self._until)
        except OSError as error:
            _raise(error, httpcore.WriteTimeout, httpcore.WriteError)

    def is_readable(self) -> bool:
        """Whether something has come that nobody asked for: the end, as a rule."""
        return self._socket is None or _readable(self._socket)


class _Stream(httpcore.NetworkStream):
    """A connection as httpcore uses it."""

    def __init__(self, wire: Wire, below: _Bytes) -> None:
        self._wire = wire
        self._below = below

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come, as soon as anything has."""
        return self._wire.receive(self._below, max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it all."""
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


class _Bytes(Protocol):
    """Where bytes come from and go to; both in time, or ``TimeoutError``."""

    def receive(self, most: int, until: float) -> bytes: ...

    def send(self, data: bytes, until: float) -> None: ...


class _Plain:
    """A socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def receive(self, most: int, until: float) -> bytes:
        self._socket.settimeout(_left(until))
        return self._socket.recv(most)

    def send(self, data: bytes, until: float) -> None:
        self._socket.settimeout(_left(until))
        self._socket.sendall(data)


class _Encrypted:
    """Encryption over what may itself be encrypted, as on the way through a proxy.

    An ``ssl.SSLSocket`` can do no more than one layer, and is not to be found by an interruption
    while it is made.
    """

    def __init__(self, below: _Bytes, context: ssl.SSLContext, host: str | None) -> None:
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self, until: float) -> None:
        self._pass_on(self._tls.do_handshake, until)

    def receive(self, most: int, until: float) -> bytes:
        try:
            return self._pass_on(partial(self._tls.read, most), until)
        except ssl.SSLEOFError:
            return b""  # whether that was the end is for HTTP to say

    def send(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._pass_on(partial(self._tls.write, rest), until) :]

    def _pass_on(self, action: Callable[[], T], until: float) -> T:
        """Do something as often as it takes, while what it writes and reads is passed on."""
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                self._pass_out(until)
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._pass_out(until)  # the reason, for the other side
                raise
            else:
                self._pass_out(until)
                return result
            if data := self._below.receive(_PIECE, until):
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def _pass_out(self, until: float) -> None:
        if data := self._outgoing.read():
            self._below.send(data, until)


class AsyncWire(httpcore.AsyncNetworkBackend):
    """As ``Wire``, for asyncio; deadlines are the caller's, but for that of connecting."""

    def __init__(self, patience: float) -> None:
        self.progress = Progress()
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
        self._connected_until = anyio.current_time() + (math.inf if timeout is None else timeout)
        self._stream = stream = await self._backend.connect_tcp(
            host, port, timeout=timeout, socket_options=_options(self._patience)
        )
        self.progress.connected = True
        return _AsyncStream(self, stream)

    async def secure(
        self, plain: httpcore.AsyncNetworkStream, context: ssl.SSLContext, host: str | None
    ) -> httpcore.AsyncNetworkStream:
        """The connection, encrypted from here on."""
        self.progress = Progress()
        left = self._connected_until - anyio.current_time()
        secured = await plain.start_tls(context, host, left)
        self.progress.connected = True
        return _AsyncStream(self, secured)


class _AsyncStream(httpcore.AsyncNetworkStream):
    """A connection as httpcore uses it."""

    def __init__(self, wire: AsyncWire, stream: httpcore.AsyncNetworkStream) -> None:
        self._wire = wire
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come, as soon as anything has."""
        try:
            data = await self._stream.read(max_bytes, timeout)
        except OSError as error:  # of TLS, which anyio leaves as it is
            _raise(error, httpcore.ReadTimeout, httpcore.ReadError)
        return self._wire.progress.came(data)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it all."""
        self._wire.progress.sent(buffer)
        try:
            await self._stream.write(buffer, timeout)
        except OSError as error:
            _raise(error, httpcore.WriteTimeout, httpcore.WriteError)

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


def _options(patience: float) -> list[tuple[int, int, int]]:
    """What a socket is told."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = max(1, int(1000 * patience))
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds))
    return options


def _left(until: float) -> float:
    """The seconds that are left.

    Raises:
        TimeoutError: if none are.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _readable(connected: socket.socket) -> bool:
    """Whether something has come that nobody asked for: the end, as a rule."""
    number = connected.fileno()
    if number < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([number], [], [], 0)[0])
    watch = select.poll()
    watch.register(number, select.POLLIN)
    return bool(watch.poll(0))


def _raise(
    error: Exception, late: type[httpcore.TimeoutException], broken: type[httpcore.NetworkError]
) -> NoReturn:
    """Raise a failure of the network as httpcore's own, and what somebody else raised as it is."""
    if _is_foreign(error):
        raise error
    timed_out = isinstance(error, TimeoutError) and error.errno is None
    raise (late if timed_out else broken)(str(error)) from error


def _is_foreign(error: Exception) -> bool:
    """Whether it interrupted the network, as one that the handler of a signal raised.

    Handlers like to raise ``TimeoutError``, which is what a socket raises too.
    """
    if type(error).__module__ not in ("builtins", "socket", "ssl"):
        return True
    if isinstance(error, TimeoutError) and not error.args:
        return True
    traceback = error.__traceback__
    raising: set[CodeType] = set()
    while traceback is not None:
        raising.add(traceback.tb_frame.f_code)
        traceback = traceback.tb_next
    handlers = (signal.getsignal(number) for number in signal.valid_signals())
    return any(getattr(handler, "__code__", None) in raising for handler in handlers)
