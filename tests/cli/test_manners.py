"""What a person meets: narrow terminals, slips of the pen, words for what went wrong."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli.program import on_a_terminal
from house import PROVIDERS
from typer.main import get_command
from typer.testing import CliRunner, Result

from unified_checkout import Client
from unified_checkout.cli import listing
from unified_checkout.cli.app import app
from unified_checkout.cli.sessions import session_table
from unified_checkout.cli.terminal import _spinner, cell, fits
from unified_checkout.gateway.identity import merged_id
from unified_checkout.sandbox import Sandbox

Ask = Callable[..., Result]


def test_the_beginning_of_an_id_finds_the_session(ask: Ask, sandbox: Sandbox) -> None:
    id = sandbox.truth("stripe")[40].id
    for cut_off in ("", "…", "..", "...", "\\u2026"):
        assert id in ask("get", f"{id[:20]}{cut_off}", "-o", "json").stdout


@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "ascii"])
def test_the_id_that_a_narrow_terminal_shows_is_found(
    ask: Ask, config: Path, sandbox: Sandbox, encoding: str
) -> None:
    command = ["list", "--account", "stripe", "--limit", "3", "--config", str(config)]
    told = on_a_terminal(command, PYTHONIOENCODING=encoding, COLUMNS="80", TERM="dumb")
    rows = [line for line in told.splitlines() if "cs_test_" in line]
    assert len(rows) == 3
    assert {len(row) for row in rows} == {80}
    shown = {row.split()[-1] for row in rows}
    assert {id[-1] for id in shown} == {"…" if encoding == "utf-8" else "."}
    found = json.loads(ask("get", *shown, "--account", "stripe", "-o", "json").stdout)
    assert len(found["sessions"]) == 3


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "Köln…"), ("cp437", r"Köln\u2026"), ("ascii", r"K\xf6ln\u2026")],
)
def test_a_cell_has_the_length_that_the_code_page_gives_it(
    monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert cell("Köln…").plain == shown


def test_a_beginning_that_several_have_finds_none(ask: Ask) -> None:
    told = ask("get", "cs_test_", code=1).stderr
    assert told.startswith("cs_test_: 130 of the newest sessions begin like this; give more")


def test_a_beginning_that_is_too_short_is_not_looked_for(ask: Ask, sandbox: Sandbox) -> None:
    ask("get", "cs_t", "--account", "stripe", code=1)
    assert len(sandbox.requests("stripe")) == 1


def test_a_beginning_is_looked_for_among_the_newest_alone_and_that_is_said(
    ask: Ask, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = min(sandbox.truth("stripe"), key=lambda facts: facts.created).id
    assert "the newest" not in ask("get", "cs_test_nobody…", code=1).stderr
    monkeypatch.setattr(listing, "_SEARCHED", 50)
    advice = (
        "one of the newest 50 sessions begins like this; an older one is found by its whole id, "
        "which list -o jsonl shows\n"
    )
    told = ask("get", f"{oldest[:20]}…", code=1).stderr
    assert told.endswith(f". N{advice}")
    told = ask("get", f"{oldest}x", code=1).stderr
    assert told.endswith(
        f". Check the id, and that key and id are both live or both test; n{advice}"
    )


@pytest.fixture(scope="module")
def all_ten() -> Iterator[Sandbox]:
    with Sandbox(sessions=3, seed=7, providers=PROVIDERS) as sandbox:
        yield sandbox


TELLING = {"flex", "gocardless", "leanrails", "mollie", "paddle", "stripe"}
"""Providers whose ids tell whose they are."""


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_form_of_an_id_tells_the_account(
    run: Ask, all_ten: Sandbox, tmp_path: Path, provider: str
) -> None:
    config = tmp_path / "ten.toml"
    config.write_text(all_ten.config_toml(), encoding="utf-8")
    id = next(one.id for one in all_ten.truth(provider) if one.kind == "checkout")
    if provider in TELLING:
        assert id in run("get", id, "-o", "json", "--config", config).stdout
    else:
        told = run("get", id, "--config", config, code=2).stderr
        assert told.endswith("from: paystack, polar, square\n")


@pytest.mark.parametrize("beside", [(), ("paypal",)])
def test_where_one_account_s_ids_tell_nothing_it_has_what_tells_nothing(
    run: Ask, all_ten: Sandbox, tmp_path: Path, beside: tuple[str, ...]
) -> None:
    """PayPal's tell nothing either, but it gives no session by its id."""
    config = tmp_path / "three.toml"
    accounts = {"stripe", "mollie", "polar", *beside}
    tables = re.split(r"(?m)^(?=\[)", all_ten.config_toml())
    kept = [one for one in tables if one.partition("]")[0].partition(".")[2] in accounts]
    config.write_text("".join(kept), encoding="utf-8")
    id = all_ten.truth("polar")[0].id
    assert id in run("get", id, "-o", "json", "--config", config).stdout


