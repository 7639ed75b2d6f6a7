"""``summary``: the figures of the sandbox's own facts, in every output."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest
from rich.console import Console
from typer.testing import Result

from unified_checkout import Client, PaymentStatus, Session, SessionStatus
from unified_checkout.cli import terminal
from unified_checkout.cli.summary import DEFAULT, show_summary
from unified_checkout.report.dimension import Dimension
from unified_checkout.report.summary import summarize
from unified_checkout.sandbox import Facts, Sandbox, faults

Run = Callable[..., Result]
Counted = list[tuple[str, Facts]]
Exponents = dict[tuple[str, str | None], int]


@pytest.fixture
def truth(sandbox: Sandbox) -> Counted:
    """Every fact with the provider that holds it."""
    names = [account.name for account in sandbox.accounts]
    return [(name, fact) for name in names for fact in sandbox.truth(name)]


@pytest.fixture
def exponents(client: Client) -> Exponents:
    return {
        (one.provider, one.currency): one.currency_exponent or 0 for one in client.sessions.list()
    }


def complete(fact: Facts) -> bool:
    return fact.status in ("complete", "paid")


def ordered(fact: Facts) -> bool:
    return complete(fact) and fact.payment_status != "unpaid" and fact.mode != "setup"


def counts(facts: Iterable[Facts]) -> tuple[int, int, int]:
    facts = list(facts)
    return (
        len(facts),
        sum(complete(fact) for fact in facts),
        sum(fact.status == "expired" for fact in facts),
    )


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_a_budget_that_does_not_suffice_leaves_figures_of_what_was_read(
    ask: Run, sandbox: Sandbox, output: str
) -> None:
    asked = ["summary", "--account", "stripe", "--page-size", 20, "--max-requests", 2]
    result = ask(*asked, "-o", output, code=3)
    assert "stripe: INCOMPLETE, stopped at max_requests=2" in result.stderr
    assert len(sandbox.requests("stripe")) == 2
    if output == "json":
        told = json.loads(result.stdout)
        assert sum(one["sessions"] for one in told["groups"]) == 40
        assert not told["coverage"]["complete"]


def test_a_budget_that_suffices_changes_nothing(ask: Run) -> None:
    bounded = ask("summary", "--max-requests", 600, "--deadline", 600)
    assert bounded.stdout == ask("summary").stdout


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--max-requests", "Error: --max-requests: 0 is not a number of requests from 1 on\n"),
        ("--deadline", "Error: --deadline: 0.0 is not a number of seconds above 0\n"),
    ],
)
@pytest.mark.parametrize("command", [["summary"], ["report", "--live"], ["get", "cs_test_nobody"]])
def test_a_budget_of_nothing_is_refused(
    ask: Run, sandbox: Sandbox, command: list[str], option: str, told: str
) -> None:
    assert ask(*command, option, 0, code=2).stderr == told
    assert sandbox.requests("stripe") == []


def test_by_provider_and_currency_unless_asked_otherwise(
    ask: Run, truth: Counted, exponents: Exponents
) -> None:
    groups: dict[tuple[str, str | None], list[Facts]] = defaultdict(list)
    for provider, fact in truth:
        groups[provider, fact.currency].append(fact)
    summary = json.loads(ask("summary", "-o", "json").stdout)
    assert summary["by"] == ["provider", "currency"]
    assert len(summary["groups"]) == len(groups)
    for line in summary["groups"]:
        place = line["provider"], line["currency"]
        figures = line["sessions"], line["complete"], line["expired"]
        assert figures == counts(groups[place])
        amounts = [one.amount_total for one in groups[place] if ordered(one)]
        known = [amount for amount in amounts if amount is not None]
        if place[1] is None or not known:
            assert line["sales"] == []
            continue
        (sales,) = line["sales"]
        gross = Decimal(sum(known)).scaleb(-exponents[place])
        average = Decimal(sales["average_order_value"])
        assert sales["orders"] == len(known)
        assert Decimal(sales["gross"]) == gross
        assert abs(average * len(known) - gross) <= Decimal(len(known)).scaleb(-exponents[place])
        assert sales["currency_assumed"] is (place[0] == "flex")
        assert sales["orders_payment_unknown"] == (len(known) if place[0] == "flex" else 0)


def days(fact: Facts) -> dict[str, str]:
    moment = datetime.fromtimestamp(fact.created, UTC)
    return {"day": f"{moment:%Y-%m-%d}", "week": f"{moment:%G-W%V}", "month": f"{moment:%Y-%m}"}


@pytest.mark.parametrize("dimension", list(Dimension))
def test_by_any_dimension(ask: Run, truth: Counted, dimension: Dimension) -> None:
    groups: dict[str | None, list[Facts]] = defaultdict(list)
    for provider, fact in truth:
        status = "complete" if complete(fact) else fact.status
        keys = {"provider": provider, "account": provider, **days(fact), "mode": fact.mode}
        keys |= {"currency": fact.currency, "status": status}
        groups[keys[dimension]].append(fact)
    summary = json.loads(ask("summary", "--by", dimension, "-o", "json").stdout)
    told = {
        line[dimension]: (line["sessions"], line["complete"], line["expired"])
        for line in summary["groups"]
    }
    assert told == {key: counts(facts) for key, facts in groups.items()}
    assert [line[dimension] for line in summary["groups"]] == sorted(
        groups, key=lambda key: (key is None, key or "")
    )
    whole = summary["total"]
    assert (whole["sessions"], whole["complete"], whole["expired"]) == counts(
        fact for _, fact in truth
    )


def test_csv_columns_add_up(ask: Run) -> None:
    plain = json.loads(ask("summary", "--by", "provider", "-o", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(ask("summary", "--by", "provider", "-o", "csv").stdout)))
    for column in ("sessions", "complete", "expired"):
        assert sum(int(row[column] or 0) for row in rows) == plain["total"][column]
    gross: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        gross[row["currency"]] += Decimal(row["gross"])
    told = {one["currency"]: Decimal(one["gross"]) for one in plain["total"]["sales"]}
    assert gross == told
    assert {row["provider"] for row in rows} == {"flex", "leanrails", "stripe"}


@pytest.mark.parametrize("by", [["currency"], ["currency", "provider"], ["status"]])
def test_csv_has_each_column_once(ask: Run, by: list[str]) -> None:
    options = [part for name in by for part in ("--by", name)]
    rows = list(csv.reader(io.StringIO(ask("summary", *options, "-o", "csv").stdout)))
    assert len(set(rows[0])) == len(rows[0])
    assert {len(row) for row in rows} == {len(rows[0])}
    plain = json.loads(ask("summary", *options, "-o", "json").stdout)
    codes = [row[rows[0].index("currency")] for row in rows[1:]]
    assert codes == [
        one.get("currency") or "" for line in plain["groups"] for one in line["sales"] or [line]
    ]


def test_json_lines_are_the_groups(ask: Run) -> None:
    plain = json.loads(ask("summary", "-o", "json").stdout)
    written = ask("summary", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in written] == plain["groups"]


def test_a_table_shows_every_figure(ask: Run) -> None:
    plain = json.loads(ask("summary", "--by", "provider", "-o", "json").stdout)
    shown = ask("summary", "--by", "provider").stdout
    for line in (*plain["groups"], plain["total"]):
        name = line.get("provider", "all")
        (row,) = [row for row in shown.splitlines() if row.startswith(f"{name} ")]
        assert f" {line['sessions']} " in row
        assert f" {line['complete'] / line['sessions']:.1%} " in row
        assert f" {line['expired'] / line['sessions']:.1%} " in row
        for sales in line["sales"]:
            amounts = f"{Decimal(sales['gross']):,} {sales['currency'].upper()}"
            assert re.search(rf"\s{re.escape(amounts)}\*? ", shown)


@pytest.mark.parametrize("width", [200, 70, 60, 50, 40])
def test_where_a_terminal_is_narrow_groups_and_gross_stay_whole(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setattr(terminal, "output_console", lambda: Console(width=width))
    summary = summarize(client.sessions.list(), DEFAULT)
    show_summary(summary)
    shown = capsys.readouterr().out
    table = [line for line in shown.splitlines() if line.startswith(("flex ", "stripe "))]
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    assert len(table) == sum(line.group[0] in ("flex", "stripe") for line in summary.lines)
    for line in summary.lines:
        assert [sales for sales in line.sales if str(sales.gross) not in shown] == []
    head = shown.splitlines()[0].split()
    figures = ["sessions", "complete", "expired", "gross", "average"]
    note = "not shown, since the terminal is too narrow: "
    left_out = " ".join(shown.split()).partition(note)[2].partition(" *")[0].split(", ")
    assert head[:2] == ["provider", "currency"]
    assert [one for one in figures if one not in head] == [one for one in left_out if one]
    assert ("expired" in head) is (width == 200)


def test_it_says_what_cannot_be_known_and_where(ask: Run, truth: Counted) -> None:
    orders = sum(name == "flex" and ordered(fact) for name, fact in truth)
    shown = ask("summary").stdout
    assert f"* not known at flex: the payment status of {orders} complete sessions" in shown
    assert "* the currency is assumed at flex, which names none" in shown
    assert "not known at stripe: the payment" not in shown
    plain = json.loads(ask("summary", "-o", "json").stdout)
    unknown = {"provider": "flex", "field": "payment_status", "sessions": orders}
    assert unknown in plain["unknown"]
    assert plain["currency_assumed"] == ["flex"]


def test_it_says_what_gross_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    order = Session(
        account="us",
        provider="acme",
        id="cs_1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        raw_bytes=b"{}",
        status=SessionStatus.COMPLETE,
        payment_status=PaymentStatus.PAID,
        amount_total=1000,
        currency="xyz",
    )
    unsure = attrs.evolve(order, status=SessionStatus.UNKNOWN)
    show_summary(summarize([order, unsure, unsure], []))
    told = capsys.readouterr().out
    assert "not known at acme: the decimals of the currency of 1 order; gross lacks" in told
    assert "not known at acme: the status of 2 sessions\n" in told


def test_it_says_where_no_rate_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    paid = Session(
        account="ledger",
        provider="acme",
        id="p_1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        raw_bytes=b"{}",
        status=SessionStatus.COMPLETE,
    )
    show_summary(summarize([paid], [], without_open=["ledger"]))
    told = capsys.readouterr().out
    assert told.count("not known ") > 2
    assert "acme takes no part in rates: its list shows no open sessions\n" in told
    assert "100" not in told


def test_a_summary_of_an_incomplete_answer_says_so(ask: Run, sandbox: Sandbox) -> None:
    sandbox.misbehave("flex", faults.Status(401, times=None))
    assert ask("summary", code=1).stdout == ""
    result = ask("summary", "--on-error", "report", "-o", "json", code=3)
    assert json.loads(result.stdout)["coverage"]["complete"] is False
    assert "coverage: INCOMPLETE" in result.stderr


def test_a_summary_of_nothing(ask: Run) -> None:
    result = ask("summary", "--created-lt", "1990-01-01", "-o", "json")
    assert json.loads(result.stdout)["groups"] == []
    assert ask("summary", "--created-lt", "1990-01-01").exit_code == 0
