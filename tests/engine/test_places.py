"""Where a reading may begin, in every style of listing: laws against the plain filter."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import attrs
import pytest
from engine.handmade import NOW, Handmade, Row, rows
from engine.styles import is_the_answer, worlds
from engine.world import World
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from simulation.rows import moment

from unified_checkout.adapters import Order, Paging
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.planner import Manner, page_of
from unified_checkout.engine.surroundings import Budget
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

law = settings(deadline=None)

SECONDS = st.integers(-22, 5)
FRACTIONS = st.sampled_from([0.0, 0.0, 0.25])
BOUNDS = st.dictionaries(st.sampled_from(["gte", "lt"]), st.integers(-22, 2), max_size=2)


def bounded(bounds: dict[str, int], **fields: Any) -> ListSessions:
    """A query of what was created within these seconds before now."""
    assume(bounds.get("gte", -99) < bounds.get("lt", 99))
    created = {name: moment(NOW + second) for name, second in bounds.items()}
    return ListSessions.model_validate({"created": created, **fields} if created else fields)


def within(bounds: dict[str, int]) -> Callable[[str, Row], bool]:
    """The plain filter of that query."""
    since, until = NOW + bounds.get("gte", -99), NOW + bounds.get("lt", 99)
    return lambda account, row: since <= row.created < until


@law
@given(worlds(), st.integers(1, 3), BOUNDS)
def test_a_listing_is_the_whole_answer(
    world: dict[str, Handmade], workers: int, bounds: dict[str, int]
) -> None:
    answer = World(world, latency=0.5, workers=workers).ask(bounded(bounds))
    is_the_answer(world, answer.sessions, within(bounds))
    assert answer.machine.coverage().complete


@law
@given(worlds(), SECONDS, FRACTIONS, st.booleans(), BOUNDS)
def test_a_listing_begins_and_ends_beside_a_moment(
    world: dict[str, Handmade], second: int, fraction: float, after: bool, bounds: dict[str, int]
) -> None:
    at = NOW + second + fraction
    manner = Manner(after=moment(at)) if after else Manner(before=moment(at))
    answer = World(world, latency=0.5, workers=2).ask(bounded(bounds), manner)
    sessions = answer.sessions if after else answer.sessions[::-1]
    asked = within(bounds)
    is_the_answer(
        world,
        sessions,
        lambda account, row: (
            asked(account, row) and (row.created < at if after else row.created > at)
        ),
    )
    assert answer.machine.coverage().complete


@pytest.mark.parametrize("paging", Paging)
@pytest.mark.parametrize("legs", [1, 2, 3])
def test_what_arrives_late_before_the_moment_where_it_began_is_not_shown(
    paging: Paging, legs: int
) -> None:
    """Its page is asked for again, and shows it now."""
    shop = Handmade(rows=rows(*(NOW - at for at in range(12))), paging=paging, page_size=6)
    world = World(shop)
    answer = world.ask(None, Manner(after=moment(NOW - 7)), take=1)
    assert answer.ids[0] == "s-8"
    for leg in range(legs):
        shop.rows += rows(NOW - 7, NOW - 6.5, prefix=f"late-{leg}")
        manner = Manner(cursor=encode_cursor(answer.machine.position(1)))
        answer = world.ask(None, manner, take=1)
        assert answer.sessions[0].created < moment(NOW - 7)


@law
@given(worlds(), st.data(), st.booleans())
def test_a_listing_begins_and_ends_beside_a_session(
    world: dict[str, Handmade], data: st.DataObject, after: bool
) -> None:
    """Of the session's own moment, lists without a fixed order of one moment show all others."""
    whole = World(world).ask().sessions
    assume(whole)
    index = data.draw(st.integers(0, len(whole) - 1))
    place = whole[index]
    manner = Manner(after=place) if after else Manner(before=place)
    answer = World(world, latency=0.5, workers=2).ask(manner=manner)
    sessions = answer.sessions if after else answer.sessions[::-1]
    ahead = whole[index + 1 :] if after else whole[:index]
    alone = all(one.created != place.created for one in whole if one is not place)
    if alone or has_one_order(world[place.account]):
        assert sessions == ahead
    assert set(ids(ahead)) <= set(ids(sessions))
    assert len(set(ids(sessions))) == len(sessions)
    siblings = [one for one in sessions if one not in ahead]
    assert all(
        (one.created, one.account) == (place.created, place.account) and one.id != place.id
        for one in siblings
    )
    assert answer.machine.coverage().complete


