"""How a slice comes into a store: the statements, which are the same for every database."""

# ruff: noqa: S608 - the statements are made of the names of our own columns, values are bound

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs
import pyarrow as pa

from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.store import shape
from unified_checkout.store.plan import Due, Horizon, Known, LeftOff, Span
from unified_checkout.store.settings import proved
from unified_checkout.store.shape import pc
from unified_checkout.store.spool import Spool

_SAME = "s.account = i.account AND s.id = i.id"
_CURRENT = (
    "(account, id) IN (SELECT i.account, i.id FROM {incoming} AS i "
    f"JOIN sessions AS s ON {_SAME} WHERE s.read_at = i.read_at)"
)
"""The sessions whose newest reading is the one that comes in."""
_ALL = "(account, id) IN (SELECT account, id FROM {incoming})"
"""The same, where no later reading is there of any."""

_INSIDE = "i.created >= $1 AND i.created <= $2"


class Connection(Protocol):
    """An open transaction of a database."""

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement, with ``$1`` and so on for the values, and give its rows, if any."""
        ...

    def offer(self, table: str, rows: pa.Table) -> str:
        """Make rows readable, in the columns of a table of the store; gives their name."""
        ...

    def upsert(self, incoming: str, kept: Sequence[str], *, held: int) -> None:
        """Put rows into ``sessions`` unless a later reading is there.

        Args:
            incoming: what ``offer`` gave.
            kept: the columns in which null does not replace what is there.
            held: how many of the rows are there already.

        Raises:
            StoreError: if a session would be there twice.
        """
        ...


@attrs.frozen(kw_only=True)
class Slice:
    """What is written at once: a part of a run, and what it proves."""

    run: str
    number: int
    account: str
    provider: str
    read: str
    """Which part of a run it is: ``window``, ``ids`` or ``backfill``."""
    began: datetime
    ended: datetime
    complete: bool
    reason: str
    requests: int
    spool: Spool
    covered: Span | None = None
    """The span of creation of which everything is in the store once this is."""
    checked: Span | None = None
    """The span of creation in which the list left out a stored session that was not read since
    ``checked_since``: it is gone, unless it can be asked for by itself."""
    checked_since: datetime | None = None
    by_id: bool = False
    """Whether sessions can be asked for by themselves: a list may leave out what is there."""
    gone: tuple[str, ...] = ()
    """Ids that the provider no longer knows."""
    wanted_since: datetime | None = None
    coverage: AccountCoverage | None = None
    """None for sessions that were asked for by id."""
    untold: tuple[str, ...] = ()
    """Fields of a session that were not told, so that null says nothing here."""
    settings: str | None = None
    """The fingerprint of the account's settings with which it was read; None where nobody says."""
    ends: bool = False
    """Whether nothing more is read of the account in this run, so that ``left_off`` holds."""
    left_off: LeftOff | None = None
    """What is left of it, if its budget was spent."""


@attrs.frozen(kw_only=True)
class Written:
    """What a slice came to."""

    account: str
    read: str
    complete: bool
    reason: str
    covers_from: datetime | None
    covers_to: datetime | None
    requests: int
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_gone: int
    rows_altered: int
    missed: tuple[str, ...] = ()
    """Ids of stored sessions that the list left out, and that are still to be asked for."""


def known_of(connection: Connection, account: str, horizon: Horizon) -> tuple[str | None, Known]:
    """The provider that an account was read from, and what the store tells of the account."""
    found = connection.rows(
        "SELECT provider, mark, complete_since, wanted_since, settings, left_off FROM accounts "
        "WHERE account = $1",
        [account],
    )
    provider, mark, since, wanted, settings, left = found[0] if found else (None,) * 6
    young, fresh = (
        f"read_at < created + INTERVAL '{span.total_seconds()} seconds'"
        for span in (horizon.ended, horizon.moving)
    )
    due = connection.rows(
        "SELECT id, created, newer, missed_since IS NOT NULL FROM (SELECT id, created, read_at, gone_since, missed_since, "
        f"row_number() OVER (ORDER BY created DESC) AS newer, {young} AS young, {fresh} AS fresh, "
        "coalesce(status, 'unknown') IN ('open', 'unknown') "
        "OR status = 'complete' AND payment_status = 'unpaid' AS moving "
        "FROM sessions WHERE account = $1) AS ranked "
        "WHERE gone_since >= $3 OR missed_since IS NOT NULL "
        "OR gone_since IS NULL AND (fresh AND moving OR (young OR moving) AND read_at < $2)",
        [account, horizon.settled_before, horizon.missed_after],
    )
    return provider, Known(
        complete=_span(since, mark),
        wanted_since=wanted,
        due=[Due(*one) for one in due],
        settings=settings,
        left_off=None if left is None else LeftOff.from_json(left),
    )


