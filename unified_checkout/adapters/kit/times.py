"""Tools for adapter authors: moments and days, as providers write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

import msgspec

from unified_checkout.adapters.kit.fields import FieldError

LAST_SECOND = 253_402_300_799
"""The last Unix second that a ``datetime`` can hold: 9999-12-31T23:59:59Z."""

_FIRST_SECOND = -62_135_596_800

Timestamp = Annotated[int, msgspec.Meta(ge=0, le=LAST_SECOND)]
"""Unix seconds in a wire model; a number that is no date is an error that names its field."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def seconds(timestamp: int) -> datetime:
    """Unix seconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(timestamp, UTC)


def moment(text: str, field: str) -> datetime:
    """A time in ISO 8601 as an aware datetime in UTC.

    Any number of digits may follow the second (RFC 3339, section 5.6); what is finer than
    microseconds is cut off and never rounded up, which might be the next second or year. The
    wire model types such a field as ``str``: msgspec's ``datetime`` rounds. The offset may lack
    its colon, as ISO 8601 allows, and ``t`` and ``z`` may be small, as RFC 3339 does.

    >>> moment("2026-03-04T23:59:59.9999999Z", "created")
    datetime.datetime(2026, 3, 4, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc)
    >>> moment("2026-03-04T10:15:30+0100", "created")
    datetime.datetime(2026, 3, 4, 9, 15, 30, tzinfo=datetime.timezone.utc)

    Raises:
        FieldError: for what is no time, has no time zone, or lies beyond the calendar.
    """
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError:
        raise FieldError(field, "not an ISO 8601 time") from None
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        raise FieldError(field, "a time without a time zone")
    return utc(found, field)


def day(text: str, field: str) -> date:
    """A day as RFC 3339 writes it (``full-date`` of section 5.6).

    >>> day("2026-03-04", "due")
    datetime.date(2026, 3, 4)

    Raises:
        FieldError: for anything else.
    """
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise FieldError(field, "not a day such as 2026-03-04")


def zulu(second: int) -> str:
    """Unix seconds as RFC 3339 writes them, in UTC; beyond the calendar, its end.

    ``Z`` stands for the offset, since a plus sign arrives as a blank where it is not encoded.

    >>> zulu(1_772_619_330)
    '2026-03-04T10:15:30Z'
    """
    within = max(_FIRST_SECOND, min(second, LAST_SECOND))
    return seconds(within).isoformat().replace("+00:00", "Z")


def second_of(text: str) -> int:
    """The Unix second that a time of ``zulu`` is.

    >>> second_of("2026-03-04T10:15:30Z")
    1772619330
    """
    return int(datetime.fromisoformat(text).timestamp())


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
