"""What is compared: each contender lists all sessions of one address, its own way.

A contender is a function of a task that opens what it needs and returns a function that lists
once. It runs in a process of its own, so what it imports is imported there.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

import attrs

KEY = "sk_test_obviously_fake"
PATH = "/v1/checkout/sessions"
PAGE = 100

Run = Callable[[], "int | None"]
"""Lists once; tells the size in bytes of what it built, if that is worth telling."""


@attrs.frozen(kw_only=True)
class Task:
    """What to list, and what to do with it."""

    addresses: dict[str, str]
    """For each account, where it listens; its provider's name, and perhaps a number, name it."""
    take: Callable[[Iterable[Any]], None]
    """Takes sessions as a program would: it lets go of each one, or keeps all in a list."""
    rate: float = math.inf
    """The budget of our own clients, in requests a second for each account."""
    query: dict[str, Any] = attrs.field(factory=dict)
    """What our own clients are asked for."""

    @property
    def address(self) -> str:
        """The only address, of a Stripe-like listing."""
        [address] = self.addresses.values()
        return address


def floor(task: Task) -> Run:
    """Page after page with httpx and orjson, into plain dictionaries."""
    import httpx
    import orjson

    client = httpx.Client(auth=(KEY, ""))

    def run() -> None:
        parameters: dict[str, Any] = {"limit": PAGE}
        while True:
            response = client.get(task.address + PATH, params=parameters)
            response.raise_for_status()
            page = orjson.loads(response.content)
            task.take(page["data"])
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
            response = await client.get(task.address + PATH, params=parameters)
            response.raise_for_status()
            page = orjson.loads(response.content)
            task.take(page["data"])
            if not page["has_more"]:
                return
            parameters["starting_after"] = page["data"][-1]["id"]

    return _looped(lambda: httpx.AsyncClient(auth=(KEY, "")), listing)


def client(task: Task) -> Run:
    """Ours, synchronous, all guarantees on."""
    from unified_checkout import Client

    ours = Client(_accounts(task))
    return lambda: task.take(ours.sessions.list(**task.query))


def into_duckdb(task: Task) -> Run:
    """Ours, into an empty store in a file, without the provider's own text."""
    return _into_store(task, raw=False)


def into_duckdb_with_raw(task: Task) -> Run:
    """The same with it."""
    return _into_store(task, raw=True)


def into_postgresql(task: Task) -> Run:
    """Ours, into an empty store in the PostgreSQL database at the address ``store``."""
    return _into_store(task, raw=False)


def _into_store(task: Task, *, raw: bool) -> Run:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from unified_checkout import Client
    from unified_checkout.store import Manner, Store, sync

    database = task.addresses.pop("store", None)
    ours = Client(_accounts(task))

    def run() -> int:
        if database is not None:
            _emptied(database)
        with TemporaryDirectory() as folder:
            path = Path(folder, "store.duckdb")
            with Store.open(database or path) as store:
                done = sync(ours, store, manner=Manner(raw=raw))
                task.take(range(sum(one.rows_new for one in done.slices)))
            return 0 if database else path.stat().st_size

    return run


def _emptied(database: str) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS unified_checkout CASCADE")
        connection.commit()


def async_client(task: Task) -> Run:
    """Ours, asynchronous, all guarantees on."""
    from unified_checkout import AsyncClient

    async def listing(ours: AsyncClient) -> None:
        page = []
        async for session in ours.sessions.list(**task.query):
            page.append(session)
            if len(page) == PAGE:
                task.take(page)
                page = []
        task.take(page)

    return _looped(lambda: AsyncClient(_accounts(task)), listing)


def decoding(task: Task) -> Run:
    """Ours without the engine: the same transport and adapter, page after page."""
    from unified_checkout.adapters import Place
    from unified_checkout.client import channels_of
    from unified_checkout.model.query import ListSessions
    from unified_checkout.transport.http import HttpSender

    [channel] = channels_of(_accounts(task)).values()
    adapter, sender = channel.adapter, HttpSender(channel)
    compiled = adapter.compile(ListSessions())

    def run() -> None:
        place = Place()
        while True:
            request = adapter.page_request(compiled, compiled.streams[0], place)
            page = adapter.parse_page(sender.send(request), place)
            task.take(page.sessions)
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
            page = session.get(task.address + PATH, params=parameters, timeout=30).json()
            task.take(page["data"])
            if not page["has_more"]:
                return
            parameters["starting_after"] = page["data"][-1]["id"]

    return run


