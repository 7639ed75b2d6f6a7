"""What it costs to bring sessions into a store, beside listing them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from benchmarks.worker import Readings

if TYPE_CHECKING:
    from benchmarks.lab import Lab


def store(lab: Lab) -> None:
    """Sessions that are synced into an empty store."""
    many = lab.scale.sessions
    with postgresql() as url:
        jobs = [
            lab.job("Client", "client", many),
            lab.job("into DuckDB", "into_duckdb", many),
            lab.job("into DuckDB, with raw", "into_duckdb_with_raw", many),
        ]
        if url is not None:
            one = lab.job("into PostgreSQL", "into_postgresql", many)
            jobs.append(attrs.evolve(one, addresses={**one.addresses, "store": url}))
        found = lab.measured(jobs)
    listing = found["Client"]
    for name, readings in found.items():
        lab.line("store", name, **_figures(readings, listing))
    lab.verdict("CPU, into DuckDB / Client", found["into DuckDB"].ratio(listing), 1.6)
    if url is not None:
        ours = found["into PostgreSQL"].ratio(listing)
        lab.verdict("CPU, our process into PostgreSQL / Client", ours, 1.6)


def store_memory(lab: Lab) -> None:
    """The memory of a process that syncs a great many sessions."""
    many = lab.scale.columns
    found = lab.measured(
        [
            lab.job("a fifth as many into DuckDB", "into_duckdb", many // 5),
            lab.job("many into DuckDB", "into_duckdb", many),
        ],
        rounds=1,
        warm=False,
    )
    for name, readings in found.items():
        lab.line("store_memory", name, **_figures(readings))
    few, great = found.values()
    lab.verdict("peak, five times as many into DuckDB", great.peak / few.peak, 1.2)


def _figures(readings: Readings, listing: Readings | None = None) -> dict[str, float]:
    figures = {
        "sessions": readings.job.sessions,
        "cpu µs": readings.microseconds("cpu"),
        "wall µs": readings.microseconds("wall"),
        "peak MB": readings.peak / 1e6,
    }
    if listing is not None:
        figures["cpu / listing"] = readings.ratio(listing)
    if readings[-1].weight:
        figures["file MB"] = readings[-1].weight / 1e6
    return figures


@contextmanager
def postgresql() -> Iterator[str | None]:
    """A PostgreSQL server of the tests' own; None where it is not installed."""
    from benchmarks.lab import ROOT

    sys.path.insert(0, str(ROOT / "tests"))
    try:
        from store.postgresql import programs, temporary_server

        if programs() is None:
            yield None
        else:
            with temporary_server() as url:
                yield url
    finally:
        sys.path.remove(str(ROOT / "tests"))
