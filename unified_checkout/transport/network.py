"""What both kinds of wires know of the network: how far a request has come, and what failed."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from types import CodeType
from typing import Any, NoReturn

import httpcore

from unified_checkout.clocks import now
from unified_checkout.transport import threads

LOOKUP_THREAD = "unified-checkout lookup"
"""The name of every thread that looks up a host, or an account's key."""

_ASKING = b" HTTP/1.1\r\n"
_ANSWER = b"HTTP/"


class NotHttp(httpcore.RemoteProtocolError):
    """What came does not begin as an answer of HTTP."""


class Progress:
    """How far the request under way has come.

    Args:
        at_proxy: whether the way leads through a proxy, which is then the first to be reached.
    """

    def __init__(self, *, at_proxy: bool = False) -> None:
        self.at_proxy = at_proxy
        """Whether the proxy is still who is talked with, and not the provider behind it."""
        self.connected = False
        self.heard = False
        """Whether a byte of an answer came."""
        self.begun = False
        """Whether its whole head did."""
        self.ended = False
        """Whether the other side sends no more."""
        self._said = False
        self._asked = False

    def begin(self) -> None:
        """Another request."""
        self._said = self._asked = self.heard = self.begun = self.ended = False

    def head_came(self) -> None:
        """Note that an answer's whole head has come."""
        self.heard = self.begun = True

    def encrypted(self) -> Progress:
        """That of another layer of encryption, inside of which nothing is said yet.

        What was said before it began was for the proxy, which made the way to the provider.
        """
        return Progress(at_proxy=self.at_proxy and not self._said)

    def sent(self, data: bytes) -> None:
        """Note what is sent."""
        if _ASKING in data and not self._asked:
            self._asked = True
            self.at_proxy = self.at_proxy and not self._said  # but in the language of SOCKS
        self._said = True

    def came(self, data: bytes) -> bytes:
        """Note what has come.

        Raises:
            NotHttp: if no answer of HTTP begins like that; there may never come more of it.
        """
        if self._asked and not self.heard and data:
            if not data.startswith(_ANSWER[: len(data)]):
                raise NotHttp
            self.heard = True
        self.ended = not data
        return data


def addresses_in(host: str, port: int) -> list[Any]:
    """The addresses that a host is written as; none where it is a name."""
    with contextlib.suppress(OSError, UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return []


def addresses_of(host: str, port: int, until: float) -> list[Any]:
    """The addresses of a host. Looking them up is left to itself when the time is used up."""
    if written := addresses_in(host, port):
        return written
    answers: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001  (raised again where the caller waits)
            answers.put(error)

    threads.start_or_run(Thread(target=look_up, name=LOOKUP_THREAD, daemon=True))
    try:
        found = answers.get(timeout=seconds_left(until))
    except Empty:
        raise TimeoutError("timed out") from None
    if isinstance(found, Exception):
        raise found
    return found


async def addresses_for(host: str, port: int) -> list[Any]:
    """As ``addresses_of``, for asyncio; the deadline is the caller's."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    return addresses_in(host, port) or await threads.in_daemon(look_up, LOOKUP_THREAD)


def options_for(patience: float) -> list[tuple[int, int, int]]:
    """What a socket is told."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = max(1, int(1000 * patience))
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds))
    return options


def seconds_left(until: float) -> float:
    """The seconds that are left.

    Raises:
        TimeoutError: if none are.
    """
    left = until - now()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def is_readable(connected: socket.socket) -> bool:
    """Whether something has come that nobody asked for: the end, as a rule."""
    number = connected.fileno()
    if number < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([number], [], [], 0)[0])
    watch = select.poll()
    watch.register(number, select.POLLIN)
    return bool(watch.poll(0))


def raise_as(
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
