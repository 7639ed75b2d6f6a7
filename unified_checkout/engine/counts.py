"""``Counts``: how many rows of a stretch were read, over which span, and of how many."""

from __future__ import annotations

from datetime import timedelta

from unified_checkout.adapters import ProviderPage
from unified_checkout.engine.supply import Progress
from unified_checkout.model.session import Session


class Counts:
    """What was read of one stretch, in numbers."""

    def __init__(self) -> None:
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
            read, first = self.progress.rows + len(known), self.progress.first
            self.progress = Progress(read, first or known[0].created, known[-1].created)
        if page.total is not None:
            least = page.total if self._least_total is None else self._least_total
            self._least_total = min(page.total, least)

    @property
    def missing(self) -> int:
        """How many rows fewer were read than every page said that there are."""
        return max(0, (self._least_total or 0) - self._distinct)
