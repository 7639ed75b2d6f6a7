"""``Lane``: one stream of one account, as an ordered supply of sessions."""

from __future__ import annotations

from collections import deque
from random import Random

from unified_checkout.adapters import Direction, Paging, Stream
from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.cursor import LanePosition
from unified_checkout.engine.events import Answered, Failed
from unified_checkout.engine.split import Splitter, workers
from unified_checkout.engine.walk import Walk
from unified_checkout.model.session import Session


class Lane:
    """Reads one stream from a position, in one walk or in several over windows of time.

    ``rows`` are read, match and are next to be handed out, in reading order.
    """

    def __init__(self, account: AccountReader, stream: Stream, start: LanePosition) -> None:
        self.account = account
        self.start = start
        self.walks = [Walk(account, stream, start, account.window)]
        self.rows: deque[Session] = self.walks[0].rows
        self._splitter: Splitter | None = None
        compiled = account.plan.compiled
        if compiled.splittable and account.direction is Direction.FORWARD:
            self._splitter = Splitter(account.plan.page_size)
        self._first_id: str | None = None
        self._settled_id: str | None = None
        self._trail: deque[tuple[str | None, list[str]]] = deque()

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return len(self.walks) == 1 and self.walks[0].done

    @property
    def divided(self) -> bool:
        """Whether the lane is read in several windows of time at once."""
        return len(self.walks) > 1

    @property
    def unread(self) -> list[Session]:
        """All that was read and matches and was not handed out, in reading order."""
        return [*self.rows, *(session for walk in self.walks[1:] for session in walk.rows)]

    def due(self, wanted: bool, remaining: int | None) -> list[Walk]:
        """The walks that should be under way.

        Args:
            wanted: whether the lane's next row is being waited for.
            remaining: how many sessions the answer may still need; None for all.
        """
        self._divide(remaining)
        if not self.divided:
            return [walk for walk in self.walks if wanted and not walk.done]
        kept = sum(len(walk.rows) for walk in self.walks)
        most = self._splitter.most_kept if self._splitter else 0
        return [
            walk
            for index, walk in enumerate(self.walks)
            if not walk.done and (kept < most or (index == 0 and wanted))
        ]

    def take(self, walk: Walk, event: Answered | Failed, now: float, random: Random) -> None:
        """Take in what came of a walk's request.

        Raises:
            ProviderError: if it failed for good, or is not a page that can be relied on.
        """
        if isinstance(event, Failed):
            walk.fail(event.error, now, random)
            return
        self._add(walk, walk.answer(event.response, now, random))
        if walk.done and self._splitter is not None:
            self._splitter.learn(walk)
        while self.divided and self.walks[0].done:
            self.walks.pop(0)
            self.rows.extend(self.walks[0].rows)
            self.walks[0].rows = self.rows

    def settle(self, used: str | None) -> None:
        """Note the last row that was handed out and used, so that it need not be kept track of."""
        if used is not None:
            self._settled_id = used
        while len(self._trail) > 1 and (not self.rows or self.rows[0].id not in self._trail[0][1]):
            self._trail.popleft()

    def position(self, used: str | None, pending: str | None) -> LanePosition:
        """Where reading would go on in the same direction.

        Args:
            used: the id of the last row used since ``settle``.
            pending: the id of the first row that was read and not used.
        """
        last = used or self._settled_id
        if pending is None:
            if self.done:
                return LanePosition(cursor=last or self.start.cursor, done=True)
            return self._next_page(last)
        if self.account.plan.compiled.paging is Paging.SESSION_ID:
            return self.start if last is None else LanePosition(cursor=last)
        place, ids = next(page for page in self._trail if pending in page[1])
        skip = tuple(ids[: ids.index(pending)])
        return LanePosition(
            cursor=place,
            skip=(self.start.skip if place == self.start.cursor else ()) + skip,
        )

    def _next_page(self, last: str | None) -> LanePosition:
        walk = self.walks[0]
        cursor = walk.cursor or last
        skip = self.start.skip if cursor == self.start.cursor else ()
        return LanePosition(cursor=cursor, skip=skip, inclusive=walk.fetch_start)

    def turned_position(self) -> LanePosition:
        """Where the list would be read in the other direction, from where this one began."""
        began_at_the_end = self.start.cursor is None and not self.start.done
        if self._first_id is None or began_at_the_end:
            return self.start.turned()
        return LanePosition(cursor=self._first_id)

    def _add(self, walk: Walk, sessions: list[Session]) -> None:
        if not sessions:
            return
        if self._first_id is None or walk is self.walks[0]:
            self._first_id = self._first_id or sessions[0].id
        if self.account.plan.compiled.paging is not Paging.SESSION_ID:
            self._trail.append((walk.place.cursor, [session.id for session in sessions]))
        walk.rows.extend(sessions)

    def _divide(self, remaining: int | None) -> None:
        """Cut off windows of time until the account's rate is used up."""
        splitter = self._splitter
        if splitter is None or (remaining is not None and remaining < splitter.worthwhile):
            return
        pages = len(self.account.tally.pages)
        wanted = workers(self.account.state.pace.requests_per_second, self.account.latency)
        wanted = min(wanted, 2 * pages)
        while sum(not walk.done for walk in self.walks) < wanted:
            cut = splitter.cut(self.walks)
            if cut is None:
                return
            index, at = cut
            self.walks.insert(index + 1, self.walks[index].cut(at))
