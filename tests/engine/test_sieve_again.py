"""``Sieve``: what of a list that was begun again was read before."""

from __future__ import annotations

import pytest
from engine.alone import SECOND, after, at, page
from engine.sifting import STUCK, Age, Sifting, frontier, many, names

from unified_checkout.adapters import Direction, Order, Paging, Reach, Window
from unified_checkout.engine.anchor import Anchor
from unified_checkout.engine.position import StreamPosition
from unified_checkout.errors import PagingError

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
ID, TOKEN, OFFSET = Paging.SESSION_ID, Paging.TOKEN, Paging.OFFSET
WINDOWED = Reach(windowed=True)


# What was read before.


@pytest.mark.parametrize(
    ("paging", "order", "place", "reopened", "anchor"),
    [
        (TOKEN, Order.NEWEST_FIRST, page("p", created=at(2)), True, None),
        (OFFSET, Order.NEWEST_FIRST, page("3", created=at(2)), True, None),
        (ID, Order.NEWEST_FIRST, after(2), True, Anchor(at(2), "s-2")),
        (ID, Order.NEWEST_FIRST, StreamPosition(cursor="s-2"), True, None),
        (ID, Order.NEWEST_FIRST, StreamPosition(created=at(2)), True, None),
        (ID, Order.UNDOCUMENTED, after(2), False, None),
        (ID, Order.OLDEST_FIRST, after(2), False, None),
    ],
)
def test_time_and_the_last_session_tell_what_of_an_orderly_list_was_read(
    paging: Paging, order: Order, place: StreamPosition, reopened: bool, anchor: Anchor | None
) -> None:
    found = Sifting({"start": page("p", 0, inside=True)}, paging=paging, order=order)
    assert (found.sieve.reopened, found.scope.begun_again) == (False, False)
    found.begin_again(frontier(2), place=place)
    assert (found.sieve.skip, found.sieve.inside) == (set(), False)
    assert found.sieve.reads_again
    assert (found.sieve.reopened, found.scope.begun_again) == (reopened, reopened)
    assert found.sieve.anchor == anchor
    found.begin_again(frontier(9), place=after(9))
    assert (found.sieve.reopened, found.sieve.anchor) == (
        reopened,
        anchor or (Anchor(at(9), "s-9") if paging is ID and reopened else None),
    )


@pytest.mark.parametrize(
    ("reach", "window", "expected"),
    [
        (WINDOWED, None, Window(None, SECOND - 3)),
        (WINDOWED, Window(1, None), Window(1, SECOND - 3)),
        (WINDOWED, Window(1, SECOND), Window(1, SECOND - 3)),
        (WINDOWED, Window(1, SECOND - 5), Window(1, SECOND - 5)),
        (Reach(), Window(1, SECOND), Window(1, SECOND)),
        (Reach(by="updated"), Window(1, SECOND), Window(1, SECOND)),
        (Reach(windowed=True, by="updated"), Window(1, SECOND), Window(1, SECOND)),
    ],
)
def test_begun_again_a_window_ends_where_it_was_read_to(
    reach: Reach, window: Window | None, expected: Window
) -> None:
    found = Sifting({"window": window}, reach=reach)
    found.begin_again(frontier(2), frontier(4))
    assert found.sieve.window == expected
    found.begin_again(frontier(1))
    assert found.sieve.window == expected


def test_begun_again_what_lies_behind_any_place_reached_is_left_out() -> None:
    found = Sifting()
    found.shows(1, 2)
    found.begin_again(frontier(1), frontier(2))
    assert found.shows(1, 2, "s-2a", 3) == "s-2a s-3"
    found.begin_again(frontier(3))
    assert found.shows(1, 2, "s-2a", 3, 4) == "s-4"
    assert found.scope.in_order


@pytest.mark.parametrize("order", [Order.NEWEST_FIRST, Order.UNDOCUMENTED])
def test_begun_again_as_many_rows_as_were_shown_may_come_again(order: Order) -> None:
    found = Sifting(order=order)
    found.shows(1, 2)
    found.shows(3)
    found.begin_again(frontier(3))
    assert found.shows(1) == ""
    assert found.shows(2, 3) == ""
    found.is_stuck_at(3)


def test_begun_again_a_page_of_what_arrived_meanwhile_is_none_that_comes_again() -> None:
    found = Sifting()
    found.shows(1, 2)
    found.begin_again(frontier(2))
    assert found.shows(0.1, 0.2, 0.3) == ""
    assert found.shows(1, 2) == ""
    assert found.shows(3) == "s-3"


