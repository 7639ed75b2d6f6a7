"""A store without a file: the same statements, and nothing is opened or flushed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from unified_checkout.store import shape
from unified_checkout.store.duckdb_store import DuckDBStore, _engine_for


class InMemory(DuckDBStore):
    """What a slice costs here is what its statements cost, a third of what it does in a file.

    Args:
        folder: where what was read waits to be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "memory"
        self._wait = 0
        self._engine = _engine_for(self._path)
        self._engine.execute("ATTACH ':memory:' AS store")
        self._engine.execute("USE store")
        for statement in shape.definitions(keys=False):
            self._engine.execute(statement)

    @contextmanager
    def _opened(self, *, for_reading: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        assert self._engine is not None
        yield self._engine
