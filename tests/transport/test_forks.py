"""A client that is used, and then its process is forked."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest
from asking import expected, names
from clients.setting import NOW, impatient
from house import THREE
from transport.children import Child, in_child
from transport.loopback import EMPTY_PAGE, Loopback, Talk, answer
from transport.setting import KEY, Kind, account, asking, sending

from unified_checkout import AsyncClient, Client, ClientClosed, ConfigurationError, forks
from unified_checkout.config.keys import FromFile, KeySource
from unified_checkout.sandbox import Sandbox

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")

STATUSES = ("open", "complete", "expired")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=60, seed=5, now=NOW, providers=["stripe"]) as sandbox:
        yield sandbox


def say_who_asks(talk: Talk) -> None:
    """The answer names the connection and what was asked over it."""
    asked = talk.head.split()[1].decode()
    talk.say(answer(f"{talk.connection} {asked}".encode()))


def test_a_child_asks_over_connections_of_its_own(kind: Kind) -> None:
    with Loopback(say_who_asks) as server, sending(kind, server.url) as sender:
        assert sender.send("/first").body == b"1 /first"
        children = [Child(partial(sender.send, f"/child/{number}")) for number in range(3)]
        bodies = [child.result().body.split() for child in children]
        assert [asked for _, asked in bodies] == [b"/child/0", b"/child/1", b"/child/2"]
        assert {connection for connection, _ in bodies} == {b"2", b"3", b"4"}
        assert sender.send("/last").body == b"1 /last"


def test_nobody_is_handed_the_answer_of_another(sandbox: Sandbox, kind: Kind) -> None:
    held = {"stripe": sandbox.truth("stripe")}
    with asking(kind, *impatient(sandbox)) as client:

        def ask(status: str) -> list[list[str]]:
            return [client.page(status=status, page_size=100) for _ in range(5)]

        ask("open")
        children = [Child(partial(ask, status)) for status in STATUSES]
        mine = ask("canceled")
        for status, child in zip(STATUSES, children, strict=True):
            ids = [id for _, id in expected(held, {"status": (status,)})]
            assert child.result() == [ids] * 5
        assert mine == [[id for _, id in expected(held, {"status": ("canceled",)})]] * 5


def test_a_child_lets_go_of_its_copies(kind: Kind) -> None:
    """When the parent ends a connection, the server hears of it though children live on."""
    ended = threading.Event()

    def script(talk: Talk) -> None:
        talk.say(answer())
        talk.wait_for_end()
        ended.set()

    reading, writing = os.pipe()
    with Loopback(script) as server:
        with sending(kind, server.url) as sender:
            sender.send()
            child = Child(partial(os.read, reading, 1))
        assert ended.wait(timeout=20)
        os.write(writing, b"!")
        assert child.result() == b"!"
    os.close(reading)
    os.close(writing)


def test_what_a_child_closes_stays_open_in_the_parent(kind: Kind) -> None:
    with Loopback(say_who_asks) as server, sending(kind, server.url) as sender:
        sender.send("/first")
        in_child(sender.close)
        assert sender.send("/last").body == b"1 /last"
        assert server.connections == 1


def test_what_is_closed_stays_closed_in_a_child(kind: Kind) -> None:
    def ask() -> str:
        try:
            client.page()
        except ClientClosed as error:
            return str(error)
        return "answered"

    with (
        Loopback(lambda talk: talk.say(answer())) as server,
        asking(kind, account(server.url)) as client,
    ):
        client.page()
        client.close()
        assert "the client is closed" in in_child(ask)


def test_while_other_threads_are_in_the_middle_of_requests() -> None:
    """Whatever lock they hold is held for ever in the child."""
    begun = threading.Semaphore(0)
    going_on = threading.Event()

    def script(talk: Talk) -> None:
        if b"/waits" in talk.head:
            begun.release()
            assert going_on.wait(timeout=60)
        talk.say(answer(EMPTY_PAGE))

    with (
        Loopback(script) as server,
        sending("Client", server.url) as sender,
        ThreadPoolExecutor(8) as threads,
    ):
        waiting = [threads.submit(sender.send, "/waits") for _ in range(8)]
        for _ in waiting:
            assert begun.acquire(timeout=60)
        bodies = [in_child(partial(sender.send, "/child")).body for _ in range(3)]
        assert bodies == [EMPTY_PAGE] * 3
        going_on.set()
        assert [one.result(timeout=60).body for one in waiting] == [EMPTY_PAGE] * 8


def test_at_any_moment_of_other_threads(sandbox: Sandbox) -> None:
    """Children come into being while threads are anywhere in the engine and in the transport."""
    held = {"stripe": sandbox.truth("stripe")}
    whole = [id for _, id in expected(held, {})]
    stop = threading.Event()
    with Client(impatient(sandbox)) as client, ThreadPoolExecutor(4) as threads:

        def ask() -> list[str]:
            return [session.id for session in client.sessions.page(page_size=100).sessions]

        def ask_on() -> set[tuple[str, ...]]:
            found = set()
            while not stop.is_set():
                found.add(tuple(ask()))
            return found

        busy = [threads.submit(ask_on) for _ in range(4)]
        children = [Child(ask) for _ in range(12)]
        assert [child.result() for child in children] == [whole] * 12
        stop.set()
        assert [one.result(timeout=60) for one in busy] == [{tuple(whole)}] * 4


def test_a_pool_of_processes(sandbox: Sandbox) -> None:
    held = {"stripe": sandbox.truth("stripe")}
    with asking("Client", *impatient(sandbox)) as client:
        client.page(page_size=1)
        global _shared
        _shared = client
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(3, mp_context=context) as processes:
            found = list(processes.map(_ask_shared, STATUSES * 4))
    for status, ids in zip(STATUSES * 4, found, strict=True):
        assert ids == [id for _, id in expected(held, {"status": (status,)})]


_shared = None


def _ask_shared(status: str) -> list[str]:
    assert _shared is not None
    found: list[str] = _shared.page(status=status, page_size=100)
    return found


@pytest.mark.parametrize("taken", [0, 1, 25, 60])
def test_a_listing_goes_on_in_both(taken: int) -> None:
    """What was under way when the process was forked is asked again by the child."""
    with (
        Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox,
        Client(impatient(sandbox)) as client,
    ):
        whole = names(client.sessions.list(page_size=10))
        sessions = client.sessions.list(page_size=10)
        begun = names([next(sessions) for _ in range(taken)])
        child = Child(lambda: names(list(sessions)))
        assert begun + names(list(sessions)) == whole
        assert begun + child.result() == whole


def test_an_asynchronous_listing_does_not(sandbox: Sandbox) -> None:
    async def begin(client: AsyncClient) -> None:
        sessions = client.sessions.list(page_size=10)
        await anext(sessions)

        def go_on() -> str:
            async def rest() -> list[str]:
                return [session.id async for session in sessions]

            try:
                return str(asyncio.run(rest()))
            except ConfigurationError as error:
                return str(error)

        assert "begin one there from the cursor" in in_child(go_on)
        assert len([session async for session in sessions]) == 59

    async def main() -> None:
        async with AsyncClient(impatient(sandbox)) as client:
            await begin(client)

    asyncio.run(main())


def test_a_loop_of_its_own(sandbox: Sandbox) -> None:
    """A child runs another event loop, while that of its parent goes on."""
    held = {"stripe": sandbox.truth("stripe")}
    whole = [id for _, id in expected(held, {})]

    async def main() -> None:
        async with AsyncClient(impatient(sandbox)) as client:

            async def ask() -> list[str]:
                page = await client.sessions.page(page_size=100)
                return [session.id for session in page.sessions]

            assert await ask() == whole
            asked = [asyncio.create_task(ask()) for _ in range(5)]
            await asyncio.sleep(0)
            children = [Child(lambda: asyncio.run(ask())) for _ in range(3)]
            assert await asyncio.gather(*asked) == [whole] * 5
            found = await asyncio.gather(*(asyncio.to_thread(one.result) for one in children))
            assert found == [whole] * 3
            assert await ask() == whole

    asyncio.run(main(), debug=True)


def test_chance_is_not_the_same_in_every_child() -> None:
    with Loopback(lambda talk: talk.say(answer())) as server, Client([account(server.url)]) as one:
        random = one.sessions._planner._surroundings.runtime.random
        assert len({random.random(), *(in_child(random.random) for _ in range(3))}) == 4


def test_whatever_lock_is_held(tmp_path: Path) -> None:
    """The moment at which a thread paces itself, or looks for a key, is short; so it is made."""
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    source = KeySource(FromFile("stripe", file))
    with Loopback(lambda talk: talk.say(answer())) as server:
        asked = account(server.url).model_copy(update={"api_key": source})
        with Client([asked]) as client:
            [state] = client.sessions._planner._surroundings.states.values()
            with state.pace._lock, source._finding:
                assert in_child(lambda: client.sessions.page().sessions) == ()
            assert client.sessions.page().sessions == ()


def test_behind_the_back_of_the_interpreter(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some servers fork without telling Python: it shows when something is sent."""
    with Loopback(say_who_asks) as server, sending(kind, server.url) as sender:
        sender.send("/first")
        monkeypatch.setattr(forks, "_process", -1)
        assert sender.send("/child").body == b"2 /child"


def test_a_transport_that_somebody_brought_is_the_parents() -> None:
    with Loopback(lambda talk: talk.say(answer())) as server:
        with Client([account(server.url)], transport=httpx.HTTPTransport()) as client:
            client.sessions.page()

            def ask() -> str:
                try:
                    client.sessions.page()
                except ConfigurationError as error:
                    client.close()
                    return str(error)
                return "answered"

            assert "make a client in each process" in in_child(ask)
            assert client.sessions.page().sessions == ()
        assert server.connections == 1


def test_one_without_connections_is_anybodys() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=EMPTY_PAGE)

    with Client([account("http://nowhere")], transport=httpx.MockTransport(respond)) as client:
        assert in_child(lambda: client.sessions.page().sessions) == ()
