"""A machine that starts no further thread, or Python at its end: requests are sent one by one."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asking import names
from clients.setting import NOW, impatient
from house import THREE
from transport.loopback import Loopback, answer
from transport.remains import nothing_left
from transport.setting import account

from unified_checkout import Account, AsyncClient, Client, ConfigurationError
from unified_checkout.database import connected, rows
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, sync

Start = Any


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox:
        yield sandbox


@contextmanager
def threads_left(number: int, said: str = "can't start new thread") -> Iterator[None]:
    """Let the library start only so many more threads."""
    really: Start = threading.Thread.start
    left = number

    def start(thread: threading.Thread) -> None:
        nonlocal left
        if sys._getframe(1).f_globals["__name__"].startswith("unified_checkout."):
            if left <= 0:
                raise RuntimeError(said)
            left -= 1
        really(thread)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        yield


@pytest.mark.parametrize(
    "said", ["can't start new thread", "can't create new thread at interpreter shutdown"]
)
@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_a_listing_is_read_all_the_same(sandbox: Sandbox, number: int, said: str) -> None:
    with nothing_left(), Client(impatient(sandbox)) as client:
        whole = names(client.sessions.list(page_size=10))
        with threads_left(number, said):
            assert names(client.sessions.list(page_size=10)) == whole


def test_so_is_a_key_that_takes_its_time(sandbox: Sandbox, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk_test_obviously_fake")
    key.chmod(0o600)
    found = [
        Account(
            name=name, provider="stripe", api_key={"file": str(key)}, base_url="http://127.0.0.1:9"
        )
        for name in ("one", "two")
    ]
    with Loopback(lambda talk: talk.say(answer())) as server:
        accounts = [one.model_copy(update={"base_url": server.url}) for one in found]
        with Client(accounts) as client, threads_left(0):
            assert client.sessions.page().sessions == ()


def test_a_command_that_gives_a_key_is_refused_in_words() -> None:
    given = Account(name="us", provider="stripe", api_key={"command": ["echo", "sk_test_fake"]})
    with (
        threads_left(0),
        pytest.raises(ConfigurationError, match="'echo' cannot be run: no thread can be started"),
    ):
        given.api_key.get_secret_value()


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_a_name_is_looked_up_all_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    really = socket.getaddrinfo

    def everywhere(host: str, *arguments: Any, **options: Any) -> Any:
        if options.get("flags"):
            return really(host, *arguments, **options)
        return really("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", everywhere)
    with Loopback(lambda talk: talk.say(answer())) as server, threads_left(0):
        there = account(server.url.replace("127.0.0.1", "api.example.com"))
        if kind == "Client":
            with Client([there]) as client:
                assert client.sessions.page().sessions == ()
            return

        async def ask() -> None:
            async with AsyncClient([there]) as client:
                assert (await client.sessions.page()).sessions == ()

        asyncio.run(ask())


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_store_is_filled_all_the_same(sandbox: Sandbox, tmp_path: Path, number: int) -> None:
    with Client(impatient(sandbox)) as client, Store.open(tmp_path / "checkout.duckdb") as store:
        with threads_left(number):
            assert sync(client, store).complete
        assert store.query("SELECT count(*) AS number FROM sessions").to_pylist() == [
            {"number": 180}
        ]


def test_a_database_is_asked_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def start_new_thread(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    connection = connected({})
    monkeypatch.setattr("_thread.start_new_thread", start_new_thread)
    assert rows(connection, "SELECT 1") == [(1,)]
