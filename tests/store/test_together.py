"""Kills, readers and several syncs at once: a store is always at the end of a slice."""

from __future__ import annotations

import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue

import pytest
from store.at_once import PAIRS, assert_two_syncs_lose_nothing
from store.killing import ROUNDS, assert_whole, syncing
from store.tables import column, stored, truth

from unified_checkout import Client, StoreInUse
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, sync


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
    for _ in range(ROUNDS // 2):
        with syncing(str(config), str(path), 1000) as killed:
            assert killed.stdout is not None
            killed.stdout.readline()
            time.sleep(chance.random())
            killed.send_signal(signal.SIGKILL)
        assert_whole(store)
    assert sync(client, store).complete
    assert stored(store) == truth(client)
    assert list(tmp_path.glob(".*-unified-checkout-*")) == []


def test_a_reader_sees_a_whole_store_through_ten_runs(
    tmp_path: Path, config: Path, sandbox: Sandbox
) -> None:
    path = tmp_path / "read.duckdb"
    store = Store.open(path)
    asked: Queue[None] = Queue()

    def arrives(_: int) -> None:
        sandbox.arrive("stripe")
        asked.put(None)

    sandbox.on_request("stripe", arrives)
    with syncing(str(config), str(path), 10) as writer:
        seen = set()
        while writer.poll() is None:
            with suppress(Empty, StoreInUse):
                asked.get(timeout=0.1)
                assert_whole(store)
                seen.update(column(store, "SELECT count(DISTINCT run) FROM runs"))
        assert writer.returncode == 0
    assert len(seen) > 1
    assert_whole(store)
    assert column(store, "SELECT count(DISTINCT run) FROM runs") == [10]


@pytest.mark.parametrize("pair", PAIRS, ids=["same", "disjoint"])
def test_two_syncs_at_once_lose_nothing(
    sandbox: Sandbox, tmp_path: Path, pair: list[list[str]]
) -> None:
    assert_two_syncs_lose_nothing(str(tmp_path / "both.duckdb"), sandbox, pair)
