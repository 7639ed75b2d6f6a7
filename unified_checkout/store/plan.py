"""What to read of an account, decided from what its store tells. Nothing here waits or asks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs

from unified_checkout.model import times

BEGINNING = datetime.fromtimestamp(0, UTC)
"""Stands for "as far back as the provider's list goes"."""


_HORIZON = timedelta(days=30)


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


@attrs.frozen
class Window:
    """Read what was created from ``since`` on, and before ``until`` where that is given."""

    since: datetime
    until: datetime | None = None


@attrs.frozen
class Gets:
    """Read these sessions by their ids."""

    ids: tuple[str, ...]


Read = Window | Gets


@attrs.frozen(kw_only=True)
class Wish:
    """What a run is asked for beyond what is due."""

    since: datetime | None = None
    """How far back the store is to go; None as before, or to the beginning."""
    recheck_since: datetime | None = None
    """Everything created since then is read again."""


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