def test_where_no_account_gives_a_session_by_its_id_that_is_said(
    run: Ask, all_ten: Sandbox, tmp_path: Path
) -> None:
    config = tmp_path / "one.toml"
    [table] = re.findall(r"(?ms)^\[accounts\.paypal\].*?(?=^\[|\Z)", all_ten.config_toml())
    config.write_text(table, encoding="utf-8")
    told = run("get", all_ten.truth("paypal")[0].id, "--config", config, code=2).stderr
    assert told == "Error: PayPal gives no single session by its id; list them\n"


@pytest.mark.parametrize("length", [30, 60])
def test_a_long_name_of_an_account_leaves_the_id_room(
    run: Ask, sandbox: Sandbox, tmp_path: Path, length: int
) -> None:
    name = f"{'long-' * 12}"[: length - 1] + "s"
    config = tmp_path / "long.toml"
    config.write_text(sandbox.config_toml().replace("accounts.stripe", f"accounts.{name}"))
    command = ["list", "--account", name, "--limit", "3", "--config", str(config)]
    told = on_a_terminal(command, COLUMNS="80", TERM="dumb")
    ids = [line.split()[-1] for line in told.splitlines() if "cs_test_" in line]
    assert len(ids) == 3
    assert all(len(id) >= 20 for id in ids)
    found = run("get", *ids, "-o", "json", "--config", config)
    assert len(json.loads(found.stdout)["sessions"]) == 3


def test_an_id_of_a_merged_list_of_the_gateway_s_names_its_account(
    ask: Ask, sandbox: Sandbox
) -> None:
    held = {name: sandbox.truth(name)[7] for name in ("flex", "leanrails")}
    when = datetime.fromtimestamp(0, UTC)
    merged = [merged_id(name, when, facts.id) for name, facts in held.items()]
    plain = sandbox.truth("stripe")[7].id
    told = json.loads(ask("get", merged[0], plain, merged[1], "-o", "json").stdout)
    ids = [one["id"] for one in told["sessions"]]
    assert ids == [held["flex"].id, plain, held["leanrails"].id]
    assert ask("get", merged[1], "-o", "jsonl").stdout.count(held["leanrails"].id) >= 1


@pytest.mark.parametrize("account", ["leanrails", "nobody"])
def test_an_id_of_a_merged_list_that_names_nothing_is_not_found(ask: Ask, account: str) -> None:
    id = merged_id(account, datetime.fromtimestamp(0, UTC), "cs_none")
    assert ask("get", id, code=1).stderr.startswith(f"Error: {id}: account 'leanrails' (lean")


def test_other_columns_give_way_to_the_id(client: Client) -> None:
    sessions = list(client.sessions.list(accounts="leanrails", limit=20))
    widths = [session_table(sessions, narrow=narrow) for narrow in range(3)]
    headers = [[str(column.header) for column in table.columns] for table in widths]
    assert headers[0] == headers[1]
    assert headers[2] == ["UTC", "account", "status", "total", "id"]


def test_at_80_columns_ids_of_28_characters_are_whole(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    sessions = list(client.sessions.list(accounts="leanrails", limit=20))
    assert not fits(session_table(sessions))
    assert fits(session_table(sessions, narrow=2))


@pytest.mark.parametrize(
    ("option", "word", "meant"),
    [
        ("--status", "paid", "Did you mean --payment-status paid?"),
        ("--payment-status", "complete", "Did you mean --status complete?"),
        ("--status", "setup", "Did you mean --mode setup?"),
        ("--status", "complet", "Did you mean complete?"),
        ("--output", "jason", "Did you mean json?"),
        ("--status", "open, complete", "Did you mean open and complete, the option written once"),
        ("--status", "Open", "Did you mean open?"),
        ("--status", "COMPLETE", "Did you mean complete?"),
        ("--status", "Paid", "Did you mean --payment-status paid?"),
        ("--status", "can't", "Error: Invalid value for '--status': "),
        ("--payment-status", "No-Payment-Required", "Did you mean no_payment_required?"),
        ("--mode", "SetUp", "Did you mean setup?"),
        ("--output", "JSON", "Did you mean json?"),
        ("--on-error", "Report", "Did you mean report?"),
    ],
)
def test_a_word_that_is_none_of_the_option_s(ask: Ask, option: str, word: str, meant: str) -> None:
    told = ask("list", option, word, code=2).stderr
    assert meant in told
    assert "Value error" not in told


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("usdd", "usd"),
        ("euro", "eur"),
        ("gpb", "gbp"),
        ("jyp", "jpy"),
        ("eru", "eur"),
        *((none, None) for none in ("dollars", "ero", "xyz", "usx", "btc", "inrr")),
    ],
)
@pytest.mark.parametrize("command", ["list --limit 1", "summary", "explain"])
def test_a_currency_that_is_none_is_noted(
    ask: Ask, command: str, written: str, meant: str | None
) -> None:
    said = ask(*command.split(), "--currency", written)
    question = "" if meant is None else f"; did you mean {meant!r}?"
    told = f"{written!r} is no currency of ISO 4217{question}"
    assert (said.stdout + said.stderr).count(told) == 1
    assert f"note: {told}\n" in (said.stdout + said.stderr).replace("Note", "note")


