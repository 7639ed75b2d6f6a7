"""``Line``: one connection of an account's.

A request has a line to itself, and one that did not come to its proper end is thrown away. There
is no pool of httpcore's about it, whose locks and slots an interruption could leave taken.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

import httpx

from unified_checkout.transport.async_wires import AsyncWire
from unified_checkout.transport.channel import Channel
from unified_checkout.transport.routes import Route
from unified_checkout.transport.wires import Wire

_KEPT_OPEN = 60.0
"""How long a line may lie idle, in seconds by the clock on the wall, which goes on while a
machine sleeps."""


class Line:
    """One connection, or a transport that the caller brought."""

    def __init__(self, transport: httpx.BaseTransport, wire: Wire) -> None:
        self.transport = transport
        self.wire = wire
        self.used = False
        self.idle_since = 0.0

    @classmethod
    def to(cls, channel: Channel, route: Route) -> Line:
        """A new line, connected with its first request."""
        wire = Wire(channel.patience, proxied=route.proxy is not None)
        return cls(_Transport(route, wire), wire)

    @classmethod
    def through(cls, transport: httpx.BaseTransport) -> Line:
        """What sends through a transport that the caller brought, about which nothing is known."""
        wire = Wire(0.0)
        wire.progress.connected = True
        return cls(transport, wire)

    @property
    def reusable(self) -> bool:
        """Whether another request can be sent, as far as one can tell without sending it."""
        return isinstance(self.transport, _Transport) and _at_rest(self.transport.connection)

    def close(self) -> None:
        """Close the connection."""
        self.wire.close()

    def hang_up(self) -> None:
        """End the connection while another thread uses it."""
        self.wire.hang_up()


class AsyncLine:
    """As ``Line``, for asyncio."""

    def __init__(self, transport: httpx.AsyncBaseTransport, wire: AsyncWire) -> None:
        self.transport = transport
        self.wire = wire
        self.used = False
        self.idle_since = 0.0

    @classmethod
    def to(cls, channel: Channel, route: Route) -> AsyncLine:
        """A new line, connected with its first request."""
        wire = AsyncWire(channel.patience, proxied=route.proxy is not None)
        return cls(_AsyncTransport(route, wire), wire)

    @classmethod
    def through(cls, transport: httpx.AsyncBaseTransport) -> AsyncLine:
        """What sends through a transport that the caller brought, about which nothing is known."""
        wire = AsyncWire(0.0)
        wire.progress.connected = True
        return cls(transport, wire)

    @property
    def reusable(self) -> bool:
        """Whether another request can be sent, as far as one can tell without sending it."""
        return isinstance(self.transport, _AsyncTransport) and _at_rest(self.transport.connection)

    async def close(self) -> None:
        """Close the connection."""
        await self.wire.close()

    def leave_to_parent(self) -> None:
        """Forget the connection, in a forked process."""
        self.wire.leave_to_parent()
        _left_to_parent.append(self)


_left_to_parent: list[AsyncLine] = []
"""Kept, since tidying them up would go through the event loop of the parent."""


AnyLine = TypeVar("AnyLine", Line, AsyncLine)


def living(lines: WeakSet[AnyLine]) -> list[AnyLine]:
    """All lines of a set, though other threads add some meanwhile."""
    while True:
        try:
            return list(lines)
        except RuntimeError:  # it has changed its size
            continue


class Idle(Generic[AnyLine]):
    """Lines that wait for another request.

    They are moved in one step, in which no signal is handled: an interruption finds every line
    here, or in the hand of who uses it.
    """

    def __init__(self) -> None:
        self._lines: deque[AnyLine] = deque()

    def take(self, hand: list[AnyLine]) -> bool:
        """Move the line that was used last to a hand; whether there was one."""
        with contextlib.suppress(IndexError):
            hand.extend(islice(iter(self._lines.pop, None), 1))
        return bool(hand)

    def add(self, hand: list[AnyLine]) -> None:
        """Move the line that a hand holds here."""
        for line in hand:
            line.used = True
            line.idle_since = time.time()
        self._lines.extend(islice(iter(hand.pop, None), 1))

    @staticmethod
    def is_fit(line: AnyLine) -> bool:
        """Whether a line has not lain idle for long, and its other end has not closed it."""
        return 0 <= time.time() - line.idle_since <= _KEPT_OPEN and line.reusable


class _Transport(httpx.HTTPTransport):
    """What httpx does with a pool of connections, with a single one."""

    def __init__(self, route: Route, wire: Wire) -> None:
        super().__init__(verify=route.tls, proxy=route.proxy)
        self.connection = _alone(self, route, wire)


class _AsyncTransport(httpx.AsyncHTTPTransport):
    """What httpx does with a pool of connections, with a single one."""

    def __init__(self, route: Route, wire: AsyncWire) -> None:
        super().__init__(verify=route.tls, proxy=route.proxy)
        self.connection = _alone(self, route, wire)


def _alone(transport: Any, route: Route, wire: Wire | AsyncWire) -> Any:
    """Give a transport a single connection, over a wire, in place of its pool of them."""
    pool = transport._pool
    pool._network_backend = wire
    transport._pool = pool.create_connection(route.origin)
    return transport._pool


class _Connection(Protocol):
    def is_idle(self) -> bool: ...
    def has_expired(self) -> bool: ...


def _at_rest(connection: _Connection) -> bool:
    """Whether the last answer has ended, and nothing has come after it.

    What comes after an answer, unasked, would be read as the next one.
    """
    if not connection.is_idle() or connection.has_expired():
        return False
    inmost: Any = connection
    while inmost is not None and not hasattr(inmost, "_h11_state"):
        inmost = getattr(inmost, "_connection", None)
    return inmost is not None and inmost._h11_state.trailing_data == (b"", False)
