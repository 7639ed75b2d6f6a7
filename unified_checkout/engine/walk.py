"""``Walk``: one stretch of a provider's list, read page after page by cursor."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from random import Random

import attrs

from unified_checkout.adapters import (
    Direction,
    Paging,
    Place,
    ProviderPage,
    Response,
    Stream,
    Window,
)
from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.coverage import PageSpan
from unified_checkout.engine.cursor import LanePosition
from unified_checkout.engine.exchange import Exchange
from unified_checkout.engine.seen import Seen
from unified_checkout.errors import NotFound, PagingError, ProviderError, UnreadableBody
from unified_checkout.model.session import Session


class Walk:
    """Reads a stream from a place, to its end or to the end of a window of time.

    ``rows`` are read, match and are not yet handed out, in reading order: newest first going
    forward, oldest first going backward.
    """

    def __init__(
        self,
        account: AccountReader,
        stream: Stream,
        start: LanePosition,
        window: Window | None = None,
    ) -> None:
        self.account = account
        self.window = window
        self.rows: deque[Session] = deque()
        self.position = start
        """Where it goes on, for another machine to resume there."""
        self.done = start.done
        self.left_early = start.early
        self.exchange: Exchange | None = None
        self.place = Place()
        self.handed_out: list[str] = []
        """Ids of the last page, or of one to come, that were handed out before this walk began."""
        self.rows_read = 0
        self.first_created: datetime | None = None
        self.last_created: datetime | None = None
        self._beyond, self._ends = start, start.done
        self._cursor = start.cursor
        self._stream = stream
        self._is_last_stream = stream is account.plan.compiled.streams[-1]
        self._forward = account.direction is Direction.FORWARD
        self._skip = set(start.skip)
        self._fetch_start = start.inclusive
        self._seen = Seen(account.direction, start.created)

    def next_exchange(self, size: int) -> Exchange:
        """The exchange under way, or a new one for what is to be read next."""
        if self.exchange is not None:
            return self.exchange
        reader = self.account
        if self._fetch_start and self._cursor is not None:
            request = reader.adapter.get_request(self._cursor)
        else:
            self.place = Place(
                cursor=self._cursor, direction=reader.direction, size=size, window=self.window
            )
            request = reader.adapter.page_request(reader.plan.compiled, self._stream, self.place)
        self.exchange = Exchange(
            reader.adapter,
            reader.state,
            request,
            effort=reader.tally,
            remember_path=not self._fetch_start,
        )
        return self.exchange

    def answer(self, response: Response, now: float, random: Random) -> list[Session]:
        """The sessions that match, if the response to the current exchange is a page.

        Raises:
            ProviderError: if it is a failure, or not a page that can be relied on.
        """
        exchange = self.exchange
        assert exchange is not None
        try:
            success = exchange.answer(response, now, random)
            return [] if success is None else self._read(exchange, success)
        except UnreadableBody as error:
            exchange.fail(error, now, random)
            return []
        except NotFound:
            if not self._fetch_start:
                raise
            self.account.tally.vanished += 1
            return self._begin_list([])

    def fail(self, error: ProviderError, now: float, random: Random) -> None:
        """Take note that the current exchange failed.

        Raises:
            ProviderError: the error, if trying again would not help.
        """
        assert self.exchange is not None
        self.exchange.fail(error, now, random)

    def cut(self, at: int) -> Walk:
        """Leave what was created before ``at``, in Unix seconds, to a new walk."""
        window = self.window or Window()
        self.window = Window(since=at, until=window.until)
        rest = Window(since=window.since, until=at)
        return Walk(self.account, self._stream, LanePosition(), rest)

    def advance(self) -> None:
        """Move past what was read last, now that it is kept: it is not read again."""
        self.position, self.done = self._beyond, self._ends

    def _read(self, exchange: Exchange, success: Response) -> list[Session]:
        adapter = self.account.adapter
        if self._fetch_start:
            session = adapter.parse_session(success)
            return self._begin_list(
                self.account.matching_alone(session, last_stream=self._is_last_stream)
            )
        page = adapter.parse_page(success, self.place)
        exchange.confirm()
        self.exchange = None
        return self._take(page)

    def _begin_list(self, found: list[Session]) -> list[Session]:
        self._fetch_start = False
        self._beyond = attrs.evolve(self.position, inclusive=False)
        self.exchange = None
        return found

    def _take(self, page: ProviderPage) -> list[Session]:
        sessions = page.sessions if self._forward else page.sessions[::-1]
        self._check_advance(page)
        unseen = self._unseen(sessions)
        tally = self.account.tally
        tally.rows_read += len(sessions)
        unread = self._within(unseen)
        tally.duplicates += len(unseen) - len(unread)
        matching = self.account.matching(unread, last_stream=self._is_last_stream)
        first, last = (page.sessions[0].id, page.sessions[-1].id) if sessions else (None, None)
        tally.pages.append(PageSpan(first, last, len(sessions)))
        if sessions:
            self.rows_read += len(sessions)
            self.first_created = self.first_created or sessions[0].created
            self.last_created = sessions[-1].created
        ended = page.more is False or not sessions
        self.left_early = not ended and self.account.beyond(sessions[-1])
        if ended or self.left_early:
            self._ends = True
            return matching
        self._cursor = page.next
        if inside := self._within(sessions):
            self._beyond = self._beside(inside[-1], page.next)
        return matching

    def _beside(self, session: Session, place: str | None) -> LanePosition:
        """The place after a page, ``session`` being its last."""
        match self.account.plan.compiled.paging:
            case Paging.SESSION_ID:
                return LanePosition.beside(session)
            case Paging.TOKEN:
                created: datetime | None = session.created
            case Paging.OFFSET:
                created = None
        return LanePosition(cursor=place, created=created, skip=tuple(sorted(self._skip)))

    def _within(self, sessions: list[Session]) -> list[Session]:
        """Those in the window, which may have shrunk meanwhile; others another walk reads."""
        if self.window is None:
            return sessions
        since, until = _moment(self.window.since), _moment(self.window.until)
        return [
            session
            for session in sessions
            if (since is None or session.created >= since)
            and (until is None or session.created < until)
        ]

    def _unseen(self, sessions: list[Session]) -> list[Session]:
        if not sessions:
            return []
        repeated = self._seen.repeated(sessions)
        if not self._seen.in_order:
            self.account.order_held = False
        if repeated is not None:
            if all(repeated) and self.account.plan.compiled.paging is not Paging.OFFSET:
                raise self._broken("the provider sent a page of sessions already seen")
            self.account.tally.duplicates += sum(repeated)
            sessions = [
                session for session, shown in zip(sessions, repeated, strict=True) if not shown
            ]
        if not self._skip:
            self.handed_out = []
            return sessions
        skipped = [session.id for session in sessions if session.id in self._skip]
        self.account.tally.duplicates += len(skipped)
        fresh = [session for session in sessions if session.id not in self._skip]
        self._skip.difference_update(skipped)
        self.handed_out = [*skipped, *sorted(self._skip)]
        return fresh

    def _check_advance(self, page: ProviderPage) -> None:
        if page.more and not page.sessions:
            raise self._broken("the provider says that there is more, and sends no session")
        if page.more is False or not page.sessions:
            return
        if page.next is None:
            raise self._broken("the provider names no place to continue from")
        if page.next == self.place.cursor:
            raise self._broken("the provider's cursor does not advance")

    def _broken(self, message: str) -> ProviderError:
        return self.account.malformed(message, PagingError)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
