"""Which supply an account's lists take: what is made of what."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from unified_checkout.adapters import Direction, Paging, Window
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.pieces import Pieces
from unified_checkout.engine.position import AccountPosition, StreamPosition
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.engine.seconds import after
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.sorting import Sorted
from unified_checkout.engine.split import Splitter
from unified_checkout.engine.supply import Supply
from unified_checkout.engine.union import Union
from unified_checkout.engine.updates import CatchUp
from unified_checkout.engine.windows import Divider, Windows
from unified_checkout.model.predicate import LOWER_BOUNDS, UPPER_BOUNDS


class Maker:
    """Makes the supply that answers an account's plan from a position on.

    A list that comes newest first and can be asked for by time is a page reader, or a union of
    several, within windows; without windows it is that alone. Payments that come oldest first,
    a month at a time, are sorted within each window; a list in the order of another time than
    creation is sorted as a whole. What is read towards newer sessions without a place to begin
    at is read the other way and turned round.

    Args:
        scope: what is known of the account.
        start: where to begin.
        accounts: how many accounts are read together.
    """

    def __init__(self, scope: Scope, start: AccountPosition, *, accounts: int) -> None:
        self._scope = scope
        self._accounts = accounts
        self._compiled = scope.plan.compiled
        self._reach = self._compiled.reach
        self._in_pieces = self._compiled.in_pieces
        self._places = () if self._in_pieces else start.streams
        several = len(self._compiled.streams) > 1
        self._by_time = start.frontier is not None and (several or not self._places)
        by_update = self._in_pieces and self._reach.by == "updated"
        self._moved = Shown(forgets=lambda: False) if by_update else None
        self._turns = scope.direction is Direction.BACKWARD and not self._places

    @property
    def sorts(self) -> bool:
        """Whether all is read before anything is handed out, be it of one window."""
        return self._turns or self._moved is not None or not self._scope.ordered

    @property
    def relies_on_order(self) -> bool:
        """Whether what was handed out before is told by time, in lists that come in order."""
        return self._scope.ordered and (self._compiled.moves or self._by_time)

    def make(self) -> Supply:
        """The supply, for a plan with at least one stream."""
        if self._scope.direction is Direction.BACKWARD and self._places:
            return self._lists(self._scope.plan.span)
        span, by_creation = self._span(), self._reach.by == "created"
        self._scope.outer = span
        if span.since is not None and span.until is not None and span.since >= span.until:
            return self._nothing()
        if self._reach.windowed and by_creation and not self._turns:
            return self._windows(span, lambda window: self._in_order(self._lists(window)))
        if self._in_pieces or (self._reach.windowed and by_creation):
            return self._in_order(self._windows(span, self._lists))
        return self._in_order(self._lists(span))

    def _nothing(self) -> Supply:
        """A supply for a span that holds no moment."""
        self._places = (StreamPosition(done=True),) * len(self._compiled.streams)
        return self._lists(None)

    def _windows(self, span: Window, make: Callable[[Window], Supply]) -> Windows:
        size = self._scope.plan.page_size
        divider: Divider
        if self._in_pieces:
            divider = Pieces(self._reach.longest, size)
        else:
            divider = Splitter(size, self._accounts)
        follower = CatchUp(self._scope) if self._reach.by == "updated" else None
        return Windows(self._scope, span, make, divider, follower)

    def _in_order(self, supply: Supply) -> Supply:
        """What comes in another order than it is wanted in is sorted."""
        return Sorted(self._scope, supply) if self.sorts else supply

    def _lists(self, window: Window | None) -> Supply:
        """One window of all streams, or all of them; those made first begin at the places."""
        streams, by_time = self._compiled.streams, self._by_time
        if not self._places:
            by_time = self._scope.start is not None
        places, self._places = self._places or (StreamPosition(),) * len(streams), ()
        shown = self._shown() if self._compiled.moves else None
        known = shown or self._moved
        direction = Direction.FORWARD if self._turns else self._scope.direction
        readers = [
            PageReader(
                self._scope,
                Stretch(
                    stream=stream,
                    start=place,
                    direction=direction,
                    window=self._until_start(window) if by_time and not place.cursor else window,
                    by_time=by_time,
                ),
                known,
            )
            for stream, place in zip(streams, places, strict=True)
        ]
        return readers[0] if len(readers) == 1 else Union(readers, shown, direction)

    def _until_start(self, window: Window | None) -> Window | None:
        """A window without what lies behind where this begins, for lists read from their tops."""
        start, by_creation = self._scope.start, self._reach.windowed and self._reach.by == "created"
        if not (window and start and by_creation) or self._turns:
            return window
        until = after(start.created)
        return Window(window.since, until if window.until is None else min(window.until, until))

    def _shown(self) -> Shown:
        if self._moved is not None:
            return self._moved
        scope, counted_off = self._scope, self._compiled.paging is Paging.OFFSET
        return Shown(forgets=lambda: scope.ordered and scope.in_order and not counted_off)

    def _span(self) -> Window:
        """The span of time to read, as far as anything bounds it."""
        scope, by_creation = self._scope, self._reach.by == "created"
        since, until = list(map(_floor, scope.plan.bounds_of_creation(LOWER_BOUNDS))), []
        if self._reach.earliest is not None:
            since.append(_floor(scope.ceiling - self._reach.earliest))
        if self._in_pieces:
            may_move = scope.clocks.may_move
            until.append(max([after(scope.ceiling), *(one + 1 for one in since if may_move)]))
        if by_creation:
            if self._in_pieces:
                until += map(after, scope.plan.bounds_of_creation(UPPER_BOUNDS))
            if scope.start is not None and not self._places:
                at = scope.start.created
                (since if self._turns else until).append(_floor(at) if self._turns else after(at))
        if (span := scope.plan.span) is not None:
            since += [] if span.since is None else [span.since]
            until += [] if span.until is None or not by_creation else [span.until]
        return Window(max(since, default=None), min(until, default=None))


def _floor(moment: datetime) -> int:
    return math.floor(moment.timestamp())
