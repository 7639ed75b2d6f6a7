"""Sessions as a source for dlt, for those who have pipelines; needs the extra ``dlt``.

A store made by ``sync`` promises more: see ``docs/store.md``.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import attrs

from unified_checkout.adapters import Adapter
from unified_checkout.client import Client
from unified_checkout.engine.runtime import ambient
from unified_checkout.errors import ConfigurationError
from unified_checkout.extras import needing
from unified_checkout.model.validation import expect

with needing("dlt", "this needs"):
    import pyarrow as pa
    import pyarrow.compute

    from unified_checkout.store import shape
    from unified_checkout.store.plan import Due, Known, Patience, Span, Wish, check_since
    from unified_checkout.store.reader import Desk, Work, read_together
    from unified_checkout.store.settings import fingerprint, proved
    from unified_checkout.store.writing import Slice

__all__ = ["checkout_sessions", "load"]

if TYPE_CHECKING:
    from dlt import Pipeline
    from dlt.common.pipeline import LoadInfo
    from dlt.extract import DltResource

pc: Any = pyarrow.compute

_SLICE = 50_000
_AT_ONCE = 8
_MOMENT = shape.READ_AT.type
_RUNS = pa.schema(
    {
        "run": pa.string(),
        "slice": pa.int64(),
        "account": pa.string(),
        "read": pa.string(),
        "began": _MOMENT,
        "ended": _MOMENT,
        "complete": pa.bool_(),
        "reason": pa.string(),
        "covers_from": _MOMENT,
        "covers_to": _MOMENT,
        "requests": pa.int64(),
        "rows_read": pa.int64(),
        "rows_altered": pa.int64(),
    }
)
_MOVING = ("open", "unknown", None)
_UPSERT = {"disposition": "merge", "strategy": "upsert"}


@attrs.frozen(kw_only=True)
class _Kept:
    """What the pipeline's state tells of an account."""

    known: Known
    swept: datetime | None
    """When everything within the horizon was last read again."""
    open: dict[str, datetime]
    """The sessions that may change any time: when each was created, by id."""
    told: dict[str, datetime]
    """Of the sessions that the next list shows once more, those that were read by themselves: when
    each was created, by id."""
    per_second: float
    """How many sessions are created, roughly."""


def checkout_sessions(
    client: Client,
    *,
    since: datetime | None = None,
    accounts: Sequence[str] | None = None,
    raw: bool = False,
    patience: Patience | None = None,
) -> DltResource:
    """The sessions of a client's accounts, as a resource of dlt.

    It fills the table ``sessions`` by merging: the columns of a store's table of that name, with
    ``metadata`` and ``payment_intents`` as JSON beside them; and ``checkout_runs``, which says of each
    run whether an account could be read to its end. What was read is remembered in the pipeline's
    state; the next time it is what is new, and what may have changed. A session that vanished stays
    as it was.

    Args:
        client: the accounts; it has to stay open while the pipeline runs.
        since: how far back to go, aware; None as before, or to the beginning.
        accounts: the names of the accounts to read; None reads all.
        raw: add the column ``raw``, the provider's own text.
        patience: how often sessions are read again that may still change.

    Raises:
        ConfigurationError: if the extra ``dlt`` is not installed.
        UnknownAccount: if an account that is named is not there.

    >>> from unified_checkout import Client
    >>> from unified_checkout.sandbox import Sandbox
    >>> with Sandbox(sessions=3) as sandbox, Client(sandbox.accounts) as client:
    ...     source = checkout_sessions(client)  # for: load(dlt.pipeline(...), source)
    ...     source.name
    'sessions'
    """
    dlt = _dlt()
    expect("client", client, Client, "a Client")
    expect("patience", patience, (Patience, NoneType), "a Patience")
    check_since(since)
    client.sessions.explain(accounts=accounts, kind="any")
    reading = _Reading(client, since, accounts, patience or Patience(), raw)

    def sessions() -> Iterator[Any]:
        state = dlt.current.resource_state()
        runs: list[dict[str, Any]] = []
        with tempfile.TemporaryDirectory(prefix="unified-checkout-dlt-") as folder:
            for account in reading.accounts_read(state, Path(folder)):
                yield from account.tables(raw=raw)
                state[account.name] = account.remembered()
                runs += [_run_of(one) for one in account.slices]
        hints = dlt.mark.make_hints(
            table_name="checkout_runs", primary_key=["run", "slice"], write_disposition=_UPSERT
        )
        yield dlt.mark.with_hints(
            _keyed(pa.Table.from_pylist(runs, _RUNS)), hints, create_table_variant=True
        )

    made: DltResource = dlt.resource(
        sessions, name="sessions", write_disposition=_UPSERT, primary_key=["account", "id"]
    )
    return made


