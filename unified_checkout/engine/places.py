"""``Places``: those of the pages whose sessions wait, where a place lies between pages only."""

from __future__ import annotations

from collections import deque

import attrs

from unified_checkout.adapters import Paging
from unified_checkout.engine.position import StreamPosition, before
from unified_checkout.engine.scope import Scope
from unified_checkout.model.session import Session

MOST_NAMED = 3
"""So many sessions that were handed out of a page are named, where time tells the others."""


class Places:
    """By page, the place that leads to it and the ids that were handed out of it, or will be.

    To go on after the second session of a page, its place is asked for once more, and the first
    two are left out by their ids. Of a single list that was in order as far as it was read, the last
    few tell where it goes on: what it shows before them, and comes before them by time, was
    handed out as well.

    Args:
        scope: what is known of the account.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._single = len(scope.plan.compiled.streams) == 1
        self._counted = scope.plan.compiled.paging is Paging.OFFSET
        self._pages: deque[tuple[str | None, list[str]]] = deque()

    def add(self, place: str | None, ids: list[str]) -> None:
        """Note a page that was read."""
        self._pages.append((place, ids))

    def before(self, session: Session) -> StreamPosition:
        """The place right before a session."""
        number, place, ids = self._page_of(session)
        ids = ids[: ids.index(session.id)]
        if not ids and number:
            return self._behind(StreamPosition(cursor=place), self._pages[number - 1][1])
        more = len(ids) > (0 if self._counted else MOST_NAMED)
        inside = more and self._time_tells(session)
        skip = frozenset(ids[-MOST_NAMED:] if inside else ids)
        return StreamPosition(cursor=place, skip=skip, inside=inside)

    def after(self, session: Session) -> StreamPosition:
        """The place right after a session."""
        _, place, ids = self._page_of(session)
        return StreamPosition(cursor=place, skip=frozenset(ids[: ids.index(session.id) + 1]))

    def beyond(self, place: StreamPosition) -> StreamPosition:
        """The place after all that was read, as it is to be returned to."""
        return self._behind(place, self._pages[-1][1]) if self._pages else place

    def forget_before(self, session: Session) -> None:
        """Forget the pages before that of a session."""
        while self._pages and session.id not in self._pages[0][1]:
            self._pages.popleft()

    def _behind(self, place: StreamPosition, ids: list[str]) -> StreamPosition:
        """A place behind a page, of which it names the last session where places are counted.

        A list was read to the tenth session. Once another has arrived at its top, the tenth is the
        eleventh, and what lies after the first ten begins with it.
        """
        if place.skip or not (self._counted and self._single):
            return place
        return attrs.evolve(place, skip=frozenset(ids[-1:]))

    def _time_tells(self, session: Session) -> bool:
        """Whether all that was handed out of a page comes before a session by time.

        Where the session comes before the place at which reading began, the frontier is that place
        still, and the list not in order.
        """
        scope, start = self._scope, self._scope.start
        if start is not None and before(session.created, start.created, scope.direction):
            return False
        return self._single and scope.ordered and scope.in_order

    def _page_of(self, session: Session) -> tuple[int, str | None, list[str]]:
        pages = enumerate(self._pages)
        return next((number, place, ids) for number, (place, ids) in pages if session.id in ids)
