"""The page says what the figures say, and nothing in it is fetched or taken for markup."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import attrs
import pytest
from report.browser import dom, needs_browser, shown
from report.pages import PLANTED, RATES, Page, answer, check, covered, with_times
from sold import session

from unified_checkout import ConfigurationError
from unified_checkout.report import (
    Dimension,
    Figures,
    Rates,
    SessionTable,
    Span,
    drawing,
    languages,
    page,
)
from unified_checkout.report.figures import plain_rate
from unified_checkout.report.language import Language


@cache
def made(language: str = "en") -> str:
    figures, comparisons = answer()
    return page(with_times(figures), comparisons, RATES, covered(), language)


def test_every_number_of_the_page_is_the_figures() -> None:
    figures, comparisons = answer()
    html = page(figures, comparisons, RATES)
    check(html, figures)
    check(page(figures), figures, rates=None)
    check(made(), with_times(figures))
    assert "converted to EUR by the rates of: my &lt;bank&gt;" in html
    total = figures.total
    assert Page(html).tiles == {
        "sessions": str(total.counts.sessions),
        "complete": str(total.counts.complete),
        "completion_rate": str(plain_rate(total.rated.completion_rate)),
        "completion_rate_of_ended": str(plain_rate(total.rated.completion_rate_of_ended)),
        **{f"gross-{sales.currency}": str(sales.gross.minor_units) for sales in total.sales},
        "gross_in_eur": "",
    }
    assert "+0.0% to the span before" in html


def test_what_only_a_store_knows_is_said_where_it_is_not_known() -> None:
    figures, _ = answer()
    told = Page(page(figures))
    assert "times" not in told.tables
    assert "time to complete, weeks: not known from lists" in told.text


def test_how_far_it_can_be_relied_on_is_said() -> None:
    told = Page(made())
    assert "Incomplete: 1 of 2 accounts" in told.text
    assert "Data up to Nov 2, 2026" in told.text
    rows = [[cell.text for cell in row] for row in told.rows("covered")]
    assert [row[0] for row in rows] == ["us", PLANTED[0]]
    assert [row[2] for row in rows] == ["yes", "no"]
    assert "Complete: all 1 accounts" in page(answer()[0], covered=covered()[:1])


def test_a_store_that_was_never_synced_says_so() -> None:
    for language, said in (
        ("en", "Incomplete: no account was ever synced"),
        ("de", "Unvollständig: Kein Konto wurde je abgeglichen"),
    ):
        told = Page(page(answer()[0], covered=[], language=language))
        assert said in told.text
        assert "covered" not in told.tables
    assert "ever synced" not in page(answer()[0])


def test_reasons_are_in_the_page_s_language_and_what_a_provider_says_in_its_own() -> None:
    theirs = "HTTP 500, api_error: try again"
    two = [covered()[0], attrs.evolve(covered()[1], reason=theirs)]
    html = page(answer()[0], covered=two, language="de")
    assert [row[5].text for row in Page(html).rows("covered")] == ["zu Ende gelesen", theirs]
    assert html.count('lang="en"') == 1
    assert f'lang="en">{theirs}' in html


def test_nothing_but_the_page_s_own_style_and_script_is_let_in() -> None:
    html = made()
    told = Page(html)
    tags = [tag for tag, _ in told.tags]
    assert {"img", "link", "iframe", "form", "base", "object"} & {*tags} == set()
    assert tags.count("script") == tags.count("style") == 1
    given = {name for _, attributes in told.tags for name in attributes}
    assert {name for name in given if name in ("src", "style") or name.startswith("on")} == set()
    hrefs = {attributes["href"] for _, attributes in told.tags if "href" in attributes}
    assert hrefs == {"#covered"}
    assert not re.search(r"url\(|@import|https?:(?!//www.w3.org/2000/svg)", html)
    policy = next(given["content"] or "" for _, given in told.tags if "http-equiv" in given)
    for tag in ("style", "script"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; ")


def test_what_is_planted_is_text() -> None:
    told = Page(made())
    assert {row[0].text for row in told.rows("groups")} == {*PLANTED, "all"}
    assert "onerror" not in {name for _, given in told.tags for name in given}


def test_it_can_be_read_by_those_who_do_not_see_it() -> None:
    tags = Page(made()).tags
    assert ("html", {"lang": "en", "dir": "ltr"}) in tags
    kinds = [tag for tag, _ in tags]
    assert kinds.count("caption") == kinds.count("table") == 9
    assert [given for tag, given in tags if tag == "th" and "scope" not in given] == []
    assert kinds.count("h1") == kinds.count("main") == 1
    pictures = [given for _, given in tags if given.get("role") == "img"]
    assert len(pictures) == kinds.count("svg") == kinds.count("figure") > 4
    assert all(given["aria-label"] for given in pictures)


def test_nothing_has_a_page_too() -> None:
    with SessionTable() as table:
        html = page(table.figures())
    assert Page(html).rows("groups")
    assert "not known" in html


def a_year(currencies: Sequence[str], *by: Dimension) -> Figures:
    """A year of ten providers with sessions on every day."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    sessions = [
        session(
            account=f"account {number}",
            provider=f"provider {number}",
            created=start + timedelta(days=day, hours=number),
            status="expired" if (day // 3 + number) % 4 == 0 else "complete",
            amount_total=10**6 + 1000 * number + day,
            currency=currencies[(day + number) % len(currencies)],
            client_reference_id=f"order {day}",
        )
        for day in range(365)
        for number in range(10)
    ]
    with SessionTable() as table:
        table.add(sessions)
        figures = table.figures(Span(start, start + timedelta(days=365)), by=by)
    assert figures.period is Dimension.WEEK
    return with_times(figures)


