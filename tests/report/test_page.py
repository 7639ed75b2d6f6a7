"""The page says what the figures say, and nothing in it is fetched, run or taken for markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

from report.browser import dom, needs_browser
from sold import session

from unified_checkout.report import (
    Against,
    Comparison,
    Dimension,
    Figures,
    Rates,
    SessionTable,
    Span,
)
from unified_checkout.report.html import page

PLANTED = [
    "</script><img src=x onerror=alert(1)>",
    '<b>bold</b> & "quoted"',
    "{{ 7 * 7 }}",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "=cmd()",
]
RATES = Rates(source="my <bank>", currency="eur", digits=2, rates={"usd": Decimal("0.9")})
AMOUNTS = ("gross", "refunded", "net", "disputed", "average", "median", "open_value")


class Tables(HTMLParser):
    """Every table's rows, each cell as its text and its minor units; and every tag there is."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[tuple[str, str | None]]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._rows: list[list[tuple[str, str | None]]] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "table":
            self._rows = self.tables[given["id"] or ""] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append(("", given.get("data-minor")))
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            text, minor = self._rows[-1][-1]
            self._rows[-1][-1] = (text + data, minor)


def read(html: str) -> Tables:
    tables = Tables()
    tables.feed(html)
    tables.close()
    return tables


def answer() -> tuple[Figures, list[Comparison]]:
    months = [datetime(2026, month, 5, tzinfo=UTC) for month in (9, 10)]
    sessions = [
        session(account=name, provider=name, created=created, **more)
        for number, name in enumerate(PLANTED)
        for created in months
        for more in (
            {"amount_total": 1000 + number, "amount_refunded": None if number else 5},
            {"amount_total": 12_345_678_901_234_567, "currency": "jpy", "currency_exponent": 0},
            {"status": "open", "client_reference_id": "order 1"},
            {"status": "expired"},
        )
    ]
    october = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    hidden = [PLANTED[-1]]
    with SessionTable() as table:
        table.add(sessions)
        figures = table.figures(
            october, by=[Dimension.ACCOUNT, Dimension.MONTH], without_open=hidden
        )
        before = october.previous(UTC)
        then = table.total(before, without_open=hidden)
    return figures, [
        Comparison(against=Against.PREVIOUS, span=before, now=figures.total, then=then)
    ]


def check(html: str, figures: Figures) -> None:
    """Every amount, count and name of the groups, the hours and what is shared, as it is."""
    tables = read(html).tables
    rows = [row for row in tables["groups"] if any(minor for _, minor in row)]
    expected = [(line, sales) for line in (*figures.lines, figures.total) for sales in line.sales]
    assert len(rows) == len(expected)
    for row, (line, sales) in zip(rows, expected, strict=True):
        amounts = [getattr(sales, name) for name in AMOUNTS] + [RATES.convert(sales.gross)]
        assert [minor for _, minor in row[9:]] == [
            None if amount is None else str(amount.minor_units) for amount in amounts
        ]
        assert [text for text, minor in row[9:] if minor is None] == ["not known"] * amounts.count(
            None
        )
        if sales is line.sales[0]:
            names = line.group or ("all", "")
            assert [text for text, _ in row[:4]] == [
                *names,
                str(line.counts.sessions),
                str(line.counts.complete),
            ]
    assert [[text for text, _ in row[:3]] for row in tables["hours"][1:]] == [
        [f"{hour.hour:02}", str(hour.ended), str(hour.abandoned)] for hour in figures.hours
    ]
    assert [[text for text, _ in row[1:]] for row in tables["shared"][1:]] == [
        [
            ", ".join(one.providers),
            *map(str, (one.values, one.sessions, one.complete_at_several)),
        ]
        for one in figures.shared
    ]


def test_every_number_of_the_page_is_the_figures(tmp_path: Path) -> None:
    figures, comparisons = answer()
    html = page(figures, comparisons, RATES, ["converted by the rates of: my <bank>"])
    check(html, figures)
    assert "converted by the rates of: my &lt;bank&gt;" in html
    assert "+0.0% to the span before" in html


def test_nothing_is_fetched_and_nothing_is_run() -> None:
    html = page(*answer(), RATES)
    tags = read(html).tags
    assert {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "form"} == set()
    assert [given for _, given in tags if given.keys() & {"src", "href", "style", "onerror"}] == []
    assert not re.search(r"url\(|@import|https?:", html)
    policy = next(given["content"] for tag, given in tags if "http-equiv" in given)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_what_is_planted_is_text() -> None:
    groups = read(page(*answer())).tables["groups"]
    names = {row[0][0] for row in groups if row[0][0]} - {"account", "all"}
    assert names == set(PLANTED)


def test_it_can_be_read_by_those_who_do_not_see_it() -> None:
    tags = read(page(*answer())).tags
    assert ("html", {"lang": "en"}) in tags
    kinds = [tag for tag, _ in tags]
    assert kinds.count("caption") == kinds.count("table") == 3
    assert [given for tag, given in tags if tag == "th" and "scope" not in given] == []
    assert kinds.count("h1") == kinds.count("main") == 1


def test_nothing_has_a_page_too() -> None:
    with SessionTable() as table:
        html = page(table.figures())
    assert read(html).tables["groups"][-1] != []
    assert "not known" in html


@needs_browser
def test_a_browser_shows_the_same(tmp_path: Path) -> None:
    figures, comparisons = answer()
    path = tmp_path / "report.html"
    path.write_text(page(figures, comparisons, RATES), encoding="utf-8")
    check(dom(path, tmp_path / "profile"), figures)
