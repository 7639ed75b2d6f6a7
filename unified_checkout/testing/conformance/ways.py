"""Reading a provider's lists to their ends without the engine, by the rules it goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import attrs
import pytest

from unified_checkout.adapters import (
    Compiled,
    Direction,
    Operator,
    Order,
    Paging,
    Place,
    ProviderPage,
    Reach,
    Stream,
    Window,
    WindowTooFull,
)

Ask = Callable[[Place], ProviderPage]
"""Asks for the page at a place, and raises ``WindowTooFull`` if the provider says so."""

_ROWS_BESIDES = 50
"""A list may hold so many pages of what is no session before it counts as endless."""


@attrs.frozen(kw_only=True)
class Way:
    """A way through one stream.

    Args:
        span: the times to be read, where the stream must be asked for by time; ends included.
        sessions: how many sessions there are, so that a list without an end is noticed.
    """

    compiled: Compiled
    stream: Stream
    ask: Ask
    span: tuple[int, int]
    sessions: int

    def runs(self, start: Place, sizes: Iterable[int]) -> Iterator[list[ProviderPage]]:
        """The pages of each window there is to read, to the end of the window."""
        windows = self._windows(start.window)
        while windows:
            place = attrs.evolve(start, window=windows.pop(0))
            try:
                yield list(self._pages(place, iter(sizes)))
            except WindowTooFull:
                windows = [*self._halves(place.window), *windows]

    def pages(self, start: Place, sizes: Iterable[int]) -> Iterator[ProviderPage]:
        """Page after page, each as it is asked for; of all windows, one after the other."""
        if self.compiled.reach.required or self.compiled.reach.longest is not None:
            return chain.from_iterable(self.runs(start, sizes))
        return self._pages(start, iter(sizes))

    def beginnings(self, start: Place) -> Iterator[Place]:
        """The place to begin each window at, the newest first, none of them too full."""
        windows = self._windows(start.window)
        if self.compiled.order is Order.OLDEST_FIRST:
            windows = windows[::-1]
        while windows:
            place = attrs.evolve(start, window=windows.pop(0))
            try:
                if place.window is not None:
                    self.ask(place)
            except WindowTooFull:
                windows = [*self._halves(place.window), *windows]
            else:
                yield place

    def _pages(self, place: Place, sizes: Iterator[int]) -> Iterator[ProviderPage]:
        for number in range(3 * self.sessions + _ROWS_BESIDES):
            place = attrs.evolve(place, size=self._size(next(sizes), place))
            page = self.ask(place)
            shown = self._without_own_row(page, place)
            yield shown
            if page.more is False or (not shown.sessions and not self._goes_on(page)):
                return
            if page.next is None:
                pytest.fail(f"page {number} names no place to continue from, and does not end")
            if page.next == place.cursor:
                pytest.fail(f"page {number} leads to itself: next is {page.next!r} again")
            place = attrs.evolve(place, cursor=page.next)
        pytest.fail("the list does not end: more pages than there are sessions")

    def _size(self, size: int, place: Place) -> int:
        own = self.compiled.inclusive and place.cursor is not None
        return min(size + own, self.compiled.page_size)

    def _without_own_row(self, page: ProviderPage, place: Place) -> ProviderPage:
        """The page without the session that its place names, where it begins with it.

        Read towards newer sessions it is the oldest, and so the last.
        """
        backward = place.direction is Direction.BACKWARD
        own = page.sessions[-1:] if backward else page.sessions[:1]
        if not (self.compiled.inclusive and own and own[0].id == place.cursor):
            return page
        rest = page.sessions[:-1] if backward else page.sessions[1:]
        return attrs.evolve(page, sessions=rest)

    def _goes_on(self, page: ProviderPage) -> bool:
        """Whether the list goes on behind a page without a session."""
        by_session = self.compiled.paging is Paging.SESSION_ID
        return bool(page.more) and page.next is not None and not by_session

    def _windows(self, window: Window | None) -> list[Window | None]:
        """The windows to read: one, or as many as the longest that may be asked for makes."""
        reach = self.compiled.reach
        if not (reach.required or (reach.longest and window)):
            return [window]
        whole = window or Window()
        floor = self.span[0] if whole.since is None else max(whole.since, self.span[0])
        until = self.span[1] + 1 if whole.until is None else whole.until
        length = until - floor if reach.longest is None else int(reach.longest.total_seconds())
        found: list[Window | None] = []
        while until > floor:
            since = max(floor, until - max(1, length))
            found.append(Window(since, until))
            until = since
        return found[::-1] if self.compiled.order is Order.OLDEST_FIRST else found

    def _halves(self, window: Window | None) -> list[Window]:
        since, until = (None, None) if window is None else (window.since, window.until)
        since = self.span[0] if since is None else since
        until = self.span[1] + 1 if until is None else until
        middle = (since + until) // 2
        if middle == since:
            pytest.fail(f"a single second is said to be too full: {since}")
        halves = [Window(middle, until), Window(since, middle)]
        return halves[::-1] if self.compiled.order is Order.OLDEST_FIRST else halves


def span_of(compiled: Compiled, floor: int, ceiling: int) -> tuple[int, int]:
    """The first and the last second that a query's bounds leave to be read.

    What was created before a bound may have been changed after it.
    """
    for verdict in compiled.verdicts:
        if verdict.predicate.field == "created":
            second = int(verdict.predicate.value.replace(microsecond=0).timestamp())
            if verdict.predicate.operator in (Operator.GT, Operator.GTE):
                floor = max(floor, second)
            elif compiled.reach.by == "created":
                ceiling = min(ceiling, second + 1)
    return floor, ceiling


def floor_of(reach: Reach, now: int, oldest: int) -> int:
    """The first second that a list can be asked for, if it must be asked for by time."""
    if reach.earliest is None:
        return oldest
    return now - int(reach.earliest.total_seconds()) + 1
