"""Tools for adapter authors: moments, as providers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from unified_checkout.adapters.kit.fields import FieldError

LAST_SECOND = 253_402_300_799
"""The last Unix second that a ``datetime`` can hold: 9999-12-31T23:59:59Z."""

Timestamp = Annotated[int, msgspec.Meta(ge=0, le=LAST_SECOND)]
"""Unix seconds in a wire model; a number that is no date is an error that names its field."""


def seconds(timestamp: int) -> datetime:
    """Unix seconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(timestamp, UTC)


def utc(moment: datetime, field: str) -> datetime:
    """An aware datetime in UTC.

    Raises:
        FieldError: if that lies beyond the years that a ``datetime`` can hold.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise FieldError(field, "a time beyond the calendar") from None


def whole_seconds(moment: datetime) -> tuple[int, int]:
    """The Unix seconds around a moment, at or before it and at or after it.

    >>> whole_seconds(datetime(1970, 1, 1, 0, 0, 10, 500_000, tzinfo=UTC))
    (10, 11)
    """
    floor = int(moment.replace(microsecond=0).timestamp())
    return floor, floor + (moment.microsecond > 0)
