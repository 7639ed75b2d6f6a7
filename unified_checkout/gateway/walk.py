"""One page of a walk: from a place on, in one order that no filter changes.

Sessions come newest first, those of one moment in the order of the accounts, and those of one
account and moment in the provider's own order where its lists are paged by session ids, else in the
order of their ids. Where the engine's order of such a moment may be another one, as in a union of
lists, the moment is put in order here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial

import attrs

from unified_checkout.adapters import EndOfList, Paging
from unified_checkout.client import AsyncSessions
from unified_checkout.clocks import now
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.cursor import decode_cursor, encode_cursor
from unified_checkout.engine.plan import AccountPlan, Plan
from unified_checkout.engine.planner import (
    Manner,
    begin_at,
    has_sessions_as_places,
    place_beside,
)
from unified_checkout.engine.position import Frontier, Position
from unified_checkout.errors import BudgetSpent, IncompleteAnswer, InvalidCursor, PagingError
from unified_checkout.gateway.kept import Kept
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

_A_FEW = 10
"""Sessions to ask for at once where those of one moment are sought."""


class Deadline:
    """How long a request may still take."""

    def __init__(self, seconds: float) -> None:
        self._ends = now() + seconds

    @property
    def left(self) -> float:
        """Seconds.

        Raises:
            TimeoutError: if there are none.
        """
        left = self._ends - now()
        if left <= 0:
            raise TimeoutError
        return left


@attrs.frozen(kw_only=True)
class Listed:
    """A page: sessions, newest first."""

    sessions: Sequence[Session]
    more: bool
    """Whether there are more in the direction asked; never with no session."""


@attrs.define(kw_only=True, eq=False)
class Walk:
    """Reads one page.

    Args:
        sessions: asks the providers.
        plan: what is asked, without a limit.
        limit: how many sessions the page holds at the most.
        place: the session beside which the page lies; None for the newest.
        forward: whether the page is of older sessions.
        cursors: where earlier pages ended, by what led there: an accelerator.
        deadline: when the page ends early.
    """

    sessions: AsyncSessions
    plan: Plan
    limit: int
    place: Session | None
    forward: bool
    cursors: Kept[tuple[str, ...], str]
    deadline: Deadline
    cold: bool = False
    """Whether nothing that was kept is used."""
    warm: Position | None = attrs.field(init=False, default=None)
    """What was kept and used."""
    _native: Mapping[str, AccountPlan] = attrs.field(init=False)
    _taken: list[str] = attrs.field(init=False, factory=list)
    _dropped: set[str] = attrs.field(init=False, factory=set)
    _coverage: Callable[[], Coverage] | None = attrs.field(init=False, default=None)
    """What was read last, and what it proves."""
    _saved: tuple[str, frozenset[str]] | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._native = {
            plan.account: plan
            for plan in self.plan.accounts
            if has_sessions_as_places(plan.compiled)
        }

    async def page(self) -> Listed:
        """The page.

        Raises:
            TimeoutError: if the deadline came before any session was found.
            UnifiedCheckoutError: what an account failed with.
        """
        if self._provider_tells_of_more:
            return await self._plain_page()
        found: list[Session] = []
        more = True
        try:
            async with aclosing(self._in_order()) as rows:
                async for session in rows:
                    found.append(session)
                    if len(found) > self.limit:
                        break
                else:
                    more = False
                if self._coverage is not None:
                    _check(self._coverage(), ended=not more)
        except (BudgetSpent, TimeoutError):
            if not found:
                raise TimeoutError from None
        page = found[: self.limit]
        self._keep(page)
        return Listed(sessions=page if self.forward else page[::-1], more=more and bool(page))

    # A list that the provider pages as we do.

    @property
    def _provider_tells_of_more(self) -> bool:
        """Whether a page of the provider's is one of ours: nothing is merged or dropped here.

        Towards newer sessions not every provider tells, so there one more session is read.
        """
        if not self.forward or len(self.plan.accounts) != 1 or not self._native:
            return False
        [account] = self.plan.accounts
        return not account.residual and account.compiled.end_of_list is EndOfList.SIGNAL

    async def _plain_page(self) -> Listed:
        plan, left = self._sized(self.limit), self.deadline.left
        page = await self.sessions.page(plan, after=self.place, deadline=left)
        ahead = page.next_cursor
        if ahead is not None and not page.sessions:
            raise TimeoutError
        if len(page.sessions) == self.limit or ahead is None:
            _check(page.coverage, ended=True)
        return Listed(sessions=page.sessions, more=ahead is not None)

    # The rows as the engine gives them, in reading order.

    async def _rows(self) -> AsyncGenerator[Session, None]:
        source = self._older() if self.forward else self._newer()
        async with aclosing(source) as rows:
            async for session in rows:
                self._taken.append(session.id)
                yield session

    async def _older(self) -> AsyncGenerator[Session, None]:
        size, cursor = self.limit + 1 + len(self._unplaced), self._cursor()
        while True:
            plan, left = self._sized(size), self.deadline.left
            if cursor is None:
                listing = self.sessions.list(plan, deadline=left)
            else:
                listing = self.sessions.list(plan, cursor=cursor, deadline=left)
            self._coverage = partial(getattr, listing, "coverage")
            count = 0
            async for session in listing:
                count += 1
                yield session
                self._save(lambda: listing.cursor)  # noqa: B023 - called at once
            if count < size:
                return
            cursor = listing.cursor

    async def _newer(self) -> AsyncGenerator[Session, None]:
        assert self.place is not None
        cursor = self._cursor()
        behind = self._behind(self.place)
        size = self.limit + 1 + len(self._unplaced)
        while True:
            plan, left = self._sized(size), self.deadline.left
            page = await self.sessions.page(plan, cursor=cursor, deadline=left)
            self._coverage = partial(getattr, page, "coverage")
            for session in reversed(page.sessions):
                if not behind(session):
                    yield session
            cursor = page.previous_cursor
            if cursor is None:
                return

    def _sized(self, size: int) -> Plan:
        query = self.plan.query.model_copy(update={"limit": size})
        return attrs.evolve(self.plan, query=query)

    # The one order.

    @property
    def _unplaced(self) -> list[str]:
        """The accounts whose sessions of one moment are put in order here."""
        names = [plan.account for plan in self.plan.accounts]
        return [name for name in names if name not in self._native]

    async def _in_order(self) -> AsyncGenerator[Session, None]:
        group: list[Session] = []
        async with aclosing(self._rows()) as rows:
            async for session in rows:
                if group and _moment(session) != _moment(group[0]):
                    for one in await self._settled(group):
                        yield one
                    group = []
                if session.account in self._native:
                    yield session
                else:
                    group.append(session)
        for one in await self._settled(group):
            yield one

    async def _settled(self, group: list[Session]) -> list[Session]:
        """One account's sessions of one moment in order, without those behind the place."""
        if not group:
            return group
        beside = self.place is not None and _moment(group[0]) == _moment(self.place)
        if len(group) == 1 and (not beside or group[0].id == self.place.id):  # type: ignore[union-attr]
            self._dropped.update(one.id for one in group if beside)
            return [] if beside else group
        anchor = self.place if beside and self.place is not None else group[0]
        ids = await self._order_of(group, anchor)
        rank = {id: index for index, id in enumerate(ids)}
        if beside:
            passed = rank.get(anchor.id, -1)
            ahead = [one for one in group if rank[one.id] > passed]
            self._dropped.update({one.id for one in group} - {one.id for one in ahead})
            group = ahead
        return sorted(group, key=lambda one: rank[one.id])

    async def _order_of(self, group: list[Session], anchor: Session) -> list[str]:
        """The ids of a group and of its anchor, in reading order."""
        known = {anchor.id, *(one.id for one in group)}
        plain = ListSessions(accounts=anchor.account, kind="any", limit=_A_FEW)
        [account] = self.sessions.explain(plain).accounts
        if has_sessions_as_places(account.compiled):
            newer, older = await self._neighbours(plain, anchor)
            ids = [*newer, anchor.id, *older]
            ids += sorted(known - set(ids))
        else:
            ids = sorted(known)
        return ids if self.forward else ids[::-1]

    async def _neighbours(
        self, query: ListSessions, anchor: Session
    ) -> tuple[list[str], list[str]]:
        """The ids of what was created at a session's moment: before and after it in the list."""
        older: list[str] = []
        page = await self.sessions.page(query, after=anchor, deadline=self.deadline.left)
        while True:
            same = [one.id for one in page.sessions if one.created == anchor.created]
            older += same
            if len(same) < len(page.sessions) or page.next_cursor is None:
                break
            cursor, left = page.next_cursor, self.deadline.left
            page = await self.sessions.page(query, cursor=cursor, deadline=left)
        newer: list[str] = []
        page = await self.sessions.page(query, before=anchor, deadline=self.deadline.left)
        while True:
            same = [one.id for one in page.sessions if one.created == anchor.created]
            newer = same + newer
            if len(same) < len(page.sessions) or page.previous_cursor is None:
                return newer, older
            cursor, left = page.previous_cursor, self.deadline.left
            page = await self.sessions.page(query, cursor=cursor, deadline=left)

    # The accelerator.

    @property
    def _is_slow(self) -> bool:
        """Whether a place by time is far from the beginning of some account's list."""
        alone = len(self.plan.accounts) == 1 and bool(self._native)
        windowed = all(plan.compiled.reach.windowed for plan in self.plan.accounts)
        return not (alone or windowed)

    def _key(self, session: Session) -> tuple[str, ...]:
        way = "older" if self.forward else "newer"
        return (self.plan.fingerprint, way, session.account, session.id)

    def _by_time(self, place: Session) -> Position:
        """Where all accounts stand beside a session, by what it tells alone.

        Where the place's own account has no places by session, all of its moment lies ahead: the
        engine goes by the order of the list that is read, in which a filter may hide the session.
        """
        manner = Manner(after=place) if self.forward else Manner(before=place)
        position = begin_at(self.plan, manner)
        whole = Frontier(place.created)
        accounts = tuple(
            one if one.anchor is None else attrs.evolve(one, anchor=None, frontier=whole)
            for one in position.accounts
        )
        return attrs.evolve(position, accounts=accounts)

    def _behind(self, place: Session) -> Callable[[Session], bool]:
        """Whether a session of another account lies behind the place, going by time."""
        position = self._by_time(place)
        names = [plan.account for plan in self.plan.accounts]
        frontiers = {
            name: one.frontier
            for name, one in zip(names, position.accounts, strict=True)
            if name != place.account
        }

        def behind(session: Session) -> bool:
            frontier = frontiers.get(session.account)
            return frontier is not None and frontier.behind(session, position.direction)

        return behind

    def _cursor(self) -> str | None:
        """Where to begin, by what an earlier page kept for this place, if one did.

        Where pages are counted off, time alone tells what lies ahead: a count shifts as sessions
        come and go.
        """
        place = self.place
        if place is None:
            return None
        by_time = self._by_time(place)
        kept = self.cursors.get(self._key(place)) if self._is_slow and not self.cold else None
        if kept is None:
            return encode_cursor(by_time)
        warm = decode_cursor(kept)
        accounts = tuple(
            cold if plan.compiled.paging is Paging.OFFSET else known
            for plan, cold, known in zip(
                self.plan.accounts, by_time.accounts, warm.accounts, strict=True
            )
        )
        self.warm = attrs.evolve(by_time, accounts=accounts)
        return encode_cursor(self.warm)

    def _save(self, cursor: Callable[[], str]) -> None:
        """Keep where the engine stands, if that is where the page ends."""
        if self._saved or len(self._taken) != self.limit + len(self._dropped) or not self._is_slow:
            return
        try:
            self._saved = (cursor(), frozenset(self._taken) - self._dropped)
        except (InvalidCursor, PagingError):
            return

    def _keep(self, page: list[Session]) -> None:
        """Keep where the next page begins."""
        if not page or not self._is_slow:
            return
        if not self.forward:
            self.cursors.put(self._key(page[-1]), encode_cursor(self._beside_last(page)))
        elif self._saved is not None:
            cursor, ids = self._saved
            if ids == {one.id for one in page}:
                self.cursors.put(self._key(page[-1]), cursor)

    def _beside_last(self, page: list[Session]) -> Position:
        """The place at a page's end, towards newer sessions: by the last session of each account
        whose sessions are places, and by time for the others."""
        position = self._by_time(page[-1])
        last = {one.account: one for one in page}
        warm = self.warm.accounts if self.warm is not None else (None,) * len(position.accounts)
        accounts = []
        for plan, by_time, known in zip(self.plan.accounts, position.accounts, warm, strict=True):
            if plan.account not in self._native:
                accounts.append(by_time)
            elif plan.account in last:
                accounts.append(place_beside(last[plan.account]))
            else:
                accounts.append(known if known is not None and known.streams else by_time)
        return attrs.evolve(position, accounts=tuple(accounts))


def _check(coverage: Coverage, *, ended: bool) -> None:
    """Make sure that a page lacks nothing that is known to be lacking.

    Args:
        coverage: what was read.
        ended: whether it was read to its own end; one that was left before says nothing of it.

    Raises:
        IncompleteAnswer: if it does: a list has no place to say so.
    """
    if ended:
        coverage.raise_if_incomplete()
    elif any(account.unverified for account in coverage.accounts):
        raise IncompleteAnswer(str(coverage), coverage)


def _moment(session: Session) -> tuple[str, object]:
    return session.account, session.created
