"""``PageReader`` alone: pages that are asked for once more, and lists that are begun again."""

from __future__ import annotations

from typing import Any

import attrs
import msgspec
import pytest
from engine.alone import SECOND, Alone, after, at, page, shop, since
from engine.handmade import EXPIRED, NOW, Handmade, Row, rows

from unified_checkout.adapters import Direction, Order, Paging, Reach, Request, Response, Window
from unified_checkout.engine.position import OLDEST, Frontier, StreamPosition
from unified_checkout.errors import PagingError, PlaceExpired

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
ID, TOKEN, OFFSET = Paging.SESSION_ID, Paging.TOKEN, Paging.OFFSET
WINDOWED = Reach(windowed=True)


def expires(alone: Alone) -> Alone:
    """Once the place that it asks for has expired."""
    alone.asks()
    alone.take_in(EXPIRED)
    return alone


# What cannot be relied on yet.


@pytest.mark.parametrize(
    ("paging", "asked", "place"),
    [
        (ID, {"after": "s-3"}, after(3)),
        (TOKEN, {"token": "s-2~0"}, page("s-2~0", 3, created=at(2))),
        (OFFSET, {"offset": "3"}, page("3", 3)),
    ],
)
def test_what_of_a_page_cannot_be_relied_on_yet_is_asked_for_once_more(
    paging: Paging, asked: dict[str, str], place: StreamPosition
) -> None:
    alone = Alone(shop(paging=paging)).read()
    alone.reader.trust.until = at(3.5)
    alone.read()
    assert alone.ready == "s-0 s-1 s-2 s-3"
    assert alone.reader.held_back
    assert alone.reader.likely_reach(False) == at(5)
    assert alone.reader.reach == at(3.5)
    assert alone.place(4) == place
    alone.reader.trust.until = OLDEST
    assert alone.asks() == {"size": "10", **asked}
    alone.read()
    assert alone.ready == f"s-0 s-1 s-2 s-3 s-4 s-5{' s-6' if paging is ID else ''}"
    assert not alone.reader.held_back
    assert alone.reader.done is (paging is ID)
    assert alone.reader.reach == (OLDEST if paging is ID else at(5))


@pytest.mark.parametrize("paging", Paging)
def test_of_a_page_of_which_nothing_can_be_relied_on_nothing_is_taken(paging: Paging) -> None:
    alone = Alone(shop(paging=paging)).read()
    asked = alone.asks()
    alone.reader.exchange = None
    alone.reader.trust.until = at(2.5)
    alone.read()
    assert alone.ready == "s-0 s-1 s-2"
    assert alone.reader.reach == at(2.5)
    assert alone.asks() == asked


@pytest.mark.parametrize("paging", Paging)
def test_a_list_to_which_sessions_may_still_come_has_not_ended(paging: Paging) -> None:
    for page_size, query in ((7, None), (3, since(1))):
        alone = Alone(attrs.evolve(shop(paging=paging), page_size=page_size), query=query)
        alone.reader.trust.until = at(9)
        alone.read()
        assert not alone.reader.done
        assert not alone.reader.left_early
        assert alone.reader.likely_reach(False) == OLDEST
        assert alone.reader.reach == at(9)
        alone.reader.trust.until = OLDEST
        alone.read()
        assert alone.reader.done
        assert alone.ready == ("s-0 s-1" if query else "s-0 s-1 s-2 s-3 s-4 s-5 s-6")


def test_a_page_without_a_row_is_asked_for_once_more_as_well() -> None:
    alone = Alone(shop(paging=TOKEN, blanks=1)).read()
    alone.reader.trust.until = at(9)
    alone.read()
    assert alone.reader.held_back
    assert alone.reader.reach == at(2)
    assert alone.asks() == {"size": "10", "token": "s-2~1"}


# Lists that are begun again.


@pytest.mark.parametrize("paging", Paging)
@pytest.mark.parametrize("page_size", [1, 2, 3, 7])
@pytest.mark.parametrize("order", Order)
def test_whatever_expires_each_session_comes_once(
    paging: Paging, page_size: int, order: Order
) -> None:
    whole = attrs.evolve(shop(paging=paging, order=order), page_size=page_size)
    plain = Alone(whole)
    while not plain.reader.done:
        plain.read()
    for number in range(1, 6):
        alone = Alone(whole)
        for _ in range(number):
            if not alone.reader.done:
                alone.read()
        if alone.reader.done:
            break
        expires(alone)
        while not alone.reader.done:
            alone.read()
        assert alone.ready == plain.ready
        assert alone.reader.missing == 0


def test_while_it_shows_only_what_was_read_it_goes_on_where_it_was() -> None:
    alone = expires(Alone(attrs.evolve(shop(), page_size=1)).read(3))
    assert alone.scope.begun_again
    for shown in ("s-0", "s-1"):
        alone.read()
        assert alone.place(3) == after(2)
        assert alone.reader.reach == at(2)
        assert alone.asks() == {"size": "10", "after": shown}
    alone.read(2)
    assert alone.ready == "s-0 s-1 s-2 s-3"
    assert alone.place(4) == after(3)


