"""What a list leaves out is asked for by itself before it counts as gone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from store.memory import InMemory
from store.month import HOUR, Killed, Month
from store.tables import column, stored

from unified_checkout.sandbox import faults
from unified_checkout.store import Store, SyncRun, Written

GONE = "SELECT count(*) FROM session_changes WHERE field = 'gone'"
MISSED = "SELECT id FROM sessions WHERE missed_since IS NOT NULL"


@pytest.fixture
def month() -> Month:
    return Month("stripe", 0)


@pytest.fixture
def store(tmp_path: Path, month: Month) -> Store:
    made = InMemory(tmp_path)
    assert month.sync(made).complete
    return made


def all_again(month: Month, store: Store, **manner: Any) -> SyncRun:
    month.now += HOUR
    return month.sync(store, recheck=timedelta.max, **manner)


def some(month: Month) -> str:
    return month.facts()[3].id


def test_what_the_list_alone_leaves_out_stays(month: Month, store: Store) -> None:
    before = stored(store)
    month.shelf.unlisted.add(some(month))
    *_, listed, asked = all_again(month, store).slices
    assert (listed.missed, listed.rows_gone) == ((some(month),), 0)
    assert (asked.read, asked.rows_read, asked.rows_gone) == ("ids", 1, 0)
    assert stored(store) == before
    assert column(store, MISSED) == []
    assert column(store, GONE) == [0]


def test_what_is_gone_is_marked_in_the_same_run(month: Month, store: Store) -> None:
    vanished = some(month)
    month.imitation.vanish(vanished)
    assert sum(one.rows_gone for one in all_again(month, store).slices) == 1
    assert ("shop", vanished) not in stored(store)
    assert column(store, MISSED) == []
    assert column(store, GONE) == [1]


def test_a_process_that_ends_before_it_asked_leaves_that_to_the_next(
    month: Month, store: Store
) -> None:
    before = stored(store)
    month.shelf.unlisted.add(some(month))

    def ends(written: Written) -> None:
        raise Killed

    with pytest.raises(Killed):
        all_again(month, store, told=ends)
    assert column(store, MISSED) == [some(month)]
    assert stored(store) == before
    run = month.sync(store)
    assert run.complete
    assert column(store, MISSED) == []
    assert stored(store) == before


@pytest.mark.parametrize("fault", [faults.Status(500, times=9), faults.Html(404, times=9)])
def test_where_asking_fails_it_is_neither_gone_nor_forgotten(
    month: Month, store: Store, fault: faults.Fault
) -> None:
    pages = sum(one.requests for one in all_again(month, store).slices)
    month.shelf.unlisted.add(some(month))
    month.imitation.misbehave([faults.Fault(times=pages), fault])
    assert not all_again(month, store).complete
    assert column(store, MISSED) == [some(month)]
    month.imitation.vanish(some(month))
    month.imitation.behave()
    run = month.sync(store)
    assert (run.complete, sum(one.rows_gone for one in run.slices)) == (True, 1)
    assert column(store, MISSED) == []
