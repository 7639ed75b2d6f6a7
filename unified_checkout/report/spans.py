"""``Span``: which days a report is about, in whose time zone, and which weeks lie wholly in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from unified_checkout.errors import ConfigurationError
from unified_checkout.model.times import days, midnight
from unified_checkout.report.dimension import Dimension

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_PERIODS = (Dimension.DAY, Dimension.WEEK, Dimension.MONTH)


@attrs.frozen
class Span:
    """A stretch of creation times: from ``start`` on, ahead of ``end``; both aware.

    None leaves a side open.
    """

    start: datetime | None = None
    end: datetime | None = None

    def until(self, now: datetime) -> Span:
        """The part of it that lies ahead of a moment, from which on nothing is known yet."""
        return self if self.end is not None and self.end <= now else Span(self.start, now)

    def to_dict(self) -> dict[str, str | None]:
        """The same as ISO 8601 strings, in UTC."""
        return {"from": _plain(self.start), "to": _plain(self.end)}


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
    start, end = _period(dimension, key, zone)
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


def _period(
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
        end = None if last is None else midnight(last + timedelta(days=1), zone)
    except OverflowError:
        end = None
    return start, end


def _plain(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
