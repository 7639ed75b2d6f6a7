"""Where a reading stands: one value, of which cursors are the written form."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Self

import attrs

from unified_checkout.adapters import Direction
from unified_checkout.model.session import Session
from unified_checkout.model.times import AwareDatetime

NEWEST = datetime.max.replace(tzinfo=UTC)
OLDEST = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)
MARK = 8
"""So many characters, six bits each, are kept of an id."""


def before(one: datetime, other: datetime, direction: Direction) -> bool:
    """Whether a moment comes before another in reading order.

    Forward the newer comes first, backward the older.
    """
    return one > other if direction is Direction.FORWARD else one < other


def earlier(one: datetime, other: datetime, direction: Direction) -> datetime:
    """Of two moments, the one that comes first in reading order."""
    return (max if direction is Direction.FORWARD else min)(one, other)


def later(one: datetime, other: datetime, direction: Direction) -> datetime:
    """Of two moments, the one that comes last in reading order."""
    return (min if direction is Direction.FORWARD else max)(one, other)


def beginning(direction: Direction) -> datetime:
    """The moment that comes before all others in reading order."""
    return NEWEST if direction is Direction.FORWARD else OLDEST


def ending(direction: Direction) -> datetime:
    """The moment that comes after all others in reading order."""
    return OLDEST if direction is Direction.FORWARD else NEWEST


def beside(moment: datetime, direction: Direction, steps: int) -> datetime:
    """The moment so many ticks further in reading order; the moment itself at the end of time."""
    try:
        return moment + (-steps if direction is Direction.FORWARD else steps) * _TICK
    except OverflowError:
        return moment


@attrs.frozen(kw_only=True)
class StreamPosition:
    """A place between two sessions of one stream.

    Read on from there, ``cursor`` is excluded unless ``inclusive``. ``done`` says that nothing
    lies ahead; ``cursor`` is then the last session before the end, if there was one.
    """

    cursor: str | None = None
    created: AwareDatetime | None = None
    """When the session at this place was created, by which the order is watched from here on."""
    skip: frozenset[str] = frozenset()
    """Where a provider's places are between pages only, what was handed out of the page that
    ``cursor`` leads to: each id, as its :func:`mark`. With ``inside`` the last few."""
    inclusive: bool = False
    done: bool = False
    early: bool = False
    """Whether reading ended before the list did, as its order allows past a bound of creation."""
    seen: AwareDatetime | None = None
    """No session ahead comes before this moment, as was seen where reading stopped at the place."""
    short: bool = False
    """Whether ``seen`` alone tells where somebody began: what lies between was not handed out."""
    inside: bool = False
    """Whether more was handed out of that page than ``skip`` names: what its list shows before
    one of them, and comes before the account's frontier."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "skip", frozenset(map(mark, self.skip)))

    @classmethod
    def beside(cls, session: Session) -> Self:
        """The place next to a session, which is excluded."""
        return cls(cursor=session.id, created=session.created)

    def turned(self) -> StreamPosition:
        """The same place, looking the other way."""
        if self.cursor is None:
            return StreamPosition(done=not self.done)
        inclusive = self.done or not self.inclusive
        return attrs.evolve(self, done=False, early=False, seen=None, inclusive=inclusive)


