"""A sync that may cost only so much: where it stops, what it keeps, and how the next one goes on."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from house import PROVIDERS
from store.memory import InMemory
from store.month import DAY, HOUR, Month
from store.test_month import MONTHS
from store.tables import column, stored, truth

from unified_checkout import BudgetSpent, Client, InvalidQuery
from unified_checkout.adapters import load
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Manner, Store, SyncRun, sync

ALLOWED = (1, 2, 3, 5, 8, 20)
MOST = 100
"""So many runs must be enough."""
SEEDS = range(10 if MONTHS else 1)


def in_parts(month: Month, store: Store, random: Random) -> list[SyncRun]:
    """Runs with random budgets until one is complete, none of which sends more than it may."""
    runs: list[SyncRun] = []
    least = 1
    for _ in range(MOST):
        allowed, before = max(least, random.choice(ALLOWED)), month.requests
        try:
            runs.append(month.sync(store, max_requests=allowed, slice_rows=3))
        except BudgetSpent as error:
            told = re.search(r"allow max_requests=(\d+) or more", str(error))
            assert told is not None, error
            assert int(told[1]) > allowed
            least = int(told[1])
        else:
            least = 1
            if runs[-1].complete:
                return runs
            assert runs[-1].stopped == f"stopped at max_requests={allowed}"
        assert month.requests - before <= allowed
    raise AssertionError(runs[-1])


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_runs_with_any_budgets_end_in_the_store_of_one_without(
    tmp_path: Path, provider: str
) -> None:
    for seed in SEEDS:
        random = Random(f"{provider} {seed} budgets")
        (tmp_path / f"{seed}").mkdir()
        stores = [InMemory(tmp_path / f"{seed}") for _ in range(2)]
        month = Month(provider, seed)
        month.imitation.hold(month.invention.history(10))
        happens = month.random.random
        for hours in (1, 1, 30):
            month.now += hours * HOUR
            month.random.random = lambda: 1.0  # type: ignore[method-assign]
            assert in_parts(month, stores[0], random)[-1].complete
            assert month.sync(stores[1]).complete
            held, whole = (stored(one, gone=True) for one in stores)
            assert held == whole, seed
            month.random.random = happens  # type: ignore[method-assign]
            for _ in range(25):
                month.now += random.randrange(600)
                month.something_happens()
