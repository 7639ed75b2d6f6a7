"""``report`` of a store: what the providers would have said, as far as the store is complete."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from house import PROVIDERS
from typer.testing import Result

from unified_checkout import Client
from unified_checkout.report import SessionTable, Span, read_store
from unified_checkout.report.stored import Cure
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Store, sync

Run = Callable[..., Result]
OCTOBER = ["--created", "2026-10", "--tz", "Europe/Berlin", "--format", "json"]


@pytest.fixture
def store(client: Client, tmp_path: Path) -> Path:
    path = tmp_path / "checkout.duckdb"
    with Store.open(path) as store:
        assert sync(client, store).complete
    return path


def without_source(plain: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in plain.items()
        if name not in ("store", "coverage", "completion", "cohorts")
    }


@pytest.mark.parametrize(
    "asked",
    [
        ["--by", "week", "--by", "account"],
        ["--compare", "previous", "--compare", "year"],
        ["--account", "flex", "--account", "stripe"],
    ],
)
def test_a_store_tells_what_the_providers_tell(ask: Run, store: Path, asked: list[str]) -> None:
    live = json.loads(ask("report", "--live", *OCTOBER, *asked).stdout)
    stored = json.loads(ask("report", store, *OCTOBER, *asked).stdout)
    assert without_source(stored) == without_source(live)
    assert stored["total"]["sessions"] > 0
    assert stored["store"]["complete"] is True


def test_it_does_so_for_every_provider(run: Run, tmp_path: Path) -> None:
    path, config = tmp_path / "checkout.duckdb", tmp_path / "all.toml"
    with Sandbox(sessions=12, seed=5, now=1_795_000_000, providers=PROVIDERS) as sandbox:
        config.write_text(sandbox.config_toml(), encoding="utf-8")
        with Client(sandbox.accounts) as client, Store.open(path) as store:
            assert sync(client, store).complete
        asked = [*OCTOBER, "--by", "provider", "--config", config]
        live = json.loads(run("report", "--live", *asked).stdout)
        stored = json.loads(run("report", path, *asked).stdout)
    assert without_source(stored) == without_source(live)
    assert stored["not_rated"]


@contextmanager
def synced(path: Path, provider: str, times: int) -> Iterator[Store]:
    """A store of one provider's sessions, after so many whole syncs."""
    with (
        Sandbox(sessions=12, seed=5, providers=[provider]) as sandbox,
        Client(sandbox.accounts) as client,
        Store.open(path) as store,
    ):
        for _ in range(times):
            assert sync(client, store).complete
        yield store


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_sync_is_advised_that_tells_nothing_new(run: Run, tmp_path: Path, provider: str) -> None:
    """A list may be settled hours after a session was created."""
    path = tmp_path / "checkout.duckdb"
    with synced(path, provider, times=1) as store:
        [[began, mark]] = (
            store.query(
                "SELECT max(began) AS began, max(mark) AS mark FROM runs JOIN accounts USING (account)"
            )
            .to_pandas()
            .to_numpy()
        )
    said = run(
        "report", path, "--created-gte", "2026-10-01", "--created-lt", began, code=None
    ).stderr
    if mark < began:
        assert "; a later sync tells the rest, which was not settled yet when" in said
    else:
        assert "store: complete" in said
    with Store.open(path, for_reading=True) as store, SessionTable() as table:
        held = read_store(table, store)
    recent = began - timedelta(days=30)
    assert Cure.SYNC not in held.cures([Span(None, began)])
    assert Cure.SYNC in held.cures([Span(recent, began + timedelta(days=1))])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_sync_is_advised_for_what_a_list_does_not_go_back_to(
    run: Run, tmp_path: Path, provider: str
) -> None:
    path = tmp_path / "checkout.duckdb"
    with synced(path, provider, times=2):
        pass
    said = run("report", path, code=None).stderr
    assert "unified-checkout sync" not in said
    reaches_back = "complete only from" not in said
    assert ("what is earlier is not in the provider's list" not in said) is reaches_back


