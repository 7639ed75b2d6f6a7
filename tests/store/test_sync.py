"""What a store holds after a sync, and what the next one asks for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from store.month import HOUR, Month
from store.tables import column, stored, truth

from unified_checkout import Client, InvalidQuery, UnknownAccount, UnusableStore
from unified_checkout.config import Account
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Manner, Patience, Store, sync

AT_ONCE = Manner(patience=Patience(settled=timedelta(0)))


def test_a_store_holds_every_column_of_every_session_of_every_provider(store: Store) -> None:
    with Sandbox(sessions=25, seed=5) as sandbox, Client(sandbox.accounts) as client:
        run = sync(client, store)
        assert run.complete
        assert stored(store) == truth(client)
        assert len(stored(store)) == 25 * len(client.accounts)


def test_many_small_slices_give_the_same_as_one(
    client: Client, store: Store, tmp_path: Path
) -> None:
    other = Store.open(tmp_path / "other.duckdb")
    sync(client, store, manner=Manner(slice_rows=7))
    sync(client, other)
    assert stored(store) == stored(other)
    marks = "SELECT account, complete_since, wanted_since FROM accounts ORDER BY account"
    assert store.query(marks) == other.query(marks)
    assert column(store, "SELECT count(*) FROM runs") > column(other, "SELECT count(*) FROM runs")


def test_without_raw_nothing_of_it_is_kept(client: Client, store: Store) -> None:
    sync(client, store, manner=Manner(raw=False))
    assert column(store, "SELECT count(*) FROM session_raw") == [0]
    assert column(store, "SELECT count(*) FROM sessions") == [60]


def test_amounts_have_a_decimal_view(client: Client, store: Store) -> None:
    sync(client, store)
    rows = store.query(
        "SELECT amount_total, currency_exponent, amount_total_decimal AS total FROM sessions_decimal "
        "WHERE amount_total IS NOT NULL AND currency_exponent IS NOT NULL"
    ).to_pylist()
    assert rows
    assert all(row["total"].scaleb(row["currency_exponent"]) == row["amount_total"] for row in rows)


def test_the_mark_and_how_far_back_all_is_there(client: Client, store: Store) -> None:
    since = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
    sync(client, store, since=since)
    assert min(column(store, "SELECT mark FROM accounts")) >= since + timedelta(days=10)
    assert set(column(store, "SELECT complete_since FROM accounts")) == {since}
    assert min(column(store, "SELECT created FROM sessions")) >= since
    sync(client, store)
    assert set(column(store, "SELECT complete_since FROM accounts")) == {since}
    sync(client, store, since=datetime.fromtimestamp(0, UTC))
    assert stored(store) == truth(client)


def test_what_arrives_and_what_changes_is_in_the_store_after_the_next_sync(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    sync(client, store)
    open_one = next(one for one in sandbox.truth("stripe") if one.status == "open")
    sandbox.arrive("stripe", 3)
    sandbox.change("stripe", open_one.id, status="complete", payment_status="paid")
    sync(client, store)
    assert stored(store) == truth(client)
    changes = store.query(
        "SELECT id, field, before, after FROM session_changes ORDER BY field"
    ).to_pylist()
    assert {"id": open_one.id, "field": "status", "before": "open", "after": "complete"} in changes


def test_a_later_sync_asks_only_for_what_is_new_and_what_is_open(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    for facts in sandbox.truth("stripe"):
        if facts.status == "open" or facts.payment_status == "unpaid":
            sandbox.change("stripe", facts.id, status="complete", payment_status="paid")
    sync(client, store, accounts=["stripe"])
    sandbox.clear_requests()
    sync(client, store, accounts=["stripe"])
    assert len(sandbox.requests("stripe")) == 1


def test_a_session_that_vanished_is_kept_and_said_to_be_gone(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    sync(client, store)
    gone = sandbox.truth("stripe")[3]
    sandbox.vanish("stripe", gone.id)
    run = sync(client, store, recheck=timedelta(days=4000))
    assert stored(store) == truth(client)
    assert len(stored(store, gone=True)) == 60
    assert sum(one.rows_gone for one in run.slices) == 1
    changes = store.query("SELECT id, field, after FROM session_changes").to_pylist()
    assert changes == [{"id": gone.id, "field": "gone", "after": "true"}]


@pytest.mark.parametrize("hours", [1, 7 * 24])
def test_a_session_that_a_list_missed_once_is_asked_for_again(store: Store, hours: int) -> None:
    """It is open and the oldest, everything else has long ended, and the next run is a week off."""
    month = Month("stripe", 0)
    missed, *others = sorted(month.facts(), key=lambda one: one.created)
    for one in others:
        if one.status == "open" or one.payment_status == "unpaid":
            month.imitation.change(one.id, {"status": "complete", "payment_status": "paid"})
    month.imitation.change(missed.id, {"status": "open", "payment_status": "unpaid"})
    month.random.random = lambda: 1.0  # type: ignore[method-assign]
    month.sync(store)
    month.imitation.vanish(missed.id)
    month.now += 25 * HOUR
    assert sum(one.rows_gone for one in month.sync(store).slices) == 1
    month.imitation.hold([missed])
    month.imitation.change(missed.id, {"status": "complete", "payment_status": "paid"})
    month.now += hours * HOUR
    assert month.sync(store).complete
    told = f"SELECT status, gone_since FROM sessions WHERE id = '{missed.id}'"
    assert store.query(told).to_pylist() == [{"status": "complete", "gone_since": None}]


def test_where_a_provider_fails_the_mark_stays_and_the_next_run_repairs(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    sync(client, store)
    marks = store.query("SELECT * FROM accounts ORDER BY account")
    sandbox.arrive("stripe", 2)
    sandbox.misbehave("stripe", faults.Status(401, times=None))
    run = sync(client, store)
    assert not run.complete
    after = store.query("SELECT * FROM accounts ORDER BY account")
    assert after.filter([False, True]) == marks.filter([False, True])
    assert column(store, "SELECT count(*) FROM runs WHERE NOT complete") == [1]
    sandbox.behave("stripe")
    assert sync(client, store).complete
    assert stored(store) == truth(client)


def test_a_list_that_breaks_off_gives_its_rows_and_no_mark(store: Store) -> None:
    with (
        Sandbox(sessions=250, seed=3, providers=["stripe"]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        sandbox.misbehave("stripe", faults.Fault(), faults.Status(401, times=20))
        run = sync(client, store)
        assert not run.complete
        assert 0 < sum(one.rows_new for one in run.slices) < 250
        assert column(store, "SELECT mark FROM accounts") == [None]
        sandbox.behave("stripe")
        assert sync(client, store).complete
        assert stored(store) == truth(client)


def test_everything_may_be_read_again(sandbox: Sandbox, client: Client, store: Store) -> None:
    sync(client, store, accounts=["stripe"])
    run = sync(client, store, accounts=["stripe"], recheck=timedelta.max)
    assert sum(one.rows_read for one in run.slices) == 30


def test_only_these_ids_are_read(sandbox: Sandbox, client: Client, store: Store) -> None:
    ids = [one.id for one in sandbox.truth("stripe")[:2]]
    run = sync(client, store, only=[*ids, "cs_test_none"], accounts=["stripe"])
    assert run.complete
    assert {id for _, id in stored(store)} == set(ids)
    assert column(store, "SELECT mark FROM accounts") == [None]


def test_every_run_is_noted_with_its_coverage(client: Client, store: Store) -> None:
    run = sync(client, store)
    rows = store.query("SELECT * FROM runs ORDER BY slice").to_pylist()
    assert [row["run"] for row in rows] == [run.run] * len(run.slices)
    assert all(json.loads(row["coverage"])["complete"] for row in rows)
    assert sum(row["rows_new"] for row in rows) == 60


def test_an_account_that_moved_to_another_provider_is_refused_before_anything_is_asked(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    sync(client, store)
    sandbox.clear_requests()
    [one, other] = sandbox.accounts
    swapped = [_named(one, other.name), _named(other, one.name)]
    with Client(swapped) as other_way, pytest.raises(UnusableStore, match="another name"):
        sync(other_way, store)
    assert not sandbox.requests(one.name)
    assert not sandbox.requests(other.name)


def test_wrong_arguments_are_refused_before_anything_is_asked(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    with pytest.raises(UnknownAccount):
        sync(client, store, accounts=["nobody"])
    with pytest.raises(InvalidQuery, match="aware"):
        sync(client, store, since=datetime(2026, 1, 1))
    assert not sandbox.requests("stripe")


def _named(account: Account, name: str) -> Account:
    return account.model_copy(update={"name": name})


def test_a_run_tells_of_itself_as_plain_data(client: Client, store: Store) -> None:
    seen: list[object] = []
    run = sync(client, store, manner=attrs.evolve(AT_ONCE, told=seen.append))
    assert json.loads(json.dumps(run.to_dict()))["complete"] is True
    assert seen == list(run.slices)
