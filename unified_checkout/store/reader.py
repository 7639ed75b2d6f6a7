"""Reads an account as planned, and makes slices of what it read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.adapters import Adapter, Paging
from unified_checkout.client.listings import SessionList, budget_told, continuation, is_refused
from unified_checkout.client.sessions import Sessions
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.runtime import Observer, ambient
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import (
    BudgetSpent,
    ConfigurationError,
    InvalidCursor,
    InvalidRequest,
    MalformedPage,
    NotFound,
    ProviderError,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.store.plan import (
    BEGINNING,
    Ability,
    Begun,
    Gets,
    Known,
    LeftOff,
    Patience,
    Read,
    Span,
    Window,
    Wish,
    in_words,
    reads,
    rest,
    wanted_since,
)
from unified_checkout.store.settings import differ
from unified_checkout.store.spool import Arrivals, Spool
from unified_checkout.store.together import together
from unified_checkout.store.writing import Slice

_IDS_AT_ONCE = 500
_TELL_EVERY = 100
_MOMENT = timedelta(microseconds=1)
_OF_ONE_SESSION = (InvalidRequest, MalformedPage)
"""What a single session may fail with while others can be read."""


@attrs.frozen(kw_only=True)
class Work:
    """What a run reads of an account."""

    plan: AccountPlan
    """What is asked to list all that the account has."""
    known: Known
    wish: Wish
    settings: str | None = None
    """The fingerprint of the account's settings."""
    only: Sequence[str] | None = None
    """These ids are read, and nothing else; None for what is due."""
    moments: Sequence[datetime] = ()
    """What was created at these moments is listed, and nothing else."""
    left_off: LeftOff | None = None
    """Where to go on; None to begin anew."""
    aside: bool = False
    """Whether it is no part of bringing the account up to date."""

    @property
    def afresh(self) -> bool:
        """Whether the settings changed: the list is read as if for the first time, and who is not
        in it may only be shown no more."""
        return differ(self.known.settings, self.settings)

    @property
    def goes_on(self) -> bool:
        """Whether what was left is all that is wished, and of these settings."""
        left = self.left_off
        whole = left is not None and self.wish.recheck in (None, left.recheck)
        return whole and not self.afresh

    @property
    def widens(self) -> bool:
        """Whether the store is to go back further than before."""
        return self.known.wanted_since != wanted_since(self.known, self.wish)

    @property
    def proved(self) -> Known:
        """What of the store holds under the settings."""
        return attrs.evolve(self.known, complete=None) if self.afresh else self.known


@attrs.frozen
class Stop:
    """How a budget ended the reading of an account."""

    stopped: str
    """What it was stopped at, in words."""
    enough: str
    """What to allow to get on, in words."""
    got_on: bool
    """Whether less is left than before."""


@attrs.frozen(kw_only=True)
class Desk:
    """What the readers of all accounts share."""

    run: str
    folder: Path
    numbers: Iterator[int]
    """Count the slices of the run."""
    patience: Patience
    raw: bool
    slice_rows: int
    begins: Callable[[str, Read | None], None]
    """Is told of each read of an account as it begins, and of the end of all."""
    reached: Callable[[str, datetime], None]
    """Is told now and then down to which creation a list was read."""
    budget: Budget = attrs.field(factory=Budget)
    """What all of it may cost."""
    stops: list[Stop] = attrs.field(factory=list)
    """Where the budget ended what was read."""
    got_on: list[str] = attrs.field(factory=list)
    """The accounts of which something was read to an end."""


class _Watch(Observer):
    """Counts requests, and keeps the sessions that arrive, for reading by id."""

    def __init__(self) -> None:
        self.requests = 0
        self.found: dict[str, Session] = {}

    def sent(self, account: str, request: object, attempt: int) -> None:
        self.requests += 1

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        self.found.update((session.id, session) for session in sessions)


