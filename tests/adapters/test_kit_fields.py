"""The kit: values of the right type that cannot be what their field says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from unified_checkout.adapters import kit
from unified_checkout.errors import MalformedPage

WHERE: dict[str, Any] = {"account": "us", "provider": "acme", "status": 200}


def converted(sent: int, raw: bytes) -> Any:
    if sent > 9:
        raise kit.FieldError("price", f"{len(raw)} digits are too many")
    return sent


def test_a_field_that_cannot_be_is_named_with_its_row() -> None:
    rows = [(1, b"1"), (2, b"2"), (12, b"12"), (123, b"123")]
    with pytest.raises(MalformedPage, match="field 'price': 2 digits are too many") as caught:
        kit.sessions(converted, rows, **WHERE)
    assert (caught.value.row, caught.value.field) == (2, "price")
    assert (caught.value.account, caught.value.provider) == ("us", "acme")
    found: list[Any] = kit.sessions(converted, rows[:2], **WHERE)
    assert found == [1, 2]


def test_outside_of_a_row_the_field_alone_is_named() -> None:
    with (
        pytest.raises(MalformedPage, match="2 digits are too many") as caught,
        kit.field_errors(row=None, **WHERE),
    ):
        converted(12, b"12")
    assert (caught.value.row, caught.value.field) == (None, "price")


def test_an_aware_time_becomes_one_in_utc() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert kit.utc(noon, "at") == noon
    assert kit.utc(noon, "at").tzinfo is UTC


def test_a_time_beyond_the_calendar_is_named() -> None:
    beyond = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    with pytest.raises(kit.FieldError, match="beyond the calendar") as caught:
        kit.utc(beyond, "at")
    assert caught.value.field == "at"
