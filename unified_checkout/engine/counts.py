"""``Counts``: how many rows of a stretch were read, over which span, and of how many."""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter

from unified_checkout.adapters import Direction, ProviderPage
from unified_checkout.engine.position import later
from unified_checkout.engine.supply import Progress
from unified_checkout.model.session import Session

_created = attrgetter("created")


class Counts:
    """What was read of one stretch, in numbers.

    Args:
        direction: which way it is read.
    """

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self.page_span: timedelta | None = None
        """Between the first and the last row of the last page."""
        self.progress = Progress(0, None, None)
        """How far the stretch was read."""
        self._distinct = 0
        self._least_total: int | None = None

    def add(self, page: ProviderPage, rows: list[Session], known: list[Session], new: int) -> None:
        """Count a page.

        Args:
            page: as it was sent.
            rows: those of it, in reading order.
            known: those of them that can be relied on.
            new: how many of these were not read before.
        """
        self._distinct += new
        if rows:
            self.page_span = abs(rows[-1].created - rows[0].created)
        if known:
            self.progress = self._further(known)
        if page.total is not None:
            least = page.total if self._least_total is None else self._least_total
            self._least_total = min(page.total, least)

    def _further(self, known: list[Session]) -> Progress:
        """How far it was read with a page, which need not lead on where pages are counted off."""
        forward, so_far = self._direction is Direction.FORWARD, self.progress
        last = (min if forward else max)(map(_created, known))
        if so_far.last is not None:
            last = later(so_far.last, last, self._direction)
        return Progress(so_far.rows + len(known), so_far.first or known[0].created, last)

    @property
    def missing(self) -> int:
        """How many rows fewer were read than every page said that there are."""
        return max(0, (self._least_total or 0) - self._distinct)
