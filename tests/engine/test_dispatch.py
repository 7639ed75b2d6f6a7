"""``Dispatch``: what other accounts are asked for while one of them keeps everybody waiting."""

from __future__ import annotations

from typing import Any

import pytest
from engine.exchanging import REQUEST, Trial
from engine.handmade import NOW, Handmade, rows
from engine.world import World

from unified_checkout.adapters import Order, Response
from unified_checkout.engine.events import Answered, Demand, Step
from unified_checkout.engine.outbox import Outbox
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.surroundings import Budget
from unified_checkout.model.query import ListSessions

LATE = Order.UNDOCUMENTED
PLENTY = Manner(budget=Budget(max_requests=10_000))


def shop(page_size: int, **style: Any) -> Handmade:
    return Handmade(rows=rows(*(NOW - at for at in range(1500))), page_size=page_size, **style)


def meanwhile(world: World, manner: Manner, **query: Any) -> tuple[int, int]:
    """How many requests each of two accounts was sent before the first answers the first."""
    machine = world.planner().listing(ListSessions(**query), manner)
    step, sent = machine.step(Demand(), NOW), {"north": 0, "south": 0}
    while True:
        answered = []
        for send in step.requests:
            sent[send.account] += 1
            if send.account == "south":
                answer = world.providers["south"].serve(send.request, NOW, send.token)
                assert isinstance(answer, Response)
                answered.append(Answered(send.id, answer))
        if not answered:
            return sent["north"], sent["south"]
        assert step.sessions is None
        [event] = answered
        step = machine.step(event, NOW)


@pytest.mark.parametrize(
    ("order", "page_size", "limit", "manner", "asked"),
    [
        (Order.NEWEST_FIRST, 10, None, Manner(), 1),  # one page lies ready, which is enough
        (Order.NEWEST_FIRST, 1, None, Manner(), 1),
        (LATE, 10, None, Manner(), 100),  # a thousand sessions, while all of north is read
        (LATE, 10, None, PLENTY, 1),  # which may be more than the budget has left in the end
        (LATE, 10, 700, Manner(), 1),  # and more than anybody wants
        (Order.NEWEST_FIRST, 1, 700, Manner(), 1),
    ],
)
def test_an_account_reads_so_far_ahead_of_another(
    order: Order, page_size: int, limit: int | None, manner: Manner, asked: int
) -> None:
    world = World({"north": shop(page_size, order=order), "south": shop(page_size)})
    assert meanwhile(world, manner, limit=limit) == (1, asked)


@pytest.mark.parametrize(("limit", "sizes"), [(25, ["10", "10", "5"]), (4, ["4"]), (None, ["10"])])
def test_no_more_is_asked_for_than_is_still_wanted(limit: int | None, sizes: list[str]) -> None:
    north = shop(10)
    World(north).ask(ListSessions(limit=limit), Manner(budget=Budget(max_requests=len(sizes))))
    assert [one["size"] for one in north.asked] == sizes


def test_who_must_wait_holds_up_nobody_else() -> None:
    south, times = shop(10), list[float]()
    world = World({"north": shop(10, rate=0.01), "south": south})
    south.turns[2] = lambda request: times.append(world.now)
    batches = world.run(world.planner().listing(ListSessions(), Manner()))
    assert len(next(batches)) == 19
    assert len(next(batches)) == 20
    assert times == [NOW]
    assert world.now > NOW + 99


def test_at_the_deadline_nothing_is_sent_any_more() -> None:
    outbox = Outbox[str](Budget(deadline=5.0))
    outbox.begin(100.0)
    outbox.begin(103.0)
    assert outbox.send([("somebody", Trial().exchange)], 105.0) == Step(wake=105.0)
    assert outbox.stopped(104.75) == ""
    assert outbox.stopped(105.0) == "stopped at the deadline of 5 s"
    [sent] = outbox.send([("somebody", Trial().exchange)], 104.75).requests
    assert (sent.id, sent.account, sent.request) == (1, "north", REQUEST)
