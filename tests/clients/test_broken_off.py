"""A listing that is broken off, at whatever moment: nothing is lost, and nobody is deceived."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import pytest
from asking import Asker, expected, names
from clients.setting import ACCOUNTS, NOW, Open, impatient

import unified_checkout
from unified_checkout import (
    AsyncClient,
    Client,
    ClientClosed,
    IncompleteAnswer,
    InvalidQuery,
    ListSessions,
    PermissionDenied,
    ServerError,
    Session,
    SessionList,
)
from unified_checkout.engine.runtime import Runtime, running
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout.sandbox.faults import Fault, Latency, Status

PAGED = ListSessions(page_size=10)
NOW_MOMENT = datetime.fromtimestamp(NOW, UTC)
ENGINE = str(Path(unified_checkout.__file__).parent / "engine")
CLIENT = str(Path(unified_checkout.__file__).parent / "client")
LOCKED = str(Path(unified_checkout.__file__).parent / "engine" / "policy.py")
"""Tracing would interrupt where a signal cannot: between a block and the lock that it gives back."""


@contextmanager
def interrupted(after: int) -> Iterator[None]:
    """Raise KeyboardInterrupt in the engine or the client, at the line that comes so many later."""
    left, before = after, sys.gettrace()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        file = frame.f_code.co_filename
        if file == LOCKED or not file.startswith((ENGINE, CLIENT)):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)  # what measures coverage goes on


@pytest.mark.parametrize("accounts", [["stripe"], ACCOUNTS])
def test_interrupted_at_any_line(sandbox: Sandbox, accounts: list[str]) -> None:
    whole = expected({name: sandbox.truth(name) for name in accounts}, {})
    with Client(impatient(sandbox, *accounts)) as client:
        for after in range(1, 6000, 173):
            sessions = client.sessions.list(PAGED)
            taken = []
            with interrupted(after):
                for session in sessions:
                    taken.append((session.account, session.id))  # noqa: PERF401 (what came is kept)
            rest = client.sessions.list(PAGED, cursor=sessions.cursor)
            assert taken + names(list(rest)) == whole, after


@pytest.mark.parametrize("taken_as", [lambda listing: listing, iter], ids=["itself", "iterator"])
def test_a_failed_listing_is_not_empty_when_it_is_asked_again(
    sandbox: Sandbox, taken_as: Callable[[SessionList], Iterator[Session]]
) -> None:
    sandbox.misbehave("stripe", Fault(times=2), Status(403, times=None))
    with Client(impatient(sandbox, "stripe")) as client:
        sessions = taken_as(client.sessions.list(PAGED))
        with pytest.raises(PermissionDenied):
            list(sessions)
        for again in (list, next):
            with pytest.raises(IncompleteAnswer, match="broken off; go on from its cursor") as told:
                again(sessions)
            assert isinstance(told.value.__cause__, PermissionDenied)
            assert not told.value.coverage.complete


def test_nor_is_one_that_took_too_long(sandbox: Sandbox) -> None:
    async def ask() -> None:
        async with AsyncClient(impatient(sandbox, "stripe")) as client:
            sessions = client.sessions.list(PAGED)
            await anext(sessions)
            sandbox.misbehave("stripe", Latency(600))

            async def take_the_rest() -> None:
                async for _ in sessions:
                    pass

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(take_the_rest(), 0.1)
            with pytest.raises(IncompleteAnswer):
                await anext(sessions)
            with pytest.raises(IncompleteAnswer):
                aiter(sessions)

    asyncio.run(ask())


def test_a_limit_that_others_used_up_does_not_hide_an_earlier_failure(
    open_client: Open, sandbox: Sandbox
) -> None:
    ask = open_client(impatient(sandbox, max_attempts=1))
    query = ListSessions(limit=30, page_size=10)
    sandbox.misbehave("stripe", Status(500))
    begun = ask.read(query, on_error="report")
    assert len(begun.sessions) == 30
    resumed = ask.read(query, cursor=begun.answer.cursor)
    assert len(resumed.sessions) == 30
    reasons = {one.account: one.reason for one in resumed.coverage.accounts if not one.complete}
    assert list(reasons) == ["stripe"]
    assert "an earlier failure left sessions out" in reasons["stripe"]


def test_an_account_whose_sessions_nobody_took_is_incomplete(open_client: Open) -> None:
    def facts(name: str, created: int) -> Facts:
        return Facts(serial=name, created=created)

    recent = [facts(f"new-{number}", 1_760_000_000 - number) for number in range(30)]
    with Sandbox(facts=recent, providers=["stripe"], now=1_770_000_000) as busy:
        old = [facts("old", 1_750_000_000)]
        with Sandbox(facts=old, providers=["leanrails"], now=1_770_000_000) as quiet:
            ask = open_client([*busy.accounts, *quiet.accounts])
            coverage = ask.read(PAGED, take=2).coverage
            said = {one.account: one.complete for one in coverage.accounts}
            assert said == {"stripe": False, "leanrails": False}


def test_pages_end_where_an_account_can_never_answer(ask: Asker) -> None:
    query = ListSessions(has_disputes=True, page_size=50)
    pages = [ask.page(query, on_error="report")]
    while (cursor := pages[-1].next_cursor) is not None and len(pages) < 10:
        pages.append(ask.page(query, cursor, on_error="report"))
    assert cursor is None
    assert any(page.sessions for page in pages)
    assert not pages[-1].coverage.complete


@pytest.mark.parametrize("status", [429, 503])
def test_advice_when_to_come_back_is_followed(
    open_client: Open, sandbox: Sandbox, status: int
) -> None:
    ask = open_client(impatient(sandbox, "stripe"))
    sandbox.misbehave("stripe", Status(status, retry_after=0.2))
    [said] = ask.read().coverage.accounts
    assert said.waited >= 0.2


def test_advice_that_is_too_long_is_told(open_client: Open, sandbox: Sandbox) -> None:
    ask = open_client(impatient(sandbox, "stripe"))
    sandbox.misbehave("stripe", Status(503, retry_after=3600))
    error = ask.read().failure(ServerError)
    assert error.retry_after == 3600
    assert "advises to wait 3600 s" in str(error)


@pytest.mark.parametrize("query", [{"limit": 1}, "stripe", 5])
def test_what_is_no_query_is_refused(sandbox: Sandbox, query: Any) -> None:
    with Client(impatient(sandbox)) as client, pytest.raises(InvalidQuery, match="is no query"):
        client.sessions.list(query)


def test_a_cursor_knows_a_choice_in_whatever_order(ask: Asker, sandbox: Sandbox) -> None:
    begun = ask.read(ListSessions(status=("open", "expired"), currency=("usd", "eur")), take=5)
    same = ListSessions(status=("expired", "open"), currency=("eur", "usd"))
    rest = ask.read(same, cursor=begun.answer.cursor)
    assert names([*begun.sessions, *rest.sessions]) == names(ask.read(same).sessions)
    assert len(begun.sessions) == 5


def test_a_cursor_of_a_span_before_now_does_not_expire(ask: Asker) -> None:
    query = ListSessions(last="30d", created={"lte": NOW_MOMENT})
    with running(Runtime(now=lambda: NOW_MOMENT)):
        whole = names(ask.read(query).sessions)
        begun = ask.read(query, take=5)
    with running(Runtime(now=lambda: NOW_MOMENT + timedelta(days=90))):
        rest = ask.read(query, cursor=begun.answer.cursor)
    assert names([*begun.sessions, *rest.sessions]) == whole


def test_closing_ends_a_wait_for_better_times(sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", Status(429, retry_after=50, times=None))

    async def ask() -> None:
        client = AsyncClient(impatient(sandbox, "stripe"))
        reading = asyncio.create_task(client.sessions.page(PAGED))
        while not sandbox.requests("stripe"):
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        await client.close()
        with pytest.raises(ClientClosed):
            await asyncio.wait_for(reading, 20)

    asyncio.run(ask())


def test_closing_ends_a_wait_for_better_times_in_another_thread(sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", Status(429, retry_after=50, times=None))
    asked = Event()
    sandbox.on_request("stripe", lambda number: asked.set())
    client = Client(impatient(sandbox, "stripe"))
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(client.sessions.page, PAGED)
        assert asked.wait(timeout=60)
        client.close()
        assert isinstance(reading.exception(timeout=20), ClientClosed)
