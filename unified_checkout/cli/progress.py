"""How far each account of a sync is: on a terminal as it goes on, in a log now and then."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from unified_checkout import clocks
from unified_checkout.cli.terminal import NOTHING, counted, note
from unified_checkout.engine.runtime import Observer
from unified_checkout.observers import reason_to_wait

if TYPE_CHECKING:
    from unified_checkout.errors import ProviderError
    from unified_checkout.model.session import Session
    from unified_checkout.store import Written
    from unified_checkout.store.plan import Read

_EVERY = 60.0
"""Seconds between two lines of an account where there is no terminal."""
_READABLE = 1.0
"""Seconds."""
_SURE = 0.02
"""What part must be read before the rest is estimated."""


@attrs.define(eq=False)
class _Account:
    """How far one account is."""

    began: float
    read: Read | None = None
    read_began: float = 0.0
    rows: int = 0
    rows_before: int = 0
    """Of earlier parts of the run."""
    pages: int = 0
    part: float | None = None
    """How much of what is read now is done, where that can be told."""
    waits_until: float = 0.0
    reason: str = ""
    held_back: float = -1.0
    """When a request was last held back by the account's rate."""
    complete: bool = True
    ended: float | None = None
    last_told: float = 0.0


class Progress(Observer):
    """Is told what a sync does, and says how far it is.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = clocks.now) -> None:
        self._clock = clock
        self._accounts: dict[str, _Account] = {}
        self._lock = threading.Lock()

    def begins(self, account: str, read: Read | None) -> None:
        """Something is read of an account, now that what came before is done; None is the end."""
        now = self._clock()
        with self._lock:
            one = self._accounts.setdefault(account, _Account(now, last_told=now))
            one.read, one.read_began, one.part, one.rows_before = read, now, None, one.rows
            one.ended = now if read is None else None

    def reached(self, account: str, created: datetime) -> None:
        """The list of an account was handed on down to this creation."""
        from unified_checkout.store.plan import BEGINNING, Window

        with self._lock:
            one = self._accounts.get(account)
            if one is None or not isinstance(one.read, Window) or one.read.since == BEGINNING:
                return
            top = one.read.until or clocks.utc_now()
            whole = (top - one.read.since).total_seconds()
            one.part = min(1.0, (top - created).total_seconds() / whole) if whole > 0 else None

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        """Count them."""
        from unified_checkout.store.plan import Gets

        with self._lock:
            if (one := self._accounts.get(account)) is not None:
                one.rows += len(sessions)
                one.waits_until = 0.0
                if isinstance(one.read, Gets):
                    one.part = min(1.0, (one.rows - one.rows_before) / len(one.read.ids))

    def page(self, account: str, rows: int, matching: int) -> None:
        """Count it."""
        with self._lock:
            if (one := self._accounts.get(account)) is not None:
                one.pages += 1

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        """Note how long nothing will come."""
        self.waiting(account, delay, reason_to_wait(error))

    def waiting(self, account: str, seconds: float, reason: str) -> None:
        """Note how long nothing will come, if that is long enough to be read."""
        with self._lock:
            if (one := self._accounts.get(account)) is not None and seconds >= _READABLE:
                until = self._clock() + seconds
                if until > one.waits_until:
                    one.waits_until, one.reason = until, reason

    def waited(self, account: str, seconds: float) -> None:
        """Note that the rate is used up."""
        with self._lock:
            if (one := self._accounts.get(account)) is not None:
                one.held_back = self._clock()

    def told(self, written: Written) -> None:
        """A slice is in the store."""
        with self._lock:
            if (one := self._accounts.get(written.account)) is not None:
                one.complete &= written.complete

    def lines(self, *, due_only: bool = False) -> list[str]:
        """One line for each account, in the order in which they began.

        Args:
            due_only: only those of which a log was not told for a while; they count as told then.
        """
        now = self._clock()
        with self._lock:
            shown = {
                name: one
                for name, one in self._accounts.items()
                if not due_only or (one.ended is None and now - one.last_told >= _EVERY)
            }
            if due_only:
                for one in shown.values():
                    one.last_told = now
            width = max(map(len, shown), default=0)
            return [f"{name:{width}}  {_line(one, now)}" for name, one in shown.items()]


def _line(one: _Account, now: float) -> str:
    took = (one.ended or now) - one.began
    rate = one.rows / took if took > 0 else 0.0
    facts = [
        f"{counted(one.rows, 'session'):>18}",
        f"{counted(one.pages, 'page'):>12}",
        f"{f'{rate:,.0f}/s' if one.rows else NOTHING:>8}",
    ]
    if not one.complete:
        facts.append("could not be read on")
    elif one.ended is not None:
        facts.append("read")
    elif one.waits_until > now:
        facts.append(f"waiting {one.waits_until - now:.0f} s: {one.reason}")
    elif one.part is not None and _SURE < one.part < 1:
        left = (now - one.read_began) * (1 - one.part) / one.part
        facts.append(f"about {_span(left)} left")
    if one.ended is None and now - one.held_back < 2 and one.held_back >= 0:
        facts.append("at the provider's rate")
    return "  ".join(facts).rstrip()


def _span(seconds: float) -> str:
    """Roughly so long.

    >>> _span(41.3), _span(150), _span(9000)
    ('41 s', '2 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def showing(progress: Progress) -> Iterator[None]:
    """Show it on standard error: on a terminal all the time, in a log once a minute."""
    from unified_checkout.cli.terminal import live

    over = threading.Event()
    if sys.stderr.isatty():
        with live(progress.lines):
            yield
        return

    def tell() -> None:
        while not over.wait(_EVERY / 4):
            for line in progress.lines(due_only=True):
                note(line)

    thread = threading.Thread(target=tell, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be had, so that nothing is told
        over.set()
    try:
        yield
    finally:
        if not over.is_set():
            over.set()
            thread.join()
