"""``Supply``: an ordered supply of one account's sessions, whatever it is made from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import attrs

from unified_checkout.engine.position import StreamPosition
from unified_checkout.model.session import Session

if TYPE_CHECKING:
    from unified_checkout.engine.pages import PageReader


@attrs.frozen
class Need:
    """How much is wanted of a supply."""

    rows: int | None
    """How many sessions the answer may need, the first of ``ready`` included; None for all."""
    now: bool
    """Whether the next session is being waited for; else windows alone are read ahead."""


@attrs.frozen
class Progress:
    """How far a supply has come, from which follows how full a span of time is."""

    rows: int
    first: datetime | None
    """The creation of the first row that was read."""
    last: datetime | None
    """That of the one that lies furthest in reading order."""


class Supply(Protocol):
    """Sessions of one account in reading order, read as they are wanted.

    There are three makers: a page reader reads one stretch of one list, page after page; windows
    divide a stretch by time; a union makes one supply of several lists. What comes in no order is
    sorted on the way.
    """

    @property
    def ready(self) -> deque[Session]:
        """Read, matching, and next to be handed out; ``take`` removes them."""
        ...

    @property
    def done(self) -> bool:
        """Whether nothing will be added to ``ready`` any more."""
        ...

    @property
    def reach(self) -> datetime:
        """No session that is still to be added was created before this, in reading order."""
        ...

    @property
    def left_early(self) -> bool:
        """Whether reading ended before a list did, as its order allows."""
        ...

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        ...

    def readers(self) -> Iterator[PageReader]:
        """All the page readers it is made from."""
        ...

    def kept(self) -> list[Session]:
        """All that was read and matches and was not taken, ready or not, in no certain order."""
        ...

    def wanted(self, need: Need) -> Sequence[PageReader]:
        """The page readers that should have a request under way."""
        ...

    def refresh(self) -> None:
        """Move on, after one of its page readers took something in."""
        ...

    def narrow(self, reader: PageReader) -> bool:
        """Read less at once, since a page reader's span holds too much; False if it cannot."""
        ...

    @property
    def taken(self) -> int:
        """How many sessions were taken since the beginning.

        It changes in the same moment as ``ready``, so that whoever breaks a program off at any
        line finds a place in the answer that is true.
        """
        ...

    def take(self, count: int) -> None:
        """Remove so many sessions from ``ready``: they were handed out and used."""
        ...

    def places(self, used: int) -> tuple[StreamPosition, ...]:
        """Where its lists go on after the first ``used`` of ``ready``; none if time alone tells."""
        ...

    def turned(self) -> tuple[StreamPosition, ...]:
        """Where its lists would be read in the other direction, from where this began."""
        ...
