"""``Union``: several streams of an account, between which sessions may move while they are read."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

import msgspec
import pytest
from engine.handmade import NOW, Handmade, Row, rows
from engine.world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import EndOfList, Paging, Reach, Request, Response
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.planner import Manner
from unified_checkout.errors import PagingError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

STREAMS = ("first", "second", "third")


class Moving:
    """Moves a row on to the next stream, before a request is answered."""

    def __init__(self, shop: Handmade, index: int) -> None:
        self._shop = shop
        self._index = index

    def __call__(self, request: Request) -> None:
        row = self._shop.rows[self._index]
        place = self._shop.streams.index(row.stream)
        row.stream = self._shop.streams[min(place + 1, len(self._shop.streams) - 1)]


@st.composite
def moving_shops(draw: st.DrawFn) -> Handmade:
    """A provider with streams between which its rows move while somebody reads them."""
    streams = STREAMS[: draw(st.integers(2, 3))]
    paging = draw(st.sampled_from([Paging.SESSION_ID, Paging.TOKEN]))
    seconds = st.integers(-9, 0).map(float)
    created = draw(st.lists(seconds, min_size=1, max_size=14))
    shop = Handmade(
        rows=[
            Row(id=f"s-{number}", created=NOW + at, stream=draw(st.sampled_from(streams)))
            for number, at in enumerate(created)
        ],
        streams=streams,
        paging=paging,
        end_of_list=draw(st.sampled_from(EndOfList))
        if paging is Paging.SESSION_ID
        else EndOfList.SIGNAL,
        blanks=draw(st.integers(0, 2)) if paging is Paging.TOKEN else 0,
        page_size=draw(st.integers(1, 4)),
        reach=Reach(windowed=draw(st.booleans())),
    )
    indices = st.integers(0, len(created) - 1)
    moves: dict[int, int] = draw(st.dictionaries(st.integers(2, 30), indices, max_size=20))
    shop.turns.update((number, Moving(shop, index)) for number, index in moves.items())
    return shop


LATENCIES = st.lists(st.sampled_from([0.1, 0.3, 1.0, 4.0]), max_size=30)


@settings(deadline=None)
@given(moving_shops(), LATENCIES, st.integers(1, 3), st.none() | st.integers(1, 5))
def test_a_session_that_moves_is_never_lost_and_never_comes_twice(
    shop: Handmade, latencies: list[float], workers: int, limit: int | None
) -> None:
    world = World(shop, workers=workers)
    world.latencies = chain(latencies, repeat(0.2))
    found: list[Session] = []
    cursor = None
    for _ in range(20):
        answer = world.ask(ListSessions(limit=limit), Manner(cursor=cursor))
        found += answer.sessions
        assert answer.said.complete
        if answer.machine.exhausted:
            break
        cursor = encode_cursor(answer.machine.position(0))
    assert sorted(one.id for one in found) == sorted(row.id for row in shop.rows)
    created = [one.created for one in found]
    assert created == sorted(created, reverse=True)


def paid_and_complete(number: int, **style: Any) -> Handmade:
    """A shop with so many sessions in each of two streams, one a second."""
    paid = rows(*(NOW - 2 * at for at in range(number)), stream="paid", prefix="p")
    done = rows(*(NOW - 2 * at - 1 for at in range(number)), stream="complete", prefix="c")
    return Handmade(rows=[*paid, *done], streams=("paid", "complete"), **style)


def test_the_first_session_of_a_large_union_comes_after_three_requests_at_most() -> None:
    shop = paid_and_complete(3000)
    answer = World(shop, latency=0.1).ask(take=1)
    assert answer.ids[:2] == ["p-0", "c-0"]
    assert len(shop.requests) <= 3


def test_a_large_union_costs_little_more_than_its_pages() -> None:
    shop = paid_and_complete(3000)
    answer = World(shop, latency=0.1).ask()
    assert len(answer.ids) == 6000
    assert answer.said.complete
    assert len(shop.requests) <= 1.3 * 60


def test_a_stream_that_is_nearly_empty_is_not_asked_again_and_again() -> None:
    shop = paid_and_complete(3000)
    shop.rows = [row for row in shop.rows if row.stream == "paid" or row.id in ("c-0", "c-2999")]
    answer = World(shop, latency=0.1).ask()
    assert len(answer.ids) == 3002
    asked = [one["list"] for one in shop.asked]
    assert asked.count("paid") <= 31
    assert asked.count("complete") <= 9


def test_a_stream_that_ends_before_the_one_ahead_of_it_was_read_is_asked_again() -> None:
    """Its end counts no further than the stream ahead was read when it was asked."""
    shop = Handmade(
        rows=[
            *rows(NOW, NOW - 1, NOW - 2, stream="paid", prefix="p"),
            *rows(NOW - 0.5, stream="complete", prefix="c"),
        ],
        streams=("paid", "complete"),
        page_size=1,
    )
    late = shop.rows[2]

    def moves(request: Request) -> None:
        asked = [one["list"] for one in shop.asked]
        if asked[-1] == "paid" and asked.count("paid") > 2:
            late.stream = "complete"

    shop.turns = dict.fromkeys(range(1, 20), moves)
    assert World(shop, latency=0.1).ask().ids == ["p-0", "c-0", "p-1", "p-2"]
    assert late.stream == "complete"


def test_a_page_without_a_row_tells_nothing_of_those_that_follow_it() -> None:
    shop = Handmade(
        rows=[
            *rows(NOW, NOW - 1, NOW - 2, stream="paid", prefix="p"),
            *rows(NOW, NOW, NOW - 1, stream="complete", prefix="c"),
        ],
        streams=("paid", "complete"),
        paging=Paging.TOKEN,
        page_size=1,
        blanks=1,
    )
    assert World(shop).ask().ids == ["p-0", "c-0", "c-1", "p-1", "c-2", "p-2"]


@pytest.mark.parametrize("page_size", [1, 2, 3])
@pytest.mark.parametrize("number", range(3, 12))
def test_the_first_page_again_is_not_the_end(page_size: int, number: int) -> None:
    """Not where a page that could not be relied on is asked for once more, either."""
    shop = paid_and_complete(5, page_size=page_size)

    def first_page(request: Request) -> Response | None:
        """It again, said to be the last one, if none of it is news after the place asked for."""
        name, place = shop.asked[-1]["list"], shop.asked[-1].get("after")
        known = [row for row in shop.rows if row.stream == name]
        if place is None or [row.id for row in known].index(place) + 1 < page_size:
            return None
        body = {"rows": [row.to_json() for row in known[:page_size]], "more": False}
        return Response(status=200, body=msgspec.json.encode(body))

    shop.turns[number] = first_page
    try:
        answer = World(shop, latency=0.1).ask()
    except PagingError:
        return
    assert len(answer.ids) == 10


def test_disjoint_streams_are_asked_side_by_side() -> None:
    shop = paid_and_complete(250, disjoint=True)
    world = World(shop, latency=1.0)
    assert world.ask(take=1).ids[:4] == ["p-0", "c-0", "p-1", "c-1"]
    assert [one["list"] for one in shop.asked] == ["paid", "complete"]
    assert world.now == NOW + 1.0
    shop.requests.clear()
    assert len(world.ask().ids) == 500
    assert len(shop.requests) == 6


def test_of_one_moment_the_earlier_stream_comes_first_both_ways() -> None:
    shop = Handmade(
        rows=[
            *rows(NOW - 1, NOW - 2, stream="complete", prefix="c"),
            *rows(NOW - 1, NOW - 2, stream="paid", prefix="p"),
        ],
        streams=("paid", "complete"),
    )
    world = World(shop)
    assert world.ask().ids == ["p-0", "c-0", "p-1", "c-1"]
    before = Manner(before=world.ask().sessions[-1])
    assert world.ask(manner=before).ids[-3:] == ["p-1", "c-0", "p-0"]