def test_a_year_of_ten_providers_is_below_150_kb() -> None:
    figures = a_year(("usd", "eur", "gbp", "jpy"), Dimension.PROVIDER)
    assert len(page(figures).encode()) < 150_000


def test_a_year_of_days_in_three_currencies_is_below_300_kb() -> None:
    figures = a_year(("usd", "eur", "gbp"), Dimension.DAY)
    html = page(figures)
    assert len(Page(html).rows("sales")) > 3 * 360
    check(html, figures, rates=None)
    assert len(html.encode()) < 300_000


@pytest.mark.parametrize("language", ["de", "de-AT", "de_CH"])
def test_another_language_has_its_words_and_numbers(language: str) -> None:
    html = made(language)
    told = Page(html)
    assert "Checkout-Bericht: Oktober 2026" in told.text
    assert "nicht bekannt" in told.text
    assert "not known" not in told.text
    figures, _ = answer()
    sales = next(one for one in figures.total.sales if one.currency == "jpy")
    assert Language(language).amount(sales.gross) in told.text
    assert told.tiles == Page(made()).tiles
    exact = [[(c.value, c.minor) for c in row] for row in told.tables["sales"]]
    assert exact == [[(c.value, c.minor) for c in row] for row in Page(made()).tables["sales"]]


def test_notes_have_the_numbers_of_their_language() -> None:
    with SessionTable() as table:
        table.add([session()] * 1234)
        figures = table.figures()
    german = "was von 1.234 Bestellungen angefochten ist"
    assert german in Page(page(figures, language="de")).text
    assert german in drawing(figures, language="de")
    assert "1,234 orders" in page(figures)


@pytest.mark.parametrize("language", ["fr", "xx", "", "de_XX", "../de", "deutsch"])
def test_a_language_without_words_is_refused(language: str) -> None:
    with pytest.raises(ConfigurationError, match=f"there are: {', '.join(languages())}"):
        made(language)


