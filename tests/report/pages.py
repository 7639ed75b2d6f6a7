"""Figures for a page, and what a page says, read back from its HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from typing import NamedTuple

import attrs
from sold import session

from unified_checkout.model.money import Money
from unified_checkout.report import (
    Against,
    Cohort,
    Comparison,
    Completion,
    Covered,
    Dimension,
    Figures,
    Line,
    Rates,
    Sales,
    SessionTable,
    Span,
    Within,
)
from unified_checkout.report.completion import HORIZONS
from unified_checkout.report.figures import plain_rate

PLANTED = [
    "</script><img src=x onerror=alert(1)>",
    '<b>bold</b> & "quoted"',
    "{{ 7 * 7 }}",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "=cmd() \N{PARTY POPPER}",
]
"""Names that are text, whatever they look like."""
RATES = Rates(source="my <bank>", currency="eur", digits=2, rates={"usd": Decimal("0.9")})
OCTOBER = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


class Cell(NamedTuple):
    text: str
    kind: str | None = None
    value: str | None = None
    minor: str | None = None

    def told(self, kind: str | None) -> Cell:
        """What the digits tell in a column of a kind; a number that the cell carries tells more."""
        text = self.text.rstrip("\n")
        digits = re.sub(r"[^\d-]", "", text.partition(" ")[0])
        value, minor = self.value, None
        if digits and kind == "amount":
            minor = str(int(digits))
        elif digits and value is None:
            value = {"number": digits, "rate": f"{int(digits) / 1000}"}.get(kind or "")
        return Cell(text, kind, value, minor)


class Page(HTMLParser):
    """Every table's rows, every headline number, and every tag there is."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[Cell]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tiles: dict[str, str] = {}
        self.text = ""
        self._rows: list[list[Cell]] = []
        self._in_cell = False
        self._shown = True
        self.feed(html)
        self.close()
        for rows in self.tables.values():
            kinds = [cell.kind for cell in rows[0]]
            rows[1:] = [
                [cell.told(kind) for cell, kind in zip(row, kinds, strict=True)] for row in rows[1:]
            ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "table":
            self._rows = self.tables[given["id"] or ""] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append(Cell("", given.get("data-kind"), given.get("data-value")))
            self._in_cell = True
        elif tag in ("tbody", "tfoot"):
            self._in_cell = False
        elif tag in ("script", "style"):
            self._shown = False
        elif "data-tile" in given:
            self.tiles[given["data-tile"] or ""] = given["data-value"] or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "table"):
            self._in_cell = False
        self._shown = True

    def handle_data(self, data: str) -> None:
        self.text += data if self._shown else ""
        if self._in_cell:
            last = self._rows[-1][-1]
            self._rows[-1][-1] = last._replace(text=last.text + data)

    def rows(self, table: str) -> list[list[Cell]]:
        """But for the heading."""
        return self.tables[table][1:]


@cache
def answer() -> tuple[Figures, list[Comparison]]:
    """Figures of October whose accounts are called what is planted, and September beside them."""
    months = [datetime(2026, month, 3, 7, tzinfo=UTC) for month in (9, 10)]
    sessions = [
        session(**{"account": name, "provider": name, "created": created, **more})
        for number, name in enumerate(PLANTED)
        for created in months
        for more in (
            {"amount_total": (5 - number) * 10**number, "amount_refunded": None if number else 5},
            {"amount_total": 12_345_678_901_234_567, "currency": "jpy", "currency_exponent": 0},
            {"status": "open", "client_reference_id": "order 1"},
            {"status": "expired", "created": created + timedelta(days=9)},
        )
    ]
    hidden = [PLANTED[-1]]
    with SessionTable() as table:
        table.add(sessions)
        figures = table.figures(
            OCTOBER, by=[Dimension.ACCOUNT, Dimension.MONTH], without_open=hidden
        )
        before = OCTOBER.previous(UTC)
        then = table.total(before, without_open=hidden)
    comparison = Comparison(against=Against.PREVIOUS, span=before, now=figures.total, then=then)
    return figures, [comparison]


