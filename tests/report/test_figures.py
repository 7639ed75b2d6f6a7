"""Every figure equals plain Python over the same sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from house import PROVIDERS
from hypothesis import given, settings
from hypothesis import strategies as st
from sold import is_order, session, some_dimensions, some_moment, some_session

from unified_checkout import Client, ConfigurationError, Customer, Session
from unified_checkout.report import Dimension, Figures, Line, Sales, SessionTable, Span
from unified_checkout.report.summary import summarize
from unified_checkout.sandbox import Sandbox

ZONES = sorted(available_timezones())
few = settings(deadline=None, max_examples=25)
"""Each example makes a database."""

ABANDONED = ("expired", "canceled", "failed")

some_value = st.none() | st.sampled_from(["", "a@example.com", "A@example.com ", "b@example.com"])
some_amount = st.none() | st.integers(0, 10**6)
some_zone = st.sampled_from(ZONES)


@st.composite
def some_buyer_s_session(draw: st.DrawFn) -> Session:
    one = draw(some_session())
    return session(
        **{name: getattr(one, name) for name in ("provider", "account", "created", "status")},
        **{name: getattr(one, name) for name in ("payment_status", "mode", "amount_total")},
        currency=one.currency,
        currency_exponent=one.currency_exponent,
        currency_assumed=one.currency_assumed,
        amount_refunded=draw(some_amount),
        amount_disputed=draw(some_amount),
        customer=draw(st.none() | st.builds(Customer, email=some_value)),
        customer_email=draw(some_value),
        client_reference_id=draw(some_value),
    )


some_sessions = st.lists(some_buyer_s_session(), max_size=40)
some_accounts = st.sets(st.sampled_from(["acme", "acme-2", "coin"]))


def figures(sessions: Iterable[Session], span: Span | None = None, **asked: Any) -> Figures:
    with SessionTable() as table:
        table.add(sessions)
        return table.figures(span, **asked)


def keys_of(zone: str) -> dict[Dimension, Callable[[Session], str | None]]:
    def local(one: Session) -> datetime:
        return one.created.astimezone(ZoneInfo(zone))

    return {
        Dimension.DAY: lambda one: f"{local(one):%Y-%m-%d}",
        Dimension.WEEK: lambda one: f"{local(one):%G-W%V}",
        Dimension.MONTH: lambda one: f"{local(one):%Y-%m}",
        Dimension.PROVIDER: lambda one: one.provider,
        Dimension.ACCOUNT: lambda one: one.account,
        Dimension.CURRENCY: lambda one: one.currency,
        Dimension.STATUS: lambda one: one.status,
        Dimension.MODE: lambda one: one.mode,
    }


def grouped(
    sessions: Iterable[Session], by: Sequence[Dimension], zone: str = "UTC"
) -> dict[tuple[str | None, ...], list[Session]]:
    keys = keys_of(zone)
    groups: dict[tuple[str | None, ...], list[Session]] = defaultdict(list)
    for one in sessions:
        groups[tuple(keys[dimension](one) for dimension in dict.fromkeys(by))].append(one)
    return groups


def exact(minor_units: int | None, one: Session) -> Decimal | None:
    exponent = one.currency_exponent
    return None if minor_units is None else Decimal(minor_units).scaleb(-(exponent or 0))


def known(amounts: Iterable[Decimal | None]) -> list[Decimal]:
    return sorted(amount for amount in amounts if amount is not None)


def nearest_rank(amounts: list[Decimal], percent: int) -> Decimal | None:
    return amounts[-(-len(amounts) * percent // 100) - 1] if amounts else None


def total_or_none(amounts: list[Decimal]) -> Decimal | None:
    return sum(amounts, Decimal()) if amounts else None


def check_sales(told: Sales, sessions: list[Session], hidden: set[str]) -> None:
    own = [one for one in sessions if one.total is not None and one.currency == told.currency]
    orders = [one for one in own if is_order(one)]
    amounts = known(exact(one.amount_total, one) for one in orders)
    refunded = known(exact(one.amount_refunded, one) for one in orders)
    disputed = known(exact(one.amount_disputed, one) for one in orders)
    rated = [one for one in own if one.account not in hidden]
    waiting = [one for one in rated if one.status == "open" and one.mode != "setup"]

    def amount(money: Any) -> Decimal | None:
        return None if money is None else money.amount

    assert told.orders == len(orders)
    assert told.gross.amount == sum(amounts)
    assert amount(told.median) == nearest_rank(amounts, 50)
    assert amount(told.ninth_decile) == nearest_rank(amounts, 90)
    assert amount(told.refunded) == total_or_none(refunded)
    assert told.refunds_told == len(refunded)
    assert amount(told.disputed) == total_or_none(disputed)
    assert told.disputes_told == len(disputed)
    all_told = bool(orders) and len(refunded) == len(orders)
    assert amount(told.net) == (sum(amounts) - sum(refunded) if all_told else None)
    assert told.open == (len(waiting) if rated else None)
    value = sum(known(exact(one.amount_total, one) for one in waiting), Decimal())
    assert amount(told.open_value) == (value if rated else None)
    unsure = [one for one in orders if one.payment_status in (None, "unknown")]
    assert told.payment_unknown == len(unsure)
    assert told.gross.assumed is any(one.currency_assumed for one in own)
    if told.average is None:
        assert not orders
    else:
        mean = Fraction(told.gross.minor_units, len(orders))
        assert abs(told.average.minor_units - mean) <= Fraction(1, 2)


def check_line(line: Line, sessions: list[Session], hidden: set[str]) -> None:
    for counts, own in (
        (line.counts, sessions),
        (line.rated, [one for one in sessions if one.account not in hidden]),
    ):
        words = Counter(one.status for one in own)
        assert counts.to_dict() == {
            "sessions": len(own),
            "complete": words["complete"],  # type: ignore[index]
            "expired": words["expired"],  # type: ignore[index]
            "open": words["open"],  # type: ignore[index]
        }
    priced = [one for one in sessions if one.total is not None]
    shown = {
        one.currency
        for one in priced
        if is_order(one)
        or (one.status == "open" and one.mode != "setup" and one.account not in hidden)
    }
    assert [sales.currency for sales in line.sales] == sorted(shown)  # type: ignore[type-var]
    for sales in line.sales:
        check_sales(sales, sessions, hidden)


@few
@given(some_sessions, some_dimensions, some_accounts, some_zone)
def test_every_group_s_figures_are_those_of_its_sessions(
    sessions: list[Session], by: list[Dimension], hidden: set[str], zone: str
) -> None:
    told = figures(sessions, by=by, zone=zone, without_open=hidden)
    groups = grouped(sessions, by, zone)
    assert [line.group for line in told.lines] == sorted(
        groups, key=lambda group: [(key is None, key or "") for key in group]
    )
    for line in told.lines:
        check_line(line, groups[line.group], hidden)
    check_line(told.total, sessions, hidden)


@few
@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=40))
def test_a_percentile_is_the_value_of_an_order(amounts: list[int]) -> None:
    orders = [session(amount_total=amount, amount_refunded=amount // 3) for amount in amounts]
    (sales,) = figures(orders).total.sales
    check_sales(sales, orders, set())


@few
@given(some_sessions, some_dimensions, some_accounts, some_zone)
def test_a_summary_says_the_same(
    sessions: list[Session], by: list[Dimension], hidden: set[str], zone: str
) -> None:
    told = figures(sessions, by=by, zone=zone, without_open=hidden)
    summary = summarize(sessions, by, zone=ZoneInfo(zone), without_open=hidden)
    for line, other in zip((*told.lines, told.total), (*summary.lines, summary.total), strict=True):
        counts = line.counts
        assert line.group == other.group
        assert (counts.sessions, counts.complete, counts.expired) == (
            other.sessions,
            other.complete,
            other.expired,
        )
        assert line.rated.sessions == other.rated
        assert line.rated.completion_rate == other.completion_rate
        assert line.rated.expiry_rate == other.expiry_rate
        assert [
            (sales.currency, sales.orders, sales.gross.amount, sales.payment_unknown)
            for sales in line.sales
            if sales.orders
        ] == [
            (sales.currency, sales.orders, sales.gross.amount, sales.payment_unknown)
            for sales in other.sales
        ]
    ours = {(one.provider, one.field): one.sessions for one in told.missing}
    theirs = {(one.provider, one.field): one.sessions for one in summary.unknown}
    assert {place: ours.get(place) for place in theirs} == theirs
    assert told.currency_assumed == summary.currency_assumed


@few
@given(some_sessions, some_accounts, some_zone)
def test_hours_count_what_ended_in_the_zone_s_own_time(
    sessions: list[Session], hidden: set[str], zone: str
) -> None:
    hours: dict[int, list[Session]] = defaultdict(list)
    for one in sessions:
        if one.account not in hidden and one.status != "open":
            hours[one.created.astimezone(ZoneInfo(zone)).hour].append(one)
    told = figures(sessions, zone=zone, without_open=hidden).hours
    assert [(one.hour, one.ended, one.abandoned) for one in told] == [
        (hour, len(ended), sum(one.status in ABANDONED for one in ended))
        for hour, ended in sorted(hours.items())
    ]


def email(one: Session) -> str | None:
    given = one.customer.email if one.customer is not None else None
    value = one.customer_email if given is None else given
    return None if value is None else value.strip().lower()


@few
@given(some_sessions)
def test_what_providers_share_is_counted_by_value(sessions: list[Session]) -> None:
    expected: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(lambda: [0, 0, 0])
    fields: dict[str, Callable[[Session], str | None]] = {
        "email": email,
        "client_reference_id": lambda one: one.client_reference_id,
    }
    for field, value_of in fields.items():
        for value in {value_of(one) for one in sessions} - {None, ""}:
            own = [one for one in sessions if value_of(one) == value]
            providers = tuple(sorted({one.provider for one in own}))
            complete = {one.provider for one in own if one.status == "complete"}
            if len(providers) > 1:
                place = expected[field, providers]
                place[0] += 1
                place[1] += len(own)
                place[2] += len(complete) > 1
    told = figures(sessions).shared
    assert [(one.field, one.providers) for one in told] == sorted(expected)
    assert {
        (one.field, one.providers): [one.values, one.sessions, one.complete_at_several]
        for one in told
    } == expected


@few
@given(some_sessions, some_accounts)
def test_what_is_missing_is_counted_by_provider(sessions: list[Session], hidden: set[str]) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for one in sessions:
        priced = is_order(one) and one.total is not None
        fields = {
            "email": email(one) is None,
            "client_reference_id": one.client_reference_id is None,
            "amount_refunded": priced and one.amount_refunded is None,
            "amount_disputed": priced and one.amount_disputed is None,
            "refunded_without_order": not priced and bool(one.amount_refunded),
        }
        counted.update((one.provider, field) for field, missing in fields.items() if missing)
    told = figures(sessions, without_open=hidden)
    others = {"status", "payment_status", "amount_total", "currency", "currency_exponent"}
    assert {
        (one.provider, one.field): one.sessions for one in told.missing if one.field not in others
    } == dict(counted)
    assert told.not_rated == tuple(sorted({o.provider for o in sessions if o.account in hidden}))


@few
@given(some_sessions, some_moment, some_moment)
def test_a_span_takes_what_was_created_in_it(
    sessions: list[Session], start: datetime, end: datetime
) -> None:
    inside = [one for one in sessions if start <= one.created < end]
    told = figures(sessions, Span(start, end), by=[Dimension.DAY])
    assert told.total.counts.sessions == len(inside)
    assert [line.group for line in told.lines] == sorted(grouped(inside, [Dimension.DAY]))
    assert figures(sessions, Span()).total.counts.sessions == len(sessions)


@few
@given(
    some_sessions,
    some_zone,
    some_moment,
    st.integers(0, 60),
    st.sampled_from([Dimension.DAY, Dimension.WEEK, Dimension.MONTH]),
)
def test_a_period_is_partial_unless_every_moment_of_it_is_in_the_span(
    sessions: list[Session], zone: str, start: datetime, days: int, dimension: Dimension
) -> None:
    span = Span(start, start + timedelta(days=days))
    sessions = [*sessions, session(created=start)]
    key_of = keys_of(zone)[dimension]
    step = timedelta(microseconds=1)
    before = key_of(session(created=start - step))
    after = key_of(session(created=start + timedelta(days=days)))
    for line in figures(sessions, span, by=[dimension], zone=zone).lines:
        assert line.partial is (line.group[0] in (before, after))


def test_two_sums_beyond_64_bits_are_exact() -> None:
    most = session(amount_total=2**63 - 1)
    (sales,) = figures([most] * 5).total.sales
    assert sales.gross.minor_units == 5 * (2**63 - 1)


def test_an_amount_beyond_64_bits_counts_as_not_told_as_in_a_store() -> None:
    large = session(amount_total=2**63, amount_refunded=-(2**63) - 1)
    told = figures([session(), large, session(amount_total=-(2**63), currency="eur")])
    assert told.total.counts.complete == 3
    gross = {sales.currency: (sales.orders, sales.gross.minor_units) for sales in told.total.sales}
    assert gross == {"eur": (1, -(2**63)), "usd": (1, 1000)}
    missing = {one.field: one.sessions for one in told.missing}
    assert missing["amount_total"] == 1


def test_half_a_character_keeps_no_report_from_its_figures() -> None:
    buyer = Customer(email="half \ud83d@example.com", name="\udc00")
    told = figures([session(customer=buyer, client_reference_id="\ud800"), session()])
    assert told.total.counts.sessions == 2
    assert {one.field: one.sessions for one in told.missing if one.field == "email"} == {"email": 1}


def test_nothing_has_no_figure() -> None:
    told = figures([], by=[Dimension.DAY])
    assert (told.lines, told.hours, told.shared, told.missing) == ((), (), (), ())
    assert told.total.to_dict() | {"sales": []} == told.total.to_dict()
    assert told.total.rated.completion_rate is None
    assert told.total.open == 0


def test_a_list_of_payments_alone_has_neither_rates_nor_open_ones() -> None:
    ledger = [session(account="ledger", provider="bolt")] * 3
    shop = [session(), session(status="open"), session(status="expired")]
    told = figures([*ledger, *shop], by=[Dimension.PROVIDER], without_open=["ledger"])
    plain = {line["provider"]: line for line in told.to_dict()["groups"]}
    assert (plain["bolt"]["completion_rate"], plain["bolt"]["open"]) == (None, None)
    assert plain["bolt"]["sales"][0]["open_value"] is None
    assert told.total.rated.completion_rate == Fraction(1, 3)
    assert told.total.rated.completion_rate_of_ended == Fraction(1, 2)
    assert told.total.counts.complete == 4
    assert told.not_rated == ("bolt",)


def test_what_nobody_tells_is_no_zero() -> None:
    (sales,) = figures([session(), session(amount_refunded=None)]).total.sales
    assert (sales.refunded, sales.net, sales.disputed) == (None, None, None)
    (partly,) = figures([session(), session(amount_refunded=100)]).total.sales
    assert (str(partly.refunded), partly.refunds_told, partly.net) == ("1.00 USD", 1, None)
    (wholly,) = figures([session(amount_refunded=100)]).total.sales
    assert str(wholly.net) == "9.00 USD"


@pytest.mark.parametrize("name", ["Europe/Berlim", "", "../etc/passwd", "/etc/passwd"])
def test_a_zone_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no time zone"):
        figures([], zone=name)


def test_every_provider_s_sandbox_tells_the_same_as_its_sessions() -> None:
    with Sandbox(sessions=40, seed=3, providers=PROVIDERS) as sandbox:
        with Client(sandbox.accounts) as client:
            listing = client.sessions.list()
            sessions = list(listing)
        hidden = {one.account for one in listing.coverage.accounts if not one.shows_open}
        truth = {account.name: sandbox.truth(account.name) for account in sandbox.accounts}
    told = figures(sessions, by=[Dimension.ACCOUNT], without_open=hidden)
    assert hidden
    assert len(hidden) < len(truth)
    for line in told.lines:
        check_line(line, [one for one in sessions if one.account == line.group[0]], hidden)
    listed = {line.group[0]: line.counts for line in told.lines}
    for account in ("stripe", "leanrails", "flex"):
        facts = [fact for fact in truth[account] if fact.kind == "checkout"]
        assert listed[account].sessions == len(facts)
        assert listed[account].open == sum(fact.status == "open" for fact in facts)
