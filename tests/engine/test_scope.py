"""``Scope``: what the page readers of an account share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from engine.alone import Watching, scope_of
from engine.handmade import NOW, Handmade
from simulation.made import session, sessions
from simulation.rows import moment

from unified_checkout.adapters import Direction, Order
from unified_checkout.engine.position import Frontier
from unified_checkout.errors import PagingError
from unified_checkout.model.query import ListSessions

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
BETWEEN = ListSessions.model_validate(
    {"created": {"gte": moment(NOW - 20), "lt": moment(NOW - 10)}, "status": "complete"}
)


def test_the_time_is_what_the_provider_s_clock_shows() -> None:
    scope = scope_of(Handmade(rows=[]))
    assert scope.now() == moment(NOW)
    scope.clocks.behind = 90.0
    assert scope.now() == moment(NOW) + timedelta(seconds=90)


def test_the_last_requests_weigh_most_in_how_long_one_takes() -> None:
    scope, told = scope_of(Handmade(rows=[])), []
    for seconds in (4.0, 2.0, 6.0):
        scope.observe_latency(seconds)
        told.append((round(scope.latency, 6), scope.least_latency))
    assert told == [(4.0, 4.0), (3.4, 2.0), (4.18, 2.0)]


def test_observers_are_told_of_a_page_and_of_what_matches_of_it() -> None:
    first, second = Watching(), Watching()
    matching = sessions([5, 4])
    scope = scope_of(Handmade(rows=[]), observers=(first, second))
    scope.tell_of_page(7, matching)
    assert first.told == second.told == [("north", 7, 2), ("north", "north-0", "north-1")]


@pytest.mark.parametrize(
    ("age", "direction", "beyond"),
    [
        (21, FORWARD, True),
        (20, FORWARD, False),
        (15, FORWARD, False),
        (9, FORWARD, False),
        (-1, FORWARD, False),
        (21, BACKWARD, False),
        (15, BACKWARD, False),
        (11, BACKWARD, False),
        (10, BACKWARD, True),
        (-1, BACKWARD, True),
    ],
)
def test_nothing_of_the_answer_follows_what_lies_beyond_a_bound_of_creation(
    age: float, direction: Direction, beyond: bool
) -> None:
    """In an orderly list that is. That a status does not match says nothing of what follows."""
    one = session("a", NOW - age)
    assert scope_of(Handmade(rows=[]), BETWEEN).beyond(one, direction) is beyond
    assert not scope_of(Handmade(rows=[]), BETWEEN, in_order=False).beyond(one, direction)
    for order in (Order.OLDEST_FIRST, Order.UNDOCUMENTED):
        assert not scope_of(Handmade(rows=[], order=order), BETWEEN).beyond(one, direction)


@pytest.mark.parametrize(("age", "beyond"), [(1, False), (0, False), (-1, True)])
def test_towards_newer_sessions_nothing_follows_what_lies_beyond_the_upper_bound(
    age: float, beyond: bool
) -> None:
    scope, one = scope_of(Handmade(rows=[])), session("a", NOW - age)
    assert scope.beyond(one, BACKWARD) is beyond
    assert not scope.beyond(one, FORWARD)


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (None, [(False, False)] * 3),
        (Frontier(moment(5)), [(True, False), (False, True), (False, False)]),
        (Frontier(moment(5), frozenset({"b"})), [(True, False), (True, True), (False, False)]),
    ],
)
def test_time_tells_what_was_handed_out_before(
    start: Frontier | None, told: list[tuple[bool, bool]]
) -> None:
    """Of the sessions a, b and c: whether each lies behind, and whether it is of the very moment."""
    scope = scope_of(Handmade(rows=[]), start=start)
    read = [session("a", 6), session("b", 5), session("c", 4)]
    assert [(scope.behind(one), scope.is_tied(one)) for one in read] == told


def test_towards_newer_sessions_the_older_lie_behind() -> None:
    scope = scope_of(Handmade(rows=[]), start=Frontier(moment(5)), direction=BACKWARD)
    assert [scope.behind(one) for one in sessions([6, 5, 4])] == [False, False, True]


def test_an_error_that_the_engine_found_names_the_account_and_its_provider() -> None:
    error: Any = scope_of(Handmade(rows=[])).malformed("odd", PagingError)
    assert isinstance(error, PagingError)
    assert (error.account, error.provider) == ("north", "handmade")
    assert "odd" in str(error)


@pytest.mark.parametrize("joins", [False, True])
def test_rows_are_joined_where_the_adapter_says_so(joins: bool) -> None:
    scope = scope_of(Handmade(rows=[], order=Order.OLDEST_FIRST, joins=joins))
    payment = session("a", 5)
    assert (scope.told.joined([payment]) == [payment]) is not joins