def has_one_order(shop: Handmade) -> bool:
    """Whether the sessions of one moment come in one order whenever they are read."""
    stays = len(shop.streams) == 1 or shop.disjoint
    return stays and shop.order is not Order.UNDOCUMENTED and shop.reach.by == "created"


def ids(sessions: list[Session]) -> list[tuple[str, str]]:
    return [(one.account, one.id) for one in sessions]


@law
@given(worlds(), st.integers(1, 7), st.integers(1, 2), BOUNDS)
def test_a_listing_goes_on_after_its_limit(
    world: dict[str, Handmade], limit: int, workers: int, bounds: dict[str, int]
) -> None:
    found: list[Session] = []
    cursor = None
    for _ in range(40):
        manner = Manner(cursor=cursor)
        answer = World(world, latency=0.5, workers=workers).ask(
            bounded(bounds, limit=limit), manner
        )
        assert answer.machine.coverage().complete
        found += answer.sessions
        if answer.machine.exhausted:
            break
        assert len(answer.sessions) == limit
        cursor = encode_cursor(answer.machine.position(0))
    is_the_answer(world, found, within(bounds))


@law
@given(worlds(), st.none() | SECONDS, st.integers(1, 3), BOUNDS)
def test_a_listing_goes_on_after_its_budget(
    world: dict[str, Handmade], second: int | None, first: int, bounds: dict[str, int]
) -> None:
    """Wherever a budget of requests ends it, its cursor leads to the rest; budgets grow."""
    at = NOW + (99 if second is None else second)
    found: list[Session] = []
    manner = Manner(after=None if second is None else moment(at))
    for leg in range(8):
        budget = Budget(max_requests=first * 3**leg)
        answer = World(world, latency=0.5).ask(bounded(bounds), attrs.evolve(manner, budget=budget))
        found += answer.sessions
        requests = sum(said.requests for said in answer.machine.coverage().accounts)
        assert requests <= (budget.max_requests or 0)
        if answer.machine.exhausted:
            break
        assert answer.machine.stopped == f"stopped at max_requests={budget.max_requests}"
        assert not answer.machine.coverage().complete
        manner = Manner(cursor=encode_cursor(answer.machine.position(0)))
    asked = within(bounds)
    is_the_answer(world, found, lambda account, row: asked(account, row) and row.created < at)


@law
@given(worlds(), st.integers(1, 7))
def test_pages_lead_to_the_end_and_back(world: dict[str, Handmade], size: int) -> None:
    query = ListSessions(page_size=size)

    def page(cursor: str | None) -> Any:
        planner = World(world, latency=0.5).planner()
        machine = planner.page(query, Manner(cursor=cursor))
        return page_of(machine, World(world, latency=0.5).read(machine).sessions)

    pages = [page(None)]
    assert pages[0].previous_cursor is None
    while pages[-1].next_cursor is not None and len(pages) < 40:
        pages.append(page(pages[-1].next_cursor))
    is_the_answer(world, [one for each in pages for one in each.sessions])
    one = pages[-1]
    for earlier in pages[-2::-1]:
        assert one.previous_cursor is not None
        one = page(one.previous_cursor)
        assert ids(list(one.sessions)) == ids(list(earlier.sessions))
    while one.previous_cursor is not None:
        one = page(one.previous_cursor)
        assert one.sessions == ()


@law
@given(worlds(), st.lists(st.integers(-22, 5), max_size=3, unique=True), BOUNDS)
def test_spans_that_adjoin_give_the_whole_answer_once(
    world: dict[str, Handmade], cuts: list[int], bounds: dict[str, int]
) -> None:
    plan = World(world).planner().plan(bounded(bounds))
    ends = [None, *(moment(NOW + cut) for cut in sorted(cuts)), None]
    found: list[Session] = []
    for since, until in pairwise(ends):
        part = pickle.loads(pickle.dumps(plan.within(since, until)))
        later = World(world, latency=0.5)
        later.now += 100
        answer = later.ask(part)
        assert answer.machine.coverage().complete
        assert all(since is None or one.created >= since for one in answer.sessions)
        assert all(until is None or one.created < until for one in answer.sessions)
        found = [*answer.sessions, *found]
    is_the_answer(world, found, within(bounds))
