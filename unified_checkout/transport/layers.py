"""A connection's bytes, plain or encrypted, each in time."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from unified_checkout.transport.network import seconds_left

_PIECE = 65_536

T = TypeVar("T")


class Bytes(Protocol):
    """Where bytes come from and go to; both in time, or ``TimeoutError``."""

    def receive(self, most: int, until: float) -> bytes:
        """What has come, as soon as anything has; nothing at the end."""
        ...

    def send(self, data: bytes, until: float) -> None:
        """Send it all."""
        ...


class Plain:
    """A socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def receive(self, most: int, until: float) -> bytes:
        """What has come, as soon as anything has; nothing at the end."""
        self._socket.settimeout(seconds_left(until))
        return self._socket.recv(most)

    def send(self, data: bytes, until: float) -> None:
        """Send it all."""
        self._socket.settimeout(seconds_left(until))
        self._socket.sendall(data)


class Encrypted:
    """Encryption over what may itself be encrypted, as on the way through a proxy.

    An ``ssl.SSLSocket`` can do no more than one layer, and is not to be found by an interruption
    while it is made.
    """

    def __init__(self, below: Bytes, context: ssl.SSLContext, host: str | None) -> None:
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self, until: float) -> None:
        """Find out who is on the other side.

        Raises:
            ssl.SSLError: if that cannot be believed, or nothing can be agreed on.
        """
        self._pass_on(self._tls.do_handshake, until)

    def receive(self, most: int, until: float) -> bytes:
        """What has come, as soon as anything has; nothing at the end."""
        try:
            return self._pass_on(partial(self._tls.read, most), until)
        except ssl.SSLEOFError:
            return b""  # whether that was the end is for HTTP to say

    def send(self, data: bytes, until: float) -> None:
        """Send it all."""
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
