"""Cursors: where every account's lists stand, bound to one query, as one opaque string."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import blake2b
from typing import Any

import attrs
import msgspec

from unified_checkout.engine.position import AccountPosition, Frontier, Position, StreamPosition
from unified_checkout.errors import InvalidCursor

_VERSION = "uc3."
_DIGEST = 9
_LARGEST = 1 << 22
"""More bytes than any position has."""
_EXACT_UNTIL = 2200
"""The year from which on a number of seconds no longer tells microseconds apart."""
_PLAIN, _DEFLATED = b"\0", b"\1"
_NESTED: dict[str, type[Any]] = {
    "accounts": AccountPosition,
    "frontier": Frontier,
    "streams": StreamPosition,
}
"""The fields of a position that hold other values of ours."""


def encode_cursor(state: Position) -> str:
    """The state as an opaque string of letters, digits, ``.``, ``-`` and ``_``."""
    payload = _compressed(msgspec.msgpack.encode(_numbered(state)))
    return _VERSION + urlsafe_b64encode(_digest(payload) + payload).decode().rstrip("=")


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
        plain = msgspec.msgpack.decode(_decompressed(payload))
        return _DECODER.decode(msgspec.json.encode(_named(plain, Position)))
    except (ValueError, LookupError, TypeError, msgspec.MsgspecError, zlib.error) as error:
        raise InvalidCursor("the cursor was edited or cut short") from error


def _numbered(value: Any) -> Any:
    """Plain values: fields by their numbers, those with their defaults left out.

    A moment is a number of seconds, and so takes little room; where that is not exact, text.
    """
    if isinstance(value, datetime):
        if not 1970 <= value.year < _EXACT_UNTIL:
            return value.isoformat()
        return value.timestamp() if value.microsecond else int(value.timestamp())
    if isinstance(value, tuple | frozenset):
        return [_numbered(one) for one in value]
    if not attrs.has(type(value)):
        return value
    return {
        number: _numbered(told)
        for number, field in enumerate(attrs.fields(type(value)))
        if (told := getattr(value, field.name)) != field.default
    }


def _named(plain: Any, kind: type[Any]) -> Any:
    """The same with the fields by their names."""
    if isinstance(plain, list):
        return [_named(one, kind) for one in plain]
    if not isinstance(plain, dict):
        return plain
    names = [field.name for field in attrs.fields(kind)]
    return {
        names[number]: _named(value, _NESTED[name]) if (name := names[number]) in _NESTED else value
        for number, value in plain.items()
    }


def _compressed(plain: bytes) -> bytes:
    deflated = zlib.compress(plain, 9, wbits=-15)
    return _DEFLATED + deflated if len(deflated) < len(plain) else _PLAIN + plain


def _decompressed(payload: bytes) -> bytes:
    if payload[:1] == _PLAIN:
        return payload[1:]
    inflating = zlib.decompressobj(-15)
    plain = inflating.decompress(payload[1:], _LARGEST)
    if not inflating.eof:
        raise ValueError("longer than a position")
    return plain


_DECODER = msgspec.json.Decoder(Position, strict=False)
"""Made with the true class of datetimes, before a test lets a clock stand still."""


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_DIGEST, person=b"ucheckoutcursor").digest()
