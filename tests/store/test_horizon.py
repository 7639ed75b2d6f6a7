"""What is read again, and for how long, at every provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from house import PROVIDERS
from store.slices import slice_of
from store.tables import Row, expected, stored, truth

from unified_checkout import Client, Session, SessionStatus
from unified_checkout.adapters import load
from unified_checkout.engine.runtime import Runtime, running
from unified_checkout.model.statuses import PaymentStatus
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Manner, Patience, Store, sync
from unified_checkout.store.plan import Horizon
from unified_checkout.store.shape import COLUMNS

NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_CUSTOMER = {name for name in COLUMNS if name == "email" or name.startswith("customer_")}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_adapter_declares_how_long_a_session_may_still_change(provider: str) -> None:
    declared = load(provider).changes_for
    assert declared is not None
    assert DAY <= declared <= 366 * DAY


def test_no_time_is_a_horizon_too() -> None:
    none = timedelta(0)
    assert Patience(horizon=none).horizon_of(DAY) == Patience().horizon_of(none) == none


@pytest.mark.parametrize(
    ("status", "paid", "age", "read", "due"),
    [
        ("open", "unpaid", 1, HOUR, True),
        ("unknown", None, 1, HOUR, True),
        ("complete", "unpaid", 1, HOUR, True),
        ("complete", "paid", 1, HOUR, False),
        ("complete", "paid", 1, 2 * DAY, True),
        ("expired", "unpaid", 29, 2 * DAY, True),
        ("expired", "unpaid", 40, 2 * DAY, False),
        ("complete", "paid", 31, 2 * DAY, True),  # it was last read while it might still change
        ("complete", "paid", 40, 2 * DAY, False),
        ("open", "unpaid", 400, HOUR, False),
        ("open", "unpaid", 400, 2 * DAY, True),
        ("complete", "unpaid", 400, 2 * DAY, True),
    ],
)
def test_what_is_due(
    store: Store,
    tmp_path: Path,
    status: str,
    paid: str | None,
    age: int,
    read: timedelta,
    due: bool,
) -> None:
    one = Session(
        account="us",
        provider="acme",
        id="cs_1",
        created=NOON - age * DAY,
        raw_bytes=b"{}",
        status=SessionStatus(status),
        payment_status=None if paid is None else PaymentStatus(paid),
    )
    told = slice_of(tmp_path, 1, [one], NOON - read)
    store.apply(attrs.evolve(told, covered=None))
    horizon = Horizon.of(Patience(), 30 * DAY, NOON, by_id=True)
    _, known = store.known("us", horizon)
    assert [one.id for one in known.due] == ["cs_1"] * due


def row_of(session: object) -> Row:
    assert isinstance(session, Session)
    return expected(session)


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    with running(Runtime(now=lambda: datetime.now(UTC) + by)):
        yield


def test_what_a_single_session_tells_beyond_its_list_is_declared() -> None:
    with Sandbox(sessions=40, seed=4) as sandbox, Client(sandbox.accounts) as client:
        for plan in client.sessions.explain(kind="any").accounts:
            if not load(plan.provider).reads_by_id:
                continue
            expand = sorted({one.expand for one in plan.untold.values() if one.expand})
            query = {"kind": "any", "accounts": plan.account, "expand": expand}
            listed = {one.id: one for one in client.sessions.list(**query)}  # type: ignore[arg-type]
            single = client.sessions.get_many(listed, account=plan.account)
            more = {
                "customer" if name in OF_CUSTOMER else name
                for id, one in listed.items()
                for name, value in row_of(single[id]).items()
                if value is not None and row_of(one)[name] is None
            }
            assert more == {name for name, one in plan.untold.items() if one.by_id}, plan.provider


def test_a_run_with_nothing_new_asks_for_what_a_short_list_takes_at_every_provider(
    store: Store,
) -> None:
    with Sandbox(sessions=250, seed=4) as sandbox, Client(sandbox.accounts) as client:
        for account in sandbox.accounts:
            for one in sandbox.truth(account.name):
                if one.status == "open" or one.payment_status == "unpaid":
                    sandbox.change(account.name, one.id, status="complete", payment_status="paid")
        sync(client, store, manner=Manner(raw=False))
        for account in sandbox.accounts:
            sandbox.clear_requests()
            lately = datetime.now(UTC) - timedelta(minutes=11)
            list(client.sessions.list(accounts=account.name, kind="any", created={"gte": lately}))
            enough = len(sandbox.requests(account.name))
            sandbox.clear_requests()
            run = sync(client, store, accounts=[account.name], manner=Manner(raw=False))
            days = 180 if load(account.provider).reads_by_id else 3
            asked = len(sandbox.requests(account.name))
            still = store.query(
                "SELECT count(*) FROM sessions "
                f"WHERE created > now() - INTERVAL '{days} days' AND (status IN ('open', 'unknown') "
                "OR status = 'complete' AND payment_status = 'unpaid') "
                f"AND account = '{account.name}'"
            )
            assert run.complete
            assert asked <= enough + still.column(0).to_pylist()[0], account.name


def test_what_only_a_single_session_tells_is_read_of_what_was_open_and_has_ended(
    store: Store,
) -> None:
    with (
        Sandbox(sessions=20, seed=4, providers=["gocardless"]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        sync(client, store)
        ids = [one.id for one in sandbox.truth("gocardless") if one.status == "open"]
        for id in ids:
            sandbox.change("gocardless", id, status="complete", payment_status="paid")
        with later(DAY):
            sync(client, store)
        for id, single in client.sessions.get_many(ids).items():
            assert isinstance(single, Session)
            assert single.customer is not None
            assert stored(store)["gocardless", id]["email"] == single.customer.email


def test_what_only_a_list_tells_stays_when_a_session_is_asked_for_by_its_id(store: Store) -> None:
    with (
        Sandbox(sessions=20, seed=4, providers=["flex"]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        sync(client, store)
        sync(client, store, accounts=["flex"], only=[one.id for one in sandbox.truth("flex")])
        held, there = stored(store), truth(client)
        for key, row in there.items():
            assert {name: held[key][name] for name in OF_CUSTOMER} == {
                name: row[name] for name in OF_CUSTOMER
            }


def test_a_refund_after_weeks_is_seen_a_day_later_at_the_latest(store: Store) -> None:
    with (
        Sandbox(sessions=150, seed=4, providers=["flex"]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        sync(client, store)
        old = sandbox.truth("flex")[-10]
        sandbox.change("flex", old.id, status="complete", amount_refunded=77)
        sync(client, store)
        assert stored(store)["flex", old.id]["amount_refunded"] != 77
        with later(DAY):
            assert sync(client, store).complete
        assert stored(store)["flex", old.id]["amount_refunded"] == 77
