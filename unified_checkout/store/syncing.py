"""``sync``: from the accounts of a client into a store."""

from __future__ import annotations

import glob
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs

from unified_checkout.client import Client
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.runtime import ambient
from unified_checkout.errors import InvalidQuery, NotFound, ProviderError, UnusableStore
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
from unified_checkout.store.spool import Arrivals, Spool
from unified_checkout.store.store import Store
from unified_checkout.store.writing import Slice, Written

_SLICE = 50_000
"""Sessions of one slice: a store is held for about a second to write so many."""
_IDS_AT_ONCE = 500

Told = Callable[[Written], None]


@attrs.frozen(kw_only=True)
class Manner:
    """How a sync reads and what it keeps.

    >>> Manner(raw=False).patience.settled
    datetime.timedelta(days=1)
    """

    patience: Patience = attrs.field(factory=Patience)
    """How often sessions are read again that may still change."""
    raw: bool = True
    """Whether the provider's own text of each session is kept, in ``session_raw``."""
    slice_rows: int = _SLICE
    """How many sessions are written at once, at the most."""
    told: Told = lambda written: None
    """Is called with each slice once it is in the store."""


@attrs.frozen(kw_only=True)
class SyncRun:
    """What a sync came to."""

    run: str
    """Names the run in the table ``runs``."""
    slices: tuple[Written, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that was to be read was read."""
        return all(one.complete for one in self.slices)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers."""
        slices = [
            {name: _plain(value) for name, value in attrs.asdict(one).items()}
            for one in self.slices
        ]
        return {"run": self.run, "complete": self.complete, "slices": slices}


def sync(
    client: Client,
    store: Store,
    *,
    since: datetime | None = None,
    recheck: timedelta | None = None,
    only: Iterable[str] | None = None,
    accounts: Sequence[str] | None = None,
    manner: Manner | None = None,
) -> SyncRun:
    """Bring a store up to date with the accounts of a client.

    The first time everything is read that was created since ``since``, or that there is. Later it
    is what was created since the last time, and what may have changed. Each slice is read first and
    then written in one transaction; an account that fails is noted in the table ``runs``, and the
    others are read all the same.

    Args:
        client: the accounts, each of which keeps its name in the store.
        store: where the sessions go.
        since: how far back the store is to go, aware; None as before, or to the beginning.
        recheck: everything that was created within this time is read again.
        only: these ids are read, and nothing else.
        accounts: the names of the accounts to read; None reads all.
        manner: how to read, and what to keep.

    Raises:
        UnknownAccount: if an account that is named is not there.
        UnusableStore: if the store holds an account of this name at another provider.
        StoreInUse: if another sync of the store is under way, or a program holds it.
        StoreError: if writing fails; what was written until then is whole.

    >>> from unified_checkout import Client
    >>> from unified_checkout.sandbox import Sandbox
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Sandbox(sessions=20, seed=1) as sandbox:
    ...     with Client(sandbox.accounts) as client, Store.open(f"{folder}/all.duckdb") as store:
    ...         run = sync(client, store)
    ...         count = store.query("SELECT count(*) AS n FROM sessions").to_pylist()
    ...         count[0]["n"] == 20 * len(client.accounts), run.complete
    (True, True)
    """
    if since is not None and since.utcoffset() is None:
        raise InvalidQuery("since: give an aware datetime, such as 2026-10-01T00:00:00Z")
    manner = manner or Manner()
    names = [one.account for one in client.sessions.explain(accounts=accounts, kind="any").accounts]
    now = ambient().now()
    wish = Wish(since=since, recheck_since=None if recheck is None else now - recheck)
    run = uuid4().hex
    slices: list[Written] = []
    with store.for_one_sync(), _temporary(store) as folder:
        known = {name: _known(client, store, name, manner.patience) for name in names}
        for name in names:
            reader = _AccountReader(client, name, folder, manner, run, len(slices))
            for one in reader.slices(known[name], wish, only):
                written = store.apply(one)
                one.spool.remove()
                slices.append(written)
                manner.told(written)
    return SyncRun(run=run, slices=tuple(slices))


def _known(client: Client, store: Store, name: str, patience: Patience) -> Known:
    """What the store tells of an account.

    Raises:
        UnusableStore: if it was read from another provider.
    """
    adapter = next(one for one in client.accounts if one.name == name).adapter()
    now = ambient().now()
    provider, known = store.known(
        name, now - (adapter.changes_for or patience.horizon), now - patience.settled
    )
    if provider not in (None, adapter.name):
        raise UnusableStore(
            f"the store holds an account {name!r} of provider {provider!r}, which is at "
            f"{adapter.name!r} now; give the account another name, or name another store"
        )
    return known


def _temporary(store: Store) -> tempfile.TemporaryDirectory[str]:
    """A folder for what was read, gone with everything in it when the run ends.

    Those of runs that were killed go now: no other run is under way.
    """
    prefix = f".{store.name}-unified-checkout-"
    if store.folder is not None:
        for left in store.folder.glob(f"{glob.escape(prefix)}*"):
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=prefix, dir=store.folder)


