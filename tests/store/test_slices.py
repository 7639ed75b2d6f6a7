"""Slices that come late, twice or in another order, and disks that are full."""

from __future__ import annotations

import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import duckdb
import pytest
from store.killing import assert_whole
from store.slices import slice_of
from store.tables import Row, stored, truth

from unified_checkout import Client, Session, SessionStatus, StoreError
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, sync
from unified_checkout.store.spool import Arrivals

NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)
READINGS = (
    (0, {"a": ("open", 100), "b": ("open", 200)}),
    (1, {"a": ("complete", 100), "c": ("open", 300)}),
    (2, {"b": ("expired", 250), "c": ("complete", 300)}),
)
"""When a slice was read, and what it says of the status and amount of sessions."""


def session(id: str, status: str, amount: int) -> Session:
    return Session(
        account="us",
        provider="acme",
        id=id,
        created=NOON,
        raw_bytes=f'"{status}"'.encode(),
        status=SessionStatus(status),
        amount_total=amount,
        metadata={status: id},
        payment_intents=(f"pi_{status}",),
    )


def applied(folder: Path, order: tuple[int, ...]) -> dict[tuple[str, str], Row]:
    folder.mkdir()
    store = Store.open(folder / "slices.duckdb")
    for number, at in enumerate(order):
        minute, told = READINGS[at]
        sessions = [session(id, *fields) for id, fields in told.items()]
        store.apply(slice_of(folder, number, sessions, NOON + timedelta(minutes=minute)))
    return stored(store)


def test_the_order_in_which_slices_come_does_not_matter(tmp_path: Path) -> None:
    orders = [*permutations(range(3)), (0, 1, 2, 0), (2, 2, 1, 0, 1)]
    first, *others = [applied(tmp_path / str(n), order) for n, order in enumerate(orders)]
    assert all(other == first for other in others)
    told = {id: (row["status"], row["amount_total"], row["raw"]) for (_, id), row in first.items()}
    assert told == {
        "a": ("complete", 100, '"complete"'),
        "b": ("expired", 250, '"expired"'),
        "c": ("complete", 300, '"complete"'),
    }
    assert {id: row["metadata"] for (_, id), row in first.items()} == {
        "a": {"complete": "a"},
        "b": {"expired": "b"},
        "c": {"complete": "c"},
    }


def test_the_same_session_twice_in_a_slice_is_one_row_the_last(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "twice.duckdb")
    arrivals = Arrivals(lambda: NOON)
    twice = [session("a", "open", 1), session("a", "complete", 2)]

    def listed() -> object:
        for one in twice:
            arrivals.arrived("us", [one])
            yield one

    one = slice_of(tmp_path, 1, [], NOON)
    one.spool.fill(listed(), arrivals)  # type: ignore[arg-type]
    store.apply(one)
    assert [row["status"] for row in stored(store).values()] == ["complete"]


def test_a_session_that_is_in_the_file_twice_is_noticed_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "twice.duckdb"
    store = Store.open(path)
    store.apply(slice_of(tmp_path, 1, [session("a", "open", 1)], NOON))
    with duckdb.connect(path) as other:
        other.execute("INSERT INTO sessions SELECT * FROM sessions")
    later = slice_of(tmp_path, 2, [session("a", "complete", 1)], NOON + timedelta(hours=1))
    with pytest.raises(StoreError, match="twice"):
        store.apply(later)
    told = store.query("SELECT status FROM sessions").column(0).to_pylist()
    assert told == ["open", "open"]


def test_ids_that_a_database_cannot_tell_apart_are_not_written_as_two_rows(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "alike.duckdb")
    alike = [session("a\0", "open", 1), session("a\ud800", "open", 1)]
    with pytest.raises(StoreError, match="twice"):
        store.apply(slice_of(tmp_path, 1, alike, NOON))
    assert stored(store) == {}


def test_the_file_stays_one_that_duckdb_of_version_1_4_reads(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    store = Store.open(path)
    store.apply(slice_of(tmp_path, 1, [session("a", "open", 1)], NOON))
    [version] = struct.unpack("<Q", path.read_bytes()[12:20])
    assert 64 <= version <= 68


def test_a_spool_that_cannot_be_written_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be kept"):
        slice_of(tmp_path / "nowhere", 1, [session("a", "open", 1)], NOON)


FULL = """
import resource, signal, sys
from pathlib import Path
from unified_checkout import Client, StoreError
from unified_checkout.store import Store, sync
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[2])
store = Store.open(path)
most = path.stat().st_size + int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
with Client.from_config(sys.argv[1]) as client:
    try:
        sync(client, store)
    except StoreError:
        sys.exit(7)
"""


@pytest.mark.parametrize("room", [4_000, 20_000])
def test_a_full_disk_is_a_typed_error_and_the_store_stands(
    tmp_path: Path, sandbox: Sandbox, client: Client, room: int
) -> None:
    config, path = tmp_path / "checkout.toml", tmp_path / "full.duckdb"
    config.write_text(sandbox.config_toml())
    store = Store.open(path)
    arguments = [sys.executable, "-c", FULL, str(config), str(path), str(room)]
    assert subprocess.run(arguments, check=False).returncode == 7
    assert_whole(store)
    assert sync(client, store).complete
    assert stored(store) == truth(client)
