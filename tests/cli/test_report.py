"""``report``: the figures of the sandbox's own facts, in every format, in a file or not."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from house import THREE
from rich.console import Console
from sold import session
from typer.testing import Result

from unified_checkout.cli import terminal
from unified_checkout.cli.report_table import Answer, show_figures
from unified_checkout.report import Dimension, Figures, SessionTable
from unified_checkout.sandbox import Facts, Sandbox, faults

Run = Callable[..., Result]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def truth(sandbox: Sandbox) -> list[tuple[str, Facts]]:
    """Every fact with the provider that holds it."""
    names = [account.name for account in sandbox.accounts]
    return [(name, fact) for name in names for fact in sandbox.truth(name)]


def local(fact: Facts) -> datetime:
    return datetime.fromtimestamp(fact.created, UTC).astimezone(BERLIN)


def counts(facts: list[Facts]) -> tuple[int, ...]:
    words = ["complete" if fact.status == "paid" else fact.status for fact in facts]
    return (len(facts), *(words.count(word) for word in ("complete", "expired", "open")))


def told_counts(line: dict[str, Any]) -> tuple[int, ...]:
    return tuple(line[name] for name in ("sessions", "complete", "expired", "open"))


def test_days_and_the_span_are_those_of_the_time_zone(
    ask: Run, truth: list[tuple[str, Facts]]
) -> None:
    days: dict[str, list[Facts]] = defaultdict(list)
    for _, fact in truth:
        if f"{local(fact):%Y-%m}" == "2026-10":
            days[f"{local(fact):%Y-%m-%d}"].append(fact)
    asked = ["--created", "2026-10", "--tz", "Europe/Berlin", "--by", "day", "--format", "json"]
    plain = json.loads(ask("report", "--live", *asked).stdout)
    assert plain["span"] == {"from": "2026-09-30T22:00:00Z", "to": "2026-10-31T23:00:00Z"}
    assert {line["day"]: told_counts(line) for line in plain["groups"]} == {
        day: counts(facts) for day, facts in days.items()
    }
    assert [line["day"] for line in plain["groups"] if line["partial"]] == []
    assert plain["coverage"]["complete"] is True


@pytest.mark.parametrize("most", [1, 2, 4])
def test_one_budget_is_for_all_that_a_report_asks(ask: Run, sandbox: Sandbox, most: int) -> None:
    """Of several lists: what accounts tell when asked, and the spans that are compared."""
    span = ["--created-gte", "2026-11-01", "--created-lt", "2026-11-15", "--compare", "previous"]
    asked = ["report", "--live", *span, "--page-size", 5, "--format", "json"]
    told = ask(*asked, "--max-requests", most, code=3)
    assert sum(len(sandbox.requests(name)) for name in THREE) == most
    plain = json.loads(told.stdout)["coverage"]
    unread = [one for one in plain["accounts"] if not one["complete"]]
    assert unread
    assert {one["reason"] for one in unread} == {f"stopped at max_requests={most}"}


def test_a_report_s_budget_that_suffices_changes_nothing(ask: Run) -> None:
    asked = ["report", "--live", "--created", "2026-10", "--compare", "previous", "--format", "csv"]
    bounded = ask(*asked, "--max-requests", 600, "--deadline", 600)
    assert bounded.stdout == ask(*asked).stdout


def test_a_deadline_is_for_all_that_a_report_asks(ask: Run, sandbox: Sandbox) -> None:
    told = ask(
        "report", "--live", "--compare", "previous", "--last", "30d", "--deadline", 1e-6, code=3
    )
    assert "INCOMPLETE, stopped at the deadline of 1e-06 s" in told.stderr
    assert told.stderr.count("INCOMPLETE") == 1 + told.stderr.count("stopped at the deadline")


def test_hours_are_those_of_the_time_zone(ask: Run, truth: list[tuple[str, Facts]]) -> None:
    hours: dict[int, int] = defaultdict(int)
    for _, fact in truth:
        hours[local(fact).hour] += fact.status != "open"
    asked = ["--tz", "Europe/Berlin", "--format", "json"]
    plain = json.loads(ask("report", "--live", *asked).stdout)
    assert {one["hour"]: one["ended"] for one in plain["hours"]} == {
        hour: ended for hour, ended in hours.items() if ended
    }


def test_dates_in_bounds_are_days_of_the_time_zone(
    ask: Run, truth: list[tuple[str, Facts]]
) -> None:
    first, last = date(2026, 10, 25), date(2026, 11, 2)
    facts = [fact for _, fact in truth if first <= local(fact).date() <= last]
    bounds = ["--created-gte", first, "--created-lte", last, "--tz", "Europe/Berlin"]
    for command in (["report", "--live", "--format"], ["summary", "--output"]):
        plain = json.loads(ask(*command, "json", *bounds).stdout)
        assert plain["total"]["sessions"] == len(facts)


def test_a_summary_s_days_are_those_of_the_time_zone(
    ask: Run, truth: list[tuple[str, Facts]]
) -> None:
    for dimension, form in (("day", "%Y-%m-%d"), ("week", "%G-W%V"), ("month", "%Y-%m")):
        groups: dict[str, int] = defaultdict(int)
        for _, fact in truth:
            groups[f"{local(fact):{form}}"] += 1
        asked = ["--by", dimension, "--tz", "Europe/Berlin", "-o", "json"]
        plain = json.loads(ask("summary", *asked).stdout)
        assert {line[dimension]: line["sessions"] for line in plain["groups"]} == groups


def test_what_has_not_come_to_pass_is_partial(ask: Run, truth: list[tuple[str, Facts]]) -> None:
    newest = max(local(fact) for _, fact in truth)
    asked = ["--created", f"{newest:%Y}", "--by", "month", "--format", "json"]
    plain = json.loads(ask("report", "--live", *asked).stdout)
    assert [line["partial"] for line in plain["groups"]] == [False] * (len(plain["groups"]) - 1) + [
        True
    ]
    assert datetime.fromisoformat(plain["span"]["to"]) - datetime.now(UTC) < timedelta(minutes=1)


def test_csv_says_the_same_as_json(ask: Run) -> None:
    asked = ["report", "--live", "--created", "2026-10", "--by", "account", "--by", "week"]
    plain = json.loads(ask(*asked, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(ask(*asked, "--format", "csv").stdout)))
    for name in ("sessions", "complete", "expired", "open"):
        assert sum(int(row[name] or 0) for row in rows) == plain["total"][name]
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        for name in ("gross", "open_value", "refunded", "disputed"):
            sums[row["currency"], name] += Decimal(row[name] or 0)
    for sales in plain["total"]["sales"]:
        for name in ("gross", "open_value", "refunded", "disputed"):
            assert sums[sales["currency"], name] == Decimal(sales[name] or 0)
    assert {row["span_from"] for row in rows} == {plain["span"]["from"]}
    assert set(plain["total"]["sales"][0]) <= set(rows[0])


def test_each_row_of_csv_is_that_of_json(ask: Run) -> None:
    asked = ["report", "--live", "--created", "2026-10", "--by", "account", "--by", "status"]
    plain = json.loads(ask(*asked, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(ask(*asked, "--format", "csv").stdout)))
    expected = []
    for group in plain["groups"]:
        sales = group.pop("sales")
        for number, one in enumerate(sales or [{}]):
            counts = {name: value for name, value in group.items() if name not in plain["by"]}
            names = {name: group[name] for name in plain["by"]}
            expected.append({**names, **({} if number else counts), **one})
    assert len(rows) == len(expected) > 9
    for row, one in zip(rows, expected, strict=True):
        told = {name: text for name, text in row.items() if text and name in one}
        assert told == {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in one.items()
            if value is not None
        }


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_file_holds_what_would_be_printed(ask: Run, tmp_path: Path, form: str) -> None:
    asked = ["report", "--live", "--created", "2026-10", "--format", form]
    printed = ask(*asked).stdout
    path = tmp_path / "report"
    for _ in range(2):
        assert ask(*asked, "--out", path).stdout == ""
        written = path.read_text(encoding="utf-8")
        if form == "csv":
            assert written == printed.replace("\r\n", "\n")
        assert (
            written.partition("coverage")[0]
            == printed.replace("\r\n", "\n").partition("coverage")[0]
        )
    assert list(tmp_path.glob(".*")) == []


def test_a_page_holds_the_figures_and_what_they_do_not_know(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    asked = ["report", "--live", "--created", "2026-10", "--compare", "previous"]
    for _ in range(2):
        assert ask(*asked, "--format", "html", "--out", path).stdout == ""
    html = path.read_text(encoding="utf-8")
    plain = json.loads(ask(*asked, "--format", "json").stdout)
    assert f'data-tile="sessions" data-value="{plain["total"]["sessions"]}"' in html
    assert f"{plain['comparisons'][0]['change']['sessions']:+.1%} to the span before" in html
    assert "the currency is assumed at flex" in html
    assert "Complete: all 3 accounts" in html
    assert len(html) < 300_000
    ask(*asked, "--format", "html", "--language", "de", "--out", path)
    assert "Vollständig: alle 3 Konten" in path.read_text(encoding="utf-8")


def test_a_picture_is_known_again(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.png"
    asked = ["report", "--live", "--created", "2026-10", "--format", "png", "--out", path]
    ask(*asked)
    first = path.read_bytes()
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    assert first.endswith(b"IEND\xaeB`\x82")
    ask(*asked, "--compare", "previous")
    assert path.read_bytes() != first
    path.write_bytes(first.replace(b"unified-checkout report", b"somebody's own, at home"))
    assert "is not written over" in ask(*asked, code=2).stderr
    drawn = tmp_path / "report.svg"
    for _ in range(2):
        ask(*asked[:-3], "svg", "--out", drawn)
    ElementTree.fromstring(drawn.read_text(encoding="utf-8"))
    german = ask("report", "--live", "--format", "svg", "--language", "de").stdout
    assert "Vollständig: alle 3 Konten" in german
    assert "coverage:" not in german


def test_a_failed_report_leaves_the_file_as_it_was(
    ask: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    asked = ["report", "--live", "--format", "json", "--out", path]
    ask(*asked)
    before = path.read_bytes()
    sandbox.misbehave("flex", faults.Status(401, times=None))
    ask(*asked, code=1)
    assert path.read_bytes() == before
    assert list(tmp_path.glob(".*")) == []
    assert "coverage: INCOMPLETE" in ask(*asked, "--on-error", "report", code=3).stderr
    assert json.loads(path.read_text(encoding="utf-8"))["coverage"]["complete"] is False


def test_nothing_is_asked_where_no_file_can_be_written(
    ask: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    foreign = tmp_path / "thesis.csv"
    foreign.write_text("title,page\n", encoding="utf-8")
    asked = ["report", "--live", "--format", "csv", "--out"]
    assert "is not written over" in ask(*asked, foreign, code=2).stderr
    assert foreign.read_text(encoding="utf-8") == "title,page\n"
    assert "is no file" in ask(*asked, tmp_path, code=2).stderr
    assert "cannot be written" in ask(*asked, tmp_path / "no" / "folder.csv", code=2).stderr
    assert [one for account in sandbox.accounts for one in sandbox.requests(account.name)] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "name a store, or say --live"),
        (["--live", "--limit", "3"], "a report takes every session"),
        (["x.duckdb", "--max-requests", "3"], "a store costs no requests"),
        (["x.duckdb", "--deadline", "3"], "a store costs no requests"),
        (["--live", "--out", "x"], "a file takes csv, json, html, png or svg"),
        (["--live", "--format", "html", "--language", "fr"], "there are: de, en"),
        (["--live", "--format", "png", "--language", "fr"], "there are: de, en"),
        (["--live", "--tz", "Europe/Berlim"], "did you mean 'Europe/Berlin'"),
        (["--live", "--compare", "year"], "give both bounds"),
        (["--live", "--rates", "none.toml"], "none.toml cannot be read"),
        (["--live", "--created", "soon", "--tz", "Europe/Berlin"], "--created: 'soon' is not a"),
    ],
)
def test_what_cannot_be_reported_is_refused(ask: Run, options: list[str], said: str) -> None:
    assert said in ask("report", *options, code=2).stderr


def test_without_the_extra_it_says_how_to_get_it(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    told = ask("report", "--live", code=2).stderr
    assert (
        "reports need duckdb, which is not installed; run: pip install 'unified-checkout[report]'"
        in told
    )


def test_a_table_says_what_is_not_known(ask: Run) -> None:
    shown = ask("report", "--live", "--tz", "Europe/Berlin").stdout
    assert "days and hours of Europe/Berlin" in shown
    assert "the currency is assumed at flex" in shown
    assert "not known at stripe: what is disputed of " in shown
    (refunded,) = {line for line in shown.splitlines() if line.startswith("leanrails ")}
    assert " - " in refunded


def test_it_compares_with_what_the_providers_held_before(
    ask: Run, truth: list[tuple[str, Facts]]
) -> None:
    months: dict[str, list[Facts]] = defaultdict(list)
    for _, fact in truth:
        months[f"{local(fact):%Y-%m}"].append(fact)
    asked = ["--created", "2026-10", "--tz", "Europe/Berlin", "--format", "json"]
    compared = ["--compare", "previous", "--compare", "year"]
    plain = json.loads(ask("report", "--live", *asked, *compared).stdout)
    previous, year = plain["comparisons"]
    assert previous["span"] == {"from": "2026-08-31T22:00:00Z", "to": "2026-09-30T22:00:00Z"}
    assert year["span"] == {"from": "2025-09-30T22:00:00Z", "to": "2025-10-31T23:00:00Z"}
    assert told_counts(plain["total"]) == counts(months["2026-10"])
    assert told_counts(previous["total"]) == counts(months["2026-09"])
    assert told_counts(year["total"]) == counts(months["2025-10"])
    alone = json.loads(ask("report", "--live", *asked).stdout)
    assert {**plain, "coverage": None, "comparisons": []} == {**alone, "coverage": None}
    change = len(months["2026-10"]) / len(months["2026-09"]) - 1
    assert previous["change"]["sessions"] == round(change, 4)
    shown = ask("report", "--live", *asked[:-2], *compared).stdout
    assert "beside the span before, from 2026-08-31T22:00:00Z to 2026-09-30T22:00:00Z" in shown
    assert f" {change:+.1%}" in shown


def test_a_long_span_and_its_year_before_count_nothing_twice(
    ask: Run, truth: list[tuple[str, Facts]]
) -> None:
    asked = ["--created-gte", "2025-06-01", "--created-lt", "2026-12-01", "--compare", "year"]
    plain = json.loads(ask("report", "--live", *asked, "--format", "json").stdout)
    end = datetime.fromisoformat(plain["comparisons"][0]["span"]["to"]).timestamp()
    facts = [fact for _, fact in truth]
    assert plain["total"]["sessions"] == len(facts)
    then = plain["comparisons"][0]["total"]["sessions"]
    assert then == sum(fact.created < end for fact in facts)


def test_a_column_of_converted_amounts_names_its_source(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "rates.toml"
    path.write_text('source = "my bank"\ncurrency = "eur"\n[rates]\nusd = 0.9\n', encoding="utf-8")
    asked = ["report", "--live", "--rates", path]
    rows = list(csv.DictReader(io.StringIO(ask(*asked, "--format", "csv").stdout)))
    assert {row["rates_source"] for row in rows} == {"my bank"}
    for row in rows:
        rate = {"eur": Decimal(1), "usd": Decimal("0.9")}.get(row["currency"])
        exact = rate and (Decimal(row["gross"]) * rate).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        assert row["gross_in_eur"] == ("" if exact is None else str(exact))
    for form in ("json", "html", "svg"):
        assert "my bank" in ask(*asked, "--format", form).stdout
    pictures = [tmp_path / name for name in ("plain.png", "converted.png")]
    for given, picture in zip((asked[:2], asked), pictures, strict=True):
        ask(*given, "--format", "png", "--out", picture)
    assert len({picture.read_bytes() for picture in pictures}) == 2
    shown = ask(*asked).stdout
    assert "gross in EUR" in shown
    assert "converted to EUR by the rates of: my bank; it has none for " in shown


def figures() -> Figures:
    shop = [session(), session(amount_refunded=100), session(status="open")]
    ledger = [session(account="ledger", provider="bolt")]
    with SessionTable() as table:
        table.add([*shop, *ledger])
        return table.figures(by=[Dimension.PROVIDER], without_open=["ledger"])


def test_a_table_shows_no_zero_for_what_a_list_cannot_show(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_figures(Answer(figures()))
    shown = capsys.readouterr().out
    (acme,) = [line for line in shown.splitlines() if line.startswith("acme ")]
    bolt, _ = [line for line in shown.splitlines() if line.startswith("bolt ")]
    assert "66.7%" in acme
    assert "100.0%" in acme
    assert " 1.00 USD of 1 " in acme
    assert bolt.count("not known") == 3
    assert " 0.00" not in bolt
    assert "bolt takes no part in rates, hours and open values" in shown


@pytest.mark.parametrize("width", [200, 100, 60])
def test_where_a_terminal_is_narrow_gross_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setattr(terminal, "output_console", lambda: Console(width=width))
    show_figures(Answer(figures()))
    shown = capsys.readouterr().out
    assert "gross" in shown
    assert "20.00 USD" in shown
    assert ("not shown, since" in shown) is (width < 200)
