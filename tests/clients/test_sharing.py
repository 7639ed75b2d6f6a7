"""One client, several listings at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from asking import expected, names
from clients.setting import ACCOUNTS, NOW, impatient

from unified_checkout import (
    AsyncClient,
    Client,
    Coverage,
    ListingInUse,
    ListSessions,
    Session,
)
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Latency

STATUSES = ("open", "complete", "expired", "canceled")
QUESTIONS = [{"status": (STATUSES[number % 4],), "page_size": 5 + number} for number in range(24)]

RATE = 60.0
AT_ONCE = 8
"""So many listings of fifteen requests: twice the sandbox's burst of a second."""


def answers(sandbox: Sandbox) -> list[list[tuple[str, str]]]:
    held = {name: sandbox.truth(name) for name in ACCOUNTS}
    return [expected(held, question) for question in QUESTIONS]


class TestThreads:
    def test_every_thread_gets_its_own_answer(self, sandbox: Sandbox) -> None:
        with Client(impatient(sandbox)) as client, ThreadPoolExecutor(len(QUESTIONS)) as threads:
            queries = [ListSessions.model_validate(question) for question in QUESTIONS]
            found = threads.map(lambda query: names(client.sessions.list(query)), queries)
            assert list(found) == answers(sandbox)

    def test_a_listing_that_another_thread_reads_is_not_cut_short(self) -> None:
        asked, go_on = Event(), Event()

        def hold(number: int) -> None:
            if number == 2:
                asked.set()
                go_on.wait(60)

        with Sandbox(sessions=60, now=NOW, providers=["leanrails"]) as sandbox:
            sandbox.on_request("leanrails", hold)
            with Client(sandbox.accounts) as client, ThreadPoolExecutor(1) as threads:
                sessions = client.sessions.list(page_size=10)
                reading = threads.submit(list, sessions)
                asked.wait(60)
                with pytest.raises(ListingInUse):
                    next(sessions)
                go_on.set()
                assert len(reading.result()) == 60
                assert sessions.coverage.complete

    def test_the_rate_is_the_accounts_and_not_the_threads(self) -> None:
        with Sandbox(
            sessions=75, now=NOW, providers=["leanrails"], requests_per_second=RATE
        ) as sandbox:
            with Client(sandbox.accounts) as client, ThreadPoolExecutor(AT_ONCE) as threads:

                def listing(_: int) -> Coverage:
                    sessions = client.sessions.list(page_size=5)
                    assert len(list(sessions)) == 75
                    return sessions.coverage

                coverages = list(threads.map(listing, range(AT_ONCE)))
            assert len(sandbox.requests("leanrails")) == 15 * AT_ONCE
            assert [coverage.accounts[0].retries for coverage in coverages] == [0] * AT_ONCE


class TestTasks:
    def test_every_task_gets_its_own_answer(self, sandbox: Sandbox) -> None:
        async def listing(client: AsyncClient, query: ListSessions) -> list[Session]:
            return [session async for session in client.sessions.list(query)]

        async def main() -> list[list[tuple[str, str]]]:
            queries = [ListSessions.model_validate(question) for question in QUESTIONS]
            async with AsyncClient(impatient(sandbox)) as client:
                found = await asyncio.gather(*(listing(client, query) for query in queries))
            return [names(sessions) for sessions in found]

        assert asyncio.run(main()) == answers(sandbox)

    def test_the_rate_is_the_accounts_and_not_the_tasks(self) -> None:
        async def listing(client: AsyncClient) -> Coverage:
            sessions = client.sessions.list(page_size=5)
            assert len([session async for session in sessions]) == 75
            return sessions.coverage

        async def main(sandbox: Sandbox) -> list[Coverage]:
            async with AsyncClient(sandbox.accounts) as client:
                return await asyncio.gather(*(listing(client) for _ in range(AT_ONCE)))

        with Sandbox(
            sessions=75, now=NOW, providers=["leanrails"], requests_per_second=RATE
        ) as sandbox:
            coverages = asyncio.run(main(sandbox))
            assert len(sandbox.requests("leanrails")) == 15 * AT_ONCE
            assert [coverage.accounts[0].retries for coverage in coverages] == [0] * AT_ONCE

    def test_cancelling_one_leaves_the_others_and_no_loose_ends(self, sandbox: Sandbox) -> None:
        problems: list[str] = []

        async def listing(client: AsyncClient, query: ListSessions) -> list[Session]:
            return [session async for session in client.sessions.list(query)]

        async def main() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: problems.append(context["message"]))
            asked = asyncio.Event()
            sandbox.on_request("flex", lambda _: loop.call_soon_threadsafe(asked.set))
            sandbox.misbehave("flex", Latency(seconds=600))
            async with AsyncClient(impatient(sandbox)) as client:
                hanging = asyncio.create_task(listing(client, ListSessions()))
                await asked.wait()
                others = [listing(client, ListSessions(page_size=size)) for size in (5, 50)]
                found = asyncio.gather(*others)
                hanging.cancel()
                assert (await asyncio.wait([hanging]))[0] == {hanging}
                assert hanging.cancelled()
                held = {name: sandbox.truth(name) for name in ACCOUNTS}
                assert [names(one) for one in await found] == [expected(held, {})] * 2
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(main(), debug=True)
        assert problems == []
