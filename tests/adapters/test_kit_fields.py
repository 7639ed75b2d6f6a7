"""The kit: values of the right type that cannot be what their field says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NoReturn

import pytest

from unified_checkout.adapters import kit
from unified_checkout.errors import MalformedPage

WHERE: dict[str, Any] = {"account": "us", "provider": "acme", "status": 200}


def refuse(sent: str, raw: bytes) -> NoReturn:
    raise kit.FieldError("price", f"{len(sent)} digits are too many")


@pytest.mark.parametrize("row", [3, None])
def test_a_field_that_cannot_be_is_named_with_its_row(row: int | None) -> None:
    with pytest.raises(MalformedPage, match="field 'price': 2 digits are too many") as caught:
        kit.session(refuse, "12", b"12", row, **WHERE)
    assert (caught.value.row, caught.value.field) == (row, "price")
    assert (caught.value.account, caught.value.provider) == ("us", "acme")


def test_an_aware_time_becomes_one_in_utc() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert kit.utc(noon, "at") == noon
    assert kit.utc(noon, "at").tzinfo is UTC


def test_a_time_beyond_the_calendar_is_named() -> None:
    beyond = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    with pytest.raises(kit.FieldError, match="beyond the calendar") as caught:
        kit.utc(beyond, "at")
    assert caught.value.field == "at"
