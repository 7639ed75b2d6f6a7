"""Figures that add up, and no two currencies that are added."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sold import is_order, session, some_dimensions, some_session

from unified_checkout import PaymentStatus, Session, SessionMode, SessionStatus
from unified_checkout.report.dimension import Dimension
from unified_checkout.report.summary import Line, summarize

some_sessions = st.lists(some_session(), max_size=40)


def gross_by_currency(sessions: Sequence[Session]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for one in sessions:
        if is_order(one) and one.total is not None:
            amounts[one.total.currency] += one.total.amount
    return amounts


def gross_of(*lines: Line) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        for sales in line.sales:
            amounts[sales.currency] += sales.gross.amount
    return amounts


def sales_of(line: Line) -> dict[str, tuple[int, int]]:
    return {sales.currency: (sales.orders, sales.payment_unknown) for sales in line.sales}


@given(some_sessions, some_dimensions)
def test_the_groups_add_up_to_the_whole(sessions: list[Session], by: list[Dimension]) -> None:
    summary = summarize(sessions, by)
    total = summary.total
    statuses = Counter(one.status for one in sessions)
    whole = (len(sessions), statuses[SessionStatus.COMPLETE], statuses[SessionStatus.EXPIRED])
    assert (total.sessions, total.complete, total.expired) == whole
    assert sum(line.sessions for line in summary.lines) == total.sessions
    assert sum(line.complete for line in summary.lines) == total.complete
    assert sum(line.expired for line in summary.lines) == total.expired
    assert gross_of(*summary.lines) == gross_of(total) == gross_by_currency(sessions)


@given(some_sessions, some_dimensions)
def test_each_group_is_the_summary_of_its_own_sessions(
    sessions: list[Session], by: list[Dimension]
) -> None:
    summary = summarize(sessions, by)
    assert len({line.group for line in summary.lines}) == len(summary.lines)
    for line in summary.lines:
        own = [one for one in sessions if summarize([one], by).lines[0].group == line.group]
        alone = summarize(own, []).total
        assert (line.sessions, line.complete, line.expired, line.sales) == (
            alone.sessions,
            alone.complete,
            alone.expired,
            alone.sales,
        )


@given(some_sessions, some_dimensions)
def test_no_two_currencies_are_added(sessions: list[Session], by: list[Dimension]) -> None:
    summary = summarize(sessions, [*by, Dimension.CURRENCY])
    place = summary.by.index(Dimension.CURRENCY)
    for line in summary.lines:
        assert [sales.currency for sales in line.sales] in ([], [line.group[place]])
    for line in (*summary.lines, summary.total):
        assert all(sales.gross.currency == sales.currency for sales in line.sales)
        assert sorted(sales_of(line)) == [sales.currency for sales in line.sales]


@given(some_sessions)
def test_an_average_is_the_nearest_minor_unit(sessions: list[Session]) -> None:
    for sales in summarize(sessions, []).total.sales:
        exact = Fraction(sales.gross.minor_units, sales.orders)
        average = sales.average_order_value
        assert abs(exact - average.minor_units) <= Fraction(1, 2)
        assert (average.currency, average.exponent) == (sales.currency, sales.gross.exponent)


@given(some_sessions)
def test_what_is_not_known_is_counted_by_provider(sessions: list[Session]) -> None:
    summary = summarize(sessions, [])
    told = {(one.provider, one.field): one.sessions for one in summary.unknown}
    unsure = (None, "unknown")
    orders = [one for one in sessions if is_order(one)]
    counted = Counter(
        [(one.provider, "status") for one in sessions if one.status in unsure]
        + [(one.provider, "payment_status") for one in orders if one.payment_status in unsure]
        + [(one.provider, "amount_total") for one in orders if one.amount_total is None]
        + [(one.provider, "currency") for one in orders if one.currency is None]
        + [
            (one.provider, "currency_exponent")
            for one in orders
            if one.currency == "xyz" and one.amount_total is not None
        ]
    )
    assert told == dict(counted)
    priced = [one for one in orders if one.total is not None]
    unconfirmed = sum(one.payment_status in unsure for one in priced)
    assert sum(sales.payment_unknown for sales in summary.total.sales) == unconfirmed
    assert set(summary.currency_assumed) == {o.provider for o in sessions if o.currency_assumed}


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"payment_status": PaymentStatus.NO_PAYMENT_REQUIRED, "amount_total": 0}, True),
        ({"payment_status": None}, True),
        ({"payment_status": PaymentStatus.UNPAID}, False),
        ({"mode": SessionMode.SETUP}, False),
        ({"status": SessionStatus.OPEN}, False),
        ({"status": None}, False),
        ({"amount_total": None}, False),
        ({"currency": None, "currency_exponent": None}, False),
    ],
)
def test_what_an_order_is(fields: dict[str, Any], counts: bool) -> None:
    assert bool(summarize([session(**fields)], []).total.sales) is counts


@pytest.mark.parametrize(
    ("dimension", "key"),
    [
        (Dimension.DAY, "2027-01-03"),
        (Dimension.WEEK, "2026-W53"),
        (Dimension.MONTH, "2027-01"),
        (Dimension.PROVIDER, "acme"),
        (Dimension.ACCOUNT, "us"),
        (Dimension.CURRENCY, "usd"),
        (Dimension.STATUS, "complete"),
        (Dimension.MODE, "payment"),
    ],
)
def test_what_a_group_is_called(dimension: Dimension, key: str) -> None:
    sunday = session(created=datetime(2027, 1, 3, 23, 59, 59, tzinfo=UTC))
    (line,) = summarize([sunday], [dimension]).lines
    assert line.group == (key,)


def test_groups_are_in_order_and_what_is_not_known_is_last() -> None:
    sessions = [session(currency=code) for code in (None, "usd", "eur")]
    summary = summarize(sessions, [Dimension.CURRENCY])
    assert [line.group for line in summary.lines] == [("eur",), ("usd",), (None,)]


def test_one_currency_is_added_even_where_providers_count_it_differently() -> None:
    fine = session(currency="isk", currency_exponent=2, amount_total=50_000)
    coarse = session(currency="isk", currency_exponent=0, amount_total=700)
    (sales,) = summarize([fine, coarse], []).total.sales
    assert str(sales.gross) == "1,200.00 ISK"


def test_a_sum_with_an_assumed_currency_is_marked() -> None:
    sure, assumed = session(), session(currency_assumed=True)
    assert summarize([sure], []).total.sales[0].gross.assumed is False
    assert summarize([sure, assumed], []).total.sales[0].gross.assumed is True


def test_rates_are_shares_of_all_sessions() -> None:
    statuses = [*["complete"] * 3, "expired", "open", "canceled", "failed", "unknown", None]
    sessions = [session(status=word and SessionStatus(word)) for word in statuses]
    total = summarize(sessions, []).total
    assert (total.completion_rate, total.expiry_rate) == (Fraction(3, 9), Fraction(1, 9))


def test_where_open_sessions_are_never_listed_they_take_no_part_in_rates() -> None:
    shop = [session(), session(status=SessionStatus.OPEN)]
    ledger = [session(account="ledger", provider="bolt"), session(account="ledger-2")]
    summary = summarize([*shop, *ledger], [Dimension.ACCOUNT], without_open={"ledger"})
    rates = {line.group: (line.completion_rate, line.expiry_rate) for line in summary.lines}
    assert rates == {("us",): (Fraction(1, 2), 0), ("ledger",): (None, None), ("ledger-2",): (1, 0)}
    assert (summary.total.completion_rate, summary.total.expiry_rate) == (
        Fraction(2, 3),
        Fraction(0),
    )
    assert summary.rates_unknown == ("bolt",)
    assert [line.complete for line in summary.lines] == [1, 1, 1]
    plain = summary.to_dict()
    assert (plain["total"]["rated_sessions"], plain["rates_unknown"]) == (3, ["bolt"])


def test_a_failed_session_is_no_order_and_nothing_unknown() -> None:
    failed = session(status=SessionStatus.FAILED, payment_status=None)
    summary = summarize([failed], [Dimension.STATUS])
    assert (summary.total.sessions, summary.total.sales, summary.unknown) == (1, (), ())
    assert [line.group for line in summary.lines] == [("failed",)]


def test_nothing_has_no_rate() -> None:
    total = summarize([], []).total
    assert (total.completion_rate, total.expiry_rate, total.sales) == (None, None, ())


def test_a_summary_is_plain_data_for_programs() -> None:
    sessions = [session(), session(amount_total=501), session(status=SessionStatus.EXPIRED)]
    plain = summarize(sessions, [Dimension.PROVIDER]).to_dict()
    assert plain["by"] == ["provider"]
    assert plain["groups"] == [{"provider": "acme", **plain["total"]}]
    assert plain["total"] == {
        "sessions": 3,
        "complete": 2,
        "expired": 1,
        "rated_sessions": 3,
        "completion_rate": 0.6667,
        "expiry_rate": 0.3333,
        "sales": [
            {
                "currency": "usd",
                "currency_assumed": False,
                "orders": 2,
                "orders_payment_unknown": 0,
                "gross": "15.01",
                "average_order_value": "7.50",
            }
        ],
    }
