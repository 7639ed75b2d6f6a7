"""Days and hours are those of Python's time zones, whatever the database thinks of them."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest
from sold import session

from unified_checkout.report import Dimension, SessionTable
from unified_checkout.report.clocks import ahead_of_utc

EPOCH = datetime.fromtimestamp(0, UTC)
MICROSECOND = timedelta(microseconds=1)
NAMES = sorted(available_timezones())


def local(moment: datetime, told: tuple[list[int], list[int]]) -> datetime:
    since, ahead = told
    place = bisect(since, (moment - EPOCH) // MICROSECOND) - 1
    return (moment + ahead[place] * MICROSECOND).replace(tzinfo=None)


def check(name: str, moments: Iterable[datetime], told: tuple[list[int], list[int]]) -> None:
    zone = ZoneInfo(name)
    for moment in moments:
        assert local(moment, told) == moment.astimezone(zone).replace(tzinfo=None), (name, moment)


def test_every_zone_s_clocks_are_those_of_python() -> None:
    random = Random(11)
    for name in NAMES:
        first = date(random.randrange(1880, 2100), 1, 1)
        days = [first + timedelta(days=number) for number in range(366)]
        told = ahead_of_utc(days, ZoneInfo(name))
        start = datetime(first.year, 1, 1, tzinfo=UTC)
        moments = [start + timedelta(seconds=random.uniform(0, 366 * 86_400)) for _ in range(20)]
        changes = [EPOCH + since * MICROSECOND for since in told[0][1:]]
        check(name, moments, told)
        check(name, (at + step for at in changes for step in (-MICROSECOND, 0 * MICROSECOND)), told)


def test_days_that_lie_far_from_each_other_have_their_own_clocks() -> None:
    days = [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(2026, 7, 1), date.max]
    for name in ("Europe/Berlin", "America/Vancouver", "Pacific/Apia"):
        told = ahead_of_utc(days, ZoneInfo(name))
        noons = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days[1:-1]]
        check(name, noons, told)


@pytest.mark.parametrize("name", ["America/Vancouver", "Africa/Cairo", "Australia/Lord_Howe"])
@pytest.mark.parametrize("year", [1968, 2026, 2027, 2090])
def test_a_report_s_days_and_hours_are_python_s(name: str, year: int) -> None:
    """Of Vancouver, zone data differ by their age: its clocks stay in summer from 2026 on."""
    start, zone = datetime(year, 1, 1, tzinfo=UTC), ZoneInfo(name)
    moments = [start + timedelta(hours=hours, minutes=31) for hours in range(0, 366 * 24, 5)]
    with SessionTable() as table:
        table.add([session(created=moment) for moment in moments])
        told = table.figures(by=[Dimension.DAY], zone=name)
    days = Counter(f"{moment.astimezone(zone):%Y-%m-%d}" for moment in moments)
    hours = Counter(moment.astimezone(zone).hour for moment in moments)
    assert {line.group[0]: line.counts.sessions for line in told.lines} == days
    assert {one.hour: one.ended for one in told.hours} == hours


@pytest.mark.skipif("localtime" not in NAMES, reason="this machine has no zone of that name")
def test_a_zone_that_only_this_machine_knows_is_one() -> None:
    with SessionTable() as table:
        table.add([session()])
        assert table.total(zone="localtime").counts.sessions == 1
