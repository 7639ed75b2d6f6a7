"""A listing as a whole, in columns: Arrow, pandas, polars, Parquet.

What makes columns is a room above this one, with heavy libraries, and is entered only when
somebody asks.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from unified_checkout.clocks import real_dates
from unified_checkout.model.session import Session

if TYPE_CHECKING:
    from types import ModuleType

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from unified_checkout.client.listings import Reading
    from unified_checkout.columns.exports import DtypeBackend


class Exports(ABC):
    """What a listing makes of all its sessions at once: of those that were not taken yet.

    Where that fails, none counts as taken: the cursor leads to where it began. That of
    ``BudgetSpent`` does too, or is None where the listing began there.
    """

    _reading: Reading

    @abstractmethod
    def __iter__(self) -> Iterator[Session]: ...

    def to_arrow(self, *, raw: bool = False, decimals: bool = False) -> pa.Table:
        """All sessions as one Arrow table, with the columns that ``columns.schema`` tells.

        Args:
            raw: add the column ``raw``, the provider's object as text.
            decimals: add each amount in its currency's main unit: ``amount_total_decimal``.

        Raises:
            ConfigurationError: if pyarrow is not installed; nothing was sent.
            OverflowError: for an amount that does not fit into its column.

        And what iterating raises.

        >>> from unified_checkout import Client
        >>> from unified_checkout.sandbox import Sandbox
        >>> with Sandbox(sessions=30, seed=1) as sandbox, Client(sandbox.accounts) as client:
        ...     client.sessions.list(limit=40).to_arrow().num_rows
        40
        """
        table = _columns().table
        with self._reading.as_a_whole():
            return table(self, raw=raw, decimals=decimals)

    def to_pandas(
        self,
        *,
        raw: bool = False,
        decimals: bool = False,
        dtype_backend: DtypeBackend = "pyarrow",
    ) -> pd.DataFrame:
        """All sessions as a pandas frame; takes and raises what :meth:`to_arrow` does.

        Args:
            raw: add the column ``raw``, the provider's object as text.
            decimals: add each amount in its currency's main unit: ``amount_total_decimal``.
            dtype_backend: ``"pyarrow"`` for the Arrow table's types, or ``"numpy_nullable"`` for
                pandas' own. In both an amount stays an integer and a null a null.

        Raises:
            ConfigurationError: if pandas is not installed; nothing was sent.
        """
        frame: Callable[[pa.Table], pd.DataFrame] = _columns().pandas_maker(dtype_backend)
        return frame(self.to_arrow(raw=raw, decimals=decimals))

    def to_polars(self, *, raw: bool = False, decimals: bool = False) -> pl.DataFrame:
        """All sessions as a polars frame; takes and raises what :meth:`to_arrow` does.

        Raises:
            ConfigurationError: if polars is not installed, or was used here before this process
                was forked; nothing was sent.
        """
        frame: Callable[[pa.Table], pl.DataFrame] = _columns().polars_maker()
        return frame(self.to_arrow(raw=raw, decimals=decimals))

    def to_parquet(
        self, path: str | os.PathLike[str], *, raw: bool = False, decimals: bool = False
    ) -> None:
        """Write all sessions to a Parquet file, batch after batch.

        It is written beside ``path`` and renamed when it is complete. Where that fails, there is
        under ``path`` what was there before: nothing, or the older file.

        Args:
            path: the file; its folder has to exist.
            raw: add the column ``raw``, the provider's object as text.
            decimals: add each amount in its currency's main unit: ``amount_total_decimal``.

        Raises:
            ConfigurationError: if pyarrow is not installed, or no file can be written there;
                nothing was sent.
            IncompleteAnswer: if an account is incomplete, though it was only to be reported.
            OSError: if writing fails.

        And what :meth:`to_arrow` raises.
        """
        write_parquet = _columns().write_parquet
        with self._reading.as_a_whole():
            write_parquet(self._complete(), path, raw=raw, decimals=decimals)

    def _complete(self) -> Iterator[Session]:
        yield from self
        self._reading.coverage.raise_if_incomplete()


class AsyncExports(ABC):
    """As :class:`Exports`, to be awaited."""

    _reading: Reading

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[Session]: ...

    async def to_arrow(self, *, raw: bool = False, decimals: bool = False) -> pa.Table:
        """As :meth:`SessionList.to_arrow`."""
        table_async = _columns().table_async
        with self._reading.as_a_whole():
            return await table_async(self, raw=raw, decimals=decimals)

    async def to_pandas(
        self,
        *,
        raw: bool = False,
        decimals: bool = False,
        dtype_backend: DtypeBackend = "pyarrow",
    ) -> pd.DataFrame:
        """As :meth:`SessionList.to_pandas`."""
        frame: Callable[[pa.Table], pd.DataFrame] = _columns().pandas_maker(dtype_backend)
        return frame(await self.to_arrow(raw=raw, decimals=decimals))

    async def to_polars(self, *, raw: bool = False, decimals: bool = False) -> pl.DataFrame:
        """As :meth:`SessionList.to_polars`."""
        frame: Callable[[pa.Table], pl.DataFrame] = _columns().polars_maker()
        return frame(await self.to_arrow(raw=raw, decimals=decimals))

    async def to_parquet(
        self, path: str | os.PathLike[str], *, raw: bool = False, decimals: bool = False
    ) -> None:
        """As :meth:`SessionList.to_parquet`."""
        write_parquet_async = _columns().write_parquet_async
        with self._reading.as_a_whole():
            async with aclosing(self._complete()) as sessions:
                await write_parquet_async(sessions, path, raw=raw, decimals=decimals)

    async def _complete(self) -> AsyncGenerator[Session, None]:
        async for session in self:
            yield session
        self._reading.coverage.raise_if_incomplete()


def _columns() -> ModuleType:
    with real_dates():
        from unified_checkout.columns import exports

    return exports
