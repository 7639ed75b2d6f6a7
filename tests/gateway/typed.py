"""A reader as strict as Stripe's SDKs for Go and .NET, by the types of its SDK for Python.

Those read a whole number without a fraction into a number, and null into nothing where the field may
be null; words of a fixed choice are plain text to them.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import stripe

LATEST = 5_000_000_000
"""Seconds, from which on .NET takes a moment for milliseconds; before 1970 it throws."""


class Elsewhere:
    """Another of Stripe's objects, which is expanded or not."""


class _Names(dict[str, Any]):
    """The names that annotations of a class use."""

    def __init__(self, kind: type) -> None:
        super().__init__(vars(kind))
        self._module = vars(sys.modules[kind.__module__])

    def __missing__(self, name: str) -> Any:
        return self._module.get(name, getattr(builtins, name, Elsewhere))


def fields(kind: type) -> Mapping[str, Any]:
    """The types of an object's fields."""
    if kind not in _FIELDS:
        _FIELDS[kind] = get_type_hints(kind, localns=_Names(kind))
    return _FIELDS[kind]


_FIELDS: dict[type, Mapping[str, Any]] = {}


def complaints(kind: Any, value: Any, place: str = "") -> Iterator[str]:
    """What the reader would fail on, and where."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return
    if origin in (Union, UnionType):
        tried = [list(complaints(one, value, place)) for one in inner]
        yield from min(tried, key=len)
    elif origin is Literal:
        yield from complaints(str, value, place)
    elif origin is list:
        yield from _wrong(list, value, place)
        for index, one in enumerate(value if type(value) is list else ()):
            yield from complaints(inner[0], one, f"{place}[{index}]")
    elif origin is not None or kind is Elsewhere or issubclass(kind, stripe.StripeObject):
        yield from _wrong(dict, value, place)
        for name, one in value.items() if type(value) is dict else ():
            yield from complaints(_type_of(kind, name), one, f"{place}.{name}")
    else:
        yield from _wrong(kind, value, place)
        moment = place.endswith((".created", "_at"))
        if type(value) is int and moment and not 0 <= value < LATEST:
            yield f"{place}: no moment, but {value!r}"


def _type_of(kind: Any, name: str) -> Any:
    """The type of an object's field; what is not known is skipped."""
    if kind is Elsewhere:
        return {"id": str, "object": str}.get(name, Any)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is stripe.ListObject:
        return {"data": list[inner[0]], "has_more": bool, "object": str, "url": str}.get(name, Any)  # type: ignore[valid-type]
    if origin is not None:
        return inner[-1]
    return fields(kind).get(name, Any)


def _wrong(kind: type, value: Any, place: str) -> Iterator[str]:
    if type(value) is not kind:
        yield f"{place}: no {kind.__name__}, but {value!r}"
