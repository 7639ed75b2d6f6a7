"""``Shown``: what the streams of a union have shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

from unified_checkout.adapters import Direction
from unified_checkout.engine.position import before
from unified_checkout.model.session import Session


class Shown:
    """The ids that some stream of a union has shown, where another may show them once more.

    Args:
        forgets: whether what all streams have passed is forgotten by now; where pages are counted
            off, or come in no order, it may come again.
    """

    def __init__(self, *, forgets: Callable[[], bool]) -> None:
        self._forgets = forgets
        self._ids: set[str] = set()
        self._order: deque[tuple[datetime, str]] = deque()

    def fresh(self, sessions: Iterable[Session]) -> list[Session]:
        """Those not shown yet, which are then remembered."""
        found = []
        for session in sessions:
            if session.id not in self._ids:
                self._ids.add(session.id)
                self._order.append((session.created, session.id))
                found.append(session)
        return found

    def forget(self, reach: datetime, direction: Direction) -> None:
        """Forget what comes before a moment that all streams have passed."""
        while self._order and self._forgets() and before(self._order[0][0], reach, direction):
            self._ids.discard(self._order.popleft()[1])
