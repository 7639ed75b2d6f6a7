"""Clocks and dates, where a test may have replaced those of the standard library.

Tools such as freezegun put others into ``time`` and ``datetime``. What waits, and what is imported
meanwhile, needs the real ones; the time of day is theirs.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import module_from_spec
from threading import Lock
from types import ModuleType
from typing import Any, TypeVar, cast

T = TypeVar("T")


def _anew(module: ModuleType) -> Any:
    """A module as it is where nobody has replaced anything in it."""
    spec = module.__spec__
    assert spec is not None
    assert spec.loader is not None
    fresh = module_from_spec(spec)
    spec.loader.exec_module(fresh)
    return fresh


_monotonic: Callable[[], float] = _anew(time).monotonic


def now() -> float:
    """The moment, in seconds of a clock that goes on where a test has replaced those of ``time``.

    >>> now() <= now()
    True
    """
    return _monotonic()


def utc_now() -> datetime.datetime:
    """The time of day in UTC, which a test may let stand still; of the true class all the same.

    >>> utc_now().tzname()
    'UTC'
    """
    return _real(datetime.datetime).fromtimestamp(time.time(), datetime.UTC)


def within(
    seconds: float, attempt: Callable[[], T], failure: type[Exception], *, pause: float
) -> T:
    """What an attempt gives, made again for so many seconds while it fails.

    >>> within(0.0, lambda: open("nowhere"), FileNotFoundError, pause=0.1)
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere'

    Args:
        seconds: until no further attempt is made.
        attempt: what is tried; at least once.
        failure: what it raises where it is to be tried again.
        pause: the seconds between two attempts.
    """
    until = now() + seconds
    while True:
        try:
            return attempt()
        except failure:
            if now() >= until:
                raise
            time.sleep(pause)


class _Replaced:
    """The classes that stand in for the real ones, while somebody imports under those."""

    def __init__(self) -> None:
        self._changing = Lock()
        self._importing = 0
        self._classes: tuple[type, type] = datetime.datetime, datetime.date

    def put_aside(self) -> bool:
        """Let the real ones stand; whether others stood there."""
        with self._changing:
            self._importing += 1
            if self._importing == 1:
                self._classes = datetime.datetime, datetime.date
                _put(*map(_real, self._classes))
            return self._classes != (datetime.datetime, datetime.date)

    def put_back(self) -> None:
        with self._changing:
            self._importing -= 1
            if self._importing == 0:
                _put(*self._classes)


_replaced = _Replaced()


@contextmanager
def real_dates() -> Iterator[None]:
    """Import in this what is compiled against the real ``datetime.datetime`` and ``datetime.date``.

    pyarrow and pandas measure these classes as they are imported. Where they meet a test's own in
    their place, they end the process with their next date.
    """
    replaced = _replaced.put_aside()
    try:
        yield
        if replaced and "pyarrow" in sys.modules:
            with suppress(ImportError):  # pyarrow would import it by itself, later, where it is
                import_module("pandas")
    finally:
        _replaced.put_back()


def _put(moment: type, day: type) -> None:
    for name, put in (("datetime", moment), ("date", day)):
        setattr(datetime, name, put)


def _real(found: type[T]) -> type[T]:
    real = next((one for one in found.__mro__ if one.__module__ == "datetime"), found)
    return cast("type[T]", real)
