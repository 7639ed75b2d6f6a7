"""``Seen``: repetitions are found whatever the order, and the order is watched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation.made import session
from simulation.rows import moment

from unified_checkout.adapters import Direction
from unified_checkout.engine.seen import Seen

SECOND = timedelta(seconds=1)
Page = list[tuple[str, int]]

PAGES = st.lists(
    st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.integers(0, 9)), min_size=1, max_size=5),
    max_size=8,
)


def flags(seen: Seen, page: Sequence[tuple[str, int]]) -> list[bool]:
    found = seen.repeated([session(name, created) for name, created in page])
    return [False] * len(page) if found is None else found


@given(PAGES, st.sampled_from(Direction))
def test_every_repetition_is_found(pages: list[Page], direction: Direction) -> None:
    created: dict[str, int] = {}
    shown: set[str] = set()
    seen = Seen(direction)
    for page in pages:
        steady = [(name, created.setdefault(name, at)) for name, at in page]
        expected = []
        for name, _ in steady:
            expected.append(name in shown)
            shown.add(name)
        assert flags(seen, steady) == expected


@given(PAGES, st.sampled_from(Direction))
def test_the_order_is_that_of_first_appearances(pages: list[Page], direction: Direction) -> None:
    created: dict[str, int] = {}
    seen = Seen(direction)
    for page in pages:
        flags(seen, [(name, created.setdefault(name, at)) for name, at in page])
        times = list(created.values())
        assert seen.in_order == (times == sorted(times, reverse=direction is Direction.FORWARD))


@pytest.mark.parametrize(("created", "in_order"), [(5, True), (6, True), (7, False)])
def test_the_order_is_watched_from_the_place_of_resuming(created: int, in_order: bool) -> None:
    seen = Seen(Direction.FORWARD, moment(6))
    assert flags(seen, [("a", created)]) == [False]
    assert seen.in_order is in_order


class Counted(datetime):
    """A moment that counts how often moments are compared."""

    compared = 0

    def __le__(self, value: datetime, /) -> bool:  # type: ignore[override]
        Counted.compared += 1
        return super().__le__(value)

    def __ge__(self, value: datetime, /) -> bool:  # type: ignore[override]
        Counted.compared += 1
        return super().__ge__(value)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("apart", [0, 1])
def test_a_list_in_order_is_compared_with_the_page_before_alone(
    direction: Direction, apart: int
) -> None:
    """Also where a page begins in the second in which the one before it ends."""
    seen, first = Seen(direction), Counted(2026, 1, 1)
    sign = -1 if direction is Direction.FORWARD else 1
    for number in range(100):
        times = [first + sign * SECOND * (number * (1 + apart) + edge) for edge in (0, 1)]
        page = [attrs.evolve(session(f"{at}{number}", 0), created=at) for at in times]
        Counted.compared = 0
        assert seen.repeated(page) is None
        assert Counted.compared < 12
    assert seen.in_order
