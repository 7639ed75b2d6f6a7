"""``Windows``: a stretch divided by time, each window read on its own."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

import attrs

from unified_checkout.adapters import Paging, Window
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import StreamPosition
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.seconds import after, second
from unified_checkout.engine.supply import Need, Progress, Supply
from unified_checkout.model.session import Session

NEARBY = 0.02
"""Seconds. Where an answer can come sooner than this, answers come as fast as they can be used."""


@attrs.define(eq=False)
class Part:
    """One window, and the supply of what was created in it."""

    window: Window
    supply: Supply
    learned: bool = False
    """Whether its divider knows how full it was."""

    @property
    def kept(self) -> int:
        """How many sessions were read in it and wait."""
        return len(self.supply.ready)

    @property
    def done(self) -> bool:
        """Whether it was read to its end."""
        return self.supply.done

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self.supply.progress


class Divider(Protocol):
    """Decides how a span of time is divided."""

    @property
    def by_pieces(self) -> bool:
        """Whether the span is read in pieces from the start."""
        ...

    @property
    def usual(self) -> float:
        """How many sessions a window should hold."""
        ...

    @property
    def most_kept(self) -> float:
        """With more sessions kept than this, only the newest windows are read on."""
        ...

    def begin(self, span: Window) -> tuple[Window, Window | None]:
        """The window to read first of a span, and the rest of it."""
        ...

    def cut(self, parts: Sequence[Part], hands: int) -> tuple[int, int] | None:
        """Which part to cut, by index, and where; None if nothing should be cut now."""
        ...

    def coming(self, parts: Sequence[Part]) -> list[float]:
        """How many sessions each part of a list has still to read."""
        ...

    def learn(self, part: Part) -> None:
        """Take in how full a window was that was read to its end."""
        ...

    def learn_too_full(self, window: Window) -> None:
        """Take in that a window holds more than the provider lists of it."""
        ...


class Follower(Protocol):
    """Decides what is read when all windows of a span were."""

    def following(self) -> Window | None:
        """A window to read, after the last one; None if that was all."""
        ...


class Windows:
    """Reads the windows of a span, newest first, several at once where that is quicker.

    By creation, a session never moves from one window to another; by update it may, and what was
    updated meanwhile is read last. As soon as there is more than one window, the place that was
    reached is told by time.

    Args:
        scope: what is known of the account.
        span: what to read.
        make: makes the supply of one window.
        divider: decides how the span is divided.
        follower: decides what is read last.
    """

    def __init__(
        self,
        scope: Scope,
        span: Window,
        make: Callable[[Window], Supply],
        divider: Divider,
        follower: Follower | None = None,
    ) -> None:
        self._scope = scope
        self._follower = follower
        self._follows = False
        self._make = make
        self._divider = divider
        self.enough: Callable[[datetime], bool] = lambda read_to: False
        """Whether no window need be read of what lies before a moment, all else having been."""
        first, self._rest = divider.begin(span)
        self._parts = [Part(first, make(first))]
        self._divided = divider.by_pieces
        self._ready: deque[Session] = deque()
        self._taken = 0

    @property
    def ready(self) -> deque[Session]:
        """The sessions of the newest window, and of those before it that were read to their ends."""
        return self._ready if self._divided else self._parts[0].supply.ready

    @property
    def done(self) -> bool:
        """Whether every window was read to its end, and all is handed on."""
        handed_on = not (self._divided and any(part.supply.ready for part in self._parts))
        return handed_on and self._rest is None and all(part.done for part in self._parts)

    @property
    def reach(self) -> datetime:
        """How far the newest window was read that is not done.

        A page that was asked for before the window was cut may reach beyond it: what lies there
        another window still shows.
        """
        front, window = self._parts[0].supply, self._parts[0].window
        if not self._divided or self.done:
            return front.reach
        reach = front.ready[0].created if front.ready else front.reach
        if window.until is not None:
            reach = min(reach, second(window.until))
        return reach if window.since is None else max(reach, second(window.since))

    @property
    def left_early(self) -> bool:
        """Whether the oldest window was left before its end, as its order allows."""
        return self._parts[-1].supply.left_early

    @property
    def progress(self) -> Progress:
        """How far all windows have come."""
        parts = [part.progress for part in self._parts]
        return Progress(sum(part.rows for part in parts), parts[0].first, parts[-1].last)

    def readers(self) -> Iterator[PageReader]:
        """Those of all windows."""
        for part in self._parts:
            yield from part.supply.readers()

    def kept(self) -> list[Session]:
        """What all windows keep."""
        parts = [session for part in self._parts for session in part.supply.kept()]
        return [*self._ready, *parts]

    def wanted(self, need: Need) -> Sequence[PageReader]:
        """The readers of the windows that should be under way."""
        hands = self._hands(need)
        self._divide(hands, need)
        if not self._divided:
            return self._parts[0].supply.wanted(need)
        due = [part for part in self._within_reach(need) if not part.done][:hands]
        if need.now and not due:
            due = [part for part in self._parts if not part.done][:1]
        now = attrs.evolve(need, now=True)
        return [reader for part in due for reader in part.supply.wanted(now)]

    def refresh(self) -> None:
        """Hand on what the newest window holds, and go on to the next when it is done."""
        for part in self._parts:
            part.supply.refresh()
            if part.done and not part.learned:
                self._divider.learn(part)
                part.learned = True
        while self._divided:
            front = self._parts[0]
            self._ready.extend(front.supply.ready)
            front.supply.take(len(front.supply.ready))
            if not front.done:
                return
            if len(self._parts) == 1 and not (self._go_on() or self._follow_up()):
                return
            del self._parts[0]

    def narrow(self, reader: PageReader) -> bool:
        """Halve the window of a reader that holds too much, unless it is a second already.

        What was read of it is read again; once some of it was handed on, the rest is halved. By
        update that need not be, since what was shown is known by its id, and not shown again.
        """
        index = next(
            index for index, part in enumerate(self._parts) if reader in part.supply.readers()
        )
        part = self._parts[index]
        since, until = part.window.since or 0, part.window.until
        if until is None:
            until = after(self._scope.ceiling)
        if part.supply.taken and self._follower is None:
            return self._narrow_rest(index, reader)
        if until - since < 2:
            return False
        if self._follower is None:
            self._scope.tally.duplicates += len(part.supply.kept())
        else:
            self._ready.extend(part.supply.kept())
        self._divider.learn_too_full(part.window)
        middle = (since + until) // 2
        halves = (Window(middle, part.window.until), Window(part.window.since, middle))
        self._note_divided()
        parts = [Part(half, self._make(half)) for half in halves]
        self._parts[index : index + 1] = parts[::-1] if self._follows else parts
        return True

    def _narrow_rest(self, index: int, reader: PageReader) -> bool:
        """Leave the older half of what no reader of a part has read yet to a new one."""
        window, read_to = self._parts[index].window, self._parts[index].progress.last
        assert read_to is not None
        since = window.since or 0
        until = min(window.until or after(self._scope.ceiling), after(read_to))
        if until - since < 2 or not reader.begin_again():
            return False
        self._divider.learn_too_full(window)
        self._cut(index, (since + until) // 2)
        return True

    def take(self, count: int) -> None:
        """Remove so many sessions from ``ready``."""
        if not self._divided:
            self._parts[0].supply.take(count)
            return
        rest = deque(islice(self._ready, count, None))
        self._ready, self._taken = rest, self._taken + count

    @property
    def taken(self) -> int:
        """How many sessions were taken since the beginning."""
        return self._taken if self._divided else self._parts[0].supply.taken

    def places(self, used: int) -> tuple[StreamPosition, ...]:
        """Where the list goes on; only time tells, once there are several windows.

        So it does where a place is no session: the second page of a window is not that of all.
        """
        return () if self._told_by_time else self._parts[0].supply.places(used)

    def turned(self) -> tuple[StreamPosition, ...]:
        """Where the list would be read in the other direction, while there is one window."""
        return () if self._told_by_time else self._parts[0].supply.turned()

    @property
    def _told_by_time(self) -> bool:
        by_session = self._scope.plan.compiled.paging is Paging.SESSION_ID
        return self._divided or not by_session

    # Dividing.

    def _hands(self, need: Need) -> int:
        """How many windows should be under way: few at first, for lists that turn out short."""
        scope = self._scope
        if scope.least_latency <= NEARBY or not (scope.in_order and scope.windows_hold):
            return 1
        if self._follows:
            return 1
        short = need.rows is not None and need.rows < 2 * self._divider.usual
        if short and (not self._divided or self._rest is not None):
            return 1
        rate = scope.access.state.pace.requests_per_second
        most = scope.access.runtime.workers(rate, scope.latency)
        return min(most, 2 * len(scope.tally.pages))

    def _divide(self, hands: int, need: Need) -> None:
        """Cut off windows of time, or begin further ones, until there are enough."""
        while hands > 1:
            cut = self._divider.cut(self._within_reach(need), hands)
            if cut is None:
                break
            self._cut(*cut)
        while sum(not part.done for part in self._parts) < hands and self._append():
            pass

    def _cut(self, index: int, at: int) -> None:
        """Leave what was created before ``at``, in Unix seconds, to a new part."""
        part = self._parts[index]
        rest = Window(part.window.since, at)
        part.window = Window(at, part.window.until)
        for reader in part.supply.readers():
            reader.shrink(part.window)
        self._note_divided()
        self._parts.insert(index + 1, Part(rest, self._make(rest)))
        self.refresh()

    def _note_divided(self) -> None:
        if not self._divided:
            self._taken, self._divided = self._parts[0].supply.taken, True

    def _append(self) -> bool:
        """Begin the next older window, if there is one."""
        if self._rest is None:
            return False
        window, self._rest = self._divider.begin(self._rest)
        self._parts.append(Part(window, self._make(window)))
        return True

    def _go_on(self) -> bool:
        """Begin the next older window, now that all others were read, if it is needed."""
        until = None if self._rest is None else self._rest.until
        if until is not None and self.enough(second(until)):
            self._rest = None
        return self._append()

    def _follow_up(self) -> bool:
        """Begin a window of what was missed meanwhile, if anything can have been."""
        window = None if self._follower is None else self._follower.following()
        if window is None:
            return False
        self._follows = True
        self._parts.append(Part(window, self._make(window)))
        return True

    def _within_reach(self, need: Need) -> list[Part]:
        """The newest parts: those that the answer needs, and fewer where much is kept already."""
        kept = len(self._ready) + sum(part.kept for part in self._parts)
        reach = math.inf if need.rows is None else need.rows
        if kept >= self._divider.most_kept:
            reach = min(reach, self._divider.usual)
        ahead = float(len(self._ready))
        coming = self._divider.coming(self._parts)
        for index, (part, rows) in enumerate(zip(self._parts, coming, strict=True)):
            ahead += part.kept
            if ahead >= reach:
                return self._parts[:index]
            ahead += rows
        return self._parts
