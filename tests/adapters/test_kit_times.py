"""The kit: times are read to the microsecond, and never rounded up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.adapters import kit

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=OFFSETS
)


@given(
    moment=MOMENTS,
    digits=st.text(alphabet="0123456789", max_size=12),
    colon=st.booleans(),
    small=st.booleans(),
)
def test_any_number_of_digits_is_cut_off_at_microseconds(
    moment: datetime, digits: str, colon: bool, small: bool
) -> None:
    offset = moment.strftime("%z")
    offset = f"{offset[:3]}:{offset[3:]}" if colon else offset
    fraction = f".{digits}" if digits else ""
    text = f"{moment.replace(tzinfo=None, microsecond=0).isoformat()}{fraction}{offset}"
    found = kit.moment(text.lower() if small else text, "at")
    assert found == moment.replace(microsecond=int(digits[:6].ljust(6, "0")))
    assert found.tzinfo is UTC


@given(st.integers(-62_135_596_800, kit.LAST_SECOND))
def test_a_second_is_written_so_that_it_is_read_again(second: int) -> None:
    text = kit.zulu(second)
    assert text.endswith("Z")
    assert kit.second_of(text) == second
    assert kit.moment(text, "at") == kit.seconds(second)


def test_beyond_the_calendar_its_end_is_written() -> None:
    assert kit.zulu(kit.LAST_SECOND + 10**12) == "9999-12-31T23:59:59Z"
    assert kit.zulu(-(10**12)) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not an ISO 8601 time"),
        ("soon", "not an ISO 8601 time"),
        ("1772619330", "not an ISO 8601 time"),
        ("2026-02-30T00:00:00Z", "not an ISO 8601 time"),
        ("2026-03-04T25:00:00Z", "not an ISO 8601 time"),
        ("2026-03-04T10:15:30", "a time without a time zone"),
        ("2026-03-04", "a time without a time zone"),
        ("0001-01-01T00:00:00+14:00", "a time beyond the calendar"),
        ("9999-12-31T23:59:59-01:00", "a time beyond the calendar"),
    ],
)
def test_what_is_no_moment_is_named(text: str, said: str) -> None:
    with pytest.raises(kit.FieldError, match=said) as caught:
        kit.moment(text, "created")
    assert caught.value.field == "created"


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert kit.day(day.isoformat(), "due") == day


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "20260304", "2026-W10-3", "2026-3-4", "2026-03-04T00:00:00Z"]
)
def test_what_is_no_day_is_named(text: str) -> None:
    with pytest.raises(kit.FieldError, match="not a day such as"):
        kit.day(text, "due")
