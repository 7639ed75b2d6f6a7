"""A store in PostgreSQL comes to what one in a file does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from store.month import Month
from store.postgresql import programs, temporary_server
from typer.testing import CliRunner

from unified_checkout import UnusableStore
from unified_checkout.cli.app import app
from unified_checkout.report import Dimension, Figures, SessionTable, read_store
from unified_checkout.store import Store

pytest.importorskip("adbc_driver_postgresql", reason="the extra postgres is not installed")
if programs() is None:
    pytest.skip("PostgreSQL is not installed on this machine", allow_module_level=True)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with temporary_server() as url:
        yield url


def test_there_is_nothing_to_report_on_and_nothing_is_made(url: str) -> None:
    for _ in range(2):
        with pytest.raises(UnusableStore, match="there is no store"):
            Store.open(url, for_reading=True)


def synced(place: str) -> str:
    """Two syncs of a shop, at the same virtual times wherever they go: between them, some complete."""
    month = Month("stripe", 5)
    month.random.random = lambda: 1.0  # type: ignore[method-assign]
    for hours in (0, 5):
        month.now += hours * 3600
        month.imitation.hold(
            month.invention.fact(int(month.now) - 60 * n) for n in range(hours * 4)
        )
        for fact in month.imitation.truth():
            if fact.status == "open":
                month.imitation.change(fact.id, {"status": "complete", "payment_status": "paid"})
        month.imitation.hold([attrs.evolve(month.invention.fact(int(month.now)), status="open")])
        with Store.open(place) as store:
            assert month.sync(store).complete
    return place


def test_both_stores_come_to_the_same(url: str, tmp_path: Path) -> None:
    of_server = figures(synced(url))
    of_file = figures(synced(str(tmp_path / "checkout.duckdb")))
    assert of_server == of_file
    assert of_file.completion is not None
    assert of_file.completion.known > of_file.completion.seen_open > 0
    result = CliRunner().invoke(app, ["report", url, "--format", "json"])
    told = json.loads(result.stdout)
    assert (result.exit_code, told["store"]["complete"]) == (0, True)
    assert told["total"]["sessions"] == of_file.total.counts.sessions
    of_late = CliRunner().invoke(app, ["report", url, "--last", "1s", "--format", "json"])
    [lacks] = json.loads(of_late.stdout)["store"]["lacks"]
    assert of_late.exit_code == 3
    assert "complete only up to" in lacks


def figures(place: str) -> Figures:
    with SessionTable() as table, Store.open(place, for_reading=True) as store:
        stored = read_store(table, store)
        return table.figures(
            by=[Dimension.ACCOUNT, Dimension.WEEK],
            zone="Europe/Berlin",
            without_open=stored.without_open,
        )
