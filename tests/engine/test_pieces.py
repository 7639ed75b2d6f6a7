"""``Pieces``: a span of time, taken apart from its newest end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from engine.handmade import DAY, NOW, Handmade, rows
from engine.world import World
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.adapters import Reach, Window
from unified_checkout.engine.pieces import Pieces

SECOND = int(NOW)


def pieces(span: Window, longest: timedelta | None) -> list[Window]:
    """All the pieces of a span, none of which holds too much."""
    divider = Pieces(longest, 100)
    found: list[Window] = []
    rest: Window | None = span
    while rest is not None:
        piece, rest = divider.begin(rest)
        found.append(piece)
        divider.learn(None)  # type: ignore[arg-type]
    return found


@given(
    st.none() | st.integers(0, SECOND),
    st.integers(1, SECOND),
    st.none() | st.integers(1, 9_000).map(lambda days: timedelta(days=days)),
)
def test_pieces_adjoin_and_cover_the_span_and_none_is_too_long(
    since: int | None, until: int, longest: timedelta | None
) -> None:
    if since is not None and since >= until:
        since, until = until - 1, since + 1
    found = pieces(Window(since, until), longest)
    assert found[0].until == until
    assert found[-1].since == (since or 0)
    assert [one.since for one in found[:-1]] == [one.until for one in found[1:]]
    for one in found:
        assert one.since is not None
        assert one.until is not None
        assert one.since < one.until
        assert longest is None or one.until - one.since <= longest.total_seconds()


def test_each_piece_is_twice_as_long_as_the_one_before() -> None:
    lengths = [
        (one.until - one.since) / DAY
        for one in pieces(Window(SECOND - 100 * DAY, SECOND), None)
        if one.until is not None and one.since is not None
    ]
    assert lengths == [1, 2, 4, 8, 16, 32, 37]


def test_the_piece_after_one_that_holds_too_much_is_half_as_long() -> None:
    divider = Pieces(None, 100)
    first, rest = divider.begin(Window(0, SECOND))
    assert rest is not None
    divider.learn_too_full(first)
    second, _ = divider.begin(rest)
    assert second == Window(SECOND - DAY - DAY // 2, SECOND - DAY)
    divider.learn_too_full(Window(5, 6))
    assert divider.begin(rest)[0] == Window(SECOND - DAY - 1, SECOND - DAY)


def test_a_span_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="has an end"):
        Pieces(None, 100).begin(Window(None, None))


def test_a_list_that_wants_both_ends_of_a_window_is_read_back_to_the_beginning_of_time() -> None:
    shop = Handmade(rows=rows(NOW, NOW - 99 * DAY, 0.0), reach=Reach(windowed=True, required=True))
    answer = World(shop).ask()
    assert answer.ids == ["s-0", "s-1", "s-2"]
    assert answer.said.complete
    assert shop.asked[-1]["since"] == "0"
    assert len(shop.asked) < 20
