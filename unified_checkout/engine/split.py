"""Reading one list in several windows of time at once: where to cut, and how many parts.

The newest part is handed out first, so what the others read meanwhile has to be kept: windows
are cut some pages wide, one below the other as parts end, instead of dividing the whole list at
the start. Their width follows from how many sessions a second were read lately.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from unified_checkout.adapters import Window
from unified_checkout.engine.windows import Part

PAGES_PER_WINDOW = 20
PAGES_KEPT = 100
"""Pages read ahead and kept, over all accounts."""
_TOO_FULL = 2.0
"""A window that holds so many times more than foreseen is cut again."""
_PAGES_THAT_TELL = 3
"""Pages of a window from which its own density follows."""
_PAGES_FOR_TWO = 2
"""Pages left in a window that are worth being read by two."""


class Splitter:
    """Decides where to cut a list of sessions, newest first, into windows of time.

    Args:
        page_size: how many sessions a page holds.
        accounts: how many accounts share what may be kept.
    """

    by_pieces = False

    def __init__(self, page_size: int, accounts: int) -> None:
        self._page = page_size
        self._pages = PAGES_PER_WINDOW / math.sqrt(accounts)
        self.usual = self._pages * page_size
        """How many sessions a window should hold."""
        self.most_kept = PAGES_KEPT * page_size / accounts
        """With more sessions kept than this, only the newest parts go on."""
        self._cuts = 0
        self._part_has_ended = False
        self._rows = 0.0
        self._seconds = 0.0

    def begin(self, span: Window) -> tuple[Window, Window | None]:
        """All of it: it is cut once that is worth it."""
        return span, None

    def learn_too_full(self, window: Window) -> None:
        """Nothing to learn: it is cut by how full it turns out."""

    def learn(self, part: Part) -> None:
        """Take in how full a window was that was read to its end; the last few weigh most."""
        self._part_has_ended = True
        top, since = _top(part), part.window.since
        if top is not None and since is not None:
            self._rows = self._rows / 2 + part.progress.rows
            self._seconds = self._seconds / 2 + top - since

    def coming(self, parts: Sequence[Part]) -> list[float]:
        """How many sessions each part has still to read, going by all the parts of its list."""
        usual = self._usual_density(parts)
        return [self._coming(part, usual) for part in parts]

    def _coming(self, part: Part, usual: float | None) -> float:
        if part.done:
            return 0.0
        rest, density = _rest(part), self._density(part, usual)
        return math.inf if rest is None or density is None else rest * density

    def cut(self, parts: Sequence[Part], hands: int) -> tuple[int, int] | None:
        """Which part to cut, by index, and where; None if nothing should be cut now.

        A window that turns out far too full is cut first. Then the oldest part is cut to the
        usual width, once its first page told where sessions go on. When it cannot be cut any
        more, the widest rest is halved.

        Args:
            parts: those of one list, newest first.
            hands: how many should be under way.
        """
        coming = self.coming(parts)
        for index, rows in enumerate(coming[:-1]):
            if rows > _TOO_FULL * self.usual:
                return self._cut_off(parts, index, pages=self._pages)
        if not parts or sum(not part.done for part in parts) >= hands:
            return None
        oldest = parts[-1]
        if not oldest.done and self._part_has_ended and not oldest.progress.rows:
            return None
        return self._shortened(parts, hands) or self._halved(parts, coming)

    def _shortened(self, parts: Sequence[Part], hands: int) -> tuple[int, int] | None:
        """Cut the oldest part: the first ones shorter, so that they end one after the other."""
        pages = self._pages * min(1.0, (self._cuts + 1) / hands)
        pages = max(1.0, pages - parts[-1].progress.rows / self._page)
        cut = self._cut_off(parts, len(parts) - 1, pages=pages)
        self._cuts += cut is not None
        return cut

    def _halved(self, parts: Sequence[Part], coming: list[float]) -> tuple[int, int] | None:
        widest = max(coming)
        if not _PAGES_FOR_TWO * self._page < widest < math.inf:
            return None
        return self._cut_off(parts, coming.index(widest), pages=widest / 2 / self._page)

    def _cut_off(
        self, parts: Sequence[Part], index: int, *, pages: float
    ) -> tuple[int, int] | None:
        """Leave so many more pages to a part."""
        part = parts[index]
        reached, density = _reached(part), self._density(part, self._usual_density(parts))
        if part.done or reached is None or density is None:
            return None
        at = math.floor(reached - pages * self._page / density)
        since = part.window.since
        return None if at <= max(since or 0, 0) else (index, at)

    def _density(self, part: Part, usual: float | None) -> float | None:
        """Sessions a second where a part reads: the usual, until it has read some pages itself."""
        if (rows := part.progress.rows) >= _PAGES_THAT_TELL * self._page:
            return _mean([(rows, _span(part))])
        return usual

    def _usual_density(self, parts: Sequence[Part]) -> float | None:
        """Sessions a second in all parts of a list; None where nothing is known."""
        read = ((one.progress.rows, _span(one)) for one in parts)
        return _mean([(self._rows, self._seconds), *read])


def _mean(samples: Iterable[tuple[float, float]]) -> float | None:
    """The density of samples of rows and seconds."""
    counts, spans = zip(*samples, strict=True)
    return sum(counts) / sum(spans) if sum(counts) > 1 and sum(spans) > 0 else None


def _top(part: Part) -> float | None:
    """Where a part begins, in Unix seconds, as far as that is known."""
    if part.window.until is not None:
        return part.window.until
    return part.progress.first.timestamp() if part.progress.first else None


def _reached(part: Part) -> float | None:
    """How far a part has come, in Unix seconds: within its window, whatever it was sent."""
    if part.progress.last is None:
        return _top(part)
    since, until = part.window.since, part.window.until
    reached = part.progress.last.timestamp()
    reached = reached if until is None else min(reached, until)
    return reached if since is None else max(reached, since)


def _span(part: Part) -> float:
    """How many seconds a part has read."""
    top, reached = _top(part), _reached(part)
    return 0.0 if top is None or reached is None else top - reached


def _rest(part: Part) -> float | None:
    """How many seconds a part still has to read; None where it is not known."""
    reached = _reached(part)
    if part.window.since is None or reached is None:
        return None
    return reached - part.window.since
