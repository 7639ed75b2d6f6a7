"""YAML as far as a cassette needs it: text, lists and objects, and nothing that can explode.

A file may come from a stranger. Aliases, which can make a few lines stand for gigabytes, tags,
which can name code, and numbers, which can take hours to read, are not read at all: a scalar is
its text. What is too deep or has too many parts is refused at the place where that shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unified_checkout.testing.cassettes.errors import missing_extra

_DEEPEST = 8
_MOST_PARTS = 500_000


class NotPlain(ValueError):
    """Some text is no plain YAML; the message says why, and in which line."""


def decoded(text: str) -> Any:
    """Text, lists and objects with text for names; None for a file without anything in it.

    Raises:
        NotPlain: if it is anything else.
        ConfigurationError: if the ``testing`` extra is missing.

    >>> decoded("{version: 1, exchanges: []}")
    {'version': '1', 'exchanges': []}
    """
    yaml = library()
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _Decoder(yaml.parse(text, Loader=loader)).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "some character"
        raise NotPlain(f"{place} cannot be read") from error


class _Decoder:
    """Puts the parts of one document together."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._parts = 0

    def document(self) -> Any:
        self._next("StreamStart")
        if self._kind(event := next(self._events)) == "StreamEnd":
            return None
        document = self._value(self._take(), 0)
        self._next("DocumentEnd")
        if self._kind(event := next(self._events)) != "StreamEnd":
            raise NotPlain(f"line {event.start_mark.line + 1} begins a second document")
        return document

    def _value(self, event: Any, depth: int) -> Any:
        kind, line = self._kind(event), event.start_mark.line + 1
        if kind == "Alias" or event.anchor is not None:
            raise NotPlain(f"line {line} has an alias")
        if event.tag not in (None, "!"):
            raise NotPlain(f"line {line} has a tag")
        if kind == "Scalar":
            return event.value
        if depth == _DEEPEST:
            raise NotPlain(f"line {line} is nested too deeply")
        return self._list(depth) if kind == "SequenceStart" else self._object(depth)

    def _list(self, depth: int) -> list[Any]:
        items = []
        while self._kind(event := self._take()) != "SequenceEnd":
            items.append(self._value(event, depth + 1))
        return items

    def _object(self, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while self._kind(event := self._take()) != "MappingEnd":
            name, line = self._value(event, depth + 1), event.start_mark.line + 1
            if not isinstance(name, str):
                raise NotPlain(f"line {line} has a name that is no text")
            if name in fields:
                raise NotPlain(f"line {line} has a name that was there before")
            fields[name] = self._value(self._take(), depth + 1)
        return fields

    def _take(self) -> Any:
        event = next(self._events)
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise NotPlain(f"line {event.start_mark.line + 1} is one part too many")
        return event

    def _next(self, kind: str) -> None:
        event = next(self._events)
        assert self._kind(event) == kind

    @staticmethod
    def _kind(event: Any) -> str:
        return type(event).__name__.removesuffix("Event")


def library() -> Any:
    """PyYAML.

    Raises:
        ConfigurationError: if it is not installed.
    """
    try:
        import yaml  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return yaml
