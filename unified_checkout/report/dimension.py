"""``Dimension``: what sessions can be grouped by; ``Against``: what a span is compared with."""

from __future__ import annotations

from enum import StrEnum


class Dimension(StrEnum):
    """What tells groups apart. Days, weeks and months are those of the time zone that is asked for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    PROVIDER = "provider"
    ACCOUNT = "account"
    CURRENCY = "currency"
    STATUS = "status"
    MODE = "mode"


class Against(StrEnum):
    """What a span is compared with."""

    PREVIOUS = "previous"
    """The span of the same length right ahead of it."""
    YEAR = "year"
    """The same span a year before."""
