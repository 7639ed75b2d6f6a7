"""``Sieve``: which rows belong and were not handed out before, worked out by hand."""

from __future__ import annotations

from typing import Literal

import attrs
import pytest
from engine.alone import at, page, since
from engine.handmade import DAY, NOW
from engine.sifting import Age, Sifting, frontier, many, names, window

from unified_checkout.adapters import Direction, Order, Paging, Pushdown, Reach, Window
from unified_checkout.engine.position import StreamPosition, mark
from unified_checkout.engine.shown import Shown
from unified_checkout.errors import MalformedPage, PagingError

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
ID, TOKEN, OFFSET = Paging.SESSION_ID, Paging.TOKEN, Paging.OFFSET
WINDOWED = Reach(windowed=True)


# What was shown before.


@pytest.mark.parametrize("paging", Paging)
def test_each_session_is_unseen_once(paging: Paging) -> None:
    found = Sifting(paging=paging)
    assert (found.sieve.handed_out, found.sieve.reads_again) == ([], False)
    assert found.shows(1, 2, 3) == "s-1 s-2 s-3"
    assert found.shows(2, 3, 4) == "s-4"
    assert found.shows(4, 5, "s-5a", 5) == "s-5 s-5a"
    assert found.shows() == ""
    assert found.sieve.handed_out == []
    assert found.scope.in_order


@pytest.mark.parametrize("paging", [ID, TOKEN])
def test_a_page_that_was_shown_before_leads_nowhere(paging: Paging) -> None:
    found = Sifting(paging=paging)
    found.shows(1, 2, 3)
    found.is_stuck_at(2, 3)


@pytest.mark.parametrize("paging", [ID, TOKEN])
def test_nor_does_one_row_that_was_shown_before(paging: Paging) -> None:
    found = Sifting(paging=paging)
    found.shows(1)
    found.is_stuck_at(1)


def test_where_rows_are_counted_off_a_page_may_come_again() -> None:
    found = Sifting(paging=OFFSET)
    found.shows(1, 2, 3)
    assert found.shows(2, 3) == ""
    assert found.shows(3, 4) == "s-4"


@pytest.mark.parametrize("long", ["", "abcdefghij"])
def test_so_may_a_page_of_which_some_was_handed_out_before(long: str) -> None:
    found = Sifting()
    found.shows(1, f"s-2{long}")
    found.sieve.skip = {mark(f"s-2{long}")}
    assert found.shows(1, f"s-2{long}") == ""
    assert found.sieve.handed_out == [f"s-2{long}"]
    found.is_stuck_at(1, f"s-2{long}")


def test_what_could_be_relied_on_before_is_seen_by_now() -> None:
    found = Sifting()
    assert found.shows(1, 2, 3, beyond=2) == "s-3"
    assert found.shows(1, 4) == "s-4"
    found.is_stuck_at(1, 2)


def test_a_page_that_shows_but_what_was_relied_on_before_leads_nowhere() -> None:
    found = Sifting()
    assert found.shows(1, 2, beyond=2) == ""
    with pytest.raises(PagingError):
        found.shows(1, 2, beyond=2)


def test_a_page_that_shows_something_else_beside_is_no_page_shown_before() -> None:
    found = Sifting()
    found.shows(1, 2, beyond=2)
    assert found.shows(1, 2, 3, beyond=2) == "s-3"


def test_a_row_that_stands_twice_in_a_page_is_relied_on_once() -> None:
    found, rows = Sifting(), many(1, 1)
    assert names(found.sieve.unseen(rows[:1], rows)) == "s-1"


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    ("direction", "began", "ages", "kept"),
    [
        (FORWARD, None, (1, 2, 3), True),
        (FORWARD, None, (1, 3, 2), False),
        (FORWARD, 2, (2, 3), True),
        (FORWARD, 2, (1, 3), False),
        (BACKWARD, None, (3, 2, 1), True),
        (BACKWARD, None, (1, 2), False),
        (BACKWARD, 2, (2, 1), True),
        (BACKWARD, 2, (3, 1), False),
    ],
)
def test_only_a_list_that_is_documented_to_be_in_order_can_be_out_of_it(
    order: Order, direction: Direction, began: float | None, ages: tuple[float, ...], kept: bool
) -> None:
    place = StreamPosition() if began is None else StreamPosition(created=at(began))
    found = Sifting({"start": place}, known={"direction": direction}, order=order)
    found.shows(*ages)
    assert found.scope.in_order is (kept or order is not Order.NEWEST_FIRST)
    found.scope.in_order = False
    found.shows(9 if direction is FORWARD else -9)
    assert found.scope.in_order is False


