"""Rows that leave whole, whatever signal comes meanwhile: a cursor goes on right behind the last."""

from __future__ import annotations

import io
import select
import signal
from collections.abc import Callable
from threading import current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any, Self, TextIO

from unified_checkout.cli.formats import program_output, write_wholly


class CutOff(KeyboardInterrupt):
    """The output ends within a row, or within what closes it: a second signal came meanwhile."""

    def __init__(self, ending: KeyboardInterrupt) -> None:
        super().__init__()
        self.ending = ending
        """What the signal raised."""


class Rows:
    """Rows on standard output. Ctrl-C and SIGTERM come out between two of them.

    Where the reader of a pipe is slow, it is waited for ahead of a row, so that what interrupts
    the wait owes none. What comes while a row is being written comes out behind it; a second
    signal does not wait for that.
    """

    def __init__(self) -> None:
        self._output = program_output()
        self._wait_for_room = _wait_for_room(self._output)
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._held = False
        self._came = False
        self._owed: int | None = None
        self.begun = False
        """Whether anything was written."""

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._heed)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def write(self, text: str, take: Callable[[], object] | None = None) -> None:
        """Write a row as soon as there is room for it.

        Args:
            text: the row, with the end of its line.
            take: called when it is written, before anything can interrupt.

        Raises:
            KeyboardInterrupt: for a signal; the row is written whole and taken, or neither.
            CutOff: for a second one; the row is not taken.
        """
        self._wait_for_room()
        self.end(text, take)

    def end(self, text: str, take: Callable[[], object] | None = None) -> None:
        """Write what belongs to the rows already written, also behind a signal that broke them off.

        Raises:
            KeyboardInterrupt: for a signal; all is written.
            CutOff: for a second one.
        """
        self._held = True
        try:
            write_wholly(self._output, text)
            self.begun = True
            if take is not None:
                take()
        except KeyboardInterrupt as ending:
            raise CutOff(ending) from None
        finally:
            self._held = False
        if self._owed is not None:
            number, self._owed = self._owed, None
            self._handlers[number](number, None)

    def _heed(self, number: int, frame: FrameType | None) -> None:
        is_first, self._came = not self._came, True
        if self._held and is_first:
            self._owed = number
        else:
            self._handlers[number](number, frame)


def _wait_for_room(output: TextIO) -> Callable[[], object]:
    """What waits until the reader of a pipe has left room; there is always some in a file."""
    try:
        number = output.fileno()
    except (AttributeError, io.UnsupportedOperation):
        return lambda: None
    if not hasattr(select, "poll"):
        return lambda: None
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return poll.poll
