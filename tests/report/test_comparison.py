"""A span beside the one before and the one a year ago; amounts by rates that somebody gave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sold import session, some_moment

from unified_checkout import ConfigurationError, Money
from unified_checkout.model.times import created_bounds, days
from unified_checkout.report import (
    Against,
    Comparison,
    Rates,
    SessionTable,
    Span,
    drawing,
    page,
    read_rates,
)

BERLIN = ZoneInfo("Europe/Berlin")


def local(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        (local(2026, 3, 1), local(2026, 4, 1), local(2026, 2, 1)),
        (local(2026, 1, 1), local(2027, 1, 1), local(2025, 1, 1)),
        (local(2026, 1, 1), local(2026, 4, 1), local(2025, 10, 1)),
        (local(2026, 10, 25), local(2026, 10, 26), local(2026, 10, 24)),
        (local(2026, 3, 30), local(2026, 4, 6), local(2026, 3, 23)),
        (local(2026, 5, 6, 7), local(2026, 5, 6, 9), local(2026, 5, 6, 5)),
    ],
)
def test_the_span_before_is_as_many_months_or_days(
    start: datetime, end: datetime, before: datetime
) -> None:
    assert Span(start, end).previous(BERLIN) == Span(before, start)


WHOLE = [
    # Where clocks go forward at midnight, that day begins at 1.
    ("Africa/Cairo", "2026-04-24", "2026-04-23", "2025-04-24"),
    ("Africa/Cairo", "2026-04-25", "2026-04-24", "2025-04-25"),
    ("Africa/Cairo", "2026-04-23", "2026-04-22", "2025-04-23"),
    ("Asia/Beirut", "2026-03-29", "2026-03-28", "2025-03-29"),
    ("America/Santiago", "2026-09-01/2026-09-06", "2026-08-26/2026-08-31", "2025-09-01/2025-09-06"),
    ("America/Asuncion", "2023-10", "2023-09", "2022-10"),
    ("America/Asuncion", "2023-11", "2023-10", "2022-11"),
    # Not every year has a 29 February.
    ("UTC", "2025-02-28", "2025-02-27", "2024-02-28"),
    ("UTC", "2025-02-15/2025-02-28", "2025-02-01/2025-02-14", "2024-02-15/2024-02-28"),
    ("UTC", "2025-03-01", "2025-02-28", "2024-03-01"),
    ("UTC", "2024-02-29", "2024-02-28", "2023-02-28"),
    ("UTC", "2025-02", "2025-01", "2024-02"),
    ("UTC", "2024-02", "2024-01", "2023-02"),
]


def whole(period: str, zone: ZoneInfo) -> Span:
    first, _, last = period.partition("/")
    bounds = created_bounds({"gte": days(first)[0], "lte": days(last or first)[1]}, zone)
    return Span(bounds["gte"], bounds["lt"])


@pytest.mark.parametrize(("name", "asked", "before", "year"), WHOLE)
def test_whole_days_and_months_are_compared_with_whole_ones(
    name: str, asked: str, before: str, year: str
) -> None:
    zone = ZoneInfo(name)
    span = whole(asked, zone)
    assert span.previous(zone) == whole(before, zone)
    assert span.year_before(zone) == whole(year, zone)


def test_a_year_before_is_the_same_on_the_clock_there() -> None:
    summer = Span(local(2026, 3, 29), local(2026, 10, 26))
    assert summer.year_before(BERLIN) == Span(local(2025, 3, 29), local(2025, 10, 26))
    leap = Span(local(2028, 2, 29), local(2028, 3, 1))
    assert leap.year_before(BERLIN) == Span(local(2027, 2, 28), local(2027, 3, 1))


@given(some_moment, st.timedeltas(timedelta(seconds=1), timedelta(days=900)), some_moment)
def test_a_span_that_is_not_over_is_compared_as_far_as_it_has_come(
    start: datetime, length: timedelta, now: datetime
) -> None:
    span = Span(start, start + length)
    whole = span.previous(UTC)
    begin, end = whole.sides()
    cut_begin, cut_end = whole.as_far_as(span, now).sides()
    assert cut_begin == begin < end <= start
    assert cut_end == min(end, max(begin, begin + (now - start)))


@given(st.none() | some_moment, st.none() | some_moment, some_moment)
def test_no_part_of_a_span_ends_ahead_of_where_it_begins(
    start: datetime | None, end: datetime | None, now: datetime
) -> None:
    part = Span(start, end).until(now)
    assert part.start == start
    assert part.end is not None
    assert start is None or start <= part.end
    known = (end is None or part.end <= end) and part.end <= now
    assert known or part.end == start


@pytest.mark.parametrize(
    "span", [Span(), Span(start=local(2026, 1, 1)), Span(end=datetime.now(UTC))]
)
def test_what_is_open_at_a_side_is_not_compared(span: Span) -> None:
    for ask in (span.previous, span.year_before):
        with pytest.raises(ConfigurationError, match="give both bounds"):
            ask(BERLIN)


def test_there_is_nothing_before_the_first_year() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    for ask in (Span(first, first + timedelta(days=31)).previous, Span(first, first).year_before):
        for zone in (UTC, BERLIN, ZoneInfo("America/New_York")):
            with pytest.raises(ConfigurationError, match="before the year 1"):
                ask(zone)


def test_changes_are_shares_of_what_was_and_rates_differ_by_points() -> None:
    march = {"created": datetime(2026, 3, 5, tzinfo=UTC)}
    then = [session(**march), session(status="expired", **march)]
    april = {"created": datetime(2026, 4, 5, tzinfo=UTC)}
    now = [session(amount_total=1500, **april)] * 3 + [session(status="open", **april)]
    euros = session(currency="eur", **april)
    span = Span(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    with SessionTable() as table:
        table.add([*then, *now, euros])
        before = span.previous(UTC)
        one = Comparison(
            against=Against.PREVIOUS, span=before, now=table.total(span), then=table.total(before)
        )
    assert (one.sessions, one.complete) == (Fraction(3, 2), Fraction(3))
    assert one.completion_rate == Fraction(4, 5) - Fraction(1, 2)
    assert one.completion_rate_of_ended == Fraction(1, 2)
    assert one.gross == {"eur": None, "usd": Fraction(7, 2)}
    assert one.to_dict()["change"]["gross"] == {"eur": None, "usd": 3.5}
    half = Rates(source="me", currency="eur", digits=2, rates={"usd": Decimal("0.5")})
    sums = [line.gross(half) for line in (one.now, one.then)]
    assert sums == [Money(3250, "eur", 2), Money(500, "eur", 2)]
    assert one.gross_by(half) == Fraction(11, 2)
    assert one.gross_by(attrs.evolve(half, currency="gbp")) is None


some_rate = st.decimals("0.0000001", "1000000", allow_nan=False, places=7)


@given(st.integers(-(10**30), 10**30), st.integers(0, 18), some_rate, st.integers(0, 4))
def test_an_amount_is_converted_exactly_and_rounded_once(
    units: int, exponent: int, rate: Decimal, digits: int
) -> None:
    rates = Rates(source="me", currency="xyz", digits=digits, rates={"usd": rate})
    converted = rates.convert(Money(units, "usd", exponent))
    exact = Fraction(units, 10**exponent) * Fraction(rate) * 10**digits
    assert converted is not None
    assert converted.minor_units == round(exact)
    assert (converted.currency, converted.exponent) == ("xyz", digits)
    assert rates.convert(Money(units, "xyz", digits)) == Money(units, "xyz", digits)
    assert rates.convert(Money(units, "eur", digits)) is None


def test_a_sum_of_all_currencies_is_known_only_where_each_has_a_rate() -> None:
    with SessionTable() as table:
        table.add(
            [session(), session(currency="eur"), session(currency="jpy", currency_exponent=0)]
        )
        figures = table.figures()
    rates = Rates(source="me", currency="eur", digits=2, rates={"usd": Decimal("0.9")})
    assert (figures.total.gross(rates), figures.without_rate(rates)) == (None, ["jpy"])
    plain = figures.to_dict(rates)
    assert plain["rates"] == {"source": "me", "currency": "eur", "missing": ["jpy"]}
    assert [sales["gross_in_eur"] for sales in plain["total"]["sales"]] == ["10.00", None, "9.00"]
    assert plain["total"]["gross_in_eur"] is None
    more = Rates(
        source="me", currency="eur", digits=2, rates={**rates.rates, "jpy": Decimal("0.005")}
    )
    assert str(figures.total.gross(more)) == "24.00 EUR"


def test_a_file_of_rates_is_read_without_losing_a_digit(tmp_path: Path) -> None:
    path = tmp_path / "rates.toml"
    path.write_text(
        'source = "my bank"\ncurrency = "JPY"\n[rates]\nUSD = 151.123456789012345678\neur = 163\n',
        encoding="utf-8",
    )
    assert read_rates(path) == Rates(
        source="my bank",
        currency="jpy",
        digits=0,
        rates={"usd": Decimal("151.123456789012345678"), "eur": Decimal(163)},
    )


EURO = 'source = "me"\ncurrency = "eur"\n[rates]\n'


@pytest.mark.parametrize("rate", ["1e30", "9.9e30", "1e-30", f"0.{'0' * 29}1"])
def test_the_largest_and_the_least_rate_are_shown(tmp_path: Path, rate: str) -> None:
    path = tmp_path / "rates.toml"
    path.write_text(f"{EURO}usd = {rate}", encoding="utf-8")
    rates = read_rates(path)
    with SessionTable() as table:
        table.add([session(amount_total=2**63 - 1)] * 3)
        figures = table.figures()
    units = round(3 * (2**63 - 1) * Fraction(rate))
    gross = figures.total.gross(rates)
    assert gross == Money(units, "eur", 2)
    assert figures.to_dict(rates)["total"]["gross_in_eur"] == str(Money(units, "eur", 2).amount)
    for shown in (page(figures, rates=rates), drawing(figures, rates=rates)):
        assert f"{gross}".removesuffix(" EUR") in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "source says whose"),
        ('source = " "', "source says whose"),
        ('source = "me"', "currency says what"),
        ('source = "me"\ncurrency = "eur"', "says what one unit"),
        ('source = "me"\ncurrency = "eur"\n[rates]\nusd = 0', "rates.usd is no number above 0"),
        ('source = "me"\ncurrency = "eur"\n[rates]\nusd = nan', "rates.usd is no number above 0"),
        ('source = "me"\ncurrency = "eur"\n[rates]\nusd = true', "rates.usd is no number above 0"),
        ('source = "me"\ncurrency = "eur"\n[rates]\neur = 2', "rates.eur is not 1"),
        (f"{EURO}USD = 0.9\nusd = 1.2", "rates.USD and rates.usd are one currency; name it once"),
        (f"{EURO}usd = 1e999999", "rates.usd is not between 1e-30 and 1e31"),
        (f"{EURO}usd = 1e5000", "rates.usd is not between 1e-30 and 1e31"),
        (f"{EURO}usd = 1e31", "rates.usd is not between 1e-30 and 1e31"),
        (f"{EURO}usd = 1e-31", "rates.usd is not between 1e-30 and 1e31"),
        (f"{EURO}usd = 1{'0' * 31}", "rates.usd is not between 1e-30 and 1e31"),
        (f"{EURO}usd = 1e9999999999999999999", "rates.usd is no number above 0"),
        (f"digits = 1e9999999999999999999\n{EURO}usd = 1", "from 0 to 18"),
        ('source = "me"\ncurrency = "pts"\n[rates]\nusd = 2', "say digits"),
        ('source = "me"\ncurrency = "pts"\ndigits = -1\n[rates]\nusd = 2', "from 0 to 18"),
        ('source = "me"\ncurency = "eur"', "'curency' is none of"),
        ("source", "is no TOML"),
        (f"x = {'[' * 5000}", "is no TOML: lists or tables within others, deeper than anything"),
        ("#" * 1_048_577, "is larger than 1048576 bytes"),
    ],
    ids=lambda text: text[:40],
)
def test_a_file_of_anything_else_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "rates.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        read_rates(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_rates(tmp_path / "none.toml")


def test_a_device_without_end_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"^/dev/zero is larger than 1048576 bytes$"):
        read_rates(Path("/dev/zero"))


def test_halves_go_to_the_even_unit() -> None:
    rates = Rates(source="me", currency="eur", digits=2, rates={"usd": Decimal("0.5")})
    told = [rates.convert(Money(units, "usd", 2)) for units in (1, 3)]
    expected = [
        Decimal(units).scaleb(-2).quantize(Decimal("0.01"), ROUND_HALF_EVEN) for units in (0, 2)
    ]
    assert [one and one.amount for one in told] == expected
