"""``Union``: one supply of several streams of an account, by one rule."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import attrs

from unified_checkout.adapters import Direction
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import (
    StreamPosition,
    before,
    beginning,
    earlier,
    ending,
)
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.supply import Need, Progress
from unified_checkout.model.session import Session


class Union:
    """Merges streams between which sessions may move, earlier states first.

    The rule: a stream is relied on only as far as the one before it was read when it was asked.
    If the list of paid sessions was read back to noon, and the list of complete ones, asked after
    that, reaches back to ten, then what it shows from before noon does not count yet: a session
    of eleven, still paid, could become complete now, and would be seen in neither list.

    Streams between which nothing ever moves need no such rule.

    Args:
        readers: those of the streams, in their order.
        shown: what they have shown; None for disjoint streams.
        direction: which way they are read.
    """

    def __init__(
        self, readers: Sequence[PageReader], shown: Shown | None, direction: Direction
    ) -> None:
        self._readers = tuple(readers)
        self._shown = shown
        self._direction = direction
        self._forward = direction is Direction.FORWARD
        self._unmerged: list[deque[Session]] = [deque() for _ in readers]
        self._merged = [0] * len(readers)
        self._origins: deque[int] = deque()
        self._leads = [1] * len(readers)
        self._pages_before = [0] * len(readers)
        self.ready: deque[Session] = deque()
        self.taken = 0
        self.refresh()

    @property
    def done(self) -> bool:
        """Whether every stream was read to its end, and all is merged."""
        every = zip(self._readers, self._merged, strict=True)
        return all(reader.done and len(reader.ready) == merged for reader, merged in every)

    @property
    def reach(self) -> datetime:
        """The first moment that any stream may still show."""
        reaches = [self._reach_of(index) for index in range(len(self._readers))]
        return (max if self._forward else min)(reaches)

    @property
    def left_early(self) -> bool:
        """Whether any stream was."""
        return any(reader.left_early for reader in self._readers)

    @property
    def progress(self) -> Progress:
        """How far all streams have come."""
        parts = [reader.progress for reader in self._readers]
        firsts = [part.first for part in parts if part.first is not None]
        behind = [part.last for part in parts if part.last is not None]
        return Progress(
            sum(part.rows for part in parts), max(firsts, default=None), min(behind, default=None)
        )

    def readers(self) -> Iterator[PageReader]:
        """Those of all streams."""
        yield from self._readers

    def kept(self) -> list[Session]:
        """What its streams keep, merged or not."""
        return [session for reader in self._readers for session in reader.kept()]

    def wanted(self, need: Need) -> Sequence[PageReader]:
        """The readers that hold the merge up, or those that they have to wait for."""
        if not need.now:
            return ()
        leading: Iterable[int] = self._open()
        if self._shown is not None:
            patient = need.rows is None
            leading = dict.fromkeys(self._leading(index, patient) for index in self._blocking())
        readers = [self._readers[index] for index in leading]
        return sorted(readers, key=lambda one: one.reach, reverse=self._forward)

    def refresh(self) -> None:
        """Merge what can be merged."""
        for index, reader in enumerate(self._readers):
            known = self._merged[index] + len(self._unmerged[index])
            self._unmerged[index].extend(islice(reader.ready, known, None))
        while (first := self._next()) is not None:
            self.ready.append(self._unmerged[first].popleft())
            self._origins.append(first)
            self._merged[first] += 1
        if self._shown is not None:
            passed = [reader.passed for reader in self._readers]
            self._shown.forget((max if self._forward else min)(passed), self._direction)

    def narrow(self, reader: PageReader) -> bool:
        """A union cannot be divided by itself."""
        return False

    def take(self, count: int) -> None:
        """Remove so many sessions from ``ready`` and from their streams."""
        counts = self._counts(count)
        ready = deque(islice(self.ready, count, None))
        origins = deque(islice(self._origins, count, None))
        self.ready, self._origins, self.taken = ready, origins, self.taken + count
        for index, reader in enumerate(self._readers):
            reader.take(counts[index])
            self._merged[index] -= counts[index]

    def places(self, used: int) -> tuple[StreamPosition, ...]:
        """Where each stream goes on after the first ``used`` of ``ready``."""
        counts = self._counts(used)
        places: list[StreamPosition] = []
        fed = False
        for reader, count in zip(self._readers, counts, strict=True):
            places += reader.places(count, fed=fed)
            fed = fed or (self._shown is not None and count < len(reader.ready))
        if len(places) != len(self._readers):
            return ()
        return tuple(places) if self._shown is None else self._as_seen(places)

    def _as_seen(self, places: Sequence[StreamPosition]) -> tuple[StreamPosition, ...]:
        """No stream was seen further than those were that sessions come from."""
        told, furthest = [], ending(self._direction)
        for place in places:
            if not place.done:
                seen = place.seen or beginning(self._direction)
                furthest = earlier(furthest, seen, self._direction)
                known = furthest != beginning(self._direction)
                place = attrs.evolve(place, seen=furthest if known else None)
            told.append(place)
        return tuple(told)

    def _counts(self, used: int) -> list[int]:
        """Of the first ``used`` of ``ready``, how many come from each stream."""
        counts = Counter(islice(self._origins, used))
        return [counts[index] for index in range(len(self._readers))]

    def turned(self) -> tuple[StreamPosition, ...]:
        """Where each stream would be read in the other direction."""
        places: list[StreamPosition] = []
        for reader in self._readers:
            places += reader.turned()
        return tuple(places) if len(places) == len(self._readers) else ()

    # Merging.

    def _reach_of(self, index: int) -> datetime:
        """The first moment of a stream's that is not merged yet."""
        reader, merged = self._readers[index], self._merged[index]
        return reader.ready[merged].created if len(reader.ready) > merged else reader.reach

    def _next(self) -> int | None:
        """The stream whose first row comes next, if no other may still show one before it."""
        best: int | None = None
        for index in self._in_tie_order():
            unmerged = self._unmerged[index]
            if unmerged and (best is None or self._comes_before(unmerged[0], best)):
                best = index
        if best is None:
            return None
        return None if any(self._holds_up(index, best) for index in self._open()) else best

    def _holds_up(self, index: int, best: int) -> bool:
        """Whether a stream may still show something that comes before another's first row."""
        reach, created = self._readers[index].reach, self._unmerged[best][0].created
        first = min(index, best) if self._forward else max(index, best)
        return before(reach, created, self._direction) or (reach == created and index == first)

    def _comes_before(self, session: Session, best: int) -> bool:
        return before(session.created, self._unmerged[best][0].created, self._direction)

    def _in_tie_order(self) -> Sequence[int]:
        order = range(len(self._readers))
        return order if self._forward else order[::-1]

    # Which stream to read.

    def _open(self) -> list[int]:
        """The streams that have nothing to merge, and may still get something, first ones first."""
        return [
            index
            for index in self._in_tie_order()
            if not (self._readers[index].done or self._unmerged[index])
        ]

    def _blocking(self) -> list[int]:
        """The open streams that may still show something before all that is known of the others."""
        direction = self._direction
        heads = [unmerged[0].created for unmerged in self._unmerged if unmerged]
        if not heads:
            return self._open()
        head = (max if self._forward else min)(heads)
        return [
            one for one in self._open() if not before(head, self._readers[one].reach, direction)
        ]

    def _leading(self, index: int, patient: bool) -> int:
        """The stream to read so that one may be relied on further: itself, or one before it."""
        slowest = self._slowest_before(index)
        if slowest is None:
            self._rely(index, ending(self._direction))
            return index
        leader = self._readers[slowest]
        if not self._may_ask(index, leader, patient):
            return self._leading(slowest, patient)
        self._rely(index, leader.reach)
        return index

    def _slowest_before(self, index: int) -> int | None:
        """Of the streams that sessions come from, the one that was read least far, if any is open."""
        earlier = [one for one in range(index) if not self._readers[one].done]
        furthest = max if self._forward else min
        return furthest(earlier, key=lambda one: self._readers[one].reach, default=None)

    def _rely(self, index: int, reach: datetime) -> None:
        """Note how far what a stream is asked for next may be relied on."""
        reader = self._readers[index]
        if reader.exchange is None:
            reader.trust.until = reach
            self._leads[index] = 2 * self._leads[index] if reader.held_back else 1
            self._pages_before[index] = self._pages_ahead(index)

    def _pages_ahead(self, index: int) -> int:
        return sum(reader.pages for reader in self._readers[:index])

    def _may_ask(self, index: int, leader: PageReader, patient: bool) -> bool:
        """Whether asking a stream now shows more that may be relied on, and enough of it.

        It is enough where the streams before were read as far as a page is likely to reach; or
        else for one page more than when this one was asked last, then for two, for four. So a
        stream that is nearly empty is not asked again and again while a full one is read.
        """
        reader = self._readers[index]
        if reader.exchange is not None:
            return True
        if not before(reader.reach, leader.reach, self._direction):
            return False
        if not before(leader.reach, reader.likely_reach(patient), self._direction):
            return True
        return self._pages_ahead(index) - self._pages_before[index] >= self._leads[index]
