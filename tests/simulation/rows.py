"""The sessions of a simulated provider, how they change, and the truth about a question.

Simulated time is seconds since the Unix epoch; the clock begins at ``START``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import attrs

from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionStatus

START = 1000.0

STATUSES = {
    "open": SessionStatus.OPEN,
    "paid": SessionStatus.COMPLETE,
    "complete": SessionStatus.COMPLETE,
    "expired": SessionStatus.EXPIRED,
    "canceled": SessionStatus.CANCELED,
}
"""The provider's words, earlier states first."""

SUCCESSORS = {
    "open": ("paid", "complete", "expired", "canceled"),
    "paid": ("complete",),
    "complete": (),
    "expired": (),
    "canceled": (),
}

CUSTOMERS = ("ann", "Ann", "bob")


def moment(seconds: float) -> datetime:
    """A simulated time as a datetime."""
    return datetime.fromtimestamp(seconds, UTC)


@attrs.define(eq=False)
class Row:
    """A session at a provider, with all that ever happened to it."""

    id: str
    created: float
    place: tuple[float, int]
    """Where it stands in the provider's list, which is sorted by it, highest first."""
    customer: str
    history: list[tuple[float, str | None]]
    """The provider's word for its status and since when; None once it is gone."""
    silent: bool = False
    """Whether its customer is not told, though the provider knows."""
    hidden: bool = False
    """Whether it is counted, and never listed."""

    @property
    def account(self) -> str:
        """The account it belongs to."""
        return self.id.partition("-")[0]

    @property
    def word(self) -> str | None:
        """Its status now; None if it is gone."""
        return self.history[-1][1]

    def updated(self, until: float) -> float:
        """When it changed last, as far as that is known of what happened until then."""
        known = [since for since, _ in self.history if since <= until]
        return max(self.created, known[-1] if known else self.created)

    def words(self, start: float, end: float) -> Iterator[str | None]:
        """Every status it had from ``start`` to ``end``; None for when it was not there."""
        before: str | None = None
        for since, word in self.history:
            if since <= start:
                before = word
        yield before
        for since, word in self.history:
            if start < since <= end:
                yield word


@attrs.frozen
class Question:
    """What a query asks, in plain Python and independent of the engine."""

    query: ListSessions
    ceiling: float

    def asks_for(self, row: Row) -> bool:
        """Whether all but the status, which may change, is as asked."""
        bounds = self.query.created
        if row.created > self.ceiling:
            return False
        if self.query.customer is not None and row.customer != self.query.customer:
            return False
        if bounds is None:
            return True
        created = moment(row.created)
        return (
            (bounds.gt is None or created > bounds.gt)
            and (bounds.gte is None or created >= bounds.gte)
            and (bounds.lt is None or created < bounds.lt)
            and (bounds.lte is None or created <= bounds.lte)
        )

    def accepts(self, word: str | None) -> bool:
        """Whether a session with that status belongs to the answer."""
        if word is None:
            return False
        return self.query.status is None or STATUSES[word] in self.query.status

    def always_matched(self, row: Row, start: float, end: float) -> bool:
        """Whether a row was there and matched for that whole time."""
        return self.asks_for(row) and all(map(self.accepts, row.words(start, end)))

    def ever_matched(self, row: Row, start: float, end: float) -> bool:
        """Whether there was a moment at which a row was there and matched."""
        return self.asks_for(row) and any(map(self.accepts, row.words(start, end)))


def in_order(rows: Iterable[Row], *, forward: bool) -> bool:
    """Whether rows as read are newest first going forward, oldest first going backward."""
    created = [row.created for row in rows]
    return created == sorted(created, reverse=forward)
