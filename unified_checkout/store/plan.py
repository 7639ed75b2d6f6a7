"""What to read of an account, decided from what its store tells. Nothing here waits or asks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import NoneType

import attrs
import msgspec

from unified_checkout.errors import InvalidQuery
from unified_checkout.model import times
from unified_checkout.model.validation import expect

BEGINNING = datetime.fromtimestamp(0, UTC)
"""Stands for "as far back as the provider's list goes"."""


_HORIZON = timedelta(days=30)


def check_since(since: datetime | None) -> None:
    """Refuse what is no aware moment.

    Raises:
        InvalidQuery: naming what is allowed.
    """
    allowed = "an aware datetime, such as 2026-10-01T00:00:00Z"
    expect("since", since, (datetime, NoneType), allowed)
    if since is not None and since.utcoffset() is None:
        raise InvalidQuery(f"since: give {allowed}")


@attrs.frozen(kw_only=True)
class Patience:
    """How often sessions are read again that may still change.

    >>> Patience(horizon=timedelta(days=180)).overlap
    datetime.timedelta(seconds=600)
    """

    overlap: timedelta = timedelta(minutes=10)
    """What was created so long before the mark is read again, since it may have come late."""
    horizon: timedelta | None = None
    """How long after its creation a session that has ended may still be refunded or disputed; None
    is what the provider's adapter declares, or else 30 days."""
    settled: timedelta = timedelta(days=1)
    """A session that has ended is read again once in this time, until the horizon; so is one beyond
    it that is still open or unpaid."""

    missed: timedelta = timedelta(days=8)
    """A session that a provider no longer has is asked for again in each run for so long, since it
    may only have been missed; by default, so that even a weekly run looks twice."""

    def __attrs_post_init__(self) -> None:
        for name in ("overlap", "horizon", "settled", "missed"):
            allowed = "a timedelta from 0 on"
            span: timedelta | None = getattr(self, name)
            expect(name, span, (timedelta, NoneType) if name == "horizon" else timedelta, allowed)
            if span is not None and span < timedelta(0):
                raise InvalidQuery(f"{name} is {span}; allowed: {allowed}")

    def horizon_of(self, declared: timedelta | None) -> timedelta:
        """The horizon of a provider whose adapter declares this.

        >>> Patience().horizon_of(None).days, Patience().horizon_of(timedelta(days=7)).days
        (30, 7)
        """
        told = (one for one in (self.horizon, declared) if one is not None)
        return next(told, _HORIZON)


@attrs.frozen(kw_only=True)
class Horizon:
    """How long which sessions are read again, counted from their creation to their last reading."""

    ended: timedelta
    """Those that have ended, or not: now and then."""
    moving: timedelta
    """Those that are open or unpaid: in each run."""
    settled_before: datetime
    """What was read since need not be read again now and then."""
    missed_after: datetime
    """What is gone since may only have been missed."""

    @staticmethod
    def of(
        patience: Patience, declared: timedelta | None, now: datetime, *, by_id: bool
    ) -> Horizon:
        """The horizons at a provider.

        Where no single session can be asked for, each run would read the list down to the oldest
        session that may change, so that only young ones are read each time.
        """
        ended = patience.horizon_of(declared)
        moving = ended if by_id else min(ended, 2 * patience.settled)
        return Horizon(
            ended=ended,
            moving=moving,
            settled_before=now - patience.settled,
            missed_after=times.since(now, patience.missed),
        )


@attrs.frozen(kw_only=True)
class Span:
    """What is complete of an account: everything created from ``since`` to ``until``."""

    since: datetime
    until: datetime

    def joined(self, other: Span | None) -> Span:
        """Both together where they touch; this one where they leave a gap.

        >>> day = timedelta(days=1)
        >>> first = Span(since=BEGINNING, until=BEGINNING + day)
        >>> first.joined(Span(since=BEGINNING + day, until=BEGINNING + 2 * day)).until
        datetime.datetime(1970, 1, 3, 0, 0, tzinfo=datetime.timezone.utc)
        >>> first.joined(Span(since=BEGINNING + 2 * day, until=BEGINNING + 3 * day)) == first
        True
        """
        if other is None or other.since > self.until or other.until < self.since:
            return self
        return Span(since=min(self.since, other.since), until=max(self.until, other.until))


