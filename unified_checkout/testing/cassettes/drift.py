"""Drift: how the answers of today differ in shape from those that were recorded."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.adapters import Request, Sensitive
from unified_checkout.config import Account
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import AddressNotFound, InvalidRequest, NotFound
from unified_checkout.testing.cassettes.asking import Asking
from unified_checkout.testing.cassettes.names import is_a_name
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.tape import Recording

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
    outdated: tuple[Path, ...]
    """The files that hold answers of the shapes that differ."""


def drift(
    recordings: Mapping[Path, Recording], account: Account, observers: Sequence[Observer] = ()
) -> Drift:
    """Ask an account what was recorded of its provider, and compare the shapes of the answers.

    Args:
        recordings: what was recorded, by the file that holds it.
        account: whom to ask.
        observers: are told of every request, retry and wait.

    Requests are sent at the account's rate and retried as usual. What was an error when it was
    recorded is not asked again, nor is a token: one is fetched where it is needed.

    Raises:
        ConfigurationError: if the account's options are wrong.
        ProviderError: if the account cannot be read at all.
    """
    scrubber = Scrubber.of(account.provider, stand_in=_one_stand_in)
    shapes: defaultdict[str, tuple[Shapes, Shapes]] = defaultdict(
        lambda: (Shapes(scrubber), Shapes(scrubber))
    )
    files: defaultdict[str, set[Path]] = defaultdict(set)
    refused: list[str] = []
    compared = 0
    with closing(Asking(account, observers)) as ask:
        for request, body, held_by in _answered(recordings, account.provider):
            if request == ask.token_request:
                continue
            try:
                today = json.loads(ask(request))
            except (AddressNotFound, InvalidRequest, NotFound, ValueError) as error:
                refused.append(str(error))
                continue
            compared += 1
            endpoint = _ID.sub("/...", request.path)
            recorded, live = shapes[endpoint]
            recorded.add(body)
            live.add(today)
            files[endpoint] |= held_by
    differences = {
        endpoint: [f"{endpoint}: {difference}" for difference in _differences(*pair)]
        for endpoint, pair in sorted(shapes.items())
    }
    outdated = set().union(*(files[endpoint] for endpoint, found in differences.items() if found))
    return Drift(
        compared=compared,
        refused=tuple(refused),
        differences=tuple(chain.from_iterable(differences.values())),
        outdated=tuple(sorted(outdated)),
    )


class Shapes:
    """The paths in some JSON and the types found there, once it is scrubbed."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self.types: defaultdict[str, set[str]] = defaultdict(set)
        self.objects: Counter[str] = Counter()
        """How many objects there were at a path."""
        self.members: Counter[str] = Counter()
        """In how many of the objects above it a path occurred."""

    def add(self, body: Any) -> None:
        """Take in decoded JSON."""
        self._add(self._scrubber.tree(body), "")

    def _add(self, tree: Any, place: str) -> None:
        self.types[place].add(_TYPES[type(tree)])
        if isinstance(tree, list):
            for item in tree:
                self._add(item, f"{place}[]")
        elif isinstance(tree, dict):
            self.objects[place] += 1
            free = place.rpartition(".")[2] in _FREE
            for name, item in tree.items():
                shown = _ANY_NAME if free or not is_a_name(name) else name
                below = f"{place}.{shown}".removeprefix(".")
                self.members[below] += 1
                self._add(item, below)

    def always_has(self, place: str) -> bool:
        """Whether every object above a path had it."""
        return self.members[place] == self.objects[_above(place)] > 0


def _one_stand_in(kind: Sensitive, original: str) -> str:
    """Text in the place of any: only shapes are compared, and real substitutes take their time."""
    return "text-000000000000"


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


def _answered(
    recordings: Mapping[Path, Recording], provider: str
) -> Iterable[tuple[Request, Any, set[Path]]]:
    """The recorded requests of a provider, each once, what JSON came, and the files with it."""
    found: dict[tuple[str, ...], tuple[Request, Any, set[Path]]] = {}
    for file, recording in recordings.items():
        for exchange in recording.exchanges:
            asked, reply = exchange.request, exchange.response
            if asked.provider != provider or reply is None or not 200 <= reply.status < 300:
                continue
            same = tuple(asked.lines())
            if same in found:
                found[same][2].add(file)
                continue
            with suppress(ValueError, RecursionError):
                found[same] = asked.request(), json.loads(reply.body), {file}
    return found.values()
