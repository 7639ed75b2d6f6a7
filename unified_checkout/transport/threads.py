"""Starting threads, though a signal may interrupt it or none can be had; waiting for one in asyncio."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class NoThread(RuntimeError):
    """The machine starts no further thread for this process, or Python is at its end."""


def start(thread: Thread) -> None:
    """Start a thread. Where Python is interrupted at that, it gives back a lock once too often, or
    forgets a thread that has gone its way already; what interrupted it is raised all the same.

    Raises:
        NoThread: if it cannot be started.
    """
    try:
        thread.start()
    except (KeyError, RuntimeError) as error:
        if error.__context__ is None and _is_refusal(error):
            raise NoThread(*error.args) from None
        raise (error.__context__ or error) from None


def start_or_run(thread: Thread) -> None:
    """Start a thread; where none can be had, do what it would do, here and now."""
    try:
        start(thread)
    except NoThread:
        thread.run()


def _is_refusal(error: Exception) -> bool:
    """Whether Python says by it that no thread can be had."""
    return re.match(r"can't (?:start|create) new thread", str(error)) is not None


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

    start_or_run(Thread(target=copy_context().run, args=(work,), name=name, daemon=True))
    return await outcome