@attrs.frozen
class Due:
    """A stored session that may have changed since it was read, or may be there after all."""

    id: str
    created: datetime
    newer: int
    """How many stored sessions of the account are at least as new, itself included."""
    missed: bool = False
    """Whether a list left it out, and it was not asked for since."""


@attrs.frozen(kw_only=True)
class Known:
    """What a store tells of an account before it is read."""

    complete: Span | None = None
    """None for an account that was never read to an end."""
    wanted_since: datetime | None = None
    """How far back earlier runs were to go; None for no earlier run."""
    due: Sequence[Due] = ()
    settings: str | None = None
    """The fingerprint of the settings that the span speaks of; None where nobody says."""
    left_off: LeftOff | None = None
    """What the last run left when its budget was spent; None where it left nothing."""


@attrs.frozen(kw_only=True)
class Ability:
    """What asking an account's provider costs."""

    page_size: int
    by_id: bool
    """Whether single sessions can be asked for."""
    list_tells_all: bool = True
    """Whether the list tells what a single session does."""
    earliest: datetime = BEGINNING
    """Where the provider's lists begin."""


@attrs.frozen(kw_only=True)
class Begun:
    """How far a window was read that is not read to its end."""

    began: datetime
    """When its reading began."""
    covered: Span
    """What was read of it."""
    cursor: str | None
    """Leads on; None where only the span tells what is left."""
    until: datetime | None
    """Before which the list shows what was created in which the cursor leads on."""
    tells_gone: bool
    """Whether a stored session is gone that it does not show."""


@attrs.frozen
class Window:
    """Read what was created from ``since`` on, and before ``until`` where that is given."""

    since: datetime
    until: datetime | None = None
    begun: Begun | None = None

    @property
    def leads_on(self) -> bool:
        """Whether a cursor does."""
        return self.begun is not None and self.begun.cursor is not None

    def without_place(self) -> Window:
        """The same where only the span tells what is left."""
        if self.begun is None:
            return self
        return attrs.evolve(self, begun=attrs.evolve(self.begun, cursor=None))

    @property
    def covered(self) -> Span | None:
        """What is covered once it is read, as far as that is known."""
        if self.begun is None:
            return None
        return Span(since=min(self.since, self.begun.covered.since), until=self.begun.covered.until)


@attrs.frozen
class Gets:
    """Read these sessions by their ids."""

    ids: tuple[str, ...]


Read = Window | Gets


@attrs.frozen(kw_only=True)
class LeftOff:
    """What a run left of an account when its budget was spent."""

    listed: bool
    """Whether all was read that was created since the mark."""
    window: Window | None = None
    """What was read in part."""
    ids: tuple[str, ...] = ()
    """What is still to be asked for."""
    failed: bool = False
    """Whether it was not the budget that ended the reading of the account."""
    recheck: timedelta | None = None
    """What was to be read again because of its age."""

    @staticmethod
    def of(rest: Sequence[Read], recheck: timedelta | None, *, failed: bool) -> LeftOff:
        """What is left where these reads are."""
        windows = [one for one in rest if isinstance(one, Window)]
        return LeftOff(
            listed=all(one.until is not None for one in windows),
            window=next((one for one in windows if one.begun is not None), None),
            ids=tuple(id for one in rest if isinstance(one, Gets) for id in one.ids),
            failed=failed,
            recheck=recheck,
        )

    def to_json(self) -> str:
        """As a store keeps it; where a test lets a clock stand still, too, whose moments differ."""
        return msgspec.json.encode(self, enc_hook=datetime.isoformat).decode()

    @staticmethod
    def from_json(text: str) -> LeftOff:
        """What :meth:`to_json` wrote.

        >>> left = LeftOff(listed=True, ids=("cs_1",), recheck=timedelta.max)
        >>> LeftOff.from_json(left.to_json()) == left
        True
        """
        return _LEFT_OFF.decode(text)


_LEFT_OFF = msgspec.json.Decoder(LeftOff)
"""Made with the true class of datetimes, before a test lets a clock stand still."""


def in_words(left: Sequence[Read]) -> str:
    """What is left to be read.

    >>> in_words([Window(BEGINNING), Gets(("cs_1", "cs_2"))])
    'all that there is, 2 sessions to be asked for by their ids'
    """
    return ", ".join(map(_in_words, left))


