"""What is compared: each contender lists all sessions of one address, its own way.

A contender is a function of a task. It opens its client, returns a function that lists once, and is
run in a process of its own. ``keep`` takes the sessions as a program would: it lets go of each one,
or puts it into a list.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Any

import attrs

KEY = "sk_test_obviously_fake"
PATH = "/v1/checkout/sessions"
PAGE = 100

Run = Callable[[], None]
Keep = Callable[[Iterable[Any]], None]


@attrs.frozen(kw_only=True)
class Task:
    """What to list, and what to do with it."""

    addresses: dict[str, str]
    """For each provider, where it listens."""
    keep: Keep
    options: dict[str, Any]
    """What else the contender is asked for."""

    @property
    def stripe(self) -> str:
        return self.addresses["stripe"]

    def option(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)


def floor(task: Task) -> Run:
    """Page after page with httpx and orjson, into plain dictionaries."""
    import httpx
    import orjson

    client = httpx.Client(auth=(KEY, ""))

    def run() -> None:
        parameters: dict[str, Any] = {"limit": PAGE}
        while True:
            response = client.get(task.stripe + PATH, params=parameters)
            response.raise_for_status()
            page = orjson.loads(response.content)
            task.keep(page["data"])
            if not page["has_more"]:
                return
            parameters["starting_after"] = page["data"][-1]["id"]

    return run


def async_floor(task: Task) -> Run:
    """The same with httpx's asynchronous client."""
    import httpx
    import orjson

    async def listing(client: httpx.AsyncClient) -> None:
        parameters: dict[str, Any] = {"limit": PAGE}
        while True:
            response = await client.get(task.stripe + PATH, params=parameters)
            response.raise_for_status()
            page = orjson.loads(response.content)
            task.keep(page["data"])
            if not page["has_more"]:
                return
            parameters["starting_after"] = page["data"][-1]["id"]

    return _looped(lambda: httpx.AsyncClient(auth=(KEY, "")), listing)


def client(task: Task) -> Run:
    """Ours, synchronous, all guarantees on."""
    from unified_checkout import Client

    ours = Client(_accounts(task))
    query = task.option("query", {})
    return lambda: task.keep(ours.sessions.list(**query))


def async_client(task: Task) -> Run:
    """Ours, asynchronous, all guarantees on."""
    from unified_checkout import AsyncClient

    async def listing(ours: AsyncClient) -> None:
        taken = []
        async for session in ours.sessions.list(**task.option("query", {})):
            taken.append(session)
            if len(taken) == PAGE:
                task.keep(taken)
                taken = []
        task.keep(taken)

    return _looped(lambda: AsyncClient(_accounts(task)), listing)


def decoding(task: Task) -> Run:
    """Ours without the engine: the same transport and adapter, page after page."""
    from unified_checkout.adapters import Place
    from unified_checkout.client import _channels
    from unified_checkout.model.query import ListSessions
    from unified_checkout.transport.http import HttpSender

    [channel] = _channels(_accounts(task)).values()
    adapter, sender = channel.adapter, HttpSender(channel)
    compiled = adapter.compile(ListSessions())

    def run() -> None:
        place = Place()
        while True:
            request = adapter.page_request(compiled, compiled.streams[0], place)
            page = adapter.parse_page(sender.send(request), place)
            task.keep(page.sessions)
            if not page.more:
                return
            place = Place(cursor=page.next)

    return run


def requests_loop(task: Task) -> Run:
    """The loop people write: requests, ``.json()`` and a cursor."""
    import requests

    session = requests.Session()
    session.auth = (KEY, "")

    def run() -> None:
        parameters: dict[str, Any] = {"limit": PAGE}
        while True:
            page = session.get(task.stripe + PATH, params=parameters, timeout=30).json()
            task.keep(page["data"])
            if not page["has_more"]:
                return
            parameters["starting_after"] = page["data"][-1]["id"]

    return run


def stripe_python(task: Task) -> Run:
    """Stripe's own library and its ``auto_paging_iter``."""
    import stripe

    own = stripe.StripeClient(KEY, base_addresses={"api": task.stripe})
    return lambda: task.keep(own.v1.checkout.sessions.list({"limit": PAGE}).auto_paging_iter())


def dlt_rest_api(task: Task) -> Run:
    """dlt's ``rest_api`` source, its rows taken before they are loaded anywhere."""
    from dlt.sources.rest_api import rest_api_source

    def run() -> None:
        source = rest_api_source(
            {
                "client": {
                    "base_url": task.stripe,
                    "auth": {"type": "http_basic", "username": KEY, "password": ""},
                    "paginator": {
                        "type": "cursor",
                        "cursor_path": "data.[-1].id",
                        "cursor_param": "starting_after",
                        "has_more_path": "has_more",
                    },
                },
                "resources": [
                    {
                        "name": "sessions",
                        "endpoint": {
                            "path": PATH,
                            "params": {"limit": PAGE},
                            "data_selector": "data",
                        },
                    }
                ],
            }
        )
        task.keep(source.resources["sessions"])

    return run


def _accounts(task: Task) -> list[Any]:
    from unified_checkout import Account

    return [
        Account(
            name=provider,
            provider=provider,
            api_key=KEY,
            base_url=address,
            requests_per_second=task.option("rate", math.inf),
        )
        for provider, address in task.addresses.items()
    ]


def _looped(opened: Callable[[], Any], listing: Callable[[Any], Any]) -> Run:
    """Run a coroutine function again and again on one event loop, with one client."""
    runner = asyncio.Runner()

    async def opening() -> Any:
        return opened()

    opened_client = runner.run(opening())
    return lambda: runner.run(listing(opened_client))
