"""A server on loopback that says on the wire whatever a test wants, byte for byte."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import attrs

_AT_ONCE = struct.pack("ii", 1, 0)
EMPTY_PAGE = b'{"object":"list","url":"/v1/checkout/sessions","has_more":false,"data":[]}'


def answer(
    body: bytes = EMPTY_PAGE, *fields: str, status: str = "200 OK", length: bool = True
) -> bytes:
    """An answer of HTTP/1.1, with a length unless told otherwise."""
    lines = [f"HTTP/1.1 {status}", *fields]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@attrs.define
class Talk:
    """One request, and the connection that it came over."""

    connection: int
    """The connection's number, from 1."""
    number: int
    """The request's number over this connection, from 1."""
    head: bytes
    """The request as it came, but for its body."""
    body: bytes
    socket: socket.socket

    def say(self, data: bytes) -> None:
        """Send so much of an answer; whoever asked may have gone away."""
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection as a crash does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.socket.close()

    def wait_for_end(self) -> None:
        """Say nothing until the other side has gone."""
        with contextlib.suppress(OSError):
            while self.socket.recv(65_536):
                pass


Script = Callable[[Talk], None]


class Loopback:
    """Answers each request as a script says, in a thread for each connection."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.heard: list[Talk] = []
        self.connections = 0
        self.before_answering: Callable[[], object] = lambda: None
        """For a script to call, so that a test can hold several answers back."""
        self._script = script
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        """How many connections the other sides have not ended."""
        return len(self._open)

    def say_to_all(self, data: bytes) -> None:
        """Send something unasked over every connection, and end it."""
        for connected in tuple(self._open):
            connected.sendall(data)
        self.drop_all()

    def drop_all(self) -> None:
        """Close every connection, as a server does that restarts."""
        for connected in tuple(self._open):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        self.drop_all()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connected, self.connections))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connected: socket.socket, connection: int) -> None:
        self._open.add(connected)
        try:
            secured = self._secured(connected)
            try:
                self._talk(secured, connection)
            finally:
                self._open.discard(secured)
                secured.close()
        except OSError:
            pass
        finally:
            self._open.discard(connected)
            connected.close()

    def _secured(self, connected: socket.socket) -> socket.socket:
        if self._tls is None:
            return connected
        secured = self._tls.wrap_socket(connected, server_side=True, do_handshake_on_connect=False)
        self._open.add(secured)
        self._open.discard(connected)
        try:
            secured.do_handshake()
        except OSError:
            self._open.discard(secured)
            secured.close()
            raise
        return secured

    def _talk(self, connected: socket.socket, connection: int) -> None:
        unread = b""
        number = 0
        while True:
            while b"\r\n\r\n" not in unread:
                data = connected.recv(65_536)
                if not data:
                    return
                unread += data
            head, _, unread = unread.partition(b"\r\n\r\n")
            told = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            length = int(told[1]) if told else 0
            while len(unread) < length:
                unread += connected.recv(65_536)
            body, unread = unread[:length], unread[length:]
            number += 1
            talk = Talk(connection, number, head, body, connected)
            self.heard.append(talk)
            self._script(talk)
