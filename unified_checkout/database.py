"""DuckDB within this process: it shows nothing by itself, and a signal is heeded while it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from unified_checkout.signals import heeding_signals

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Settings = dict[str, str | bool | int | float | list[str]]
Values = Sequence[object] | Mapping[str, object]


def connected(settings: Settings) -> duckdb.DuckDBPyConnection:
    """An engine in memory.

    In a program without a file, as in a notebook, DuckDB would write how far a long statement is to
    the standard output.
    """
    import duckdb

    connection = duckdb.connect(":memory:", config=settings)
    connection.execute("SET enable_progress_bar = false")
    return connection


def rows(
    connection: duckdb.DuckDBPyConnection, statement: str, values: Values | None = None
) -> list[tuple[Any, ...]]:
    """Run a statement and give its rows, if any."""
    return heeding_signals(
        lambda: connection.execute(statement, values).fetchall(), connection.interrupt
    )


def table(connection: duckdb.DuckDBPyConnection, statement: str) -> pa.Table:
    """Run a ``SELECT`` and give its rows as one table."""
    return heeding_signals(lambda: connection.sql(statement).to_arrow_table(), connection.interrupt)
