"""Everything at once, for long: interrupted, cancelled, forked and killed while the server misbehaves.

Each round breaks a reading off somewhere and goes on from its cursor: no row may be lost or come
twice, no slot stay taken, and nothing secret be told. ``make soak-transport`` does ten thousand.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest
from asking import expected, names
from clients.setting import ACCOUNTS, NOW, impatient
from house import THREE
from transport.children import Child, Doomed
from transport.remains import nothing_left
from transport.test_interruptions import TooLong, attempted, time_limits

from unified_checkout import AsyncClient, Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Fault, GzipGarbage, Html, Latency, Reset, Truncated
from unified_checkout.transport import http
from unified_checkout_flex.sandbox import FlexSandbox
from unified_checkout_leanrails.sandbox import LeanRailsSandbox
from unified_checkout_stripe.sandbox import StripeSandbox

ROUNDS = int(os.environ.get("UNIFIED_CHECKOUT_SOAK", "36")) // 3
"""Of each test."""
KEY = "sk_test_planted_and_not_to_be_seen"
SECRET = re.compile(rf"{KEY}|@example\.|client_secret|/c/pay/")
"""The key of all accounts, buyers' addresses, and what opens a buyer's page."""
TOLD = "a secret was told"

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks and signals"),
    # Python itself complains when it is interrupted while it starts a thread, or tidies one up.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Rows = list[tuple[str, str]]
FAULTS = (Fault(), Latency(0.002), Reset(0), Reset(300), Truncated(), GzipGarbage(), Html(503))


class Listening(logging.Handler):
    """Tells, in whichever process, that a secret is in the log.

    It has no lock: one would stay taken where logging itself is interrupted.
    """

    def createLock(self) -> None:  # noqa: N802
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        if SECRET.search(f"{record.getMessage()} {record.args!r} {record.exc_info!r}"):
            os.write(2, TOLD.encode())


def _all_handlers() -> set[logging.Handler]:
    """Every handler there is, pytest's own too: an interruption could leave its lock taken."""
    loggers = map(logging.getLogger, tuple(logging.root.manager.loggerDict))
    return {handler for one in (logging.root, *loggers) for handler in one.handlers}


def _know_levels() -> None:
    """Let every logger know what it logs: finding out takes a lock, which an interruption keeps."""
    for logger in map(logging.getLogger, tuple(logging.root.manager.loggerDict)):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logger.isEnabledFor(level)


@pytest.fixture(autouse=True)
def _nothing_secret_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Neither in the log, whatever is listened to, nor by a process that fails."""
    for kind in (FlexSandbox, LeanRailsSandbox, StripeSandbox):
        monkeypatch.setattr(kind, "api_key", KEY)
    loggers = [logging.getLogger(name) for name in ("httpcore", "httpx", "unified_checkout")]
    levels = [logger.level for logger in loggers]
    for handler in _all_handlers():
        monkeypatch.setattr(handler, "lock", None)
    for logger in loggers:
        monkeypatch.setattr(logger, "handlers", [Listening()])
        monkeypatch.setattr(logger, "propagate", False)
        logger.setLevel(logging.DEBUG)
    _know_levels()
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    told = "".join(capfd.readouterr())
    assert TOLD not in told
    assert SECRET.search(told) is None
    assert "Traceback" not in told


@contextmanager
def misbehaving() -> Iterator[tuple[Sandbox, Rows]]:
    """A sandbox of which every fourth answer or so is spoilt, and what it holds."""
    with Sandbox(sessions=40, seed=5, now=NOW, providers=THREE) as sandbox:
        random = Random(7)
        whole = expected({name: sandbox.truth(name) for name in ACCOUNTS}, {})

        def spoil(name: str, number: int) -> None:
            if number % 5000 == 0:
                sandbox.clear_requests()
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
        assert names(list(client.sessions.list())) == whole
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
            assert rooms_of(client) == {http._AT_ONCE}
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with misbehaving() as (sandbox, whole), nothing_left():
        asyncio.run(main())


def rooms_of(client: AsyncClient) -> set[int]:
    """How many more requests each account could have under way."""
    return {sender._room._value for sender in client._driver._senders.values()}


def test_killed(tmp_path: Path) -> None:
    """A worker that the system kills tells before how far it came; another goes on from there.

    They share a rate, so that one may die while it holds the others back.
    """
    random = Random(5)
    manner = {"max_attempts": 20, "share_rate": tmp_path / "rates", "requests_per_second": 1e4}
    with (
        misbehaving() as (sandbox, whole),
        nothing_left(),
        Client(impatient(sandbox, **manner)) as client,
    ):
        for _ in range(ROUNDS):
            killed_round(client, whole, random)
        assert names(list(client.sessions.list())) == whole


def killed_round(client: Client, whole: Rows, random: Random) -> None:
    """Several workers read for each other, each killed on the way; the last one is let finish."""
    taken: Rows = []
    cursor = None
    for _ in range(random.randrange(1, 4)):
        worker: Doomed[tuple[Rows, str]] = Doomed(partial(read_on, client, taken, cursor))
        taken, cursor = worker.killed_after(random.randrange(8)) or (taken, cursor)
    rest = client.sessions.list(page_size=10, cursor=cursor)
    assert taken + names(list(rest)) == whole


def read_on(
    client: Client, taken: Rows, cursor: str | None, tell: Callable[[tuple[Rows, str]], None]
) -> None:
    sessions = client.sessions.list(page_size=10, cursor=cursor)
    read = list(taken)
    for number, session in enumerate(sessions):
        read.append((session.account, session.id))
        if number % 7 == 0:
            tell((read, sessions.cursor))
