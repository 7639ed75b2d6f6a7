"""``Sorted``: lists that come oldest first or in no documented order, handed out newest first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from engine.handmade import DAY, NOW, Handmade, Row, rows
from engine.world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import Order, Paging, Reach, Request
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.sorting import _ROOM
from unified_checkout.model.query import ListSessions

ORDERS = pytest.mark.parametrize("order", [Order.OLDEST_FIRST, Order.UNDOCUMENTED])


@ORDERS
@pytest.mark.parametrize("paging", Paging)
def test_nothing_is_handed_out_before_all_was_read(order: Order, paging: Paging) -> None:
    shop = Handmade(
        rows=rows(*(NOW - at for at in range(50))), order=order, paging=paging, page_size=10
    )
    answer = World(shop).ask(take=1)
    assert len(shop.requests) == 5
    assert answer.ids == [f"s-{number}" for number in range(50)]
    assert answer.machine.coverage().complete


def test_what_comes_oldest_first_keeps_the_order_of_its_list_within_a_moment() -> None:
    """The provider would list the later of two sessions of one moment first."""
    shop = Handmade(rows=rows(NOW, NOW, NOW - 1, NOW - 1, NOW - 1), order=Order.OLDEST_FIRST)
    asked = World(shop).ask()
    assert [row["list"] for row in shop.asked] == ["sessions"]
    assert asked.ids == ["s-0", "s-1", "s-2", "s-3", "s-4"]


@ORDERS
def test_where_time_can_be_asked_for_the_newest_window_is_sorted_and_handed_out_first(
    order: Order,
) -> None:
    moments = [NOW - number * DAY / 10 for number in range(200)]
    shop = Handmade(rows=rows(*moments), order=order, reach=Reach(windowed=True), page_size=5)
    answer = World(shop).ask(take=1)
    assert answer.ids == [f"s-{number}" for number in range(10)]
    assert len(shop.requests) <= 3
    assert World(shop).ask().ids == [f"s-{number}" for number in range(200)]


@ORDERS
def test_with_a_limit_no_window_is_read_that_the_answer_does_not_need(order: Order) -> None:
    moments = [NOW - number * DAY / 10 for number in range(200)]
    shop = Handmade(rows=rows(*moments), order=order, reach=Reach(windowed=True))
    answer = World(shop).ask(ListSessions(limit=12))
    assert answer.ids == [f"s-{number}" for number in range(12)]
    assert answer.said.complete
    assert answer.said.reason == "read as far as the limit needs"
    assert len(shop.requests) == 2


def most_kept(machine: ListMachine, world: World) -> int:
    """The most sessions that a machine kept at once while it was read."""
    most = 0
    serve = world.providers["north"].turns

    def look(_: object) -> None:
        nonlocal most
        most = max(most, sum(len(one.undelivered) for one in machine._readings))

    serve.update(dict.fromkeys(range(1, 1000), look))
    for _ in world.run(machine):
        look(None)
    return most


@ORDERS
@pytest.mark.parametrize(("limit", "most"), [(7, 2 * 7 + _ROOM + 100), (None, 10_000)])
def test_with_a_limit_no_more_is_kept_than_it_needs(
    order: Order, limit: int | None, most: int
) -> None:
    shop = Handmade(rows=rows(*(NOW - at for at in range(5000))), order=order, page_size=100)
    world = World(shop)
    machine = world.planner().listing(ListSessions(limit=limit), Manner())
    kept = most_kept(machine, world)
    assert kept <= most
    assert limit is not None or kept >= 5000 - 100


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(20)), st.integers(1, 8), st.sampled_from(list(Order)))
def test_what_is_kept_under_a_limit_comes_first_in_the_answer(
    order_of_ids: list[int], limit: int, order: Order
) -> None:
    """However the list comes, and though much was dropped on the way."""
    many = 700
    listed = [
        Row(id=f"{number}-{order_of_ids[number % 20]}", created=NOW - number // 3)
        for number in range(many)
    ]
    shop = Handmade(rows=listed, order=order, page_size=50)
    whole = World(shop).ask()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unified_checkout.engine.sorting._ROOM", 20)
        answer = World(shop).ask(ListSessions(limit=limit))
        assert answer.ids == whole.ids[:limit]
        assert answer.said.complete
        place = whole.sessions[40]
        before = World(shop).ask(ListSessions(limit=limit), Manner(before=place.created))
    ahead = [one.id for one in whole.sessions if one.created > place.created]
    assert before.ids == ahead[::-1][:limit]


def test_under_a_limit_a_sorted_list_is_asked_for_full_pages() -> None:
    shop = Handmade(rows=rows(*(NOW - at for at in range(30))), order=Order.UNDOCUMENTED)
    assert World(shop).ask(ListSessions(limit=2)).ids == ["s-0", "s-1"]
    assert [one["size"] for one in shop.asked] == ["100"]


def test_a_list_read_by_update_is_sorted_as_a_whole() -> None:
    """What was updated last may have been created long ago."""
    listed = rows(*(NOW - number * DAY for number in range(6)))
    for row, days in zip(listed, [0, 1, 0, 3, 2, 1], strict=True):
        row.updated = NOW - days * DAY
    shop = Handmade(
        rows=listed,
        order=Order.OLDEST_FIRST,
        reach=Reach(
            windowed=True,
            by="updated",
            required=True,
            longest=timedelta(days=1),
            earliest=timedelta(days=9),
        ),
    )
    answer = World(shop).ask()
    assert answer.ids == [f"s-{number}" for number in range(6)]
    assert answer.said.complete


@pytest.mark.parametrize("longest", [None, timedelta(days=1), timedelta(seconds=40)])
@pytest.mark.parametrize("paging", Paging)
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_what_is_updated_while_it_is_read_is_not_missed(
    longest: timedelta | None, paging: Paging, turn: int
) -> None:
    """It leaves a window that was not read yet, for one that was, or for none."""
    listed = rows(*(NOW - number * 30 for number in range(4)))
    shop = Handmade(
        rows=listed,
        paging=paging,
        reach=Reach(
            windowed=True,
            by="updated",
            required=True,
            longest=longest,
            earliest=timedelta(days=2)
            if longest != timedelta(seconds=40)
            else timedelta(minutes=2),
        ),
    )
    world = World(shop, latency=20.0)

    def update(request: Request) -> None:
        for row in listed[1:]:
            row.updated = world.now

    shop.turns[turn] = update
    answer = world.ask()
    assert answer.ids == [f"s-{number}" for number in range(4)]
    assert answer.said.complete
    assert len(shop.requests) < 12


def test_a_list_that_is_updated_faster_than_it_is_read_is_not_called_complete() -> None:
    shop = Handmade(
        rows=rows(NOW),
        reach=Reach(
            windowed=True,
            by="updated",
            required=True,
            longest=timedelta(seconds=10),
            earliest=timedelta(seconds=20),
        ),
    )
    answer = World(shop, latency=20.0).ask()
    assert answer.said.reason == "sessions are updated faster than they can be read"
    assert answer.said.promise.startswith("none")


def test_what_is_sorted_holds_up_no_other_account() -> None:
    """While one is read whole, the others are read ahead, though not without end."""
    slow = Handmade(rows=rows(*(NOW - at for at in range(300))), order=Order.UNDOCUMENTED)
    slow.page_size = 10
    long = Handmade(rows=rows(*(NOW - at for at in range(2500)), prefix="t"), page_size=100)
    world = World({"slow": slow, "long": long}, latency=1)
    assert next(world.run(world.planner().listing(ListSessions(), Manner())))
    assert len(slow.requests) == 30
    assert len(long.requests) in (10, 11)
    world = World({"slow": slow, "long": long}, latency=1)
    began = world.now
    assert len(world.ask().sessions) == 2800
    assert world.now - began <= 30 + 15 + 1


MONTHS = Reach(
    windowed=True,
    by="updated",
    required=True,
    longest=timedelta(days=30),
    earliest=timedelta(days=720),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 90)), max_size=30, unique=True),
    st.integers(1, 12),
    st.integers(1, 7),
    st.sampled_from([1, 3]),
)
def test_with_a_limit_no_older_updates_are_read_than_the_answer_needs(
    ages: list[tuple[int, int]], limit: int, page_size: int, workers: int
) -> None:
    """However long after its creation a session was updated; on from any limit, none is lost."""
    shop = Handmade(
        rows=[
            Row(
                id=f"s-{number}",
                created=NOW - age * DAY - number,
                updated=min(NOW, NOW - age * DAY - number + late * DAY),
            )
            for number, (age, late) in enumerate(sorted(ages), 1)
        ],
        order=Order.UNDOCUMENTED,
        paging=Paging.OFFSET,
        reach=MONTHS,
        page_size=page_size,
    )
    whole = World(shop).ask().ids
    assert whole == [row.id for row in sorted(shop.rows, key=lambda row: -row.created)]
    found: list[str] = []
    manner = Manner()
    while True:
        shop.requests.clear()
        world = World(shop, latency=1, workers=workers)
        answer = world.ask(ListSessions(limit=limit), manner)
        found += answer.ids
        if len(answer.ids) < limit:
            break
        assert answer.said.complete
        oldest = answer.sessions[-1].created.timestamp()
        kept = answer.machine.undelivered
        assert [*answer.ids, *(one.id for one in kept)] == whole[len(found) - limit :][
            : limit + len(kept)
        ]
        reached = min(int(one["since"]) for one in shop.asked)
        assert workers > 1 or reached > oldest - 61 * DAY
        manner = Manner(after=answer.sessions[-1])
    assert found == whole


def test_what_is_updated_while_few_are_read_is_lost_to_none() -> None:
    """It leaves a window that is not read any more, or one that was, for the last one."""
    shop = Handmade(
        rows=rows(*(NOW - number * 10 * DAY for number in range(1, 60))),
        order=Order.UNDOCUMENTED,
        paging=Paging.OFFSET,
        reach=MONTHS,
    )
    world = World(shop, latency=2)

    def update(_: Request) -> None:
        for row in shop.rows[1::3]:
            row.updated = world.now

    shop.turns = {1: update, 2: update}
    answer = world.ask(ListSessions(limit=4))
    assert answer.ids == [row.id for row in shop.rows[:4]]
    assert len(shop.requests) < 6
