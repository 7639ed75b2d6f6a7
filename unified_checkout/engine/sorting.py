"""``Sorted``: a supply that comes in no order, or the wrong way round, read whole and sorted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from operator import attrgetter

from unified_checkout.adapters import Direction, Order
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import StreamPosition, beginning, ending
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.supply import Need, Progress, Supply
from unified_checkout.engine.windows import Windows
from unified_checkout.model.session import Session

_ROOM = 1000
"""Sessions that are kept beyond those that the answer needs, before they are sorted and dropped."""


class Sorted:
    """Hands nothing out before all was read; then in reading order.

    Where the answer needs only so many, no more are kept. Nor are windows read of updates before
    the creation of all of these: what was not updated since then was created before.
    """

    def __init__(self, scope: Scope, supply: Supply) -> None:
        self._scope = scope
        self._supply = supply
        self._found: list[Session] = []
        self._most: int | None = None
        self._whole = True
        self._reach = beginning(scope.direction) if scope.start is None else scope.start.created
        self._read_to: datetime | None = None
        self.ready: deque[Session] = deque()
        self.taken = 0
        by_update = scope.plan.compiled.reach.by == "updated"
        if isinstance(supply, Windows) and by_update and scope.direction is Direction.FORWARD:
            supply.enough = self._enough
        self.refresh()

    @property
    def done(self) -> bool:
        """Whether all was read, and all that was found is kept."""
        return self._supply.done and self._whole and not (self._found or self._supply.ready)

    @property
    def reach(self) -> datetime:
        """Nothing is passed until everything was read."""
        return self._reach

    @property
    def left_early(self) -> bool:
        """Whether what it sorts was."""
        return self._supply.left_early

    @property
    def progress(self) -> Progress:
        """How far what it sorts has come."""
        return self._supply.progress

    def readers(self) -> Iterator[PageReader]:
        """Those of what it sorts."""
        yield from self._supply.readers()

    def kept(self) -> list[Session]:
        """All that was found and not taken."""
        return [*self.ready, *self._found, *self._supply.kept()]

    def wanted(self, need: Need) -> Sequence[PageReader]:
        """All that is still to be read, whatever is needed of it."""
        self._most = need.rows
        return self._supply.wanted(Need(None, need.now))

    def refresh(self) -> None:
        """Keep what was read; sort it when that was all."""
        self._supply.refresh()
        self._found += self._supply.ready
        self._supply.take(len(self._supply.ready))
        if self._most is not None and len(self._found) > 2 * self._most + _ROOM:
            self._keep(self._most)
        if self._supply.done and self._read_to is not None:
            self._found = [one for one in self._found if one.created >= self._read_to]
        if self._supply.done and self._found:
            self.ready.extend(self._scope.told.joined(self._in_order()))
            self._found.clear()
        if self._supply.done:
            self._reach = ending(self._scope.direction) if self._whole else self.ready[-1].created

    def narrow(self, reader: PageReader) -> bool:
        """Let what it sorts read less at once."""
        return self._supply.narrow(reader)

    def take(self, count: int) -> None:
        """Remove so many sessions from ``ready``."""
        rest = deque(islice(self.ready, count, None))
        self.ready, self.taken = rest, self.taken + count

    def places(self, used: int) -> tuple[StreamPosition, ...]:
        """Only time tells."""
        return ()

    def turned(self) -> tuple[StreamPosition, ...]:
        """Only time tells."""
        return ()

    @property
    def _sent_oldest_first(self) -> bool:
        return self._scope.plan.compiled.order is Order.OLDEST_FIRST

    def _enough(self, read_to: datetime) -> bool:
        """Whether what was created since a moment is all that the answer needs.

        It is all there is of that time, as soon as all that was updated since then was read.
        """
        found = (one for one in (*self._found, *self._supply.ready) if one.created >= read_to)
        if self._most is None or sum(1 for _ in found) < self._most:
            return False
        self._read_to, self._whole = read_to, False
        return True

    def _keep(self, most: int) -> None:
        """Keep those that come first in reading order, in the order in which they were sent."""
        kept = self._in_order()[:most]
        if (self._scope.direction is Direction.FORWARD) is self._sent_oldest_first:
            kept.reverse()
        self._found, self._whole = kept, False

    def _in_order(self) -> list[Session]:
        """In reading order; of one moment, as the provider would list them newest first."""
        forward = self._scope.direction is Direction.FORWARD
        found = self._found[::-1] if self._sent_oldest_first else self._found
        ordered = sorted(found, key=attrgetter("created"), reverse=True)
        return ordered if forward else ordered[::-1]
