"""Reads an account as planned, and makes slices of what it read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.adapters import Adapter
from unified_checkout.client.sessions import Sessions
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.runtime import Observer, ambient
from unified_checkout.errors import (
    ConfigurationError,
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
    Gets,
    Known,
    Patience,
    Read,
    Span,
    Window,
    Wish,
    reads,
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

    @property
    def afresh(self) -> bool:
        """Whether the settings changed: the list is read as if for the first time, and who is not
        in it may only be shown no more."""
        return differ(self.known.settings, self.settings)

    @property
    def proved(self) -> Known:
        """What of the store holds under the settings."""
        return attrs.evolve(self.known, complete=None) if self.afresh else self.known


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
        self._given_up = False

    def slices(self, check: Callable[[], None]) -> Iterator[Slice]:
        """Everything that is to be written, one after the other, as far as it can be read.

        Args:
            check: is called now and then, and raises if nobody waits for the rest.
        """
        for number, read in enumerate(self._planned()):
            self._desk.begins(self._name, read)
            if isinstance(read, Gets):
                yield from self._by_id(read.ids, check)
            else:
                word = "backfill" if number and read.until else "window"
                yield from self._window(read, word, check)
            if self._given_up:
                break
        self._desk.begins(self._name, None)

    def _planned(self) -> list[Read]:
        if self._work.only is not None:
            return [Gets(tuple(self._work.only))]
        if self._work.moments:
            return [Window(one, one + _MOMENT) for one in self._work.moments]
        back = self._work.plan.compiled.reach.earliest
        ability = Ability(
            earliest=BEGINNING if back is None else ambient().now() - back,
            page_size=self._work.plan.page_size,
            by_id=self._adapter.reads_by_id,
            list_tells_all=self._list_tells_all,
        )
        return reads(self._work.proved, ability, self._desk.patience, self._work.wish)

    def _window(self, window: Window, read: str, check: Callable[[], None]) -> Iterator[Slice]:
        """The list of a span of time, newest first, in slices that adjoin."""
        bounds = {"gte": None if window.since == BEGINNING else window.since, "lt": window.until}
        query = ListSessions(
            accounts=(self._name,),
            kind="any",
            created={name: bound for name, bound in bounds.items() if bound} or None,  # type: ignore[arg-type]
            expand=self._expand,
            limit=self._desk.slice_rows,
        )
        began, shifting = ambient().now(), False
        covers_to, cursor = None, None
        while True:
            at = ambient().now()
            listing = self._sessions.list(query, cursor=cursor, on_error="report")
            number, spool = self._spool()
            spool.fill(self._handed_on(listing, check), self._arrivals)
            [coverage] = listing.coverage.accounts
            covers_to = covers_to or _last(window, coverage, began)
            covered = _covered(coverage, covers_to) if coverage.complete else None
            shifting = shifting or coverage.shifting
            more = coverage.complete and coverage.more is not False
            self._given_up = not coverage.complete
            yield self._slice(
                number=number,
                read=read,
                began=at,
                complete=coverage.complete,
                reason=coverage.promise if coverage.shifting else coverage.reason,
                requests=coverage.requests,
                spool=spool,
                covered=covered,
                checked=None if more or shifting or self._work.afresh else covered,
                checked_since=began,
                by_id=self._adapter.reads_by_id,
                coverage=coverage,
                untold=tuple(one for one in coverage.untold if self._untold[one].by_id),
                wanted_since=wanted_since(self._work.known, self._work.wish),
            )
            if not more:
                return
            cursor = listing.cursor

    def _by_id(self, ids: Sequence[str], check: Callable[[], None]) -> Iterator[Slice]:
        """Single sessions. One that cannot be read keeps nobody from reading the others."""
        for first in range(0, len(ids), _IDS_AT_ONCE):
            part, at = ids[first : first + _IDS_AT_ONCE], ambient().now()
            watch = _Watch()
            asked = self._sessions.watched(watch)
            missing, failures = _asked_for(asked, self._name, part, watch, check)
            self._given_up = any(not isinstance(one, _OF_ONE_SESSION) for one in failures)
            number, spool = self._spool()
            spool.fill(watch.found.values(), self._arrivals)
            yield self._slice(
                number=number,
                read="ids",
                began=at,
                complete=not failures,
                reason=str(failures[0]) if failures else "each was asked for",
                requests=watch.requests,
                spool=spool,
                gone=missing,
                untold=tuple(name for name, one in self._untold.items() if one.expand),
            )
            if self._given_up:
                return

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


def _asked_for(
    sessions: Sessions, account: str, ids: Sequence[str], watch: _Watch, check: Callable[[], None]
) -> tuple[tuple[str, ...], list[Exception]]:
    """Ask for sessions, which the watch keeps; gives the ids that are not there, and failures.

    Where one of them fails for a reason of its own, the others are asked for one by one.
    """
    missing: list[str] = []
    failures: list[Exception] = []
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
                failures.append(error)
        except (ConfigurationError, ProviderError) as error:
            return tuple(missing), [*failures, error]
        else:
            missing += [id for id, one in found.items() if isinstance(one, NotFound)]
    return tuple(missing), failures


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