@pytest.mark.parametrize(
    ("paging", "goes_back", "anchored", "shown", "stuck"),
    [
        (ID, False, False, (1, 2), True),
        (ID, False, False, (), False),
        (ID, False, False, (1, 2, 3), False),
        (ID, False, False, (2, 1), False),
        (ID, True, False, (1, 2), False),
        (ID, False, True, (1,), False),
        (TOKEN, False, False, (1, 2), False),
        (OFFSET, False, False, (1, 2), False),
    ],
)
def test_begun_again_a_session_leads_on_to_something_else_once_it_has(
    paging: Paging, goes_back: bool, anchored: bool, shown: tuple[Age, ...], stuck: bool
) -> None:
    found = Sifting(paging=paging)
    found.shows(1, 2)
    found.begin_again(frontier(2), place=after(2) if anchored else None)
    found.sieve.goes_back = goes_back
    if stuck:
        found.is_stuck_at(*shown)
    else:
        assert found.shows(*shown) == ("s-3" if 3 in shown else "")


@pytest.mark.parametrize("again", [(1, 2, 3, 4), (1, 4)])
@pytest.mark.parametrize("paging", Paging)
def test_begun_again_no_page_is_shown_twice_since(paging: Paging, again: tuple[Age, ...]) -> None:
    found = Sifting(paging=paging)
    for _ in range(2):
        found.sieve.check_leads_on(many(1, 2))
    for _ in range(2):
        found.begin_again(frontier(3))
        for shown in ((1, 2), (2, 3), (3, 4), ()):
            found.sieve.check_leads_on(many(*shown))
    if paging is OFFSET:
        found.sieve.check_leads_on(many(*again))
        return
    with pytest.raises(PagingError, match=STUCK):
        found.sieve.check_leads_on(many(*again))


def test_disorder_of_a_list_that_was_begun_again_is_noticed() -> None:
    found = Sifting()
    found.shows(1, 2)
    found.begin_again(frontier(2))
    found.shows(1, 4)
    found.shows(1.5)
    assert not found.scope.in_order


# The session after which a list that was begun again is to go on.


def test_until_that_session_is_shown_all_is_held() -> None:
    found = Sifting(paging=ID)
    found.begin_again(frontier(2, "s-none"), place=after(2))
    assert (found.belonging("s-2a"), names(found.sieve.held)) == ("", "s-2a")
    assert (found.belonging("s-2b"), names(found.sieve.held)) == ("", "s-2a s-2b")
    assert found.sieve.reads_again
    assert names(found.sieve.end()) == "s-2a s-2b"
    assert (found.sieve.held, found.sieve.anchor) == ([], None)
    assert found.belonging(3) == "s-3"


@pytest.mark.parametrize(
    ("shown", "unseen", "held", "duplicates"),
    [
        ((1,), "s-1", "s-2a s-2b", 7),
        (("s-2c",), "s-2c", "s-2a s-2b", 7),
        ((1, "s-2c", 2, 3), "s-3", "", 9),
        ((2, "s-2c", 3), "s-2c s-3", "", 9),
        ((3, 4), "s-3 s-4", "s-2a s-2b", 7),
        (("s-2c", 3), "s-2c s-3", "s-2a s-2b", 7),
    ],
)
def test_what_was_held_lies_behind_if_that_session_comes_after_it(
    shown: tuple[Age, ...], unseen: str, held: str, duplicates: int
) -> None:
    found = Sifting(paging=ID)
    found.sieve.anchor, found.sieve.held = Anchor(at(2), "s-2"), many("s-2a", "s-2b")
    found.scope.tally.duplicates = 7
    assert found.shows(*shown) == unseen
    assert (names(found.sieve.held), found.scope.tally.duplicates) == (held, duplicates)
    told = shown[-1] in (3, 4)
    assert (found.sieve.anchor is None) is told


@pytest.mark.parametrize(("direction", "unseen"), [(FORWARD, "s-2 s-3"), (BACKWARD, "s-3")])
def test_that_session_may_be_found_the_other_way_as_well(direction: Direction, unseen: str) -> None:
    found = Sifting(paging=ID, known={"direction": direction})
    found.sieve.anchor = Anchor(at(3), "s-2" if direction is BACKWARD else "s-1")
    rows = many(1, 2, 3) if direction is FORWARD else many(4, 2, 3)
    assert names(found.sieve.unseen(rows, rows)) == unseen
