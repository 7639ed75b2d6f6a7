"""Signals are heeded while a library works that keeps them waiting.

Python handles a signal between two of its own steps, in the main thread. What takes long in a
library keeps it waiting, or ends with an error of its own that hides what the handler raised. So the
library works in another thread, for which the main one waits.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

_AGAIN = 0.02
"""Seconds after which work that does not end is interrupted, once more if need be."""

_TRIES = 250
"""So many looks at it later, work that cannot be interrupted is left behind."""
_LOOK = 0.5
"""Seconds after which signals are looked at, if none has interrupted the waiting."""


def heeding_signals(work: Callable[[], T], interrupt: Callable[[], object]) -> T:
    """What the work gives; what a signal's handler raises meanwhile comes out once the work ended.

    Args:
        work: takes long, and does not look at signals.
        interrupt: ends it early, from another thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    beside = _Beside(work)
    try:
        beside.begin()
        while not beside.ended.acquire(timeout=_LOOK):
            pass  # the system may have told another thread of a signal, which wakes nobody here
    except BaseException:
        beside.end_early(interrupt)
        raise
    return beside.outcome.result()


class _Beside(Generic[T]):
    """Work in another thread, which begins unless it is called off before."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self.outcome: Future[T] = Future()
        self.ended = threading.Lock()
        """A plain lock, for which waiting may be interrupted at any step."""
        self.ended.acquire()

    def begin(self) -> None:
        """Work in another thread; in this one where no other can be had."""
        try:
            _thread.start_new_thread(self.run, ())
        except RuntimeError:
            self.run()

    def run(self) -> None:
        if not self.outcome.set_running_or_notify_cancel():
            return
        try:
            self.outcome.set_result(self._work())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self.outcome.set_exception(error)
        self.ended.release()

    def end_early(self, interrupt: Callable[[], object]) -> None:
        """See the work end, unless it cannot be interrupted: it is left behind then."""
        for _ in range(_TRIES):
            with suppress(BaseException):  # whoever presses Ctrl-C again is heeded already
                if self.outcome.cancel() or self.outcome.done():
                    return
                if not self.ended.acquire(timeout=_AGAIN):
                    interrupt()
