"""Slices that come late, twice or in another order, and disks that are full."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from pathlib import Path

import duckdb
import pytest
from store.killing import assert_whole
from store.slices import slice_of
from store.tables import Row, stored, truth

from unified_checkout import Client, Session, SessionStatus, StoreError
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Manner, Store, spool, sync
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


@pytest.mark.parametrize(
    ("at_once", "parts"), [(1000, 10), (1, 10), (1, 1)], ids=["page", "pages", "batches"]
)
def test_the_same_session_twice_in_a_slice_is_one_row_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, parts: int
) -> None:
    """Within what becomes columns together, across that, and across what is merged together."""
    monkeypatch.setattr(spool, "_AT_ONCE", at_once)
    monkeypatch.setattr(spool, "_PARTS", parts)
    store = Store.open(tmp_path / "twice.duckdb")
    moments = iter([NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)])
    arrivals = Arrivals(lambda: next(moments))
    twice = [session("a", "open", 1), session("b", "open", 1), session("a", "complete", 2)]

    def listed() -> Iterator[Session]:
        for one in twice:
            arrivals.arrived("us", [one])
            yield one

    one = slice_of(tmp_path, 1, [], NOON)
    one.spool.fill(listed(), arrivals)
    store.apply(one)
    told = {id: (row["status"], row["raw"]) for (_, id), row in stored(store).items()}
    assert told == {"a": ("complete", '"complete"'), "b": ("open", '"open"')}
    read = store.query("SELECT id, read_at FROM sessions ORDER BY id").to_pylist()
    assert [row["read_at"] - NOON for row in read] == [timedelta(minutes=2), timedelta(minutes=1)]


def test_the_same_session_twice_in_a_provider_s_pages_is_one_row(
    tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    """A page is served twice while what it holds is read again by the next slice, too."""
    store = Store.open(tmp_path / "pages.duckdb")
    id = sandbox.truth("flex")[-1].id
    for slice_rows in (7, 50_000):
        numbers = count(1)

        def grown(_: int, numbers: Iterator[int] = numbers) -> None:
            sandbox.change("flex", id, amount_total=next(numbers))

        sandbox.on_request("flex", grown)
        sandbox.misbehave("flex", faults.RepeatedPage())
        manner = Manner(slice_rows=slice_rows)
        sync(client, store, accounts=["flex"], recheck=timedelta(days=4000), manner=manner)
        sandbox.behave("flex")
    sandbox.on_request("flex", None)
    assert sync(client, store, recheck=timedelta(days=4000)).complete
    assert stored(store) == truth(client)
    assert_whole(store)


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
import os, subprocess, sys
from pathlib import Path
from store.killing import assert_whole
from store.tables import stored, truth
from unified_checkout import Client, StoreError
from unified_checkout.store import Store, sync

config, folder = sys.argv[1], Path(sys.argv[2])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], check=True)
path, filler = folder / "full.duckdb", folder / "filler"
store = Store.open(path)
with Client.from_config(config) as client:
    for room in (0, 600_000):
        there = os.statvfs(folder)
        filler.write_bytes(bytes(there.f_bavail * there.f_bsize - room))
        try:
            sync(client, store)
        except StoreError as error:
            print(room, error)
        else:
            sys.exit(f"{room} bytes were enough")
        filler.unlink()
        assert_whole(store)
        assert len(stored(store)) in (0, 30)  # each account is a slice
        assert [one.name for one in folder.iterdir() if one.suffix == ".arrow"] == []
    assert sync(client, store).complete
    assert stored(store) == truth(client)
    assert_whole(store)
"""


def test_a_full_disk_is_a_typed_error_and_the_store_stands(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    """On a file system of 16 MB, which there is for one process alone."""
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("nobody may mount a small file system here")
    config, small = tmp_path / "checkout.toml", tmp_path / "small"
    config.write_text(sandbox.config_toml())
    small.mkdir()
    ended = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", FULL, config, small],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 2


LIMITED = """
import resource, signal, sys
from pathlib import Path
from unified_checkout import Client, StoreError
from unified_checkout.store import Store, sync
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[2])
store = Store.open(path)
most = path.stat().st_size + 20_000
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
with Client.from_config(sys.argv[1]) as client:
    try:
        sync(client, store)
    except StoreError:
        sys.exit(7)
"""


def test_a_file_that_may_not_grow_is_a_typed_error_and_the_store_stands(
    tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    config, path = tmp_path / "checkout.toml", tmp_path / "full.duckdb"
    config.write_text(sandbox.config_toml())
    store = Store.open(path)
    arguments = [sys.executable, "-c", LIMITED, str(config), str(path)]
    assert subprocess.run(arguments, check=False).returncode == 7
    assert_whole(store)
    assert sync(client, store).complete
    assert stored(store) == truth(client)
