"""How far the clocks of a time zone are ahead of UTC, for a database whose own zones may differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

_EPOCH = datetime.fromtimestamp(0, UTC)
_SECOND = timedelta(seconds=1)
_A_DAY = 86_400
_FIRST, _LAST = (
    (moment.replace(tzinfo=UTC, microsecond=0) - _EPOCH) // _SECOND
    for moment in (datetime.min, datetime.max)
)
_BEFORE_ALL = -(2**63)


def ahead_of_utc(days: Iterable[date], zone: tzinfo) -> tuple[list[int], list[int]]:
    """Since when the clocks were how far ahead of UTC, on some days.

    Args:
        days: those of UTC, in their order; between them a change may be told too late.
        zone: whose clocks.

    Returns:
        The moments, and how far the clocks were ahead from then on; both in microseconds, the
        moments since 1970. The first moment is ahead of all.

    >>> from zoneinfo import ZoneInfo
    >>> days = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]
    >>> ahead_of_utc(days, ZoneInfo("Europe/Berlin"))[1]
    [3600000000, 7200000000]
    """
    since: list[int] = []
    ahead: list[int] = []
    for day in days:
        begin = (day - _EPOCH.date()).days * _A_DAY
        for second in (begin, *_changes(begin, begin + _A_DAY - 1, zone)):
            seconds = _ahead(second, zone)
            if not ahead or ahead[-1] != seconds * 1_000_000:
                since.append(second * 1_000_000 if since else _BEFORE_ALL)
                ahead.append(seconds * 1_000_000)
    return since, ahead


def _changes(first: int, last: int, zone: tzinfo) -> Iterator[int]:
    """The seconds at which the clocks changed, behind the first and up to the last.

    A part of which both ends are alike holds no change.
    """
    if _ahead(first, zone) == _ahead(last, zone):
        return
    if last - first == 1:
        yield last
        return
    middle = (first + last) // 2
    yield from _changes(first, middle, zone)
    yield from _changes(middle, last, zone)


def _ahead(second: int, zone: tzinfo) -> int:
    """In seconds; at the ends of all years, where the clocks show none, that of a day from there."""
    inside = min(max(second, _FIRST + _A_DAY), _LAST - _A_DAY)
    local = (_EPOCH + inside * _SECOND).astimezone(zone)
    ahead = local.utcoffset()
    return 0 if ahead is None else ahead // _SECOND