def load(pipeline: Pipeline, source: DltResource, **arguments: Any) -> LoadInfo:
    """Run a pipeline with a source, after what an earlier run left behind.

    dlt's own ``run`` loads what is pending and returns, as if it had loaded what it was given.

    Args:
        pipeline: where to; one pipeline for each dataset, since dlt's pipelines share tables there.
        source: what ``checkout_sessions`` gave.
        arguments: for ``pipeline.run``.
    """
    pipeline.activate()
    while pipeline.has_pending_data:
        pipeline.run()
    return pipeline.run(source, **arguments)


@attrs.frozen
class _Reading:
    """What a run of the resource reads."""

    client: Client
    since: datetime | None
    accounts: Sequence[str] | None
    patience: Patience
    raw: bool

    def accounts_read(self, state: Mapping[str, Any], folder: Path) -> list[_Read]:
        """Everything that is to be loaded, spooled in the folder."""
        adapters = {one.name: one.adapter() for one in self.client.accounts}
        plans = self.client.sessions.explain(accounts=self.accounts, kind="any").accounts
        desk = Desk(
            run=uuid4().hex,
            folder=folder,
            numbers=itertools.count(1),
            patience=self.patience,
            raw=self.raw,
            slice_rows=_SLICE,
            begins=lambda account, read: None,
            reached=lambda account, created: None,
        )
        found: dict[str, _Read] = {}
        works: list[Work] = []
        for plan in plans:
            adapter = adapters[plan.account]
            kept = _kept(state, plan.account, adapter.name)
            horizon = self.patience.horizon_of(adapter.changes_for)
            recheck = self._recheck_since(kept, horizon)
            wish = Wish(since=self.since, recheck_since=recheck)
            work = Work(plan=plan, known=kept.known, wish=wish, settings=fingerprint(adapter))
            found[plan.account] = _Read(
                plan.account,
                adapter.name,
                kept,
                sweeps=kept.swept is None or recheck is not None,
                overlap=self.patience.overlap,
                told_within=self._told_within(kept, work, horizon),
            )
            works.append(work)
        self._read(works, adapters, desk, found)
        again = [(work, found[work.plan.account].asked_again()) for work in works]
        moments = [(work, found[work.plan.account].listed_again()) for work in works]
        works = [attrs.evolve(work, only=ids) for work, ids in again if ids]
        works += [attrs.evolve(work, moments=some) for work, some in moments if some]
        self._read(works, adapters, desk, found)
        return list(found.values())

    def _read(
        self,
        works: Sequence[Work],
        adapters: Mapping[str, Adapter[Any]],
        desk: Desk,
        found: Mapping[str, _Read],
    ) -> None:
        with closing(read_together(self.client.sessions, adapters, works, desk, _AT_ONCE)) as read:
            for one in read:
                found[one.account].slices.append(one)

    def _told_within(self, kept: _Kept, work: Work, horizon: timedelta) -> Span | None:
        """The creations of which each session that a list shows in part is asked for by itself.

        Where everything within the horizon is read again, it is what was there the last time, as in
        a store; else what the list shows beyond the overlap, of which nobody knows whether it was
        told by itself. After a change of options the list is read from the beginning: then it is
        what lies within the horizon.
        """
        complete, swept = kept.known.complete, kept.swept
        if complete is None or swept is None:
            return None
        since = max(complete.since, swept - horizon) if work.afresh else complete.since
        if work.wish.recheck_since is not None:
            return Span(since=since, until=swept)
        return Span(since=since, until=complete.until - self.patience.overlap)

    def _recheck_since(self, kept: _Kept, horizon: timedelta) -> datetime | None:
        """Since when everything is read again: within the horizon, now and then."""
        now = ambient().now()
        if kept.swept is None or now - kept.swept < self.patience.settled:
            return None
        return kept.swept - horizon


