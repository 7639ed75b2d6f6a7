"""What somebody wrote is repeated where it is plain words or a time, and never where it may be a key."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import InvalidQuery, ListSessions
from unified_checkout.telltales import (
    NOT_SHOWN,
    looks_like_a_key,
    no_id,
    only_plain,
    plain_path,
    quoted,
    without_pages,
    without_secrets,
)

KEY = "sk_live_51PlantedAndNotToBeSeen"
UNITS = ["s", "sec", "second", "min", "hour", "hrs", "day", "d", "week", "w", "month", "year"]
LETTERS_AND_DIGITS = ascii_letters + digits


@settings(deadline=None, max_examples=50)
@given(
    st.integers(1, 999_999),
    st.sampled_from(UNITS),
    st.sampled_from(["", "s"]),
    st.sampled_from([str.lower, str.upper, str.capitalize]),
)
def test_a_number_and_a_unit_of_time_are_no_key(
    number: int, unit: str, plural: str, cased: Callable[[str], str]
) -> None:
    written = f"{number}{cased(unit + plural * (len(unit) > 1 and unit[-1] != 's'))}"
    assert quoted(written) == repr(written)
    assert only_plain(f"Invalid value '{written}'.") == f"Invalid value '{written}'."


@pytest.mark.parametrize(
    "written",
    [
        "1h30min",
        "2weeks ago",
        "2weeksago",
        "P30D",
        "PT1H30M",
        "P1Y2M3DT4H5M6S",
        "20261031T120000Z",
        "2026-13-31T12:00:00.123456Z",
        "31Oct2026",
        "31-oct-2026",
    ],
)
def test_a_time_that_is_written_otherwise_is_shown(written: str) -> None:
    assert quoted(written) == repr(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2weeks", "2w"),
        ("90 Minutes", "90m"),
        ("1hr", "1h"),
        ("30-day", "30d"),
        ("0days", "30d"),
        ("2months", "30d"),
        ("7777777days", "30d"),
    ],
)
def test_a_span_in_words_is_told_in_short(written: str, meant: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        ListSessions.model_validate({"last": written})
    said = f"last: {written!r} is not a span of time; write a number and s, m, h, d or w, such as "
    assert str(caught.value) == said + meant


@settings(deadline=None, max_examples=50)
@given(st.text(LETTERS_AND_DIGITS, min_size=16, max_size=40), st.sampled_from(["", "sk_", "live_"]))
def test_what_mixes_letters_and_digits_at_random_is_not_shown(run: str, prefix: str) -> None:
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(run))
    if changes > 6:
        assert quoted(prefix + run) == NOT_SHOWN


@pytest.mark.parametrize(
    "key",
    [
        "kX7dHar4Ls",
        "2weeksX7",
        "12monthsK4dHarLs",
        "31OctX72026",
        "1d2h3m4s",
        "P1D2H3M4S5X",
        "7Zx9Zy",
    ],
)
def test_what_only_begins_like_a_time_is_not_shown(key: str) -> None:
    assert quoted(key) == NOT_SHOWN


@pytest.mark.parametrize("place", range(len(KEY) + 1))
@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u00ad", "\ufeff", "\u2060", "\u202e", "\u200d", "\0"]
)
def test_what_nobody_sees_hides_no_key(unseen: str, place: int) -> None:
    """As a page or a document may have it where a key was copied from."""
    copied = f"{KEY[:place]}{unseen}{KEY[place:]}"
    assert looks_like_a_key(copied)
    assert no_id(copied) == "a key"
    for show in (quoted, only_plain, plain_path, without_secrets, without_pages):
        shown = show(f"https://example.com/{copied}/x")
        assert "Planted" not in shown.replace(unseen, "")
        assert KEY[-8:] not in shown


@pytest.mark.parametrize("written", ["a\u200bb", "\U0001f468\u200d\U0001f469", "caf\u00ade"])
def test_where_it_hides_none_it_stays(written: str) -> None:
    assert without_secrets(written) == written
