"""What docs/scale.md says is what the simulation gives."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scale import (
    ACCOUNTS,
    DAY,
    LISTED,
    PAGE,
    PER_DAY,
    TABLES,
    day_of,
    marketplace,
    one_account,
    reached,
    ten_thousand_accounts,
    written,
)


def rows(table: str) -> list[str]:
    return table.splitlines()[2:]


def test_the_page_has_the_figures_of_ten_thousand_accounts() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [row for row in rows(ten_thousand_accounts([7])) if row not in page] == []


def test_the_page_has_the_figures_of_one_account() -> None:
    page = PAGE.read_text(encoding="utf-8")
    providers = ["leanrails", "stripe"]
    assert [row for row in rows(one_account(providers)) if row not in page] == []


@pytest.mark.parametrize("name", TABLES)
def test_a_table_goes_between_its_marks(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    other = written(page, name, "| another |")
    assert other.count("| another |") == 1
    assert other != page


def test_no_account_is_read_faster_than_its_rate_and_pages_allow() -> None:
    one = reached("leanrails", 1_000)
    assert one.rows == 1_000
    assert one.per_second <= one.rate * one.page


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 400), st.sampled_from([3600, 6 * 3600, DAY]), st.integers(1, 20))
def test_a_day_costs_a_page_a_visit_and_all_that_may_change_once(
    per_day: int, every: int, horizon: int
) -> None:
    day = day_of(per_day, every, horizon * DAY)
    assert day.requests >= max(DAY // every, math.floor(per_day * horizon / LISTED))
    assert day.requests >= day_of(per_day, DAY, horizon * DAY).lists


def test_the_marketplace_has_the_accounts_and_the_sessions() -> None:
    assert sum(accounts for accounts, _ in marketplace()) == ACCOUNTS
    held = sum(accounts * size for accounts, size in marketplace())
    assert held == pytest.approx(PER_DAY, rel=0.02)