def test_two_rows_of_one_id_are_the_same() -> None:
    rows = many(1, 2, 3, 2)
    rows[0] = attrs.evolve(rows[0], raw_bytes=b"[]")
    Sifting().sieve.check_twins(rows)
    rows[3] = attrs.evolve(rows[3], raw_bytes=b"{ }")
    with pytest.raises(MalformedPage) as raised:
        Sifting().sieve.check_twins(rows)
    error = raised.value
    assert (error.row, error.field) == (3, "id")
    assert (error.account, error.provider) == ("north", "handmade")
    assert "field 'id': two different rows of one page have the same id." in str(error)


# What was handed out before reading began.


@pytest.mark.parametrize(
    ("streams", "start", "inside", "shown", "unseen", "handed_out"),
    [
        (1, None, False, (1, 2, 3, 4), "s-1 s-2 s-4", "s-3"),
        (1, None, False, (1, 2, 4, 5), "s-1 s-2 s-4 s-5", "s-3"),
        (2, 3, False, (1, 2, 3, 4), "s-1 s-2 s-4", "s-3"),
        (2, 3, True, (1, 2, 4), "s-1 s-2 s-4", "s-3"),
        (1, 3, False, (1, 2, 3, 4), "s-4", "s-1 s-2 s-3"),
        (1, 3, True, (1, 2, 3, 4), "s-4", "s-1 s-2 s-3"),
        (1, 3, False, (1, 2, 4, 5), "s-1 s-2 s-4 s-5", "s-3"),
        (1, 3, True, (1, 2, 4, 5), "s-4 s-5", "s-1 s-2 s-3"),
        (1, 3, True, (1, 2), "", "s-1 s-2 s-3"),
        (1, 3, True, (4, 5), "s-4 s-5", "s-3"),
        (1, 3, True, (1, 4, 2, 5), "s-4 s-2 s-5", "s-1 s-3"),
        (1, 3, True, (1, 5, 2, 3, 2.5), "s-5 s-2.5", "s-1 s-2 s-3"),
        (1, 3, True, ("s-3a", 3, 4), "s-4", "s-3a s-3"),
        (1, 3, True, ("s-3b", 3, 4), "s-3b s-4", "s-3"),
        (1, 3, True, (2, "s-3a", 4), "s-4", "s-2 s-3a s-3"),
        (1, 3, False, (3, 2, "s-3a", 1, 4), "s-1 s-4", "s-3 s-2 s-3a"),
    ],
)
def test_what_was_handed_out_of_a_page_stands_before_those_that_are_named(
    streams: int,
    start: float | None,
    inside: bool,
    shown: tuple[Age, ...],
    unseen: str,
    handed_out: str,
) -> None:
    """Named are s-3, and by the account's frontier, of the same moment, s-3 and s-3a."""
    found = Sifting(
        {"start": StreamPosition(cursor="p", skip=frozenset({"s-3"}), inside=inside)},
        known={"start": None if start is None else frontier(start, "s-3", "s-3a")},
        streams=("sessions", "others")[:streams],
    )
    assert found.shows(*shown) == unseen
    assert " ".join(found.sieve.handed_out) == handed_out


def test_of_a_place_that_names_none_nothing_was_handed_out() -> None:
    found = Sifting({"start": page("p")}, known={"start": frontier(3)})
    assert found.shows(1, 2, 3, 4) == "s-1 s-2 s-3 s-4"
    assert found.sieve.handed_out == []


@pytest.mark.parametrize(
    ("shown", "inside", "strays"),
    [
        ((1, 2, 3, 4), False, False),
        ((1, 2), True, False),
        ((1, 2, 4), False, True),
        ((4,), False, True),
    ],
)
def test_a_list_strays_that_goes_beyond_those_after_which_it_was_to_go_on(
    shown: tuple[Age, ...], inside: bool, strays: bool
) -> None:
    found = Sifting({"start": page("p", 3, inside=True)}, known={"start": frontier(3)})
    found.shows(*shown)
    assert (found.sieve.inside, found.scope.strays) == (inside, strays)
    found.sieve.end()
    assert (found.sieve.inside, found.scope.strays) == (False, strays or inside)