def test_what_is_shown_again_is_held_until_it_is_known_to_lie_ahead() -> None:
    """A and B are of one second, and the place was after B, which is gone since."""
    one = Handmade(rows=rows(*(NOW - age for age in (0, 1, 1, 1, 2, 3))), page_size=1)
    place = StreamPosition(cursor="s-2", created=at(1))
    alone = Alone(one, {"start": place})
    one.rows[2].stream = ""
    expires(alone).read(3)
    assert (alone.ready, [session.id for session in alone.reader.kept()]) == ("", ["s-1", "s-3"])
    assert alone.place(0) == place
    alone.read()
    assert alone.ready == "s-1 s-3 s-4"


def test_what_was_held_is_shown_once_the_list_has_ended() -> None:
    one = Handmade(rows=rows(NOW, NOW - 1, NOW - 1), page_size=1)
    alone = Alone(one, {"start": StreamPosition(cursor="s-2", created=at(1))})
    one.rows[2].stream = ""
    expires(alone).read(2)
    assert alone.reader.done
    assert alone.ready == "s-1"


@pytest.mark.parametrize(("age", "again"), [(1, True), (0, True), (-1, False)])
def test_what_arrives_after_the_upper_bound_lets_no_list_be_begun_again_for_ever(
    age: float, again: bool
) -> None:
    alone = Alone(shop(paging=TOKEN, order=Order.UNDOCUMENTED)).read()
    for number in range(3):
        expires(alone)
        alone.shop.rows.append(Row(id=f"{number}-0", created=NOW - age))
        alone.read()
    alone.asks()
    if again:
        alone.take_in(EXPIRED)
        return
    with pytest.raises(PlaceExpired):
        alone.take_in(EXPIRED)


@pytest.mark.parametrize("expired", [3, 4])
def test_a_place_that_was_given_may_expire_three_times_too(expired: int) -> None:
    alone = Alone(shop(), {"start": after(2)})
    for _ in range(3):
        expires(alone).read()
    alone.asks()
    if expired == 4:
        with pytest.raises(PlaceExpired):
            alone.take_in(EXPIRED)
        return
    assert alone.read().ready == "s-3 s-4 s-5"


def sent(alone: Alone, *shown: Row, place: str) -> Alone:
    """Once it was sent these rows, whatever its provider holds."""
    body = {"rows": [row.to_json() for row in shown], "more": True, "next": place}
    alone.asks()
    alone.take_in(Response(status=200, body=msgspec.json.encode(body)))
    return alone


def test_begun_again_a_list_does_not_show_one_page_twice() -> None:
    first, second = rows(NOW, NOW - 1), rows(NOW - 2, NOW - 3, prefix="t")
    alone = expires(sent(sent(Alone(shop(paging=TOKEN)), *first, place="a"), *second, place="b"))
    sent(alone, *first, place="a")
    with pytest.raises(PagingError, match="already seen"):
        sent(alone, *first, place="c")


def test_unless_that_page_was_held_back() -> None:
    first = rows(NOW, NOW - 1, NOW - 2)
    alone = expires(sent(Alone(shop(paging=TOKEN)), *first[:2], place="a"))
    alone.reader.trust.until = at(0.5)
    for _ in range(3):
        sent(alone, *first, place="b")
        assert alone.reader.held_back
    alone.reader.trust.until = OLDEST
    assert sent(alone, *first, place="b").ready == "s-0 s-1 s-2"


def test_a_place_that_leads_nowhere_is_an_error() -> None:
    alone = sent(Alone(shop(paging=TOKEN)), *rows(NOW), place="a")
    with pytest.raises(PagingError, match="cursor does not advance"):
        sent(alone, *rows(NOW - 1, prefix="t"), place="a")


# What arrives while pages are asked for once more.


def test_what_arrives_where_a_page_was_relied_on_already_is_no_disorder() -> None:
    one = rows(NOW, NOW - 1, NOW - 2)
    late = Row(id="late", created=NOW - 0.5)
    alone = Alone(shop(paging=TOKEN))
    alone.reader.trust.until = at(1.5)
    sent(alone, *one, place="a")
    alone.reader.trust.until = OLDEST
    sent(alone, one[0], late, *one[1:], place="a")
    assert alone.scope.in_order
    assert alone.ready == "s-0 s-1 s-2"


def test_nor_is_it_where_the_rest_is_shown_in_shorter_pages() -> None:
    alone = Alone(attrs.evolve(shop(paging=TOKEN), page_size=7))
    alone.reader.trust.until = at(9)
    alone.read()
    assert alone.reader.held_back
    alone.reader.trust.until = OLDEST
    alone.shop.page_size = 3
    alone.read()
    assert not alone.reader.held_back
    alone.shop.rows.insert(4, Row(id="late", created=NOW - 3.5))
    alone.read(2)
    assert alone.scope.in_order
    assert alone.ready == "s-0 s-1 s-2 s-3 s-4 s-5 s-6"


