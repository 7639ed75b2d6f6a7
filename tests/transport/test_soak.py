"""Everything at once, for long: interrupted, cancelled and forked while the server misbehaves.

``make soak-transport ROUNDS=5000`` goes on for minutes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from threading import Thread
from typing import Any

import pytest
from asking import expected, names
from clients.setting import ACCOUNTS, NOW, impatient
from house import THREE
from transport.children import Child
from transport.remains import nothing_left
from transport.test_interruptions import TooLong, attempted, time_limits

from unified_checkout import AsyncClient, Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Fault, GzipGarbage, Html, Latency, Reset, Truncated

ROUNDS = int(os.environ.get("UNIFIED_CHECKOUT_SOAK", "24"))

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks and signals"),
    # Python itself complains when it is interrupted while it starts a thread, or tidies one up.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Rows = list[tuple[str, str]]
FAULTS = (Fault(), Latency(0.002), Reset(0), Reset(300), Truncated(), GzipGarbage(), Html(503))


@contextmanager
def misbehaving() -> Iterator[tuple[Sandbox, Rows]]:
    """A sandbox of which every fourth answer or so is spoilt, and what it holds."""
    with Sandbox(sessions=40, seed=5, now=NOW, providers=THREE) as sandbox:
        random = Random(7)
        whole = expected({name: sandbox.truth(name) for name in ACCOUNTS}, {})

        def spoil(name: str, number: int) -> None:
            if random.random() < 0.25:
                sandbox.misbehave(name, random.choice(FAULTS))

        for name in ACCOUNTS:
            sandbox.on_request(name, partial(spoil, name))

        yield sandbox, whole


def rest_of(client: Client, taken: Rows, cursor: str) -> Rows:
    return taken + names(list(client.sessions.list(page_size=10, cursor=cursor)))


def test_interrupted_and_forked() -> None:
    random = Random(3)
    with (
        misbehaving() as (sandbox, whole),
        nothing_left(),
        time_limits(TooLong) as limit,
        Client(impatient(sandbox, max_attempts=20)) as client,
    ):
        others = [Thread(target=ask_on, args=(client, whole, ROUNDS // 4)) for _ in range(2)]
        for other in others:
            other.start()
        for _ in range(ROUNDS):
            interrupted_round(client, whole, random, limit)
        for other in others:
            other.join()
        assert names(list(client.sessions.list())) == whole


def interrupted_round(
    client: Client, whole: Rows, random: Random, limit: Callable[[float], Any]
) -> None:
    """A listing that is interrupted somewhere, and gone on with here and in a child."""
    sessions = client.sessions.list(page_size=10)
    taken: Rows = []

    def take() -> None:
        for session in sessions:
            taken.append((session.account, session.id))

    attempted(take, limit, 0.0002 + 0.03 * random.random())
    cursor = sessions.cursor
    child = None
    if random.random() < 0.3:
        child = Child(lambda: rest_of(client, taken, cursor))
    assert rest_of(client, taken, cursor) == whole
    assert child is None or child.result() == whole


def ask_on(client: Client, whole: Rows, rounds: int) -> None:
    for _ in range(rounds):
        assert names(list(client.sessions.list(page_size=15))) == whole


def test_cancelled_and_forked() -> None:
    random = Random(4)

    async def list_all(client: AsyncClient, cursor: str | None = None) -> Rows:
        return names([one async for one in client.sessions.list(page_size=10, cursor=cursor)])

    async def cancelled_round(client: AsyncClient) -> None:
        sessions = client.sessions.list(page_size=10)
        taken: Rows = []

        async def take() -> None:
            async for session in sessions:
                taken.append((session.account, session.id))

        task = asyncio.ensure_future(take())
        for _ in range(random.randrange(120)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        child = None
        if random.random() < 0.1:
            child = Child(lambda: asyncio.run(list_all(client)))
        assert taken + await list_all(client, sessions.cursor) == whole
        if child is not None:
            assert await asyncio.to_thread(child.result) == whole

    async def main() -> None:
        async with AsyncClient(impatient(sandbox, max_attempts=20)) as client:
            for _ in range(ROUNDS // 4):
                await asyncio.gather(*(cancelled_round(client) for _ in range(4)))
            assert await asyncio.wait_for(list_all(client), 20) == whole
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with misbehaving() as (sandbox, whole), nothing_left():
        asyncio.run(main())
