"""Cursors: where every account's lists stand, bound to one query, as one opaque string."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import blake2b
from typing import Any

import attrs
import msgspec

from unified_checkout.engine.position import Position
from unified_checkout.errors import InvalidCursor

_VERSION = "uc2."
_DIGEST = 9


def encode_cursor(state: Position) -> str:
    """The state as an opaque string of letters, digits, ``.``, ``-`` and ``_``."""
    payload = _ENCODER.encode(attrs.asdict(state, filter=_is_worth_saying))
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
        return _DECODER.decode(payload)
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidCursor("the cursor was edited or cut short") from error


def _is_worth_saying(field: attrs.Attribute[Any], value: Any) -> bool:
    return bool(value != field.default)


def _written(value: object) -> str:
    """A moment of a clock that a test lets stand still is of a class of its own."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a cursor holds no {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_written)
_DECODER = msgspec.json.Decoder(Position)


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_DIGEST, person=b"ucheckoutcursor").digest()
