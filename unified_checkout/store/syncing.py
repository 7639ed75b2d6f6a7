"""``sync``: from the accounts of a client into a store."""

from __future__ import annotations

import glob
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from types import NoneType
from typing import Any
from uuid import uuid4

import attrs

from unified_checkout.adapters import Adapter
from unified_checkout.client import Client
from unified_checkout.client.sessions import budget_of
from unified_checkout.engine.runtime import ambient
from unified_checkout.errors import BudgetSpent, InvalidQuery, UnusableStore
from unified_checkout.model import times
from unified_checkout.model.validation import expect
from unified_checkout.store.plan import Horizon, Known, Patience, Read, Wish, check_since
from unified_checkout.store.reader import Desk, Work, read_together
from unified_checkout.store.settings import fingerprint
from unified_checkout.store.store import Store
from unified_checkout.store.writing import Written

_SLICE = 50_000
"""Sessions of one slice: a store is held for about a second to write so many."""

Told = Callable[[Written], None]
Begins = Callable[[str, Read | None], None]
Reached = Callable[[str, datetime], None]


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
    accounts_at_once: int = 8
    """How many accounts are read at the same time; the store is written by one thread."""
    told: Told = lambda written: None
    """Is called with each slice once it is in the store."""
    begins: Begins = lambda account, read: None
    """Is called with an account and what is read of it next, None at the end, from the thread that
    reads it."""
    reached: Reached = lambda account, created: None
    """Is called now and then with an account and the creation down to which its list was read."""

    def __attrs_post_init__(self) -> None:
        expect("patience", self.patience, Patience, "a Patience")
        expect("raw", self.raw, bool, "a bool")
        for name in ("slice_rows", "accounts_at_once"):
            expect(name, getattr(self, name), int, "a number from 1 on")
            if getattr(self, name) < 1:
                raise InvalidQuery(f"{name} is {getattr(self, name)}; allowed: a number from 1 on")
        for name in ("told", "begins", "reached"):
            expect(name, getattr(self, name), Callable, "a function")  # type: ignore[arg-type]


@attrs.frozen(kw_only=True)
class SyncRun:
    """What a sync came to."""

    run: str
    """Names the run in the table ``runs``."""
    slices: tuple[Written, ...]
    stopped: str = ""
    """What the run was stopped at, in words, if its budget was spent; the next one goes on."""
    went_on: bool = False
    """Whether it read what an earlier run had left, and nothing else."""

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
        return {
            "run": self.run,
            "complete": self.complete,
            "stopped": self.stopped,
            "went_on": self.went_on,
            "slices": slices,
        }


