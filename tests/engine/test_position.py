"""Where a reading stands: moments in reading order, places, marks and frontiers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from simulation.made import session
from simulation.rows import moment

from unified_checkout.adapters import Direction
from unified_checkout.engine.position import (
    NEWEST,
    OLDEST,
    AccountPosition,
    Frontier,
    StreamPosition,
    before,
    beginning,
    beside,
    earlier,
    ending,
    later,
    mark,
)

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
OLD, NEW = moment(4), moment(5)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("direction", "first", "last", "begins", "ends"),
    [(FORWARD, NEW, OLD, NEWEST, OLDEST), (BACKWARD, OLD, NEW, OLDEST, NEWEST)],
)
def test_forward_the_newer_comes_first_and_backward_the_older(
    direction: Direction, first: datetime, last: datetime, begins: datetime, ends: datetime
) -> None:
    assert before(first, last, direction)
    assert not before(last, first, direction)
    assert not before(first, first, direction)
    for one, other in ((first, last), (last, first)):
        assert earlier(one, other, direction) == first
        assert later(one, other, direction) == last
    assert (beginning(direction), ending(direction)) == (begins, ends)


@pytest.mark.parametrize("steps", [-1, 0, 1, 2])
def test_beside_a_moment_lies_one_so_many_ticks_further_in_reading_order(steps: int) -> None:
    assert beside(NEW, FORWARD, steps) == NEW - steps * TICK
    assert beside(NEW, BACKWARD, steps) == NEW + steps * TICK


def test_nothing_lies_beyond_the_ends_of_time() -> None:
    assert beside(OLDEST, FORWARD, 1) == beside(OLDEST, BACKWARD, -1) == OLDEST
    assert beside(NEWEST, FORWARD, -1) == beside(NEWEST, BACKWARD, 1) == NEWEST


@pytest.mark.parametrize(
    ("id", "marked"),
    [
        ("", ""),
        ("cs_1", "cs_1"),
        ("12345678", "12345678"),
        ("123456789", "8NVMkTOD"),
        ("cs_test_a1Sv6L0hZ5pQ", "Dx-5Fr35"),
    ],
)
def test_a_short_id_is_its_own_mark_and_that_of_a_longer_one_stays_the_same(
    id: str, marked: str
) -> None:
    """Cursors hold it, which are read by later versions."""
    assert mark(id) == mark(mark(id)) == marked


def test_the_place_beside_a_session_leaves_it_out() -> None:
    place = StreamPosition(cursor="a", created=NEW)
    assert StreamPosition.beside(session("a", 5)) == place
    assert not place.inclusive


PLACE = StreamPosition(cursor="a", created=NEW, skip=frozenset({"b"}))


@pytest.mark.parametrize(
    ("place", "turned"),
    [
        (StreamPosition(), StreamPosition(done=True)),
        (StreamPosition(done=True), StreamPosition()),
        (StreamPosition(seen=NEW, early=True), StreamPosition(done=True)),
        (PLACE, attrs.evolve(PLACE, inclusive=True)),
        (attrs.evolve(PLACE, inclusive=True), PLACE),
        (attrs.evolve(PLACE, done=True), attrs.evolve(PLACE, inclusive=True)),
        (attrs.evolve(PLACE, done=True, inclusive=True), attrs.evolve(PLACE, inclusive=True)),
        (attrs.evolve(PLACE, early=True, seen=OLD), attrs.evolve(PLACE, inclusive=True)),
    ],
)
def test_a_place_that_is_turned_round_lies_on_the_other_side_of_its_session(
    place: StreamPosition, turned: StreamPosition
) -> None:
    """And forgets what was seen ahead of it."""
    assert place.turned() == turned


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    ("ids", "others", "behind"),
    [
        ((), False, ""),
        (("a",), False, "a"),
        (("a", "b"), False, "ab"),
        ((), True, "ab"),
        (("a",), True, "b"),
    ],
)
def test_of_a_frontier_s_moment_its_ids_lie_behind_or_all_but_them(
    ids: tuple[str, ...], others: bool, behind: str, direction: Direction
) -> None:
    frontier = Frontier(NEW, frozenset(ids), others=others)
    siblings = [session("a", 5), session("b", 5)]
    assert "".join(one.id for one in siblings if frontier.behind(one, direction)) == behind
    passed, coming = (6, 4) if direction is FORWARD else (4, 6)
    assert frontier.behind(session("c", passed), direction)
    assert not frontier.behind(session("c", coming), direction)


def test_a_frontier_knows_who_of_its_moment_is_named_behind() -> None:
    frontier = Frontier(NEW, frozenset({"a", "cs_test_a1Sv6L0hZ5pQ"}))
    assert frontier.is_beside("a", NEW)
    assert frontier.is_beside("cs_test_a1Sv6L0hZ5pQ", NEW)
    assert not frontier.is_beside("b", NEW)
    assert not frontier.is_beside("a", OLD)
    assert not frontier.is_beside("a", None)
    assert not frontier.turned().is_beside("a", NEW)
    assert not frontier.turned().is_beside("b", NEW)


@pytest.mark.parametrize("id", ["a", "b", "cs_test_a1Sv6L0hZ5pQ"])
@pytest.mark.parametrize("others", [False, True])
def test_a_session_is_put_behind_whichever_way_a_frontier_names_them(id: str, others: bool) -> None:
    frontier = Frontier(NEW, frozenset({"a", "c"}), others=others)
    further = frontier.with_behind(id)
    assert further.behind(session(id, 5), FORWARD)
    for other in {"a", "b", "c", "d"} - {id}:
        one = session(other, 5)
        assert further.behind(one, FORWARD) is frontier.behind(one, FORWARD)
    assert (further.created, further.others) == (NEW, others)


def test_an_id_is_taken_from_a_frontier() -> None:
    frontier = Frontier(NEW, frozenset({"a", "cs_test_a1Sv6L0hZ5pQ"}), others=True)
    assert frontier.without(None) == frontier.without("b") == frontier
    assert frontier.without("a") == Frontier(NEW, frozenset({"cs_test_a1Sv6L0hZ5pQ"}), others=True)
    assert frontier.without("cs_test_a1Sv6L0hZ5pQ") == Frontier(NEW, frozenset("a"), others=True)


@pytest.mark.parametrize(
    ("ids", "others", "last", "first"),
    [
        ((), False, 1, 0),
        (("a",), False, 1, -1),
        ((), True, 0, -1),
        (("a",), True, 1, -1),
    ],
)
def test_a_moment_lies_wholly_on_one_side_of_a_frontier_unless_some_of_it_are_named(
    ids: tuple[str, ...], others: bool, last: int, first: int
) -> None:
    """``last`` and ``first`` are counted in ticks from the frontier, upward for newer."""
    frontier = Frontier(NEW, frozenset(ids), others=others)
    assert frontier.last_behind(FORWARD) == NEW + last * TICK
    assert frontier.first_ahead(FORWARD) == NEW + first * TICK
    assert frontier.last_behind(BACKWARD) == NEW - last * TICK
    assert frontier.first_ahead(BACKWARD) == NEW - first * TICK


def test_a_frontier_gathers_the_ids_of_its_moment() -> None:
    first = Frontier.at(moment(5), [session("a", 6), session("b", 5)], None)
    assert first.ids == {"b"}
    assert Frontier.at(moment(5), [session("c", 5)], first).ids == {"b", "c"}
    assert Frontier.at(moment(4), [session("c", 5), session("d", 4)], first).ids == {"d"}


def test_a_frontier_that_names_who_lies_ahead_forgets_whom_it_passes() -> None:
    start = Frontier(moment(5), frozenset({"a", "b"}), others=True)
    passed = Frontier.at(moment(5), [session("a", 5)], start)
    assert passed == Frontier(moment(5), frozenset({"b"}), others=True)


def test_a_frontier_of_another_moment_forgets_who_was_named() -> None:
    for others in (False, True):
        start = Frontier(NEW, frozenset({"a"}), others=others)
        assert Frontier.at(OLD, [session("b", 4), session("c", 5)], start) == Frontier(
            OLD, frozenset({"b"})
        )
    assert Frontier.at(OLD, [session("b", 4)], None) == Frontier(OLD, frozenset({"b"}))


@pytest.mark.parametrize(
    "known",
    [
        {"frontier": Frontier(NEW)},
        {"done": True},
        {"streams": (StreamPosition(cursor="a"),)},
        {"streams": (StreamPosition(), StreamPosition(seen=NEW))},
        {"streams": (StreamPosition(done=True), StreamPosition())},
    ],
)
def test_an_account_is_untouched_until_something_was_read_or_where_somebody_begins(
    known: dict[str, Any],
) -> None:
    assert AccountPosition().is_untouched
    assert AccountPosition(streams=(StreamPosition(),)).is_untouched
    assert not AccountPosition(**known).is_untouched
    assert AccountPosition(**known, begins=True).is_untouched
