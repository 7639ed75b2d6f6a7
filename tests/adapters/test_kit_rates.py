"""The kit: what headers tell of the rate, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.adapters import Response, kit

DATE = "Fri, 20 Nov 2026 10:00:00 GMT"
EPOCH = 1_795_168_800  # the same moment


@pytest.mark.parametrize("prefix", ["ratelimit-", "x-ratelimit-", "x-rate-limit-", "rate-limit-"])
@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("20", 20.0),
        ("58.37", 58.37),
        ("0", 0.0),
        ("-5", 0.0),
        (str(EPOCH + 7), 7.0),
        (str(EPOCH * 1000 + 7000), 7.0),
        (str(EPOCH - 7), 0.0),
        ("Fri, 20 Nov 2026 10:00:07 GMT", 7.0),
        ("7, 7", 7.0),
        ("7 ,9", 7.0),
    ],
)
def test_the_end_of_the_window_is_read_in_every_form(
    prefix: str, reset: str, seconds: float
) -> None:
    for remaining in ("12", "12, 12"):
        headers = {f"{prefix}remaining": remaining, f"{prefix}reset": reset, "date": DATE}
        found = kit.allowance(Response(status=200, headers=headers))
        assert found is not None
        assert found.remaining == 12
        assert found.resets_in == pytest.approx(seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-reset": "20"},
        {"x-ratelimit-remaining": "3"},
        {"x-ratelimit-remaining": "three", "x-ratelimit-reset": "20"},
        {"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "20"},
        {"x-ratelimit-remaining": "٣", "x-ratelimit-reset": "20"},
        {"x-ratelimit-remaining": "9" * 5000, "x-ratelimit-reset": "20"},
        {"x-ratelimit-remaining": "3", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "3", "x-ratelimit-reset": "nan"},
        {"x-ratelimit-remaining": "3", "x-ratelimit-reset": str(EPOCH)},
        {"x-ratelimit-remaining": "3", "x-ratelimit-reset": DATE},
    ],
)
def test_what_does_not_tell_is_no_allowance(headers: dict[str, str]) -> None:
    assert kit.allowance(Response(status=200, headers=headers)) is None


def test_a_window_of_known_length_stands_in_for_its_end() -> None:
    counted = Response(status=200, headers={"x-ratelimit-remaining": "0"})
    found = kit.allowance(counted, window=60.0)
    assert found is not None
    assert (found.remaining, found.resets_in) == (0, 60.0)
    assert kit.allowance(Response(status=200), window=60.0) is None


def test_a_refusal_without_advice_waits_for_the_end_of_the_window() -> None:
    headers = {"ratelimit-reset": "Fri, 20 Nov 2026 10:00:07 GMT", "date": DATE}
    assert kit.retry_after(Response(status=429, headers=headers)) == 7.0
    assert kit.retry_after(Response(status=503, headers=headers)) is None
    both = {**headers, "retry-after": "2"}
    assert kit.retry_after(Response(status=429, headers=both)) == 2.0


@given(
    remaining=st.text(max_size=6),
    reset=st.text(max_size=12) | st.floats().map(str) | st.integers().map(str),
    date=st.sampled_from(["", DATE]) | st.text(max_size=12),
)
def test_no_header_breaks_the_reading(remaining: str, reset: str, date: str) -> None:
    headers = {"ratelimit-remaining": remaining, "ratelimit-reset": reset, "date": date}
    response = Response(status=429, headers=headers)
    found = kit.allowance(response)
    assert found is None or (found.remaining >= 0 and 0 <= found.resets_in < float("inf"))
    waited = kit.retry_after(response)
    assert waited is None or 0 <= waited < float("inf")


@pytest.mark.parametrize(
    ("advice", "date", "seconds"),
    [
        ("Thu, 31 Dec 2026 23:59:60 GMT", "Thu, 31 Dec 2026 23:59:58 GMT", 2.0),
        ("Thursday, 31-Dec-26 23:59:60 GMT", "Thu Dec 31 23:59:58 2026", 2.0),
        ("Fri, 01 Jan 2027 00:00:07 GMT", "Thu Dec 31 23:59:60 2026", 7.0),
        ("Thu, 31 Dec 2026 23:59:61 GMT", "Thu, 31 Dec 2026 23:59:58 GMT", None),
        ("7", "", 7.0),
        ("7.5", "", 7.5),
        ("7, 7", "", 7.0),
        ("7,8", "", 7.0),
        (", 7", "", None),
        ("1_0", "", None),
        ("\N{ARABIC-INDIC DIGIT FIVE}", "", None),
        ("1e1", "", None),
        ("0x10", "", None),
        ("infinity", "", None),
        ("9" * 400, DATE, None),
    ],
)
def test_advice_is_read_as_the_standard_writes_it(
    advice: str, date: str, seconds: float | None
) -> None:
    """RFC 9110, sections 5.6.7 and 10.2.3: digits, or a date, which may have a leap second."""
    response = Response(status=503, headers={"retry-after": advice, "date": date})
    assert kit.retry_after(response) == seconds