def sync(
    client: Client,
    store: Store,
    *,
    since: datetime | None = None,
    recheck: timedelta | None = None,
    only: Iterable[str] | None = None,
    accounts: Sequence[str] | None = None,
    manner: Manner | None = None,
    max_requests: int | None = None,
    deadline: float | timedelta | None = None,
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
        max_requests: how many requests may be sent in all, retries included. Accounts are then read
            one after the other.
        deadline: how long reading may take in all, in seconds.

    A run that ``max_requests`` or the deadline stops keeps what it has read, and says what is left;
    the next one with either of them goes on there, and asks nothing else. Without, a run begins anew.

    Raises:
        BudgetSpent: if it was stopped before it got anywhere; it says what to allow.
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
    expect("client", client, Client, "a Client")
    check_since(since)
    expect("store", store, Store, "what Store.open gives")
    expect("recheck", recheck, (timedelta, NoneType), "a timedelta")
    expect("manner", manner, (Manner, NoneType), "a Manner")
    manner = manner or Manner()
    budget = budget_of(max_requests, deadline)
    plans = client.sessions.explain(accounts=accounts, kind="any").accounts
    adapters = {one.name: one.adapter() for one in client.accounts}
    ids = None if only is None else _ids(only, [adapters[one.account] for one in plans])
    now = ambient().now()
    since_then = None if recheck is None else times.since(now, recheck)
    wish = Wish(since=since, recheck_since=since_then, recheck=recheck)
    with store.for_one_sync(), _temporary(store) as folder:
        desk = Desk(
            run=uuid4().hex,
            folder=Path(folder),
            numbers=itertools.count(1),
            patience=manner.patience,
            raw=manner.raw,
            slice_rows=manner.slice_rows,
            begins=manner.begins,
            reached=manner.reached,
            budget=budget,
        )
        works: list[Work] = []
        for plan in plans:
            adapter = adapters[plan.account]
            known = _known(store, plan.account, adapter, manner.patience)
            settings = fingerprint(adapter)
            work = Work(
                plan=plan,
                known=known,
                wish=wish,
                only=ids,
                settings=settings,
                left_off=known.left_off if budget.is_bounded else None,
                aside=ids is not None,
            )
            works.append(work if work.goes_on else attrs.evolve(work, left_off=None))
        works = _left(works)
        reading = _Reading(client, adapters, store, desk, manner)
        slices = reading.written(works)
        slices += reading.written(_of_missed(works, slices))
    stopped = desk.stops[0].stopped if desk.stops else ""
    got_on = desk.got_on or any(one.got_on for one in desk.stops)
    if stopped and not got_on and len(desk.stops) == sum(not one.complete for one in slices):
        raise BudgetSpent(stopped, None, None, desk.stops[0].enough)
    went_on = any(map(_is_left, works))
    return SyncRun(run=desk.run, slices=tuple(slices), stopped=stopped, went_on=went_on)


@attrs.frozen
class _Reading:
    """From the accounts of a client into a store."""

    client: Client
    adapters: Mapping[str, Adapter[Any]]
    store: Store
    desk: Desk
    manner: Manner

    def written(self, works: Sequence[Work]) -> list[Written]:
        """Read what the works name, several accounts at once, and write each slice."""
        slices: list[Written] = []
        counted = self.desk.budget.max_requests is not None
        at_once = 1 if counted else self.manner.accounts_at_once
        sessions = self.client.sessions.within(self.desk.budget)
        with closing(read_together(sessions, self.adapters, works, self.desk, at_once)) as read:
            for one in read:
                written = self.store.apply(one)
                one.spool.remove()
                slices.append(written)
                self.manner.told(written)
        return slices


def _left(works: Sequence[Work]) -> list[Work]:
    """Those accounts that an earlier run left when its budget was spent, if there are any; else all.

    That one failed before is no reason to leave the others alone, or to ask it before them.
    """
    if not any(map(_is_left, works)):
        return list(works)
    left = [work for work in works if work.left_off is not None or work.widens]
    return sorted(left, key=lambda work: not _is_left(work))


def _is_left(work: Work) -> bool:
    return work.left_off is not None and not work.left_off.failed


def _of_missed(works: Sequence[Work], slices: Sequence[Written]) -> list[Work]:
    """To ask for what the lists left out; where an account failed, the next run does so."""
    failed = {one.account for one in slices if not one.complete}
    missed: dict[str, list[str]] = {work.plan.account: [] for work in works}
    for one in slices:
        missed[one.account] += one.missed if one.account not in failed else ()
    ids = [(work, missed[work.plan.account]) for work in works]
    return [attrs.evolve(work, only=some, left_off=None) for work, some in ids if some]


def _ids(only: Iterable[str], adapters: Sequence[Adapter[Any]]) -> tuple[str, ...]:
    """The ids to read, which each of the providers can be asked for.

    Raises:
        InvalidQuery: if one of them gives no single session.
    """
    if isinstance(only, str) or not isinstance(only, Iterable):
        raise InvalidQuery("only: give a list of ids")
    ids = tuple(only)
    for id in ids:
        expect("only: an id", id, str, "a string")
    for adapter in adapters:
        if not adapter.reads_by_id:
            raise InvalidQuery(f"{adapter.title} gives no single session by its id; list them")
    return ids


def _known(store: Store, name: str, adapter: Adapter[Any], patience: Patience) -> Known:
    """What the store tells of an account.

    Raises:
        UnusableStore: if it was read from another provider.
    """
    horizon = Horizon.of(patience, adapter.changes_for, ambient().now(), by_id=adapter.reads_by_id)
    provider, known = store.known(name, horizon)
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
    folder = store.folder or Path(tempfile.gettempdir())
    for left in folder.glob(f"{glob.escape(prefix)}*"):
        shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=prefix, dir=folder)


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
