"""``Lane``: one stream of one account, as an ordered supply of sessions."""

from __future__ import annotations

import math
from collections import deque
from random import Random

import attrs

from unified_checkout.adapters import Direction, Paging, Stream
from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.cursor import LanePosition
from unified_checkout.engine.events import Answered, Failed
from unified_checkout.engine.split import NEARBY, Splitter, workers
from unified_checkout.engine.walk import Walk
from unified_checkout.model.session import Session


class Lane:
    """Reads one stream from a position, in one walk or in several over windows of time.

    ``rows`` are read, match and are next to be handed out, in reading order.

    Args:
        account: whose stream it is.
        stream: what to read.
        start: where to begin.
        accounts: how many accounts are read together.
    """

    def __init__(
        self, account: AccountReader, stream: Stream, start: LanePosition, *, accounts: int
    ) -> None:
        self.account = account
        self.start = start
        self.walks = [Walk(account, stream, start, account.window)]
        self.rows: deque[Session] = self.walks[0].rows
        self._splitter: Splitter | None = None
        if account.divisible:
            self._splitter = Splitter(account.plan.page_size, accounts)
        self._first: Session | None = None
        self._settled: Session | None = None
        self._trail: deque[tuple[str | None, list[str]]] = deque()

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return len(self.walks) == 1 and self.walks[0].done

    @property
    def left_early(self) -> bool:
        """Whether reading ended before the list did, as its order allows."""
        return self.walks[-1].left_early

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
        hands = self._hands(remaining)
        self._divide(hands, remaining)
        if not self.divided:
            return [walk for walk in self.walks if wanted and not walk.done]
        due = [walk for walk in self._within_reach(remaining) if not walk.done][:hands]
        if wanted and not due:
            return [walk for walk in self.walks if not walk.done][:1]
        return due

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
            following = self.walks[1]
            self.rows.extend(following.rows)
            following.rows = self.rows
            self.walks.pop(0)

    def settle(self, used: Session | None) -> None:
        """Note the last row that was handed out and used, so that it need not be kept track of."""
        self._settled = used or self._settled
        last = self._settled
        while last is not None and len(self._trail) > 1 and last.id not in self._trail[0][1]:
            self._trail.popleft()

    def position(self, used: Session | None, pending: Session | None, *, fed: bool) -> LanePosition:
        """Where reading would go on in the same direction.

        Args:
            used: the last row used since ``settle``.
            pending: the first row that was read and not used.
            fed: whether sessions may still move here from an earlier stream of the union; then
                nothing after the last row used counts as read.
        """
        after_last = self._after(used or self._settled)
        if pending is None and not fed:
            if self.done:
                early = self.left_early
                return attrs.evolve(after_last, done=True, early=early, inclusive=False, skip=())
            if self.walks[0].position.cursor is not None:
                return self.walks[0].position
        if pending is None or fed or self._by_session:
            return after_last
        place, ids = next(page for page in self._trail if pending.id in page[1])
        return LanePosition(cursor=place, skip=tuple(ids[: ids.index(pending.id)]))

    def _after(self, last: Session | None) -> LanePosition:
        """The place right after the last row used."""
        if last is None:
            return self.start
        if self._by_session:
            return LanePosition.beside(last)
        place, ids = next(page for page in self._trail if last.id in page[1])
        return LanePosition(cursor=place, skip=tuple(ids[: ids.index(last.id) + 1]))

    @property
    def _by_session(self) -> bool:
        return self.account.plan.compiled.paging is Paging.SESSION_ID

    def turned_position(self) -> LanePosition:
        """Where the list would be read in the other direction, from where this one began."""
        if self.start.cursor is None and self.account.direction is Direction.FORWARD:
            return LanePosition(done=True)
        return self.start.turned() if self._first is None else LanePosition.beside(self._first)

    def _add(self, walk: Walk, sessions: list[Session]) -> None:
        if sessions:
            self._first = self._first or sessions[0]
            if not self._by_session:
                ids = [*walk.handed_out, *(session.id for session in sessions)]
                self._trail.append((walk.place.cursor, ids))
            walk.rows.extend(sessions)
        walk.advance()

    def _hands(self, remaining: int | None) -> int:
        """How many walks should be under way: few at first, for lists that turn out short."""
        if self._splitter is None or self.account.least_latency <= NEARBY:
            return 1
        if not self.divided and remaining is not None and remaining < 2 * self._splitter.usual:
            return 1
        most = workers(self.account.state.pace.requests_per_second, self.account.latency)
        return min(most, 2 * len(self.account.tally.pages))

    def _divide(self, hands: int, remaining: int | None) -> None:
        """Cut off windows of time until there are walks enough."""
        while self._splitter is not None and hands > 1 and self.account.order_held:
            cut = self._splitter.cut(self._within_reach(remaining), hands)
            if cut is None:
                return
            index, at = cut
            self.walks.insert(index + 1, self.walks[index].cut(at))
            self.account.places_rely_on_order = True

    def _within_reach(self, remaining: int | None) -> list[Walk]:
        """The newest walks: those that the answer needs, and fewer where much is kept already."""
        assert self._splitter is not None
        kept = sum(len(walk.rows) for walk in self.walks)
        reach = math.inf if remaining is None else remaining
        if kept >= self._splitter.most_kept:
            reach = min(reach, self._splitter.usual)
        ahead = 0.0
        for index, walk in enumerate(self.walks):
            ahead += len(walk.rows)
            if ahead >= reach:
                return self.walks[:index]
            ahead += self._splitter.coming(walk, self.walks)
        return self.walks
