"""Looking through recordings for what should not be in them, or has been in them too long."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from unified_checkout.adapters import Request
from unified_checkout.telltales import TELLTALE
from unified_checkout.testing.cassettes.errors import CassetteError
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.substitutes import SUBSTITUTE
from unified_checkout.testing.cassettes.tape import Exchange, Recording, parsed, text_of

_UNITS = (
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
    (timedelta(seconds=1), "second"),
    (timedelta.resolution, "microsecond"),
)
_LOOKS = {"email": "an e-mail address", "secret": "a secret"}


def problems(path: Path, *, now: datetime, max_age: timedelta | None = None) -> list[str]:
    """What is wrong with a file, in words that do not repeat what should not be in it."""
    try:
        text = text_of(path)
        recording = parsed(path, text)
    except CassetteError as error:
        return [str(error).removeprefix(f"{path} ")]
    found = leaks(text, recording)
    age = now - recording.recorded_at
    if max_age is not None and age > max_age:
        found.append(_too_old(age, max_age))
    return found


def _too_old(age: timedelta, most: timedelta) -> str:
    """How old, in the largest unit in which the most is a whole number."""
    unit, name = next((unit, name) for unit, name in _UNITS if not most % unit)
    old = age // unit
    return f"recorded {old} {name}{'' if old == 1 else 's'} ago, more than {most // unit}"


def leaks(text: str, recording: Recording, keys: Collection[str] = ()) -> list[str]:
    """Where a recording holds what scrubbing would have replaced.

    Args:
        text: the file as it is or will be written, comments and all.
        recording: the same, read.
        keys: the keys that were in use while it was made.
    """
    return [*_by_look(text, keys), *_by_name(recording)]


def _by_look(text: str, keys: Collection[str]) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if any(key in line for key in keys):
            yield f"line {number}: the account's key"
        for found in TELLTALE.finditer(line):
            if not SUBSTITUTE.fullmatch(found[0]):
                yield f"line {number}: {_LOOKS[found.lastgroup or '']}"


def _by_name(recording: Recording) -> Iterator[str]:
    for number, exchange in enumerate(recording.exchanges, 1):
        scrubber = Scrubber.of(exchange.request.provider)
        for place in _places(exchange, scrubber):
            yield f"exchange {number}: {place} is not a substitute"


def _places(exchange: Exchange, scrubber: Scrubber) -> Iterator[str]:
    request = exchange.request.request()
    yield from _request_places(request, scrubber.request(request))
    if exchange.response is not None:
        response = exchange.response.response()
        kept = scrubber.response(response)
        yield from _changed_headers(response.headers, kept.headers)
        try:
            body = json.loads(response.body, object_pairs_hook=_fields)
            yield from list(_changed(body, scrubber.tree(body), ""))
        except (ValueError, RecursionError):
            if kept.body != response.body:
                yield "the body"


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of an object.

    Raises:
        ValueError: if two have one name, since the second would hide what the first holds.
    """
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError
    return fields


def _request_places(asked: Request, scrubbed: Request) -> Iterator[str]:
    if asked.path != scrubbed.path:
        yield "the path"
    for before, after in zip(asked.parameters, scrubbed.parameters, strict=True):
        if before != after:
            yield f"parameter {after[0]}"
    yield from _changed_headers(asked.headers, scrubbed.headers)
    if asked.body != scrubbed.body:
        yield "what it carries"


def _changed_headers(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    return (f"header {name}" for name, text in before.items() if after.get(name) != text)


def _changed(before: Any, after: Any, place: str) -> Iterator[str]:
    """The paths at which two trees of one shape differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for (_, old), (name, new) in zip(before.items(), after.items(), strict=False):
            yield from _changed(old, new, f"{place}.{name}" if place else name)
        if list(before) != list(after):
            yield f"a name in {place or 'the body'}"
    elif isinstance(before, list) and isinstance(after, list):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _changed(old, new, f"{place}[{index}]")
    elif before != after:
        yield place or "the body"
