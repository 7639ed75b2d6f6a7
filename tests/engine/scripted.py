"""A supply that tells what a test says, for what is made from supplies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import NEWEST, StreamPosition
from unified_checkout.engine.supply import Need, Progress
from unified_checkout.model.session import Session


class Scripted:
    """A supply of which a test says how far it was read; it notes what is asked of it."""

    def __init__(self, *readers: PageReader) -> None:
        self.own = readers
        self.ready: deque[Session] = deque()
        self.held: list[Session] = []
        self.done = False
        self.reach: datetime = NEWEST
        self.left_early = False
        self.progress = Progress(0, None, None)
        self.taken = 0
        self.needs: list[Need] = []
        self.narrowed: list[PageReader] = []
        self.refreshed = 0

    def read(self, sessions: Iterable[Session], *, done: bool = False) -> None:
        """So many more sessions were read, perhaps to the end."""
        self.ready.extend(sessions)
        self.done = done

    def readers(self) -> Iterator[PageReader]:
        yield from self.own

    def kept(self) -> list[Session]:
        return [*self.ready, *self.held]

    def wanted(self, need: Need) -> Sequence[PageReader]:
        self.needs.append(need)
        return self.own

    def refresh(self) -> None:
        self.refreshed += 1

    def narrow(self, reader: PageReader) -> bool:
        self.narrowed.append(reader)
        return True

    def take(self, count: int) -> None:
        self.ready = deque(islice(self.ready, count, None))
        self.taken += count

    def places(self, used: int) -> tuple[StreamPosition, ...]:
        return (StreamPosition(cursor=f"after {used}"),)

    def turned(self) -> tuple[StreamPosition, ...]:
        return (StreamPosition(cursor="turned"),)
