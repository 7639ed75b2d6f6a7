"""What is no store is refused, and what holds one is waited for and named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import filelock
import pytest
from store.holding import held_by_another
from store.tables import assert_only_asked, column, stored, truth

from unified_checkout import Client, StoreError, StoreInUse, UnusableStore
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, Written, sync
from unified_checkout.store.writing import Slice, write


def test_a_store_is_made_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"
    Store.open(path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    with duckdb.connect(path, read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM sessions_decimal").fetchall() == [(0,)]


def test_what_is_beside_a_store_is_for_its_owner_alone_too(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB's log while a slice is written, and a copy while it is made."""
    path, modes = tmp_path / "checkout.duckdb", dict[str, set[int]]()
    copied = shutil.copyfileobj

    def look() -> None:
        for one in tmp_path.iterdir():
            kind = one.name.rpartition("-")[2] if one.is_file() else "spool"
            modes.setdefault(kind, set()).add(one.stat().st_mode & 0o077)

    def writes(transaction: Any, one: Slice) -> Written:
        told = write(transaction, one)
        transaction.rows("SET checkpoint_threshold = '1GB'")
        transaction.rows("COMMIT")
        assert Path(f"{path}.wal").stat().st_size > 0
        look()
        transaction.rows("BEGIN")
        return told

    def copies(*given: Any) -> None:
        copied(*given)
        look()

    monkeypatch.setattr("unified_checkout.store.duckdb_store.write", writes)
    monkeypatch.setattr(shutil, "copyfileobj", copies)
    mask = os.umask(0o022)
    try:
        store = Store.open(path)
        sync(client, store)
        for _ in range(2):
            store.publish(tmp_path / "copy.duckdb")
    finally:
        os.umask(mask)
    kinds = {
        path.name,
        f"{path.name}.lock",
        f"{path.name}.wal",
        "spool",
        "copy.duckdb",
        "old",
        "new",
    }
    assert modes == {kind: {0} for kind in kinds}
    assert stored(store) == truth(client)


def test_a_store_that_several_threads_make_is_made_once(tmp_path: Path) -> None:
    path, together = tmp_path / "new.duckdb", threading.Barrier(4)

    def opened(_: int) -> int:
        together.wait()
        return len(column(Store.open(path), "SELECT 1 FROM unified_checkout_store"))

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


THEIRS = [
    "CREATE TABLE sessions (id TEXT)",
    "CREATE TABLE unified_checkout_store (version BIGINT)",
    "CREATE TABLE unified_checkout_store AS SELECT '1' AS version",
    "CREATE TABLE unified_checkout_store AS SELECT 1 AS release",
]
UNFINISHED = """
import duckdb, os, sys
theirs = duckdb.connect(sys.argv[1])
theirs.execute("PRAGMA disable_checkpoint_on_shutdown")
theirs.execute(sys.argv[2])
theirs.execute("CHECKPOINT")
theirs.execute("CREATE TABLE more AS SELECT 1 AS one")
os._exit(0)
"""


@pytest.mark.parametrize("statement", THEIRS)
def test_a_database_of_another_program_is_refused_and_left_alone(
    tmp_path: Path, statement: str
) -> None:
    """What the other program has written into its log alone stays there, too."""
    path = tmp_path / "theirs.duckdb"
    subprocess.run([sys.executable, "-c", UNFINISHED, path, statement], check=True)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    assert before.keys() == {path.name, f"{path.name}.wal"}
    with pytest.raises(UnusableStore, match="another program"):
        Store.open(path)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.duckdb"
    Store.open(path)
    with duckdb.connect(path) as newer:
        newer.execute("UPDATE unified_checkout_store SET version = 99")
    with pytest.raises(UnusableStore, match="newer version"):
        Store.open(path)


