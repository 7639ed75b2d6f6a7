"""``list`` and ``get``: what they write is what the library gives."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from rich.console import Console
from rich.text import Text
from typer.testing import Result

from unified_checkout import Client, Session, SessionStatus
from unified_checkout.cli.sessions import csv_header, csv_row, flattened, session_table
from unified_checkout.gateway.identity import merged_id
from unified_checkout.sandbox import Sandbox, faults

Run = Callable[..., Result]


@pytest.fixture
def sessions(client: Client) -> list[Session]:
    return list(client.sessions.list())


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def unescaped(cell: str) -> str:
    return cell[1:] if re.match(r"''*[=+\-@\t\r\n]", cell) else cell


def as_text(value: object) -> str:
    """A value of ``to_dict`` as the documentation of the CSV says."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return " ".join(value)
        case dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def rows_of(table: str) -> list[list[str]]:
    """The cells of a printed table, without its head."""
    return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()[2:]]


@pytest.mark.parametrize("status", [*SessionStatus][:-1])
def test_every_status_but_an_unknown_one_has_a_style(
    sessions: list[Session], status: SessionStatus
) -> None:
    (cell,) = session_table([attrs.evolve(sessions[0], status=status)]).columns[2].cells
    assert isinstance(cell, Text)
    assert cell.plain == status
    assert cell.style


def test_json_lines_are_the_sessions(ask: Run, sessions: list[Session]) -> None:
    assert lines(ask("list", "-o", "jsonl").stdout) == [one.to_dict() for one in sessions]


def test_json_holds_the_sessions_and_their_coverage(ask: Run, sessions: list[Session]) -> None:
    answer = json.loads(ask("list", "-o", "json").stdout)
    assert answer["sessions"] == [one.to_dict() for one in sessions]
    assert answer["coverage"]["complete"] is True
    assert [one["delivered"] for one in answer["coverage"]["accounts"]] == [130, 130, 130]
    assert answer["next_cursor"] is None


def test_csv_holds_every_field_of_every_session(ask: Run, sessions: list[Session]) -> None:
    written = ask("list", "-o", "csv").stdout_bytes.decode()
    header, *rows = csv.reader(io.StringIO(written, newline=""))
    assert header == csv_header()
    read = [dict(zip(header, map(unescaped, row), strict=True)) for row in rows]
    flat = [csv_row(one) for one in sessions]
    assert read == [{name: as_text(one.get(name)) for name in header} for one in flat]


def test_csv_has_each_amount_as_a_decimal_beside_its_minor_units(
    ask: Run, sessions: list[Session]
) -> None:
    written = ask("list", "-o", "csv").stdout_bytes.decode()
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    header = list(rows[0])
    assert header.index("amount_total.decimal") == header.index("amount_total") + 1
    told = [row["amount_total.decimal"] for row in rows]
    assert told == ["" if one.total is None else str(one.total.amount) for one in sessions]
    assert {len(text.partition(".")[2]) for text in told if text} == {0, 2, 3}


