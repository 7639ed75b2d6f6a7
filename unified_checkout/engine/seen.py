"""``Seen``: which ids a list has shown, in eight bytes each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime

from unified_checkout.adapters import Direction
from unified_checkout.model.session import Session


class Seen:
    """The ids of the pages read of one list, found again by their time of creation.

    Only pages whose spans of time overlap are compared, so an orderly list costs next to
    nothing; and an id is kept as its hash, so that a million sessions take eight megabytes.
    """

    def __init__(self, direction: Direction, start: datetime | None = None) -> None:
        self._forward = direction is Direction.FORWARD
        self._last = start
        self._pages: list[tuple[datetime, datetime, array[int]]] = []
        self._consecutive = True
        self._since: set[int] | None = None
        """The ids that were shown since the list was begun again; None if it was not."""
        self.in_order = True
        """Whether all sessions so far, each the first time that it was shown, were in order."""

    @property
    def rows(self) -> int:
        """How many rows were shown, with repetitions."""
        return sum(len(hashes) for _, _, hashes in self._pages)

    def begin_again(self) -> None:
        """The list is read from its beginning once more, and its order is watched from there on.

        Shown were A of noon and B of ten; read again, C of eleven stands between them, and that is
        no disorder.
        """
        self._last, self._since = None, set()

    def watch_again(self, sessions: Sequence[Session]) -> None:
        """See whether a page of a list that was begun again is in order, all of it.

        What time says to have been read before is left out of the answer. So that is only true of a
        list in order: were C of nine o'clock shown before B of ten, nobody would have read B.
        """
        if self._since is None:
            return
        fresh = [one for one in sessions if hash(one.id) not in self._since]
        self._since.update(hash(one.id) for one in fresh)
        created = [one.created for one in fresh]
        self._watch_order(created, sorted(created, reverse=self._forward))

    def note(self, sessions: Sequence[Session]) -> bool:
        """Remember sessions of which the order tells nothing; whether all were shown before."""
        created = [session.created for session in sessions]
        oldest, newest = min(created), max(created)
        seen, hashes = self._overlapping(oldest, newest), [hash(one.id) for one in sessions]
        self._remember(oldest, newest, hashes)
        return seen.issuperset(hashes)

    def repeated(self, sessions: Sequence[Session]) -> list[bool] | None:
        """For each session of a page, in reading order, whether it was shown before.

        None stands for a page without repetitions, by far the most common. The page is
        remembered.
        """
        created = [session.created for session in sessions]
        hashes = [hash(session.id) for session in sessions]
        ordered = sorted(created, reverse=self._forward)
        first, last = ordered[0], ordered[-1]
        oldest, newest = (last, first) if self._forward else (first, last)
        known = self._overlapping(oldest, newest)
        self._remember(oldest, newest, hashes)
        if not known and len(set(hashes)) == len(hashes):
            if self._since is None:
                self._watch_order(created, ordered)
            return None
        flags = []
        for value in hashes:
            flags.append(value in known)
            known.add(value)
        if self._since is None:
            fresh = [one for one, shown in zip(created, flags, strict=True) if not shown]
            self._watch_order(fresh, sorted(fresh, reverse=self._forward))
        return flags if any(flags) else None

    def _overlapping(self, oldest: datetime, newest: datetime) -> set[int]:
        found: set[int] = set()
        for page_oldest, page_newest, hashes in reversed(self._pages):
            if page_oldest <= newest and oldest <= page_newest:
                found.update(hashes)
            elif self._consecutive and self._follows(oldest, newest, page_oldest, page_newest):
                break
        return found

    def _remember(self, oldest: datetime, newest: datetime, hashes: list[int]) -> None:
        if self._pages and not self._follows(oldest, newest, *self._pages[-1][:2]):
            self._consecutive = False
        self._pages.append((oldest, newest, array("q", hashes)))

    def _follows(
        self, oldest: datetime, newest: datetime, page_oldest: datetime, page_newest: datetime
    ) -> bool:
        """Whether a span of time lies in the direction of reading from a page's."""
        return newest <= page_oldest if self._forward else oldest >= page_newest

    def _watch_order(self, created: list[datetime], ordered: list[datetime]) -> None:
        """See whether sessions came in order, each the first time that it was shown."""
        if not created:
            return
        first, last = created[0], self._last
        turns_back = last is not None and (first > last if self._forward else first < last)
        if turns_back or created != ordered:
            self.in_order = False
        self._last = created[-1]
