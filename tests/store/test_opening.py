"""What is no store is refused, and what holds one is waited for and named."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import filelock
import pytest
from store.holding import held_by_another
from store.tables import column, stored

from unified_checkout import Client, StoreError, StoreInUse, UnusableStore
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, sync


def test_a_store_is_made_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"
    Store.open(path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    with duckdb.connect(path, read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM sessions_decimal").fetchall() == [(0,)]


def test_a_store_that_several_threads_make_is_made_once(tmp_path: Path) -> None:
    path, together = tmp_path / "new.duckdb", threading.Barrier(4)

    def opened(_: int) -> int:
        together.wait()
        return Store.open(path).query("SELECT 1 FROM unified_checkout_store").num_rows

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(opened, range(4))) == [1, 1, 1, 1]
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"", b"not a database"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(UnusableStore):
        Store.open(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(path) as theirs:
        theirs.execute("CREATE TABLE sessions (id TEXT)")
    before = path.read_bytes()
    with pytest.raises(UnusableStore, match="another program"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.duckdb"
    Store.open(path)
    with duckdb.connect(path) as newer:
        newer.execute("UPDATE unified_checkout_store SET version = 99")
    with pytest.raises(UnusableStore, match="newer version"):
        Store.open(path)


@pytest.mark.parametrize("place", ["nowhere/at/all.duckdb", "mysql://localhost/shop", "."])
def test_a_place_where_no_store_can_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnusableStore):
        Store.open(place)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_reads_the_store_is_named_before_anything_is_asked(
    tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    path = tmp_path / "checkout.duckdb"
    store = Store.open(path, wait=0)
    with (
        held_by_another(path, read_only=True) as pid,
        pytest.raises(StoreInUse, match=f"PID {pid}"),
    ):
        sync(client, store)
    assert not sandbox.requests("stripe")
    assert sync(client, store).complete


def test_a_second_sync_waits_for_the_first(
    tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    path = tmp_path / "checkout.duckdb"
    store = Store.open(path, wait=0)
    with filelock.FileLock(f"{path}.lock"), pytest.raises(StoreInUse, match="another sync"):
        sync(client, store)
    assert not sandbox.requests("stripe")


def test_a_statement_that_is_wrong_is_told(store: Store) -> None:
    with pytest.raises(StoreError, match="nonsense"):
        store.query("SELECT nonsense FROM sessions")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkout.duckdb"
    Store.open(path)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UnusableStore, match="cannot be written"):
            Store.open(path)
    finally:
        tmp_path.chmod(0o700)


def test_a_killed_sync_leaves_what_was_written_and_the_next_one_repairs(
    tmp_path: Path, client: Client
) -> None:
    path = tmp_path / "checkout.duckdb"
    store = Store.open(path, wait=0)
    sync(client, store)
    program = """
import os, sys
import duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("BEGIN")
connection.execute("DELETE FROM sessions")
connection.execute("DELETE FROM accounts")
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program, path], check=False).returncode == -9
    assert len(stored(store)) == 60
    assert column(store, "SELECT count(*) FROM accounts") == [2]
    assert sync(client, store).complete


def test_for_reading_nothing_is_made_and_nothing_need_be_writable(tmp_path: Path) -> None:
    path = tmp_path / "store" / "checkout.duckdb"
    path.parent.mkdir()
    with pytest.raises(UnusableStore, match="there is no store"):
        Store.open(path, for_reading=True)
    assert list(path.parent.iterdir()) == []
    Store.open(path).close()
    path.chmod(0o400)
    path.parent.chmod(0o500)
    with Store.open(path, for_reading=True) as store:
        assert store.query("SELECT 1 AS one FROM unified_checkout_store").to_pylist() == [
            {"one": 1}
        ]
        with pytest.raises(StoreError):
            store.query("DELETE FROM sessions")
    path.parent.chmod(0o700)
