"""Drift: how the answers of today differ in shape from those that were recorded."""

from __future__ import annotations

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from random import Random
from types import TracebackType
from typing import Any, Self

import attrs

from unified_checkout import client
from unified_checkout.adapters import Request, Sensitive
from unified_checkout.config import Account
from unified_checkout.engine.exchange import Effort, Exchange
from unified_checkout.engine.policy import AccountState, RetryPolicy
from unified_checkout.errors import InvalidRequest, NotFound
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.tape import Asked, Recording
from unified_checkout.transport.http import HttpSender

_TYPES = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a whole number",
    list: "a list",
    str: "text",
    type(None): "null",
}
_FREE = ("metadata",)
"""Where names are the merchant's own and tell nothing of the provider."""
_ANY_NAME = "*"
_ID = re.compile(r"/[^/]*\d[^/]*$")


@attrs.frozen
class Drift:
    """What asking again came to."""

    compared: int
    """How many requests were answered now as well."""
    refused: tuple[str, ...]
    """What the provider says to those that it does not answer today, such as ids it forgot."""
    differences: tuple[str, ...]
    """Where shapes differ, in words; no value of either side is in them."""


def drift(recordings: Iterable[Recording], account: Account) -> Drift:
    """Ask an account what was recorded of its provider, and compare the shapes of the answers.

    Requests are sent at the account's rate and retried as usual. What was an error when it was
    recorded is not asked again.

    Raises:
        ConfigurationError: if the account's options are wrong.
        ProviderError: if the account cannot be read at all.
    """
    scrubber = Scrubber.of(account.provider)
    shapes: dict[str, tuple[Shapes, Shapes]] = {}
    refused: list[str] = []
    compared = 0
    with _Asking(account) as ask:
        for request, body in _answered(recordings, account.provider):
            try:
                today = json.loads(ask(request))
            except (InvalidRequest, NotFound, ValueError) as error:
                refused.append(str(error))
                continue
            compared += 1
            endpoint = _ID.sub("/...", request.path)
            recorded, live = shapes.setdefault(endpoint, (Shapes(scrubber), Shapes(scrubber)))
            recorded.add(body)
            live.add(today)
    differences = (
        f"{endpoint}: {difference}"
        for endpoint, pair in sorted(shapes.items())
        for difference in _differences(*pair)
    )
    return Drift(compared, tuple(refused), tuple(differences))


class Shapes:
    """The paths in some JSON and the types found there, scrubbed or not."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self.types: defaultdict[str, set[str]] = defaultdict(set)
        self.objects: Counter[str] = Counter()
        """How many objects there were at a path."""
        self.members: Counter[str] = Counter()
        """In how many of the objects above it a path occurred."""

    def add(
        self,
        tree: Any,
        names: tuple[str, ...] = (),
        place: str = "",
        kind: Sensitive | None = None,
    ) -> None:
        """Take in decoded JSON, of which ``kind`` is what it holds."""
        number = isinstance(tree, int | float) and not isinstance(tree, bool)
        self.types[place].add(_TYPES[str if number and kind else type(tree)])
        if isinstance(tree, list):
            for item in tree:
                self.add(item, names, f"{place}[]", kind)
        elif isinstance(tree, dict):
            self.objects[place] += 1
            for name, item in tree.items():
                shown = _ANY_NAME if names[-1:] == _FREE else name
                below = f"{place}.{shown}".removeprefix(".")
                path = (*names, name)
                self.members[below] += 1
                self.add(item, path, below, self._scrubber.kind(path, kind))

    def always_has(self, place: str) -> bool:
        """Whether every object above a path had it."""
        return self.members[place] == self.objects[_above(place)] > 0


def _differences(recorded: Shapes, live: Shapes) -> Iterator[str]:
    for place in sorted({*recorded.types, *live.types}):
        before, now = recorded.types.get(place, set()), live.types.get(place, set())
        if not before:
            if _above(place) in recorded.types:
                yield f"{place}: not in the recordings, now {_listed(now)}"
        elif not now:
            if recorded.always_has(place) and live.objects[_above(place)]:
                yield f"{place}: {_listed(before)} in every recording, now missing"
        elif now - before:
            yield f"{place}: {_listed(before)} in the recordings, now {_listed(now)}"


def _above(place: str) -> str:
    return place.removesuffix("[]") if place.endswith("[]") else place.rpartition(".")[0]


def _listed(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def _answered(recordings: Iterable[Recording], provider: str) -> Iterator[tuple[Request, Any]]:
    """The recorded requests of a provider that were answered, each once, and what came."""
    seen: list[Asked] = []
    for recording in recordings:
        for exchange in recording.exchanges:
            asked, reply = exchange.request, exchange.response
            if asked.provider != provider or asked in seen:
                continue
            if reply is not None and 200 <= reply.status < 300:
                seen.append(asked)
                yield asked.request(), json.loads(reply.body)


class _Asking:
    """Sends requests one after the other, as the engine does."""

    def __init__(self, account: Account) -> None:
        channel = client.channels_of([account])[account.name]
        self._adapter = channel.adapter
        self._sender = HttpSender(channel)
        self._state = AccountState(
            account.requests_per_second or channel.adapter.requests_per_second,
            RetryPolicy(max_attempts=account.max_attempts, max_wait=account.max_wait),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._sender.close()

    def __call__(self, request: Request) -> bytes:
        """The body of the answer.

        Raises:
            ProviderError: if there is none.
        """
        exchange = Exchange(self._adapter, self._state, request, effort=Effort())
        random = Random()  # noqa: S311
        while True:
            now = time.monotonic()
            clear_at = exchange.clear_at(now)
            if clear_at > now:
                time.sleep(clear_at - now)
                continue
            response = self._sender.send(exchange.start(now))
            success = exchange.answer(response, time.monotonic(), random)
            if success is not None:
                return success.body
