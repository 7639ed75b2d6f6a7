"""What a store makes of an account whose settings changed, so that its list shows other sessions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import Field, SecretStr
from store.memory import InMemory
from store.shops import (
    MARKS,
    SHOPS,
    assert_another_location_is_read_from_the_beginning,
    assert_what_comes_late_was_complete_by_its_reading,
    at,
    requests_of,
)
from store.tables import column, stored, truth

from unified_checkout import Client
from unified_checkout.adapters import Adapter, AdapterOptions, KeyKind, load
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Manner, Store, sync
from unified_checkout.store.plan import BEGINNING
from unified_checkout.store.settings import differ, fingerprint, joined

ALL = timedelta.max


@pytest.fixture(params=["file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return InMemory(tmp_path)
    return Store.open(tmp_path / "checkout.duckdb", wait=0)


def test_another_location_is_read_from_the_beginning(
    shops: Sandbox, place: Store, tmp_path: Path
) -> None:
    fresh = Store.open(tmp_path / "fresh.duckdb")
    assert_another_location_is_read_from_the_beginning(shops, place, fresh)


def test_what_comes_late_was_complete_by_its_reading(shops: Sandbox, place: Store) -> None:
    assert_what_comes_late_was_complete_by_its_reading(shops, place)


def test_one_location_less_makes_nobody_gone(shops: Sandbox, place: Store) -> None:
    with at(shops, *SHOPS) as client:
        sync(client, place)
        everybody = stored(place)
    with at(shops, "LMAIN", "LOTHER") as client:
        left_out = len(everybody) - len(truth(client))
        for missed in (0, left_out):
            run = sync(client, place, recheck=ALL)
            assert run.complete
            assert sum(len(one.missed) for one in run.slices) == missed
            assert sum(one.rows_gone for one in run.slices) == 0
            assert stored(place) == everybody
            assert column(place, "SELECT complete_since FROM accounts") == [BEGINNING]
            assert column(place, "SELECT count(missed_since) FROM sessions") == [0]


def test_until_the_list_was_read_under_them_the_mark_speaks_of_the_settings_before(
    shops: Sandbox, place: Store
) -> None:
    with at(shops, "LMAIN") as client:
        sync(client, place)
        before = place.query(MARKS)
    with at(shops, *SHOPS) as client:
        ids = [one.id for one in shops.truth("square")[:2]]
        assert sync(client, place, only=ids).complete
        assert place.query(MARKS) == before
        shops.misbehave("square", faults.Status(401, times=None))
        assert not sync(client, place).complete
        assert place.query(MARKS) == before
        shops.behave("square")
        assert sync(client, place).complete
        assert stored(place) == truth(client)
        assert column(place, "SELECT complete_since FROM accounts") == [BEGINNING]


def test_a_reading_that_breaks_off_leaves_the_mark_that_it_proves_and_the_next_goes_on(
    shops: Sandbox, place: Store
) -> None:
    slices = Manner(slice_rows=10)
    with at(shops, "LMAIN") as client:
        sync(client, place)
        [before] = place.query(MARKS).to_pylist()
    with at(shops, *SHOPS) as client:
        shops.misbehave("square", faults.Fault(times=4), faults.Status(401, times=200))
        run = sync(client, place, manner=slices)
        assert [one.complete for one in run.slices][-2:] == [True, False]
        [told] = place.query(MARKS).to_pylist()
        assert told["settings"] != before["settings"]
        assert told["complete_since"] == run.slices[-2].covers_from > before["complete_since"]
        shops.behave("square")
        assert sync(client, place, manner=slices).complete
        assert stored(place) == truth(client)
        assert column(place, "SELECT complete_since FROM accounts") == [BEGINNING]
    assert column(place, "SELECT count(*) FROM session_changes") == [0]


def test_a_store_of_before_is_taken_as_read_under_these_settings(
    shops: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "checkout.duckdb"
    with at(shops, *SHOPS) as client:
        sync(client, Store.open(path))
        usual = requests_of(shops, client, Store.open(path))
        with duckdb.connect(path) as older:
            older.execute("ALTER TABLE accounts DROP COLUMN settings")
            older.execute("ALTER TABLE accounts DROP COLUMN left_off")
            older.execute("ALTER TABLE sessions DROP COLUMN missed_since")
            older.execute("DROP VIEW sessions_decimal")
            older.execute("CREATE VIEW sessions_decimal AS SELECT * FROM sessions")
        before = path.read_bytes()
        assert column(Store.open(path, for_reading=True), "SELECT count(*) FROM accounts") == [1]
        assert path.read_bytes() == before
        store = Store.open(path)
        assert column(store, "SELECT settings FROM accounts") == [None]
        assert column(store, "SELECT count(missed_since) FROM sessions_decimal") == [0]
        assert path.stat().st_mode & 0o077 == 0
        assert requests_of(shops, client, store) == usual
        assert column(store, "SELECT settings FROM accounts") == [
            fingerprint(client.accounts[0].adapter())
        ]


class ShopOptions(AdapterOptions):
    base_url: str = "https://api.example.com"
    version: str = "1"
    shops: frozenset[str] = frozenset()
    token: SecretStr = SecretStr("")
    page: int = Field(default=1, examples=[1])


SHOP: type[Adapter[Any]] = type("ShopAdapter", (load("square"),), {"options_type": ShopOptions})


def told(shape: KeyKind = KeyKind.UNKNOWN, **options: Any) -> str:
    return fingerprint(SHOP("shop", ShopOptions(**options), shape))


def test_a_fingerprint_is_the_same_in_every_process_and_holds_no_secret() -> None:
    both = told(shops=["b", "a", "c", "d"], token="one")
    assert both == "a9cee5b12969af5f"
    assert told(shops=["d", "c", "b", "a"], token="another") == both
    assert told(shops=["a"]) != both
    assert told() == told(version="1", shops=[]), "a default that is written out"
    assert told(base_url="https://other.example.com") != told()


def test_the_mode_counts_where_the_key_tells_it() -> None:
    unknown, test, live = told(), told(KeyKind.TEST), told(KeyKind.LIVE)
    assert differ(test, live)
    assert not any(differ(one, unknown) or differ(unknown, one) for one in (test, live, unknown))
    assert differ(test, told(KeyKind.TEST, version="2"))
    assert joined(unknown, test) == joined(test, unknown) == joined(None, test) == test
    assert not differ(None, test)
    assert not differ(test, None)
    assert joined(test, None) == test


def test_no_key_is_in_the_column_and_none_decides_it(tmp_path: Path) -> None:
    with Sandbox(sessions=2, seed=1) as sandbox:
        store = Store.open(tmp_path / "checkout.duckdb")
        with Client(sandbox.accounts) as client:
            assert sync(client, store).complete
        told = store.query("SELECT account, settings FROM accounts").to_pylist()
        held = {one["account"]: one["settings"] for one in told}
        for account in sandbox.accounts:
            key = account.api_key.get_secret_value()
            assert key not in held[account.name]
            other = account.model_copy(update={"api_key": SecretStr(f"{key}2")})
            assert not differ(held[account.name], fingerprint(other.adapter()))
            assert len(held[account.name]) < 24
