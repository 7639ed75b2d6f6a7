"""Cursors: where every account's lists stand, bound to one query, as one opaque string."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import blake2b

import attrs
import msgspec

from unified_checkout.adapters import Direction
from unified_checkout.errors import InvalidCursor

_VERSION = "uc1."
_DIGEST = 9


@attrs.frozen(kw_only=True)
class LanePosition:
    """A place between two sessions of one list.

    Read on from there, ``cursor`` is excluded unless ``inclusive``. ``done`` says that nothing
    lies ahead; ``cursor`` is then the last session before the end, if there was one.
    """

    cursor: str | None = None
    skip: tuple[str, ...] = ()
    """Ids already handed out of the page that ``cursor`` leads to, where a provider's places
    are between pages only."""
    inclusive: bool = False
    done: bool = False

    def turned(self) -> LanePosition:
        """The same place, looking the other way."""
        if self.done:
            return LanePosition(cursor=self.cursor, inclusive=self.cursor is not None)
        if self.cursor is None:
            return LanePosition(done=True)
        return LanePosition(cursor=self.cursor, inclusive=not self.inclusive)


@attrs.frozen
class Frontier:
    """Where the merged answer stands: all beyond ``created`` was handed out, and ``ids`` at it.

    It keeps a session that moves from one stream of a union to another from appearing twice.
    """

    created: datetime
    ids: frozenset[str]


@attrs.frozen(kw_only=True)
class CursorState:
    """What a cursor holds."""

    fingerprint: str
    ceiling: datetime
    direction: Direction
    delivered: int
    """Sessions of the answer that lie before this place, counted against the query's limit."""
    lanes: tuple[tuple[LanePosition, ...], ...]
    """For each account, in the plan's order, its streams' places."""
    frontier: Frontier | None = None


def encode_cursor(state: CursorState) -> str:
    """The state as an opaque string of letters, digits, ``.``, ``-`` and ``_``."""
    payload = msgspec.json.encode(state)
    return _VERSION + urlsafe_b64encode(_digest(payload) + payload).decode().rstrip("=")


def decode_cursor(text: str) -> CursorState:
    """The state of a cursor.

    Raises:
        InvalidCursor: if it was edited, cut, or made by another version.
    """
    if not text.startswith(_VERSION):
        raise InvalidCursor("this is not a cursor of this version of unified_checkout")
    try:
        whole = urlsafe_b64decode(text.removeprefix(_VERSION) + "===")
        digest, payload = whole[:_DIGEST], whole[_DIGEST:]
        if digest != _digest(payload) or text != _VERSION + urlsafe_b64encode(
            whole
        ).decode().rstrip("="):
            raise InvalidCursor("the cursor was edited or cut short")
        return msgspec.json.decode(payload, type=CursorState)
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidCursor("the cursor was edited or cut short") from error


def bound_state(text: str, fingerprint: str) -> CursorState:
    """The state of a cursor that must belong to the query with this fingerprint.

    Raises:
        InvalidCursor: if it was edited, or belongs to another query or other accounts.
    """
    state = decode_cursor(text)
    if state.fingerprint != fingerprint:
        raise InvalidCursor(
            "the cursor belongs to another query or to other accounts; "
            "use it with exactly the query, limit and accounts it came from"
        )
    return state


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_DIGEST, person=b"ucheckoutcursor").digest()
