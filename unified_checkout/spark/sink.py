"""Batches of a stream on their way into a store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute

from unified_checkout.engine.runtime import ambient
from unified_checkout.store import Store
from unified_checkout.store.shape import ARRIVED, READ_AT
from unified_checkout.store.spool import Spool
from unified_checkout.store.writing import Slice

pc: Any = pyarrow.compute


class _Collected(Spool):
    """Sessions that are in memory already, as a store takes them."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self.rows = rows.num_rows
        self.altered = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        yield from self._rows.to_batches()

    def remove(self) -> None:
        """Nothing is to be deleted."""


def merge(store: Store, frame: Any, number: int) -> None:
    """Write a batch into a store, an account at a time, each in one transaction."""
    began = ambient().now()  # before anything was read: a later reading must prevail
    told = frame.toArrow()
    for part, account in enumerate(pc.unique(told["account"]).to_pylist()):
        rows = told.filter(pc.equal(told["account"], account))
        store.apply(
            Slice(
                run=f"spark {number} {began.isoformat()}",
                number=part,
                account=account,
                provider=rows["provider"][0].as_py(),
                read="stream",
                began=began,
                ended=ambient().now(),
                complete=True,
                reason="a batch of a stream, whose tasks were complete",
                requests=0,
                spool=_Collected(_arrived(rows, began)),
                untold=_untold(rows),
            )
        )


def _arrived(rows: pa.Table, at: datetime) -> pa.Table:
    columns = {name: rows[name] for name in rows.column_names}
    columns[READ_AT.name] = pa.array([at] * rows.num_rows, READ_AT.type)
    columns.setdefault("raw", pa.nulls(rows.num_rows, pa.string()))
    made = pa.table([columns[name] for name in ARRIVED.names], names=ARRIVED.names)
    return made.cast(ARRIVED)


def _untold(rows: pa.Table) -> tuple[str, ...]:
    """The fields of which no row tells anything, so that null says nothing."""
    told = [name for name in rows.column_names if rows[name].null_count < rows.num_rows]
    return tuple(name for name in ARRIVED.names if name not in (*told, READ_AT.name))
