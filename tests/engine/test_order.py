"""A list that its provider documents as newest first, and that is not."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from random import Random
from typing import Any

from simulation.adapter import Profile
from simulation.faults import Weather
from simulation.provider import SimulatedProvider, Unrest
from simulation.reader import Leg, Reader
from simulation.rows import START, Row
from simulation.schedule import Conduct, Schedule

from unified_checkout.adapters import Pushdown
from unified_checkout.engine.policy import RetryPolicy
from unified_checkout.model.query import ListSessions

SINCE_980 = {"created": {"gte": "1970-01-01T00:16:20Z"}}


def listed(words: Mapping[float, str], profile: Profile, **query: Any) -> Leg:
    """A listing of an account's sessions, given in the order in which they are listed."""
    rows = [
        Row(
            id=f"north-{created:g}",
            created=created,
            place=(-index, index),
            customer="ann",
            history=[(0.0, word)],
        )
        for index, (created, word) in enumerate(words.items())
    ]
    provider = SimulatedProvider("north", profile, rows, Weather(), Unrest())
    schedule = Schedule(
        seed=0,
        start=START,
        query=ListSessions.model_validate(query),
        providers={"north": provider},
        rates={"north": inf},
        latencies={"north": 0.0},
        disorderly=frozenset({"north"}),
        calm=False,
        retry=RetryPolicy(),
        conduct=Conduct(mode="list", on_error="report", recovers=False, restarts=False, thinks=0.0),
        random=Random(0),
    )
    leg = Reader(schedule).read().legs[0]
    return leg


def ids(leg: Leg) -> list[str]:
    return [session.id for session in leg.taken]


def test_an_orderly_list_is_left_at_the_bound() -> None:
    words = {990.0: "paid", 985.0: "paid", 970.0: "paid", 960.0: "paid"}
    leg = listed(words, Profile(created=Pushdown.UNSUPPORTED), page_size=1, **SINCE_980)
    assert ids(leg) == ["north-990", "north-985"]
    said = leg.coverage()["north"]
    assert (said.complete, said.order_held, said.rows_read) == (True, True, 3)


def test_a_list_seen_out_of_order_is_read_to_its_end() -> None:
    words = {985.0: "paid", 990.0: "paid", 970.0: "paid", 988.0: "paid"}
    leg = listed(words, Profile(created=Pushdown.UNSUPPORTED), page_size=2, **SINCE_980)
    assert sorted(ids(leg)) == ["north-985", "north-988", "north-990"]
    said = leg.coverage()["north"]
    assert (said.complete, said.order_held, said.rows_read) == (True, False, 4)


def test_a_stream_left_before_another_was_seen_out_of_order_makes_the_answer_incomplete() -> None:
    words = {970.0: "paid", 990.0: "paid", 985.0: "complete", 988.0: "complete"}
    profile = Profile(created=Pushdown.UNSUPPORTED, union=True)
    leg = listed(words, profile, status="complete", page_size=1, **SINCE_980)
    said = leg.coverage()["north"]
    assert "north-990" not in ids(leg)
    assert (said.complete, said.order_held) == (False, False)
    assert said.reason == "left early, and then seen not to be in order"


def test_the_order_is_watched_where_nothing_depends_on_it() -> None:
    words = {985.0: "complete", 990.0: "complete"}
    said = listed(words, Profile(), status="complete").coverage()["north"]
    assert (said.complete, said.order_held) == (True, False)
    assert "not newest first" in str(said)


def test_a_union_depends_on_the_order_of_its_streams() -> None:
    words = {985.0: "complete", 990.0: "complete"}
    leg = listed(words, Profile(union=True), status="complete")
    said = leg.coverage()["north"]
    assert sorted(ids(leg)) == ["north-985", "north-990"]
    assert (said.complete, said.order_held) == (False, False)
    assert said.reason == "told by time what was read, and then seen not to be in order"


def test_a_limit_reached_out_of_order_may_have_left_newer_sessions_behind() -> None:
    words = {988.0: "paid", 986.0: "paid", 987.0: "paid", 985.0: "paid", 999.0: "paid"}
    leg = listed(words, Profile(), page_size=4, limit=4)
    said = leg.coverage()["north"]
    assert "north-999" not in ids(leg)
    assert (said.complete, said.order_held) == (False, False)
    assert said.reason == "read as far as the limit needs, and seen not to be in order"
