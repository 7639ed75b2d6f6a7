"""Reading one list in several windows of time at once: where to cut, and how many walks.

The newest walk is handed out first, so what the others read meanwhile has to be kept: windows
are cut some pages wide, one below the other as walks end, instead of dividing the whole list at
the start. Their width follows from how many sessions a second were read lately.
"""

from __future__ import annotations

import math

from unified_checkout.engine.walk import Walk

MOST_WORKERS = 8
READABLE = 200.0
"""Pages a second, roughly, that can be decoded and used here: to await more than that gains
nothing, however many the provider would send."""
PAGES_PER_WALK = 16
PAGES_KEPT = 80
_SMALLEST_REST = 3.0
"""Pages left in a window that are worth being read by two."""


def workers(requests_per_second: float, latency: float) -> int:
    """How many requests under way at once use up a rate, as far as it gains anything.

    >>> workers(100, 0.06), workers(math.inf, 0.06), workers(math.inf, 0.001)
    (6, 8, 1)
    """
    useful = min(requests_per_second, READABLE) * latency
    return max(1, min(MOST_WORKERS, math.ceil(useful)))


class Splitter:
    """Decides where to cut a list of sessions, newest first, into windows of time."""

    def __init__(self, page_size: int) -> None:
        self._page = page_size
        self._cuts = 0
        self._walk_has_ended = False
        self._rows = 0.0
        self._seconds = 0.0

    @property
    def worthwhile(self) -> int:
        """With fewer sessions wanted than this, a list is read page after page."""
        return 2 * PAGES_PER_WALK * self._page

    @property
    def most_kept(self) -> int:
        """With more sessions kept than this, only the newest walk goes on."""
        return PAGES_KEPT * self._page

    def learn(self, walk: Walk) -> None:
        """Take in how a window was filled that was read to its end; the last few weigh most."""
        self._walk_has_ended = True
        top, since = _top(walk), walk.window.since if walk.window else None
        if top is not None and since is not None:
            self._rows = self._rows / 2 + walk.rows_read
            self._seconds = self._seconds / 2 + top - since

    def coming(self, walk: Walk, walks: list[Walk]) -> float:
        """How many sessions a walk has still to read, going by all the walks."""
        if walk.done:
            return 0.0
        rest, density = _rest(walk), self._density(walks)
        return math.inf if rest is None or density is None else rest * density

    def cut(self, walks: list[Walk], hands: int) -> tuple[int, int] | None:
        """Which walk to cut, by index, and where; None if nothing should be cut now.

        The oldest walk is cut to the usual width, once its first page told where sessions go on.
        When that is no longer possible, the widest rest is halved.

        Args:
            walks: those of one list, newest first.
            hands: how many walks there should be.
        """
        density = self._density(walks)
        if density is None:
            return None
        tail = walks[-1]
        if not tail.done:
            if self._walk_has_ended and not tail.rows_read:
                return None
            at = self._below(tail, density, hands)
            if at is not None:
                return len(walks) - 1, at
        return self._halved(walks, density)

    def _below(self, tail: Walk, density: float, hands: int) -> int | None:
        """A window's width below the tail's top, and a page below what it has reached.

        The first windows are narrower, so that walks end one after the other and less is kept.
        """
        top, reached = _top(tail), _reached(tail)
        if top is None or reached is None:
            return None
        share = min(1.0, (self._cuts + 1) / hands)
        width = share * PAGES_PER_WALK * self._page / density
        at = math.floor(min(top - width, reached - self._page / density))
        since = tail.window.since if tail.window else None
        if since is not None and at <= since:
            return None
        self._cuts += 1
        return at

    def _halved(self, walks: list[Walk], density: float) -> tuple[int, int] | None:
        rests = [
            (rest, index)
            for index, walk in enumerate(walks)
            if not walk.done and (rest := _rest(walk)) is not None
        ]
        rest, index = max(rests, default=(0.0, 0))
        if rest < 2 or rest * density < _SMALLEST_REST * self._page:
            return None
        window = walks[index].window
        assert window is not None
        assert window.since is not None
        return index, window.since + int(rest / 2)

    def _density(self, walks: list[Walk]) -> float | None:
        """Sessions a second, lately; None where nothing is known."""
        rows, seconds = self._rows, self._seconds
        for walk in walks:
            top, reached = _top(walk), _reached(walk)
            if walk.rows_read and top is not None and reached is not None:
                rows += walk.rows_read
                seconds += top - reached
        return rows / seconds if rows > 1 and seconds > 0 else None


def _top(walk: Walk) -> float | None:
    """Where a walk begins, in Unix seconds, as far as that is known."""
    if walk.window is not None and walk.window.until is not None:
        return walk.window.until
    return walk.first_created.timestamp() if walk.first_created else None


def _reached(walk: Walk) -> float | None:
    """How far a walk has come, in Unix seconds."""
    return walk.last_created.timestamp() if walk.last_created else _top(walk)


def _rest(walk: Walk) -> float | None:
    """How many seconds a walk still has to read; None where it is not known."""
    reached = _reached(walk)
    if walk.window is None or walk.window.since is None or reached is None:
        return None
    return reached - walk.window.since
