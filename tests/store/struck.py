"""A signal that strikes while a database is at work."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from unified_checkout.store import Store

needs_timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals")
SOON = 1.0
"""Seconds, by which the database is at work; what is struck would take hours."""


class TimeIsUpError(Exception):
    """What a job queue's soft limit of time raises."""


RAISED = (KeyboardInterrupt, TimeIsUpError, TimeoutError, SystemExit)


@contextmanager
def struck(raised: type[BaseException], after: float = SOON) -> Iterator[None]:
    """Let a signal's handler raise this so many seconds later, in the main thread."""

    def strike(number: int, frame: FrameType | None) -> None:
        raise raised

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def assert_heeded(ask: Callable[[], object], raised: type[BaseException], store: Store) -> None:
    """What the handler raises comes out, the work has ended, and the store goes on."""
    threads = _thread._count()
    assert threading.current_thread() is threading.main_thread()
    with pytest.raises(raised), struck(raised):
        ask()
    assert _thread._count() <= threads
    assert store.query("SELECT count(*) AS n FROM sessions").to_pylist() == [{"n": 0}]
