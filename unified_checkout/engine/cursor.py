"""Cursors: where every account's lists stand, bound to one query, as one opaque string."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import blake2b
from typing import Any

import attrs
import msgspec

from unified_checkout.engine.position import (
    MARK,
    AccountPosition,
    Frontier,
    Position,
    StreamPosition,
)
from unified_checkout.errors import InvalidCursor

_VERSION = "uc3."
_DIGEST = 9
_LARGEST = 1 << 22
"""More bytes than any position has."""
_EXACT_UNTIL = 2200
"""The year from which on a number of seconds no longer tells microseconds apart."""
_FIRST_YEAR, _LAST_YEAR = 1000, 9000
"""No clock shows another year; near the first and the last, no span of time could be counted off."""
_FRONTIER = [one.name for one in attrs.fields(AccountPosition)].index("frontier")
_CREATED = [one.name for one in attrs.fields(Frontier)].index("created")
_UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    RecursionError,
    msgspec.MsgspecError,
    zlib.error,
)
_PLAIN, _DEFLATED, _PACKED = b"\0", b"\1", b"\2"
_PACKABLE = re.compile(r"[\w-]+", re.ASCII)
"""Text that can be written at six bits a letter."""
_NESTED: dict[str, type[Any]] = {
    "accounts": AccountPosition,
    "frontier": Frontier,
    "ids": frozenset,
    "skip": frozenset,
    "streams": StreamPosition,
}
"""The fields of a position that hold other values of ours, or marks."""


def encode_cursor(state: Position) -> str:
    """The state as an opaque string of letters, digits, ``.``, ``-`` and ``_``."""
    return _sealed(_compressed(_numbered(state)))


def decode_cursor(text: str) -> Position:
    """The state of a cursor.

    Raises:
        InvalidCursor: if it was edited, cut, or made by another version.
    """
    if not isinstance(text, str) or not text.startswith(_VERSION):
        raise InvalidCursor("this is not a cursor of this version of unified_checkout")
    try:
        whole = urlsafe_b64decode(text.removeprefix(_VERSION) + "===")
        digest, payload = whole[:_DIGEST], whole[_DIGEST:]
        if digest != _digest(payload) or text != _VERSION + urlsafe_b64encode(
            whole
        ).decode().rstrip("="):
            raise InvalidCursor("the cursor was edited or cut short")
        plain = _unpacked(msgspec.msgpack.decode(_decompressed(payload)))
        position = _DECODER.decode(msgspec.json.encode(_named(plain, Position)))
    except _UNREADABLE as error:
        raise InvalidCursor("the cursor was edited or cut short") from error
    ceilings = {position.ceiling, *(one.ceiling or position.ceiling for one in position.accounts)}
    if not all(_FIRST_YEAR <= ceiling.year < _LAST_YEAR for ceiling in ceilings):
        raise InvalidCursor("the cursor says that it was made at a time when none was")
    return position


def _numbered(value: Any) -> Any:
    """Plain values: fields by their numbers, those with their defaults left out.

    A moment is a number of seconds, and so takes little room; where that is not exact, text. That of
    a frontier is True where it lies right behind the session of the first place, which tells it.
    """
    if isinstance(value, datetime):
        if not 1970 <= value.year < _EXACT_UNTIL:
            return value.isoformat()
        return value.timestamp() if value.microsecond else int(value.timestamp())
    if isinstance(value, frozenset) and all(len(one) == MARK for one in value):
        return "".join(sorted(value))
    if isinstance(value, tuple | frozenset):
        return [_numbered(one) for one in value]
    if not attrs.has(type(value)):
        return value
    numbered = {
        number: _numbered(told)
        for number, field in enumerate(attrs.fields(type(value)))
        if (told := getattr(value, field.name)) != field.default
    }
    if isinstance(value, AccountPosition) and value.streams and value.frontier is not None:
        first, frontier = value.streams[0], value.frontier
        if first.cursor and frontier.is_beside(first.cursor, first.created):
            shorter = {**_numbered(frontier.without(first.cursor)), _CREATED: True}
            numbered[_FRONTIER] = shorter
    return numbered


def _named(plain: Any, kind: type[Any]) -> Any:
    """The same with the fields by their names."""
    if isinstance(plain, str):
        return [plain[at : at + MARK] for at in range(0, len(plain), MARK)]
    if isinstance(plain, list) and kind is not frozenset:
        return [_named(one, kind) for one in plain]
    if not isinstance(plain, dict):
        return plain
    names = [field.name for field in attrs.fields(kind)]
    named = {
        names[number]: _named(value, _NESTED[name]) if (name := names[number]) in _NESTED else value
        for number, value in plain.items()
    }
    frontier = named.get("frontier")
    if isinstance(frontier, dict) and frontier.get("created") is True:
        first = named["streams"][0]
        ids = [*frontier.get("ids", ()), first["cursor"]]
        named["frontier"] = {**frontier, "created": first["created"], "ids": ids}
    return named


def _compressed(numbered: Any) -> bytes:
    plain = msgspec.msgpack.encode(numbered)
    deflated = _DEFLATED + zlib.compress(plain, 9, wbits=-15)
    packed = _PACKED + msgspec.msgpack.encode(_packed(numbered))
    return min(_PLAIN + plain, deflated, packed, key=len)


def _packed(value: Any) -> Any:
    """The same, text at six bits a letter if that is shorter; its end is marked unless it shows.

    The bytes are turned round: as they are, they would show the text again in the cursor.
    """
    if isinstance(value, dict):
        return {number: _packed(one) for number, one in value.items()}
    if isinstance(value, list):
        return [_packed(one) for one in value]
    if not (isinstance(value, str) and _PACKABLE.fullmatch(value)):
        return value
    shows = len(value) % 4 == 0 and value[-1] not in "-_"
    packed = urlsafe_b64decode(value if shows else f"{value}-{'_' * (-len(value) - 1 & 3)}")
    return packed[::-1] if len(packed) + 1 < len(value) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return {number: _unpacked(one) for number, one in value.items()}
    if isinstance(value, list):
        return [_unpacked(one) for one in value]
    if not isinstance(value, bytes):
        return value
    return urlsafe_b64encode(value[::-1]).decode().rstrip("_").removesuffix("-")


def _decompressed(payload: bytes) -> bytes:
    if payload[:1] in (_PLAIN, _PACKED):
        return payload[1:]
    inflating = zlib.decompressobj(-15)
    plain = inflating.decompress(payload[1:], _LARGEST)
    if not inflating.eof:
        raise ValueError("longer than a position")
    return plain


_DECODER = msgspec.json.Decoder(Position, strict=False)


def _sealed(payload: bytes) -> str:
    return _VERSION + urlsafe_b64encode(_digest(payload) + payload).decode().rstrip("=")


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_DIGEST, person=b"ucheckoutcursor").digest()