class AccountReader:
    """Reads an account as planned, and makes slices of what it read.

    Args:
        sessions: where to ask.
        adapter: the account's.
        work: what to read.
        desk: what all readers share.
    """

    def __init__(self, sessions: Sessions, adapter: Adapter[Any], work: Work, desk: Desk) -> None:
        self._arrivals = Arrivals(ambient().now)
        self._asked = sessions
        self._sessions = sessions.watched(self._arrivals)
        self._adapter = adapter
        self._name = work.plan.account
        self._work = work
        self._desk = desk
        self._untold = work.plan.untold
        untold = self._untold.values()
        self._expand = sorted({one.expand for one in untold if one.expand})
        self._list_tells_all = not any(one.by_id and not one.expand for one in untold)
        compiled = work.plan.compiled
        self._counted_off = compiled.paging is Paging.OFFSET and not compiled.grows_at_front
        """Whether a place in the list is none any more once sessions have come or gone."""
        self._given_up = False
        self._then: Sequence[Read] = ()
        """What is read after what is being read."""

    def slices(self, check: Callable[[], None]) -> Iterator[Slice]:
        """Everything that is to be written, one after the other, as far as it can be read.

        Args:
            check: is called now and then, and raises if nobody waits for the rest.
        """
        planned = self._planned()
        for number, read in enumerate(planned, 1):
            self._desk.begins(self._name, read)
            self._then = planned[number:]
            if isinstance(read, Gets):
                yield from self._by_id(read.ids, check)
            else:
                yield from self._window(read, check)
            if self._given_up:
                break
        self._desk.begins(self._name, None)

    def _planned(self) -> list[Read]:
        work, patience = self._work, self._desk.patience
        if work.only is not None:
            return [Gets(tuple(work.only))]
        if work.moments:
            return [Window(one, one + _MOMENT) for one in work.moments]
        back = work.plan.compiled.reach.earliest
        ability = Ability(
            earliest=BEGINNING if back is None else ambient().now() - back,
            page_size=work.plan.page_size,
            by_id=self._adapter.reads_by_id,
            list_tells_all=self._list_tells_all,
        )
        left = work.left_off
        planned = [] if left is None else rest(work.proved, left, ability, patience, work.wish)
        return planned or reads(work.proved, ability, patience, work.wish)

    def _window(self, window: Window, check: Callable[[], None]) -> Iterator[Slice]:
        """The list of a span of time, newest first, in slices that adjoin."""
        read = "backfill" if window.until and not self._work.moments else "window"
        begun = window.begun
        began = ambient().now() if begun is None else begun.began
        covers_to = None if begun is None else begun.covered.until
        tells_gone = not self._work.afresh if begun is None else begun.tells_gone
        refused = 0
        while True:
            at = ambient().now()
            listing, until = self._listing(window)
            number, spool = self._spool()
            spool.fill(self._handed_on(listing, check), self._arrivals)
            [coverage] = listing.coverage.accounts
            if window.leads_on and is_refused(listing) and not spool.rows:
                spool.remove()
                refused += coverage.requests
                window = window.without_place()
                continue
            covers_to = covers_to or _last(window, coverage, began)
            stopped, enough = budget_told(listing)
            onward = continuation(listing)
            stopped = stopped if coverage.reason.startswith(stopped or "\0") else ""
            proves = coverage.complete or (stopped and onward is not None)
            if window.begun is not None and not window.leads_on:
                proves = proves and coverage.covers_to >= window.begun.covered.since - _MOMENT
            covered = _covered(coverage, covers_to) if proves else None
            tells_gone = tells_gone and not coverage.shifting
            more = coverage.complete and coverage.more is not False
            before = window
            if covered is not None:
                leads_on = Begun(
                    began=began,
                    covered=covered,
                    cursor=onward,
                    until=until,
                    tells_gone=tells_gone,
                )
                window = attrs.evolve(window, begun=leads_on)
            self._given_up = not coverage.complete
            if self._given_up and self._counted_off:
                window = window.without_place()
            left = [window, *self._then] if self._given_up else []
            reason = coverage.promise if coverage.shifting else coverage.reason
            if stopped:
                got_on = window != before
                reason = self._stopped(Stop(stopped, enough, got_on), coverage.requests, left)
            elif coverage.complete:
                self._desk.got_on.append(self._name)
            yield self._slice(
                number=number,
                read=read,
                began=at,
                complete=coverage.complete,
                reason=reason,
                requests=refused + coverage.requests,
                spool=spool,
                covered=covered,
                checked=covered if coverage.complete and not more and tells_gone else None,
                checked_since=began,
                by_id=self._adapter.reads_by_id,
                coverage=coverage,
                untold=tuple(one for one in coverage.untold if self._untold[one].by_id),
                wanted_since=wanted_since(self._work.known, self._work.wish),
                **self._ending(left, failed=not stopped, over=not more),
            )
            if not more:
                return
            refused = 0

    def _listing(self, window: Window) -> tuple[SessionList, datetime | None]:
        """The list of a window from where it was read to, and before when it shows what was created.

        Where a place of before is of no use any more, the span that was covered tells it.
        """
        begun = window.begun
        if begun is not None and window.leads_on:
            with suppress(InvalidCursor):
                return self._listed(window.since, begun.until, begun.cursor), begun.until
        until = window.until
        if begun is not None:
            until = begun.covered.since + self._desk.patience.overlap
        return self._listed(window.since, until, None), until

    def _listed(self, since: datetime, until: datetime | None, cursor: str | None) -> SessionList:
        bounds = {"gte": None if since == BEGINNING else since, "lt": until}
        query = ListSessions(
            accounts=(self._name,),
            kind="any",
            created={name: bound for name, bound in bounds.items() if bound} or None,  # type: ignore[arg-type]
            expand=self._expand,
            limit=self._desk.slice_rows,
        )
        return self._sessions.list(query, cursor=cursor, on_error="report")

    def _by_id(self, ids: Sequence[str], check: Callable[[], None]) -> Iterator[Slice]:
        """Single sessions. One that cannot be read keeps nobody from reading the others."""
        for first in range(0, len(ids), _IDS_AT_ONCE):
            part, at = ids[first : first + _IDS_AT_ONCE], ambient().now()
            watch = _Watch()
            asked = _asked_for(self._sessions.watched(watch), self._name, part, watch, check)
            self._given_up = asked.given_up
            number, spool = self._spool()
            spool.fill(watch.found.values(), self._arrivals)
            settled = {*watch.found, *asked.missing, *asked.failed}
            later = tuple(id for id in ids[first:] if id not in settled)
            left = [*([Gets(later)] if later else []), *self._then] if self._given_up else []
            reason = str(asked.failures[0]) if asked.failures else "each was asked for"
            if asked.spent is not None:
                least = len(ids) if self._work.aside else 0
                enough = self._desk.budget.enough(asked.spent, least)
                stop = Stop(asked.spent, enough, bool(watch.found or asked.missing))
                reason = self._stopped(stop, watch.requests, left)
            elif not self._given_up:
                self._desk.got_on.append(self._name)
            yield self._slice(
                number=number,
                read="ids",
                began=at,
                complete=not asked.failures and asked.spent is None,
                reason=reason,
                requests=watch.requests,
                spool=spool,
                gone=asked.missing,
                untold=tuple(name for name, one in self._untold.items() if one.expand),
                **self._ending(
                    left, failed=asked.spent is None, over=first + _IDS_AT_ONCE >= len(ids)
                ),
            )
            if self._given_up:
                return

    def _stopped(self, stop: Stop, requests: int, left: Sequence[Read]) -> str:
        """What is said of an account that the budget stopped: also what to allow, where the next
        run would get no further."""
        self._desk.stops.append(stop)
        whole = 0 < requests == self._desk.budget.spent.requests
        stays = self._work.aside or (whole and not stop.got_on)
        allow = f"; allow {stop.enough}" if stays else ""
        return f"{stop.stopped}{allow}; left: {in_words(left)}"

    def _ending(self, left: Sequence[Read], *, failed: bool, over: bool) -> dict[str, Any]:
        """Whether the account's reading ends with a slice, and what is left of it.

        What a run without a budget could not read is read by the next one as if by the first.
        """
        if self._work.aside:
            return {}
        if not self._given_up:
            return {"ends": over and not self._then}
        if not self._desk.budget.is_bounded:
            return {}
        left_off = LeftOff.of(left, self._work.wish.recheck, failed=failed)
        return {"ends": True, "left_off": left_off}

    def _handed_on(
        self, sessions: Iterable[Session], check: Callable[[], None]
    ) -> Iterator[Session]:
        remaining = iter(sessions)
        while some := list(islice(remaining, _TELL_EVERY)):
            check()
            self._desk.reached(self._name, some[-1].created)
            yield from some

    def _spool(self) -> tuple[int, Spool]:
        number = next(self._desk.numbers)
        return number, Spool(self._desk.folder / f"{number}.arrow", raw=self._desk.raw)

    def _slice(self, **told: Any) -> Slice:
        return Slice(
            run=self._desk.run,
            account=self._name,
            provider=self._adapter.name,
            settings=self._work.settings,
            ended=ambient().now(),
            **told,
        )


