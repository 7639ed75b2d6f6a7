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

    def __init__(self, direction: Direction) -> None:
        self._forward = direction is Direction.FORWARD
        self._pages: list[tuple[datetime, datetime, array[int]]] = []
        self.in_order = True
        """Whether all pages so far followed one another in order."""

    def repeated(self, sessions: Sequence[Session]) -> list[bool] | None:
        """For each session of a page, in reading order, whether it was shown before.

        None stands for a page without repetitions, by far the most common. The page is
        remembered.
        """
        created = [session.created for session in sessions]
        hashes = [hash(session.id) for session in sessions]
        oldest, newest = min(created), max(created)
        self._watch_order(created)
        known = self._overlapping(oldest, newest)
        self._pages.append((oldest, newest, array("q", hashes)))
        if not known and len(set(hashes)) == len(hashes):
            return None
        flags = []
        for value in hashes:
            flags.append(value in known)
            known.add(value)
        return flags if any(flags) else None

    def _overlapping(self, oldest: datetime, newest: datetime) -> set[int]:
        found: set[int] = set()
        for page_oldest, page_newest, hashes in reversed(self._pages):
            if page_oldest <= newest and oldest <= page_newest:
                found.update(hashes)
            elif self.in_order:
                break
        return found

    def _watch_order(self, created: list[datetime]) -> None:
        if self._pages:
            oldest, newest, _ = self._pages[-1]
            created = [oldest if self._forward else newest, *created]
        ahead, behind = (created, created[1:]) if self._forward else (created[1:], created)
        if not all(newer >= older for newer, older in zip(ahead, behind, strict=False)):
            self.in_order = False
