"""A client that is closed, and what is left of a listing that nobody ends."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from clients.setting import ACCOUNTS, Open, impatient

from unified_checkout import AsyncClient, Client, ClientClosed, ListSessions, Session
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Fault, Latency, Status

PAGED = ListSessions(page_size=5)


class TestClosed:
    def test_it_says_so(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox))
        ask.close()
        error = ask.read().failure(ClientClosed)
        assert "the client is closed" in str(error)
        with pytest.raises(ClientClosed):
            ask.page(PAGED)
        with pytest.raises(ClientClosed):
            ask.get("cs_test_1", "stripe")
        assert all(sandbox.requests(account) == [] for account in ACCOUNTS)

    def test_it_still_explains(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox))
        ask.close()
        assert "stripe" in str(ask.explain(PAGED))

    def test_twice(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox))
        ask.read(PAGED)
        ask.close()
        ask.close()

    def test_in_the_middle_of_a_listing(self, sandbox: Sandbox) -> None:
        taken: list[Session] = []
        with Client(impatient(sandbox)) as client:
            sessions = client.sessions.list(PAGED)
            taken.append(next(sessions))
        with pytest.raises(ClientClosed):
            taken.extend(sessions)
        assert not sessions.coverage.complete

    def test_in_the_middle_of_an_asynchronous_listing(self, sandbox: Sandbox) -> None:
        async def listing() -> None:
            async with AsyncClient(impatient(sandbox)) as client:
                sessions = client.sessions.list(PAGED)
                await anext(sessions)
            with pytest.raises(ClientClosed):
                async for _ in sessions:
                    pass
            assert not sessions.coverage.complete

        asyncio.run(listing())

    @pytest.mark.parametrize("accounts", [["stripe"], ACCOUNTS])
    def test_at_any_moment_of_an_asynchronous_listing(
        self, sandbox: Sandbox, accounts: list[str]
    ) -> None:
        async def listing(turns: int) -> str:
            client = AsyncClient(impatient(sandbox, *accounts))
            reading = asyncio.create_task(client.sessions.page(PAGED))
            for _ in range(turns):
                await asyncio.sleep(0)
            await client.close()
            [ending] = await asyncio.gather(reading, return_exceptions=True)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return type(ending).__name__

        endings = [asyncio.run(listing(turns), debug=True) for turns in range(100)]
        gc.collect()
        assert {"ClientClosed"} <= {*endings} <= {"ClientClosed", "Page"}

    @pytest.mark.parametrize("number", [1, 2, 5])
    def test_while_another_thread_is_listing(self, sandbox: Sandbox, number: int) -> None:
        asked = Event()
        sandbox.on_request("stripe", lambda count: asked.set() if count == number else None)
        sandbox.misbehave("stripe", *[Fault()] * (number - 1), Latency(0.1))
        client = Client(impatient(sandbox))
        with ThreadPoolExecutor(1) as threads:
            reading = threads.submit(list, client.sessions.list(PAGED))
            assert asked.wait(timeout=60)
            client.close()
            assert isinstance(reading.exception(timeout=60), ClientClosed)
        gc.collect()


class TestConnections:
    """Sockets that are never closed are warnings, and warnings are failures here."""

    def test_they_are_closed(self, sandbox: Sandbox) -> None:
        with Client(impatient(sandbox)) as client:
            list(client.sessions.list(PAGED))
        del client
        gc.collect()

    def test_they_are_closed_asynchronously(self, sandbox: Sandbox) -> None:
        async def listing() -> None:
            async with AsyncClient(impatient(sandbox)) as client:
                async for _ in client.sessions.list(PAGED):
                    pass

        asyncio.run(listing(), debug=True)
        gc.collect()

    @pytest.mark.parametrize("taken", [0, 1, 30])
    def test_leaving_a_listing_leaves_nothing_behind(self, sandbox: Sandbox, taken: int) -> None:
        with Client(impatient(sandbox)) as client:
            sessions = client.sessions.list(PAGED)
            for _ in range(taken):
                next(sessions)
        del client, sessions
        gc.collect()

    @pytest.mark.parametrize("taken", [0, 1, 30])
    def test_leaving_an_asynchronous_listing_leaves_nothing_behind(
        self, sandbox: Sandbox, taken: int
    ) -> None:
        problems: list[str] = []

        async def listing() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: problems.append(context["message"]))
            async with AsyncClient(impatient(sandbox)) as client:
                sessions = client.sessions.list(PAGED)
                for _ in range(taken):
                    await anext(sessions)
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(listing(), debug=True)
        gc.collect()
        assert problems == []


def test_a_program_ends_without_waiting_for_answers_it_does_not_need(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    config = tmp_path / "checkout.toml"
    config.write_text(sandbox.config_toml())
    sandbox.misbehave("flex", Latency(seconds=600))
    sandbox.misbehave("stripe", Status(401))
    program = (
        "import sys; from unified_checkout import Client\n"
        "with Client.from_config(sys.argv[1]) as client:\n"
        "    list(client.sessions.list())\n"
    )
    command = [sys.executable, "-c", program, str(config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert "AuthenticationError: account 'stripe'" in ended.stderr