def _span(since: datetime | None, mark: datetime | None) -> Span | None:
    return None if since is None or mark is None else Span(since=since, until=mark)


def write(connection: Connection, one: Slice) -> Written:
    """Put a slice into the store, within the connection's transaction."""
    new = changed = 0
    kept = _columns_of(one.untold)
    passed = _passed(connection, one.account)
    for arrived in one.spool.batches():
        incoming = connection.offer("sessions", shape.flat(arrived))
        held, stale, differing, inside = _note_changes(connection, incoming, kept, passed)
        if passed is not None and _how_many(arrived, passed) > inside:
            _note_late(connection, incoming, passed)
        current = (_CURRENT if stale else _ALL).format(incoming=incoming)
        new += arrived.num_rows - held
        changed += differing
        connection.upsert(incoming, kept, held=held)
        for table, rows in (
            ("session_metadata", shape.metadata(arrived)),
            ("session_payment_intents", shape.payment_intents(arrived)),
            ("session_raw", shape.raw(arrived)),
        ):
            if table.removeprefix("session_") not in kept:
                _replace(connection, table, rows, current, held)
    left_out = _left_out(connection, one)
    gone = _note_gone(connection, one, one.gone if one.by_id else [*one.gone, *left_out])
    _move_mark(connection, one)
    written = Written(
        account=one.account,
        read=one.read,
        complete=one.complete,
        reason=one.reason,
        covers_from=None if one.covered is None else one.covered.since,
        covers_to=None if one.covered is None else one.covered.until,
        requests=one.requests,
        rows_read=one.spool.rows,
        rows_new=new,
        rows_changed=changed,
        rows_gone=gone,
        rows_altered=one.spool.altered,
        missed=tuple(left_out) if one.by_id else (),
    )
    _note_run(connection, one, written)
    return written


def _columns_of(untold: Sequence[str]) -> tuple[str, ...]:
    """The columns in which null says nothing, since these fields were not told."""
    inner = {name for name in shape.COLUMNS if name == "email" or name.startswith("customer_")}
    inner -= {"customer_account", "customer_email"}
    columns: set[str] = set()
    for field in untold:
        columns |= inner if field == "customer" else {field}
    return tuple(sorted(columns))


def _replace(connection: Connection, table: str, rows: pa.Table, current: str, held: int) -> None:
    """Let a table hold these rows of the sessions whose newest reading comes in."""
    if held:
        connection.rows(f"DELETE FROM {table} WHERE {current}")
    if rows.num_rows:
        columns = ", ".join(shape.TABLES[table])
        offered = connection.offer(table, rows)
        condition = current if held else "true"
        connection.rows(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {offered} WHERE {condition}"
        )


def _note_changes(
    connection: Connection, incoming: str, kept: Sequence[str], passed: Span | None
) -> tuple[int, int, int, int]:
    """Keep what changed, before it is overwritten.

    Gives how many of the sessions are there already, of how many a later reading is there, in how
    many something changed, and how many of those that are there lie in the span.
    """
    differs = {
        name: f"s.{name} IS DISTINCT FROM i.{name}"
        + (f" AND i.{name} IS NOT NULL" if name in kept else "")
        for name in shape.WATCHED
    }
    differing = " OR ".join(f"({condition})" for condition in differs.values())
    newer = "i.read_at >= s.read_at"
    both = f"FROM {incoming} AS i JOIN sessions AS s ON {_SAME}"
    inside, bounds = ("false", []) if passed is None else (_INSIDE, [passed.since, passed.until])
    [[held, stale, changed, back, watched]] = connection.rows(
        f"SELECT count(*), count(CASE WHEN NOT {newer} THEN 1 END), "
        f"count(CASE WHEN {newer} AND ({differing}) THEN 1 END), "
        f"count(CASE WHEN {newer} AND s.gone_since IS NOT NULL THEN 1 END), "
        f"count(CASE WHEN {inside} THEN 1 END) {both}",
        bounds,
    )
    if changed or back:
        told = {name: (differs[name], f"s.{name}", f"i.{name}") for name in shape.WATCHED}
        told["gone"] = "s.gone_since IS NOT NULL", "true", "false"
        names = ", ".join(f"('{name}')" for name in told)
        connection.rows(
            "INSERT INTO session_changes SELECT i.account, i.id, i.read_at, f.field, "
            f"{_case(told, 1)}, {_case(told, 2)} {both} "
            f"CROSS JOIN (VALUES {names}) AS f(field) WHERE {newer} AND {_case(told, 0)}"
        )
    return held, stale, changed, watched


