"""A sync that may cost only so much: where it stops, what it keeps, and how the next one goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import PROVIDERS
from store.memory import InMemory
from store.month import HOUR, Month
from store.tables import stored

from unified_checkout.adapters import load


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_runs_with_any_budgets_end_in_the_store_of_one_without(
    tmp_path: Path, provider: str
) -> None:
    """From an empty store on, and where there is much to catch up with."""
    stores: list[Store] = []
    runs: list[SyncRun] = []
    for name in ("parts", "whole"):
        (tmp_path / name).mkdir()
        stores.append(InMemory(tmp_path / name))
    month = Month(provider, 0)
    month.imitation.hold(month.invention.history(10))
    happens, small = month.random.random, 13 if load(provider).name == "paypal" else 3
    for hours in (1, 30, 1):
        month.now += hours * HOUR
        month.random.random = lambda: 1.0  # type: ignore[method-assign]
        runs += month.sync_in_parts(stores[0], slice_rows=small)
        assert month.sync(stores[1]).complete
        parts, whole = (stored(one, gone=True) for one in stores)
        assert parts == whole
        month.random.random = happens  # type: ignore[method-assign]
        for _ in range(25):
            month.now += 300
            month.something_happens()
    assert any(one.went_on for one in runs)
