"""Tasks that are cancelled in the middle of requests, over and over again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asking import expected, names
from clients.setting import NOW, impatient
from house import THREE
from transport.loopback import Loopback, Talk, answer
from transport.remains import eventually, nothing_left
from transport.setting import account

from unified_checkout import AsyncClient, ConfigurationError
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Latency

Action = Callable[[], Awaitable[object]]


def run_quietly(main: Callable[[], Awaitable[None]]) -> None:
    """Run to the end; nothing may be said by the loop, and nothing left."""
    problems: list[str] = []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: problems.append(context["message"]))
        await main()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with nothing_left():
        asyncio.run(watched())
    assert problems == []


async def cancelled_after(action: Action, turns: int) -> bool:
    """Whether an action was cancelled after so many turns of the loop."""
    task = asyncio.ensure_future(action())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    [ending] = await asyncio.gather(task, return_exceptions=True)
    assert not isinstance(ending, Exception), ending
    return isinstance(ending, asyncio.CancelledError)


@pytest.mark.parametrize("accounts", [1, 3])
def test_no_slot_is_lost(accounts: int) -> None:
    """Cancelled at every turn of a request, hundreds of times more than there are slots."""

    async def main() -> None:
        several = [account(server.url, f"a{number}") for number in range(accounts)]
        async with AsyncClient(several) as client:
            cancelled = 0
            for number in range(900):
                cancelled += await cancelled_after(client.sessions.page, number % 30)
            assert cancelled > 200
            page = await asyncio.wait_for(client.sessions.page(), 20)
            assert page.sessions == ()

    with Loopback(lambda talk: talk.say(answer())) as server:
        run_quietly(main)


def test_a_limit_of_time_that_often_runs_out() -> None:
    def script(talk: Talk) -> None:
        if len(server.heard) % 2:
            talk.wait_for_end()
        talk.say(answer())

    async def main() -> None:
        async with AsyncClient([account(server.url)]) as client:
            late = 0
            for _ in range(200):
                try:
                    await asyncio.wait_for(client.sessions.page(), 0.002)
                except TimeoutError:
                    late += 1
            assert late >= 100
            async with asyncio.timeout(20):
                while True:
                    try:
                        await asyncio.wait_for(client.sessions.page(), 0.5)
                        break
                    except TimeoutError:
                        continue

    with Loopback(script) as server:
        run_quietly(main)
        assert eventually(lambda: server.open_connections == 0)


def test_rows_are_not_lost_either() -> None:
    async def main() -> None:
        async with AsyncClient(impatient(sandbox)) as client:
            for number in range(40):
                sessions = client.sessions.list(page_size=10)
                taken: list[tuple[str, str]] = []

                async def take(sessions: Any = sessions, taken: Any = taken) -> None:
                    async for session in sessions:
                        taken.append((session.account, session.id))

                await cancelled_after(take, 5 * number)
                rest = client.sessions.list(page_size=10, cursor=sessions.cursor)
                assert taken + names([session async for session in rest]) == whole

    with Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox:
        held = {name: sandbox.truth(name) for name in ("flex", "leanrails", "stripe")}
        whole = expected(held, {})
        run_quietly(main)


def test_what_is_given_up_is_over_at_once() -> None:
    """When a cancelled listing has ended, so have its requests."""

    async def main() -> None:
        async with AsyncClient(impatient(sandbox)) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.sessions.page(), 0.2)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox:
        for name in ("flex", "leanrails", "stripe"):
            sandbox.misbehave(name, Latency(seconds=600, times=None))
        run_quietly(main)


def test_leaving_a_listing_early_leaves_nothing() -> None:
    async def main() -> None:
        async with AsyncClient(impatient(sandbox)) as client:
            async for _ in client.sessions.list(page_size=5):
                break
            assert await client.sessions.get(known.id, account="stripe")

    with Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox:
        known = sandbox.truth("stripe")[0]
        run_quietly(main)


def test_many_at_once_wait_for_their_turn() -> None:
    """And cancelling some of those who wait takes nobody's turn."""

    async def main() -> None:
        async with AsyncClient([account(server.url)]) as client:
            tasks = [asyncio.create_task(client.sessions.page()) for _ in range(300)]
            for number in range(60):
                await asyncio.sleep(0)
                tasks[5 * number].cancel()
            endings = await asyncio.gather(*tasks, return_exceptions=True)
            others = [one for number, one in enumerate(endings) if number % 5]
            assert not [one for one in others if isinstance(one, BaseException)]

    with Loopback(lambda talk: talk.say(answer())) as server:
        run_quietly(main)
        assert server.connections <= 64 + 60


def test_another_event_loop_is_refused_in_words() -> None:
    async def ask() -> None:
        async with AsyncClient([account("http://127.0.0.1:9")]) as client:
            await client.sessions.page()

    coroutine = ask()
    with pytest.raises(ConfigurationError, match=r"runs under asyncio.*trio"):
        coroutine.send(None)  # as any other loop begins


def test_trio_is_refused_in_words() -> None:
    trio = pytest.importorskip("trio")

    async def ask() -> None:
        async with AsyncClient([account("http://127.0.0.1:9")]) as client:
            await client.sessions.page()

    with pytest.raises(ConfigurationError, match="trio"):
        trio.run(ask)


def test_trio_is_refused_in_words_where_it_is_asyncios_guest() -> None:
    trio = pytest.importorskip("trio")

    async def ask() -> None:
        async with AsyncClient([account("http://127.0.0.1:9")]) as client:
            await client.sessions.page()

    async def as_guest() -> Any:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Any] = loop.create_future()
        trio.lowlevel.start_guest_run(
            ask, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=ended.set_result
        )
        return await ended

    outcome = asyncio.run(as_guest())
    with pytest.raises(ConfigurationError, match="trio"):
        outcome.unwrap()
