"""What is written of times is read as meant, wherever this runs, or refused in words that help."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from unified_checkout.model.times import created_bounds, midnight, moment, since, span

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NO_ZONE = (
    "2026-01-31T12:00:00 has no time zone; write an aware datetime, an ISO 8601 string with Z or an "
    "offset, or a date"
)
NO_TIME = (
    "float is not a kind of time; write an aware datetime, a date, or an ISO 8601 string such as "
    "2026-01-31 or 2026-01-31T12:00:00Z"
)
BEFORE_ALL, AFTER_ALL = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.fixture(autouse=True)
def _somewhere_else() -> Iterator[None]:
    """A machine far from Greenwich."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Auckland"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (NOON, NOON),
        (NOON.astimezone(BERLIN), NOON),
        ("2026-01-31T13:00:00+01:00", NOON),
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31", date(2026, 1, 31)),
        (date(2026, 1, 31), date(2026, 1, 31)),
    ],
)
def test_a_moment_is_in_utc_and_a_date_stays_one(written: Any, read: Any) -> None:
    told = moment(written)
    assert told == read
    if isinstance(told, datetime):
        assert told.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            datetime(2026, 1, 31, 12),
            NO_ZONE,
        ),
        (
            "2026-01-31T12:00:00",
            NO_ZONE,
        ),
        (
            "20260131T12",
            NO_ZONE,
        ),
        (
            1.5,
            NO_TIME,
        ),
        (
            "yesterday",
            "'yesterday' is not an ISO 8601 date or time such as 2026-01-31 or 2026-01-31T12:00:00Z",
        ),
    ],
)
def test_what_is_no_moment_is_told_what_to_write(written: object, said: str) -> None:
    with pytest.raises(ValueError, match="time") as caught:
        moment(written)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        (date(2026, 7, 1), UTC, datetime(2026, 7, 1, tzinfo=UTC)),
        (date(2026, 7, 1), BERLIN, datetime(2026, 6, 30, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_its_midnight(day: date, zone: Any, begins: datetime) -> None:
    assert midnight(day, zone) == begins
    assert midnight(day, zone).tzinfo is UTC
    assert created_bounds(day, zone) == {"gte": begins, "lt": begins + timedelta(days=1)}
    assert created_bounds({"gte": day}, zone) == {"gte": begins}


EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


@pytest.mark.parametrize(
    ("bounds", "zone", "read"),
    [
        ({"gte": date.min}, EAST, {"gte": BEFORE_ALL}),
        ({"gte": date(1, 1, 2)}, EAST, {"gte": datetime(1, 1, 1, 10, tzinfo=UTC)}),
        ({"lt": date.max}, WEST, {"lt": datetime(9999, 12, 31, 12, tzinfo=UTC)}),
        ({"lte": date.max}, UTC, {"lte": AFTER_ALL}),
        ({"gt": date.max}, UTC, {"gt": AFTER_ALL}),
        ({"gte": date(9999, 12, 31)}, timezone(timedelta(hours=-23)), {"gte": datetime(9999, 12, 31, 23, tzinfo=UTC)}),
    ],
)  # fmt: skip
def test_the_calendar_ends_where_it_ends(bounds: Any, zone: Any, read: Any) -> None:
    assert created_bounds(bounds, zone) == read


def test_a_time_ago_is_before_now_or_the_first_there_is() -> None:
    assert since(NOON, timedelta(hours=1)) == NOON - timedelta(hours=1)
    assert since(NOON, timedelta(days=999_999)) == BEFORE_ALL


@pytest.mark.parametrize(
    ("written", "long"),
    [
        ("90s", timedelta(seconds=90)),
        (" 15M ", timedelta(minutes=15)),
        (timedelta(microseconds=1), timedelta(microseconds=1)),
        (timedelta(days=1), timedelta(days=1)),
    ],
)
def test_a_span_is_as_long_as_it_says(written: Any, long: timedelta) -> None:
    assert span(written) == long


@pytest.mark.parametrize("written", [timedelta(0), timedelta(seconds=-1)])
def test_a_span_of_nothing_is_refused(written: timedelta) -> None:
    with pytest.raises(ValueError, match=r"^a span must be longer than nothing$"):
        span(written)


@pytest.mark.parametrize("written", [None, 30, b"30d"])
def test_what_is_no_text_is_no_span(written: object) -> None:
    with pytest.raises(
        ValueError, match="is not a span of time; write a number and s, m, h, d or w"
    ):
        span(written)
