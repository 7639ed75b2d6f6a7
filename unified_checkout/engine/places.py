"""``Places``: those of the pages whose sessions wait, where a place lies between pages only."""

from __future__ import annotations

from collections import deque

from unified_checkout.engine.position import StreamPosition
from unified_checkout.model.session import Session


class Places:
    """By page, the place that leads to it and the ids that were handed out of it, or will be.

    To go on after the second session of a page, its place is asked for once more, and the first
    two ids are skipped.
    """

    def __init__(self) -> None:
        self._pages: deque[tuple[str | None, list[str]]] = deque()

    def add(self, place: str | None, ids: list[str]) -> None:
        """Note a page that was read."""
        self._pages.append((place, ids))

    def before(self, session: Session) -> StreamPosition:
        """The place right before a session."""
        place, ids = self._page_of(session)
        return StreamPosition(cursor=place, skip=tuple(ids[: ids.index(session.id)]))

    def after(self, session: Session) -> StreamPosition:
        """The place right after a session."""
        place, ids = self._page_of(session)
        return StreamPosition(cursor=place, skip=tuple(ids[: ids.index(session.id) + 1]))

    def forget_before(self, session: Session) -> None:
        """Forget the pages before that of a session."""
        while len(self._pages) > 1 and session.id not in self._pages[0][1]:
            self._pages.popleft()

    def _page_of(self, session: Session) -> tuple[str | None, list[str]]:
        return next(page for page in self._pages if session.id in page[1])