def test_a_currency_that_is_one_is_not(ask: Ask) -> None:
    assert "Note" not in ask("list", "--currency", "usd", "--limit", 1).stderr
    assert "ISO" not in ask("explain", "--currency", "usd", "--currency", "JPY").stdout
    assert json.loads(ask("explain", "-o", "json").stdout)["notes"] == []


def test_a_plan_notes_a_currency_that_is_none(ask: Ask, client: Client) -> None:
    notes = ["'gpb' is no currency of ISO 4217; did you mean 'gbp'?"]
    assert [*client.sessions.explain(currency=["usd", "gpb"]).notes] == notes
    assert [*client.sessions.list(currency="gpb").plan.notes] == notes
    plain = ask("explain", "--currency", "gpb", "-o", "json").stdout
    assert json.loads(plain)["notes"] == notes


def test_a_null_status_is_found_as_unknown(ask: Ask, sandbox: Sandbox) -> None:
    null = [
        facts.id
        for name in ("flex", "leanrails", "stripe")
        for facts in sandbox.truth(name)
        if facts.status is None
    ]
    found = ask("list", "--status", "unknown", "-o", "jsonl").stdout
    assert null
    assert all(id in found for id in null)
    assert len(found.splitlines()) == len(null)


def completed(line: str, **variables: str) -> list[str]:
    """What bash is told when somebody presses Tab at the end of a line."""
    words = f"unified-checkout {line}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1), **variables}
    environment = {"_UNIFIED_CHECKOUT_COMPLETE": "complete_bash", **asked}
    told = CliRunner().invoke(app, prog_name="unified-checkout", env=environment)
    assert told.stderr == ""
    return told.stdout.split()


def with_an_account(command: Any, *names: str) -> Iterator[str]:
    """The commands below one that take an account's name, each with its option."""
    for name, below in getattr(command, "commands", {}).items():
        yield from with_an_account(below, *names, name)
    yield from (
        " ".join([*names, option])
        for parameter in command.params
        for option in parameter.opts
        if option in ("--account", "--accounts")
    )


WITH_AN_ACCOUNT = list(with_an_account(get_command(app)))


def test_more_than_one_command_takes_an_account() -> None:
    known = {"list --account", "sync --account", "cassettes drift --account"}
    assert {*WITH_AN_ACCOUNT} >= {*known, "gateway token --account"}


@pytest.mark.parametrize("command", WITH_AN_ACCOUNT)
def test_account_names_are_completed(config: Path, command: str) -> None:
    found = {"UNIFIED_CHECKOUT_CONFIG": str(config)}
    assert completed(f"{command} ", **found) == ["flex", "leanrails", "stripe"]
    assert completed(f"{command} le", **found) == ["leanrails"]


@pytest.mark.parametrize("command", WITH_AN_ACCOUNT)
def test_they_are_those_of_the_file_that_is_named(config: Path, command: str) -> None:
    names, _, option = command.rpartition(" ")
    assert completed(f"{names} --config {config} {option} s") == ["stripe"]


def test_a_file_may_be_named_ahead_of_the_command_of_a_command(config: Path) -> None:
    assert completed(f"gateway --config {config} token --account l") == ["leanrails"]


@pytest.mark.parametrize("named", ["none.toml", "."])
def test_where_nothing_is_configured_nothing_is_completed(named: str) -> None:
    assert completed("list --account ", UNIFIED_CHECKOUT_CONFIG=named) == []
    assert completed(f"list --config {named} --account ") == []


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("summary --by Week", "Did you mean week?"),
        ("report --live --format HTML", "Did you mean html?"),
        ("report --live --compare Previous", "Did you mean previous?"),
        ("providers --output Markdown", "Did you mean markdown?"),
    ],
)
def test_a_word_of_other_letters_is_recognized(run: Ask, command: str, meant: str) -> None:
    assert meant in run(*command.split(), code=2).stderr


@pytest.mark.parametrize(("encoding", "sign"), [("utf-8", "dots"), ("cp437", "line")])
def test_the_sign_that_work_goes_on_is_one_of_the_code_page(
    monkeypatch: pytest.MonkeyPatch, encoding: str, sign: str
) -> None:
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert _spinner() == sign


def test_the_package_can_be_run() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "unified_checkout", "--version"], capture_output=True, check=True
    )
    assert run.stdout.startswith(b"unified-checkout ")


def test_help_of_a_client_shows_what_it_is_asked() -> None:
    from pydoc import plain, render_doc

    properties = plain(render_doc(Client)).split("Readonly properties", 1)[-1]
    assert " |  sessions\n |      What is asked: ``list``" in properties


def test_representations_are_short(client: Client) -> None:
    listing = client.sessions.list(limit=3)
    page = client.sessions.page(page_size=5)
    told = [client, listing, listing.coverage, page, client.sessions.explain(status="open")]
    assert [text for one in told if len(text := repr(one)) > 200] == []
    assert repr(client) == "Client(accounts: flex, leanrails, stripe)"
    assert repr(page).startswith("Page(5 sessions; cursors: next; Coverage(flex: complete, ")
