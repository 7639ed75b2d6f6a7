"""A sync that may cost only so much: where it stops, what it keeps, and how the next one goes on."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from house import PROVIDERS
from store.memory import InMemory
from store.month import HOUR, Month
from store.tables import column, stored, truth

from unified_checkout import BudgetSpent, Client, InvalidQuery
from unified_checkout.adapters import load
from unified_checkout.report import SessionTable, Span, read_store
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Manner, Store, SyncRun, sync


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
    month.imitation.hold(month.invention.history(8))
    happens, small = month.random.random, 13 if load(provider).name == "paypal" else 3
    for hours in (1, 30):
        month.now += hours * HOUR
        month.random.random = lambda: 1.0  # type: ignore[method-assign]
        with suppress(BudgetSpent):
            month.sync(stores[0], max_requests=1, slice_rows=small)
        runs += month.sync_in_parts(stores[0], slice_rows=small)
        assert month.sync(stores[1]).complete
        parts, whole = (stored(one, gone=True) for one in stores)
        assert parts == whole
        month.random.random = happens  # type: ignore[method-assign]
        for _ in range(20):
            month.now += 300
            month.something_happens()
    assert any(one.went_on for one in runs)


def sent(sandbox: Sandbox) -> int:
    """How many requests came in since this was asked last."""
    count = sum(len(sandbox.requests(one.name)) for one in sandbox.accounts)
    sandbox.clear_requests()
    return count


LEFT = "SELECT account FROM accounts WHERE left_off IS NOT NULL ORDER BY account"


def test_the_budget_is_that_of_all_accounts_and_each_says_what_is_left(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    """The second account is not begun; the next run reads it alone."""
    run = sync(client, store, max_requests=1, manner=Manner(slice_rows=10))
    assert sent(sandbox) == 1
    assert not run.complete
    assert run.stopped == "stopped at max_requests=1"
    first, cut, untouched = run.slices
    assert first.complete
    assert cut.reason.startswith("stopped at max_requests=1; left: what was created before 20")
    assert untouched.reason == "stopped at max_requests=1; left: all that there is"
    assert (cut.requests, untouched.requests, untouched.covers_to) == (0, 0, None)
    assert {account for account, _ in stored(store)} == {first.account}
    assert column(store, LEFT) == sorted([cut.account, untouched.account])
    assert column(store, "SELECT count(*) FROM runs WHERE NOT complete") == [2]
    done = sync(client, store, max_requests=50)
    assert done.complete
    assert done.went_on
    assert not done.stopped
    assert stored(store) == truth(client)
    assert column(store, LEFT) == []
    assert not sync(client, store, max_requests=50).went_on


def test_an_account_that_is_done_is_not_asked_before_the_others_are(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    run = sync(client, store, max_requests=2, manner=Manner(slice_rows=100))
    done = {one.account for one in run.slices if one.complete}
    while not run.complete:
        assert not done & {one.account for one in run.slices if run.went_on}
        done |= {one.account for one in run.slices if one.complete}
        run = sync(client, store, max_requests=2)
    assert stored(store) == truth(client)


def test_what_was_listed_before_it_was_stopped_is_proved_and_nothing_else(
    store: Store,
) -> None:
    """A store that is behind by two pages: the mark stays until both were read."""
    month = Month("leanrails", 0)
    month.random.random = lambda: 1.0  # type: ignore[method-assign]
    assert month.sync(store).complete
    [mark] = column(store, "SELECT mark FROM accounts")
    month.now += 20 * HOUR
    hours = [int(month.now) - 600 * number for number in range(40)]
    month.imitation.hold([month.invention.fact(one) for one in hours])
    run = month.sync(store, max_requests=1, slice_rows=30)
    assert run.stopped
    assert column(store, "SELECT mark FROM accounts") == [mark]
    [listed, cut] = run.slices
    assert cut.covers_from is None
    assert listed.covers_from is not None
    assert listed.covers_from > mark
    with SessionTable() as table:
        told = read_store(table, store)
    assert told.until == mark + timedelta(microseconds=1)
    [lacks] = told.lacks([Span(mark, listed.covers_to)])
    assert "complete only up to" in lacks
    held = {id for _, id in stored(store)}
    assert held >= {one.id for one in month.facts() if one.created > listed.covers_from.timestamp()}
    assert any(one.id not in held for one in month.facts())
    month.sync_in_parts(store)
    with month.in_its_time():
        assert stored(store).keys() == truth(month.client).keys()
    [moved] = column(store, "SELECT mark FROM accounts")
    assert moved == listed.covers_to


def test_a_budget_that_leads_nowhere_says_what_to_allow(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    sandbox.misbehave("stripe", faults.Status(503, times=None))
    with pytest.raises(BudgetSpent, match="allow max_requests=3 or more"):
        sync(client, store, accounts=["stripe"], max_requests=2)
    assert sent(sandbox) == 2
    assert column(store, "SELECT count(*) FROM sessions") == [0]


def test_an_account_that_fails_holds_nobody_up(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    """It is asked with what is left; once the others are done, all begins anew."""
    sandbox.misbehave("stripe", faults.Status(401, times=None))
    run = sync(client, store, max_requests=2, manner=Manner(slice_rows=10))
    assert [one.complete for one in run.slices] == [False, True, False]
    while column(store, LEFT) != ["stripe"]:
        run = sync(client, store, max_requests=2)
        assert run.slices[0].account == "flex"
    while run.stopped:
        run = sync(client, store, max_requests=2)
        assert {one.account for one in run.slices} == {"stripe"}
    assert not run.complete
    sandbox.arrive("flex", 1)
    sandbox.behave("stripe")
    run = sync(client, store, max_requests=50)
    assert run.complete
    assert not run.went_on
    assert stored(store) == truth(client)


def test_a_run_without_a_budget_begins_anew(sandbox: Sandbox, client: Client, store: Store) -> None:
    sync(client, store, max_requests=1, manner=Manner(slice_rows=10))
    sandbox.arrive("stripe", 1)
    run = sync(client, store)
    assert run.complete
    assert not run.went_on
    assert stored(store) == truth(client)
    assert column(store, LEFT) == []


def test_a_wish_that_goes_further_than_what_was_left_begins_anew(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    since = datetime.now(UTC) - timedelta(days=2)
    sync(client, store, since=since)
    sync(client, store, max_requests=1, recheck=timedelta(days=1))
    run = sync(client, store, max_requests=50, recheck=timedelta(days=2))
    assert not run.went_on
    assert run.complete
    sync(client, store, max_requests=1)
    run = sync(client, store, max_requests=80, since=datetime.fromtimestamp(0, UTC))
    assert run.complete
    assert stored(store) == truth(client)


def test_of_these_ids_it_says_how_many_are_left(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    ids = [one.id for one in sandbox.truth("stripe")[:4]]
    run = sync(client, store, only=ids, accounts=["stripe"], max_requests=3)
    assert sent(sandbox) == 3
    [one] = run.slices
    assert one.reason == (
        "stopped at max_requests=3; allow max_requests=4 or more; "
        "left: 1 session to be asked for by its id"
    )
    assert {id for _, id in stored(store)} == set(ids[:3])
    assert column(store, LEFT) == []


def test_at_the_deadline_it_stops_and_the_next_run_goes_on(store: Store) -> None:
    month = Month("stripe", 0)
    month.random.random = lambda: 1.0  # type: ignore[method-assign]
    month.imitation.hold(month.invention.history(40))
    with month.in_its_time():
        run = sync(month.client, store, deadline=0.3, manner=Manner(slice_rows=10))
        assert run.stopped == "stopped at the deadline of 0.3 s"
        assert 0 < len(stored(store)) < 40
        assert sync(month.client, store, deadline=timedelta(minutes=1)).complete
        assert stored(store) == truth(month.client)


@pytest.mark.parametrize("budget", [{"max_requests": 0}, {"deadline": -1}])
def test_a_budget_that_is_none_is_refused(
    sandbox: Sandbox, client: Client, store: Store, budget: dict[str, int]
) -> None:
    with pytest.raises(InvalidQuery):
        sync(client, store, **budget)  # type: ignore[arg-type]
    assert sent(sandbox) == 0


def test_what_a_list_left_out_is_asked_for_by_the_run_that_goes_on(store: Store) -> None:
    """Stopped once the list was read, before anything was asked for by its id."""
    month = Month("gocardless", 0)
    month.random.random = lambda: 1.0  # type: ignore[method-assign]
    assert month.sync(store).complete
    due = {"open", "complete"}
    vanished = next(one for one in month.facts() if one.status not in due)
    assert any(one.status == "open" for one in month.facts())
    month.imitation.vanish(vanished.id)
    month.now += HOUR
    run = month.sync(store, recheck=timedelta.max, max_requests=1)
    listed, cut = run.slices
    assert listed.missed == (vanished.id,)
    assert "to be asked for by" in cut.reason
    run = month.sync(store, max_requests=50)
    assert run.complete
    assert sum(one.rows_gone for one in run.slices) == 1


@pytest.mark.parametrize("provider", ["flex", "leanrails", "stripe"])
def test_where_the_session_has_vanished_at_which_it_stopped_it_goes_on_all_the_same(
    store: Store, provider: str
) -> None:
    month = Month(provider, 0)
    month.random.random = lambda: 1.0  # type: ignore[method-assign]
    month.imitation.hold(month.invention.history(20))
    assert month.sync(store, max_requests=1, slice_rows=5).stopped
    [last] = column(store, "SELECT id FROM sessions ORDER BY created LIMIT 1")
    month.imitation.vanish(last)
    month.now += HOUR
    assert month.sync(store, max_requests=50).complete
    assert {id for _, id in stored(store)} >= {one.id for one in month.facts()}
    month.now += 25 * HOUR
    assert month.sync(store).complete
    with month.in_its_time():
        assert stored(store).keys() == truth(month.client).keys()
