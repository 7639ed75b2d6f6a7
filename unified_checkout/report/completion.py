"""How long sessions take to complete, as far as a store saw it; and what came of each week's.

No provider's list tells when a session was completed. A store that is synced knows more: each change
of status that it saw, when each creation was first passed, and when a session came later than that.
Its moments are upper bounds: a session was complete *by* then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import attrs

HORIZONS: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
    "28d": timedelta(days=28),
}
"""Times from creation on within which completions are counted, by name, the shortest first."""


@attrs.frozen(kw_only=True)
class Within:
    """How many sessions are known to have completed within a time from their creation on."""

    horizon: str
    """A key of :data:`HORIZONS`."""
    sessions: int | None
    """At least so many: a session counts from when it was read as complete. None where some are
    complete, and nothing is known of when."""


@attrs.frozen(kw_only=True)
class Completion:
    """How long it took the complete sessions of a span to complete, at most.

    Sessions from lists of payments alone take no part.
    """

    complete: int
    """The complete sessions."""
    known: int
    """Those of them that were created after the first sync of their account: of the others nobody
    knows when they were completed."""
    seen_open: int
    """Those of the known ones that were read with another status before."""
    median: timedelta | None
    """The least time within which half of the known ones were complete; None without one."""
    ninth_decile: timedelta | None
    """The least time within which nine in ten were."""
    within: tuple[Within, ...]
    """One for each horizon."""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, times in seconds."""
        return {
            "complete": self.complete,
            "known": self.known,
            "seen_open": self.seen_open,
            "median_seconds": _seconds(self.median),
            "ninth_decile_seconds": _seconds(self.ninth_decile),
            "within": {one.horizon: one.sessions for one in self.within},
        }


@attrs.frozen(kw_only=True)
class Cohort:
    """What became of the sessions that were created in one week.

    Sessions from lists of payments alone take no part.
    """

    week: str
    """Such as ``2026-W40``, in the report's time zone."""
    partial: bool
    """Whether the week does not lie wholly in the span."""
    sessions: int
    open: int
    complete: int
    known: int
    """See :class:`Completion`."""
    seen_open: int
    """See :class:`Completion`."""
    within: tuple[Within, ...]
    """One for each horizon."""
    passed: tuple[str, ...]
    """The horizons that the store has seen pass for all sessions of the week; beyond them there may
    be more to come."""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            **attrs.asdict(self),
            "within": {one.horizon: one.sessions for one in self.within},
            "passed": list(self.passed),
        }


def within(counts: Sequence[int], *, told: bool) -> tuple[Within, ...]:
    """The counts of all horizons, with their names; None unless something is known."""
    return tuple(
        Within(horizon=name, sessions=count if told else None)
        for name, count in zip(HORIZONS, counts, strict=True)
    )


_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "min": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


def rounded_up(time: timedelta) -> str:
    """A time in its largest unit and the one below, rounded up, since it is an upper bound.

    >>> rounded_up(timedelta(hours=26, seconds=1)), rounded_up(timedelta(milliseconds=1))
    ('1 d 3 h', '1 s')
    """
    names = list(_UNITS)
    place = next((at for at, unit in enumerate(_UNITS.values()) if time >= unit), len(names) - 1)
    finer = names[min(place + 1, len(names) - 1)]
    left, shown = -(-time // _UNITS[finer]) * _UNITS[finer], []
    for name in dict.fromkeys((names[place], finer)):
        count, left = divmod(left, _UNITS[name])
        if count:
            shown.append(f"{count} {name}")
    return " ".join(shown) or "0 s"


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time / timedelta(seconds=1)
