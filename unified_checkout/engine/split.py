"""Reading one list in several windows of time at once: where to cut, and how many walks.

The newest walk is handed out first, so what the others read meanwhile has to be kept: windows
are cut a few pages wide, one after the other, instead of dividing the whole list at the start.
Their width follows from how many sessions the last windows held.
"""

from __future__ import annotations

import math

from unified_checkout.engine.walk import Walk

MOST_WORKERS = 8
READABLE = 200.0
"""Pages a second, roughly, that can be decoded and used here: to await more than that gains
nothing, however many the provider would send."""
PAGES_PER_WALK = 10
_SMALLEST_PART = 3


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
        self._target = page_size * PAGES_PER_WALK
        self._width: float | None = None

    @property
    def worthwhile(self) -> int:
        """With fewer sessions wanted than this, a list is read page after page."""
        return 2 * self._target

    @property
    def most_kept(self) -> int:
        """With more sessions kept than this, only the newest walk goes on."""
        return MOST_WORKERS * self._target

    def learn(self, walk: Walk) -> None:
        """Take in how many sessions a finished walk held in how much time."""
        top, since = _top(walk), walk.window.since if walk.window else None
        if top is None or since is None or top <= since:
            return
        factor = self._target / max(walk.rows_read, 1)
        self._width = max(1.0, (top - since) * min(16.0, max(0.125, factor)))

    def cut(self, walks: list[Walk]) -> tuple[int, int] | None:
        """Which walk to cut, by index, and where; None if nothing is worth cutting.

        The oldest walk is cut to the usual width, as long as most walks have found something:
        past the list's end each further one would be a request for nothing. Once it is no wider
        than that, the widest rest is halved.
        """
        tail = walks[-1]
        unread = sum(walk.last_created is None for walk in walks if not walk.done)
        if not tail.done and 2 * unread < len(walks):
            at = self._below(tail)
            if at is not None:
                return len(walks) - 1, at
        if self._width is None:
            return None
        rests = [(_rest(walk), index) for index, walk in enumerate(walks) if not walk.done]
        rest, index = max(rests, default=(0.0, 0))
        half = int(rest / 2)
        if half == 0 or rest * self._target < self._width * self._page * _SMALLEST_PART:
            return None
        since = walks[index].window.since  # type: ignore[union-attr]
        assert since is not None
        return index, since + half

    def _below(self, tail: Walk) -> int | None:
        top = _top(tail)
        if top is None:
            return None
        reached = tail.last_created.timestamp() if tail.last_created else top
        if self._width is None:
            if tail.rows_read < 2:
                return None
            self._width = max(1.0, (top - reached) * self._target / tail.rows_read)
        at = math.floor(min(top - self._width, reached - self._width / PAGES_PER_WALK))
        since = (tail.window.since if tail.window else None) or 0
        return at if at > since else None


def _top(walk: Walk) -> float | None:
    """Where a walk begins, in Unix seconds, as far as that is known."""
    if walk.window is not None and walk.window.until is not None:
        return walk.window.until
    return walk.first_created.timestamp() if walk.first_created else None


def _rest(walk: Walk) -> float:
    """How many seconds a bounded walk still has to read."""
    top = walk.last_created.timestamp() if walk.last_created else _top(walk)
    if walk.window is None or walk.window.since is None or top is None:
        return 0.0
    return top - walk.window.since
