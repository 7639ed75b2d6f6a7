"""``sync``: the store that it makes, what it tells, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import Result

from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Store

Run = Callable[..., Result]


def sessions(path: str) -> int:
    [row] = Store.open(path).query("SELECT count(*) AS n FROM sessions").to_pylist()
    return int(row["n"])


def test_everything_is_in_the_store(ask: Run) -> None:
    told = ask("sync")
    assert sessions("checkout.duckdb") == 390
    assert [line.split()[-1] for line in told.stdout.splitlines()[-3:]] == ["yes"] * 3


def test_json_ends_with_the_run_as_data(ask: Run) -> None:
    told = json.loads(ask("sync", "--to", "other.duckdb", "--output", "json").stdout)
    assert told["complete"] is True
    assert sum(one["rows_new"] for one in told["slices"]) == sessions("other.duckdb") == 390


def test_one_account_and_one_session(ask: Run, sandbox: Sandbox) -> None:
    id = sandbox.truth("stripe")[5].id
    ask("sync", "--account", "stripe", "--only", id, "--no-raw")
    assert sessions("checkout.duckdb") == 1
    ask("sync", "--account", "stripe", "--recheck", "30d")
    assert sessions("checkout.duckdb") == 130


def test_since_bounds_how_far_back_the_store_goes(ask: Run) -> None:
    ask("sync", "--since", "2026-11-01")
    assert 0 < sessions("checkout.duckdb") < 390


def test_an_account_that_fails_is_told_of(ask: Run, sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", faults.Status(401, times=None))
    told = ask("sync", code=3)
    assert "stripe: INCOMPLETE: " in told.stderr
    assert sessions("checkout.duckdb") == 260


def test_a_copy_is_published_and_replaces_only_a_store(ask: Run) -> None:
    ask("sync", "--publish", "copy.duckdb")
    ask("sync", "--publish", "copy.duckdb")
    assert sessions("copy.duckdb") == 390
    Path("notes.txt").write_text("mine")
    ask("sync", "--publish", "notes.txt", code=2)
    assert Path("notes.txt").read_text() == "mine"
    assert sorted(one.name for one in Path().glob("*.*")) == [
        "checkout.duckdb",
        "checkout.duckdb.lock",
        "copy.duckdb",
        "notes.txt",
    ]


def test_a_budget_stops_it_and_the_next_run_goes_on(ask: Run, sandbox: Sandbox) -> None:
    told, runs, sent = ask("sync", "--max-requests", "2", code=3), 1, requests(sandbox)
    assert sent == 2
    assert "INCOMPLETE: stopped at max_requests=2; left: what was created before " in told.stderr
    assert "; left: all that there is" in told.stderr
    assert told.stderr.splitlines()[-1] == "what was read is in the store; run it again to go on"
    assert 0 < sessions("checkout.duckdb") < 390
    while told.exit_code:
        told, runs = ask("sync", "--max-requests", "2", code=None), runs + 1
        assert "this run read what an earlier one had left" in told.stderr
        assert requests(sandbox) - sent <= 2
        sent = requests(sandbox)
    assert sessions("checkout.duckdb") == 390
    assert runs < 10
    assert json.loads(ask("sync", "--output", "json").stdout)["went_on"] is False


def test_a_budget_with_which_it_gets_nowhere_says_what_to_allow(ask: Run, sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", faults.Status(503, times=None))
    told = ask("sync", "--account", "stripe", "--max-requests", "1", code=3)
    said = (
        "INCOMPLETE: stopped at max_requests=1, before the end of the answer; allow max_requests=2"
    )
    assert told.stderr.splitlines() == [f"{said} or more"]
    assert requests(sandbox) == 1


def requests(sandbox: Sandbox) -> int:
    return sum(len(sandbox.requests(one.name)) for one in sandbox.accounts)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "soon"], "--since"),
        (["--recheck", "ever"], "--recheck"),
        (["--only", "cs_test_1"], "--account"),
        (["--account", "nobody"], "nobody"),
        (["--to", "nowhere/x.duckdb"], "nowhere/x.duckdb cannot be made: no folder nowhere"),
        (["--publish", "sandbox.toml"], "no store"),
        (["--publish", "nowhere/copy.duckdb"], "cannot be written"),
        (["--to", "mysql://localhost/shop"], "PostgreSQL"),
        (["--to", "postgresql://127.0.0.1:9/shop"], "cannot be reached"),
        (["--wait", "-1"], "seconds, from 0 on"),
        (["--wait", "nan"], "seconds, from 0 on"),
        (["--max-requests", "0"], "is not a number of requests from 1 on"),
        (["--deadline", "0"], "is not a number of seconds above 0"),
        (["--to", "sandbox.toml"], "not a valid DuckDB database file"),
        (["--to", "."], "is no file that a store can be in"),
        (["--to", "x" * 300], "File name too long"),
        (["--to", "sandbox.toml/x.duckdb"], "cannot be made: no folder sandbox.toml"),
        (["--to", "theirs.duckdb"], "of another program, and is left alone"),
        (["--to", "newer.duckdb"], "upgrade unified-checkout"),
        (["--publish", "theirs.duckdb"], "is no store, and is left alone"),
        (["--to", "postgresql://me:word-4Ls9@127.0.0.1:9/shop"], "cannot be reached"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_asked(
    ask: Run, sandbox: Sandbox, arguments: list[str], said: str
) -> None:
    """In a line or two, and nothing is changed that was there."""
    Path("sandbox.toml").write_text("mine")
    with duckdb.connect("theirs.duckdb") as theirs:
        theirs.execute("CREATE TABLE sessions (id TEXT)")
    Store.open("newer.duckdb").close()
    with duckdb.connect("newer.duckdb") as newer:
        newer.execute("UPDATE unified_checkout_store SET version = 99")
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    told = ask("sync", *arguments, code=2)
    assert said in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr
    assert "4Ls9" not in told.stderr
    assert len(told.stderr.splitlines()) < 8
    made = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    made.pop(Path("checkout.duckdb"), None)
    assert made == before
    assert not any(sandbox.requests(one.name) for one in sandbox.accounts)


def test_no_store_is_made_where_no_account_is_configured(run: Run) -> None:
    assert "no accounts are configured" in run("sync", code=2).stderr
    assert not list(Path().glob("checkout.duckdb*"))


def test_no_store_is_made_for_an_account_that_is_not_configured(ask: Run) -> None:
    assert "no account named 'strip'" in ask("sync", "--account", "strip", code=2).stderr
    assert not list(Path().glob("checkout.duckdb*"))


def test_an_account_without_a_key_is_told_of_and_the_others_are_read(
    run: Run, config: Path
) -> None:
    text = config.read_text()
    key = next(line for line in text.splitlines() if line.startswith("api_key"))
    config.write_text(text.replace(key, 'api_key = { env = "NOBODY_SETS_THIS" }', 1))
    told = run("sync", "--config", config, code=3)
    assert ": INCOMPLETE: " in told.stderr
    assert "NOBODY_SETS_THIS" in told.stderr
    assert sessions("checkout.duckdb") == 260