def stripe_python(task: Task) -> Run:
    """Stripe's own library and its ``auto_paging_iter``."""
    import stripe

    own = stripe.StripeClient(KEY, base_addresses={"api": task.address})
    return lambda: task.take(own.v1.checkout.sessions.list({"limit": PAGE}).auto_paging_iter())


def dlt_rest_api(task: Task) -> Run:
    """dlt's ``rest_api`` source, its rows taken before they are loaded anywhere."""
    from dlt.sources.rest_api import rest_api_source

    paginator = {
        "type": "cursor",
        "cursor_path": "data.[-1].id",
        "cursor_param": "starting_after",
        "has_more_path": "has_more",
    }
    endpoint = {"path": PATH, "params": {"limit": PAGE}, "data_selector": "data"}
    configuration: Any = {
        "client": {
            "base_url": task.address,
            "auth": {"type": "http_basic", "username": KEY, "password": ""},
            "paginator": paginator,
        },
        "resources": [{"name": "sessions", "endpoint": endpoint}],
    }
    return lambda: task.take(rest_api_source(configuration).resources["sessions"])


def arrow_batches(task: Task) -> Run:
    """Ours, as batches of Arrow columns."""
    from unified_checkout import Client, columns

    ours = Client(_accounts(task))

    def run() -> int:
        table = columns.table(ours.sessions.list(**task.query))
        task.take(range(table.num_rows))
        return int(table.nbytes)

    return run


def pyarrow_json(task: Task) -> Run:
    """httpx, and pyarrow's own reader of JSON with the columns spelled out."""
    import httpx
    import msgspec
    import pyarrow as pa
    from pyarrow import json

    text, number = pa.string(), pa.int64()
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), text)
    customer = {"address": pa.struct(address), **dict.fromkeys(("email", "name", "phone"), text)}
    totals = dict.fromkeys(("amount_discount", "amount_shipping", "amount_tax"), number)
    metadata = dict.fromkeys(("order_id", "channel", "campaign", "cart", "warehouse"), text)
    numbers = ("created", "expires_at", "amount_total", "amount_subtotal")
    texts = (
        *("id", "status", "payment_status", "mode", "currency", "customer", "customer_email"),
        *("customer_account", "payment_intent", "subscription", "setup_intent", "invoice"),
        *("payment_link", "client_reference_id", "url", "success_url", "cancel_url"),
    )
    schema = pa.schema(
        {
            **dict.fromkeys(texts, text),
            **dict.fromkeys(numbers, number),
            "livemode": pa.bool_(),
            "customer_details": pa.struct(customer),
            "total_details": pa.struct(totals),
            "metadata": pa.struct(metadata),
        }
    )
    parsing = json.ParseOptions(
        explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="ignore"
    )
    page = msgspec.defstruct("Page", [("has_more", bool), ("data", list[msgspec.Raw])])
    decoder = msgspec.json.Decoder(page)
    row: Any = msgspec.json.Decoder(msgspec.defstruct("Row", [("id", str)]))
    client = httpx.Client(auth=(KEY, ""))

    def pages() -> Iterator[list[msgspec.Raw]]:
        parameters: dict[str, Any] = {"limit": PAGE}
        while True:
            response = client.get(task.address + PATH, params=parameters)
            found: Any = decoder.decode(response.content)
            yield found.data
            if not found.has_more:
                return
            parameters["starting_after"] = row.decode(found.data[-1]).id

    def run() -> int:
        rest, tables = pages(), []
        while taken := list(islice(rest, 100)):
            lines = b"\n".join(chain.from_iterable(taken))
            tables.append(json.read_json(pa.BufferReader(lines), parse_options=parsing))
        table = pa.concat_tables(tables)
        task.take(range(table.num_rows))
        return int(table.nbytes)

    return run


def one_request(task: Task) -> Run:
    """One session with httpx and orjson."""
    import httpx
    import orjson

    client = httpx.Client(auth=(KEY, ""))

    def run() -> None:
        response = client.get(task.address + PATH, params={"limit": 1})
        task.take(orjson.loads(response.content)["data"])

    return run


def _accounts(task: Task) -> list[Any]:
    from unified_checkout import Account

    return [
        Account(
            name=name,
            provider=name.rstrip("0123456789"),
            api_key=KEY,
            base_url=address,
            requests_per_second=task.rate,
        )
        for name, address in task.addresses.items()
    ]


def _looped(opened: Callable[[], Any], listing: Callable[[Any], Any]) -> Run:
    """Run a coroutine function again and again on one event loop, with one client."""
    runner = asyncio.Runner()

    async def opening() -> Any:
        return opened()

    the_client = runner.run(opening())
    return lambda: runner.run(listing(the_client))
