"""``Trust``: how far a page may be relied on, and what of it was relied on before."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import cast

import pytest
from simulation.made import session
from simulation.rows import moment

from unified_checkout.adapters import Direction, Stream
from unified_checkout.engine.position import StreamPosition, ending
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.engine.tally import Tally
from unified_checkout.engine.trust import Trust
from unified_checkout.model.session import Session


class Page:
    """Trust in the lists of an account, whose moments are counted in reading order."""

    def __init__(self, direction: Direction, *, ordered: bool = True) -> None:
        self.direction = direction
        self.scope = SimpleNamespace(ordered=ordered, in_order=True, tally=Tally())

    def at(self, steps: float) -> datetime:
        return moment(1000 - steps if self.direction is Direction.FORWARD else 1000 + steps)

    def rows(self, *steps: float) -> list[Session]:
        return [
            session(f"s-{number}", self.at(one).timestamp()) for number, one in enumerate(steps)
        ]

    def trust(self, began: float | None = None, seen: float | None = None) -> Trust:
        start = StreamPosition(
            created=None if began is None else self.at(began),
            seen=None if seen is None else self.at(seen),
        )
        stream = Stream(name="sessions", path="/sessions")
        stretch = Stretch(stream=stream, start=start, direction=self.direction)
        return Trust(cast(Scope, self.scope), stretch)


DIRECTIONS = pytest.mark.parametrize("direction", Direction)
ORDERED = pytest.mark.parametrize("ordered", [True, False])


@DIRECTIONS
def test_at_first_all_of_every_page_may_be_relied_on(direction: Direction) -> None:
    page = Page(direction, ordered=True)
    trust, rows = page.trust(), page.rows(1, 5, 3)
    assert trust.until == trust.until_for_page == ending(direction)
    assert (trust.passed, trust.shows_again, trust.held_back) == (None, False, None)
    trust.note_asked()
    assert not trust.is_partial
    assert (trust.within(rows), trust.after_passed(rows)) == (rows, rows)
    assert (page.scope.in_order, page.scope.tally.duplicates) == (True, 0)


@DIRECTIONS
def test_what_is_trusted_once_a_page_was_asked_for_counts_for_the_next(
    direction: Direction,
) -> None:
    page = Page(direction)
    trust = page.trust()
    trust.until = page.at(3)
    assert not trust.is_partial
    trust.note_asked()
    assert trust.is_partial
    assert trust.until_for_page == page.at(3)


@DIRECTIONS
@ORDERED
@pytest.mark.parametrize(
    ("steps", "known", "in_order"),
    [
        ([1, 2, 3, 4], 2, True),
        ([1, 2], 2, True),
        ([3, 4], 0, True),
        ([], 0, True),
        ([1, 4, 2, 2], 1, False),
        ([4, 1], 0, False),
    ],
)
def test_a_page_is_known_up_to_the_first_row_that_is_not_before_the_moment(
    direction: Direction, ordered: bool, steps: list[float], known: int, in_order: bool
) -> None:
    page = Page(direction, ordered=ordered)
    trust, rows = page.trust(), page.rows(*steps)
    trust.until = page.at(3)
    trust.note_asked()
    page.scope.tally.duplicates = 7
    assert trust.within(rows) == rows[:known]
    assert page.scope.tally.duplicates == 7 + len(steps) - known
    assert page.scope.in_order is (in_order or not ordered)


@DIRECTIONS
@ORDERED
@pytest.mark.parametrize(
    ("steps", "passed", "in_order"),
    [
        ([1, 2, 3, 4], 2, True),
        ([2, 2, 3, 3], 2, True),
        ([3, 4], 0, True),
        ([], 0, True),
        ([1, 4, 2], 1, False),
        ([4, 1], 0, False),
    ],
)
def test_what_a_page_shows_once_more_was_relied_on_before(
    direction: Direction, ordered: bool, steps: list[float], passed: int, in_order: bool
) -> None:
    page = Page(direction, ordered=ordered)
    rows = page.rows(*steps)
    assert page.trust(seen=3).after_passed(rows) == rows[passed:]
    assert page.scope.in_order is (in_order or not ordered)


@DIRECTIONS
def test_a_list_that_was_out_of_order_stays_so(direction: Direction) -> None:
    page = Page(direction)
    page.scope.in_order = False
    page.trust(seen=3).after_passed(page.rows(4, 1))
    assert page.scope.in_order is False


@DIRECTIONS
@pytest.mark.parametrize(("first", "passed"), [(1, 0), (2, 1), (2.5, 1)])
def test_a_page_that_begins_before_its_place_passed_nothing(
    direction: Direction, first: float, passed: int
) -> None:
    page = Page(direction)
    rows = page.rows(first, 4, 1)
    assert page.trust(began=2, seen=3).after_passed(rows) == rows[passed:]
    assert page.scope.in_order is (passed == 0)