@attrs.define
class _Read:
    """What was read of an account, and what the state will keep of it."""

    name: str
    provider: str
    kept: _Kept
    sweeps: bool = attrs.field(kw_only=True)
    """Whether everything that may have changed is read."""
    overlap: timedelta = attrs.field(kw_only=True)
    told_within: Span | None = attrs.field(kw_only=True)
    """See ``_Reading``."""
    slices: list[Slice] = attrs.field(factory=list)
    per_second: float = 0.0
    told: dict[str, datetime] = attrs.field(factory=dict)
    """The sessions that were read by themselves this time: when each was created, by id."""

    def asked_again(self) -> tuple[str, ...]:
        """The sessions that a list showed in part, and may have been told by themselves before.

        dlt replaces a row as a whole: what is null in the new one is then null at the destination.
        If the account failed, the next time that everything is read again makes up for it.
        """
        told, again = set(self.kept.told), dict[str, None]()
        for one in self.slices:
            if one.read == "ids":
                for id, _ in _created(one):
                    told.add(id)
                    again.pop(id, None)
            elif one.untold:
                again |= {
                    id: None
                    for id, created in _created(one)
                    if id in told or _within(created, self.told_within)
                }
        return tuple(again) if all(one.complete for one in self.slices) else ()

    def listed_again(self) -> tuple[datetime, ...]:
        """When the sessions were created that were told in part by themselves, and are not listed."""
        again: dict[str, datetime] = {}
        told_in_part = any(one.read == "ids" and one.untold for one in self.slices)
        if not told_in_part or not all(one.complete for one in self.slices):
            return ()
        for one in self.slices:
            for id, created in _created(one):
                if one.read == "ids" and one.untold:
                    again[id] = created
                else:
                    again.pop(id, None)
        return tuple(sorted(set(again.values())))

    def tables(self, *, raw: bool) -> Iterator[pa.Table]:
        """The rows, each session once: dlt would stumble over one that is there twice."""
        last: dict[str, int] = {}
        oldest: datetime | None = None
        for one in self.slices:
            for batch in one.spool.batches():
                last.update(dict.fromkeys(batch.column("id").to_pylist(), one.number))
                oldest = min(filter(None, (oldest, pc.min(batch.column("created")).as_py())))
            for id in one.gone:
                self.kept.open.pop(id, None)
            if one.read == "ids":
                self.told.update(_created(one))
        self.per_second = self.kept.per_second
        if self.sweeps and oldest is not None:
            self.per_second = len(last) / max((ambient().now() - oldest).total_seconds(), 1.0)
        for one in self.slices:
            for batch in one.spool.batches():
                newest = [last[id] == one.number for id in batch.column("id").to_pylist()]
                rows = batch.filter(pa.array(newest))
                if rows.num_rows:
                    _note_moving(self.kept.open, rows)
                    yield _flat(rows, raw=raw)

    def remembered(self) -> dict[str, Any]:
        """The mark as far as what was read proves, and what may change any time."""
        known, swept = self.kept.known, self.kept.swept
        span, settings, wanted = known.complete, known.settings, known.wanted_since
        for one in self.slices:
            span, settings = proved(span, settings, one.covered, one.settings)
            wished = [moment for moment in (wanted, one.wanted_since) if moment is not None]
            wanted = min(wished, default=None)
        if self.sweeps and self.slices and all(one.complete for one in self.slices):
            swept = self.slices[0].began
        return {
            "provider": self.provider,
            "mark": span and span.until.isoformat(),
            "complete_since": span and span.since.isoformat(),
            "wanted_since": wanted and wanted.isoformat(),
            "settings": settings,
            "swept": swept and swept.isoformat(),
            "per_second": self.per_second,
            "open": {id: created.isoformat() for id, created in self.kept.open.items()},
            "told": {
                id: created.isoformat()
                for id, created in {**self.kept.told, **self.told}.items()
                if span is not None and created >= span.until - self.overlap
            },
        }


