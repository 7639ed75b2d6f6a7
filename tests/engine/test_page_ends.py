"""``PageReader`` alone: where its list goes on, how far it reaches, and when it is left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
import pytest
from engine.alone import SECOND, TOP, Alone, after, at, page, shop, since
from engine.handmade import NOW, Handmade, rows

from unified_checkout.adapters import Direction, Order, Paging, Reach, Window
from unified_checkout.engine.position import NEWEST, OLDEST, Frontier, StreamPosition
from unified_checkout.engine.supply import Progress
from unified_checkout.engine.tally import PageSpan
from unified_checkout.model.query import ListSessions

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
ID, TOKEN, OFFSET = Paging.SESSION_ID, Paging.TOKEN, Paging.OFFSET
WINDOWED = Reach(windowed=True)


# Where it goes on.


def test_by_id_a_list_goes_on_after_the_last_session_that_was_used() -> None:
    alone = Alone(shop()).read(2)
    assert [alone.place(used) for used in range(7)] == [TOP, *map(after, range(6))]
    alone.reader.take(2)
    alone.reader.take(0)
    assert (alone.ready, alone.reader.taken) == ("s-2 s-3 s-4 s-5", 2)
    assert [alone.place(used) for used in range(5)] == [after(used) for used in range(1, 6)]
    alone.reader.take(4)
    assert (alone.ready, alone.reader.taken) == ("", 6)
    assert alone.place(0) == after(5)
    assert alone.read().reader.done
    assert alone.place(0) == after(5)
    assert alone.place(1) == after(6, done=True)


def test_between_pages_it_goes_on_at_the_page_that_shows_the_next_session() -> None:
    alone = Alone(shop(paging=TOKEN)).read(2)
    tokens = (None, "s-2~0", "s-5~0")
    first = [TOP, page(None, 0), page(None, 0, 1)]
    second = [page(tokens[1]), page(tokens[1], 3), page(tokens[1], 3, 4)]
    end = page(tokens[2], created=at(5))
    assert [alone.place(used) for used in range(7)] == [*first, *second, end]
    alone.reader.take(4)
    assert [alone.place(used) for used in range(3)] == [*second[1:], end]
    alone.read()
    assert alone.place(3) == page(tokens[2], created=None, done=True)


def test_where_pages_are_counted_off_a_place_behind_one_names_its_last_session() -> None:
    alone = Alone(shop(paging=OFFSET)).read(2)
    assert [alone.place(used) for used in range(7)] == [
        TOP,
        page(None, 0, inside=True),
        page(None, 0, 1, inside=True),
        page("3", 2),
        page("3", 3, inside=True),
        page("3", 3, 4, inside=True),
        page("6", 5),
    ]


@pytest.mark.parametrize("paging", Paging)
def test_where_sessions_may_still_move_here_nothing_after_the_last_used_counts_as_read(
    paging: Paging,
) -> None:
    alone = Alone(shop(paging=paging)).read()
    named = [[after(0), after(1), after(2)], [page(None, *range(used)) for used in (1, 2, 3)]]
    expected = [TOP, *named[paging is not ID]]
    assert [alone.place(used, fed=True) for used in range(4)] == expected
    alone.read(2)
    assert alone.reader.done
    last = alone.place(7, fed=True)
    assert last is not None
    assert not last.done


@pytest.mark.parametrize("paging", Paging)
def test_a_place_tells_what_was_seen_beyond_it_where_requests_are_to_be_saved(
    paging: Paging,
) -> None:
    def seen(known: dict[str, Any], **style: Any) -> list[datetime | None]:
        alone = Alone(shop(paging=paging, **style), **known)
        found = [alone.place(0)]
        alone.read()
        found += [alone.place(used) for used in range(4)]
        return [place.seen for place in found if place is not None]

    nothing: list[datetime | None] = [None] * 5
    assert seen({"thrifty": True}) == [None, at(0), at(1), at(2), at(2)]
    assert seen({"thrifty": False}) == nothing
    assert seen({"thrifty": True, "in_order": False}) == nothing
    assert seen({"thrifty": True}, order=Order.OLDEST_FIRST) == nothing
    last = Alone(shop(paging=paging), thrifty=True).read(3).place(7)
    assert last is not None
    assert (last.done, last.seen) == (True, None)


@pytest.mark.parametrize(
    ("stretch", "short"),
    [
        ({"by_time": True}, True),
        ({"by_time": False}, False),
        ({"by_time": True, "start": page("s-0~0")}, False),
        ({"by_time": True, "start": page("s-0~0", short=True)}, True),
    ],
)
def test_a_place_before_which_nothing_was_handed_out_since_a_moment_says_so(
    stretch: dict[str, Any], short: bool
) -> None:
    """So that whoever goes on there is told the moment as well."""
    one = shop(paging=TOKEN)
    alone = Alone(one, stretch, start=Frontier(at(4)), ceiling=NOW - 4).read()
    place = alone.place(0)
    assert (alone.ready, place and place.short) == ("", short)
    alone.read()
    used = len(alone.reader.ready)
    assert used
    for taken in (used, 0):
        place = alone.place(taken)
        assert place is not None
        assert not place.short
        alone.reader.take(taken)


def test_a_place_at_the_end_tells_nothing_but_the_last_session() -> None:
    one = shop()
    one.rows[6].stream = ""
    start = after(6, inclusive=True, seen=at(9))
    alone = Alone(one, {"start": start}, thrifty=True).read(2)
    assert (alone.ready, alone.reader.done) == ("", True)
    assert alone.place(0) == after(6, done=True)
    start = page("s-5~0", 5, inside=True)
    alone = Alone(shop(paging=TOKEN), {"start": start}, query=since(3), thrifty=True).read()
    assert (alone.ready, alone.reader.done) == ("", True)
    assert alone.place(0) == page("s-5~0", done=True)


def test_a_place_behind_a_page_still_names_those_that_were_not_shown_yet() -> None:
    """Four have arrived, and moved what was handed out to the next page."""
    one = shop(paging=OFFSET)
    one.rows[:0] = rows(*[NOW - 0.0] * 4, prefix="new")
    start = page("3", 2, inside=True)
    alone = Alone(one, {"start": start}, start=Frontier(at(2), frozenset({"s-2"}))).read()
    assert alone.ready == ""
    assert alone.place(0) == page("6", 2, inside=True)


def test_so_does_one_behind_a_page_that_a_token_leads_to() -> None:
    alone = Alone(shop(paging=TOKEN), {"start": page("s-2~0", 9)}).read()
    assert alone.place(3) == page("s-5~0", 9, created=at(5))


def test_a_page_of_which_nothing_belongs_to_the_answer_names_nobody() -> None:
    one = shop(paging=OFFSET)
    for number, row in enumerate(one.rows):
        row.status = "open" if number in (3, 4, 5) else "complete"
    alone = Alone(one, query=ListSessions(status=("complete",))).read(3)
    assert alone.ready == "s-0 s-1 s-2 s-6"
    assert alone.place(3) == page("6", 2)


# Turned round.


@pytest.mark.parametrize(
    ("style", "stretch", "start", "pages", "turned"),
    [
        ({}, {}, None, 0, page(None, done=True)),
        ({}, {}, None, 1, page(None, done=True)),
        ({}, {"direction": BACKWARD}, None, 0, page(None, done=True)),
        ({}, {"direction": BACKWARD, "start": after(6)}, None, 1, after(5)),
        ({}, {"start": after(2)}, None, 0, after(2, inclusive=True)),
        ({}, {"start": after(2, short=True)}, None, 0, None),
        ({}, {"start": after(2)}, None, 1, after(3)),
        ({}, {"start": after(2, short=True)}, None, 1, after(3)),
        ({}, {"by_time": True}, 2.5, 0, None),
        ({}, {"by_time": True}, 2.5, 2, after(3)),
        ({}, {"by_time": True}, 3, 2, after(3)),
        ({}, {"by_time": True, "start": after(2)}, 2.5, 0, after(2, inclusive=True)),
        ({}, {"by_time": True, "start": after(2)}, 2.5, 1, after(3)),
        ({"streams": ("sessions", "more")}, {"by_time": True}, 2.5, 2, after(3)),
        ({"streams": ("sessions", "more")}, {"by_time": True}, 3, 2, None),
        ({"paging": TOKEN}, {}, None, 1, None),
        ({"paging": OFFSET}, {"start": page("3")}, None, 0, None),
    ],
)
def test_read_the_other_way_a_list_begins_beside_the_first_session_that_was_shown(
    style: dict[str, Any],
    stretch: dict[str, Any],
    start: float | None,
    pages: int,
    turned: StreamPosition | None,
) -> None:
    """Nothing tells a place both ways but a session; ``start`` is where time alone begins."""
    frontier = None if start is None else Frontier(at(start))
    alone = Alone(shop(**style), stretch, start=frontier).read(pages)
    assert next(iter(alone.reader.turned()), None) == turned


# How far it reaches.


@pytest.mark.parametrize(
    ("stretch", "start", "order", "direction", "reach"),
    [
        ({}, None, Order.NEWEST_FIRST, FORWARD, NEWEST),
        ({"direction": BACKWARD}, None, Order.NEWEST_FIRST, BACKWARD, OLDEST),
        ({"start": after(1, seen=at(2))}, None, Order.NEWEST_FIRST, FORWARD, at(2)),
        ({"by_time": True}, 3, Order.NEWEST_FIRST, FORWARD, at(3)),
        ({"by_time": False}, 3, Order.NEWEST_FIRST, FORWARD, NEWEST),
        ({"by_time": True}, 3, Order.OLDEST_FIRST, FORWARD, NEWEST),
        ({"by_time": True}, None, Order.NEWEST_FIRST, FORWARD, NEWEST),
        ({"by_time": True}, 3, Order.NEWEST_FIRST, BACKWARD, NEWEST),
        ({"by_time": True, "start": after(1, seen=at(4))}, 3, Order.NEWEST_FIRST, FORWARD, at(4)),
        ({"by_time": True, "start": after(1, seen=at(2))}, 3, Order.NEWEST_FIRST, FORWARD, at(3)),
        ({"start": after(1, done=True)}, None, Order.NEWEST_FIRST, FORWARD, OLDEST),
    ],
)
def test_before_anything_is_read_it_reaches_as_far_as_is_known(
    stretch: dict[str, Any],
    start: float | None,
    order: Order,
    direction: Direction,
    reach: datetime,
) -> None:
    frontier = None if start is None else Frontier(at(start))
    alone = Alone(shop(order=order), stretch, start=frontier, direction=direction)
    assert alone.reader.reach == reach


def test_a_list_that_has_ended_already_tells_how() -> None:
    for early in (False, True):
        alone = Alone(shop(), {"start": after(2, done=True, early=early)})
        assert alone.reader.done
        assert alone.reader.left_early is early
        assert alone.place(0) == after(2, done=True, early=early)


def test_it_reaches_as_far_as_the_last_row_of_a_list_in_order() -> None:
    one = attrs.evolve(shop(), page_size=2)
    alone = Alone(one, {"start": after(0, seen=at(3))}).read()
    assert alone.reader.reach == at(3)
    assert alone.read().reader.reach == at(4)
    assert alone.reader.done is False
    assert alone.read().reader.reach == OLDEST
    for order in (Order.OLDEST_FIRST, Order.UNDOCUMENTED):
        assert Alone(shop(order=order)).read().reader.reach == NEWEST
    back = Alone(shop(), {"direction": BACKWARD, "start": after(6)}, direction=BACKWARD)
    assert back.read().reader.reach == at(3)
    assert back.ready == "s-5 s-4 s-3"


def test_the_next_page_is_likely_to_reach_as_far_again() -> None:
    alone = Alone(shop())
    assert alone.reader.likely_reach(True) == NEWEST
    alone.read()
    assert alone.reader.likely_reach(False) == at(2)
    assert alone.reader.likely_reach(True) == at(4)
    back = Alone(shop(), {"direction": BACKWARD, "start": after(6)}, direction=BACKWARD).read()
    assert back.reader.likely_reach(True) == at(1)


@pytest.mark.parametrize(("direction", "end"), [(FORWARD, OLDEST), (BACKWARD, NEWEST)])
def test_nothing_reaches_beyond_the_end_of_time(direction: Direction, end: datetime) -> None:
    start = TOP if direction is FORWARD else after(6)
    alone = Alone(shop(), {"direction": direction, "start": start}, direction=direction).read()
    alone.reader.reach = end
    assert alone.reader.likely_reach(True) == end


@pytest.mark.parametrize("direction", Direction)
def test_how_far_it_has_come_is_told(direction: Direction) -> None:
    start, first, last = (TOP, 0, 2) if direction is FORWARD else (after(6), 5, 3)
    alone = Alone(shop(), {"start": start, "direction": direction}, direction=direction)
    assert alone.reader.progress == Progress(0, None, None)
    assert alone.read().reader.progress == Progress(3, at(first), at(last))


def test_a_single_list_is_not_divided() -> None:
    reader = Alone(shop()).reader
    assert reader.narrow(reader) is False
    assert list(reader.readers()) == [reader]


# When it is left.


@pytest.mark.parametrize("paging", Paging)
def test_an_orderly_list_is_left_beyond_a_bound_of_creation(paging: Paging) -> None:
    alone = Alone(shop(paging=paging), query=since(1)).read()
    assert (alone.reader.done, alone.reader.left_early) == (True, True)
    assert alone.reader.reach == OLDEST
    place = alone.place(2)
    assert place == attrs.evolve(after(1) if paging is ID else page(None), done=True, early=True)
    assert not Alone(shop(paging=paging), query=since(2)).read().reader.done
    wild = Alone(shop(paging=paging), query=since(1), in_order=False).read()
    assert not wild.reader.done


def test_a_list_that_ends_beyond_a_bound_is_not_left_early() -> None:
    alone = Alone(shop(), query=since(4)).read(2)
    assert (alone.reader.done, alone.reader.left_early) == (True, True)
    alone = Alone(attrs.evolve(shop(), page_size=7), query=since(4)).read()
    assert (alone.reader.done, alone.reader.left_early) == (True, False)
    place = alone.place(5)
    assert place == after(4, done=True)


def test_an_empty_list_ends_at_once() -> None:
    alone = Alone(Handmade(rows=[])).read()
    assert alone.reader.done
    assert alone.scope.tally.pages == [PageSpan(None, None, 0)]
    assert alone.place(0) == page(None, done=True)


def test_pages_are_told_of_as_they_were_sent() -> None:
    for direction in Direction:
        start = {"start": after(3)} if direction is BACKWARD else {}
        alone = Alone(shop(), {"direction": direction, **start}, direction=direction).read()
        assert alone.scope.tally.pages == [PageSpan("s-0", "s-2", 3)]
        assert alone.scope.tally.rows_read == 3


def test_a_page_without_a_row_leads_on() -> None:
    alone = Alone(shop(paging=TOKEN, blanks=1)).read(2)
    assert alone.place(3) == page("s-2~0", created=at(2))
    assert alone.reader.reach == at(2)
    assert alone.asks() == {"size": "10", "token": "s-2~0"}


# Within a window.


def test_where_all_that_is_left_of_a_window_lies_behind_nothing_is_read() -> None:
    for left, done in ((7, True), (6, True), (5, False)):
        alone = Alone(shop(reach=WINDOWED), {"window": Window(1, 6)})
        alone.reader.shrink(Window(left, 9))
        assert alone.reader.done is done
        assert (alone.reader.reach == OLDEST) is done
    for window in (None, Window(1, None)):
        alone = Alone(shop(reach=WINDOWED), {"window": window})
        alone.reader.shrink(Window(7, 9))
        assert not alone.reader.done
        assert alone.asks()["since"] == "7"
        assert "until" not in alone.asks()
    alone = Alone(shop(reach=WINDOWED), {"window": Window(1, 6)})
    alone.reader.shrink(Window(None, 9))
    assert alone.asks() == {"size": "10", "until": "6"}


def test_a_request_for_a_list_s_top_is_made_anew_unless_it_was_sent() -> None:
    alone = Alone(shop(reach=WINDOWED), {"window": Window(1, SECOND + 1)})
    assert alone.asks()["since"] == "1"
    alone.reader.shrink(Window(2, None))
    assert alone.asks()["since"] == "2"
    alone.reader.next_exchange(10).start(NOW)
    alone.reader.shrink(Window(3, None))
    assert alone.asks()["since"] == "2"
    alone.read()
    alone.asks()
    exchange = alone.reader.exchange
    alone.reader.shrink(Window(4, None))
    assert alone.reader.exchange is exchange
