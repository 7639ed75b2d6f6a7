"""After a month in which everything goes wrong, a store holds what the provider holds.

Two things are known to differ. A field that a list does not tell is as the last single reading told
it, or null. Where pages are counted off and no session can be asked for by itself, nothing tells
that one has vanished.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from house import PROVIDERS
from report.test_figures import check_line, grouped
from store.killing import assert_whole
from store.memory import InMemory
from store.month import Month
from store.tables import Row, column, expected, listed, stored, truth

from unified_checkout import Session
from unified_checkout.adapters import Paging, load
from unified_checkout.report import Dimension, SessionTable, read_store
from unified_checkout.store import Store, sync
from unified_checkout.store.shape import COLUMNS

OF_CUSTOMER = {name for name in COLUMNS if name == "email" or name.startswith("customer_")}
THRIFTY = 3
"""One month of ten is synced with small budgets."""
MONTHS = int(os.environ.get("UNIFIED_CHECKOUT_MONTHS", "0"))
"""Beyond those of every run."""
TENS = range(0, MONTHS or 100, 10)
"""Of ten seeds each, the first."""


@pytest.mark.parametrize("first", TENS)
@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_after_a_month_the_store_is_the_truth(tmp_path: Path, provider: str, first: int) -> None:
    """Ten months, each of an account of its own, in one store: a file where there is the time."""
    place = tmp_path / "months.duckdb"
    lives(Store.open(place) if MONTHS else InMemory(tmp_path), provider, range(first, first + 10))


FOUND = [("paypal", 125)]
"""Seeds that were not the truth once."""


@pytest.mark.parametrize(
    ("provider", "seed"), [*((provider, 10) for provider in sorted(PROVIDERS)), *FOUND]
)
def test_after_a_month_a_file_is_the_truth(tmp_path: Path, provider: str, seed: int) -> None:
    lives(Store.open(tmp_path / "months.duckdb"), provider, [seed])


def lives(made: Store, provider: str, seeds: Iterable[int]) -> None:
    """Let a month pass for each seed, in one store, and compare it and its figures."""
    there: list[Session] = []
    with made as store:
        for seed in seeds:
            lived = Month(provider, seed, account=f"shop-{seed}")
            try:
                run = lived.live(store, thrifty=seed % 10 == THRIFTY)
                assert run.complete, [one.reason for one in run.slices]
                there += assert_true(store, lived)
            except BaseException as error:
                error.add_note(f"the month of seed {seed} at {provider}")
                raise
        assert_whole(store)
        assert_figures_are_of(store, there)


def assert_true(store: Store, month: Month) -> list[Session]:
    """What the store holds is what the provider tells now, each column of each session.

    Gives the sessions; none where the store may hold some that have vanished.
    """
    client = month.client
    with month.in_its_time():
        sessions = listed(client)
        [plan] = client.sessions.explain(kind="any").accounts
        coverage = client.sessions.list(kind="any").coverage.accounts[0]
        alone = {name for name, one in plan.untold.items() if one.by_id}
        each = client.sessions.get_many([one.id for one in sessions]) if alone else {}
    there = {(one.account, one.id): expected(one) for one in sessions}
    held = stored(store, of=month.account)
    lost: set[tuple[str, str]] = set()
    if coverage.paging is Paging.OFFSET and not load(month.provider).reads_by_id:
        lost = set(held) - set(there)
        held = {key: row for key, row in held.items() if key not in lost}
    assert held.keys() == there.keys()
    for key, row in there.items():
        single = each.get(key[1])
        told = expected(single) if isinstance(single, Session) else row
        for name, value in row.items():
            if name in alone or ("customer" in alone and name in OF_CUSTOMER):
                assert held[key][name] in (value, told[name]), name
            elif name != "raw":
                assert held[key][name] == value, name
    assert_changes_lead_to(store, month, held)
    if lost:
        return []
    seen_alone = alone & {field.name for field in attrs.fields(Session)} - {"customer"}
    return [
        attrs.evolve(one, **{name: held[one.account, one.id][name] for name in seen_alone})
        for one in sessions
    ]


def assert_figures_are_of(store: Store, sessions: Sequence[Session]) -> None:
    """Every figure of a report is that of plain Python over the sessions."""
    checkouts = [one for one in sessions if one.kind == "checkout"]
    accounts = {one.account for one in checkouts}
    by = [Dimension.ACCOUNT, Dimension.WEEK]
    with SessionTable() as table:
        hidden = read_store(table, store, accounts).without_open
        told = table.figures(by=by, zone="Europe/Berlin", without_open=hidden)
    groups = grouped(checkouts, by, "Europe/Berlin")
    assert {line.group for line in told.lines} == groups.keys()
    for line in told.lines:
        check_line(line, groups[line.group], hidden)
    check_line(told.total, checkouts, hidden)
    assert checkouts


def assert_changes_lead_to(store: Store, month: Month, held: dict[tuple[str, str], Row]) -> None:
    """The last change of a field that was seen is what the field is now."""
    told = store.query(
        f"SELECT id, field, after FROM session_changes WHERE account = '{month.account}' "
        "ORDER BY read_at"
    ).to_pylist()
    last = {(one["id"], one["field"]): one["after"] for one in told}
    for (id, field), after in last.items():
        row = held.get((month.account, id))
        if field == "gone":
            assert after == as_text(row is None)
        elif row is not None:
            assert after == as_text(row[field]), field


def as_text(value: object) -> str | None:
    """A value as ``session_changes`` has it."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_a_provider_whose_clock_is_ahead_does_not_push_the_mark_beyond_now(tmp_path: Path) -> None:
    month = Month("stripe", 0, ahead=90 * 86_400)
    store = Store.open(tmp_path / "ahead.duckdb")
    client = month.client
    with month.in_its_time():
        sync(client, store)
        [mark] = column(store, "SELECT mark FROM accounts")
        assert mark <= datetime.fromtimestamp(month.now, UTC)
        month.now += 3600
        month.imitation.hold([month.invention.fact(int(month.now) - 60)])
        sync(client, store)
        assert stored(store).keys() == truth(client).keys()
