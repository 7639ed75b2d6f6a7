"""Several sources read at once, and what they give taken by one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextvars import copy_context
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from unified_checkout.clocks import now
from unified_checkout.transport.threads import NoThread, start

T = TypeVar("T")

Source = Callable[[Callable[[], None]], Iterator[T]]
"""Gives things, and now and then calls what it is given, which ends it where nobody waits."""

READING_THREAD = "unified-checkout sync"
_PATIENCE = 1.0
"""How long sources that nobody waits for any more are waited for, in seconds."""


class GivenUp(Exception):
    """Nobody waits for what is being read."""


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _End:
    pass


def together(sources: Sequence[Source[T]], at_once: int) -> Generator[T, None, None]:
    """What the sources give, each in its order; the first failure of one ends all.

    Where the machine starts fewer threads, fewer run at the same time.

    So few things wait to be taken that a source never runs far ahead.

    Args:
        sources: each runs in a thread of its own, which sees the caller's context variables.
        at_once: how many run at the same time. With one, they run in the caller's own thread, one
            after the other.

    >>> sorted(together([lambda check: iter("ab"), lambda check: iter("c")], 2))
    ['a', 'b', 'c']
    """
    if at_once == 1 or len(sources) == 1:
        yield from _one_after_the_other(sources)
        return
    waiting: SimpleQueue[Source[T]] = SimpleQueue()
    for source in sources:
        waiting.put(source)
    ready: Queue[T | _Failure | _End] = Queue(at_once)
    over = Event()
    threads = [
        Thread(
            target=copy_context().run,
            args=(_read, waiting, ready, over),
            name=READING_THREAD,
            daemon=True,
        )
        for _ in range(min(at_once, len(sources)))
    ]
    try:
        number = _started(threads)
        if not number:
            yield from _one_after_the_other(sources)
        while number:
            told = ready.get()
            if isinstance(told, _End):
                number -= 1
            elif isinstance(told, _Failure):
                raise told.error
            else:
                yield told
    finally:
        over.set()
        while not ready.empty():
            ready.get()
        deadline = now() + _PATIENCE
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - now()))


def _one_after_the_other(sources: Sequence[Source[T]]) -> Iterator[T]:
    for source in sources:
        yield from source(lambda: None)


def _started(threads: Sequence[Thread]) -> int:
    """How many of the threads could be started."""
    for number, thread in enumerate(threads):
        try:
            start(thread)
        except NoThread:
            return number
    return len(threads)


def _read(waiting: SimpleQueue[Source[T]], ready: Queue[T | _Failure | _End], over: Event) -> None:
    def check() -> None:
        if over.is_set():
            raise GivenUp

    try:
        while True:
            try:
                source = waiting.get_nowait()
            except Empty:
                ready.put(_End())
                return
            for told in source(check):
                check()
                ready.put(told)
    except GivenUp:
        return
    except BaseException as error:  # noqa: BLE001  (raised again where it is waited for)
        ready.put(_Failure(error))
