"""What a reading may cost: so many requests, or so much time, and then it says where to go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from engine.handmade import BUSY, NOW, Handmade, rows
from engine.world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation.rows import moment

from unified_checkout.adapters import Order, Paging, Reach, Response
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.events import Answered, Demand, Send
from unified_checkout.engine.planner import Manner, Page, page_of
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import BudgetSpent
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

ALL = [f"s-{number}" for number in range(30)]


def shop(**style: Any) -> Handmade:
    return Handmade(rows=rows(*(NOW - at for at in range(30))), page_size=10, **style)


def requests_(most: int) -> Manner:
    return Manner(budget=Budget(max_requests=most))


def seconds(most: float) -> Manner:
    return Manner(budget=Budget(deadline=most))


def test_a_listing_stops_after_so_many_requests() -> None:
    answer = World(shop()).ask(manner=requests_(2))
    assert answer.ids == ALL[:20]
    assert answer.machine.stopped == "stopped at max_requests=2"
    assert answer.said.reason == "stopped at max_requests=2"
    assert answer.said.requests == 2
    rest = World(shop()).ask(manner=Manner(cursor=encode_cursor(answer.machine.position(0))))
    assert rest.ids == ALL[20:]


def test_a_budget_that_just_suffices_stops_nothing() -> None:
    answer = World(shop()).ask(manner=requests_(3))
    assert answer.ids == ALL
    assert answer.machine.stopped == ""
    assert answer.said.complete


def test_retries_count() -> None:
    busy = shop()
    busy.turns[2] = lambda request: BUSY
    answer = World(busy).ask(manner=requests_(2))
    assert answer.ids == ALL[:10]
    assert answer.said.requests == 2


def test_one_budget_is_for_all_accounts() -> None:
    world = World({"north": shop(), "south": shop()})
    answer = world.ask(manner=requests_(4))
    assert sum(len(one.requests) for one in world.providers.values()) == 4
    assert len(answer.ids) < 60
    assert not answer.machine.coverage().complete


def test_of_accounts_that_are_alike_the_first_in_reading_order_is_asked_first() -> None:
    names = ["a", "b", "c", "d"]
    there, back = (World({name: shop() for name in names}) for _ in range(2))
    there.ask(manner=requests_(3))
    assert [len(one.requests) for one in there.providers.values()] == [1, 1, 1, 0]
    towards = Manner(before=moment(NOW - 25), budget=Budget(max_requests=3))
    with pytest.raises(BudgetSpent):
        page(back, towards)
    assert [len(one.requests) for one in back.providers.values()] == [0, 1, 1, 1]


@settings(deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 3),
    st.sampled_from(Paging),
    st.sampled_from(Order),
    st.sampled_from([0.0, 1.0]),
)
def test_never_more_is_sent_than_allowed(
    most: int, workers: int, paging: Paging, order: Order, latency: float
) -> None:
    world = World(
        {"north": shop(paging=paging, order=order), "south": shop()},
        workers=workers,
        latency=latency,
    )
    answer = world.ask(manner=requests_(most))
    assert sum(len(one.requests) for one in world.providers.values()) <= most
    assert answer.machine.coverage().complete is (answer.machine.stopped == "")


def test_a_listing_stops_at_the_deadline_though_an_answer_is_under_way() -> None:
    world = World(shop(), latency=4.0)
    answer = world.ask(manner=seconds(10))
    assert answer.ids == ALL[:20]
    assert world.now == NOW + 10
    assert answer.machine.stopped == "stopped at the deadline of 10 s"
    assert not answer.said.complete
    rest = World(shop()).ask(manner=Manner(cursor=encode_cursor(answer.machine.position(0))))
    assert rest.ids == ALL[20:]


def test_the_deadline_counts_from_the_first_step_on() -> None:
    world = World(shop(), latency=4.0)
    machine = world.planner().listing(ListSessions(), seconds(13))
    world.now += 100
    assert world.read(machine).ids == ALL
    assert machine.stopped == ""


def test_a_wait_beyond_the_deadline_is_not_waited_for() -> None:
    slow = shop(rate=0.1)
    world = World(slow)
    answer = world.ask(manner=seconds(5))
    assert answer.ids == ALL[:10]
    assert world.now == NOW + 5


def test_what_was_read_when_the_time_is_over_is_handed_out() -> None:
    """An answer that comes after the deadline was paid for; nothing more is asked."""
    world = World(shop(), latency=4.0)
    machine = world.planner().listing(ListSessions(), seconds(9))
    found: list[str] = []
    for batch in world.run(machine):
        found += [one.id for one in batch]
        world.now += 3
    assert found == ALL[: len(found)]
    assert len(found) in (10, 20)
    (said,) = machine.coverage().accounts
    assert said.reason == "stopped at the deadline of 9 s"


def page(world: World, manner: Manner, **query: Any) -> Page:
    machine = world.planner().page(ListSessions(**query), manner)
    return page_of(machine, world.read(machine).sessions)


def test_a_page_ends_early_and_leads_on() -> None:
    first = page(World(shop()), requests_(2), page_size=25)
    assert [one.id for one in first.sessions] == ALL[:20]
    assert not first.coverage.complete
    assert first.next_cursor is not None
    second = page(World(shop()), Manner(cursor=first.next_cursor), page_size=25)
    assert [one.id for one in second.sessions] == ALL[20:]


@pytest.mark.parametrize("order", [Order.UNDOCUMENTED, Order.OLDEST_FIRST])
def test_a_page_that_gets_nowhere_is_an_error(order: Order) -> None:
    """A list that is sorted here is read whole first."""
    sorted_here = shop(order=order)
    with pytest.raises(BudgetSpent, match=r"max_requests=2, .* allow max_requests=3 or more"):
        page(World(sorted_here), requests_(2), page_size=25)
    first = page(World(sorted_here), requests_(3), page_size=25)
    assert [one.id for one in first.sessions] == ALL[:25]


def test_a_page_that_waits_in_vain_is_an_error() -> None:
    with pytest.raises(BudgetSpent, match="allow a deadline of more than 3 s"):
        page(World(shop(), latency=4.0), seconds(3), page_size=25)


def test_a_page_at_the_deadline_leads_on() -> None:
    first = page(World(shop(), latency=4.0), seconds(6), page_size=25)
    assert [one.id for one in first.sessions] == ALL[:10]
    assert first.next_cursor is not None
    assert str(first.coverage).startswith("INCOMPLETE")


def test_a_limit_that_is_reached_first_is_what_stops() -> None:
    answer = World(shop()).ask(ListSessions(limit=10), requests_(1))
    assert answer.ids == ALL[:10]
    assert answer.machine.stopped == ""
    assert answer.said.complete


def test_nothing_is_read_ahead_after_the_deadline() -> None:
    """An answer that comes late is handed out, and nothing more is asked."""
    moments = [NOW - 60 * number for number in range(4000)]
    late = 0
    for number in range(4, 40):
        long = Handmade(rows=rows(*moments), reach=Reach(windowed=True), rate=1000.0)
        world = World(long, latency=1.0, workers=4)
        machine = world.planner().listing(ListSessions(), seconds(1000))
        step, waiting, answered = machine.step(Demand(), NOW), list[Send](), 0
        while answered < number:
            waiting += step.requests
            if step.sessions is not None:
                step = machine.step(Demand(), world.now)
                continue
            world.now += 1001 if answered == number - 1 else 1
            send, answered = waiting.pop(0), answered + 1
            answer = long.serve(send.request, world.now, send.token)
            assert isinstance(answer, Response)
            step = machine.step(Answered(send.id, answer), world.now)
        late += step.sessions is not None
        assert not step.requests
    assert late > 5


DAILY = Reach(windowed=True, required=True, longest=timedelta(days=1), earliest=timedelta(days=3))
STYLES = st.fixed_dictionaries(
    {
        "paging": st.sampled_from(Paging),
        "reach": st.sampled_from([Reach(), Reach(windowed=True), DAILY]),
        "streams": st.sampled_from([("sessions",), ("paid", "complete"), ("one", "two", "three")]),
        "disjoint": st.booleans(),
        "page_size": st.sampled_from([2, 10]),
    }
)
MOMENTS = st.lists(st.integers(0, 12), max_size=12)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(STYLES, st.lists(MOMENTS, min_size=3, max_size=3)), min_size=1, max_size=3),
    st.integers(1, 3),
    st.integers(1, 6),
    st.none() | st.integers(0, 12),
)
def test_pages_of_few_requests_lead_to_exactly_the_list(
    shops: list[tuple[dict[str, Any], list[list[int]]]],
    most: int,
    page_size: int,
    begins: int | None,
) -> None:
    world = World({f"shop{number}": listed(*one) for number, one in enumerate(shops)})
    after = None if begins is None else moment(NOW - begins)
    found, cursor, allowed, highest = list[str](), None, most, most
    while True:
        manner = Manner(
            cursor=cursor,
            after=None if cursor else after,
            budget=Budget(max_requests=allowed),
        )
        try:
            one = page(world, manner, page_size=page_size)
        except BudgetSpent:
            allowed += 1
            highest = max(allowed, highest)
            continue
        found += [f"{session.account} {session.id}" for session in one.sessions]
        allowed, cursor = most, one.next_cursor
        if cursor is None:
            break
    machine = world.planner().listing(ListSessions(), Manner(after=after))
    whole = [f"{one.account} {one.id}" for batch in world.run(machine) for one in batch]
    assert found == whole
    sought = begins is not None and any(moves(one) for one in world.providers.values())
    assert highest == most or sought or any(costly(one) for one in world.providers.values())


@settings(deadline=None, max_examples=40)
@given(
    st.lists(MOMENTS.filter(bool), min_size=2, max_size=3),
    st.sampled_from([1, 2, 10]),
    st.integers(1, 4),
)
def test_pages_of_one_request_lead_back_through_several_lists(
    moments: list[list[int]], size: int, page_size: int
) -> None:
    """Of one moment, the list is asked first that comes first on the way back."""
    streams = ("one", "two", "three")[: len(moments)]
    shop = listed({"streams": streams, "disjoint": True, "page_size": size}, moments)
    world = World(shop)
    whole = [page(world, Manner(), page_size=page_size)]
    while (cursor := whole[-1].next_cursor) is not None:
        whole.append(page(world, Manner(cursor=cursor), page_size=page_size))
    back, cursor = list[Session](), whole[-1].previous_cursor
    while cursor is not None:
        manner = Manner(cursor=cursor, budget=Budget(max_requests=1))
        one = page(world, manner, page_size=page_size)
        back[:0] = one.sessions
        cursor = one.previous_cursor
    assert back == [session for one in whole[:-1] for session in one.sessions]


@pytest.mark.parametrize("reach", [Reach(), Reach(windowed=True)], ids=["list", "windows"])
@pytest.mark.parametrize("most", [1, 2])
def test_each_page_of_so_few_requests_remembers_what_it_read_in_vain(
    reach: Reach, most: int
) -> None:
    """It may show nothing until every list was read; the next page need not ask it all again."""
    streams = ("one", "two", "three")
    style = {"streams": streams, "disjoint": True, "page_size": 2, "reach": reach}
    world = World(listed(style, [[0, 3, 6, 9], [9, 10, 11], [1, 4, 7]]))
    whole = [one.id for one in world.ask().sessions]
    found, cursor = list[str](), None
    for _ in range(40):
        manner = Manner(cursor=cursor, budget=Budget(max_requests=most))
        one = page(world, manner, page_size=3)
        found += [session.id for session in one.sessions]
        cursor = one.next_cursor
        if cursor is None:
            break
    assert found == whole


def listed(style: dict[str, Any], moments: list[list[int]]) -> Handmade:
    """A provider in a style, with rows in each of its streams."""
    listed = [
        row
        for stream, ages in zip(style["streams"], moments, strict=False)
        for row in rows(*(NOW - age for age in sorted(ages)), stream=stream, prefix=stream)
    ]
    return Handmade(rows=listed, **style)


def moves(one: Handmade) -> bool:
    """Whether sessions move between lists, which are then read together from the top.

    What is newer than the moment where somebody began is read anew on each page, and a list that
    is ahead of another does not remember how far it got.
    """
    return len(one.streams) > 1 and not one.disjoint


def costly(one: Handmade) -> bool:
    """Whether one request may get nowhere: where time alone tells places, or the list is counted."""
    return one.paging is not Paging.SESSION_ID or one.reach.required
