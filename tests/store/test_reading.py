"""What programs that only read get of a store, and that they keep nobody from writing it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from store.holding import held_by_another
from store.killing import syncing
from store.tables import stored

import unified_checkout
from unified_checkout import Client, StoreInUse, UnusableStore
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, StoredSessions, sync


@pytest.fixture
def read(client: Client, store: Store, tmp_path: Path) -> StoredSessions:
    sync(client, store)
    return unified_checkout.read_store(tmp_path / "checkout.duckdb")


def test_every_form_has_the_same_rows(read: StoredSessions, store: Store) -> None:
    table = read.to_arrow()
    assert table.num_rows == len(stored(store)) == 60
    frame = read.to_pandas()
    told = table["amount_total"].drop_null().to_pylist()
    assert frame["amount_total"].dropna().to_list() == told
    assert isinstance(frame["amount_total"].dtype, pd.ArrowDtype)
    assert read.to_pandas(dtype_backend="numpy_nullable")["amount_total"].dtype == "Int64"
    assert read.to_polars()["id"].to_list() == table["id"].to_pylist()
    assert sorted(read.to_relation().project("id").fetchall()) == sorted(
        (id,) for id in table["id"].to_pylist()
    )
    counted = read.to_arrow("SELECT account, count(*) AS n FROM sessions GROUP BY 1 ORDER BY 1")
    assert counted.to_pylist() == [{"account": "flex", "n": 30}, {"account": "stripe", "n": 30}]


def test_a_reader_that_stays_keeps_no_sync_from_writing_and_sees_what_it_wrote(
    read: StoredSessions, sandbox: Sandbox, tmp_path: Path
) -> None:
    relation = read.to_relation()
    config = tmp_path / "checkout.toml"
    config.write_text(sandbox.config_toml())
    sandbox.arrive("stripe", 3)
    with syncing(str(config), str(tmp_path / "checkout.duckdb"), 1) as other:
        assert other.wait() == 0
    assert len(relation.fetchall()) == 60
    assert read.to_arrow().num_rows == 63


def test_nothing_is_made_or_written(read: StoredSessions, store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnusableStore, match="sync"):
        unified_checkout.read_store(tmp_path / "nowhere.duckdb")
    assert not (tmp_path / "nowhere.duckdb").exists()
    for statement in ("DELETE FROM sessions", "CREATE TABLE mine (id TEXT)"):
        with pytest.raises(unified_checkout.StoreError):
            read.to_arrow(statement)
    assert len(stored(store)) == 60


def test_a_program_that_writes_is_waited_for_and_named(tmp_path: Path) -> None:
    path = tmp_path / "checkout.duckdb"
    Store.open(path).close()
    with held_by_another(path) as pid, pytest.raises(StoreInUse, match=f"PID {pid}"):
        unified_checkout.read_store(path, wait=0)
    assert unified_checkout.read_store(path, wait=0).to_arrow().num_rows == 0


@pytest.mark.parametrize("manner", ["", ", read_only=True"])
def test_a_copy_is_published_from_under_a_program_that_keeps_it_open(
    read: StoredSessions,
    sandbox: Sandbox,
    client: Client,
    store: Store,
    tmp_path: Path,
    manner: str,
) -> None:
    copy = tmp_path / "copy.duckdb"
    store.publish(copy)
    program = (
        f"import duckdb, sys; held = duckdb.connect(sys.argv[1]{manner}); "
        "print('held', flush=True); sys.stdin.readline(); "
        "print(held.execute('SELECT count(*) FROM sessions').fetchall(), flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, copy],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as notebook:
        assert notebook.stdout is not None
        notebook.stdout.readline()
        sandbox.arrive("stripe", 3)
        sync(client, store)
        store.publish(copy)
        told, _ = notebook.communicate("now\n")
    assert told.strip() == "[(60,)]"
    assert unified_checkout.read_store(copy).to_arrow().num_rows == 63
    assert sorted(one.name for one in tmp_path.glob("copy*")) == ["copy.duckdb"]


def test_the_library_does_not_import_a_database_for_its_name() -> None:
    program = (
        "import sys, unified_checkout; unified_checkout.read_store; "
        "print('duckdb' in sys.modules, 'pyarrow' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert told.stdout.split() == [b"False", b"False"]
