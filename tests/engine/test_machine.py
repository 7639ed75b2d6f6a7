"""``ListMachine``: what it does at its ends, when nobody waits, and when it is broken off."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

import pytest
from engine.handmade import NOW, Handmade, rows
from engine.test_observers import Diary
from engine.world import World
from simulation.rows import moment

from unified_checkout.adapters import Order, Reach, Request, Response
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.events import Answered, Demand, Send, Step, Woke
from unified_checkout.engine.planner import Manner, page_of
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import BudgetSpent, PermissionDenied
from unified_checkout.model.query import ListSessions

ALL = [f"s-{number}" for number in range(30)]
EVERYTHING = ListSessions()


def shop(number: int = 30, **style: Any) -> Handmade:
    return Handmade(rows=rows(*(NOW - at for at in range(number))), page_size=10, **style)


def refuse(request: Request) -> PermissionDenied:
    return PermissionDenied("no", account="north", provider="handmade")


def test_it_does_nothing_before_it_is_asked_and_nothing_after_its_end() -> None:
    world, diary = World(shop(5)), Diary()
    machine = world.planner(diary).listing(EVERYTHING, Manner())
    assert machine.step(Woke(), NOW) == Step()
    assert machine.stopped == ""
    assert machine.position(0).accounts == machine.start.accounts
    world.read(machine)
    for event in (Demand(), Woke(), Demand()):
        assert machine.step(event, NOW) == Step(finished=True)
    assert diary.of("finished") == [(True,)]


def test_accounts_must_be_ready_before_they_are_asked_unless_failures_are_reported() -> None:
    world = World({"north": shop(), "south": shop(streams=()), "east": shop()})
    asked = world.planner().listing(EVERYTHING, Manner())
    assert asked.needs == ["north", "east"]
    assert world.planner().listing(EVERYTHING, Manner(on_error="report")).needs == []


def test_what_is_answered_while_nobody_waits_is_kept_for_whoever_asks() -> None:
    """Several windows are read ahead, while what was handed out is still being used."""
    long = Handmade(
        rows=rows(*(NOW - 60 * number for number in range(2000))),
        reach=Reach(windowed=True),
        rate=1000.0,
    )
    world = World(long, workers=4)
    machine = world.planner().listing(EVERYTHING, Manner())
    step, waiting, found, unasked = machine.step(Demand(), NOW), list[Send](), list[str](), 0
    while not step.finished:
        waiting += step.requests
        found += [one.id for one in step.sessions or ()]
        world.now += 1
        if not waiting:
            step = machine.step(Demand() if step.sessions else Woke(), world.now)
            continue
        send = waiting.pop(0)
        answer = long.serve(send.request, world.now, send.token)
        assert isinstance(answer, Response)
        handed_out = step.sessions is not None
        step = machine.step(Answered(send.id, answer), world.now)
        if handed_out:
            assert step == Step()
            unasked += 1
            step = machine.step(Demand(), world.now)
    assert found == [f"s-{number}" for number in range(2000)]
    assert unasked > 3


def test_who_is_broken_off_before_the_next_step_goes_on_after_what_was_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(shop())
    machine = world.planner().listing(EVERYTHING, Manner())
    batches = world.run(machine)
    assert [one.id for one in next(batches)] == ALL[:10]

    def interrupted(reading: AccountReading) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AccountReading, "settle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(batches)
    monkeypatch.undo()
    rest = World(shop()).ask(manner=Manner(cursor=encode_cursor(machine.position(0))))
    assert rest.ids == ALL[10:]


def test_after_a_failure_the_place_is_behind_what_was_handed_out() -> None:
    world = World({"north": shop(), "south": shop(25)})
    world.providers["north"].turns[2] = refuse
    machine = world.planner().listing(EVERYTHING, Manner())
    batches = world.run(machine)
    found = [f"{one.account} {one.id}" for one in next(batches)]
    with pytest.raises(PermissionDenied) as raised:
        next(batches)
    assert raised.value.sessions == machine.undelivered
    assert raised.value.coverage == machine.coverage()
    cursor = encode_cursor(machine.position(0))
    rest = world.ask(manner=Manner(cursor=cursor))
    found += [f"{one.account} {one.id}" for one in rest.sessions]
    assert found == [f"{one.account} {one.id}" for one in world.ask().sessions]


def test_an_account_that_fails_after_its_last_rows_lacks_nothing_yet() -> None:
    """What it could not be asked for comes after all that was handed out."""
    north = Handmade(rows=rows(*(NOW - at for at in range(5, 35))), page_size=10)
    north.turns[2] = refuse
    world = World({"north": north, "south": shop()})
    world.latencies = chain([0.0, 0.0, 1.0], repeat(0.0))  # north fails while south is awaited
    machine = world.planner().listing(EVERYTHING, Manner(on_error="report"))
    batches = world.run(machine)
    assert [one.account for one in next(batches)].count("north") == 5
    handed_out = next(batches)
    assert handed_out[-1].account == "north"
    assert machine.failures
    cursor = encode_cursor(machine.position(len(handed_out)))
    rest = world.ask(ListSessions(limit=7), Manner(cursor=cursor))
    assert rest.machine.coverage().complete


@pytest.mark.parametrize("begins", [None, NOW - 3])
def test_a_list_that_is_sorted_gets_nowhere_on_a_budget_that_is_too_small(
    begins: float | None,
) -> None:
    """Wherever it begins: another page from there would cost as much, and get as far."""
    manner = Manner(after=None if begins is None else moment(begins), budget=Budget(max_requests=2))
    world = World(shop(order=Order.OLDEST_FIRST))
    machine = world.planner().page(EVERYTHING, manner)
    assert world.read(machine).sessions == []
    told = r"^stopped at max_requests=2, .*max_requests=3 or more"
    with pytest.raises(BudgetSpent, match=told) as spent:
        page_of(machine, [])
    assert spent.value.coverage == machine.coverage()
    (said,) = machine.coverage().accounts
    assert said.reason == "stopped at max_requests=2; allow max_requests=3 or more"


def test_pages_lead_there_and_back() -> None:
    world = World({"north": shop(7), "south": shop(5)})
    forth, cursor = list[list[str]](), None
    while True:
        machine = world.planner().page(ListSessions(page_size=4), Manner(cursor=cursor))
        one = page_of(machine, world.read(machine).sessions)
        forth.append([session.id for session in one.sessions])
        cursor, back = one.next_cursor, one.previous_cursor
        if cursor is None:
            break
    assert forth == [
        ["s-0", "s-0", "s-1", "s-1"],
        ["s-2", "s-2", "s-3", "s-3"],
        ["s-4", "s-4", "s-5", "s-6"],
    ]
    visited = [forth[-1]]
    while back is not None:
        machine = world.planner().page(ListSessions(page_size=4), Manner(cursor=back))
        one = page_of(machine, world.read(machine).sessions)
        visited.append([session.id for session in one.sessions])
        back, again = one.previous_cursor, one.next_cursor
        if len(visited) == 2:
            there = world.planner().page(ListSessions(page_size=4), Manner(cursor=again))
            page = page_of(there, world.read(there).sessions)
            assert [session.id for session in page.sessions] == forth[-1]
    assert visited in (forth[::-1], [*forth[::-1], []])


def test_of_what_was_handed_out_so_many_were_taken() -> None:
    world = World(shop())
    machine = world.planner().listing(EVERYTHING, Manner())
    sessions = next(world.run(machine))
    assert len(sessions) == 10
    assert [machine.taken(sessions, untaken) for untaken in (10, 3, 0)] == [0, 7, 10]
    assert machine.taken(list(sessions), 3) == 0
    rest = World(shop()).ask(manner=Manner(cursor=encode_cursor(machine.position(7))))
    assert rest.ids == ALL[7:]