def test_those_that_are_named_and_not_shown_are_awaited_in_later_pages() -> None:
    start = page("p", 3, 8, 9)
    found = Sifting({"start": start}, order=Order.UNDOCUMENTED, known={"start": frontier(3)})
    assert (found.shows(1), found.sieve.handed_out) == ("s-1", ["s-3", "s-8", "s-9"])
    assert (found.shows(9, 3, 7), found.sieve.handed_out) == ("s-7", ["s-9", "s-3", "s-8"])
    assert (found.shows(6, 8), found.sieve.handed_out) == ("s-6", ["s-8"])
    assert (found.shows(5, 4), found.sieve.handed_out) == ("s-5 s-4", [])


def test_an_orderly_list_shows_none_of_them_once_it_has_gone_beyond() -> None:
    found = Sifting({"start": page("p", 3, 8, 9)}, known={"start": frontier(3)})
    assert (found.shows(1, 2, 2.5), found.sieve.handed_out) == (
        "s-1 s-2 s-2.5",
        ["s-3", "s-8", "s-9"],
    )
    assert (found.shows(3), found.sieve.handed_out) == ("", ["s-3", "s-8", "s-9"])
    assert (found.shows(4, 8), found.sieve.handed_out) == ("s-4", ["s-8", "s-9"])
    assert (found.shows(9), found.sieve.handed_out) == ("s-9", [])


def test_read_the_other_way_what_was_handed_out_comes_before_as_well() -> None:
    start = page("p", 3, inside=True)
    found = Sifting({"start": start}, known={"start": frontier(3), "direction": BACKWARD})
    assert found.shows(5, 4, 3, 2) == "s-2"
    assert found.sieve.handed_out == ["s-5", "s-4", "s-3"]


# What belongs to the answer.


def test_later_sessions_are_no_part_of_the_answer() -> None:
    found = Sifting(known={"ceiling": NOW - 2})
    found.scope.tally.rows_later = found.scope.tally.duplicates = 7
    assert found.belonging(0, 1, 2, 3) == "s-2 s-3"
    assert (found.scope.tally.rows_later, found.scope.tally.duplicates) == (9, 7)
    assert found.sieve.held == []


@pytest.mark.parametrize("by_time", [True, False])
def test_by_time_what_lies_behind_was_handed_out(by_time: bool) -> None:
    found = Sifting({"by_time": by_time}, known={"start": frontier(2)})
    found.sieve.handed_out = ["s-0"]
    assert found.belonging(1, 2, "s-2a", 3) == ("s-2a s-3" if by_time else "s-1 s-2 s-2a s-3")
    assert found.sieve.handed_out == ["s-0", *(["s-1", "s-2"] if by_time else [])]
    assert found.scope.tally.duplicates == (2 if by_time else 0)


def test_what_another_list_has_shown_is_not_shown_again() -> None:
    shown = Shown(forgets=lambda: False)
    first, second = Sifting(shown=shown), Sifting(shown=shown)
    second.scope.tally.duplicates = 7
    assert first.belonging(1, 2) == "s-1 s-2"
    assert second.belonging(1, 2, 3) == "s-3"
    assert (first.scope.tally.duplicates, second.scope.tally.duplicates) == (0, 9)


@pytest.mark.parametrize("alone", [True, False])
def test_a_session_that_was_fetched_alone_contradicts_no_condition(alone: bool) -> None:
    """Nobody was asked to keep to one."""
    found = Sifting(query=since(2), claims={"created": Pushdown.EXACT})
    assert found.belonging(1, 2, 3, **({"alone": True} if alone else {})) == "s-1 s-2"
    tally = found.scope.tally
    assert (tally.rows_dropped, tally.contradicting) == ((1, 0) if alone else (0, 1))


# Windows.