class _AccountReader:
    """Reads an account as planned and makes slices of what it read."""

    def __init__(
        self, client: Client, name: str, folder: str, manner: Manner, run: str, number: int
    ) -> None:
        self._account = next(one for one in client.accounts if one.name == name)
        self._adapter = self._account.adapter()
        self._arrivals = Arrivals(ambient().now)
        self._sessions = client.sessions.watched(self._arrivals)
        self._folder = Path(folder)
        self._manner = manner
        self._run = run
        self._number = number
        plan = client.sessions.explain(accounts=name, kind="any").accounts[0]
        self._page_size = plan.page_size
        self._expand = sorted({one.expand for one in plan.untold.values() if one.expand})
        self._list_tells_all = all(one.expand for one in plan.untold.values())
        self._goal = BEGINNING

    def slices(self, known: Known, wish: Wish, only: Iterable[str] | None) -> Iterator[Slice]:
        """Everything that is to be written, one after the other, up to the first failure."""
        planned: list[Read]
        if only is not None:
            planned = [Gets(tuple(only))]
        else:
            ability = Ability(
                page_size=self._page_size,
                by_id=self._adapter.reads_by_id,
                list_tells_all=self._list_tells_all,
            )
            planned = reads(known, ability, self._manner.patience, wish)
            self._goal = wanted_since(known, wish)
        for number, read in enumerate(planned):
            made = (
                self._by_id(read.ids)
                if isinstance(read, Gets)
                else self._window(read, "backfill" if number and read.until else "window")
            )
            for one in made:
                yield one
                if not one.complete:
                    return

    def _window(self, window: Window, read: str) -> Iterator[Slice]:
        """The list of a span of time, newest first, in slices that adjoin."""
        bounds = {"gte": None if window.since == BEGINNING else window.since, "lt": window.until}
        query = ListSessions(
            accounts=(self._account.name,),
            kind="any",
            created={name: bound for name, bound in bounds.items() if bound} or None,  # type: ignore[arg-type]
            expand=self._expand,
            limit=self._manner.slice_rows,
        )
        began, shifting = ambient().now(), False
        covers_to, cursor = None, None
        while True:
            at = ambient().now()
            listing = self._sessions.list(query, cursor=cursor, on_error="report")
            spool = self._spool()
            spool.fill(listing, self._arrivals)
            [coverage] = listing.coverage.accounts
            covers_to = covers_to or _last(window, coverage, began)
            covered = _covered(coverage, covers_to) if coverage.complete else None
            shifting = shifting or coverage.shifting
            more = coverage.complete and coverage.more is not False
            yield self._slice(
                read=read,
                began=at,
                complete=coverage.complete,
                reason=coverage.promise if coverage.shifting else coverage.reason,
                requests=coverage.requests,
                spool=spool,
                covered=covered,
                checked=None if more or shifting else covered,
                checked_since=began,
                coverage=coverage,
                wanted_since=self._goal,
            )
            if not more:
                return
            cursor = listing.cursor

    def _by_id(self, ids: Sequence[str]) -> Iterator[Slice]:
        """Single sessions; of those that fail the rest is not read."""
        for first in range(0, len(ids), _IDS_AT_ONCE):
            part, at = ids[first : first + _IDS_AT_ONCE], ambient().now()
            reason, found = "each was asked for", dict[str, Session | NotFound]()
            try:
                found = self._sessions.get_many(part, account=self._account.name)
            except ProviderError as error:
                reason = str(error)
            spool = self._spool()
            spool.fill((one for one in found.values() if isinstance(one, Session)), self._arrivals)
            yield self._slice(
                read="ids",
                began=at,
                complete=bool(found),
                reason=reason,
                requests=len(found),
                spool=spool,
                gone=tuple(id for id, one in found.items() if isinstance(one, NotFound)),
            )

    def _spool(self) -> Spool:
        return Spool(self._folder / f"{self._number}.arrow", raw=self._manner.raw)

    def _slice(self, **told: Any) -> Slice:
        self._number += 1
        return Slice(
            run=self._run,
            number=self._number,
            account=self._account.name,
            provider=self._adapter.name,
            ended=ambient().now(),
            **told,
        )


def _last(window: Window, coverage: AccountCoverage, began: datetime) -> datetime:
    """The last creation that a reading of the window's top can speak of.

    Of the clock here and the provider's the earlier one counts: a mark that is too early costs a
    page, one that is too late a session.
    """
    ends = [coverage.covers_to, began]
    if window.until is not None:
        ends.append(window.until - timedelta(microseconds=1))
    return min(ends)


def _covered(coverage: AccountCoverage, covers_to: datetime) -> Span | None:
    since = coverage.covers_from or BEGINNING
    return None if since > covers_to else Span(since=since, until=covers_to)


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
