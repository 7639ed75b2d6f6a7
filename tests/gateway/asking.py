"""A door that is asked without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import attrs
from gateway.serving import Noting, setup_for

from unified_checkout import Account
from unified_checkout.gateway.description import STATUSES_OF_FAILURE
from unified_checkout.gateway.door import Door
from unified_checkout.gateway.refusals import FAILED, INVALID
from unified_checkout.gateway.visits import Visit


@attrs.frozen
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def ids(self) -> list[str]:
        """The ids of a list."""
        return [one["id"] for one in self.json["data"]]

    @property
    def named(self) -> list[tuple[str, str]]:
        """Account and provider's id of each session of a list."""
        told = [one["unified_checkout"] for one in self.json["data"]]
        return [(one["account"], one["id"]) for one in told]


def check(answer: Answer) -> None:
    """What holds for every answer."""
    assert answer.headers["request-id"].startswith("req_")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["stripe-version"]
    if answer.status == 200:
        return
    assert answer.status in STATUSES_OF_FAILURE
    [error] = answer.json.values()
    assert error["type"] in (FAILED, INVALID)
    assert error["message"]
    assert error["request_id"] == answer.headers["request-id"]
    again = answer.status == 503 and "Nothing was tried." in error["message"]
    assert answer.headers["stripe-should-retry"] == ("true" if again else "false")


class Asking:
    """Asks a door."""

    def __init__(self, door: Door, tokens: Mapping[str, str], runner: asyncio.Runner) -> None:
        self.door = door
        self.tokens = tokens
        self.visits: list[Visit] = []
        self._runner = runner

    def run(self, waiting: Any) -> Any:
        return self._runner.run(waiting)

    def get(
        self,
        path: str = "/v1/checkout/sessions",
        token: str | None = "all",
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        **parameters: Any,
    ) -> Answer:
        """Ask; a path is sent as it is written, a header as often as it has lines."""
        answer: Answer = self.run(self.ask(path, token, headers or {}, method, parameters))
        return answer

    def session(self, id: str, token: str = "all", **parameters: Any) -> Answer:
        """Ask for one session."""
        return self.get(f"/v1/checkout/sessions/{quote(id, safe='')}", token, **parameters)

    async def ask(
        self,
        path: str,
        token: str | None,
        headers: Mapping[str, str],
        method: str,
        parameters: Mapping[str, object],
    ) -> Answer:
        """The same, awaited."""
        given = {**self._bearer(token), **headers}
        return await self._sent(path.encode(), urlencode(parameters).encode(), given, method)

    def raw(
        self,
        path: bytes,
        query: bytes,
        *,
        token: str = "all",
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> Answer:
        """Ask with a path and a query as they are."""
        given = {**self._bearer(token), **(headers or {})}
        answer: Answer = self.run(self._sent(path, query, given, method))
        return answer

    def _bearer(self, token: str | None) -> dict[str, str]:
        if token is None:
            return {}
        return {"authorization": f"Bearer {self.tokens.get(token, token)}"}

    async def _sent(
        self, path: bytes, query: bytes, headers: Mapping[str, str], method: str
    ) -> Answer:
        sent: list[Any] = []
        coming = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            while not coming:
                await asyncio.Event().wait()
            return coming.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": [
                (name.lower().encode(), line.encode())
                for name, value in headers.items()
                for line in value.split("\n")
            ],
            "client": ("192.0.2.7", 5),
        }
        await self.door(scope, receive, send)
        if not sent:
            return Answer(0, {}, b"")
        told = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        return Answer(sent[0]["status"], told, b"".join(one["body"] for one in sent[1:]))

    def walk(
        self, token: str = "all", *, back: str | None = None, **parameters: Any
    ) -> Iterator[list[tuple[str, str]]]:
        """Page after page, as an SDK turns them; it must never meet an empty page in between."""
        cursor: dict[str, Any] = {} if back is None else {"ending_before": back}
        while True:
            answer = self.get(token=token, **parameters, **cursor)
            assert answer.status == 200, answer.json
            assert answer.ids or not answer.json["has_more"]
            yield answer.named
            if not answer.json["has_more"]:
                return
            name, place = ("starting_after", -1) if back is None else ("ending_before", 0)
            cursor = {name: answer.ids[place]}


@contextmanager
def asking(
    accounts: Sequence[Account], settings: dict[str, Any] | None = None, **sight: Any
) -> Iterator[Asking]:
    """A door over accounts, and the event loop that it runs in."""
    setup, tokens = setup_for(accounts, settings, **sight)
    with asyncio.Runner() as runner:
        metrics = Noting()

        async def opened() -> Door:
            return Door(setup, metrics)

        door = runner.run(opened())
        asked = Asking(door, tokens, runner)
        asked.visits = metrics.visits
        try:
            yield asked
        finally:
            runner.run(door.close())
