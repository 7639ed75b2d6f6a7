"""Cursors: opaque, whole, and of one query."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation.adapter import Profile, SimulatedAdapter
from simulation.made import session
from simulation.rows import START, moment

from unified_checkout.adapters import Direction
from unified_checkout.engine.cursor import (
    AccountPosition,
    CursorState,
    Frontier,
    LanePosition,
    decode_cursor,
    encode_cursor,
)
from unified_checkout.engine.machine import Surroundings, first_position
from unified_checkout.engine.plan import make_plan
from unified_checkout.engine.planner import Planner
from unified_checkout.engine.policy import AccountState, RetryPolicy
from unified_checkout.errors import InvalidCursor
from unified_checkout.model.query import ListSessions

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
IDS = st.text(min_size=1, max_size=40)
LANES = st.builds(
    LanePosition,
    cursor=st.none() | IDS,
    created=st.none() | MOMENTS,
    skip=st.lists(IDS, max_size=4).map(tuple),
    inclusive=st.booleans(),
    done=st.booleans(),
)
ACCOUNTS = st.builds(
    AccountPosition,
    lanes=st.lists(LANES, max_size=3).map(tuple),
    frontier=st.none() | st.builds(Frontier, MOMENTS, st.frozensets(IDS, max_size=3)),
    in_order=st.booleans(),
)
STATES = st.builds(
    CursorState,
    fingerprint=st.text("0123456789abcdef", min_size=24, max_size=24),
    ceiling=MOMENTS,
    direction=st.sampled_from(Direction),
    delivered=st.integers(0, 10**9),
    accounts=st.lists(ACCOUNTS, max_size=3).map(tuple),
)


def some_cursor() -> str:
    adapters = {"north": SimulatedAdapter("north", Profile())}
    return encode_cursor(first_position(make_plan(ListSessions(), adapters, moment(START))))


def planner(profile: Profile) -> Planner:
    return Planner(
        Surroundings(
            adapters={"north": SimulatedAdapter("north", profile)},
            states={"north": AccountState(10.0, RetryPolicy())},
            random=Random(0),
        )
    )


@given(STATES)
def test_a_cursor_gives_back_what_it_was_made_of(state: CursorState) -> None:
    text = encode_cursor(state)
    assert decode_cursor(text) == state
    assert re.fullmatch(r"[\w.-]+", text, re.ASCII)


@given(STATES, st.data())
def test_an_edited_cursor_is_refused(state: CursorState, data: st.DataObject) -> None:
    text = encode_cursor(state)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_.=~é ").filter(lambda one: one != text[at]))
    with pytest.raises(InvalidCursor):
        decode_cursor(text[:at] + other + text[at + 1 :])


@given(STATES, st.data())
def test_a_cut_cursor_is_refused(state: CursorState, data: st.DataObject) -> None:
    text = encode_cursor(state)
    with pytest.raises(InvalidCursor):
        decode_cursor(text[: data.draw(st.integers(0, len(text) - 1))])


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text)
    with pytest.raises(InvalidCursor):
        decode_cursor(f"uc1.{text}")


def test_a_cursor_with_something_after_it_is_refused() -> None:
    for rest in ("=", "==", "A", "\n", " "):
        with pytest.raises(InvalidCursor):
            decode_cursor(some_cursor() + rest)


@pytest.mark.parametrize(
    "query",
    [
        ListSessions(status=("open",)),
        ListSessions(limit=5),
        ListSessions.model_validate({"created": {"gte": "2026-01-01"}}),
    ],
    ids=["status", "limit", "created"],
)
def test_a_cursor_of_another_query_is_refused(query: ListSessions) -> None:
    with pytest.raises(InvalidCursor, match="another query"):
        planner(Profile()).listing(query, moment(START), cursor=some_cursor(), on_error="raise")


def test_a_cursor_serves_pages_of_another_size() -> None:
    query = ListSessions(page_size=7)
    planner(Profile()).page(query, moment(START), cursor=some_cursor(), on_error="raise")


def test_a_cursor_of_lists_that_are_read_otherwise_now_is_refused() -> None:
    query = ListSessions.model_validate({"status": "complete"})
    machine = planner(Profile()).listing(query, moment(START), cursor=None, on_error="raise")
    cursor = encode_cursor(machine.position(0))
    with pytest.raises(InvalidCursor, match="stale"):
        planner(Profile(union=True)).listing(query, moment(START), cursor=cursor, on_error="raise")


def test_a_place_turned_round_twice_is_the_same_place() -> None:
    for inclusive in (False, True):
        place = attrs.evolve(LanePosition.beside(session("a", START)), inclusive=inclusive)
        assert place.turned().inclusive is not inclusive
        assert place.turned().turned() == place


def test_the_last_session_belongs_to_what_is_read_back_from_the_end() -> None:
    end = attrs.evolve(LanePosition.beside(session("a", START)), done=True)
    assert end.turned() == attrs.evolve(end, done=False, inclusive=True)


def test_before_the_beginning_lies_nothing() -> None:
    assert LanePosition().turned().done
    assert LanePosition().turned().turned() == LanePosition()


def test_a_frontier_gathers_the_ids_of_its_moment() -> None:
    first = Frontier.at(moment(5), [session("a", 6), session("b", 5)], None)
    assert first.ids == {"b"}
    assert Frontier.at(moment(5), [session("c", 5)], first).ids == {"b", "c"}
    assert Frontier.at(moment(4), [session("c", 5), session("d", 4)], first).ids == {"d"}
