"""Kills, readers and several syncs at once: a store is always at the end of a slice."""

from __future__ import annotations

import random
import signal
import threading
import time
from pathlib import Path

import pytest
from store.killing import assert_whole, syncing
from store.tables import stored, truth

from unified_checkout import Client, StoreInUse
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Manner, Store, sync


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> Path:
    path = tmp_path / "checkout.toml"
    path.write_text(sandbox.config_toml())
    return path


def test_whenever_a_sync_is_killed_the_store_is_whole_and_the_next_one_repairs(
    tmp_path: Path, config: Path, client: Client
) -> None:
    path = tmp_path / "killed.duckdb"
    store = Store.open(path)
    chance = random.Random(4)
    for _ in range(2):
        with syncing(str(config), str(path), 1000) as killed:
            assert killed.stdout is not None
            killed.stdout.readline()
            time.sleep(chance.random())
            killed.send_signal(signal.SIGKILL)
        assert_whole(store)
    assert sync(client, store).complete
    assert stored(store) == truth(client)
    assert list(tmp_path.glob(".*-unified-checkout-*")) == []


def test_a_reader_sees_a_whole_store_at_any_time(tmp_path: Path, config: Path) -> None:
    path = tmp_path / "read.duckdb"
    store = Store.open(path)
    with syncing(str(config), str(path), 3) as writer:
        seen = 0
        while writer.poll() is None:
            try:
                assert_whole(store)
            except StoreInUse:
                continue
            seen += 1
        assert writer.returncode == 0
    assert seen
    assert_whole(store)


def test_two_syncs_at_once_lose_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "both.duckdb"
    Store.open(path)
    failures: list[BaseException] = []

    def run(accounts: list[str] | None) -> None:
        try:
            with Client(sandbox.accounts) as client:
                for _ in range(2):
                    store = Store.open(path)
                    sync(client, store, accounts=accounts, manner=Manner(slice_rows=11))
        except BaseException as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    threads = [threading.Thread(target=run, args=[one]) for one in (None, None, ["stripe"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Client(sandbox.accounts) as client:
        assert stored(Store.open(path)) == truth(client)
    assert_whole(Store.open(path))
