"""A Parquet file that stands under its name only when it is complete."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterable
from contextlib import aclosing, suppress
from pathlib import Path
from secrets import token_hex
from threading import Lock
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq
from anyio.to_thread import run_sync

from unified_checkout.columns.arrow import batches, batches_async
from unified_checkout.columns.schema import schema
from unified_checkout.errors import ConfigurationError
from unified_checkout.model.session import Session
from unified_checkout.paths import path_of


def write_parquet(
    sessions: Iterable[Session],
    path: str | os.PathLike[str],
    *,
    raw: bool = False,
    decimals: bool = False,
) -> None:
    """Write sessions to a file that stands under its name only when all of them are in it.

    Raises:
        ConfigurationError: if no file can be written there; no session was asked for.
        OSError: if writing fails.
    """
    with ParquetFile(path, schema(raw=raw, decimals=decimals)) as file:
        for batch in batches(sessions, raw=raw, decimals=decimals):
            file.write(batch)
        file.finish()


async def write_parquet_async(
    sessions: AsyncIterable[Session],
    path: str | os.PathLike[str],
    *,
    raw: bool = False,
    decimals: bool = False,
) -> None:
    """As :func:`write_parquet`; the disk is waited for in another thread."""
    columns = schema(raw=raw, decimals=decimals)
    with ParquetFile(path, columns) as file:
        async with aclosing(batches_async(sessions, columns)) as found:
            async for batch in found:
                await run_sync(file.write, batch)
        await run_sync(file.finish)


class ParquetFile:
    """Written beside its path, batch after batch, and renamed by ``finish``.

    As a context it removes what was written unless that was finished. What stood under the path
    before stays as it was until then. Threads may share it: one that still writes when a task was
    cancelled is waited for.
    """

    def __init__(self, path: str | os.PathLike[str], columns: pa.Schema) -> None:
        """Make the file that is written to.

        Raises:
            ConfigurationError: if no file can be written there.
        """
        self._lock = Lock()
        self._is_over = False
        try:
            self._target = Path(os.path.realpath(path_of(path)))
            self._beside = self._target.with_name(f".{self._target.name}.{token_hex(4)}.part")
            if self._target.exists() and not self._target.is_file():
                raise ConfigurationError(f"{path}: this is no file, and is not written over")
            self._file = self._beside.open("xb")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "no file can have this name"
            raise ConfigurationError(f"{path}: cannot be written: {why}") from None
        self._writer = pq.ParquetWriter(self._file, columns, compression="zstd")

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a batch as a row group of its own."""
        with self._lock:
            if not self._is_over:
                self._writer.write_batch(batch)

    def finish(self) -> None:
        """Put the file under its name."""
        with self._lock:
            if self._is_over:
                return
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._beside.replace(self._target)
            self._is_over = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            if not self._is_over:
                self._is_over = True
                with suppress(OSError):
                    self._writer.close()
                    self._file.close()
                self._beside.unlink(missing_ok=True)
