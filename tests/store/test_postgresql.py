"""A store in PostgreSQL holds what one in a file does."""

from __future__ import annotations

import os
import random
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from house import PROVIDERS
from store.at_once import PAIRS, assert_two_syncs_lose_nothing
from store.killing import ROUNDS, assert_whole, syncing
from store.month import Month
from store.planted import assert_no_buyer_is_shown
from store.postgresql import programs, temporary_server
from store.shops import (
    assert_another_location_is_read_from_the_beginning,
    assert_what_comes_late_was_complete_by_its_reading,
)
from store.slices import assert_odd_ones_are_kept
from store.struck import RAISED, assert_heeded, needs_timers
from store.tables import assert_only_asked, column, stored, truth
from store.test_month import MONTHS, assert_true
from store.test_opening import THEIRS
from typer.testing import CliRunner

from handbook.pages import pages
from unified_checkout import Client, ConfigurationError, StoreError, StoreInUse, UnusableStore
from unified_checkout.cli.app import app
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Manner, Store, sync
from unified_checkout.store.shape import COLUMNS

pytest.importorskip("adbc_driver_postgresql", reason="the extra postgres is not installed")
from unified_checkout.store.postgres_store import Transaction

if programs() is None:
    pytest.skip("PostgreSQL is not installed on this machine", allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with temporary_server() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """An empty database."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS unified_checkout CASCADE")
        connection.commit()
    return server


@pytest.mark.parametrize("host", ["[planted]", "[::1", "[1.2.3]", "[]"])
def test_a_host_that_is_no_address_is_refused_in_words(host: str) -> None:
    with pytest.raises(UnusableStore) as caught:
        Store.open(f"postgresql://shop:planted-too@{host}:9/shop?host=/nowhere-at-all")
    assert "planted-too" not in str(caught.value)


@needs_timers
@pytest.mark.parametrize("raised", RAISED[:2])
def test_a_signal_is_heeded_while_the_database_works(url: str, raised: type[BaseException]) -> None:
    store = Store.open(url)

    def write() -> None:
        with store._opened() as transaction:  # type: ignore[attr-defined]
            transaction.rows("INSERT INTO sessions (account, id) VALUES ('a', 'b')")
            transaction.rows("SELECT pg_sleep(3600)")

    assert_heeded(write, raised, store)
    assert_heeded(lambda: store.query("SELECT pg_sleep(3600)"), raised, store)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPORT", "planted"),
        ("PGSSLMODE", "planted"),
        ("PGSSLROOTCERT", "/planted"),
        ("PGSERVICE", "planted"),
        ("PGCONNECT_TIMEOUT", "planted"),
        ("PGTARGETSESSIONATTRS", "planted"),
        ("PGCLIENTENCODING", "planted"),
        ("PGOPTIONS", "-c planted=1 -c plant.ed"),
        ("PGTZ", "planted"),
    ],
)
def test_a_variable_of_the_database_s_library_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    if name == "PGSSLROOTCERT":
        monkeypatch.setenv("PGSSLMODE", "verify-full")
    if name == "PGPORT":
        url = re.sub(r":\d+/", "/", url)
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGPASSWORD", "planted-too")
    for other in ("PGDATA", "PGADMIN_DEFAULT_EMAIL", "PGUSER", "PGDATABASE"):
        monkeypatch.setenv(other, "planted")
    with pytest.raises(UnusableStore) as caught:
        Store.open(url)
    assert name in str(caught.value)
    assert "planted" not in str(caught.value)
    for other in ("PGDATA", "PGADMIN", "PGUSER", "PGDATABASE"):  # none of its, or overridden
        assert other not in str(caught.value)


def test_both_stores_hold_the_same(
    url: str, tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    stores = [Store.open(url), Store.open(tmp_path / "file.duckdb")]
    for store in stores:
        assert sync(client, store, manner=Manner(slice_rows=11)).complete
    sandbox.arrive("stripe", 3)
    gone, changed = sandbox.truth("stripe")[5:7]
    sandbox.vanish("stripe", gone.id)
    sandbox.change("stripe", changed.id, amount_refunded=7, disputed=True)
    for store in stores:
        sync(client, store, recheck=timedelta(days=4000))
        assert stored(store) == truth(client)
    one, other = (
        store.query(
            "SELECT account, id, field, before, after FROM session_changes ORDER BY id, field"
        ).to_pylist()
        for store in stores
    )
    assert one == other
    assert {row["field"] for row in one} >= {"gone"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_after_a_month_the_store_is_the_truth(url: str, provider: str) -> None:
    store = Store.open(url)
    for seed in range(MONTHS // 10 or 3):
        month = Month(provider, seed, account=f"shop-{seed}")
        assert month.live(store, thrifty=seed == 1).complete
        assert_true(store, month)
    assert_whole(store)


@pytest.mark.parametrize("pair", PAIRS, ids=["same", "disjoint"])
def test_two_syncs_at_once_lose_nothing(url: str, sandbox: Sandbox, pair: list[list[str]]) -> None:
    assert_two_syncs_lose_nothing(url, sandbox, pair)


def test_a_reader_sees_a_whole_store_through_ten_runs(url: str, sandbox: Sandbox) -> None:
    reader = Store.open(url)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with Client(sandbox.accounts) as client:
                for _ in range(10):
                    sandbox.arrive("stripe", 2)
                    sync(client, Store.open(url), accounts=["stripe"])
        except BaseException as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    writer, seen = threading.Thread(target=write), 0
    writer.start()
    while writer.is_alive():
        assert_whole(reader)
        seen += 1
        writer.join(0.02)
    assert failures == []
    assert seen
    assert len(stored(reader)) == 50


def test_whenever_a_sync_is_killed_the_store_is_whole_and_the_next_one_repairs(
    url: str, tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    config = tmp_path / "checkout.toml"
    config.write_text(sandbox.config_toml())
    store = Store.open(url)
    chance = random.Random(5)
    for _ in range(ROUNDS // 2):
        with syncing(str(config), url, 1000) as killed:
            assert killed.stdout is not None
            killed.stdout.readline()
            time.sleep(chance.random())
            killed.send_signal(signal.SIGKILL)
        assert_whole(store)
    assert sync(client, store).complete
    assert stored(store) == truth(client)


KILLED = """
import os, sys
from unified_checkout import Client
from unified_checkout.store import Manner, Store, sync
dies = lambda written: os.kill(os.getpid(), 9)
with Client.from_config(sys.argv[1]) as client:
    sync(client, Store.open(sys.argv[2]), manner=Manner(slice_rows=11, told=dies))
"""


def test_what_a_killed_sync_had_read_goes_with_the_next_one_of_the_same_database(
    url: str, tmp_path: Path, sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, temporary = tmp_path / "checkout.toml", tmp_path / "temporary"
    config.write_text(sandbox.config_toml())
    temporary.mkdir()
    program = [sys.executable, "-c", KILLED, str(config), url]
    ended = subprocess.run(program, env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    [left] = temporary.iterdir()
    other = left.with_name(left.name.replace("unified_checkout-", "unified_checkout-0"))
    other.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert sync(client, Store.open(url)).complete
    assert list(temporary.iterdir()) == [other]


def test_a_store_keeps_what_databases_stumble_over(url: str, tmp_path: Path) -> None:
    moment = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert_odd_ones_are_kept(Store.open(url), tmp_path, moment)


def test_a_store_of_before_keeps_them_too(url: str, tmp_path: Path) -> None:
    from adbc_driver_postgresql import dbapi

    Store.open(url)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("DROP INDEX unified_checkout.session_metadata_of_session")
        cursor.execute(
            "ALTER TABLE unified_checkout.session_metadata ADD PRIMARY KEY (account, id, key)"
        )
        connection.commit()
    test_a_store_keeps_what_databases_stumble_over(url, tmp_path)


def test_a_store_of_before_learns_what_it_lacks_once_its_owner_opens_it(
    url: str, shops: Sandbox, tmp_path: Path
) -> None:
    from adbc_driver_postgresql import dbapi

    Store.open(url)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE unified_checkout.accounts DROP COLUMN settings")
        cursor.execute("ALTER TABLE unified_checkout.accounts DROP COLUMN left_off")
        cursor.execute("ALTER TABLE unified_checkout.sessions DROP COLUMN missed_since CASCADE")
        cursor.execute("DROP ROLE IF EXISTS clerk")
        cursor.execute("CREATE ROLE clerk LOGIN")
        cursor.execute("GRANT USAGE ON SCHEMA unified_checkout TO clerk")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA unified_checkout TO clerk")
        connection.commit()
    clerk = url.replace("postgres@", "clerk@")
    with pytest.raises(UnusableStore, match="owner"):
        Store.open(clerk)
    assert column(Store.open(clerk, for_reading=True), "SELECT count(*) FROM accounts") == [0]
    fresh = Store.open(tmp_path / "fresh.duckdb")
    assert_another_location_is_read_from_the_beginning(shops, Store.open(url), fresh)
    assert column(Store.open(clerk), "SELECT count(*) FROM accounts") == [1]
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("DROP OWNED BY clerk")
        cursor.execute("DROP ROLE clerk")
        connection.commit()


def test_what_comes_late_was_complete_by_its_reading(url: str, shops: Sandbox) -> None:
    assert_what_comes_late_was_complete_by_its_reading(shops, Store.open(url))


@pytest.mark.parametrize("step", ["offer", "upsert", "commit"])
def test_a_server_that_is_killed_in_the_middle_is_a_typed_error_and_the_store_stands(
    url: str, client: Client, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A process of the server dies, which takes all others with it, and the server begins again."""
    store = Store.open(url)
    reached = getattr(Transaction, step)

    def dies(self: Transaction, *given: object, **more: object) -> object:
        told = reached(self, *given, **more) if step != "commit" else None
        [[process]] = self.rows("SELECT pg_backend_pid()")
        os.kill(process, signal.SIGKILL)
        return reached(self, *given, **more) if step == "commit" else told

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, step, dies)
        with pytest.raises((StoreError, UnusableStore)):
            sync(client, store, accounts=["stripe"])
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(UnusableStore):
            assert stored(store) == {}
            break
    assert_whole(store)
    assert sync(client, store).complete
    assert stored(store) == truth(client)


