"""The tables of a store, and sessions in their shape. The same in every database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute

from unified_checkout.columns import SCHEMA

pc: Any = pyarrow.compute
"""Its functions are made when it is imported, so that no tool knows their types."""

VERSION = 1
"""Of the tables; a store of a newer one is refused."""

READ_AT = pa.field("read_at", pa.timestamp("us", tz="UTC"))
RAW = pa.field("raw", pa.string())
ARRIVED = pa.schema([*SCHEMA, READ_AT, RAW])
"""Sessions as they arrive: the columns of a listing, when they arrived, and the provider's text."""

_CHILDREN = ("payment_intents", "metadata")
"""Columns of a listing that are tables of their own here."""
_RENAMED = {"customer.email": "email"}
"""What would take the name of another column."""
_TYPES = {
    pa.string(): "TEXT",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    READ_AT.type: "TIMESTAMPTZ",
}
_MOST_DECIMALS = 12


def _leaves(
    field: pa.Field, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], pa.Field]]:
    path = (*above, field.name)
    if pa.types.is_struct(field.type):
        for inner in field.type:
            yield from _leaves(inner, path)
    else:
        yield path, field


def _named(path: tuple[str, ...]) -> str:
    return _RENAMED.get(".".join(path), "_".join(path))


_PATHS = {
    _named(path): (path, leaf.type)
    for field in SCHEMA
    if field.name not in _CHILDREN
    for path, leaf in _leaves(field)
}

COLUMNS: Mapping[str, str] = {name: _TYPES[kind] for name, (_, kind) in _PATHS.items()}
"""The columns of ``sessions`` that a provider tells, by name, with their types in SQL."""

AMOUNTS = tuple(name for name in COLUMNS if name.startswith("amount_"))

WATCHED = ("status", "payment_status", *AMOUNTS, "disputed")
"""The columns whose changes are kept in ``session_changes``."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "unified_checkout_store": {"version": "BIGINT"},
    "sessions": {
        **COLUMNS,
        "read_at": "TIMESTAMPTZ",
        "gone_since": "TIMESTAMPTZ",
        "missed_since": "TIMESTAMPTZ",
    },
    "session_metadata": {"account": "TEXT", "id": "TEXT", "key": "TEXT", "value": "TEXT"},
    "session_payment_intents": {
        "account": "TEXT",
        "id": "TEXT",
        "position": "BIGINT",
        "payment_intent": "TEXT",
    },
    "session_raw": {"account": "TEXT", "id": "TEXT", "raw": "TEXT"},
    "session_changes": {
        "account": "TEXT",
        "id": "TEXT",
        "read_at": "TIMESTAMPTZ",
        "field": "TEXT",
        "before": "TEXT",
        "after": "TEXT",
    },
    "accounts": {
        "account": "TEXT",
        "provider": "TEXT",
        "mark": "TIMESTAMPTZ",
        "complete_since": "TIMESTAMPTZ",
        "wanted_since": "TIMESTAMPTZ",
        "settings": "TEXT",
        "left_off": "TEXT",
    },
    "runs": {
        "run": "TEXT",
        "slice": "BIGINT",
        "account": "TEXT",
        "read": "TEXT",
        "began": "TIMESTAMPTZ",
        "ended": "TIMESTAMPTZ",
        "complete": "BOOLEAN",
        "reason": "TEXT",
        "covers_from": "TIMESTAMPTZ",
        "covers_to": "TIMESTAMPTZ",
        "requests": "BIGINT",
        "rows_read": "BIGINT",
        "rows_new": "BIGINT",
        "rows_changed": "BIGINT",
        "rows_gone": "BIGINT",
        "rows_altered": "BIGINT",
        "coverage": "TEXT",
    },
}
"""Every table: its columns by name, with their types in SQL."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "sessions": ("account", "id"),
    "session_payment_intents": ("account", "id", "position"),
    "session_raw": ("account", "id"),
    "accounts": ("account",),
    "runs": ("run", "slice"),
}
"""What a row of a table is known by; ``session_changes`` only grows.

``session_metadata`` has none, for a database keeps no long text in a key, and a provider's key may
be one; that it is there once follows from how its rows are replaced.
"""

