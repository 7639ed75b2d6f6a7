"""Slices made by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from unified_checkout import Session
from unified_checkout.store.spool import Arrivals, Spool
from unified_checkout.store.writing import Slice


def slice_of(folder: Path, number: int, sessions: list[Session], moment: datetime) -> Slice:
    """Sessions that were read at a moment, on their way into a store."""
    arrivals = Arrivals(lambda: moment)
    arrivals.arrived("us", sessions)
    spool = Spool(folder / f"{number}.arrow", raw=True)
    spool.fill(sessions, arrivals)
    return Slice(
        run="run",
        number=number,
        account="us",
        provider="acme",
        read="window",
        began=moment,
        ended=moment,
        complete=True,
        reason="read to the end",
        requests=1,
        spool=spool,
    )
