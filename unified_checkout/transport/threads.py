"""Starting threads, though a signal's handler may interrupt it; and waiting for one in asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def start(thread: Thread) -> None:
    """Start a thread. Where Python is interrupted at that, it gives back a lock once too often, or
    forgets a thread that has gone its way already; what interrupted it is raised all the same."""
    try:
        thread.start()
    except (KeyError, RuntimeError) as error:
        raise (error.__context__ or error) from None


async def in_daemon(call: Callable[[], T], name: str) -> T:
    """What a call gives that takes its time, from a thread that keeps no program from ending.

    The threads of asyncio's and anyio's own are waited for when a program ends. Where nobody waits
    any more for what this one does, it goes on for itself.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def work() -> None:
        settle: Callable[[], None]
        try:
            settle = partial(outcome.set_result, call())
        except BaseException as error:  # noqa: BLE001  (raised again where the caller waits)
            settle = partial(outcome.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed by now
            loop.call_soon_threadsafe(lambda: None if outcome.done() else settle())

    start(Thread(target=copy_context().run, args=(work,), name=name, daemon=True))
    return await outcome
