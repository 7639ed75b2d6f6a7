"""What either client takes besides a query, what it refuses, and how it shows itself."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import Asker
from clients.setting import NOW, Open, every, impatient

from unified_checkout import (
    Account,
    AsyncClient,
    BudgetSpent,
    Client,
    ConfigurationError,
    InvalidCursor,
    InvalidQuery,
    ListingInUse,
    ListSessions,
    NotFound,
    Observer,
    PermissionDenied,
    RateLimited,
    Session,
)
from unified_checkout.adapters import Request, load
from unified_checkout.sandbox import Sandbox, faults

STRIPE: dict[str, Any] = {"accounts": "stripe"}


def asked(ask: Asker, **given: Any) -> Any:
    """A page of Stripe's."""
    return ask.finished(ask.client.sessions.page(**STRIPE, **given))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"after": "yesterday"}, "after: 'yesterday' is not an ISO 8601 .*; or give a Session"),
        ({"before": 12}, "before: int is not a kind of time; .*; or give a Session"),
        ({"max_requests": 0}, "max_requests: 0 is not a number of requests from 1 on"),
        ({"max_requests": True}, "max_requests: True is not"),
        ({"deadline": 0}, "deadline: 0 is not a number of seconds above 0"),
        ({"deadline": timedelta(0)}, "is not a number of seconds above 0"),
        ({"deadline": "5"}, "deadline: '5' is not a number of seconds"),
        ({"deadline": "sk_live_planted1234567890"}, "deadline: .not shown, it may be secret."),
        *(
            ({name: sign * 10**digits}, f"{name}: so large a number")
            for name in ("deadline", "max_requests")
            for digits in (400, 5000)
            for sign in (1, -1)
        ),
        ({"cursor": "uc3.x", "after": "2026-01-01"}, "cursor and after exclude each other"),
    ],
)
def test_a_manner_that_makes_no_sense_is_named(
    ask: Asker, sandbox: Sandbox, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidQuery, match=said):
        asked(ask, **given)
    assert sandbox.requests("stripe") == []


@pytest.mark.parametrize("digits", [30, 400, 5000])
def test_a_number_that_bounds_nothing_is_refused_everywhere(sandbox: Sandbox, digits: int) -> None:
    sessions, large = Client(sandbox.accounts).sessions, 10**digits
    asking: list[Callable[[], object]] = [
        lambda: sessions.list(limit=large),
        lambda: sessions.page(limit=large),
        lambda: sessions.explain(limit=large),
        lambda: sessions.list(deadline=large),
        lambda: sessions.list(max_requests=large),
        lambda: sessions.get_many(["cs_1"], account="stripe", deadline=large),
        lambda: sessions.get_many(["cs_1"], account="stripe", max_requests=large),
    ]
    for ask in asking:
        with pytest.raises(InvalidQuery):
            ask()
    assert sandbox.requests("stripe") == []


def test_a_day_is_its_first_moment(ask: Asker) -> None:
    by_day = asked(ask, after="2026-11-01").sessions
    assert by_day == asked(ask, after=datetime(2026, 11, 1, tzinfo=UTC)).sessions
    assert by_day
    assert max(session.created for session in by_day) < datetime(2026, 11, 1, tzinfo=UTC)


def test_a_deadline_may_be_a_timedelta(ask: Asker) -> None:
    assert asked(ask, deadline=timedelta(minutes=5)).coverage.complete


@pytest.mark.parametrize("question", [7, "status=open", {"status": "open"}])
def test_what_is_no_query_is_named(ask: Asker, question: Any) -> None:
    with pytest.raises(InvalidQuery, match=f"^{type(question).__name__} is no query; give a List"):
        ask.finished(ask.client.sessions.page(question))


def test_a_plan_is_asked_as_it_is(ask: Asker) -> None:
    plan = ask.client.sessions.explain(limit=3, accounts="stripe")
    listing = ask.client.sessions.list(plan)
    assert listing.plan is plan
    assert len(ask.finished(ask.client.sessions.page(plan)).sessions) == 3
    with pytest.raises(InvalidQuery, match="a plan is asked as it is; fields given: limit, status"):
        ask.client.sessions.list(plan, limit=2, status="open")


def test_a_query_and_fields_are_not_both_given(ask: Asker) -> None:
    with pytest.raises(InvalidQuery, match="not both; fields given: limit"):
        ask.client.sessions.list(ListSessions(), limit=2)


def test_ids_are_a_list(ask: Asker, sandbox: Sandbox) -> None:
    for ids in ("cs_test_1", 5):
        with pytest.raises(InvalidQuery, match="give a list of ids; a single one goes to get"):
            ask.finished(ask.client.sessions.get_many(ids, account="stripe"))  # type: ignore[arg-type]
    held = sandbox.truth("stripe")[0].id
    found = ask.finished(ask.client.sessions.get_many([held, "cs_test_none"], account="stripe"))
    assert found[held].id == held
    assert isinstance(found["cs_test_none"], NotFound)
    with pytest.raises(NotFound):
        ask.get("cs_test_none", "stripe")


def test_a_client_shows_its_accounts(ask: Asker) -> None:
    kind = type(ask.client).__name__
    shown = "(accounts: flex, leanrails, stripe)"
    assert repr(ask.client) == f"{kind}{shown}"
    assert repr(ask.client.sessions) == f"{kind.replace('Client', 'Sessions')}{shown}"


