"""``PageReader``: one list, page after page, by the provider's own rules."""

from __future__ import annotations

from typing import Any

import attrs
import msgspec
import pytest
from engine.handmade import BUSY, EXPIRED, NOW, Handmade, Row, rows
from engine.world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation.rows import moment

from unified_checkout.adapters import EndOfList, Order, Paging, Reach, Request, Response
from unified_checkout.engine.advance import MOST_EMPTY_PAGES
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.policy import RetryPolicy
from unified_checkout.errors import MalformedPage, PagingError, PlaceExpired, ServerError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

SECONDS = [NOW - number for number in range(30)]
ALL = [f"s-{number}" for number in range(30)]


def page(*sent: Row, **more: Any) -> Response:
    """A page of these rows, whatever the list holds."""
    body = {"rows": [row.to_json() for row in sent], **more}
    return Response(status=200, body=msgspec.json.encode(body))


# The end of a list, and what lies on the way.


@pytest.mark.parametrize("blanks", [1, 3])
def test_pages_without_a_row_are_passed_where_places_are_tokens(blanks: int) -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=Paging.TOKEN, page_size=10, blanks=blanks)
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.complete
    assert len(shop.asked) == 3 + 2 * blanks


def test_a_list_of_pages_without_a_row_is_left_in_the_end() -> None:
    shop = Handmade(
        rows=rows(*SECONDS), paging=Paging.TOKEN, page_size=10, blanks=MOST_EMPTY_PAGES + 9
    )
    with pytest.raises(PagingError, match=f"{MOST_EMPTY_PAGES} pages without a row"):
        World(shop).ask()
    assert len(shop.asked) == 1 + MOST_EMPTY_PAGES + 1


def test_pages_without_a_row_are_counted_anew_after_each_row() -> None:
    shop = Handmade(
        rows=rows(*SECONDS[:3]), paging=Paging.TOKEN, page_size=1, blanks=MOST_EMPTY_PAGES - 1
    )
    assert World(shop).ask().ids == ALL[:3]


@pytest.mark.parametrize("paging", [Paging.TOKEN, Paging.OFFSET])
def test_whoever_stops_within_pages_without_a_row_goes_on_there(paging: Paging) -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=paging, page_size=10, blanks=2)
    first = World(shop).ask(ListSessions(limit=10))
    rest = World(shop).ask(manner=Manner(cursor=encode_cursor(first.machine.position(0))))
    assert [*first.ids, *rest.ids] == ALL


def test_by_session_id_a_page_without_a_row_and_with_more_is_an_error() -> None:
    shop = Handmade(rows=rows(*SECONDS), page_size=10)
    shop.turns[2] = lambda request: page(more=True)
    with pytest.raises(PagingError, match="there is more, and sends no session"):
        World(shop).ask()


@pytest.mark.parametrize("paging", Paging)
def test_a_place_that_does_not_advance_is_an_error(paging: Paging) -> None:
    listed = rows(*SECONDS)
    shop = Handmade(rows=listed, paging=paging, page_size=10)

    def stuck(request: Request) -> Response:
        asked = dict(request.parameters)
        place = asked.get("after") or asked.get("token") or asked.get("offset")
        last = next((row for row in listed if row.id == place), listed[15])
        return page(last, more=True, next=place)

    shop.turns[2] = stuck
    with pytest.raises(PagingError, match=r"cursor does not advance|already seen"):
        World(shop).ask()


@pytest.mark.parametrize("paging", [Paging.SESSION_ID, Paging.TOKEN])
def test_a_page_of_sessions_already_seen_is_an_error(paging: Paging) -> None:
    listed = rows(*SECONDS)
    shop = Handmade(rows=listed, paging=paging, page_size=10)
    shop.turns[3] = lambda request: page(*listed[10:19], more=True, next="elsewhere")
    with pytest.raises(PagingError, match="already seen"):
        World(shop).ask()


def test_pages_that_are_counted_off_may_repeat_what_was_pushed_down_the_list() -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=Paging.OFFSET, page_size=10)

    def arrive(request: Request) -> None:
        shop.rows += rows(*[NOW + 1] * 10, prefix="new")

    shop.turns[2] = arrive
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.duplicates == 10
    assert answer.said.promise.startswith("weaker")


def test_no_place_to_go_on_from_is_an_error() -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=Paging.TOKEN, page_size=10)
    shop.turns[2] = lambda request: page(shop.rows[11], more=True)
    with pytest.raises(PagingError, match="no place to continue from"):
        World(shop).ask()


@pytest.mark.parametrize("end", EndOfList)
@pytest.mark.parametrize("size", [1, 7, 10, 100])
def test_pages_that_begin_with_the_session_asked_from_lose_and_repeat_nothing(
    end: EndOfList, size: int
) -> None:
    shop = Handmade(rows=rows(*SECONDS), inclusive=True, end_of_list=end)
    answer = World(shop).ask(ListSessions(page_size=size))
    assert answer.ids == ALL
    assert answer.said.complete
    assert {int(one["size"]) for one in shop.asked[1:]} <= {size + 1, 100}


