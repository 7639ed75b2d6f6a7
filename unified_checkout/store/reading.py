"""``read_store``: what a store holds, for notebooks and programs that only read."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from unified_checkout.frames import frameless
from unified_checkout.store.store import WAIT, Store

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from unified_checkout.columns.frames import DtypeBackend

ALL = "SELECT * FROM sessions"
"""What is read if nothing is said."""


class StoredSessions:
    """What a store holds, as tables and frames; see :func:`read_store`.

    Each call reads one state of the store, between two slices of a sync, and lets go of it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def to_arrow(self, statement: str = ALL) -> pa.Table:
        """What a ``SELECT`` gives, as an Arrow table.

        Args:
            statement: in the database's SQL, over the tables of ``docs/store.md``.

        Raises:
            StoreError: if it cannot be read.
            StoreInUse: if a sync is writing for longer than the store waits.
        """
        return self._store.query(statement)

    def to_pandas(
        self, statement: str = ALL, *, dtype_backend: DtypeBackend = "pyarrow"
    ) -> pd.DataFrame:
        """The same as a pandas frame.

        Args:
            statement: as in :meth:`to_arrow`.
            dtype_backend: ``"pyarrow"`` for the Arrow table's types, or ``"numpy_nullable"`` for
                pandas' own. In both an amount stays an integer and a null a null.

        Raises:
            ConfigurationError: if pandas is not installed. And what :meth:`to_arrow` raises.
        """
        from unified_checkout.columns.frames import pandas_maker

        return pandas_maker(dtype_backend)(self.to_arrow(statement))

    def to_polars(self, statement: str = ALL) -> pl.DataFrame:
        """The same as a polars frame.

        Raises:
            ConfigurationError: if polars is not installed, or was used here before this process
                was forked. And what :meth:`to_arrow` raises.
        """
        from unified_checkout.columns.frames import polars_maker

        return polars_maker()(self.to_arrow(statement))

    def to_relation(self, statement: str = ALL) -> duckdb.DuckDBPyRelation:
        """The same as a relation of DuckDB, in memory: the store's file is not held by it.

        Raises:
            StoreError: as :meth:`to_arrow` does.
        """
        import duckdb

        connection: Any = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        relation: duckdb.DuckDBPyRelation = connection.from_arrow(self.to_arrow(statement))
        return relation

    def __repr__(self) -> str:
        return f"StoredSessions({self._store.name})"


@frameless
def read_store(place: str | PathLike[str], *, wait: float = WAIT) -> StoredSessions:
    """A store to be read from, which syncs may go on to write meanwhile.

    Nothing is written, and nothing is held between two calls: a notebook that stays open stops no
    sync, and sees what is new with its next call.

    Args:
        place: the path of a DuckDB file, or ``postgresql://...``.
        wait: seconds to wait while a sync writes.

    Raises:
        UnusableStore: if there is none, or it is none of ours, or of a newer version.
        StoreInUse: if it is held for longer than ``wait``.
        ConfigurationError: if the extra ``store``, or ``postgres``, is not installed.

    >>> from tempfile import TemporaryDirectory
    >>> from unified_checkout.store import Store
    >>> with TemporaryDirectory() as folder:
    ...     Store.open(f"{folder}/checkout.duckdb").close()
    ...     stored = read_store(f"{folder}/checkout.duckdb")
    ...     stored.to_arrow("SELECT count(*) AS sessions FROM sessions").to_pylist()
    [{'sessions': 0}]
    """
    return StoredSessions(Store.open(place, wait=wait, for_reading=True))