def test_disorder_before_what_was_seen_from_a_place_is_noticed() -> None:
    alone = Alone(
        shop(paging=TOKEN), {"start": StreamPosition(cursor="p", created=at(1), seen=at(6))}
    )
    sent(sent(alone, *rows(NOW - 4), place="a"), *rows(NOW - 3, prefix="t"), place="b")
    assert not alone.scope.in_order


@pytest.mark.parametrize("paging", Paging)
def test_the_place_at_which_it_began_may_have_expired(paging: Paging) -> None:
    starts = {ID: after(2), TOKEN: page("s-2~0"), OFFSET: page("3")}
    frontier = Frontier(at(2), frozenset({"s-2"}))
    alone = Alone(shop(paging=paging), {"start": starts[paging]}, start=frontier)
    expires(alone)
    assert alone.asks() == {"size": "10"}
    while not alone.reader.done:
        alone.read()
    assert alone.ready == "s-3 s-4 s-5 s-6"


def test_the_moment_at_which_an_answer_began_is_none_of_a_list_read_the_other_way() -> None:
    alone = Alone(
        shop(paging=TOKEN),
        {"start": page("s-2~0")},
        start=Frontier(at(2)),
        direction=BACKWARD,
    )
    alone.asks()
    with pytest.raises(PlaceExpired):
        alone.take_in(EXPIRED)


def test_before_its_first_page_a_list_is_begun_again_as_often_as_need_be() -> None:
    alone = Alone(shop())
    alone.asks()
    for _ in range(9):
        assert alone.reader.begin_again()
        assert alone.reader.exchange is None
    assert alone.read().ready == "s-0 s-1 s-2"


def test_begun_again_with_windows_it_reads_no_more_than_was_not_read() -> None:
    alone = Alone(shop(reach=WINDOWED), {"window": Window(1, SECOND + 1)}).read()
    expires(alone)
    assert alone.asks() == {"size": "10", "since": "1", "until": str(SECOND - 1)}


# What lies beyond what it covers.


@pytest.mark.parametrize(
    ("style", "known", "window", "left"),
    [
        ({}, {}, Window(SECOND - 1, None), True),
        ({}, {}, Window(SECOND - 2, None), False),
        ({}, {}, Window(None, SECOND), False),
        ({}, {}, None, False),
        ({}, {"in_order": False}, Window(SECOND - 1, None), False),
        ({"order": Order.OLDEST_FIRST}, {}, Window(SECOND + 1, None), False),
        ({"reach": Reach(by="updated")}, {}, Window(SECOND - 1, None), False),
        ({"reach": WINDOWED}, {}, Window(SECOND - 1, None), False),
        ({"reach": WINDOWED}, {"windows_hold": False}, Window(SECOND - 1, None), True),
        ({}, {"start": Frontier(at(1)), "direction": BACKWARD}, None, True),
        ({}, {"start": Frontier(at(2)), "direction": BACKWARD}, None, False),
        ({}, {"direction": BACKWARD}, None, False),
        ({}, {"start": Frontier(at(1))}, None, False),
    ],
)
def test_an_orderly_list_is_left_where_what_it_covers_ends(
    style: dict[str, Any], known: dict[str, Any], window: Window | None, left: bool
) -> None:
    """Unless the provider ends it there itself; a list read the other way ends where it began."""
    alone = Alone(shop(**style), {"window": window}, **known)
    request = Request(path="/sessions", parameters=(("list", "sessions"), ("size", "3")))
    alone.take_in(shop(order=alone.shop.order).serve(request, NOW, None))
    assert alone.reader.left_early is left


@pytest.mark.parametrize(("paging", "left"), [(ID, False), (TOKEN, True), (OFFSET, True)])
def test_a_place_between_pages_ends_where_the_list_was_asked_for_first(
    paging: Paging, left: bool
) -> None:
    alone = Alone(shop(paging=paging, reach=WINDOWED), {"window": Window(1, SECOND + 1)}).read()
    alone.reader.shrink(Window(SECOND - 4, None))
    alone.read()
    assert alone.reader.left_early is left
    assert alone.reader.done


# What is missing.


@pytest.mark.parametrize("paging", Paging)
def test_a_list_lacks_what_its_pages_count_and_do_not_show(paging: Paging) -> None:
    counting = shop(paging=paging, counts=True, hidden=2)
    assert Alone(counting).read(2).reader.missing == 0
    assert Alone(counting).read(3).reader.missing == 2
    assert Alone(counting, {"start": page(None, 0)}).read(3).reader.missing == 0
    assert Alone(counting, query=since(3)).read(2).reader.missing == 0
    windowed = attrs.evolve(counting, reach=WINDOWED)
    alone = Alone(windowed, {"window": Window(1, SECOND + 1)})
    assert alone.read(3).reader.missing == 2
    alone = Alone(windowed, {"window": Window(1, SECOND + 1)}).read(2)
    alone.reader.shrink(Window(2, None))
    assert alone.read().reader.missing == 0
    assert expires(Alone(counting).read()).read(3).reader.missing == 0