def test_a_sync_that_is_under_way_is_told_of_before_anything_is_asked(
    url: str, sandbox: Sandbox, client: Client
) -> None:
    with Store.open(url).for_one_sync(), pytest.raises(StoreInUse, match="another sync"):
        sync(client, Store.open(url, wait=0))
    assert not sandbox.requests("stripe")


def test_what_is_no_store_is_refused(url: str, tmp_path: Path) -> None:
    from adbc_driver_postgresql import dbapi

    with pytest.raises(ConfigurationError, match="file"):
        Store.open(url).publish(tmp_path / "copy.duckdb")
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE unified_checkout.unified_checkout_store SET version = 99")
        connection.commit()
        with pytest.raises(UnusableStore, match="newer version"):
            Store.open(url)
        for statement in ("DELETE FROM unified_checkout.unified_checkout_store", *THEIRS[1:]):
            cursor.execute("SET search_path TO unified_checkout")
            cursor.execute(statement)
            connection.commit()
            with pytest.raises(UnusableStore, match="another program"):
                Store.open(url)
            cursor.execute("DROP TABLE unified_checkout.unified_checkout_store")
            connection.commit()


def test_a_statement_that_gives_no_table_is_told(url: str) -> None:
    for statement in ("SET TIME ZONE 'UTC'", "DELETE FROM sessions"):
        with pytest.raises(StoreError, match="one SELECT"):
            Store.open(url).query(statement)


