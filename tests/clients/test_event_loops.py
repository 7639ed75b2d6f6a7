"""An ``AsyncClient`` whose event loop ended, or which is met in another one: nobody is deceived."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asking import names
from clients.setting import impatient

from unified_checkout import (
    AsyncClient,
    AsyncSessionList,
    Client,
    ClientClosed,
    ConfigurationError,
    IncompleteAnswer,
    ListSessions,
    Session,
)
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Latency, Status

PAGED = ListSessions(page_size=10)
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore:coroutine 'connect_tcp:RuntimeWarning"
)
"""Whoever lets a loop end before a client is closed is told so by asyncio, and sometimes by anyio."""


@contextmanager
def broken_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that is closed without a word to what runs in it, as where a program is stopped."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    try:
        yield loop
    finally:
        loop.close()


def run_until(loop: asyncio.AbstractEventLoop, work: Any, moment: Callable[[], bool]) -> Any:
    """Run a loop until a moment, and leave it with what it was about."""

    async def wait() -> None:
        while not moment():
            await asyncio.sleep(0)

    begun = loop.create_task(work)
    loop.run_until_complete(wait())
    return begun


async def taken(sessions: AsyncIterator[Session], number: int) -> list[Session]:
    return [await anext(sessions) for _ in range(number)]


async def rest(sessions: AsyncIterator[Session] | AsyncSessionList) -> list[Session]:
    return [session async for session in sessions]


async def rest_as_table(sessions: Any) -> Any:
    return await sessions.to_arrow()


@pytest.mark.parametrize("accounts", [["stripe"], ["stripe", "flex", "leanrails"]])
@pytest.mark.parametrize("go_on", [rest, rest_as_table, anext])
def test_a_listing_whose_loop_ended_is_not_silently_over(
    sandbox: Sandbox, accounts: list[str], go_on: Callable[[Any], Any]
) -> None:
    client = AsyncClient(impatient(sandbox, *accounts))
    sessions = client.sessions.list(PAGED)
    begun = asyncio.run(taken(sessions, 13))
    with pytest.raises(IncompleteAnswer, match="broken off; go on from its cursor"):
        asyncio.run(go_on(sessions))
    assert not sessions.coverage.complete
    with Client(impatient(sandbox, *accounts)) as other:
        whole = names(other.sessions.list(PAGED))
        left = names(other.sessions.list(PAGED, cursor=sessions.cursor))
    assert names(begun) + left == whole


def test_nor_is_an_iterator_of_it(sandbox: Sandbox) -> None:
    client = AsyncClient(impatient(sandbox, "stripe"))
    iterator = aiter(client.sessions.list(PAGED))
    asyncio.run(taken(iterator, 10))
    with pytest.raises(IncompleteAnswer, match="broken off"):
        asyncio.run(rest(iterator))


def test_what_was_under_way_in_a_loop_that_is_gone_is_not_waited_for(sandbox: Sandbox) -> None:
    client = AsyncClient(impatient(sandbox, "stripe", "flex"))
    sessions = client.sessions.list(PAGED)
    with broken_loop() as loop:
        loop.run_until_complete(taken(sessions, 1))
        sandbox.misbehave("stripe", Latency(600))
        loop.run_until_complete(taken(sessions, 4))

    async def go_on() -> None:
        await asyncio.wait_for(rest(sessions), 20)

    with pytest.raises(ConfigurationError, match="cannot go on in another event loop"):
        asyncio.run(go_on())


def test_a_client_belongs_to_one_event_loop(sandbox: Sandbox) -> None:
    client = AsyncClient(impatient(sandbox, "stripe"))

    async def ask() -> None:
        await client.sessions.page(PAGED)

    async def ask_and_close() -> None:
        await ask()
        await client.close()

    with asyncio.Runner() as first:
        first.run(ask())
        with pytest.raises(ConfigurationError, match="make another one"):
            asyncio.run(ask())
        first.run(ask_and_close())


def test_all_its_accounts_do(sandbox: Sandbox) -> None:
    client = AsyncClient(impatient(sandbox, "stripe", "flex"))

    async def ask(account: str) -> None:
        await client.sessions.page(PAGED, accounts=account)

    with asyncio.Runner() as first:
        first.run(client.sessions.page(page_size=10, accounts="stripe"))
        with pytest.raises(ConfigurationError, match="make another one"):
            asyncio.run(client.sessions.page(page_size=10, accounts="flex"))
        first.run(client.close())


def test_only_its_own_loop_closes_it(sandbox: Sandbox) -> None:
    client = AsyncClient(impatient(sandbox, "stripe"))
    sandbox.misbehave("stripe", Latency(600))
    with asyncio.Runner() as first:
        reading = run_until(
            first.get_loop(), client.sessions.page(PAGED), lambda: bool(sandbox.requests("stripe"))
        )
        with pytest.raises(ConfigurationError, match="belongs to the event loop"):
            asyncio.run(asyncio.wait_for(client.close(), 20))
        first.run(client.close())
        with pytest.raises(ClientClosed):
            first.run(asyncio.wait_for(reading, 20))


@pytest.mark.parametrize("fault", [None, Latency(600), Status(429, retry_after=50, times=None)])
@pytest.mark.parametrize("accounts", [["stripe"], ["stripe", "flex"]])
def test_it_is_closed_where_its_loop_is_gone(
    sandbox: Sandbox, accounts: list[str], fault: Any
) -> None:
    client = AsyncClient(impatient(sandbox, *accounts))

    async def ask() -> None:
        await client.sessions.page(PAGED)

    async def ask_within() -> None:
        async with client:
            await ask()

    with broken_loop() as loop:
        loop.run_until_complete(ask())
        if fault is not None:
            asked = len(sandbox.requests("stripe"))
            sandbox.misbehave("stripe", fault)
            run_until(loop, ask(), lambda: len(sandbox.requests("stripe")) > asked)
            loop.run_until_complete(asyncio.sleep(0.05))
    with pytest.raises(ConfigurationError, match="make another one"):
        asyncio.run(ask_within())
    asyncio.run(client.close())
    with pytest.raises(ClientClosed):
        asyncio.run(ask())
    gc.collect()
