"""``PageReader``: one stretch of one list, read page after page."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

import attrs

from unified_checkout.adapters import Direction, Paging, Place, ProviderPage, Response, Window
from unified_checkout.engine.advance import Advance, nothing_yet
from unified_checkout.engine.counts import Counts
from unified_checkout.engine.events import Answered, Failed
from unified_checkout.engine.exchange import Exchange
from unified_checkout.engine.places import Places
from unified_checkout.engine.position import (
    Frontier,
    StreamPosition,
    before,
    beginning,
    ending,
    later,
    mark,
)
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.engine.seconds import second
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.sieve import Sieve
from unified_checkout.engine.supply import Need, Progress
from unified_checkout.engine.tally import PageSpan
from unified_checkout.engine.trust import Trust
from unified_checkout.errors import NotFound, NotYetListed, PlaceExpired, TransientError
from unified_checkout.model.session import Session

_MOST_REOPENINGS = 3
"""Times that a place may expire before a session is read that was not read before.

What arrived since reading began does not count: a list that grows would else never end."""


_NO_LIST = "check base_url, and the ids that the query, its place and the account's options name"


class PageReader:
    """Reads a stretch of a stream, by the provider's own places.

    Args:
        scope: what is known of the account.
        stretch: what to read.
        shown: what other streams of the same union showed.
    """

    def __init__(self, scope: Scope, stretch: Stretch, shown: Shown | None = None) -> None:
        self._scope = scope
        self._stretch = stretch
        self._sieve = Sieve(scope, stretch, shown)
        self._start = stretch.start
        self._direction = stretch.direction
        self.ready: deque[Session] = deque()
        self.taken = 0
        self.done = stretch.start.done
        self.left_early = stretch.start.early
        self._least_reach = self._seen_at_start()
        self.reach = ending(self._direction) if self.done else self._least_reach
        self.trust = Trust(scope, stretch)
        self.pages = 0
        self.missing = 0
        """How many rows fewer were read than every page said that there are."""
        self.exchange: Exchange | None = None
        self._place = Place()
        self._cursor = stretch.start.cursor
        self._asked = stretch.window
        self._fetch_start = stretch.start.inclusive
        self._read_place = stretch.start
        self._read_to: Frontier | None = None
        self._reopenings = 0
        self._begun_again = False
        self._advance = Advance(scope)
        self._counts = Counts(self._direction)
        self._first: Session | None = None
        self._last_used: Session | None = None
        self._places = Places(scope)

    # As a supply.

    @property
    def passed(self) -> datetime:
        """The moment before which it asks for nothing any more.

        A page that is held back is asked for again from its last row that could be relied on:
        what comes after that may be shown once more, though ``reach`` lies beyond.
        """
        if self.done or self._read_to is None:
            return ending(self._direction) if self.done else beginning(self._direction)
        return self._read_to.created

    @property
    def held_back(self) -> bool:
        """Whether the last page could not be relied on to its end."""
        return self.trust.held_back is not None

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._counts.progress

    def readers(self) -> Iterator[PageReader]:
        """Itself."""
        yield self

    def kept(self) -> list[Session]:
        """All of ``ready``."""
        return [*self.ready, *self._sieve.held]

    def wanted(self, need: Need) -> Sequence[PageReader]:
        """Itself, unless it is done."""
        return (self,) if need.now and not self.done else ()

    def refresh(self) -> None:
        """Nothing to move on."""

    def narrow(self, reader: PageReader) -> bool:
        """A single stretch cannot be divided."""
        return False

    def take(self, count: int) -> None:
        """Remove so many sessions from ``ready``."""
        if not count:
            return
        last, rest = self.ready[count - 1], deque(islice(self.ready, count, None))
        self.ready, self._last_used, self.taken = rest, last, self.taken + count
        self._places.forget_before(last)

    def places(self, used: int, *, fed: bool = False) -> tuple[StreamPosition, ...]:
        """Where the list goes on after the first ``used`` of ``ready``.

        Args:
            used: how many of them were handed out.
            fed: whether sessions may still move here from an earlier stream of the union; then
                nothing after the last row used counts as read.
        """
        if self._begun_again and not self._by_session:
            return ()
        place = self._place_after(used, fed=fed)
        return (place if place.done else attrs.evolve(place, seen=self._seen(used)),)

    def _place_after(self, used: int, *, fed: bool) -> StreamPosition:
        after_last = self._after(used)
        pending = used < len(self.ready)
        if not pending and not fed:
            if self.done:
                end = attrs.evolve(after_last, done=True, early=self.left_early, seen=None)
                return attrs.evolve(end, inclusive=False, skip=frozenset(), inside=False)
            if self._read_place.cursor is not None:
                place = self._places.beyond(self._read_place)
                return attrs.evolve(place, short=self._is_short(used))
        if not pending or fed or self._by_session:
            return after_last
        return self._places.before(self.ready[used])

    def _is_short(self, used: int) -> bool:
        """Whether nothing was handed out of this list since where somebody began, by time."""
        by_time = self._stretch.by_time and self._start.cursor is None
        return not (used or self._last_used) and (by_time or self._start.short)

    def turned(self) -> tuple[StreamPosition, ...]:
        """Where the list would be read in the other direction, from where this began.

        Nothing where only time tells, since no other than a session is a place both ways. After A,
        its list shows B and A, of one second: read back from B, it would not show A.
        """
        first = self._first
        told_by_time = self._stretch.by_time and self._start.cursor is None
        tied = first is None or (self._scope.plan.compiled.moves and self._scope.is_tied(first))
        if not self._by_session or (told_by_time and tied):
            return ()
        if self._start.cursor is None and not self._stretch.by_time and self._forward:
            return (StreamPosition(done=True),)
        if self._first is None:
            return () if self._start.short else (self._start.turned(),)
        return (StreamPosition.beside(self._first),)

    # Asking.

    def likely_reach(self, patient: bool) -> datetime:
        """How far the next page is likely to reach: as far as one that was held back did.

        Args:
            patient: whether to go by the span of the last page where none was held back.
        """
        if self.trust.held_back is not None:
            return self.trust.held_back
        span = self._counts.page_span
        if not patient or span is None:
            return self.reach
        try:
            return self.reach - span if self._forward else self.reach + span
        except OverflowError:
            return ending(self._direction)

    def next_exchange(self, size: int) -> Exchange:
        """The exchange under way, or a new one for what is to be read next."""
        if self.exchange is not None:
            return self.exchange
        adapter, compiled = self._scope.access.adapter, self._scope.plan.compiled
        if self._fetch_start and self._cursor is not None:
            request = adapter.get_request(self._cursor)
        else:
            if self._cursor is None or self._by_session:
                self._asked = self._sieve.window
            if compiled.inclusive and self._cursor is not None:
                size = max(2, min(size + 1, compiled.page_size))
            self._place = Place(
                cursor=self._cursor,
                direction=self._direction,
                size=size,
                window=self._asked if compiled.reach.windowed else None,
            )
            request = adapter.page_request(compiled, self._stretch.stream, self._place)
        self.trust.note_asked()
        self.exchange = Exchange(self._scope.access, request, remember_path=not self._fetch_start)
        return self.exchange

    def receive(self, event: Answered | Failed, now: float) -> None:
        """Take in what came of the exchange under way.

        Raises:
            ProviderError: if it is a failure for good, or not a page that can be relied on.
        """
        exchange = self.exchange
        assert exchange is not None
        try:
            if isinstance(event, Failed):
                exchange.fail(event.error, now)
            elif (success := exchange.answer(event.response, now)) is not None:
                self._try_to_read(exchange, success, now)
        except NotFound as error:
            if not self._fetch_start:
                error.hint = _NO_LIST if error.hint == NotFound.hint else error.hint
                raise
            self._scope.tally.vanished += 1
            self._begin_list()
        except NotYetListed as error:
            self.exchange = None
            self._take_page(nothing_yet(self._place, error))
        except PlaceExpired:
            if self._cursor is None or not self.begin_again():
                raise

    def shrink(self, window: Window) -> None:
        """Cover less than before. A request that was not sent yet is made anew.

        Where all that is left lies behind the place at which this began, nothing is read any more:
        to go on after ten o'clock, what was created between eleven and noon need not be read.
        """
        until = None if self._sieve.window is None else self._sieve.window.until
        since, self._sieve.window = window.since, Window(window.since, until)
        if since is not None and until is not None and since >= until:
            self.done, self.reach = True, ending(self._direction)
            return
        if self._cursor is None and self.exchange is not None and not self.exchange.sent:
            self.exchange = None

    # Reading.

    def _try_to_read(self, exchange: Exchange, success: Response, now: float) -> None:
        try:
            self._read(exchange, success)
        except PlaceExpired:
            raise
        except TransientError as error:
            exchange.reject(error, now)

    def _read(self, exchange: Exchange, success: Response) -> None:
        adapter = self._scope.access.adapter
        if self._fetch_start:
            session = adapter.parse_session(success)
            self._scope.tally.rows_read += 1
            self._add(self._sieve.belonging([session], alone=True))
            self._begin_list()
            return
        page = adapter.parse_page(success, self._place)
        exchange.confirm()
        self.exchange = None
        self._take_page(page)

    def _begin_list(self) -> None:
        """Go on with the list, now that the session at its beginning was fetched, or is gone."""
        self._fetch_start = False
        self._read_place = attrs.evolve(self._read_place, inclusive=False)
        self.exchange = None

    def _take_page(self, page: ProviderPage) -> None:
        tally, sent = self._scope.tally, page.sessions
        tally.rows_read += len(sent)
        self._scope.told.note(sent)
        first, last = (sent[0].id, sent[-1].id) if sent else (None, None)
        tally.pages.append(PageSpan(first, last, len(sent)))
        self.pages += 1
        if page.settled is not None:
            self._scope.settled = min(page.settled, self._scope.settled or page.settled)
        rows = self._without_own_row(sent if self._forward else sent[::-1])
        self._advance.check(page, rows, self._place.cursor)
        self._sieve.check_twins(rows)
        self._sieve.watch_window(self._place.window, rows)
        known = self.trust.within(rows)
        unseen = self._unseen(known)
        tally.duplicates += len(known) - len(unseen)
        if any(session.created <= self._scope.ceiling for session in unseen):
            self._reopenings, self._sieve.goes_back = 0, False
        matching = self._sieve.belonging(unseen)
        if (page.more is False or not rows) and not self.trust.is_partial:
            matching += self._sieve.end()
        self._counts.add(page, rows, known, len(unseen))
        self._add(matching)
        self._move_on(page, rows, known)
        self._scope.tell_of_page(len(sent), matching)

    def _move_on(self, page: ProviderPage, rows: list[Session], known: list[Session]) -> None:
        """Note how far the list was read, and where it goes on.

        A list that ends, but was asked while sessions might still come to it, has not ended yet;
        nor does a page without a row tell how far it reaches.
        """
        again = self._sieve.reads_again
        if known and not again:
            self._read_to = Frontier.at(known[-1].created, known, None)
            reach, passed = known[-1].created, self.trust.passed
            if self._scope.ordered and not (passed and before(reach, passed, self._direction)):
                self.reach = later(reach, self._least_reach, self._direction)
                self.trust.passed = None
        ended = page.more is False or (not rows and not self._advance.goes_on(page))
        left_early = not ended and bool(rows) and self._beyond(rows[-1])
        partly = self.trust.is_partial
        if len(known) < len(rows) or (partly and (ended or left_early or not rows)):
            beyond = rows[-1].created if len(known) < len(rows) else ending(self._direction)
            self.trust.held_back = beyond
            if rows or ended:
                self.reach = self.trust.passed = self.trust.until_for_page
                self.trust.shows_again = True
            self._stay_within_page(known)
            return
        self.trust.held_back, self.left_early = None, left_early
        if ended or left_early:
            self.done, self.reach = True, ending(self._direction)
            if ended and self._counts_all:
                self.missing = self._counts.missing
            return
        self._cursor = page.next
        if again:
            return
        if rows:
            self._read_place = self._beside(rows[-1], page.next)
        elif page.next is not None:
            self._read_place = attrs.evolve(self._read_place, cursor=page.next)

    def _stay_within_page(self, known: list[Session]) -> None:
        """Ask for the rest of a page once more: it cannot be relied on yet."""
        if self._by_session:
            if known:
                self._cursor = known[-1].id
            if known and not self._sieve.reads_again:
                self._read_place = StreamPosition.beside(known[-1])
            return
        self._sieve.skip.update(map(mark, (*self._sieve.handed_out, *(one.id for one in known))))
        skip = frozenset(self._sieve.skip)
        self._read_place = attrs.evolve(self._read_place, skip=skip)

    def _add(self, sessions: list[Session]) -> None:
        self._first = self._first or next(iter(sessions), None)
        ids = [*self._sieve.handed_out, *(session.id for session in sessions)]
        if ids and not self._by_session:
            self._places.add(self._place.cursor, ids)
        self.ready.extend(sessions)

    # Which of a page's rows count.

    def _without_own_row(self, rows: list[Session]) -> list[Session]:
        """Without the session that the place names, where pages begin with it."""
        inclusive = self._scope.plan.compiled.inclusive
        if inclusive and rows and rows[0].id == self._place.cursor:
            self._scope.tally.duplicates += 1
            return rows[1:]
        return rows

    def _unseen(self, known: list[Session]) -> list[Session]:
        """Those that were not shown before.

        Where a page is asked for once more, the order is watched beyond what was relied on: what
        arrived at its top meanwhile is no disorder.
        """
        if self.trust.held_back is None:
            self._sieve.check_leads_on(known)
        if self.trust.held_back is None and not self.trust.shows_again:
            return self.trust.after_passed(self._sieve.unseen(known, known))
        return self._sieve.unseen(self.trust.after_passed(known), known)

    # What a page tells.

    def _beyond(self, session: Session) -> bool:
        """Whether nothing that follows a session lies in this stretch, going by the order."""
        if self._scope.beyond(session, self._direction):
            return True
        orderly = self._scope.ordered and self._scope.in_order and self._forward
        if not orderly or self._asked_for_no_more:
            return False
        start, window = self._scope.start, self._sieve.window
        since = None if window is None else window.since
        turns = self._direction is not self._scope.direction and start is not None
        return (turns and start is not None and session.created < start.created) or (
            since is not None and self._windows_by_creation and session.created < second(since)
        )

    @property
    def _asked_for_no_more(self) -> bool:
        """Whether the provider itself ends the list at the window's end, whatever its order."""
        sent = self._scope.plan.compiled.reach.windowed and self._scope.windows_hold
        return sent and (self._by_session or self._asked is self._sieve.window)

    # Places.

    def begin_again(self) -> bool:
        """Read the list from its beginning, but for what was read; False if that does not help."""
        self._reopenings += 1
        self.exchange = None
        if self._cursor is None:
            return True
        behind = [one for one in (self._started_at(), self._read_to) if one is not None]
        if self._reopenings > _MOST_REOPENINGS or not behind or not self._forward:
            return False
        self._sieve.begin_again(behind, self._read_place)
        self._begun_again, self._cursor = True, None
        return True

    def _seen_at_start(self) -> datetime:
        """The moment before which nothing lies ahead of where this begins, as is known already."""
        direction, seen, behind = self._direction, self._start.seen, self._scope.start
        known = beginning(direction) if seen is None else seen
        by_time = self._stretch.by_time and direction is self._scope.direction
        if behind is None or not (by_time and self._scope.ordered):
            return known
        return later(known, behind.created, direction)

    def _seen(self, used: int) -> datetime | None:
        """The moment before which nothing lies ahead of the first ``used`` of ``ready``."""
        seen = self.ready[used].created if used < len(self.ready) else self.reach
        scope = self._scope
        orderly = scope.thrifty and scope.ordered and scope.in_order
        return seen if orderly and seen != beginning(self._direction) else None

    def _started_at(self) -> Frontier | None:
        """By time, the place at which this began."""
        start = self._start
        if self._by_session and start.created is not None:
            return Frontier(start.created)
        return self._scope.start if self._direction is self._scope.direction else None

    def _beside(self, session: Session, place: str | None) -> StreamPosition:
        """The place after a page, ``session`` being its last."""
        match self._scope.plan.compiled.paging:
            case Paging.SESSION_ID:
                return StreamPosition.beside(session)
            case Paging.TOKEN:
                created: datetime | None = session.created
            case Paging.OFFSET:
                created = None
        skip, inside = frozenset(self._sieve.awaited), self._sieve.inside
        return StreamPosition(cursor=place, created=created, skip=skip, inside=inside)

    def _after(self, used: int) -> StreamPosition:
        """The place right after the last row used."""
        last = self.ready[used - 1] if used else self._last_used
        if last is None:
            return self._start
        if self._by_session:
            return StreamPosition.beside(last)
        return self._places.after(last)

    @property
    def _forward(self) -> bool:
        return self._direction is Direction.FORWARD

    @property
    def _by_session(self) -> bool:
        return self._scope.plan.compiled.paging is Paging.SESSION_ID

    @property
    def _windows_by_creation(self) -> bool:
        return self._scope.plan.compiled.reach.by == "created"

    @property
    def _counts_all(self) -> bool:
        """Whether what it read is all that a page's total counts."""
        whole = self._stretch.window is self._sieve.window and not self._sieve.reopened
        return whole and self._start == StreamPosition()