def mark(id: str) -> str:
    """What a place keeps of an id: all of a short one, 48 bits of the digest of a longer one.

    Only ids of one account and one page or moment are compared by it. Of ten sessions that a cursor
    keeps apart from ten others, two look alike once in more than two million million cursors.

    >>> mark("cs_1"), mark("cs_test_a1Sv6L0hZ5pQ")
    ('cs_1', 'Dx-5Fr35')
    """
    if len(id) <= MARK:
        return id
    digest = blake2b(id.encode(), digest_size=MARK * 6 // 8, person=b"ucheckoutmark").digest()
    return urlsafe_b64encode(digest).decode()


@attrs.frozen
class Frontier:
    """Where an account stands by time: what comes before ``created`` in reading order is behind.

    Of what was created at that very moment, ``ids`` are behind, or with ``others`` all but them.
    Three sessions of one second, of which A and B were handed out: ``created`` is that second and
    ``ids`` are A and B, each as its :func:`mark`.
    """

    created: AwareDatetime
    ids: frozenset[str] = frozenset()
    others: bool = False

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "ids", frozenset(map(mark, self.ids)))

    @classmethod
    def at(cls, moment: datetime, sessions: Iterable[Session], earlier: Frontier | None) -> Self:
        """The frontier at a moment, with those of ``sessions`` that were created at it."""
        ids = {mark(session.id) for session in sessions if session.created == moment}
        if earlier is not None and earlier.created == moment:
            if earlier.others:
                return cls(moment, earlier.ids - ids, others=True)
            ids |= earlier.ids
        return cls(moment, frozenset(ids))

    def behind(self, session: Session, direction: Direction) -> bool:
        """Whether a session lies behind, in reading order."""
        if session.created == self.created:
            return (mark(session.id) in self.ids) is not self.others
        return before(session.created, self.created, direction)

    def is_beside(self, id: str, created: datetime | None) -> bool:
        """Whether a session was created at its very moment, and is behind."""
        return created == self.created and not self.others and mark(id) in self.ids

    def with_behind(self, id: str) -> Frontier:
        """The same place, a session of its very moment behind it."""
        ids = self.ids - {mark(id)} if self.others else self.ids | {mark(id)}
        return attrs.evolve(self, ids=ids)

    def without(self, id: str | None) -> Frontier:
        """The same, a session of its very moment not among its ids."""
        return self if id is None else attrs.evolve(self, ids=self.ids - {mark(id)})

    def last_behind(self, direction: Direction) -> datetime:
        """The last moment of which everything is behind, in reading order."""
        whole = self.others and not self.ids
        return self.created if whole else beside(self.created, direction, -1)

    def first_ahead(self, direction: Direction) -> datetime:
        """The first moment of which everything lies ahead, in reading order."""
        whole = not self.others and not self.ids
        return self.created if whole else beside(self.created, direction, 1)

    def turned(self) -> Frontier:
        """The same place, looking the other way: what was behind lies ahead."""
        return attrs.evolve(self, others=not self.others)


@attrs.frozen(kw_only=True)
class AccountPosition:
    """Where one account stands: by its streams' places, or where there are none, by time."""

    streams: tuple[StreamPosition, ...] = ()
    """Its streams' places; none where ``frontier`` alone tells."""
    frontier: Frontier | None = None
    """None at the beginning, and where a session's id tells it all."""
    done: bool = False
    """Whether nothing lies ahead."""
    ceiling: AwareDatetime | None = None
    """The upper bound, where the provider's clock disagrees with the one here."""
    in_order: bool = True
    """Whether its lists were in order, as far as they were read."""
    lacking: bool = False
    """Whether sessions of it may be missing before this place, since it had failed."""
    doubted: tuple[str, ...] = ()
    """The conditions, as printed, that the provider was seen not to keep to."""
    begins: bool = False
    """Whether somebody begins here, within the answer, of which nothing was read yet."""
    anchor: str | None = None
    """The id of a session of the frontier's moment; what its lists show before it lies behind."""
    anchor_ahead: bool = False
    """Whether that session lies ahead itself."""

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was read yet of the account."""
        place = any(one.cursor or one.seen or one.done for one in self.streams)
        return self.begins or not (place or self.frontier or self.done)


@attrs.frozen(kw_only=True)
class Position:
    """Where a reading of a plan stands: what a cursor holds."""

    fingerprint: str
    ceiling: AwareDatetime
    direction: Direction = Direction.FORWARD
    accounts: tuple[AccountPosition, ...]
    """In the plan's order."""