def _passed(connection: Connection, account: str) -> Span | None:
    """From the beginning of an account's first slice to the last creation that a list has passed.

    Of a session that was created in it, and is not there, something is known all the same: that it
    came late.
    """
    [[since, until]] = connection.rows(
        "SELECT min(began), max(covers_to) FROM runs WHERE account = $1 AND covers_to IS NOT NULL",
        [account],
    )
    return _span(since, until)


def _how_many(arrived: pa.RecordBatch, span: Span) -> int:
    """How many of the sessions were created in a span."""
    created = arrived.column("created")
    since, until = (pa.scalar(moment, created.type) for moment in (span.since, span.until))
    inside = pc.and_(pc.greater_equal(created, since), pc.less_equal(created, until))
    return int(pc.sum(inside).as_py() or 0)


def _note_late(connection: Connection, incoming: str, passed: Span) -> None:
    """Keep when sessions came that no list showed when it had passed their creation.

    The runs do not tell that of them.
    """
    connection.rows(
        "INSERT INTO session_changes SELECT i.account, i.id, i.read_at, 'status', NULL, i.status "
        f"FROM {incoming} AS i WHERE {_INSIDE} "
        f"AND NOT EXISTS (SELECT 1 FROM sessions AS s WHERE {_SAME})",
        [passed.since, passed.until],
    )


def _case(told: Mapping[str, tuple[str, str, str]], part: int) -> str:
    """What is told of the field of a row: whether it differs, or as text before or after."""
    whens = " ".join(
        f"WHEN '{name}' THEN {f'CAST({parts[part]} AS TEXT)' if part else f'({parts[0]})'}"
        for name, parts in told.items()
    )
    return f"CASE f.field {whens} END"


def _left_out(connection: Connection, one: Slice) -> list[str]:
    """Which stored sessions the list left out.

    Those that can be asked for by themselves are noted: if this run does not ask, the next one does.
    """
    if one.checked is None:
        return []
    where = (
        "account = $1 AND created >= $2 AND created <= $3 AND read_at < $4 AND gone_since IS NULL"
    )
    values = [one.account, one.checked.since, one.checked.until, one.checked_since]
    found = connection.rows(f"SELECT id FROM sessions WHERE {where}", values)
    if found and one.by_id:
        connection.rows(
            f"UPDATE sessions SET missed_since = coalesce(missed_since, $4) WHERE {where}", values
        )
    return [id for (id,) in found]


def _note_gone(connection: Connection, one: Slice, gone: Sequence[str]) -> int:
    """Note which stored sessions the provider no longer has."""
    count = 0
    for id in gone:
        where = "account = $1 AND id = $2 AND gone_since IS NULL AND read_at < $3"
        values = [one.account, id, one.checked_since or one.began]
        found = connection.rows(f"SELECT 1 FROM sessions WHERE {where}", values)
        if found:
            connection.rows(
                f"UPDATE sessions SET gone_since = $3, missed_since = NULL WHERE {where}", values
            )
            connection.rows(
                "INSERT INTO session_changes VALUES ($1, $2, $3, 'gone', 'false', 'true')", values
            )
            count += 1
    return count


def _move_mark(connection: Connection, one: Slice) -> None:
    """Keep what the slice proves, and how far back the store is to go."""
    found = connection.rows(
        "SELECT mark, complete_since, wanted_since, settings, left_off FROM accounts "
        "WHERE account = $1",
        [one.account],
    )
    mark, since, wanted, settings, left = found[0] if found else (None,) * 5
    if one.ends:
        left = one.left_off and one.left_off.to_json()
    held = _span(since, mark)
    span, settings = proved(held, settings, one.covered, one.settings)
    wished = [moment for moment in (wanted, one.wanted_since) if moment is not None]
    connection.rows("DELETE FROM accounts WHERE account = $1", [one.account])
    connection.rows(
        "INSERT INTO accounts VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            one.account,
            one.provider,
            span and span.until,
            span and span.since,
            min(wished, default=None),
            settings,
            left,
        ],
    )


def _note_run(connection: Connection, one: Slice, written: Written) -> None:
    coverage = None if one.coverage is None else attrs.asdict(one.coverage)
    values = {
        **attrs.asdict(written),
        "run": one.run,
        "slice": one.number,
        "began": one.began,
        "ended": one.ended,
        "coverage": None if coverage is None else json.dumps(coverage, default=str),
    }
    columns = shape.TABLES["runs"]
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    connection.rows(f"INSERT INTO runs VALUES ({places})", [values[name] for name in columns])