def test_a_store_that_was_to_begin_later_is_told_how_to_go_further_back(
    ask: Run, client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "checkout.duckdb"
    with Store.open(path) as store:
        assert sync(client, store, since=datetime(2026, 10, 2, tzinfo=UTC)).complete
    said = ask("report", path, *OCTOBER, code=3).stderr
    assert said.rstrip().endswith("to go further back, run: unified-checkout sync --since TIME")


def test_nothing_is_asked_of_a_provider(ask: Run, store: Path, sandbox: Sandbox) -> None:
    for account in sandbox.accounts:
        sandbox.misbehave(account.name, faults.Status(401, times=None))
    result = ask("report", store)
    assert "store: complete for flex, leanrails, stripe" in result.stderr
    assert "created from the first session to " in result.stdout


def test_what_is_gone_and_what_is_no_checkout_is_left_out(ask: Run, store: Path) -> None:
    before = json.loads(ask("report", store, *OCTOBER).stdout)["total"]["sessions"]
    some = "(SELECT account, id FROM sessions WHERE created >= '2026-10-05' AND gone_since IS NULL"
    with duckdb.connect(store) as connection:
        for change in ("gone_since = now()", "kind = 'renewal'"):
            connection.execute(
                f"UPDATE sessions SET {change} WHERE (account, id) IN {some} "
                "AND created < '2026-10-25' AND kind = 'checkout' LIMIT 1)"
            )
    assert json.loads(ask("report", store, *OCTOBER).stdout)["total"]["sessions"] == before - 2


def test_a_store_that_lacks_something_says_so(
    ask: Run, client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "checkout.duckdb"
    sandbox.misbehave("flex", faults.Status(401, times=None))
    with Store.open(path) as store:
        assert not sync(client, store).complete
    result = ask("report", path, *OCTOBER, code=3)
    told = json.loads(result.stdout)["store"]
    assert (told["complete"], told["lacks"]) == (False, ["flex: no sync was complete"])
    assert "store: INCOMPLETE | flex: no sync was complete" in result.stderr


def test_a_store_that_begins_later_or_ends_earlier_says_so(
    ask: Run, client: Client, store: Path
) -> None:
    with duckdb.connect(store) as connection:
        connection.execute(
            "UPDATE accounts SET complete_since = '2026-10-02' WHERE account = 'flex'"
        )
        connection.execute("UPDATE accounts SET mark = '2026-10-30' WHERE account = 'stripe'")
    told = json.loads(ask("report", store, *OCTOBER, code=3).stdout)
    assert told["store"]["lacks"] == [
        "flex: complete only from 2026-10-02T00:00:00Z on",
        "stripe: complete only up to 2026-10-30T00:00:00Z",
    ]
    assert told["span"]["to"] == "2026-10-30T00:00:00.000001Z"
    later = ["--created-gte", "2026-10-03", "--format", "json"]
    assert json.loads(ask("report", store, *later).stdout)["store"]["complete"] is True


AFTER_THE_STORE = [
    ["--created", "2026-11"],
    ["--created-gte", "2026-11-20"],
    ["--last", "30d"],
    ["--last", "1s", "--created-lt", "2026-11-01"],
    ["--created", "2300-01"],
    ["--created-gte", "2300-01-01", "--compare", "previous"],
    ["--created", "2026-11", "--compare", "previous", "--compare", "year"],
]


@pytest.mark.parametrize("asked", AFTER_THE_STORE)
def test_a_store_that_ends_ahead_of_the_span_holds_nothing_of_it(
    ask: Run, store: Path, asked: list[str]
) -> None:
    with duckdb.connect(store) as connection:
        connection.execute("UPDATE accounts SET mark = '2026-10-18T12:00:00Z'")
    plain = json.loads(ask("report", store, *asked, "--format", "json", code=3).stdout)
    lacks = [
        f"{name}: complete only up to 2026-10-18T12:00:00Z"
        for name in ("flex", "leanrails", "stripe")
    ]
    assert (plain["store"]["complete"], plain["store"]["lacks"]) == (False, lacks)
    assert plain["total"]["sessions"] == 0
    for span in (plain["span"], *(one["span"] for one in plain["comparisons"])):
        assert span["from"] <= span["to"]
    page = ask("report", store, *asked, "--format", "html", code=3)
    assert "Incomplete: 3 of 3 accounts" in page.stdout
    assert "October 18, 2026</h1>" not in page.stdout
    assert ("to the span before" in page.stdout) is False
    assert f"store: INCOMPLETE | {' | '.join(lacks)}" in page.stderr


def test_a_store_that_ends_where_the_span_begins_holds_nothing_of_it(ask: Run, store: Path) -> None:
    asked = ["--created-gte", "2026-10-18", "--format", "json"]
    for mark, code in (("2026-10-17T23:59:59.999999Z", 3), ("2026-10-18T00:00:00Z", 0)):
        with duckdb.connect(store) as connection:
            connection.execute(f"UPDATE accounts SET mark = '{mark}' WHERE account = 'flex'")
        told = json.loads(ask("report", store, *asked, code=code).stdout)
        lacking = [f"flex: complete only up to {mark}"] if code else []
        assert told["store"]["lacks"] == lacking


def test_of_a_span_that_is_to_come_the_providers_have_nothing_either(ask: Run) -> None:
    asked = ["--created-gte", "2300-01-01", "--compare", "previous", "--format", "json"]
    plain = json.loads(ask("report", "--live", *asked).stdout)
    begins = "2300-01-01T00:00:00Z"
    assert plain["span"] == {"from": begins, "to": begins}
    assert plain["comparisons"][0]["span"] == plain["span"]
    assert plain["total"]["sessions"] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--status", "open"], "--status: a store is not asked this; say --live"),
        (
            ["--accounts", "nobody"],
            "the store holds no account 'nobody'; it holds: flex, leanrails",
        ),
        (["--live"], "name a store, or say --live"),
    ],
)
def test_what_a_store_is_not_asked_is_refused(
    ask: Run, store: Path, options: list[str], said: str
) -> None:
    assert said in ask("report", store, *options, code=2).stderr


