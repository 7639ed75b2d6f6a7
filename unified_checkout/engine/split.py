"""Reading one list in several windows of time at once: where to cut, and how many walks.

The newest walk is handed out first, so what the others read meanwhile has to be kept: windows
are cut some pages wide, one below the other as walks end, instead of dividing the whole list at
the start. Their width follows from how many sessions a second were read lately.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from unified_checkout.engine.walk import Walk

MOST_WORKERS = 8
NEARBY = 0.02
"""Seconds. Where an answer can come sooner than this, answers come as fast as they can be used."""
PAGES_PER_WALK = 20
PAGES_KEPT = 100
"""Pages read ahead and kept, over all accounts."""
_TOO_FULL = 2.0
"""A window that holds so many times more than foreseen is cut again."""
_PAGES_THAT_TELL = 3
"""Pages of a walk from which its own density follows."""
_PAGES_FOR_TWO = 2
"""Pages left in a window that are worth being read by two."""


def workers(requests_per_second: float, latency: float) -> int:
    """How many requests under way at once use up a rate, if each takes ``latency`` seconds.

    >>> workers(100, 0.06), workers(25, 0.06), workers(math.inf, 0.06)
    (6, 2, 8)
    """
    return max(1, math.ceil(min(MOST_WORKERS, requests_per_second * latency)))


class Splitter:
    """Decides where to cut a list of sessions, newest first, into windows of time.

    Args:
        page_size: how many sessions a page holds.
        accounts: how many accounts share what may be kept.
    """

    def __init__(self, page_size: int, accounts: int) -> None:
        self._page = page_size
        self._pages = PAGES_PER_WALK / math.sqrt(accounts)
        self.usual = self._pages * page_size
        """How many sessions a window should hold."""
        self.most_kept = PAGES_KEPT * page_size / accounts
        """With more sessions kept than this, only the newest walks go on."""
        self._cuts = 0
        self._walk_has_ended = False
        self._rows = 0.0
        self._seconds = 0.0

    def learn(self, walk: Walk) -> None:
        """Take in how full a window was that was read to its end; the last few weigh most."""
        self._walk_has_ended = True
        top, since = _top(walk), walk.window.since if walk.window else None
        if top is not None and since is not None:
            self._rows = self._rows / 2 + walk.rows_read
            self._seconds = self._seconds / 2 + top - since

    def coming(self, walk: Walk, walks: Sequence[Walk]) -> float:
        """How many sessions a walk has still to read, going by all the walks of its list."""
        if walk.done:
            return 0.0
        rest, density = _rest(walk), self._density(walk, walks)
        return math.inf if rest is None or density is None else rest * density

    def cut(self, walks: Sequence[Walk], hands: int) -> tuple[int, int] | None:
        """Which walk to cut, by index, and where; None if nothing should be cut now.

        A window that turns out far too full is cut first. Then the oldest walk is cut to the
        usual width, once its first page told where sessions go on. When it cannot be cut any
        more, the widest rest is halved.

        Args:
            walks: those of one list, newest first.
            hands: how many should be under way.
        """
        for index, walk in enumerate(walks[:-1]):
            if self.coming(walk, walks) > _TOO_FULL * self.usual:
                return self._cut_off(walks, index, pages=self._pages)
        if not walks or sum(not walk.done for walk in walks) >= hands:
            return None
        oldest = walks[-1]
        if not oldest.done and self._walk_has_ended and not oldest.rows_read:
            return None
        return self._shortened(walks, hands) or self._halved(walks)

    def _shortened(self, walks: Sequence[Walk], hands: int) -> tuple[int, int] | None:
        """Cut the oldest walk: the first ones shorter, so that they end one after the other."""
        pages = self._pages * min(1.0, (self._cuts + 1) / hands)
        pages = max(1.0, pages - walks[-1].rows_read / self._page)
        cut = self._cut_off(walks, len(walks) - 1, pages=pages)
        self._cuts += cut is not None
        return cut

    def _halved(self, walks: Sequence[Walk]) -> tuple[int, int] | None:
        coming = [self.coming(walk, walks) for walk in walks]
        widest = max(coming)
        if not _PAGES_FOR_TWO * self._page < widest < math.inf:
            return None
        return self._cut_off(walks, coming.index(widest), pages=widest / 2 / self._page)

    def _cut_off(
        self, walks: Sequence[Walk], index: int, *, pages: float
    ) -> tuple[int, int] | None:
        """Leave so many more pages to a walk."""
        walk = walks[index]
        reached, density = _reached(walk), self._density(walk, walks)
        if walk.done or reached is None or density is None:
            return None
        at = math.floor(reached - pages * self._page / density)
        since = walk.window.since if walk.window else None
        return None if at <= max(since or 0, 0) else (index, at)

    def _density(self, walk: Walk, walks: Sequence[Walk]) -> float | None:
        """Sessions a second where a walk reads; None where nothing is known.

        It follows from the walk itself once that has read some pages, until then from all.
        """
        if walk.rows_read >= _PAGES_THAT_TELL * self._page:
            return _mean([(walk.rows_read, _span(walk))])
        return _mean([(self._rows, self._seconds), *((one.rows_read, _span(one)) for one in walks)])


def _mean(samples: Iterable[tuple[float, float]]) -> float | None:
    """The density of samples of rows and seconds."""
    counts, spans = zip(*samples, strict=True)
    return sum(counts) / sum(spans) if sum(counts) > 1 and sum(spans) > 0 else None


def _top(walk: Walk) -> float | None:
    """Where a walk begins, in Unix seconds, as far as that is known."""
    if walk.window is not None and walk.window.until is not None:
        return walk.window.until
    return walk.first_created.timestamp() if walk.first_created else None


def _reached(walk: Walk) -> float | None:
    """How far a walk has come, in Unix seconds."""
    return walk.last_created.timestamp() if walk.last_created else _top(walk)


def _span(walk: Walk) -> float:
    """How many seconds a walk has read."""
    top, reached = _top(walk), _reached(walk)
    return 0.0 if top is None or reached is None else top - reached


def _rest(walk: Walk) -> float | None:
    """How many seconds a walk still has to read; None where it is not known."""
    reached = _reached(walk)
    if walk.window is None or walk.window.since is None or reached is None:
        return None
    return reached - walk.window.since