@needs_browser
def test_a_browser_shows_the_same_without_a_word_or_a_request(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(made(), encoding="utf-8")
    log = tmp_path / "log.json"
    options = ("--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom")
    told = shown(path, tmp_path / "profile", *options)
    check(told.stdout, with_times(answer()[0]))
    assert "CONSOLE" not in told.stderr
    assert Page(told.stdout).tables["groups"][0][0].text == "account"
    assert "<button" in told.stdout
    asked = re.findall(r'"url":"((?!file:|data:|chrome)[^"]+)"', log.read_text(encoding="utf-8"))
    assert [url for url in asked if path.name in url] == []


CLICKS = """
const heading = (table, name) => [...document.querySelectorAll(`#${table} thead th`)]
  .find((one) => one.textContent === name);
const rows = (table) => [...document.querySelectorAll(`#${table} tbody tr`)];
const input = document.querySelector("input[type=search]");
"""


def done_by(tmp_path: Path, script: str, html: str | None = None) -> Page:
    """The page as it stands when somebody has used it."""
    html = re.sub(r"<meta http-equiv[^>]*>", "", html or made())
    path = tmp_path / "report.html"
    html = html.replace("</body>", f"<script>{CLICKS}{script}</script></body>")
    path.write_text(html, encoding="utf-8")
    return Page(dom(path, tmp_path / "profile", "--window-size=500,900"))


@needs_browser
def test_tables_sort_money_by_minor_units_within_a_currency(tmp_path: Path) -> None:
    told = done_by(
        tmp_path,
        'heading("sales", "gross").querySelector("button").click();'
        'heading("groups", "completed of ended").querySelector("button").click();'
        'heading("groups", "completed of ended").querySelector("button").click();',
    )
    rows = told.rows("sales")[:10]
    order = [(row[2].text, int(row[4].minor or "")) for row in rows]
    assert order == sorted(order)
    assert {currency for currency, _ in order} == {"JPY", "USD"}
    sorts = [given["aria-sort"] for _, given in told.tags if "aria-sort" in given]
    assert sorted(sorts, key=str) == ["ascending", "descending"]
    assert told.rows("groups")[4][0].text == PLANTED[-1]
    assert told.rows("groups")[4][6].text == "not known"


@needs_browser
def test_converted_amounts_sort_by_what_they_are_in_one_currency(tmp_path: Path) -> None:
    amounts = [("usd", 2, 1000), ("jpy", 0, 100_000), ("kwd", 3, 1000), ("usd", 2, 100_000)]
    rates = Rates(
        source="me",
        currency="eur",
        digits=2,
        rates={"usd": Decimal("0.9"), "jpy": Decimal("0.006"), "kwd": Decimal(3)},
    )
    with SessionTable() as table:
        table.add(
            session(
                account=f"a{number}", currency=currency, currency_exponent=digits, amount_total=n
            )
            for number, (currency, digits, n) in enumerate([*amounts, ("xyz", 2, 1)])
        )
        html = page(table.figures(by=[Dimension.ACCOUNT]), rates=rates)
    click = 'heading("sales", "gross in EUR").querySelector("button").click();'
    shown = [row[-1].text for row in done_by(tmp_path, click, html).rows("sales")[:5]]
    assert shown == ["3.00", "9.00", "600.00", "900.00", "not known"]


@needs_browser
@pytest.mark.parametrize("language", ["en", "de"])
def test_days_sort_by_time_and_amounts_by_their_digits(tmp_path: Path, language: str) -> None:
    days = [datetime(2026, *day, tzinfo=UTC) for day in ((4, 30), (12, 1), (10, 9), (10, 10))]
    refunds = (0, 1_000_000, 123_456, 1000)
    with SessionTable() as table:
        table.add(
            session(created=day, amount_total=900_000, amount_refunded=refunded)
            for day, refunded in zip(days, refunds, strict=True)
        )
        html = page(table.figures(by=[Dimension.DAY]), language=language)
    click = 'document.querySelectorAll("#sales thead button")[%d].click();'
    nets = [900_000 - refunded for refunded in refunds]
    for clicked, expected in (
        ((5,), sorted(nets)),
        ((5, 0), [nets[days.index(day)] for day in sorted(days)]),
    ):
        profile = tmp_path / f"{len(clicked)}"
        profile.mkdir()
        told = done_by(profile, "".join(click % place for place in clicked), html)
        assert [int(row[5].minor or "") for row in told.rows("sales")[:4]] == expected


@needs_browser
def test_a_long_word_makes_no_phone_s_page_wider(tmp_path: Path) -> None:
    word = "a" * 200
    rates = attrs.evolve(RATES, source=f"https://bank.example/{word}")
    with SessionTable() as table:
        table.add([session(account=word, provider=word, amount_refunded=None), session()])
        figures = table.figures(by=[Dimension.ACCOUNT], without_open=[word])
    broken = attrs.evolve(covered()[1], account=word, reason=f"HTTP 500: {word}")
    html = page(figures, (), rates, [broken])
    script = "document.body.dataset.wide = `${document.documentElement.scrollWidth} ${innerWidth}`;"
    told = done_by(tmp_path, script, html)
    [wide] = [given["data-wide"] for _, given in told.tags if "data-wide" in given]
    width, screen = map(int, (wide or "").split())
    assert width <= screen == 500


@needs_browser
def test_long_tables_are_filtered(tmp_path: Path) -> None:
    told = done_by(tmp_path, 'input.value = "BOLD"; input.dispatchEvent(new Event("input"));')
    assert "2 of 10 rows" in told.text
    hidden = [given for tag, given in told.tags if tag == "tr" and "hidden" in given]
    assert len(hidden) == 8