def test_what_is_no_store_is_refused_and_left_alone(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "none.duckdb"
    assert "there is no store" in ask("report", path, code=2).stderr
    assert not path.exists()
    path.write_text("a letter", encoding="utf-8")
    ask("report", path, code=2)
    assert path.read_text(encoding="utf-8") == "a letter"


def test_a_span_of_the_last_days_ends_where_the_store_does(ask: Run, store: Path) -> None:
    asked = ["--last", "60d", "--compare", "previous", "--format", "json"]
    plain = json.loads(ask("report", store, *asked).stdout)
    assert plain["store"]["complete"] is True
    now, then = (
        datetime.fromisoformat(one["to"]) - datetime.fromisoformat(one["from"])
        for one in (plain["span"], plain["comparisons"][0]["span"])
    )
    assert now == then <= timedelta(days=60)


def test_a_table_says_how_long_it_takes_or_that_nobody_knows(ask: Run, store: Path) -> None:
    shown = ask("report", store).stdout
    assert "time to complete, at most" in shown
    assert "by the week of creation, complete within" in shown
    assert "not known from lists; ask a store" in ask("report", "--live").stdout


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_narrow_terminal_every_number_is_whole_or_said_to_be_left_out(
    ask: Run, store: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True), stderr=sys.stderr)
    monkeypatch.setattr("unified_checkout.cli.terminal.sys", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    shown = ask("report", store, "--by", "provider").stdout
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    weeks = shown.partition("complete within\n")[2].partition("\n\n")[0]
    told = " ".join(weeks.splitlines()[0].split())
    left_out = weeks.partition("too narrow: ")[2].splitlines()[0].split(", ")
    for name in ("sessions", "open", "complete", "time known", "seen open", "1h", "6h", "7d"):
        assert (name in told) is not (name in left_out)


def test_of_what_several_providers_share_the_table_shows_the_most(
    ask: Run, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unified_checkout.cli.report_table._MOST_SHARED", 2)
    shared = json.loads(ask("report", store, "--format", "json").stdout)["shared"]
    shown = ask("report", store).stdout.partition("seen at several providers\n")[2]
    rows, more = shown.splitlines()[2:4], shown.splitlines()[4]
    most = sorted((one["sessions"] for one in shared), reverse=True)
    assert [int(row.split()[-2]) for row in rows] == most[:2]
    assert more == f"{len(shared) - 2} lines of fewer sessions left out; --format json has them"


def test_a_page_shows_the_span_before_unasked_if_the_store_holds_it(ask: Run, store: Path) -> None:
    asked = ["--created", "2026-10", "--tz", "Europe/Berlin", "--format"]
    told = json.loads(ask("report", store, *asked, "json", "--compare", "previous").stdout)
    change = f"{told['comparisons'][0]['change']['sessions']:+.1%} to the span before"
    for form in ("html", "svg"):
        assert change in ask("report", store, *asked, form).stdout
    assert json.loads(ask("report", store, *asked, "json").stdout)["comparisons"] == []
    with duckdb.connect(store) as connection:
        connection.execute("UPDATE accounts SET complete_since = '2026-09-29'")
    assert "to the span before" not in ask("report", store, *asked, "html").stdout


@pytest.mark.parametrize("form", ["table", "json", "html"])
def test_a_store_without_a_session_is_reported_on_too(ask: Run, tmp_path: Path, form: str) -> None:
    path = tmp_path / "empty.duckdb"
    Store.open(path).close()
    told = ask("report", path, "--format", form, code=3)
    assert (
        "store: INCOMPLETE | no account was ever synced; run: unified-checkout sync" in told.stderr
    )
    assert ("no account was ever synced" in told.stdout) is (form != "table")


def test_what_cannot_be_read_is_refused_by_name(ask: Run, store: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.duckdb"
    with duckdb.connect(foreign) as connection:
        connection.execute("CREATE TABLE sessions (id TEXT)")
    before = foreign.read_bytes()
    assert "of another program" in ask("report", foreign, code=2).stderr
    assert foreign.read_bytes() == before
    with duckdb.connect(store) as connection:
        connection.execute("UPDATE unified_checkout_store SET version = 99")
    assert "upgrade unified-checkout" in ask("report", store, code=2).stderr
    refused = ask("report", "postgresql://me:secret-word@127.0.0.1:9/shop", code=2).stderr
    assert "cannot be reached" in refused
    assert "secret-word" not in refused
    assert "a store is the path" in ask("report", "mysql://localhost/shop", code=2).stderr


def test_rates_that_lack_a_currency_are_refused(run: Run, store: Path, tmp_path: Path) -> None:
    rates, out = tmp_path / "rates.toml", tmp_path / "report.csv"
    text = 'source = "my bank"\ncurrency = "eur"\n[rates]\nusd = 0.9\n'
    rates.write_text(text, encoding="utf-8")
    asked = ["report", store, "--created", "2026-10", "--rates", rates, "--format", "csv"]
    refused = " ".join(run(*asked, "--out", out, code=2).stderr.split())
    lacking = refused.partition("the rates of 'my bank' lack ")[2].partition(";")[0].split(", ")
    assert "gbp" in lacking
    assert not out.exists()
    rates.write_text(text + "".join(f"{one} = 0.5\n" for one in lacking), encoding="utf-8")
    run(*asked, "--out", out)
    assert out.exists()
