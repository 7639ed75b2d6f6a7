"""Limits of time for asyncio, by a clock that goes on where a test lets that of the loop stand still.

An event loop goes by ``time.monotonic``. Where a tool such as freezegun has put another in its place,
a timer of the loop's never ends, or at once; then only a thread tells the loop that it is time.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import TIMEOUT_MAX, Event, Thread
from types import BuiltinFunctionType
from typing import Any, TypeVar

import anyio
import attrs

from unified_checkout.clocks import now
from unified_checkout.transport import threads

Tasks = TypeVar("Tasks", bound=asyncio.Future[Any])

ALARM_THREAD = "unified-checkout alarm"
"""The name of every thread that tells a loop that it is time."""


@attrs.define
class Limit:
    """What is left of the time that something may take."""

    scope: anyio.CancelScope
    until: float
    """By ``clocks.now``."""
    holds: bool = True

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self.until - now()

    @property
    def is_over(self) -> bool:
        """Whether it ended what it was set to."""
        return self.scope.cancel_called

    def lift(self) -> None:
        """Let it take any time from here on."""
        self.holds = False
        self.scope.deadline = math.inf

    def _end(self) -> None:
        if self.holds:
            self.scope.cancel()


@contextmanager
def move_on_after(seconds: float | None) -> Iterator[Limit]:
    """As anyio's; None is any time."""
    left = math.inf if seconds is None else seconds
    with anyio.move_on_after(None if _is_replaced() else seconds) as scope:
        limit = Limit(scope, now() + left)
        with _alarm(left, limit._end):
            yield limit


async def wait(
    tasks: Collection[Tasks], seconds: float | None, *, return_when: str = asyncio.FIRST_COMPLETED
) -> set[Tasks]:
    """Those that are done as soon as one is, or one has failed, or so many seconds have passed."""
    if not _is_replaced():
        return (await asyncio.wait(tasks, timeout=seconds, return_when=return_when))[0]
    with move_on_after(seconds):
        await asyncio.wait(tasks, return_when=return_when)
    return {task for task in tasks if task.done()}


def _is_replaced() -> bool:
    """Whether another clock stands where the loop looks."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


def _alarm(seconds: float, ring: Callable[[], None]) -> Any:
    if not _is_replaced() or math.isinf(seconds):
        return nullcontext()
    return _ringing(seconds, ring)


@contextmanager
def _ringing(seconds: float, ring: Callable[[], None]) -> Iterator[None]:
    loop, over = asyncio.get_running_loop(), Event()

    def tell() -> None:
        if not over.wait(min(max(0.0, seconds), TIMEOUT_MAX)):
            with suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(lambda: None if over.is_set() else ring())

    teller = Thread(target=tell, name=ALARM_THREAD, daemon=True)
    threads.start(teller)
    try:
        yield
    finally:
        over.set()
        teller.join()