@pytest.mark.parametrize(
    "place",
    ["nowhere/at/all.duckdb", "mysql://localhost/shop", ".", "x" * 300, "a\0b", "a\ud800b"],
)
def test_a_place_where_no_store_can_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for for_reading in (False, True):
        with pytest.raises(UnusableStore):
            Store.open(place, for_reading=for_reading)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=["a pipe", "a device", "a folder"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What is there and is no file; a pipe is waited for, and a device may have no end."""
    if request.param == "a device":
        return Path("/dev/zero")
    place = tmp_path / "place"
    if request.param == "a pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    return place


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="os.mkfifo")
def test_what_is_no_file_is_no_store(store: Store, no_file: Path) -> None:
    for for_reading in (False, True):
        with pytest.raises(UnusableStore, match="is no file that a store can be in"):
            Store.open(no_file, for_reading=for_reading)
    with pytest.raises(UnusableStore, match="is no file that a store can be in"):
        store.publish(no_file)


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


def test_a_sync_waits_until_a_notebook_lets_go_of_the_file_and_loses_nothing(
    tmp_path: Path, sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebook comes while the providers are read, and goes when the sync has begun to wait."""
    path = tmp_path / "checkout.duckdb"
    store = Store.open(path, wait=60)
    notebook = ExitStack()
    waited: list[float] = []

    def opens(_: int) -> None:
        sandbox.on_request("stripe", None)
        notebook.enter_context(held_by_another(path, read_only=True))

    def waits(seconds: float) -> None:
        waited.append(seconds)
        notebook.close()

    sandbox.on_request("stripe", opens)
    monkeypatch.setattr("unified_checkout.store.duckdb_store.time.sleep", waits)
    with notebook:
        assert sync(client, store).complete
    assert waited
    assert stored(store) == truth(client)


OLD = os.environ.get("UNIFIED_CHECKOUT_OLD_DUCKDB", str(Path(sys.prefix) / "old-duckdb"))


@pytest.mark.skipif(
    not Path(OLD, "duckdb").is_dir(), reason="DuckDB 1.4 is not at hand: make old-duckdb"
)
def test_duckdb_1_4_reads_and_writes_what_was_written(
    tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    path = tmp_path / "checkout.duckdb"
    store = Store.open(path)
    sync(client, store)
    program = """
import duckdb, sys
assert duckdb.__version__.startswith("1.4."), duckdb.__version__
with duckdb.connect(sys.argv[1]) as old:
    print(old.execute("SELECT count(*), sum(amount_total_decimal) FROM sessions_decimal").fetchall())
    old.execute("DELETE FROM session_raw")
"""
    told = subprocess.run(
        [sys.executable, "-c", program, path],
        env={**os.environ, "PYTHONPATH": OLD},
        capture_output=True,
        text=True,
        check=True,
    )
    total = column(store, "SELECT sum(amount_total_decimal) FROM sessions_decimal")
    assert told.stdout.strip() == repr([(60, *total)])
    assert sync(client, store, recheck=timedelta(days=4000)).complete
    assert stored(store) == truth(client)


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


def test_a_statement_that_gives_no_table_is_told(store: Store) -> None:
    for statement in ("", ";", "DELETE FROM sessions", "SELECT 1; SELECT 2"):
        with pytest.raises(StoreError, match="one SELECT"):
            store.query(statement)


def test_a_store_that_is_asked_stays_as_it_is(
    tmp_path: Path, store: Store, client: Client, sandbox: Sandbox
) -> None:
    sync(client, store)
    assert_only_asked(store)
    assert_only_asked(Store.open(tmp_path / "checkout.duckdb", for_reading=True))
    assert store.query("PIVOT sessions ON account USING count(*)").num_rows > 0
    sandbox.arrive("stripe", 3)
    assert sync(client, store).complete
    assert stored(store) == truth(client)


def test_what_waits_in_a_log_is_read(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "checkout.duckdb"
    program = """
import os, sys
import duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("INSERT INTO sessions (account, id) VALUES ('shop', 'one')")
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program, path], check=False).returncode == -9
    assert Path(f"{path}.wal").stat().st_size > 0
    assert column(store, "SELECT id FROM sessions") == ["one"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_folder_that_cannot_be_written_is_refused() -> None:
    """By an ordinary user, whoever runs the tests: root may write everywhere."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder, "checkout.duckdb")
        Store.open(path).close()
        path.chmod(0o644)
        Path(folder, "closed").mkdir(mode=0)
        Path(folder).chmod(0o555)
        if (child := os.fork()) == 0:
            code = 1
            try:
                if os.geteuid() == 0:
                    os.setgid(65534)
                    os.setuid(65534)
                for place in (path, path.with_name("new.duckdb")):
                    with pytest.raises(UnusableStore, match=r"denied|cannot be written"):
                        Store.open(place)
                with pytest.raises(UnusableStore, match="Permission denied"):
                    Store.open(Path(folder, "closed", "checkout.duckdb"))
                code = len(Store.open(path, for_reading=True).query("SELECT 1").to_pylist()) - 1
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        Path(folder).chmod(0o755)
        assert os.waitstatus_to_exitcode(status) == 0
        assert {one.name for one in Path(folder).iterdir()} == {path.name, "closed"}


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


def test_a_log_that_nothing_was_written_into_is_none(tmp_path: Path, client: Client) -> None:
    """A sync was killed as soon as the log was there."""
    path = tmp_path / "checkout.duckdb"
    sync(client, Store.open(path))
    for for_reading in (True, False):
        Path(f"{path}.wal").touch()
        assert len(stored(Store.open(path, for_reading=for_reading))) == 60
    assert sync(client, Store.open(path)).complete


PROGRAM = """
from unified_checkout.report import SessionTable
from unified_checkout.store import Store

bar = "SELECT current_setting('enable_progress_bar') AS bar"
stores = Store.open("c.duckdb"), Store.open("c.duckdb", for_reading=True)
told = [store.query(bar).column(0).to_pylist() for store in stores]
with SessionTable() as table:
    print(*told, table._database.execute(bar).fetchone())
"""


def test_a_database_that_takes_long_writes_nothing_where_a_program_writes(tmp_path: Path) -> None:
    """In a program without a file, as in a notebook, DuckDB itself would show how far it is."""
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "[False] [False] (False,)\n"


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
