"""Forked processes that tell what became of them."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import traceback
import warnings
from collections.abc import Callable
from typing import BinaryIO, Generic, TypeVar

T = TypeVar("T")

_PATIENCE = 60
"""After so many seconds a child that waits for something ends."""


def _forked(write: Callable[[BinaryIO], object]) -> tuple[int, int]:
    """A forked process that writes into a pipe and ends without tidying up, and the pipe's end."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that there are threads
        process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_PATIENCE)
    try:
        with open(writing, "wb") as pipe:
            write(pipe)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(0)


class Child(Generic[T]):
    """A forked process that calls a function, and ends without tidying up."""

    def __init__(self, function: Callable[[], T]) -> None:
        def write(pipe: BinaryIO) -> None:
            try:
                told = pickle.dumps((function(), None))
            except BaseException:  # noqa: BLE001
                told = pickle.dumps((None, traceback.format_exc()))
            pipe.write(told)

        self._process, self._reading = _forked(write)

    def result(self) -> T:
        """What the function gave, once the process has ended."""
        with open(self._reading, "rb") as pipe:
            told = pipe.read()
        os.waitpid(self._process, 0)
        result, problem = pickle.loads(told)
        assert problem is None, problem
        found: T = result
        return found


class Doomed(Generic[T]):
    """A forked process that tells how far it is, until it is killed."""

    def __init__(self, function: Callable[[Callable[[T], None]], object]) -> None:
        def write(pipe: BinaryIO) -> None:
            def tell(what: T) -> None:
                pickle.dump(what, pipe)
                pipe.flush()

            function(tell)

        self._process, self._reading = _forked(write)

    def killed_after(self, times: int) -> T | None:
        """What it told last, when it was killed as soon as it had told so many times, or was done."""
        last: T | None = None
        with open(self._reading, "rb") as pipe:
            with contextlib.suppress(EOFError, pickle.UnpicklingError):
                for _ in range(times):
                    last = pickle.load(pipe)
            os.kill(self._process, signal.SIGKILL)
            with contextlib.suppress(EOFError, pickle.UnpicklingError):
                while True:
                    last = pickle.load(pipe)
        os.waitpid(self._process, 0)
        return last


def in_child(function: Callable[[], T]) -> T:
    """What a function gives in a forked process."""
    return Child(function).result()
