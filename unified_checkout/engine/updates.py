"""``CatchUp``: the last windows of a list that is read by the time of the last update."""

from __future__ import annotations

import math

from unified_checkout.adapters import Window
from unified_checkout.engine.scope import Scope

_DOUBT = 3
"""Seconds by which the time at a provider may be misjudged here."""
_AHEAD = 600
"""Seconds from now up to which is asked for, so that no answer comes after its window's end."""
_MOST_LOSING = 5
"""Windows read so after which more is left to read than before them."""


class CatchUp:
    """Reads last what was updated since reading began.

    While windows are read, newest first, a session that is updated leaves one that was not read
    yet, for one that was. So what was updated since the beginning is read once more, oldest first:
    what leaves one of these windows is in a later one. It is given up where windows of five minutes
    take six to read, again and again.

    Args:
        scope: what is known of the account.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        longest = scope.plan.compiled.reach.longest
        self._longest = math.inf if longest is None else math.floor(longest.total_seconds())
        self._read_to = math.floor(scope.ceiling.timestamp()) - _DOUBT
        self._left = math.inf
        self._losing = 0

    def following(self) -> Window | None:
        """The window to read when all others were read; None if nothing can have moved."""
        now = math.floor(self._scope.now().timestamp())
        if now + _DOUBT < self._read_to:
            return None
        left = now - self._read_to
        self._losing, self._left = self._losing + (left >= self._left), left
        if self._losing == _MOST_LOSING:
            self._scope.outrun = True
            return None
        since, self._read_to = self._read_to, int(min(now + _AHEAD, self._read_to + self._longest))
        return Window(since, self._read_to)