METADATA_INDEX = "CREATE INDEX session_metadata_of_session ON session_metadata (account, id)"
"""By which a database that sees to the keys finds the metadata of a session."""


ADDITIONS = (
    "ALTER TABLE accounts ADD COLUMN IF NOT EXISTS settings TEXT",
    "ALTER TABLE sessions ADD COLUMN IF NOT EXISTS missed_since TIMESTAMPTZ",
    "ALTER TABLE accounts ADD COLUMN IF NOT EXISTS left_off TEXT",
)
"""For a store that an earlier version made; the last tells whether it lacks any."""


def definitions(*, keys: bool) -> Iterator[str]:
    """The statements that make the tables and the view of decimals.

    Args:
        keys: whether the database itself sees to it that a key is there once.
    """
    for table, columns in TABLES.items():
        lines = [f"{name} {kind}" for name, kind in columns.items()]
        if keys and table in KEYS:
            lines.append(f"PRIMARY KEY ({', '.join(KEYS[table])})")
        yield f"CREATE TABLE {table} ({', '.join(lines)})"
    if keys:
        yield METADATA_INDEX
    yield f"CREATE VIEW {VIEW}"
    yield f"INSERT INTO unified_checkout_store VALUES ({VERSION})"  # noqa: S608


def _decimals() -> str:
    """Every session with its amounts as decimals beside the minor units.

    An exact product: of at most 19 digits, and of one with at most 12 decimals.
    """
    factors = " ".join(
        f"WHEN {digits} THEN {'1' if digits == 0 else f'{10**-digits:.{digits}f}'}"
        for digits in range(_MOST_DECIMALS + 1)
    )
    factor = f"CAST(CASE currency_exponent {factors} END AS DECIMAL(13, {_MOST_DECIMALS}))"
    decimals = ", ".join(
        f"CAST({amount} AS DECIMAL(19, 0)) * {factor} AS {amount}_decimal" for amount in AMOUNTS
    )
    return f"SELECT *, {decimals} FROM sessions"  # noqa: S608  (no word of it is from outside)


VIEW = f"sessions_decimal AS {_decimals()}"
"""The view of decimals, which a database that keeps a view's columns needs anew with a column."""


def flat(arrived: pa.RecordBatch) -> pa.Table:
    """The batch as rows of ``sessions``, but for ``gone_since`` and ``missed_since``."""
    columns = {}
    for name, (path, _) in _PATHS.items():
        column = arrived.column(path[0])
        columns[name] = pc.struct_field(column, list(path[1:])) if path[1:] else column
    return pa.table({**columns, "read_at": arrived.column("read_at")})


def metadata(arrived: pa.RecordBatch) -> pa.Table:
    """The batch as rows of ``session_metadata``."""
    maps = arrived.column("metadata")
    pairs = pa.ListArray.from_arrays(
        maps.offsets, pa.StructArray.from_arrays([maps.keys, maps.items], names=["key", "value"])
    )
    parents, inner = pc.list_parent_indices(pairs), pc.list_flatten(pairs)
    return pa.table(
        {
            "account": arrived.column("account").take(parents),
            "id": arrived.column("id").take(parents),
            "key": pc.struct_field(inner, "key"),
            "value": pc.struct_field(inner, "value"),
        }
    )


def payment_intents(arrived: pa.RecordBatch) -> pa.Table:
    """The batch as rows of ``session_payment_intents``; positions count from 0."""
    lists = arrived.column("payment_intents")
    parents = pc.list_parent_indices(lists)
    positions = [
        at for length in pc.list_value_length(lists).to_pylist() for at in range(length or 0)
    ]
    return pa.table(
        {
            "account": arrived.column("account").take(parents),
            "id": arrived.column("id").take(parents),
            "position": pa.array(positions, pa.int64()),
            "payment_intent": pc.list_flatten(lists),
        }
    )


def raw(arrived: pa.RecordBatch) -> pa.Table:
    """The batch as rows of ``session_raw``; none where the text was not kept."""
    told = arrived.select(["account", "id", "raw"])
    return pa.Table.from_batches([told]).filter(pc.is_valid(told.column("raw")))
