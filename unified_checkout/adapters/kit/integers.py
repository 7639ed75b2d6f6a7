"""JSON in which integers are written as ``1000.0`` or ``1e3``, as some proxies write them anew."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation

import msgspec

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|-?\d[\d.eE+-]*+|[][{},]', re.DOTALL)
_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+")
_PLACE = re.compile(r"Expected `[^`]*\bint\b[^`]*`, got `float` - at `\$(.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(?:\d+|\.\.\.)\]")
_ANY = None
_SURE = 2**53 - 1
"""Up to here a double has each integer for itself (RFC 8259, section 6)."""
_LONGEST = 4_000_000

Place = tuple[str | None, ...]
"""The names that lead to a value; None for any element of an array or an object."""


def place_of_integer(error: msgspec.ValidationError) -> Place | None:
    """Where an integer is expected, and something with a fraction or an exponent stands.

    >>> place_of_integer(msgspec.ValidationError("Expected `int`, got `float` - at `$.a[0].b`"))
    ('a', None, 'b')
    """
    found = _PLACE.fullmatch(str(error))
    return tuple(step or _ANY for step in _STEP.findall(found[1])) if found else None


def with_integers(sent: bytes, places: Collection[Place]) -> bytes:
    """JSON in which each number at these places that is an integer is written as one.

    The value stays what it was. What is no integer, or more than a double is sure of, stays as it
    is written, and so does all that stands elsewhere, and a text of many megabytes, which is read
    too slowly here.

    >>> with_integers(b'{"a": 10.00E2, "b": 1e3, "c": [2.5, 2.0]}', {("a",), ("c", None)})
    b'{"a": 1000, "b": 1e3, "c": [2.5, 2]}'
    """
    if len(sent) > _LONGEST:
        return sent
    parts, end = list[bytes](), 0
    for number, place in _fractions(sent):
        integer = _integer(number[0]) if any(_is_at(place, one) for one in places) else None
        if integer is not None:
            parts += sent[end : number.start()], integer
            end = number.end()
    return b"".join([*parts, sent[end:]])


def _is_at(place: list[str | None], asked: Place) -> bool:
    return len(place) == len(asked) and all(
        step is _ANY or step == name for step, name in zip(asked, place, strict=True)
    )


def _fractions(sent: bytes) -> Iterator[tuple[re.Match[bytes], list[str | None]]]:
    """The numbers that are not written as integers, and where each stands."""
    place = list[str | None]()
    is_name = False
    for token in _TOKEN.finditer(sent):
        match token[0][:1]:
            case b"{" | b"[" as bracket:
                is_name = bracket == b"{"
                place.append("" if is_name else _ANY)
            case b"}" | b"]":
                del place[-1:]
                is_name = False
            case b",":
                is_name = place[-1:] not in ([], [_ANY])
            case b'"':
                if is_name:
                    place[-1] = _name(token[0])
                is_name = False
            case _:
                if not token[0].lstrip(b"-").isdigit():
                    yield token, place


def _name(token: bytes) -> str:
    try:
        return str(msgspec.json.decode(token))
    except msgspec.DecodeError:
        return ""


def _integer(number: bytes) -> bytes | None:
    """A number as it is written without a fraction; None if it has one, or is not a sure one."""
    if not _NUMBER.fullmatch(number):
        return None
    try:
        value = Decimal(number.decode())
    except InvalidOperation:
        return None
    if value.copy_abs() > _SURE or value != (whole := value.to_integral_value()):
        return None
    return b"%d" % int(whole) if whole else b"0"
