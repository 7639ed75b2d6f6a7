"""``Errand``: a request under way, and how another thread gives it up."""

from __future__ import annotations

from contextvars import ContextVar

from unified_checkout.transport.lines import Line


class Errand:
    """One request, from being wanted to being answered."""

    def __init__(self) -> None:
        self.given_up = False
        self.hand: list[Line] = []
        """The line that it is sent over at the moment."""

    def give_up(self) -> None:
        """Nobody wants the answer any more: the thread that waits for it wakes up and stops."""
        self.given_up = True
        for line in tuple(self.hand):
            line.hang_up()

    def drop(self) -> Line | None:
        """Close the line, which is in the middle of something; the line, if there is one."""
        dropped = None
        for line in self.hand:
            line.close()
            dropped = line
        self.hand.clear()
        return dropped


ERRAND: ContextVar[Errand | None] = ContextVar("ERRAND", default=None)
"""The errand that a thread was started for."""