def read_together(
    sessions: Sessions,
    adapters: Mapping[str, Adapter[Any]],
    works: Sequence[Work],
    desk: Desk,
    at_once: int,
) -> Generator[Slice, None, None]:
    """The slices of several accounts, so many of which are read at the same time.

    Args:
        sessions: where to ask.
        adapters: by account.
        works: what to read.
        desk: what all readers share.
        at_once: see :func:`together`.
    """
    readers = [AccountReader(sessions, adapters[one.plan.account], one, desk) for one in works]
    return together([reader.slices for reader in readers], at_once)


@attrs.define
class _Asked:
    """What came of asking for sessions, but for those that were found."""

    missing: tuple[str, ...] = ()
    failures: list[Exception] = attrs.field(factory=list)
    failed: list[str] = attrs.field(factory=list)
    """Those that cannot be read while others can."""
    spent: str | None = None
    """What it was stopped at, if the budget was spent."""

    @property
    def given_up(self) -> bool:
        """Whether not all were asked for."""
        alone = all(isinstance(one, _OF_ONE_SESSION) for one in self.failures)
        return self.spent is not None or not alone


def _asked_for(
    sessions: Sessions, account: str, ids: Sequence[str], watch: _Watch, check: Callable[[], None]
) -> _Asked:
    """Ask for sessions, which the watch keeps.

    Where one of them fails for a reason of its own, the others are asked for one by one.
    """
    asked = _Asked()
    groups = [list(ids)]
    while groups:
        check()
        group = groups.pop(0)
        try:
            found = sessions.get_many(group, account=account)
        except _OF_ONE_SESSION as error:
            if len(group) > 1:
                groups += [[id] for id in group if id not in watch.found]
            else:
                asked.failures.append(error)
                asked.failed += group
            continue
        except BudgetSpent as error:
            found, asked.spent = error.found, error.stopped
        except (ConfigurationError, ProviderError) as error:
            found = {}
            asked.failures.append(error)
        asked.missing += tuple(id for id, one in found.items() if isinstance(one, NotFound))
        if asked.given_up:
            break
    return asked


def _last(window: Window, coverage: AccountCoverage, began: datetime) -> datetime:
    """The last creation that a reading of the window's top can speak of.

    Of the clock here and the provider's the earlier one counts: a mark that is too early costs a
    page, one that is too late a session.
    """
    ends = [coverage.covers_to, began]
    if window.until is not None:
        ends.append(window.until - _MOMENT)
    return min(ends)


def _covered(coverage: AccountCoverage, covers_to: datetime) -> Span | None:
    since = coverage.covers_from or BEGINNING
    return None if since > covers_to else Span(since=since, until=covers_to)
