"""Cursors: where every account's lists stand, bound to one query, as one opaque string."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Self

import attrs
import msgspec

from unified_checkout.adapters import Direction
from unified_checkout.errors import InvalidCursor
from unified_checkout.model.session import Session

_VERSION = "uc1."
_DIGEST = 9


@attrs.frozen(kw_only=True)
class LanePosition:
    """A place between two sessions of one list.

    Read on from there, ``cursor`` is excluded unless ``inclusive``. ``done`` says that nothing
    lies ahead; ``cursor`` is then the last session before the end, if there was one.
    """

    cursor: str | None = None
    created: datetime | None = None
    """When the session at this place was created, by which the order is watched from here on."""
    skip: tuple[str, ...] = ()
    """Ids already handed out of the page that ``cursor`` leads to, where a provider's places
    are between pages only."""
    inclusive: bool = False
    done: bool = False
    early: bool = False
    """Whether reading ended before the list did, as its order allows past a bound of creation."""

    @classmethod
    def beside(cls, session: Session) -> Self:
        """The place next to a session, which is excluded."""
        return cls(cursor=session.id, created=session.created)

    def turned(self) -> LanePosition:
        """The same place, looking the other way."""
        if self.cursor is None:
            return LanePosition(done=not self.done)
        inclusive = self.done or not self.inclusive
        return attrs.evolve(self, done=False, early=False, inclusive=inclusive)


@attrs.frozen
class Frontier:
    """Where an account's union stands: all beyond ``created`` was handed out, and ``ids`` at it.

    It keeps a session that moves from one stream of a union to another from appearing twice.
    """

    created: datetime
    ids: frozenset[str]

    @classmethod
    def at(cls, moment: datetime, sessions: Sequence[Session], before: Frontier | None) -> Self:
        """The frontier at a moment, with those of ``sessions`` that were created at it."""
        ids = {session.id for session in sessions if session.created == moment}
        if before is not None and before.created == moment:
            ids |= before.ids
        return cls(moment, frozenset(ids))


@attrs.frozen(kw_only=True)
class AccountPosition:
    """Where one account's lists stand."""

    lanes: tuple[LanePosition, ...]
    """Its streams' places."""
    frontier: Frontier | None = None
    """What a union showed; of a single list, the place tells."""
    in_order: bool = True
    """Whether its lists were in order, as far as they were read."""
    lacking: bool = False
    """Whether sessions of it may be missing before this place, since it had failed."""


@attrs.frozen(kw_only=True)
class CursorState:
    """What a cursor holds."""

    fingerprint: str
    ceiling: datetime
    direction: Direction
    delivered: int
    """Sessions of the answer that lie before this place, counted against the query's limit."""
    accounts: tuple[AccountPosition, ...]
    """In the plan's order."""


def encode_cursor(state: CursorState) -> str:
    """The state as an opaque string of letters, digits, ``.``, ``-`` and ``_``."""
    payload = msgspec.json.encode(state)
    return _VERSION + urlsafe_b64encode(_digest(payload) + payload).decode().rstrip("=")


def decode_cursor(text: str) -> CursorState:
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
        return msgspec.json.decode(payload, type=CursorState)
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidCursor("the cursor was edited or cut short") from error


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_DIGEST, person=b"ucheckoutcursor").digest()
