"""``Span``: which days a report is about, in whose time zone, and which weeks lie wholly in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import attrs

from unified_checkout.errors import ConfigurationError
from unified_checkout.model.times import days, midnight
from unified_checkout.report.dimension import Dimension

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_PERIODS = (Dimension.DAY, Dimension.WEEK, Dimension.MONTH)


@attrs.frozen
class Span:
    """A stretch of creation times: from ``start`` on, ahead of ``end``; both aware.

    None leaves a side open.
    """

    start: datetime | None = None
    end: datetime | None = None

    def until(self, now: datetime) -> Span:
        """The part of it that lies ahead of a moment, from which on nothing is known yet.

        None of it, at its start, where it begins later.
        """
        end = now if self.end is None else min(self.end, now)
        return Span(self.start, end if self.start is None else max(self.start, end))

    def previous(self, zone: tzinfo) -> Span:
        """The span of the same length right ahead of it: whole months, or days, where it is those.

        >>> span = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
        >>> span.previous(UTC).to_dict()
        {'from': '2026-02-01T00:00:00Z', 'to': '2026-03-01T00:00:00Z'}

        Raises:
            ConfigurationError: for a span that is open at a side, or that has none before it.
        """
        start, end = self.sides()
        with _in_the_years_there_are():
            first, last = day_begun_by(start, zone), day_begun_by(end, zone)
            if first is None or last is None:
                return Span(start - (end - start), start)
            if first.day == last.day == 1:
                months = (last.year - first.year) * 12 + last.month - first.month
                return Span(midnight(_months_later(first, -months), zone), start)
            return Span(midnight(first - (last - first), zone), start)

    def year_before(self, zone: tzinfo) -> Span:
        """The same months, days or hours a year before; the 28th for a 29 February.

        >>> span = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
        >>> span.year_before(UTC).to_dict()
        {'from': '2025-03-01T00:00:00Z', 'to': '2025-04-01T00:00:00Z'}

        Raises:
            ConfigurationError: for a span that is open at a side, or that has none before it.
        """
        start, end = self.sides()
        with _in_the_years_there_are():
            first, last = day_begun_by(start, zone), day_begun_by(end, zone)
            before = _clock_a_year_before(start, zone)
            if first is not None:
                before = midnight(_year_before(first), zone)
            until = _clock_a_year_before(end, zone)
            if last is not None and first is not None and first.day == last.day == 1:
                until = midnight(_year_before(last), zone)
            elif last is not None:
                until = midnight(_year_before(last - _DAY) + _DAY, zone)
            return Span(before, until)

    def as_far_as(self, other: Span, now: datetime) -> Span:
        """The part of it that lasts as long as the other has lasted until now."""
        start, _ = other.sides()
        mine, end = self.sides()
        return Span(mine, min(end, max(mine, mine + (now - start))))

    def sides(self) -> tuple[datetime, datetime]:
        """Both sides.

        Raises:
            ConfigurationError: if one is open.
        """
        if self.start is None or self.end is None:
            raise ConfigurationError(
                "only a span that begins and ends can be compared: give both bounds of created, "
                "a whole year, month or day, or last"
            )
        return self.start, self.end

    def to_dict(self) -> dict[str, str | None]:
        """The same as ISO 8601 strings, in UTC."""
        return {"from": plain_moment(self.start), "to": plain_moment(self.end)}


@contextmanager
def _in_the_years_there_are() -> Iterator[None]:
    try:
        yield
    except (OverflowError, ValueError):
        raise ConfigurationError("there is no such span of time before the year 1") from None


def _months_later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _year_before(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _clock_a_year_before(moment: datetime, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone).replace(fold=0)
    return datetime.combine(_year_before(local.date()), local.time(), zone).astimezone(UTC)


def day_begun_by(moment: datetime, zone: tzinfo) -> date | None:
    """The day whose first moment this is, at whatever hour the clocks begin it; None within a day.

    >>> from zoneinfo import ZoneInfo
    >>> day_begun_by(datetime(2026, 4, 23, 22, tzinfo=UTC), ZoneInfo("Africa/Cairo"))
    datetime.date(2026, 4, 24)
    """
    try:
        day = moment.astimezone(zone).date()
        return day if midnight(day, zone) == moment.astimezone(UTC) else None
    except OverflowError:
        return None


def is_partial(dimension: Dimension, key: str | None, span: Span, zone: ZoneInfo) -> bool:
    """Whether a day, week or month does not lie wholly in a span.

    >>> from zoneinfo import ZoneInfo
    >>> october = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    >>> is_partial(Dimension.WEEK, "2026-W40", october, ZoneInfo("UTC"))
    True
    >>> is_partial(Dimension.MONTH, "2026-10", october, ZoneInfo("UTC"))
    False
    """
    if dimension not in _PERIODS or key is None:
        return False
    start, end = period_of(dimension, key, zone)
    before = span.start is not None and start is not None and start < span.start
    after = span.end is not None and end is not None and end > span.end
    return before or after


def time_zone(name: str) -> ZoneInfo:
    """The time zone of this name, such as ``Europe/Berlin``.

    Raises:
        ConfigurationError: if there is none.
    """
    from zoneinfo import ZoneInfo, available_timezones

    from unified_checkout.spelling import did_you_mean
    from unified_checkout.telltales import quoted

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        known = available_timezones()
        raise ConfigurationError(
            f"{quoted(name)} is no time zone; write one such as Europe/Berlin or UTC"
            f"{did_you_mean(name, known)}"
        ) from None


def period_of(
    dimension: Dimension, key: str, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """The first moment of a period and the one that ends it; None beyond the years there are."""
    if dimension is Dimension.WEEK:
        year, _, week = key.partition("-W")
        first = date.fromisocalendar(int(year), int(week), 1)
        last = None if date.max - first < timedelta(days=7) else first + timedelta(days=6)
    else:
        first, last = days(key)
    try:
        start = midnight(first, zone)
    except OverflowError:
        start = None
    try:
        end = None if last is None else midnight(last + _DAY, zone)
    except OverflowError:
        end = None
    return start, end


def plain_moment(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 in UTC, or None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