def _in_words(read: Read) -> str:
    if isinstance(read, Gets):
        number = len(read.ids)
        return (
            "1 session to be asked for by its id"
            if number == 1
            else f"{number:,} sessions to be asked for by their ids"
        )
    until = read.until if read.begun is None else read.begun.covered.since
    bounds = [] if read.since == BEGINNING else [f"from {_shown(read.since)} on"]
    bounds += [] if until is None else [f"before {_shown(until)}"]
    return f"what was created {' and '.join(bounds)}" if bounds else "all that there is"


def _shown(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@attrs.frozen(kw_only=True)
class Wish:
    """What a run is asked for beyond what is due."""

    since: datetime | None = None
    """How far back the store is to go; None as before, or to the beginning."""
    recheck_since: datetime | None = None
    """Everything created since then is read again."""
    recheck: timedelta | None = None
    """The same as an age."""


def wanted_since(known: Known, wish: Wish) -> datetime:
    """How far back the store is to go after this run."""
    told = [one for one in (known.wanted_since, wish.since) if one is not None]
    return min(told, default=BEGINNING)


def reads(known: Known, ability: Ability, patience: Patience, wish: Wish) -> list[Read]:
    """What to read of an account, in this order.

    What was created since the mark comes first, with what is due as far as reading on is cheaper
    than asking for each; then the rest of what is due; then what was created before all that the
    store holds.

    >>> noon = BEGINNING + timedelta(days=20_000, hours=12)
    >>> day = timedelta(days=1)
    >>> known = Known(
    ...     complete=Span(since=BEGINNING, until=noon),
    ...     due=[Due("lately", noon - day, 40), Due("long ago", noon - 90 * day, 90_000)],
    ... )
    >>> first, second = reads(known, Ability(page_size=100, by_id=True), Patience(), Wish())
    >>> first.since == noon - day, second
    (True, Gets(ids=('long ago',)))
    """
    goal = wanted_since(known, wish)
    if known.complete is None:
        return [Window(goal)]
    due = sorted(known.due, key=lambda one: one.newer)
    together = _cheapest(due, ability)
    since = known.complete.until - patience.overlap
    since = min([since, *(one.created for one in due[:together])])
    if wish.recheck_since is not None:
        since = min(since, wish.recheck_since)
    first = max(since, goal)
    planned: list[Read] = [Window(first)]
    again = [one for one in due[together:] if one.created < first or not ability.list_tells_all]
    if rest := tuple(one.id for one in again):
        planned.append(Gets(rest))
    if max(goal, ability.earliest) < known.complete.since:
        planned.append(Window(goal, known.complete.since + patience.overlap))
    return planned


def rest(
    known: Known, left: LeftOff, ability: Ability, patience: Patience, wish: Wish
) -> list[Read]:
    """What to read of an account where a run left off, in this order.

    What is new since that run began is for the next one.

    >>> noon = BEGINNING + timedelta(days=20_000, hours=12)
    >>> known = Known(complete=Span(since=noon, until=noon + timedelta(days=1)))
    >>> left = LeftOff(listed=True, ids=("cs_1",))
    >>> first, second = rest(known, left, Ability(page_size=100, by_id=True), Patience(), Wish())
    >>> first, second.until - noon
    (Gets(ids=('cs_1',)), datetime.timedelta(seconds=600))
    """
    if not left.listed and left.window is None:
        return reads(known, ability, patience, wish)
    missed = [one.id for one in known.due if one.missed and ability.by_id]
    ids = tuple(dict.fromkeys([*left.ids, *missed]))
    planned: list[Read] = [Gets(ids)] if ids else []
    if left.window is not None:
        planned.insert(len(planned) if left.listed else 0, left.window)
    spans = (known.complete, left.window and left.window.covered)
    oldest = min((one.since for one in spans if one is not None), default=None)
    goal = wanted_since(known, wish)
    if oldest is not None and max(goal, ability.earliest) < oldest:
        planned.append(Window(goal, oldest + patience.overlap))
    return planned


def _cheapest(due: Sequence[Due], ability: Ability) -> int:
    """How many of the newest are best read with the list; the others are asked for by id."""
    if not ability.by_id:
        return len(due)
    if not ability.list_tells_all:
        return 0
    costs = [len(due)]
    costs += [
        math.ceil(one.newer / ability.page_size) - 1 + len(due) - number
        for number, one in enumerate(due, 1)
    ]
    return costs.index(min(costs))