@pytest.mark.parametrize(
    ("since", "until", "outer", "part", "belong"),
    [
        (4, 1, None, None, "s-2 s-3 s-4"),
        (4, 0, None, None, "s-1 s-2 s-3 s-4"),
        (None, 1, None, None, "s-2 s-3 s-4 s-5"),
        (4, None, None, None, "s-0 s-1 s-2 s-3 s-4"),
        (None, None, None, None, "s-0 s-1 s-2 s-3 s-4 s-5"),
        (4, 1, (4, 1), None, "s-0 s-1 s-2 s-3 s-4 s-5"),
        (4, 1, (4, 0), None, "s-2 s-3 s-4 s-5"),
        (4, 1, (9, 1), None, "s-0 s-1 s-2 s-3 s-4"),
        (4, 1, (1, 4), None, "s-0 s-1 s-2 s-3 s-4 s-5"),
        (4, 1, (4, 1), (4, 1), "s-2 s-3 s-4"),
        (4, 1, (4, 1), (4, 0), "s-0 s-1 s-2 s-3 s-4"),
        (4, 1, (4, 1), (9, 1), "s-2 s-3 s-4 s-5"),
    ],
)
def test_a_window_ends_where_another_or_another_part_begins(
    since: int | None,
    until: int | None,
    outer: tuple[int, int] | None,
    part: tuple[int, int] | None,
    belong: str,
) -> None:
    """What lies beyond the outer ends is left to the conditions."""
    found = Sifting({"window": window(since, until)})
    if outer is not None:
        found.scope.outer = window(*outer)
    if part is not None:
        found.scope.plan = attrs.evolve(found.scope.plan, span=window(*part))
    found.scope.tally.duplicates = 7
    assert found.belonging(0, 1, 2, 3, 4, 5) == belong
    assert found.scope.tally.duplicates == 7 + 6 - len(belong.split())


def test_by_update_a_part_alone_tells_when_its_sessions_were_created() -> None:
    found = Sifting({"window": window(3, 2)}, reach=Reach(windowed=True, by="updated"))
    assert found.belonging(0, 1, 2, 3, 4) == "s-0 s-1 s-2 s-3 s-4"
    found.scope.plan = attrs.evolve(found.scope.plan, span=window(3, 0))
    assert found.belonging(0, 1, 2, 3, 4) == "s-1 s-2 s-3"


@pytest.mark.parametrize(
    ("since", "until", "first", "last", "holds"),
    [
        (9 * DAY, 2 * DAY, 3 * DAY, 8 * DAY, True),
        (9 * DAY, 2 * DAY, DAY, 10 * DAY, True),
        (9 * DAY, 2 * DAY, DAY - 1, 8 * DAY, False),
        (9 * DAY, 2 * DAY, 3 * DAY, 10 * DAY + 1, False),
        (9 * DAY, 2 * DAY, 8 * DAY, DAY - 1, False),
        (9 * DAY, 2 * DAY, 10 * DAY + 1, 3 * DAY, False),
        (500, 400, 300, 600, True),
        (500, 400, 299, 600, False),
        (500, 400, 300, 601, False),
        (500, None, 0, 1000, True),
        (500, None, 0, 1001, False),
        (500, None, -9 * DAY, 1000, True),
        (None, 2 * DAY, DAY, 9 * DAY, True),
        (None, 2 * DAY, DAY - 1, 9 * DAY, False),
        (None, None, -9 * DAY, 9 * DAY, True),
    ],
)
def test_a_window_holds_if_it_is_not_rounded_by_more_than_it_is_long_or_a_day(
    since: int | None, until: int | None, first: int, last: int, holds: bool
) -> None:
    found = Sifting(reach=WINDOWED)
    found.sieve.watch_window(window(since, until), many(first, "s-9999999", last))
    assert found.scope.windows_hold is holds
    found.sieve.watch_window(window(500, 400), many(450))
    assert found.scope.windows_hold is holds


@pytest.mark.parametrize(
    ("by", "asked", "ages"),
    [
        ("updated", window(500, 400), (0, 9000)),
        ("created", None, (0, 9000)),
        ("created", window(500, 400), ()),
    ],
)
def test_a_window_holds_where_nothing_tells_otherwise(
    by: Literal["created", "updated"], asked: Window | None, ages: tuple[Age, ...]
) -> None:
    found = Sifting(reach=Reach(windowed=True, by=by))
    found.sieve.watch_window(asked, many(*ages))
    assert found.scope.windows_hold
