"""After a month in which everything goes wrong, a store holds what the provider holds.

Two things are known to differ. A field that a list does not tell is as the last single reading told
it, or null. Where pages are counted off and no session can be asked for by itself, nothing tells
that one has vanished.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from house import PROVIDERS
from store.month import Month
from store.tables import column, expected, stored, truth

from unified_checkout import Session
from unified_checkout.adapters import Paging, load
from unified_checkout.store import Store, sync
from unified_checkout.store.shape import COLUMNS

OF_CUSTOMER = {name for name in COLUMNS if name == "email" or name.startswith("customer_")}
SEEDS = range(int(os.environ.get("UNIFIED_CHECKOUT_MONTHS", "1")))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_after_a_month_the_store_is_the_truth(tmp_path: Path, provider: str, seed: int) -> None:
    month = Month(provider, seed)
    store = Store.open(tmp_path / "month.duckdb")
    run = month.live(store)
    assert run.complete, [one.reason for one in run.slices]
    with month.client as client, month.in_its_time():
        there = truth(client)
        [plan] = client.sessions.explain(kind="any").accounts
        coverage = client.sessions.list(kind="any").coverage.accounts[0]
        by_id = plan.untold and load(provider).reads_by_id
        each = client.sessions.get_many([id for _, id in there]) if by_id else {}
    held = stored(store)
    lost = set(stored(store, gone=True)) - set(there)
    if coverage.paging is Paging.OFFSET and not load(provider).reads_by_id:
        held = {key: row for key, row in held.items() if key not in lost}
    assert held.keys() == there.keys()
    untold = {field for field, one in plan.untold.items() if not one.expand}
    for key, row in there.items():
        single = each.get(key[1])
        alone = expected(single) if isinstance(single, Session) else row
        for name, value in row.items():
            if name in untold or ("customer" in untold and name in OF_CUSTOMER):
                assert held[key][name] in (value, alone[name])
            elif name != "raw":
                assert held[key][name] == value, name
    assert column(store, "SELECT count(*) FROM accounts WHERE mark IS NOT NULL") == [1]
    assert column(store, "SELECT DISTINCT field FROM session_changes")


def test_a_provider_whose_clock_is_ahead_does_not_push_the_mark_beyond_now(tmp_path: Path) -> None:
    month = Month("stripe", 0, ahead=90 * 86_400)
    store = Store.open(tmp_path / "ahead.duckdb")
    with month.client as client, month.in_its_time():
        sync(client, store)
        [mark] = column(store, "SELECT mark FROM accounts")
        assert mark <= datetime.fromtimestamp(month.now, UTC)
        month.now += 3600
        month.imitation.hold([month.invention.fact(int(month.now) - 60)])
        sync(client, store)
        assert stored(store).keys() == truth(client).keys()
