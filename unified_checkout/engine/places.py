"""``Places``: those of the pages whose sessions wait, where a place lies between pages only."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import attrs

from unified_checkout.adapters import Paging
from unified_checkout.engine.position import StreamPosition, before
from unified_checkout.engine.scope import Scope
from unified_checkout.model.session import Session

MOST_NAMED = 3
"""So many sessions that were handed out of a page are named, where time tells the others."""


@attrs.frozen
class _Page:
    place: str | None
    """The place that leads to it."""
    ids: Sequence[str]
    """What was handed out of it, or will be."""
    inside: bool
    """Whether it was not seen yet where reading began, and time told what was handed out."""


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
        self._pages: deque[_Page] = deque()

    def add(self, place: str | None, ids: Sequence[str], *, inside: bool) -> None:
        """Note a page that was read."""
        self._pages.append(_Page(place, ids, inside))

    def before(self, session: Session) -> StreamPosition:
        """The place right before a session."""
        number, page = self._page_of(session)
        ids = page.ids[: page.ids.index(session.id)]
        if not ids and number:
            return self._behind(StreamPosition(cursor=page.place), self._pages[number - 1])
        more = page.inside or len(ids) > MOST_NAMED or (self._counted and bool(ids))
        inside = more and self._time_tells(session)
        skip = frozenset(ids[-MOST_NAMED:] if inside else ids)
        return StreamPosition(cursor=page.place, skip=skip, inside=inside)

    def after(self, session: Session) -> StreamPosition:
        """The place right after a session."""
        _, page = self._page_of(session)
        skip = frozenset(page.ids[: page.ids.index(session.id) + 1])
        return StreamPosition(cursor=page.place, skip=skip)

    def beyond(self, place: StreamPosition) -> StreamPosition:
        """The place after all that was read, as it is to be returned to."""
        return self._behind(place, self._pages[-1]) if self._pages else place

    def forget_before(self, session: Session) -> None:
        """Forget the pages before that of a session."""
        while len(self._pages) > 1 and session.id not in self._pages[0].ids:
            self._pages.popleft()

    def _behind(self, place: StreamPosition, page: _Page) -> StreamPosition:
        """A place behind a page, of which it names the last session where places are counted.

        A list was read to the tenth session. Once another has arrived at its top, the tenth is the
        eleventh, and what lies after the first ten begins with it.
        """
        if place.skip or not (self._counted and self._single):
            return place
        return attrs.evolve(place, skip=frozenset(page.ids[-1:]))

    def _time_tells(self, session: Session) -> bool:
        """Whether all that was handed out of a page comes before a session by time.

        Where the session comes before the place at which reading began, the frontier is that place
        still, and the list not in order.
        """
        scope, start = self._scope, self._scope.start
        if start is not None and before(session.created, start.created, scope.direction):
            return False
        return self._single and scope.ordered and scope.in_order

    def _page_of(self, session: Session) -> tuple[int, _Page]:
        return next(one for one in enumerate(self._pages) if session.id in one[1].ids)
