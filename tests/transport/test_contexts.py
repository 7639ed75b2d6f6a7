"""The caller's context variables, wherever a request is sent from."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextvars import ContextVar

import httpx
import pytest
from transport.loopback import EMPTY_PAGE, Loopback, answer
from transport.setting import account, sending

from unified_checkout import AsyncClient, Client
from unified_checkout.transport.http import HttpSender
from unified_checkout.transport.threaded import REQUEST_THREAD

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


class Noting(httpx.BaseTransport):
    """Notes who asks, and from which thread."""

    def __init__(self) -> None:
        self.noted: set[tuple[str, str]] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.noted.add((WHO.get(), threading.current_thread().name))
        WHO.set("the transport")
        return httpx.Response(200, content=EMPTY_PAGE)


def test_they_reach_the_threads_that_send() -> None:
    noting = Noting()
    accounts = [account("http://127.0.0.1:9", name) for name in ("one", "two", "three")]
    with Client(accounts, transport=noting) as client:
        token = WHO.set("somebody")
        try:
            client.sessions.page()
            assert WHO.get() == "somebody"
        finally:
            WHO.reset(token)
        client.sessions.page()
    assert noting.noted == {("somebody", REQUEST_THREAD), ("nobody", REQUEST_THREAD)}


def test_they_reach_the_tasks_that_send() -> None:
    noted = set()

    async def respond(request: httpx.Request) -> httpx.Response:
        noted.add(WHO.get())
        return httpx.Response(200, content=EMPTY_PAGE)

    async def main() -> None:
        accounts = [account("http://127.0.0.1:9", name) for name in ("one", "two", "three")]
        async with AsyncClient(accounts, transport=httpx.MockTransport(respond)) as client:
            WHO.set("somebody")
            await client.sessions.page()

    asyncio.run(main())
    assert noted == {"somebody"}


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system cannot tell")
def test_what_acknowledges_nothing_is_given_up_in_time_for_another_connection() -> None:
    """Nobody can lose packets on loopback, so it is seen that the system is told to watch."""
    with (
        Loopback(lambda talk: talk.say(answer())) as server,
        sending("Client", server.url, timeout=30) as sender,
    ):
        sender.send()
        assert isinstance(sender.sender, HttpSender)
        [line] = sender.sender._lines
        connected = line.wire._socket
        assert connected is not None
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
