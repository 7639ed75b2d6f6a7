"""``Clocks``: whether a provider's clock agrees with the one here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from unified_checkout.adapters import Response

_AGREEMENT = 2.0
"""Seconds by which two clocks may differ and still be said to agree: ``Date`` has whole ones."""


class Clocks:
    """Compares the clock here with a provider's, by the first response that tells the time.

    Args:
        moves: whether the upper bound of the answer moves to the provider's now where they disagree;
            it does not where somebody reads on.
    """

    def __init__(self, *, moves: bool) -> None:
        self.moves = moves
        self.behind = 0.0
        """Seconds that the clock here is behind, where the two disagree; below zero if ahead."""
        self._compared = False

    @property
    def may_move(self) -> bool:
        """Whether the upper bound is still to be compared with the provider's now."""
        return self.moves and not self._compared

    def compare(self, response: Response, now: datetime, latency: float) -> datetime | None:
        """The upper bound, where that moves to what the provider's clock shows.

        Args:
            response: what the provider sent just now.
            now: what the clock here shows.
            latency: how many seconds ago the request was sent.
        """
        date = None if self._compared else _date(response)
        if date is None:
            return None
        self._compared = True
        behind = (date - now).total_seconds()
        ahead = (now - timedelta(seconds=latency + 1) - date).total_seconds()
        if behind <= _AGREEMENT and ahead <= _AGREEMENT:
            return None
        self.behind = behind
        return date if self.moves else None


def _date(response: Response) -> datetime | None:
    """What a response's ``Date`` says."""
    try:
        date = parsedate_to_datetime(response.headers["date"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return None if date.tzinfo is None else date.astimezone(UTC)