def _created(one: Slice) -> Iterator[tuple[str, datetime]]:
    """The ids of a slice, and when each session was created."""
    for batch in one.spool.batches():
        yield from zip(
            batch.column("id").to_pylist(), batch.column("created").to_pylist(), strict=True
        )


def _within(created: datetime, span: Span | None) -> bool:
    return span is not None and span.since <= created <= span.until


def _flat(rows: pa.RecordBatch, *, raw: bool) -> pa.Table:
    table = shape.flat(rows)
    for name, plain in (("metadata", dict), ("payment_intents", list)):
        values = rows.column(name).to_pylist()
        texts = [
            None if value is None else json.dumps(plain(value), ensure_ascii=False)
            for value in values
        ]
        table = table.append_column(name, pa.array(texts, pa.string()))
    return _keyed(table.append_column("raw", rows.column("raw")) if raw else table)


def _keyed(table: pa.Table) -> pa.Table:
    """The same, where a key is never null: dlt would remark on it otherwise."""
    keys = ("account", "id", "run", "slice")
    fields = [field.with_nullable(field.name not in keys) for field in table.schema]
    return table.cast(pa.schema(fields))


def _note_moving(moving: dict[str, datetime], rows: pa.RecordBatch) -> None:
    names = ("id", "created", "status", "payment_status")
    for id, created, status, paid in zip(
        *(rows.column(name).to_pylist() for name in names), strict=True
    ):
        if status in _MOVING or (status == "complete" and paid == "unpaid"):
            moving[id] = created
        else:
            moving.pop(id, None)


def _kept(state: Mapping[str, Any], account: str, provider: str) -> _Kept:
    """What an earlier run remembered of an account.

    Raises:
        ConfigurationError: if it was read from another provider.
    """
    one = state.get(account, {})
    if one.get("provider") not in (None, provider):
        raise ConfigurationError(
            f"the pipeline read an account {account!r} from {one['provider']!r} before, which is at "
            f"{provider!r} now; give the account another name"
        )
    moments = {
        name: None if one.get(name) is None else datetime.fromisoformat(one[name])
        for name in ("mark", "complete_since", "wanted_since", "swept")
    }
    mark, since = moments["mark"], moments["complete_since"]
    moving, told = (
        {id: datetime.fromisoformat(created) for id, created in one.get(name, {}).items()}
        for name in ("open", "told")
    )
    per_second = one.get("per_second", 0.0)
    due = [
        Due(id, created, 1 + int(per_second * (mark - created).total_seconds()) if mark else 1)
        for id, created in moving.items()
    ]
    complete = None if mark is None or since is None else Span(since=since, until=mark)
    known = Known(
        complete=complete,
        wanted_since=moments["wanted_since"],
        due=due,
        settings=one.get("settings"),
    )
    return _Kept(known=known, swept=moments["swept"], open=moving, told=told, per_second=per_second)


def _run_of(one: Slice) -> dict[str, Any]:
    """What is said of a slice, as in a store's table ``runs``."""
    return {
        "run": one.run,
        "slice": one.number,
        "account": one.account,
        "read": one.read,
        "began": one.began,
        "ended": one.ended,
        "complete": one.complete,
        "reason": one.reason,
        "covers_from": one.covered and one.covered.since,
        "covers_to": one.covered and one.covered.until,
        "requests": one.requests,
        "rows_read": one.spool.rows,
        "rows_altered": one.spool.altered,
    }


def _dlt() -> Any:
    """The library of this name.

    Raises:
        ConfigurationError: if it is not installed.
    """
    with needing("dlt", "this needs"):
        import dlt
    return dlt
