"""``Windows``: a list in several spans of time, some of which hold too much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import attrs
import pytest
from engine.handmade import DAY, NOT_YET, NOW, TOO_FULL, Handmade, Row, rows
from engine.world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import Order, Paging, Reach, Request, Response
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import InvalidRequest, NotYetListed, WindowTooFull
from unified_checkout.model.query import ListSessions

HOUR = 3600
WINDOWED = Reach(windowed=True)
DAILY = Reach(windowed=True, required=True, longest=timedelta(days=1), earliest=timedelta(days=9))


def spans(shop: Handmade) -> list[tuple[int, int]]:
    """The windows that were asked for, in the order asked."""
    return [(int(one["since"]), int(one["until"])) for one in shop.asked if "cursor" not in one]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 2 * DAY), max_size=60),
    st.integers(2, 12),
    st.sampled_from(Order),
    st.integers(1, 3),
)
def test_windows_that_hold_too_much_are_halved_until_they_do_not(
    ages: list[int], most: int, order: Order, workers: int
) -> None:
    seconds = sorted(set(ages))
    shop = Handmade(
        rows=rows(*(NOW - age for age in seconds)),
        order=order,
        reach=DAILY,
        most_of_a_window=most,
    )
    answer = World(shop, workers=workers, latency=0.5).ask()
    assert answer.ids == [f"s-{number}" for number in range(len(seconds))]
    assert answer.said.complete


def test_a_list_that_is_read_in_one_go_is_halved_as_well() -> None:
    moments = [NOW - number for number in range(30)]
    shop = Handmade(rows=rows(*moments), reach=WINDOWED, most_of_a_window=10)
    answer = World(shop).ask()
    assert answer.ids == [f"s-{number}" for number in range(30)]
    assert answer.said.complete
    assert len(shop.asked) < 70


def some_then_too_full(request: Request) -> Response | None:
    """A provider that lists the first rows of a window, and then no more."""
    asked = dict(request.parameters)
    return TOO_FULL if asked.get("offset", "0") == "20" else None


@pytest.mark.parametrize("reach", [DAILY, WINDOWED])
@pytest.mark.parametrize("order", [Order.OLDEST_FIRST, Order.UNDOCUMENTED])
def test_a_window_that_turns_out_too_full_is_read_again_while_nothing_was_handed_on(
    order: Order, reach: Reach
) -> None:
    moments = [NOW - 1000 * number for number in range(30)]
    shop = Handmade(
        rows=rows(*moments), order=order, reach=reach, paging=Paging.OFFSET, page_size=10
    )
    shop.turns = dict.fromkeys(range(1, 99), some_then_too_full)
    answer = World(shop).ask()
    assert answer.ids == [f"s-{number}" for number in range(30)]
    assert answer.said.complete
    assert answer.said.rows_read == answer.said.delivered + answer.said.duplicates


@pytest.mark.parametrize("order", Order)
def test_two_seconds_of_which_each_is_as_full_as_can_be_are_halved(order: Order) -> None:
    shop = Handmade(rows=rows(NOW, NOW - 1), order=order, reach=DAILY, most_of_a_window=1)
    answer = World(shop).ask()
    assert answer.ids == ["s-0", "s-1"]
    assert answer.said.complete


TWO_SECONDS = ListSessions.model_validate(
    {"created": {"gte": "2026-09-21T14:13:19Z", "lte": "2026-09-21T14:13:20Z"}}
)


def test_of_two_seconds_the_second_is_read_once_the_first_was_handed_on() -> None:
    shop = Handmade(
        rows=rows(*[NOW] * 20, *[NOW - 1] * 5), reach=DAILY, paging=Paging.OFFSET, page_size=10
    )
    shop.turns = dict.fromkeys(range(1, 99), some_then_too_full)
    answer = World(shop).ask(TWO_SECONDS)
    assert answer.ids == [f"s-{number}" for number in range(25)]
    assert answer.said.complete


def test_a_second_is_not_divided_once_some_was_handed_on() -> None:
    shop = Handmade(rows=rows(*[NOW] * 30), reach=DAILY, paging=Paging.OFFSET, page_size=10)
    shop.turns = dict.fromkeys(range(1, 99), some_then_too_full)
    query = ListSessions.model_validate({"created": {"gte": "2026-09-21T14:13:20Z"}})
    with pytest.raises(WindowTooFull):
        World(shop).ask(query)
    assert len(shop.requests) == 3


@pytest.mark.parametrize("streams", [("sessions",), ("paid", "complete")])
@pytest.mark.parametrize("apart", [1, 500, 1000])
@pytest.mark.parametrize("reach", [DAILY, WINDOWED])
def test_a_window_that_turns_out_too_full_once_some_was_handed_on_is_divided_from_there(
    reach: Reach, apart: int, streams: tuple[str, ...]
) -> None:
    moments = [NOW - apart * (number // 2) for number in range(90)]
    listed = rows(*moments, stream=streams[0])
    for row in listed[1::2]:
        row.stream = streams[-1]
    shop = Handmade(rows=listed, streams=streams, reach=reach, paging=Paging.OFFSET, page_size=10)
    shop.turns = dict.fromkeys(range(1, 999), some_then_too_full)
    answer = World(shop).ask()
    assert sorted(answer.ids) == sorted(f"s-{number}" for number in range(90))
    assert answer.said.complete
    created = [one.created for one in answer.sessions]
    assert created == sorted(created, reverse=True)
    assert answer.said.rows_read == answer.said.delivered + answer.said.duplicates


def test_more_than_is_listed_of_a_second_is_told_once_some_was_handed_on() -> None:
    shop = Handmade(rows=rows(*[NOW] * 30), reach=DAILY, paging=Paging.OFFSET, page_size=10)
    shop.turns = dict.fromkeys(range(1, 99), some_then_too_full)
    with pytest.raises(WindowTooFull) as raised:
        World(shop).ask()
    assert raised.value.coverage.accounts[0].delivered == 20


@pytest.mark.parametrize("workers", [1, 4])
def test_windows_by_update_that_hold_too_much_are_halved(workers: int) -> None:
    moments = [NOW - 2000 * number for number in range(90)]
    shop = Handmade(
        rows=rows(*moments), reach=attrs.evolve(DAILY, by="updated"), most_of_a_window=7
    )
    answer = World(shop, latency=1.0, workers=workers).ask()
    assert answer.ids == [f"s-{number}" for number in range(90)]
    assert answer.said.complete


def test_a_single_second_that_holds_too_much_is_told() -> None:
    shop = Handmade(rows=rows(*[NOW] * 5), reach=DAILY, most_of_a_window=4)
    with pytest.raises(WindowTooFull, match="cannot be divided any further") as raised:
        World(shop).ask()
    assert raised.value.account == "north"


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("by", ["created", "updated"])
def test_a_window_that_begins_after_all_that_is_listed_by_now_is_empty_and_settles_nothing(
    order: Order, by: Literal["created", "updated"]
) -> None:
    reach = attrs.evolve(DAILY, by=by, longest=timedelta(hours=1))
    shop = Handmade(
        rows=rows(*(NOW - 600 * number for number in range(1, 90))),
        order=order,
        reach=reach,
        listed_to=NOW - 3 * HOUR,
    )
    answer = World(shop).ask()
    assert answer.ids == [row.id for row in shop.rows if row.created <= NOW - 3 * HOUR]
    assert answer.said.complete
    assert NOW - 3 * HOUR <= answer.said.covers_to.timestamp() < NOW - 3 * HOUR + 1
    young = World(shop).ask(ListSessions.model_validate({"last": "1h"}))
    assert (young.ids, young.said.complete) == ([], True)
    assert young.said.covers_to.timestamp() < NOW - HOUR
    assert young.said.promise.startswith("part: every session that matched throughout and was")


def test_a_later_page_that_is_not_yet_listed_is_a_failure() -> None:
    shop = Handmade(rows=rows(NOW - 1, NOW - 2, NOW - 3), reach=DAILY, page_size=1)
    shop.turns = {2: lambda request: NOT_YET}
    with pytest.raises(NotYetListed):
        World(shop).ask()


def test_a_list_without_windows_that_holds_too_much_is_told() -> None:
    shop = Handmade(rows=rows(NOW, NOW - 1), most_of_a_window=1)
    with pytest.raises(WindowTooFull):
        World(shop).ask()


def test_windows_go_back_only_as_far_as_the_provider_lists() -> None:
    shop = Handmade(rows=rows(NOW, NOW - 8 * DAY), reach=DAILY)
    answer = World(shop).ask()
    assert answer.ids == ["s-0", "s-1"]
    assert len(shop.asked) == 10
    assert min(since for since, _ in spans(shop)) == NOW - 9 * DAY


def test_windows_stop_at_the_bounds_of_the_query() -> None:
    shop = Handmade(rows=rows(*(NOW - number * DAY / 2 for number in range(18))), reach=DAILY)
    query = ListSessions.model_validate(
        {"created": {"gte": "2026-09-15T00:00:00Z", "lt": "2026-09-18T12:00:00Z"}}
    )
    answer = World(shop).ask(query)
    assert answer.said.complete
    listed = spans(shop)
    assert listed[0][1] - listed[-1][0] == 3.5 * DAY + 1
    assert len(listed) == 4


@pytest.mark.parametrize("paging", Paging)
def test_a_long_list_is_read_in_several_windows_at_once_and_gives_the_same_answer(
    paging: Paging,
) -> None:
    moments = [NOW - 60 * number for number in range(4000)]
    shop = Handmade(rows=rows(*moments), reach=WINDOWED, paging=paging, rate=100.0)
    world = World(shop, latency=1.0, workers=4)
    answer = world.ask()
    assert answer.ids == [f"s-{number}" for number in range(4000)]
    assert answer.said.complete
    assert world.now - NOW < 25
    assert len(shop.requests) < 60


def test_a_short_answer_is_not_read_in_several_windows() -> None:
    shop = Handmade(rows=rows(*(NOW - 60 * number for number in range(4000))), reach=WINDOWED)
    answer = World(shop, latency=1.0, workers=4).ask(ListSessions(limit=250))
    assert len(answer.ids) == 250
    assert len(shop.requests) == 3
    assert all("until" not in one for one in shop.asked)


@pytest.mark.parametrize("apart", [DAY, 60, 1])
def test_a_provider_that_ignores_windows_is_not_asked_for_many(apart: int) -> None:
    """It is noticed once rows lie further beside the window asked for than that is long."""
    moments = [NOW - apart * number for number in range(800)]

    class Deaf(Handmade):
        def _listed(self, asked: Mapping[str, str]) -> list[Row]:
            return super()._listed({"list": asked["list"]})

    shop = Deaf(rows=rows(*moments), reach=WINDOWED, page_size=20)
    answer = World(shop, latency=1.0, workers=4).ask()
    assert answer.ids == [f"s-{number}" for number in range(800)]
    assert answer.said.complete
    assert len(shop.requests) < 160


def test_a_window_that_the_provider_refuses_is_told() -> None:
    shop = Handmade(rows=rows(NOW), reach=DAILY)
    shop.turns[1] = lambda request: InvalidRequest("no", account="north", provider="handmade")
    with pytest.raises(InvalidRequest):
        World(shop).ask()


def test_a_budget_ends_within_windows() -> None:
    shop = Handmade(rows=rows(NOW, NOW - 5 * DAY), reach=DAILY)
    answer = World(shop).ask(manner=Manner(budget=Budget(max_requests=3)))
    assert answer.ids == ["s-0"]
    assert answer.said.reason == "stopped at max_requests=3"
    assert answer.said.promise.startswith("none")