def test_a_coverage_and_a_sandbox_show_themselves_in_a_line(ask: Asker, sandbox: Sandbox) -> None:
    [covered] = asked(ask, page_size=5).coverage.accounts
    assert repr(covered) == "AccountCoverage(stripe: complete, read as far as the limit needs)"
    assert repr(sandbox) == "Sandbox(accounts: flex, leanrails, stripe)"
    assert repr(Sandbox()) == "Sandbox(accounts: none until it is entered)"


@pytest.mark.parametrize("path", [5, b"checkout.toml", ["checkout.toml"]])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_path_is_named(kind: type[Client | AsyncClient], path: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"^{type(path).__name__} is no path; give that"):
        kind.from_config(path)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("share", [0, -0.5, 1.5, float("nan")])
def test_a_share_of_the_rate_is_a_part(
    sandbox: Sandbox, kind: Callable[..., object], share: float
) -> None:
    with pytest.raises(ConfigurationError, match="rate_share is a part of the rate: above 0, and"):
        kind(sandbox.accounts, rate_share=share)


@pytest.mark.parametrize("kind", ["test", "live"])
def test_a_test_key_has_the_rate_of_test_keys(kind: str) -> None:
    adapter = load("paystack")
    rate = adapter.test_requests_per_second if kind == "test" else adapter.requests_per_second
    account = Account(name="us", provider="paystack", api_key=f"sk_{kind}_obviously_fake")
    with Client([account]) as client:
        [state] = client.sessions._surroundings.states.values()
    assert rate is not None
    assert [state.pace.take(0.0), state.pace.take(0.0)] == pytest.approx([0.0, 1 / rate], abs=0.03)


def test_a_listing_whose_budget_is_spent_says_where_to_go_on(ask: Asker) -> None:
    listing = ask.client.sessions.list(page_size=10, max_requests=1, **STRIPE)
    with pytest.raises(BudgetSpent) as caught:
        ask.finished(every(listing))
    assert caught.value.cursor is not None


def test_a_listing_towards_newer_sessions_has_no_cursor_and_none_in_its_failure(
    ask: Asker,
) -> None:
    listing = ask.client.sessions.list(before="2026-09-20", max_requests=1, page_size=5, **STRIPE)
    with pytest.raises(BudgetSpent, match="allow max_requests=2 or more") as caught:
        ask.finished(every(listing))
    assert caught.value.cursor is None
    with pytest.raises(InvalidCursor, match="reads towards newer sessions has no cursor"):
        _ = listing.cursor


@pytest.mark.parametrize("place", ["after", "before"])
def test_a_page_that_fails_has_what_was_read_newest_first(
    ask: Asker, sandbox: Sandbox, place: str
) -> None:
    held = sorted(facts.created for facts in sandbox.truth("stripe"))
    middle = datetime.fromtimestamp(held[len(held) // 2], UTC)

    def refuse(number: int) -> None:
        if number > 1:
            sandbox.misbehave("stripe", faults.Status(403))

    sandbox.on_request("stripe", refuse)
    with pytest.raises(PermissionDenied) as caught:
        asked(ask, **{place: middle}, currency=["usd", "eur"], page_size=10)
    read = [session.created for session in caught.value.sessions]
    assert read
    assert read == sorted(read, reverse=True)
    assert all((created > middle) is (place == "before") for created in read)


def test_two_tasks_do_not_read_one_listing_at_once(sandbox: Sandbox) -> None:
    async def both() -> list[Session | BaseException]:
        async with AsyncClient(impatient(sandbox, "stripe")) as client:
            listing = client.sessions.list(limit=3)
            first = await asyncio.gather(anext(listing), anext(listing), return_exceptions=True)
            return [*first, *[session async for session in listing]]

    first, second, *rest = asyncio.run(both())
    assert isinstance(second, ListingInUse)
    newest = [facts.id for facts in sandbox.truth("stripe")[:3]]
    assert [one.id for one in (first, *rest) if isinstance(one, Session)] == newest


def test_a_shared_rate_keeps_its_file_in_the_users_cache_and_holds_all_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_client: Open
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with Sandbox(sessions=3, now=NOW, providers=["stripe"]) as sandbox:
        sandbox.misbehave("stripe", faults.Status(429, retry_after=7))
        [account] = impatient(sandbox, share_rate=True, max_attempts=1, requests_per_second=50)
        ask = open_client([account])
        with pytest.raises(RateLimited):
            asked(ask)
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert kept.parent == tmp_path / "unified-checkout" / "rates"


def test_other_observers_are_told_beside_the_clients(sandbox: Sandbox) -> None:
    told: list[str] = []

    class Noting(Observer):
        def __init__(self, name: str) -> None:
            self.name = name

        def sent(self, account: str, request: Request, attempt: int) -> None:
            told.append(f"{self.name}: {account}")

    with Client(impatient(sandbox, "stripe"), observers=[Noting("first")]) as client:
        client.sessions.watched(Noting("second")).page(limit=1)
        assert told == ["first: stripe", "second: stripe"]
        client.sessions.page(limit=1)
        assert told[2:] == ["first: stripe"]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("pass_on", [pickle.dumps, copy.copy, copy.deepcopy])
def test_what_holds_connections_is_not_passed_on(
    sandbox: Sandbox, kind: type[Client | AsyncClient], pass_on: Callable[[object], object]
) -> None:
    client = kind(sandbox.accounts)
    for one in (client, client.sessions, client.sessions.list()):
        said = f"^{type(one).__name__} is bound to this process .*; pass on its accounts, a plan"
        with pytest.raises(TypeError, match=said):
            pass_on(one)
    for open_to_all in (*client.accounts, client.sessions.explain()):
        pass_on(open_to_all)
