"""PayPal's list, read through the client from its imitation, whatever is not documented."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import AskAsync, Asker, AskSync
from cli.program import PROGRAM

from unified_checkout import (
    Account,
    AsyncClient,
    Client,
    ConfigurationError,
    InvalidQuery,
    ListSessions,
    PermissionDenied,
    SessionList,
    WindowTooFull,
)
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout_paypal.sandbox import TOKEN_PATH

NOW = 1_795_000_000
HOUR, DAY = 3600, 86_400
AT_ONCE = {"lag": 0}


def ago(seconds: int) -> datetime:
    return datetime.fromtimestamp(NOW - seconds, UTC)


@contextmanager
def asking(client: str, sandbox: Sandbox) -> Iterator[Asker]:
    """Either client."""
    with ExitStack() as stack:
        if client == "Client":
            yield AskSync(stack.enter_context(Client(sandbox.accounts)))
            return
        runner = stack.enter_context(asyncio.Runner())
        asynchronous = AsyncClient(sandbox.accounts)
        stack.callback(lambda: runner.run(asynchronous.close()))
        yield AskAsync(asynchronous, runner)


@contextmanager
def ledger(options: Mapping[str, Any], **how: Any) -> Iterator[tuple[Sandbox, Client]]:
    """A sandbox with a ledger, and a client that asks it."""
    how = {"sessions": 90, "seed": 7, "now": NOW, **how}
    with (
        Sandbox(providers=["paypal"], options={"paypal": options}, **how) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        yield sandbox, client


def read(client: Client, **fields: Any) -> tuple[list[str], AccountCoverage]:
    """The ids of an answer, and what it proves."""
    query = ListSessions.model_validate({"kind": "any", **fields})
    sessions: SessionList = client.sessions.list(query)
    ids = [session.id for session in sessions]
    (said,) = sessions.coverage.accounts
    assert said.complete, said.reason
    return ids, said


def windows(sandbox: Sandbox) -> list[tuple[datetime, datetime]]:
    """The windows that were asked for first pages of."""
    asked = [dict(one.parameters) for one in sandbox.requests("paypal") if one.parameters]
    return [
        (datetime.fromisoformat(one["start_date"]), datetime.fromisoformat(one["end_date"]))
        for one in asked
        if one["page"] == "1"
    ]


UNKNOWN: list[Mapping[str, Any]] = [
    {},
    {"by": "created"},
    {"whole_days": True},
    {"counts_from_page": True},
    {"refuses_beyond": True},
    {"tells_served_end": False},
    {"tells_refreshed": False},
    {"shows_early": True},
]
"""What is not documented, the other way round."""


@pytest.mark.parametrize("unknown", UNKNOWN, ids=str)
@pytest.mark.parametrize("size", [7, 500])
def test_every_entry_is_found_whatever_is_not_documented(
    unknown: Mapping[str, Any], size: int
) -> None:
    with ledger({**AT_ONCE, **unknown}) as (sandbox, client):
        ids, _ = read(client, page_size=size)
        truth = sandbox.truth("paypal")
    assert sorted(ids) == sorted(facts.id for facts in truth)
    created = {facts.id: facts.created for facts in truth}
    assert [created[id] for id in ids] == sorted(created.values(), reverse=True)


@pytest.mark.parametrize("unknown", [{}, *UNKNOWN[5:7], {"unavailable": 404}], ids=str)
def test_an_answer_is_settled_up_to_three_hours_ago(unknown: Mapping[str, Any]) -> None:
    with ledger(unknown) as (sandbox, client):
        ids, said = read(client)
        settled = said.covers_to.timestamp()
        assert NOW - 3.5 * HOUR < settled <= NOW - 3 * HOUR
        held = {one.id for one in sandbox.truth("paypal") if one.created <= settled}
        assert held <= set(ids)
        sandbox.clear_requests()
        ids, said = read(client, created={"gte": ago(2 * HOUR)})
        assert sandbox.requests("paypal")
    assert ids == []
    assert "in no span of time" in str(said)


@pytest.mark.parametrize("lag", [0, 9_000])
def test_no_window_is_longer_than_31_days_or_begins_three_years_ago(lag: int) -> None:
    with ledger({"lag": lag}) as (sandbox, client):
        _, said = read(client)
        asked = windows(sandbox)
    assert len(asked) == 36 + 1, "the last one is over what changed since the first"
    assert all((end - start).total_seconds() < 31 * DAY for start, end in asked)
    oldest = min(start for start, _ in asked)
    assert (ago(0) - oldest).days == 3 * 365 - 3
    assert said.covers_from == oldest
    assert not said.promise.startswith("full")


@pytest.mark.parametrize("by", ["updated", "created"])
def test_with_a_limit_only_the_windows_that_hold_so_many_are_read(by: str) -> None:
    with ledger({**AT_ONCE, "by": by}) as (sandbox, client):
        held = [one.id for one in sandbox.truth("paypal")]
        plan = client.sessions.explain(ListSessions(limit=12, kind="any"))
        first = client.sessions.list(plan)
        found = list(first)
        assert len(windows(sandbox)) < 8
        assert plan.least_requests == 1
        assert first.coverage.accounts[0].complete
        found += client.sessions.list(ListSessions(kind="any"), after=found[-1])
    assert [one.id for one in found] == held


def test_an_upper_bound_is_applied_here_since_entries_change_later() -> None:
    with ledger(AT_ONCE) as (sandbox, client):
        oldest = [one for one in sandbox.truth("paypal") if one.created < NOW - 60 * DAY]
        ids, _ = read(client, created={"gte": "2026-08-01", "lt": ago(60 * DAY)})
        ends = [end.timestamp() for _, end in windows(sandbox)]
    assert sorted(ids) == sorted(one.id for one in oldest)
    assert sorted(ends)[-2] == NOW
    assert NOW < max(ends) < NOW + 15 * 60, "what changed meanwhile is read, up to a while from now"


@pytest.mark.parametrize("most", [3, 10])
def test_a_window_that_holds_too_much_is_halved(most: int) -> None:
    with ledger({**AT_ONCE, "most_rows": most}, sessions=40) as (sandbox, client):
        ids, _ = read(client, created={"gte": ago(120 * DAY)})
        assert len(windows(sandbox)) > 40 // most
    assert len(ids) == len(set(ids)) == 40


def test_a_second_that_holds_too_much_fails_by_name() -> None:
    facts = [Facts(serial=f"rush-{number}", created=NOW - DAY) for number in range(3)]
    options = {**AT_ONCE, "most_rows": 2, "by": "created"}
    with (
        ledger(options, facts=facts) as (_, client),
        pytest.raises(WindowTooFull, match="cannot be divided any further") as caught,
    ):
        list(client.sessions.list(created={"gte": ago(2 * DAY)}, kind="any"))
    assert caught.value.code == "RESULTSET_TOO_LARGE"


def test_a_token_is_fetched_once_and_again_when_it_is_refused() -> None:
    times = {"now": float(NOW)}
    with ledger(AT_ONCE) as (sandbox, client):
        provider = sandbox._imitation_of("paypal").provider
        provider.clock = lambda: times["now"]
        read(client, created={"gte": ago(95 * DAY)})
        read(client, created={"gte": ago(95 * DAY)})
        tokens = [one.path for one in sandbox.requests("paypal")].count(TOKEN_PATH)
        assert tokens == 1
        times["now"] += 10 * HOUR
        read(client, created={"gte": ago(95 * DAY)})
        paths = [one.path for one in sandbox.requests("paypal")]
    assert paths.count(TOKEN_PATH) == 2


def test_a_feature_that_is_not_switched_on_is_told() -> None:
    with (
        ledger({"permitted": False}) as (_, client),
        pytest.raises(PermissionDenied, match="Transaction Search"),
    ):
        list(client.sessions.list())


def test_one_payment_is_found_by_its_id_but_not_given_alone() -> None:
    with ledger(AT_ONCE) as (sandbox, client):
        wanted = sandbox.truth("paypal")[40].id
        assert read(client, payment_intent=wanted)[0] == [wanted]
        with pytest.raises(InvalidQuery, match="no single session by its id"):
            client.sessions.get(wanted, account="paypal")


@pytest.mark.parametrize("records", ["Y", "N"])
def test_entries_that_move_no_balance_are_listed_where_the_account_says_so(records: str) -> None:
    options = {**AT_ONCE, "pending_listed": False, "shares_ids": True}
    with ledger(options) as (sandbox, _):
        (account,) = sandbox.accounts
        chosen = account.model_copy(update={"balance_affecting_records_only": records})
        with Client([chosen]) as client:
            ids, _ = read(client)
        truth = sandbox.truth("paypal")
    every = records == "N"
    wanted = [
        facts.id if every else facts.id.partition(":")[0]
        for facts in truth
        if every or (getattr(facts, "code", "") != "T1300" and facts.payment_status == "paid")
    ]
    assert set(wanted) <= set(ids)
    assert len(ids) == len(set(ids))
    assert (len(ids) == len(truth)) is every


def test_a_summary_knows_no_rate(tmp_path: Path) -> None:
    with ledger(AT_ONCE) as (sandbox, client):
        assert not client.sessions.list().coverage.accounts[0].shows_open
        file = tmp_path / "checkout.toml"
        file.write_text(sandbox.config_toml(), encoding="utf-8")
        command = [*PROGRAM, "summary", "--config", str(file)]
        shown = subprocess.check_output(command, text=True)
        plain = json.loads(subprocess.check_output([*command, "-o", "json"]))
    assert "paypal takes no part in rates: its list shows no open sessions" in shown
    assert "not known" in shown.splitlines()[2]
    assert plain["total"]["complete"] > 40
    assert (plain["total"]["completion_rate"], plain["rates_unknown"]) == (None, ["paypal"])


@pytest.mark.parametrize("held", [40, 0])
def test_the_doctor_reads_the_newest_window_alone(tmp_path: Path, held: int) -> None:
    with ledger(AT_ONCE, sessions=held, now=None) as (sandbox, _):
        file = tmp_path / "checkout.toml"
        file.write_text(sandbox.config_toml(), encoding="utf-8")
        command = [*PROGRAM, "doctor", "--config", str(file)]
        told = subprocess.check_output(command, text=True)
        assert len(sandbox.requests("paypal")) <= 4
    assert ("the newest is of" if held else "there are none of the last 31 days") in told


def test_an_account_without_a_client_id_is_told_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="account 'shop': client_id"):
        Account(name="shop", provider="paypal", api_key="paypal_secret_obviously_fake").adapter()


@pytest.mark.parametrize("client", ["Client", "AsyncClient"])
@pytest.mark.parametrize("size", [7, 500])
def test_entries_that_arrive_meanwhile_hide_none(client: str, size: int) -> None:
    """They come last in the newest window, whatever pages were counted off before."""
    with Sandbox(
        providers=["paypal"], sessions=60, seed=7, now=NOW, options={"paypal": AT_ONCE}
    ) as sandbox:
        held = [facts.id for facts in sandbox.truth("paypal")]
        sandbox.on_request("paypal", lambda number: sandbox.arrive("paypal"))
        query = ListSessions(kind="any", page_size=size, created={"gte": ago(100 * DAY)})
        with asking(client, sandbox) as ask:
            reading = ask.read(query)
    found = [session.id for session in reading.sessions]
    assert [id for id in found if id in held] == held
    assert len(found) == len(set(found))
    assert reading.coverage.accounts[0].promise.startswith("weaker: pages were counted off")


@pytest.mark.parametrize("client", ["Client", "AsyncClient"])
def test_entries_that_change_meanwhile_are_shown_once_at_most(client: str) -> None:
    with Sandbox(
        providers=["paypal"], sessions=60, seed=7, now=NOW, options={"paypal": AT_ONCE}
    ) as sandbox:
        truth = [facts.id for facts in sandbox.truth("paypal")]
        sandbox.on_request(
            "paypal",
            lambda number: sandbox.change("paypal", truth[number * 7 % 60], payment_status="paid"),
        )
        query = ListSessions(kind="any", page_size=9, created={"gte": ago(100 * DAY)})
        with asking(client, sandbox) as ask:
            reading = ask.read(query)
    found = [session.id for session in reading.sessions]
    assert len(found) == len(set(found))
    assert set(found) <= set(truth)
    assert reading.coverage.accounts[0].promise.startswith("weaker: pages were counted off")


@pytest.mark.parametrize("days", [None, 1, 31, 32, 400, 4000])
@pytest.mark.parametrize("part", [False, True])
def test_it_is_explained_how_many_windows_are_read_at_least(days: int | None, part: bool) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    query = ListSessions.model_validate(
        {"kind": "any", "created": None if days is None else {"gte": now - timedelta(days=days)}}
    )
    with ledger({}, sessions=0, now=None) as (sandbox, client):
        plan = client.sessions.explain(query)
        if part:
            plan = plan.within(since=now - timedelta(days=70), until=now - timedelta(days=3))
        assert list(client.sessions.list(plan)) == []
        asked = len(windows(sandbox))
    assert asked - 1 <= plan.least_requests <= asked
    assert f"at least {plan.least_requests} request" in str(plan)