def test_a_store_that_is_asked_stays_as_it_is(url: str, client: Client) -> None:
    store = Store.open(url)
    sync(client, store)
    assert_only_asked(store)
    assert_only_asked(Store.open(url, for_reading=True))


def test_dlt_loads_what_a_store_holds(
    url: str, tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg2", reason="dlt's extra for PostgreSQL is not installed")
    dlt = pytest.importorskip("dlt", reason="the extra dlt is not installed")
    from unified_checkout.store.dlt import checkout_sessions, load

    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path))
    address = url.replace("postgres@", "postgres:none@")  # dlt wants a password, the server none
    pipeline = dlt.pipeline(
        "shop",
        pipelines_dir=str(tmp_path),
        destination=dlt.destinations.postgres(address),
        dataset_name="loaded",
    )
    store = Store.open(url)
    for _ in range(2):
        sync(client, store)
        load(pipeline, checkout_sessions(client))
    columns = ", ".join(COLUMNS)
    there, loaded = (
        store.query(f"SELECT {columns} FROM {place}.sessions ORDER BY account, id")
        for place in ("unified_checkout", "loaded")
    )
    assert loaded.num_rows == 60
    assert loaded.to_pylist() == there.to_pylist()


@pytest.mark.parametrize("tail", ["", "?connect_timeout=5"])
@pytest.mark.parametrize(
    "mark",
    ["", "%zz", "%", "%00", "\0", "\ud800", "%2F", "/", "#", "@", "?", ":", "=", "&"],
)
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://shop:4Ls9{}7Kq@127.0.0.1:9/shop",
        "postgres://shop:7{}4Ls9{}7Kq@127.0.0.1:9/shop",
        "postgresql://shop@127.0.0.1:9/shop?password=4Ls9{}7Kq",
        "postgresql://127.0.0.1:9/shop?password=4Ls9{}7Kq",
    ],
)
def test_a_server_that_is_not_there_is_told_of_without_the_password(
    address: str, mark: str, tail: str
) -> None:
    place = address.replace("{}", mark) + (tail.replace("?", "&") if "?" in address else tail)
    with pytest.raises(UnusableStore, match=r"cannot be reached|%25 for %") as raised:
        Store.open(place)
    told = str(raised.value)
    assert "4Ls9" not in told
    assert "7Kq" not in told
    assert "shop:7" not in told
    if not mark and "shop@" in address:
        assert "127.0.0.1:9" in told


def test_the_command_of_the_page_runs(
    url: str, tmp_path: Path, sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    [command] = [
        block.text.partition("#")[0]
        for page in pages()
        for block in page.blocks()
        if block.note == "run by tests/store/test_postgresql.py"
    ]
    monkeypatch.chdir(tmp_path)
    Path("checkout.toml").write_text(sandbox.config_toml(), encoding="utf-8")
    words = shlex.split(command.replace("postgresql://localhost/shop", url))
    ended = CliRunner().invoke(app, words[1:])
    assert ended.exit_code == 0, ended.output
    assert stored(Store.open(url)) == truth(client)


def test_what_could_not_be_written_is_in_no_crash_report(url: str) -> None:
    from adbc_driver_postgresql import dbapi

    store = Store.open(url)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE unified_checkout.sessions DROP COLUMN customer_email CASCADE")
        connection.commit()
    assert_no_buyer_is_shown(store)