def test_no_escape_leaves_text_as_it_is(
    ask: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sandbox.truth("flex")[0]
    sandbox.change("flex", first.id, client_reference_id="=1+1;=2")
    asked = ("list", "-o", "csv", "--account", "flex", "--limit", 1)
    assert "'=1+1;'=2" in ask(*asked).stdout
    assert ",=1+1;=2," in ask(*asked, "--no-escape").stdout


def test_csv_has_a_column_for_every_key(sessions: list[Session]) -> None:
    assert {key for one in sessions for key in flattened(one.to_dict())} <= {
        *csv_header(),
        "customer",
    }


def test_csv_ends_its_lines_as_the_standard_says(ask: Run) -> None:
    written = ask("list", "-o", "csv", "--limit", 1).stdout_bytes
    assert written.count(b"\r\n") == 2
    assert written.endswith(b"\r\n")


def test_an_empty_csv_has_a_header(ask: Run) -> None:
    written = ask("list", "-o", "csv", "--created-lt", "1990-01-01").stdout
    assert written.rstrip("\r\n") == ",".join(csv_header())


def test_a_whole_month_is_asked_for_by_its_name(ask: Run, client: Client) -> None:
    found = list(client.sessions.list(created={"gte": "2026-10-01", "lt": "2026-11-01"}))
    asked = lines(ask("list", "--created", "2026-10", "-o", "jsonl").stdout)
    assert [one["id"] for one in asked] == [one.id for one in found]
    assert found


def test_every_output_takes_the_same_filters(ask: Run, client: Client) -> None:
    found = client.sessions.list(
        created={"gte": "2026-11-01T00:00:00Z", "lte": "2026-11-17"},
        status=["complete", "open"],
        currency="usd",
        accounts=["stripe", "flex"],
        limit=20,
    )
    wanted = [one.id for one in found]
    filters = (
        *("--created-gte", "2026-11-01T00:00:00Z", "--created-lte", "2026-11-17"),
        *("--status", "complete", "--status", "open", "--currency", "usd"),
        *("--accounts", "stripe", "--account", "flex", "--limit", 20),
    )
    assert len(wanted) == 20
    assert [one["id"] for one in lines(ask("list", *filters, "-o", "jsonl").stdout)] == wanted
    assert [row[-1] for row in rows_of(ask("list", *filters).stdout)][:20] == wanted


@pytest.mark.parametrize(
    ("option", "fields"),
    [
        ("--livemode", {"livemode": True}),
        ("--no-livemode", {"livemode": False}),
        ("--has-disputes", {"has_disputes": True, "accounts": "flex"}),
        ("--no-has-disputes", {"has_disputes": False, "accounts": "flex"}),
    ],
)
def test_a_condition_may_be_yes_or_no(
    ask: Run, client: Client, option: str, fields: dict[str, Any]
) -> None:
    accounts = ["--accounts", fields["accounts"]] if "accounts" in fields else []
    found = lines(ask("list", option, *accounts, "-o", "jsonl").stdout)
    assert found == [one.to_dict() for one in client.sessions.list(**fields)]


def test_what_only_one_provider_knows_reaches_it(ask: Run, sandbox: Sandbox) -> None:
    sandbox.clear_requests()
    ask("list", "--accounts", "flex", "--provider-option", "flex.interval=30", "--limit", 1)
    assert ("interval", "30") in sandbox.requests("flex")[0].parameters


@pytest.mark.parametrize("options", [[], ["--page-size", 10]])
def test_a_table_shows_the_newest_and_says_that_there_are_more(
    ask: Run, sessions: list[Session], options: list[object]
) -> None:
    result = ask("list", *options)
    shown = [row[-1] for row in rows_of(result.stdout)][:50]
    assert shown == [one.id for one in sessions[:50]]
    assert "50 shown, and there are more: give --limit N, or --all" in result.stderr


@pytest.mark.parametrize(("options", "requests"), [([], 2), (["--page-size", 70], 2)])
def test_a_table_of_what_is_rare_is_read_in_whole_pages(
    ask: Run, sandbox: Sandbox, options: list[object], requests: int
) -> None:
    sandbox.clear_requests()
    ask("list", "--accounts", "stripe", "--currency", "xyz", *options)
    assert len(sandbox.requests("stripe")) == requests


@pytest.mark.parametrize(("options", "count"), [(["--all"], 390), (["--limit", "60"], 60)])
def test_a_table_shows_as_many_as_are_asked_for(
    ask: Run, sessions: list[Session], options: list[str], count: int
) -> None:
    result = ask("list", *options)
    assert [row[-1] for row in rows_of(result.stdout)][:count] == [
        one.id for one in sessions[:count]
    ]
    assert ("there are more; to go on after these, give --cursor" in result.stderr) is (count < 390)


def test_a_limited_answer_leads_on(ask: Run, sessions: list[Session]) -> None:
    first = json.loads(ask("list", "-o", "json", "--limit", 7).stdout)
    assert first["coverage"]["more"] is True
    second = json.loads(
        ask("list", "-o", "json", "--limit", 7, "--cursor", first["next_cursor"]).stdout
    )
    found = first["sessions"] + second["sessions"]
    assert [one["id"] for one in found] == [one.id for one in sessions[:14]]


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize("more", [["--all"], ["--limit", 300]])
def test_a_budget_that_does_not_suffice_leaves_an_incomplete_answer(
    ask: Run, sessions: list[Session], output: str, more: list[object]
) -> None:
    budget = ["--accounts", "stripe", "--page-size", 20, "--max-requests", 2]
    result = ask("list", *budget, *more, "-o", output, code=3)
    own = [one for one in sessions if one.account == "stripe"]
    assert "stripe: INCOMPLETE, stopped at max_requests=2" in result.stderr
    assert all(one.id in result.stdout for one in own[:40])
    assert own[40].id not in result.stdout
    if output == "json":
        cursor = json.loads(result.stdout)["next_cursor"]
    else:
        told = re.search(r"to go on after it, give --cursor (\S+)", result.stderr)
        assert told is not None
        cursor = told[1]
    rest = lines(ask("list", "--accounts", "stripe", "--cursor", cursor, "-o", "jsonl").stdout)
    assert [one["id"] for one in rest] == [one.id for one in own[40:]]


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize("manner", ["raise", "report"])
def test_a_budget_that_gets_nowhere_is_not_gone_on_with(
    ask: Run, sandbox: Sandbox, output: str, manner: str
) -> None:
    """The only request is answered with a failure that is worth retrying."""
    sandbox.misbehave("stripe", faults.Status(503, retry_after=0))
    budget = ["--accounts", "stripe", "--max-requests", 1, "--on-error", manner]
    result = ask("list", *budget, "-o", output, code=3)
    assert "INCOMPLETE, stopped at max_requests=1; allow max_requests=2 or more" in result.stderr
    assert "--cursor" not in result.stderr
    if output == "json":
        assert json.loads(result.stdout)["next_cursor"] is None


def test_a_page_that_a_budget_ends_says_how_to_go_on(ask: Run, sessions: list[Session]) -> None:
    result = ask("list", "--accounts", "leanrails", "--mode", "setup", "--max-requests", 1, code=3)
    assert "INCOMPLETE, stopped at max_requests=1" in result.stderr
    assert "to go on after it, give --cursor" in result.stderr


def test_a_deadline_is_seconds(ask: Run) -> None:
    assert "deadline" not in ask("list", "--deadline", 600).stderr
    told = ask("list", "--deadline", 0, code=2).stderr
    assert told == "Error: --deadline: 0.0 is not a number of seconds above 0\n"


def test_a_listing_may_begin_and_end_at_a_moment(ask: Run, sessions: list[Session]) -> None:
    moment = sessions[200].created.isoformat()
    older = lines(ask("list", "--after", moment, "-o", "jsonl").stdout)
    newer = lines(ask("list", "--before", moment, "-o", "jsonl").stdout)
    at = sessions[200].created
    assert [one["id"] for one in older] == [one.id for one in sessions if one.created < at]
    assert [one["id"] for one in newer] == [one.id for one in sessions if one.created > at]
    told = ask("list", "--after", moment, "--before", moment, code=2).stderr
    assert told == "Error: --after and --before exclude each other; give one\n"


def test_a_table_shows_no_personal_data_and_no_secret(ask: Run, sessions: list[Session]) -> None:
    shown = ask("list", "--all").stdout
    for one in sessions:
        buyer = one.customer
        private = [one.url, one.customer_email, buyer and buyer.email, buyer and buyer.phone]
        assert not [text for text in private if text and text in shown]


def test_a_narrow_table_shortens_ids_and_keeps_the_rest(sessions: list[Session]) -> None:
    console = Console(width=80, file=io.StringIO())
    console.print(session_table(sessions))
    assert isinstance(console.file, io.StringIO)
    rows = console.file.getvalue().splitlines()
    assert max(map(len, rows)) <= 80
    for one, row in zip(sessions, rows[2:], strict=True):
        assert f"{one.created:%Y-%m-%d %H:%M:%S}" in row
        assert str(one.total or "-") in row
        assert row.rstrip().endswith("…")


def test_a_table_marks_an_assumed_currency(ask: Run) -> None:
    assert "USD*" in ask("list", "--accounts", "flex").stdout
    assert "* the currency is assumed" in ask("list", "--accounts", "flex").stdout
    assert "*" not in ask("list", "--accounts", "stripe").stdout


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_coverage_is_one_line_on_standard_error(ask: Run, output: str) -> None:
    *others, line = ask("list", "--limit", 3, "-o", output).stderr.splitlines()
    assert len(others) == (output != "json")
    assert line.startswith("coverage: complete | flex: complete")


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_an_incomplete_answer_has_a_code_of_its_own(
    ask: Run, sandbox: Sandbox, client: Client, output: str
) -> None:
    others = [one.id for one in client.sessions.list(accounts=["flex", "leanrails"])]
    sandbox.misbehave("stripe", faults.Status(403, times=None))
    result = ask("list", "--all", "--on-error", "report", "-o", output, code=3)
    assert all(id in result.stdout for id in others)
    assert "coverage: INCOMPLETE" in result.stderr
    assert "stripe: INCOMPLETE, account 'stripe' (stripe, HTTP 403" in result.stderr


@pytest.mark.parametrize("options", [[], ["--all"], ["-o", "jsonl"], ["-o", "csv"]], ids=" ".join)
def test_a_report_that_lacks_something_says_how_to_go_on(
    ask: Run, sandbox: Sandbox, sessions: list[Session], options: list[str]
) -> None:
    sandbox.misbehave("stripe", faults.Status(403, times=None))
    filters = ("list", "--account", "stripe")
    told = ask(*filters, "--on-error", "report", *options, code=3).stderr
    assert "there are more" not in told
    cursor = re.search(r"to go on after it, give --cursor (\S+)", told)
    assert cursor is not None
    sandbox.behave("stripe")
    rest = lines(ask(*filters, "-o", "jsonl", "--cursor", cursor[1]).stdout)
    assert rest == [one.to_dict() for one in sessions if one.account == "stripe"]


def test_json_is_whole_even_where_an_account_fails(
    ask: Run, sandbox: Sandbox, failing: list[Session]
) -> None:
    first = ask("list", "-o", "json", "--page-size", 20, code=1)
    assert "Error: account 'stripe' (stripe, HTTP 403" in first.stderr
    answer = json.loads(first.stdout)
    assert answer["coverage"]["complete"] is False
    sandbox.on_request("stripe", None)
    sandbox.behave("stripe")
    rest = json.loads(ask("list", "-o", "json", "--cursor", answer["next_cursor"]).stdout)
    assert answer["sessions"] + rest["sessions"] == [one.to_dict() for one in failing]


def test_a_failure_is_told_by_default(ask: Run, sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", faults.Status(403, times=None))
    result = ask("list", code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: account 'stripe' (stripe, HTTP 403")


@pytest.fixture
def failing(sandbox: Sandbox, sessions: list[Session]) -> Iterator[list[Session]]:
    """The whole answer; from now on Stripe refuses from its third request on."""

    def hook(number: int) -> None:
        if number == 3:
            sandbox.misbehave("stripe", faults.Status(403, times=None))

    sandbox.on_request("stripe", hook)
    yield sessions
    sandbox.on_request("stripe", None)


def test_what_a_failure_left_out_can_be_had_later(
    ask: Run, sandbox: Sandbox, failing: list[Session]
) -> None:
    filters = ("list", "-o", "jsonl", "--page-size", 20)
    first = ask(*filters, code=1)
    cursor = re.search(r"--cursor (\S+)", first.stderr)
    assert cursor is not None
    sandbox.on_request("stripe", None)
    sandbox.behave("stripe")
    rest = ask(*filters, "--cursor", cursor[1])
    assert len(lines(first.stdout)) < len(failing)
    assert lines(first.stdout + rest.stdout) == [one.to_dict() for one in failing]


def test_what_a_report_lacks_can_be_had_later(
    ask: Run, sandbox: Sandbox, failing: list[Session]
) -> None:
    filters = ("list", "-o", "json", "--page-size", 20)
    first = json.loads(ask(*filters, "--on-error", "report", code=3).stdout)
    sandbox.on_request("stripe", None)
    sandbox.behave("stripe")
    rest = json.loads(ask(*filters, "--cursor", first["next_cursor"]).stdout)
    both = [one["id"] for one in (*first["sessions"], *rest["sessions"])]
    assert sorted(both) == sorted(one.id for one in failing)
    assert {one["account"] for one in rest["sessions"]} == {"stripe"}


def test_get_shows_one_session(ask: Run, sessions: list[Session]) -> None:
    for one in sessions[:10]:
        asked = ("get", one.id, "--account", one.account)
        found = json.loads(ask(*asked, "-o", "json").stdout)
        assert found == one.to_dict() | {"customer": found["customer"]}
        assert lines(ask(*asked, "-o", "jsonl").stdout) == [found]
        shown = dict(row for row in rows_of(ask(*asked).stdout) if len(row) == 2)
        assert shown["id"] == one.id
        assert shown.get("livemode", "") == as_text(one.livemode)
        assert shown["amount_total"] == str(one.total or one.amount_total)


def test_get_prints_the_providers_own_bytes(ask: Run, client: Client) -> None:
    for account in client.accounts:
        one = next(client.sessions.list(accounts=account.name))
        written = ask("get", one.id, "--account", account.name, "--raw").stdout_bytes
        assert written == client.sessions.get(one.id, account=account.name).raw_bytes


def test_get_needs_an_account_where_there_are_several(ask: Run) -> None:
    told = ask("get", "pay_1", code=2).stderr
    assert told == (
        "Error: name with --account the account to read the session from: flex, leanrails, stripe\n"
    )


def test_a_session_that_is_not_there_is_a_failure(ask: Run) -> None:
    told = ask("get", "cs_test_nobody", "--account", "stripe", code=1).stderr
    assert told.startswith("Error: cs_test_nobody: account 'stripe' (stripe, HTTP 404")


@pytest.mark.parametrize("most", [1, 2])
def test_one_budget_is_for_all_that_get_asks(
    ask: Run, sandbox: Sandbox, sessions: list[Session], most: int
) -> None:
    """For the ids, for those of the gateway's, and for looking for a beginning."""
    own = [one for one in sessions if one.account == "stripe"]
    merged = merged_id("stripe", own[1].created, own[1].id)
    ids = [own[0].id, merged, own[2].id[:20]]
    before = len(sandbox.requests("stripe"))
    told = ask("get", *ids, "--max-requests", most, code=1).stderr
    assert told.startswith(f"Error: stopped at max_requests={most}, before the end of the answer")
    assert len(sandbox.requests("stripe")) == before + most
    assert own[2].id in ask("get", *ids[:2], own[2].id, "--max-requests", 3, "-o", "json").stdout


def test_get_shows_several_sessions(ask: Run, sessions: list[Session]) -> None:
    ids = [one.id for one in sessions if one.account == "stripe"][:3]
    asked = ("get", *ids, "--account", "stripe")
    found = json.loads(ask(*asked, "-o", "json").stdout)
    assert [one["id"] for one in found["sessions"]] == ids
    assert found["not_found"] == []
    assert lines(ask(*asked, "-o", "jsonl").stdout) == found["sessions"]
    header, *rows = csv.reader(io.StringIO(ask(*asked, "-o", "csv").stdout))
    assert [row[header.index("id")] for row in rows] == ids
    tables = ask(*asked).stdout.split("\n\n")
    assert [id in table for id, table in zip(ids, tables, strict=True)] == [True] * 3


def test_of_several_sessions_those_that_are_not_there_are_told(
    ask: Run, sessions: list[Session]
) -> None:
    there = next(one.id for one in sessions if one.account == "stripe")
    result = ask("get", "cs_test_no", there, "--account", "stripe", "-o", "json", code=1)
    found = json.loads(result.stdout)
    assert [one["id"] for one in found["sessions"]] == [there]
    assert found["not_found"] == ["cs_test_no"]
    assert result.stderr.startswith("Error: cs_test_no: account 'stripe' (stripe, HTTP 404")
