"""``Sieve``: which rows of a page belong to the answer and were not handed out before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import compress

from unified_checkout.adapters import Paging, Window
from unified_checkout.engine.anchor import Anchor
from unified_checkout.engine.position import Frontier, StreamPosition, before, mark
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.engine.seconds import after, moment_of
from unified_checkout.engine.seen import Seen
from unified_checkout.engine.shown import Shown
from unified_checkout.errors import MalformedPage, PagingError, ProviderError
from unified_checkout.model.session import Session

_ROUNDING = timedelta(days=1)
"""How far a provider may round the ends of a window outward, if the window is as long itself."""


class Sieve:
    """Goes through the rows of one stretch, page after page.

    Args:
        scope: what is known of the account.
        stretch: what is read.
        shown: what other streams of the same union showed.
    """

    def __init__(self, scope: Scope, stretch: Stretch, shown: Shown | None) -> None:
        self._scope = scope
        self._shown = shown
        self._direction = stretch.direction
        self._by_time = stretch.by_time
        self._seen = Seen(stretch.direction, stretch.start.created)
        self.window = stretch.window
        """The span of time that is covered; it may shrink."""
        self._single = len(scope.plan.compiled.streams) == 1
        self.skip = set(stretch.start.skip)
        """Marks of sessions that were handed out already, of pages to come."""
        self.handed_out: list[str] = []
        """The ids of those of the last page, and these marks."""
        self.inside = stretch.start.inside
        """Whether more was handed out than they name, and the list showed none of them yet."""
        self._passed = False
        """Whether the list went beyond where they stand."""
        self._reopened: tuple[Frontier, ...] = ()
        """What lies behind any of them was read before the list was begun again."""
        self.goes_back = False
        """Whether the list was begun again, and showed nothing yet but what was read."""
        self._shown_again: set[str] | None = None
        """The ids of the list since it was begun again; None if it was not."""
        self._may_repeat = 0
        """How many rows may come again in pages that hold nothing else."""
        self.anchor: Anchor | None = None
        """The session after which it was to go on, where it was begun again and does not show it yet."""
        self.held: list[Session] = []
        """What was read and belongs, of which that session tells whether it lies behind."""

    def begin_again(self, behind: Sequence[Frontier], place: StreamPosition) -> None:
        """Leave out what was read, now that the list is read from its beginning once more.

        Args:
            behind: what was read so far, by time.
            place: where the list went on.
        """
        self.goes_back, self.inside, self.skip = True, False, set()
        self._seen.begin_again()
        self._may_repeat, self._shown_again = self._seen.rows, set()
        compiled = self._scope.plan.compiled
        if not self._scope.ordered or self.anchor is not None:
            return
        self._reopened = (*self._reopened, *behind)
        self._scope.begun_again = True
        if compiled.reach.windowed and compiled.reach.by == "created":
            until = after(min(one.created for one in self._reopened))
            window = self.window or Window()
            self.window = Window(window.since, min(until, window.until or until))
        if compiled.paging is Paging.SESSION_ID and place.cursor and place.created:
            self.anchor = Anchor(place.created, place.cursor)

    @property
    def reads_again(self) -> bool:
        """Whether nothing was shown yet but what was read before the list was begun again."""
        return self.goes_back or self.anchor is not None

    @property
    def reopened(self) -> bool:
        """Whether what was read is left out by time, since the list was begun again."""
        return bool(self._reopened)

    def unseen(self, rows: list[Session], page: list[Session]) -> list[Session]:
        """Those that were neither shown by this list nor handed out before it was begun.

        Args:
            rows: what lies beyond the moment up to which the page was relied on before.
            page: all of the page that can be relied on.

        Raises:
            PagingError: if the page shows nothing but what it showed before, and should not.
        """
        self._seen.watch_again(rows)
        rows = self._not_read_before(self._after_anchor(rows, page))
        if len(rows) < len(page):
            ahead = {session.id for session in rows}
            left_out = [session for session in page if session.id not in ahead]
            if left_out and self._seen.note(left_out) and not rows:
                self._check_stuck(page)
        repeated = self._seen.repeated(rows) if rows else None
        if self._scope.ordered and not self._seen.in_order:
            self._scope.in_order = False
        self.skip = self.awaited
        handed_out = self._handed_out_of(page) if self.skip else set()
        if repeated is not None:
            if all(repeated):
                self._check_stuck(rows)
            rows = [one for one, shown in zip(rows, repeated, strict=True) if not shown]
        self.skip.difference_update(map(mark, handed_out))
        skipped = [session.id for session in page if session.id in handed_out]
        self.handed_out = [*skipped, *sorted(self.skip)]
        return [session for session in rows if session.id not in handed_out]

    def _handed_out_of(self, page: list[Session]) -> set[str]:
        """The ids of a page's sessions that were handed out before this reading began.

        A, B, C and D are of ten, nine, eight and seven o'clock, and a place names C. Where the
        list shows C, be it that what arrived has moved it to the next page, A and B lie behind: they
        stand before it, and come before it by time. Where C is gone, time alone tells as far as D,
        and what comes after D lies ahead. The frontier names others, of its very moment.
        """
        named = {session.id for session in page if mark(session.id) in self.skip}
        place = self._scope.start
        if place is None or not self._single:
            return named
        named |= {session.id for session in page if place.is_beside(session.id, session.created)}
        behind = [place.behind(one, self._direction) for one in page]
        beyond = (before(place.created, one.created, self._direction) for one in page)
        self._passed = self._passed or any(beyond)
        end = 0
        if named:
            end = max(number for number, one in enumerate(page) if one.id in named)
            self.inside = False
        elif self.inside:
            end = (*behind, False).index(False)
            if end < len(page):
                self._miss()
        return named | {one.id for one in compress(page[:end], behind)}

    def _miss(self) -> None:
        """Note that the list shows none of those any more after which it was to go on."""
        self._scope.strays, self.inside = True, False

    @property
    def awaited(self) -> set[str]:
        """Marks of those that later pages may still show: none once an orderly list is beyond."""
        orderly = self._scope.ordered and self._scope.in_order
        return set() if self._passed and orderly else self.skip

    def _not_read_before(self, rows: list[Session]) -> list[Session]:
        """Those that were not read before the list was begun again, as time tells.

        Raises:
            PagingError: if none is left, though the place lies beyond what was read before.
        """
        ahead = rows
        for reopened in self._reopened:
            ahead = [one for one in ahead if not reopened.behind(one, self._direction)]
        by_session = self._scope.plan.compiled.paging is Paging.SESSION_ID
        leads_on = ahead or self.reads_again or not (rows and by_session)
        if not leads_on and self._seen.in_order:
            raise self._stuck()
        return ahead

    def check_leads_on(self, page: list[Session]) -> None:
        """Make sure that a list which was begun again does not show one page twice since.

        Raises:
            PagingError: if it does.
        """
        if self._shown_again is None or self._scope.plan.compiled.paging is Paging.OFFSET:
            return
        shown = {session.id for session in page}
        if shown and shown <= self._shown_again:
            raise self._stuck()
        self._shown_again |= shown

    def _stuck(self) -> ProviderError:
        message = "the provider sent a page of sessions already seen"
        return self._scope.malformed(message, PagingError)

    def _check_stuck(self, rows: list[Session]) -> None:
        """Make sure that rows which were all seen before may come again."""
        skipped = any(mark(session.id) in self.skip for session in rows)
        counted = self._scope.plan.compiled.paging is Paging.OFFSET
        self._may_repeat -= len(rows)
        if not (skipped or counted or self._may_repeat >= 0):
            raise self._stuck()

    def check_twins(self, rows: list[Session]) -> None:
        """Make sure that no two rows of a page share an id and differ.

        A page that is refused shows nothing: read once more, all its sessions are new.
        """
        if len({session.id for session in rows}) == len(rows):
            return
        first: dict[str, Session] = {}
        for index, session in enumerate(rows):
            twin = first.setdefault(session.id, session)
            if twin.raw_bytes != session.raw_bytes:
                raise MalformedPage(
                    "two different rows of one page have the same id",
                    row=index,
                    field="id",
                    account=self._scope.plan.account,
                    provider=self._scope.plan.provider,
                )

    def belonging(self, rows: list[Session], *, alone: bool = False) -> list[Session]:
        """Those that belong to the answer and were not shown yet."""
        scope = self._scope
        ahead = rows
        if self._by_time:
            self.handed_out += [session.id for session in rows if scope.behind(session)]
            ahead = [session for session in rows if not scope.behind(session)]
        inside = self._within(ahead)
        scope.tally.duplicates += len(rows) - len(inside)
        timely = [session for session in inside if session.created <= scope.ceiling]
        scope.tally.rows_later += len(inside) - len(timely)
        residual = scope.residual
        fresh = residual.matching_alone(timely) if alone else residual.matching(timely)
        if self._shown is not None:
            fitting, fresh = fresh, self._shown.fresh(fresh)
            scope.tally.duplicates += len(fitting) - len(fresh)
        self.held += fresh
        return [] if self.anchor else self.release()

    def end(self) -> list[Session]:
        """What was held, now that the list has ended."""
        if self.inside:
            self._miss()
        return self.release()

    def release(self) -> list[Session]:
        """What was held, now that nothing more tells whether it lies behind."""
        held, self.held, self.anchor = self.held, [], None
        return held

    def _after_anchor(self, rows: list[Session], page: list[Session]) -> list[Session]:
        """Those of a page that the session after which the list was to go on does not come after."""
        if self.anchor is None:
            return rows
        count = self.anchor.behind(page, self._direction)
        if count is None:
            return rows
        if count:
            self._scope.tally.duplicates += len(self.held)
            self.held.clear()
        self.anchor, behind = None, {session.id for session in page[:count]}
        return [session for session in rows if session.id not in behind]

    def _within(self, rows: list[Session]) -> list[Session]:
        """The rows in the window. It may have shrunk; another page reader reads the others."""
        by_creation = self._scope.plan.compiled.reach.by == "created"
        window = self.window if by_creation else self._scope.plan.span
        if window is None:
            return rows
        since, until = self._inner(window.since), self._inner(window.until)
        return [
            session
            for session in rows
            if (since is None or session.created >= since)
            and (until is None or session.created < until)
        ]

    def _inner(self, end: int | None) -> datetime | None:
        """The end of a window, if another window or another part of the plan lies beyond it.

        Nothing is asked for beyond the outer ends. A session from there is left to the conditions:
        asked for October, a provider that shows one of September contradicts ``created``.
        """
        outer, part = self._scope.outer, self._scope.plan.span
        ends = () if part is None else (part.since, part.until)
        is_outer = end in (outer.since, outer.until) and end not in ends
        return None if is_outer else moment_of(end)

    def watch_window(self, asked: Window | None, rows: list[Session]) -> None:
        """See whether the provider keeps to the window, which may be rounded outward.

        What is rounded by more than a window is long is not worth being divided into such windows.
        """
        if asked is None or not rows or self._scope.plan.compiled.reach.by != "created":
            return
        times = [session.created for session in (rows[0], rows[-1])]
        since, until = moment_of(asked.since), moment_of(asked.until)
        rounding = _ROUNDING
        if since is not None:
            rounding = min(rounding, (until or self._scope.ceiling) - since)
        early = since is not None and since - min(times) > rounding
        late = until is not None and max(times) - until > rounding
        if early or late:
            self._scope.windows_hold = False
