"""Where these tests take place: one account, and both clients asked in one way."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from unified_checkout import Account, AsyncClient, Client
from unified_checkout.adapters import Request, Response
from unified_checkout.client import channels_of
from unified_checkout.transport.http import AsyncHttpSender, HttpSender

Kind = Literal["Client", "AsyncClient"]
T = TypeVar("T")
KEY = "sk_test_obviously_fake"


def account(url: str, name: str = "stripe", **changes: Any) -> Account:
    """An account at an address; it retries without delay, and at any rate."""
    options = {"retry_delay": 0.0, "requests_per_second": float("inf"), **changes}
    return Account(name=name, provider="stripe", api_key=KEY, base_url=url, **options)


class Waiting:
    """Runs coroutines, in each process in an event loop of its own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._process = os.getpid()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives."""
        if self._process != os.getpid():
            self.__init__()  # type: ignore[misc]
        return self._runner.run(coroutine)

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()


class Asking:
    """Either client, asked synchronously."""

    def __init__(self, kind: Kind, *accounts: Account) -> None:
        self._waiting = Waiting()
        self.client: Client | AsyncClient
        self.client = Client(accounts) if kind == "Client" else AsyncClient(accounts)

    def page(self, **query: Any) -> list[str]:
        """The ids of one page."""
        if isinstance(self.client, Client):
            page = self.client.sessions.page(**query)
        else:
            page = self._waiting.run(self.client.sessions.page(**query))
        return [session.id for session in page.sessions]

    def pages(self, number: int) -> None:
        """Ask for so many pages at once."""
        client = self.client
        if isinstance(client, Client):
            with ThreadPoolExecutor(number) as threads:
                list(threads.map(lambda _: client.sessions.page(), range(number)))
        else:
            self._waiting.run(_gathered(client, number))

    def end(self) -> None:
        """End the event loop."""
        self._waiting.close()

    def close(self) -> None:
        """Close the client."""
        if isinstance(self.client, Client):
            self.client.close()
        else:
            self._waiting.run(self.client.close())


async def _gathered(client: AsyncClient, number: int) -> None:
    await asyncio.gather(*(client.sessions.page() for _ in range(number)))


class Sending:
    """Either sender, asked synchronously."""

    def __init__(self, kind: Kind, account: Account, transport: Any = None) -> None:
        channel = channels_of([account])[account.name]
        self._waiting = Waiting()
        self.sender: HttpSender | AsyncHttpSender
        make = HttpSender if kind == "Client" else AsyncHttpSender
        self.sender = make(channel, transport)

    def send(self, path: str = "/v1/checkout/sessions", **more: Any) -> Response:
        """The answer to one request."""
        request = Request(path=path, **more)
        if isinstance(self.sender, HttpSender):
            return self.sender.send(request)
        return self._waiting.run(self.sender.send(request))

    def end(self) -> None:
        """End the event loop."""
        self._waiting.close()

    def close(self) -> None:
        """Close the connections."""
        if isinstance(self.sender, HttpSender):
            self.sender.close()
        else:
            self._waiting.run(self.sender.close())


@contextmanager
def sending(kind: Kind, url: str, transport: Any = None, **changes: Any) -> Iterator[Sending]:
    """A sender for an address, closed in the end."""
    one = Sending(kind, account(url, **changes), transport)
    try:
        yield one
    finally:
        one.close()
        one.end()


@contextmanager
def asking(kind: Kind, *accounts: Account) -> Iterator[Asking]:
    """A client of accounts, closed in the end."""
    one = Asking(kind, *accounts)
    try:
        yield one
    finally:
        one.close()
        one.end()
