"""``Pieces``: a span of time in pieces, for lists that cannot be read as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from unified_checkout.adapters import Window
from unified_checkout.engine.windows import Part

_DAY = 86_400
_BEGINNING = 0
"""The second, in Unix time, before which nobody created a session."""


class Pieces:
    """Takes one piece after the other off a span, newest first.

    The first is as long as the provider allows, or else a day, and each is twice as long as the
    one before, as far as that is allowed; one that holds too much halves those that follow.

    Args:
        longest: the longest piece that the provider allows.
        page_size: how many sessions a page holds.
    """

    by_pieces = True
    usual = math.inf
    """How many sessions a piece holds is not known."""

    def __init__(self, longest: timedelta | None, page_size: int) -> None:
        self._longest = math.inf if longest is None else longest.total_seconds()
        self._length: float = _DAY if longest is None else self._longest
        self.most_kept = float(100 * page_size)

    def begin(self, span: Window) -> tuple[Window, Window | None]:
        """The newest piece of a span, and the rest of it."""
        if span.until is None:
            raise ValueError("a span that is read in pieces has an end")
        oldest = _BEGINNING if span.since is None else span.since
        since = span.until - max(1, math.floor(self._length))
        if since <= oldest:
            return Window(oldest, span.until), None
        return Window(since, span.until), Window(oldest, since)

    def cut(self, parts: Sequence[Part], hands: int) -> tuple[int, int] | None:
        """Nothing: pieces are begun one after the other."""
        return None

    def coming(self, parts: Sequence[Part]) -> list[float]:
        """Nobody knows; nothing is read beyond the first piece before that is known."""
        return [0.0] * len(parts)

    def learn(self, part: Part) -> None:
        """The next piece may be longer."""
        self._length = min(self._longest, 2 * self._length)

    def learn_too_full(self, window: Window) -> None:
        """The next pieces are half as long."""
        if window.since is not None and window.until is not None:
            self._length = max(1.0, (window.until - window.since) / 2)