def with_times(figures: Figures) -> Figures:
    """The same as of a store that knows how long completion took."""
    counts = [Within(horizon=name, sessions=n) for n, name in enumerate(HORIZONS, 1)]
    unknown = [Within(horizon=name, sessions=None) for name in HORIZONS]
    week = Cohort(
        week="2026-W40",
        partial=True,
        sessions=12,
        open=3,
        complete=8,
        known=7,
        seen_open=2,
        within=tuple(counts),
        passed=("1h", "6h"),
    )
    return attrs.evolve(
        figures,
        completion=Completion(
            complete=8,
            known=7,
            seen_open=2,
            median=timedelta(hours=5, seconds=7),
            ninth_decile=None,
            within=tuple(counts),
        ),
        cohorts=(
            week,
            attrs.evolve(
                week, week="2026-W41", known=0, seen_open=0, partial=False, within=tuple(unknown)
            ),
        ),
    )


def covered() -> list[Covered]:
    first = Covered(
        account="us",
        provider=PLANTED[0],
        complete=True,
        since=None,
        until=datetime(2026, 11, 2, 8, tzinfo=UTC),
        reason="read to the end",
    )
    return [first, attrs.evolve(first, account=PLANTED[0], complete=False, until=None)]


def check(html: str, figures: Figures, rates: Rates | None = RATES) -> None:
    """Every count, rate, amount and time of every table is that of the figures, exactly."""
    page = Page(html)
    groups = [*figures.lines, *([figures.total] if figures.by else [])]
    for table, lines in (("groups", groups), ("trend", figures.trend)):
        assert values(page, table) == [counts(line) for line in lines]
    whole = [sales for line in groups for sales in line.sales]
    assert values(page, "sales") == [sold(sales, rates) for sales in whole]
    over_time = [sales for line in figures.trend for sales in line.sales]
    assert values(page, "trend-sales") == [sold(sales, rates, few=True) for sales in over_time]
    assert values(page, "hours") == [
        [str(one.ended), str(one.abandoned), rate(one.abandonment_rate)] for one in figures.hours
    ]
    assert values(page, "shared") == [
        [str(one.values), str(one.sessions), str(one.complete_at_several)] for one in figures.shared
    ]
    if figures.completion is not None:
        told = figures.completion.to_dict()
        assert values(page, "times") == [
            [*map(text, list(told.values())[:5]), *map(text, told["within"].values())]
        ]
    for cells, cohort in zip(values(page, "cohorts"), figures.cohorts or (), strict=True):
        plain = cohort.to_dict()
        names = ("sessions", "open", "complete", "known", "seen_open")
        assert cells == [
            *(str(plain[name]) for name in names),
            *map(text, plain["within"].values()),
        ]
    for cell in (cell for rows in page.tables.values() for row in rows for cell in row):
        assert "None" not in cell.text


def values(page: Page, table: str) -> list[list[str]]:
    """The exact numbers of each row; what is not known is said, and has none."""
    if table not in page.tables:
        return []
    rows = []
    for row in page.rows(table):
        numbers = [
            cell.minor or cell.value or "not known"
            for cell in row
            if cell.minor or cell.value or cell.text == "not known"
        ]
        rows.append(numbers)
    return rows


def counts(line: Line) -> list[str]:
    rated, all_of_them = line.rated, line.counts
    return [
        *(str(getattr(all_of_them, name)) for name in ("sessions", "complete", "expired")),
        text(line.open),
        rate(rated.completion_rate_of_ended),
        rate(rated.completion_rate),
        rate(rated.expiry_rate_of_ended),
        rate(rated.expiry_rate),
    ]


def sold(sales: Sales, rates: Rates | None, *, few: bool = False) -> list[str]:
    told = [str(sales.orders), *map(minor, (sales.gross, sales.refunded, sales.net))]
    if not few:
        told += map(minor, (sales.disputed, sales.average, sales.median, sales.ninth_decile))
        told += [text(sales.open), minor(sales.open_value)]
    return [*told, minor(rates.convert(sales.gross))] if rates else told


def minor(money: Money | None) -> str:
    return "not known" if money is None else str(money.minor_units)


def text(value: object) -> str:
    return "not known" if value is None else str(value)


def rate(share: object) -> str:
    return text(plain_rate(share))  # type: ignore[arg-type]
