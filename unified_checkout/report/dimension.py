"""``Dimension``: what a summary can group sessions by."""

from __future__ import annotations

from enum import StrEnum


class Dimension(StrEnum):
    """What tells the groups of a summary apart. Days, weeks and months are those of UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    PROVIDER = "provider"
    ACCOUNT = "account"
    CURRENCY = "currency"
    STATUS = "status"
    MODE = "mode"
