"""What people may write for a moment or a span of time."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any

import msgspec

from unified_checkout.clocks import real_dates
from unified_checkout.telltales import quoted

with real_dates():
    from datetime import datetime as _datetime

AwareDatetime = Annotated[_datetime, msgspec.Meta(tz=True)]
"""A time as msgspec reads it: one without a zone is refused."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WORDS = re.compile(r"([1-9]\d{0,5})\s*-?(second|sec|s|minute|min|m|hour|hr|h|day|d|week|wk|w)s?")
"""A span of time as people say it."""
_SPAN = re.compile(r"([1-9]\d*)([smhdw])")
_WHOLE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def moment(value: object) -> datetime | date:
    """An aware datetime in UTC, or a date, from what people may write.

    >>> moment("2026-01-31T12:00:00+01:00")
    datetime.datetime(2026, 1, 31, 11, 0, tzinfo=datetime.timezone.utc)
    >>> moment("2026-01-31")
    datetime.date(2026, 1, 31)

    Raises:
        ValueError: for anything else, a datetime without a time zone above all.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(
                f"{value.isoformat()} has no time zone; write an aware datetime, "
                "an ISO 8601 string with Z or an offset, or a date"
            )
        return _in_utc(value)
    if isinstance(value, date):
        return value
    raise ValueError(
        f"{type(value).__name__} is not a kind of time; write an aware datetime, a date, "
        "or an ISO 8601 string such as 2026-01-31 or 2026-01-31T12:00:00Z"
    )


def as_date(value: object) -> date | None:
    """The day that was written; None for a moment, and for what is neither."""
    try:
        written = moment(value)
    except ValueError:
        return None
    return None if isinstance(written, datetime) else written


def days(value: object) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day.

    >>> days("2026-02")
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))

    Raises:
        ValueError: for anything else; it names the bounds to give instead.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value, value
    if isinstance(value, str) and (match := _WHOLE.fullmatch(value)):
        with suppress(ValueError):
            return _days_of(*(int(part) for part in match.groups() if part))
    raise ValueError(
        f"{quoted(value)} is not a year, a month or a day such as '2026', '2026-10' or '2026-10-31'; "
        "for other spans give bounds: gt, gte, lt or lte"
    )


def midnight(day: date, zone: tzinfo = UTC) -> datetime:
    """The first moment of a day of a time zone, in UTC.

    Raises:
        OverflowError: where that lies beyond the years 1 to 9999.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def created_bounds(value: object, zone: tzinfo = UTC) -> dict[str, Any]:
    """Bounds, or a whole year, month or day, as bounds of moments alone.

    Dates are whole days of the time zone: ``gt`` and ``lte`` look to the end of their day. What is
    no date is left as it is.

    >>> from zoneinfo import ZoneInfo
    >>> bounds = created_bounds("2026-10", ZoneInfo("Europe/Berlin"))
    >>> {name: moment.isoformat() for name, moment in bounds.items()}
    {'gte': '2026-09-30T22:00:00+00:00', 'lt': '2026-10-31T23:00:00+00:00'}

    Raises:
        ValueError: for anything else, and for two bounds on one side.
    """
    bounds: dict[str, Any] = {}
    if isinstance(value, Mapping):
        bounds.update(value)
    else:
        bounds["gte"], bounds["lte"] = days(value)
    for name, exclusive in (("gt", "gte"), ("lte", "lt"), ("gte", None), ("lt", None)):
        bound = as_date(bounds.get(name))
        if bound is None:
            continue
        if exclusive is None:
            bounds[name] = _midnight_or_first(bound, zone)
        elif bounds.get(exclusive) is not None:
            raise ValueError(f"{name} and {exclusive} are two bounds on one side; give one")
        elif bound == date.max:
            bounds[name] = datetime.max.replace(tzinfo=UTC)
        else:
            del bounds[name]
            bounds[exclusive] = _midnight_or_first(bound + timedelta(days=1), zone)
    return bounds


def _midnight_or_first(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day, or the first there is where that lies before it."""
    try:
        return midnight(day, zone)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def since(now: datetime, ago: timedelta) -> datetime:
    """The moment so long ago, or the first one there is.

    >>> since(datetime(2026, 1, 1, tzinfo=UTC), timedelta.max)
    datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        return now - ago
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def span(value: object) -> timedelta:
    """A length of time such as ``90s``, ``15m``, ``24h``, ``30d`` or ``4w``.

    >>> span("30d")
    datetime.timedelta(days=30)

    Raises:
        ValueError: for anything else.
    """
    if isinstance(value, timedelta):
        if value <= timedelta(0):
            raise ValueError("a span must be longer than nothing")
        return value
    match = _SPAN.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f"{quoted(value)} is not a span of time; write a number and s, m, h, d or w, such as "
            f"{_in_short(value)}"
        )
    if len(match[1]) > 6:
        raise ValueError("the span is too long; write a number of six digits at most, such as 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _in_short(written: object) -> str:
    """The span that somebody may have meant, or any."""
    said = _WORDS.fullmatch(written.strip().lower()) if isinstance(written, str) else None
    return "30d" if said is None else f"{said[1]}{said[2][0]}"


def _days_of(year: int, month: int | None = None, day: int | None = None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(
            f"{value.isoformat()} lies beyond the years 1 to 9999 in UTC; no session is created there"
        ) from None


def _parsed(text: str) -> datetime | date:
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{quoted(text)} is not an ISO 8601 date or time such as 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from None