# Rows of one id.


def test_two_rows_of_one_page_with_one_id_that_differ_are_an_error() -> None:
    listed = rows(*SECONDS)
    twin = attrs.evolve(listed[12], note="another")
    shop = Handmade(rows=listed, page_size=10)
    shop.turns[2] = lambda request: page(*listed[10:14], twin, more=True)
    with pytest.raises(MalformedPage, match="two different rows of one page") as raised:
        World(shop).ask()
    assert (raised.value.row, raised.value.field) == (4, "id")
    assert raised.value.account == "north"


def test_a_row_that_comes_twice_in_a_page_is_shown_once() -> None:
    listed = rows(*SECONDS)
    shop = Handmade(rows=listed, page_size=10)
    shop.turns[2] = lambda request: page(listed[10], listed[11], listed[11], more=True)
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.duplicates == 1


def test_a_row_that_changed_between_two_pages_is_shown_once() -> None:
    listed = rows(*SECONDS)
    changed = attrs.evolve(listed[9], note="changed")
    shop = Handmade(rows=listed, page_size=10)
    shop.turns[2] = lambda request: page(changed, *listed[10:14], more=True)
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.complete


# Totals.


@pytest.mark.parametrize("paging", Paging)
def test_a_list_that_counts_as_many_as_it_shows_is_complete(paging: Paging) -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=paging, page_size=10, counts=True)
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.complete


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("paging", Paging)
def test_a_list_that_counts_more_than_it_shows_is_not(paging: Paging, order: Order) -> None:
    shop = Handmade(
        rows=rows(*SECONDS), paging=paging, order=order, page_size=10, counts=True, hidden=2
    )
    said = World(shop).ask().said
    assert not said.complete
    assert said.reason == "the provider counts 2 more than it lists"


def test_a_total_of_a_part_of_a_list_proves_nothing() -> None:
    shop = Handmade(rows=rows(*SECONDS), page_size=10, counts=True, hidden=2)
    first = World(shop).ask(ListSessions(limit=10))
    assert first.said.complete
    rest = World(shop).ask(manner=Manner(cursor=encode_cursor(first.machine.position(0))))
    assert rest.said.complete


def test_the_least_total_counts_where_sessions_vanish() -> None:
    shop = Handmade(rows=rows(*SECONDS), page_size=10, counts=True)

    def vanish(request: Request) -> None:
        shop.rows[25].stream = ""

    shop.turns[2] = vanish
    answer = World(shop).ask()
    assert len(answer.ids) == 29
    assert answer.said.complete


def test_every_window_has_a_total_of_its_own() -> None:
    shop = Handmade(
        rows=rows(*SECONDS),
        order=Order.OLDEST_FIRST,
        reach=Reach(windowed=True),
        page_size=10,
        counts=True,
    )
    assert World(shop).ask().said.complete
    shop.hidden = 1
    assert "the provider counts" in World(shop).ask().said.reason


# A failure told by the body of a success, and places that expire.


def test_a_failure_that_may_pass_is_told_by_the_body_of_a_success() -> None:
    shop = Handmade(rows=rows(*SECONDS), page_size=10)
    shop.turns[2] = lambda request: BUSY
    world = World(shop)
    answer = world.ask()
    assert answer.ids == ALL
    assert (answer.said.retries, answer.said.requests) == (1, 4)
    assert answer.said.complete
    assert world.now > NOW


def test_a_failure_told_so_is_raised_once_it_was_tried_often_enough() -> None:
    shop = Handmade(rows=rows(*SECONDS), page_size=10)
    shop.turns.update(dict.fromkeys(range(2, 9), lambda request: BUSY))
    world = World(shop)
    world.retry = RetryPolicy(max_attempts=3)
    with pytest.raises(ServerError, match="busy"):
        world.ask()
    assert len(shop.requests) == 4


def expire(request: Request) -> Response | None:
    """Let a place expire, if any is asked for."""
    places = {"token", "offset", "after"}.intersection(dict(request.parameters))
    return EXPIRED if places else None


STYLES = pytest.mark.parametrize(
    ("paging", "reach"),
    [
        (Paging.TOKEN, Reach()),
        (Paging.TOKEN, Reach(windowed=True)),
        (Paging.OFFSET, Reach()),
        (Paging.OFFSET, Reach(windowed=True)),
        (Paging.SESSION_ID, Reach()),
        (Paging.SESSION_ID, Reach(windowed=True)),
    ],
)


@STYLES
def test_a_place_that_expired_is_found_again_by_time(paging: Paging, reach: Reach) -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=paging, reach=reach, page_size=10)
    shop.turns[3] = lambda request: EXPIRED
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.complete
    again = shop.asked[3]
    assert not {"token", "offset", "after"} & set(again)
    assert ("until" in again) is reach.windowed
    assert len(shop.asked) == (5 if reach.windowed else 6)


