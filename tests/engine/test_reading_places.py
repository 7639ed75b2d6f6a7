"""``AccountReading`` alone: what it knows where it begins, and where it may be read on."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest
from engine.alone import TOP, Lone, after, at, page, reading_of, shop, since
from engine.handmade import NOW, Handmade, rows
from engine.test_reading import BACKWARD, END, OFFSET, TOKEN, WINDOWED, Supplied, frontier, standing

from unified_checkout.adapters import Direction, Order, Reach
from unified_checkout.engine.position import OLDEST, AccountPosition, Frontier, StreamPosition
from unified_checkout.errors import PagingError
from unified_checkout.model.query import ListSessions

TWO = ("sessions", "more")
WEEK = timedelta(days=7)
COMPLETE = ListSessions(status=("complete",))
DOUBTED = tuple(map(str, COMPLETE.predicates()))
BY_TIME = AccountPosition(frontier=frontier(2.5))
AFTER = AccountPosition(streams=(after(2),))
AFTER_AT = AccountPosition(streams=(after(2),), frontier=frontier(2, 2))


# What it knows where it begins.


def test_what_a_position_tells_is_known_from_the_beginning() -> None:
    start = AccountPosition(frontier=frontier(2), in_order=False, lacking=True, doubted=DOUBTED)
    reading = reading_of(shop(), COMPLETE, start=start)
    assert reading.lacking
    assert reading.scope.start == frontier(2)
    assert not reading.scope.in_order
    assert reading.scope.residual.doubted == DOUBTED
    fresh = reading_of(shop(), COMPLETE)
    assert not fresh.lacking
    assert fresh.scope.in_order
    assert fresh.scope.start is None
    assert fresh.scope.residual.doubted == ()


def test_what_does_not_match_is_counted() -> None:
    one = shop()
    for row in one.rows:
        row.status = "open"
    assert Lone(one, COMPLETE).read().reading.tally.rows_dropped == 3


@pytest.mark.parametrize(
    ("style", "start", "thrifty"),
    [
        ({}, AccountPosition(), False),
        ({}, BY_TIME, True),
        ({}, AFTER, False),
        ({}, AFTER_AT, False),
        ({}, AccountPosition(streams=(after(2, seen=at(4)),)), True),
        ({"streams": TWO}, BY_TIME, False),
        ({"streams": TWO}, AccountPosition(streams=(after(2, seen=at(4)), TOP)), False),
    ],
)
def test_a_single_list_that_is_read_from_a_moment_on_tells_it_in_its_places(
    style: dict[str, Any], start: AccountPosition, thrifty: bool
) -> None:
    assert reading_of(shop(**style), start=start).scope.thrifty is thrifty
    assert reading_of(shop(**style), start=start, thrifty=True).scope.thrifty


# The other way.


@pytest.mark.parametrize(
    ("style", "start", "direction", "back", "turned"),
    [
        ({}, AccountPosition(), None, (), ((END,), None, True)),
        ({"streams": TWO}, AccountPosition(), None, (), ((END, END), None, True)),
        ({}, AccountPosition(done=True), BACKWARD, (), ((TOP,), None, False)),
        ({"streams": TWO}, AccountPosition(done=True), BACKWARD, (), ((TOP, TOP), None, False)),
        ({}, BY_TIME, None, (), ((), frontier(2.5, others=True), False)),
        ({}, BY_TIME, None, (after(3),), ((after(3),), None, False)),
        (
            {"reach": WINDOWED},
            BY_TIME,
            None,
            (after(3),),
            ((after(3),), frontier(2.5, others=True), False),
        ),
        ({}, AFTER, None, (after(3),), ((after(3),), None, False)),
        ({}, AFTER, None, (END,), ((END,), None, True)),
        ({}, AFTER, None, (), ((), None, True)),
        ({"streams": TWO}, AFTER, None, (END, after(3)), ((END, after(3)), None, False)),
        (
            {},
            attrs.evolve(BY_TIME, done=True),
            None,
            (after(3),),
            ((), frontier(2.5, others=True), False),
        ),
        ({}, attrs.evolve(AFTER, done=True), None, (after(3),), ((after(3),), None, False)),
    ],
)
def test_read_the_other_way_it_begins_where_this_did(
    style: dict[str, Any],
    start: AccountPosition,
    direction: Direction | None,
    back: tuple[StreamPosition, ...],
    turned: tuple[object, object, object],
) -> None:
    one, way = shop(**style), direction or Direction.FORWARD
    if len(one.streams) > len(start.streams) > 0:
        start = attrs.evolve(start, streams=(*start.streams, TOP))
    reading, _ = standing(one, Supplied(back=back, here=(TOP,)), start=start, direction=way)
    position = reading.turned_position()
    assert (position.streams, position.frontier, position.done) == turned


@pytest.mark.parametrize("ahead", [False, True])
def test_beside_a_session_it_begins_on_the_other_side_of_it(ahead: bool) -> None:
    start = AccountPosition(frontier=frontier(1), anchor="s-1", anchor_ahead=ahead)
    reading, _ = standing(shop(), Supplied(here=(TOP,), reach=at(1)), start=start, pages=0)
    here, turned = reading.position(0), reading.turned_position()
    assert (here.anchor, here.anchor_ahead, here.frontier) == ("s-1", ahead, frontier(1))
    assert (turned.anchor, turned.anchor_ahead) == ("s-1", not ahead)
    assert (turned.streams, turned.frontier, turned.done) == ((), frontier(1), False)


# What a position tells.


def test_a_position_tells_what_was_found_out() -> None:
    start = AccountPosition(
        streams=(after(2),),
        in_order=False,
        lacking=True,
        doubted=DOUBTED,
        ceiling=at(3),
        begins=True,
    )
    known: dict[str, Any] = {"start": start, "query": COMPLETE}
    reading, _ = standing(shop(), Supplied(here=(after(3),)), pages=0, **known)
    assert reading.position(0) == attrs.evolve(start, streams=(after(3),))
    reading, supplied = standing(shop(), Supplied(here=(after(3),)), **known)
    assert not reading.position(0).begins
    reading.scope.clocks.behind = 5.0
    reading.scope.ceiling = at(9)
    assert reading.position(0).ceiling == at(9)
    supplied.done, supplied.reach = True, OLDEST
    assert not reading.position(0).lacking


def test_and_nothing_else() -> None:
    reading, _ = standing(shop(), Supplied(here=(after(3),)), start=AFTER, pages=0)
    assert reading.position(0) == AccountPosition(streams=(after(3),))


@pytest.mark.parametrize(
    ("style", "here", "refused"),
    [
        ({}, (after(3),), False),
        ({}, (), True),
        ({"order": Order.OLDEST_FIRST}, (), False),
        ({"streams": TWO}, (after(3), TOP), True),
        ({"streams": TWO, "disjoint": True}, (after(3), TOP), False),
    ],
)
def test_of_a_list_out_of_order_no_place_is_named_that_goes_by_time(
    style: dict[str, Any], here: tuple[StreamPosition, ...], refused: bool
) -> None:
    one = shop(**style)
    start = AccountPosition(streams=(after(2), TOP)[: len(one.streams)])
    reading, _ = standing(one, Supplied(here=here), start=start)
    for in_order in (True, False):
        reading.scope.in_order = in_order
        for place in (partial(reading.position, 0), reading.turned_position):
            if in_order or not refused:
                place()
                continue
            said = r": the list is not in order, so that no place in it can be returned to\. "
            with pytest.raises(PagingError, match=said):
                place()


# Places that hold.


@pytest.mark.parametrize(
    ("style", "start", "reach", "holds"),
    [
        ({}, frontier(2), 3, True),
        ({}, frontier(2), 2, True),
        ({}, frontier(2, 2), 2, False),
        ({}, frontier(2, others=True), 2, False),
        ({}, frontier(2, 2), 3, True),
        ({}, None, 2, True),
        ({"reach": WINDOWED}, frontier(2), 3, False),
        ({"reach": WINDOWED}, frontier(2), 2, False),
    ],
)
def test_a_place_holds_once_the_moment_was_passed_at_which_reading_began_or_if_it_tells_it(
    style: dict[str, Any], start: Frontier | None, reach: float, holds: bool
) -> None:
    supplied = Supplied(here=(page("s-2~0", 2),), reach=at(reach))
    begun = AccountPosition(frontier=start)
    reading, _ = standing(shop(paging=TOKEN, **style), supplied, start=begun)
    assert bool(reading.position(0).streams) is holds


def test_a_place_that_does_not_tell_the_moment_does_not_hold_at_it() -> None:
    for start, holds in ((AccountPosition(frontier=frontier(2)), False), (AFTER_AT, True)):
        supplied = Supplied(here=(page("s-2~0", 2),), reach=at(2))
        reading, _ = standing(shop(paging=TOKEN), supplied, start=start)
        reading.scope.thrifty = False
        assert bool(reading.position(0).streams) is holds


AFTER_A_SIBLING = AccountPosition(streams=(StreamPosition(cursor="s-9", created=at(1)),))


@pytest.mark.parametrize(
    ("style", "start", "told"),
    [
        ({}, AFTER_A_SIBLING, True),
        ({"paging": OFFSET}, AFTER_A_SIBLING, False),
        ({"reach": Reach(windowed=True, by="updated")}, AFTER_A_SIBLING, True),
        ({"order": Order.UNDOCUMENTED}, AFTER_A_SIBLING, False),
        ({}, AFTER, False),
        (
            {"streams": TWO, "disjoint": True},
            attrs.evolve(AFTER_A_SIBLING, streams=(*AFTER_A_SIBLING.streams, TOP)),
            False,
        ),
    ],
)
def test_where_a_place_told_who_of_a_moment_lies_behind_the_last_used_tells_it_from_then_on(
    style: dict[str, Any], start: AccountPosition, told: bool
) -> None:
    """Read in windows by then, its lists name no places any more."""
    reading, supplied = standing(shop(**style), Supplied(reach=at(1)), 1, start=start)
    first, last = reading.position(0), reading.position(1)
    assert (first.anchor, last.anchor) == (("s-9", "s-1") if told else (None, None))
    assert first.frontier == frontier(1)
    assert last.frontier == (frontier(1) if told else frontier(1, 1))
    reading.hand_out(1)
    reading.settle()
    assert reading.position(0) == last
    supplied.done, supplied.reach = True, OLDEST
    assert reading.position(0) == attrs.evolve(last, done=True)


def test_the_last_used_of_several_tells_it() -> None:
    reading, supplied = standing(shop(), Supplied(reach=at(1)), 1, start=AFTER_A_SIBLING)
    supplied.ready.extend(attrs.evolve(supplied.ready[0], id=id) for id in ("s-7", "s-8"))
    assert [reading.position(used).anchor for used in range(4)] == ["s-9", "s-1", "s-7", "s-8"]
    assert reading.position(2).frontier == frontier(1, 1)


def test_a_frontier_that_names_who_lies_ahead_needs_no_session_beside_it() -> None:
    start = attrs.evolve(AFTER_A_SIBLING, frontier=frontier(1, 1, others=True))
    reading, _ = standing(shop(), Supplied(reach=at(1)), start=start)
    assert reading.position(0).anchor is None


def test_all_that_was_used_of_a_moment_lies_behind() -> None:
    reading, supplied = standing(shop(), Supplied(reach=at(1)), 1)
    supplied.ready.append(attrs.evolve(supplied.ready[0], id="s-8"))
    for _ in range(2):
        reading.hand_out(1)
        reading.settle()
    assert reading.frontier(0) == frontier(1, 1, 8)


# Beside a session.


def at_a_moment(**style: Any) -> Handmade:
    """Three sessions of one moment, s-1 to s-3, between two others."""
    return Handmade(rows=rows(*(NOW - age for age in (0, 1, 1, 1, 2))), page_size=2, **style)


@pytest.mark.parametrize("begins", [False, True])
@pytest.mark.parametrize(
    ("ahead", "ready", "behind"), [(False, "s-3", (1, 2)), (True, "s-2 s-3", (1,))]
)
def test_what_its_lists_show_before_the_session_at_which_it_begins_lies_behind(
    ahead: bool, ready: str, behind: tuple[int, ...], begins: bool
) -> None:
    start = AccountPosition(frontier=frontier(1), anchor="s-2", anchor_ahead=ahead, begins=begins)
    lone = Lone(at_a_moment(), start=start)
    lone.read()
    assert (lone.ready, lone.reading.position(0).anchor) == ("", "s-2")
    before = lone.reading.tally.duplicates
    lone.read()
    assert lone.ready == ready
    reading = lone.reading
    assert reading.start == AccountPosition(frontier=frontier(1, *behind), begins=begins)
    assert reading.scope.start == reading.frontier(0) == frontier(1, *behind)
    assert (reading.delivering, reading.waiting) == (0, len(ready.split()))
    assert reading.tally.duplicates == before + len(behind)
    assert reading.wanted(9, now=True)


def test_where_that_session_is_gone_all_of_its_moment_is_shown() -> None:
    for page_size in (2, 3, 9):
        gone = attrs.evolve(at_a_moment(), page_size=page_size)
        gone.rows[2].stream = ""
        lone = Lone(gone, start=AccountPosition(frontier=frontier(1), anchor="s-2"))
        while not lone.ready:
            lone.read()
        assert lone.ready.startswith("s-1 s-3")
        assert lone.reading.scope.start == frontier(1, 2)


def test_that_its_moment_has_passed_is_told_by_what_does_not_match_as_well() -> None:
    gone = at_a_moment()
    gone.rows += rows(NOW - 3, prefix="t")
    for number, row in enumerate(gone.rows):
        row.status = "complete" if number < 4 else "open"
    gone.rows[2].stream = ""
    lone = Lone(gone, COMPLETE, start=AccountPosition(frontier=frontier(1), anchor="s-2")).read(2)
    assert not lone.reading.done
    assert lone.ready == "s-1 s-3"


def test_where_nothing_is_to_be_read_no_session_is_looked_for() -> None:
    start = AccountPosition(frontier=frontier(5), anchor="s-5")
    reading = reading_of(shop(reach=WINDOWED), since(3), start=start)
    assert reading.done
    assert reading.start == AccountPosition(frontier=frontier(5, 5))


def test_where_the_list_ends_at_its_moment_as_well() -> None:
    gone = at_a_moment()
    gone.rows[2].stream = gone.rows[4].stream = ""
    lone = Lone(gone, start=AccountPosition(frontier=frontier(1), anchor="s-2"))
    while not lone.reading.done:
        lone.read()
    assert lone.ready == "s-1 s-3"


def test_towards_newer_sessions_as_well() -> None:
    start = AccountPosition(frontier=frontier(1), anchor="s-2")
    lone = Lone(at_a_moment(), start=start, direction=BACKWARD)
    while not lone.reading.done:
        lone.read()
    assert lone.ready == "s-1 s-0"
    assert lone.reading.scope.start == frontier(1, 2, 3)


def test_others_of_the_moment_that_lie_behind_are_not_forgotten() -> None:
    start = AccountPosition(frontier=frontier(1, 3), anchor="s-1")
    lone = Lone(at_a_moment(), start=start).read(2)
    assert lone.ready == "s-2"
    assert lone.reading.scope.start == frontier(1, 1, 3)


def test_before_the_provider_s_clock_is_known_nothing_is_said_to_lie_behind() -> None:
    """The upper bound may still lie before that session."""
    weekly = Reach(windowed=True, required=True, longest=WEEK, earliest=WEEK)
    one = at_a_moment(ahead=100.0, reach=weekly)
    one.rows[:0] = rows(NOW + 9, NOW + 9, prefix="t")
    start = AccountPosition(frontier=Frontier(at(-9)), anchor="t-0", begins=True)
    lone = Lone(one, start=start)
    while not lone.ready:
        assert lone.reading.position(0).anchor == "t-0"
        lone.read()
    assert lone.ready == "t-1"
