"""Whole seconds, in which windows of time are counted, and moments."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def second(at: int) -> datetime:
    """A whole second as a moment."""
    return datetime.fromtimestamp(at, UTC)


def moment_of(at: int | None) -> datetime | None:
    """The same where there may be none."""
    return None if at is None else second(at)


def after(moment: datetime) -> int:
    """The first whole second that comes after a moment."""
    return math.floor(moment.timestamp()) + 1