@STYLES
def test_the_sessions_of_the_moment_where_a_place_expired_come_once(
    paging: Paging, reach: Reach
) -> None:
    moments = [NOW - number // 7 for number in range(30)]
    shop = Handmade(rows=rows(*moments), paging=paging, reach=reach, page_size=4)
    shop.turns.update({number: lambda request: EXPIRED for number in (3, 6, 9)})
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.complete


@pytest.mark.parametrize("windowed", [False, True])
@pytest.mark.parametrize("page_size", [1, 2, 3, 4])
@pytest.mark.parametrize("expires", [(1,), (2,), (1, 3), (1, 2, 4)])
def test_of_the_moment_where_a_place_expired_only_what_comes_after_it_is_shown(
    windowed: bool, page_size: int, expires: tuple[int, ...]
) -> None:
    """A session is a place, and so says what its list shows before it in the same moment."""
    moments = [NOW - number // 7 for number in range(30)]
    shop = Handmade(rows=rows(*moments), reach=Reach(windowed=windowed), page_size=page_size)
    for number, place in enumerate(World(shop).ask().sessions):
        done = len(shop.requests)
        shop.turns = {done + one: expire for one in expires}
        answer = World(shop).ask(manner=Manner(after=place))
        assert answer.ids == ALL[number + 1 :]
        assert answer.said.complete


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 40])
def test_where_the_session_is_gone_whose_place_expired_all_others_of_its_moment_are_shown(
    page_size: int,
) -> None:
    shop = Handmade(rows=rows(*(NOW - number // 7 for number in range(30))), page_size=page_size)
    at = World(shop).ask().sessions[10]
    shop.turns = {len(shop.requests) + 1: lambda request: EXPIRED}
    shop.rows[10].stream = ""
    answer = World(shop).ask(manner=Manner(after=at))
    assert answer.ids == [*ALL[7:10], *ALL[11:]]
    assert answer.said.complete


@pytest.mark.parametrize("order", [Order.OLDEST_FIRST, Order.UNDOCUMENTED])
def test_a_list_in_no_order_is_begun_again_where_a_place_expired(order: Order) -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=Paging.TOKEN, order=order, page_size=10)
    shop.turns[3] = lambda request: EXPIRED
    answer = World(shop).ask()
    assert answer.ids == ALL
    assert answer.said.complete


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=20),
    st.sets(st.integers(2, 14), max_size=3),
    st.sampled_from([Paging.TOKEN, Paging.OFFSET, Paging.SESSION_ID]),
    st.sampled_from(Order),
    st.booleans(),
    st.integers(2, 5),
    st.none() | st.integers(1, 9),
)
def test_whatever_expires_nothing_is_lost_or_repeated(
    ages: list[int],
    expiring: set[int],
    paging: Paging,
    order: Order,
    windowed: bool,
    size: int,
    limit: int | None,
) -> None:
    """A place that is an id is kept in cursors as such: of its moment, they know no other."""
    ages.sort()
    limit = None if paging is Paging.SESSION_ID else limit
    shop = Handmade(
        rows=rows(*(NOW - age for age in ages)),
        paging=paging,
        order=order,
        reach=Reach(windowed=windowed),
        page_size=size,
    )

    shop.turns.update(dict.fromkeys(expiring, expire))
    found: list[Session] = []
    cursor = None
    for _ in range(25):
        answer = World(shop).ask(ListSessions(limit=limit), Manner(cursor=cursor))
        assert answer.said.complete
        found += answer.sessions
        if answer.machine.exhausted:
            break
        cursor = encode_cursor(answer.machine.position(0))
    assert sorted(one.id for one in found) == sorted(f"s-{number}" for number in range(len(ages)))
    assert found == sorted(found, key=lambda one: one.created, reverse=True)


def test_the_place_of_a_cursor_may_have_expired_too() -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=Paging.TOKEN, page_size=10)
    first = World(shop).ask(ListSessions(limit=10))
    shop.requests.clear()
    shop.turns[1] = lambda request: EXPIRED
    rest = World(shop).ask(manner=Manner(cursor=encode_cursor(first.machine.position(0))))
    assert [*first.ids, *rest.ids] == ALL


@STYLES
def test_so_may_a_place_on_the_way_back(paging: Paging, reach: Reach) -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=paging, reach=reach, page_size=10)
    shop.turns[2] = expire
    answer = World(shop).ask(manner=Manner(before=moment(NOW - 40)))
    assert answer.ids == ALL[::-1]


def test_a_place_that_expires_again_and_again_is_told() -> None:
    shop = Handmade(rows=rows(*SECONDS), paging=Paging.TOKEN, page_size=10)
    shop.turns.update(
        {
            number: lambda request: EXPIRED if "token" in dict(request.parameters) else None
            for number in range(2, 99)
        }
    )
    with pytest.raises(PlaceExpired):
        World(shop).ask()
    assert len(shop.requests) < 20
