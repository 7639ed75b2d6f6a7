"""``Proof``: what each thing that a reading noted says of its answer, and which of them comes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from simulation.rows import moment

from unified_checkout.adapters import Direction, Order, Paging, Window
from unified_checkout.engine.position import AccountPosition, Frontier, StreamPosition
from unified_checkout.engine.proof import Proof
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.tally import PageSpan, Tally
from unified_checkout.model.predicate import LOWER_BOUNDS

TICK = timedelta(microseconds=1)
PAGES = (PageSpan("a", "b", 7), PageSpan("c", "c", 1))

READ_TO_THE_END: Mapping[str, Mapping[str, Any]] = {
    "compiled": {
        "order": Order.NEWEST_FIRST,
        "paging": Paging.SESSION_ID,
        "excludes": ("open checkouts",),
        "grows_at_front": False,
    },
    "reach": {"earliest": None, "settles": timedelta(0)},
    "plan": {
        "account": "north",
        "provider": "handmade",
        "shows_open": False,
        "untold": {"disputed": None},
        "span": None,
        "counts_back": False,
    },
    "scope": {
        "direction": Direction.FORWARD,
        "in_order": True,
        "ceiling": moment(100),
        "begun_again": False,
        "strays": False,
        "outrun": False,
        "settled": None,
    },
    "residual": {"doubted": (), "believed": 2, "unverified": 0},
    "clocks": {"behind": 0.0},
    "supply": {"left_early": False, "missing": (0, 0)},
    "reading": {
        "start": AccountPosition(),
        "at_the_top": True,
        "failure": None,
        "lacking": False,
        "done": True,
        "exhausted": True,
        "waiting": 0,
        "delivering": 5,
        "relies_on_order": False,
    },
}


def proof(since: datetime | None = None, **known: Mapping[str, Any] | None) -> Proof:
    """Of a reading of which this is known, and else that it read everything; ``since`` was asked.

    Of what it supplies, so many were handed out down to ten seconds after the beginning of time.
    """
    parts = {name: {**usual, **(known.get(name) or {})} for name, usual in READ_TO_THE_END.items()}
    missing = parts["supply"].pop("missing")
    readers = [SimpleNamespace(missing=number) for number in missing]
    supply = SimpleNamespace(**parts["supply"], readers=lambda: iter(readers))

    def bounds_of_creation(operators: object) -> list[datetime]:
        return [since] if since is not None and operators is LOWER_BOUNDS else []

    compiled = SimpleNamespace(**parts["compiled"], reach=SimpleNamespace(**parts["reach"]))
    tally = Tally(
        requests=3, retries=1, waited=0.12345678, rows_read=8, rows_dropped=4, contradicting=6,
        rows_later=9, duplicates=10, vanished=11, delivered=12, pages=list(PAGES),
    )  # fmt: skip
    reading = SimpleNamespace(
        plan=SimpleNamespace(
            **parts["plan"], compiled=compiled, bounds_of_creation=bounds_of_creation
        ),
        scope=SimpleNamespace(
            **parts["scope"],
            residual=SimpleNamespace(**parts["residual"]),
            clocks=SimpleNamespace(**parts["clocks"]),
        ),
        tally=tally,
        supply=supply if known.get("supply", {}) is not None else None,
        frontier=lambda used: None if not used else Frontier(moment(10 * used)),
        **parts["reading"],
    )
    return Proof(cast(AccountReading, reading))


def test_what_was_counted_is_told() -> None:
    """All that a reading counted, and what goes without saying of its lists."""
    told = proof(
        since=moment(20),
        clocks={"behind": 30.0},
        scope={"in_order": False},
        residual={"doubted": ("status=complete",)},
    ).coverage(remaining=None, unused=2, stopped="")
    assert (told.account, told.provider) == ("north", "handmade")
    assert (told.requests, told.retries, told.waited) == (3, 1, 0.123457)
    assert (told.rows_read, told.rows_dropped, told.contradicting) == (8, 4, 6)
    assert (told.rows_later, told.duplicates, told.vanished) == (9, 10, 11)
    assert told.delivered == 12 - 2
    assert (told.doubted, told.believed, told.unverified) == (("status=complete",), 2, 0)
    assert (told.order, told.order_held) == (Order.NEWEST_FIRST, False)
    assert told.paging is Paging.SESSION_ID
    assert told.shifting is False
    assert (told.created_from, told.created_to) == (moment(20), moment(100))
    assert told.clock_behind == 30
    assert (told.excludes, told.untold) == (("open checkouts",), ("disputed",))
    assert told.shows_open is False
    assert told.pages == PAGES
    assert (told.complete, told.reason, told.more) == (False, "not taken to the end", True)
    assert told.began == "the beginning"


def test_clocks_that_agree_are_not_told_of() -> None:
    assert proof().coverage(remaining=None, unused=0, stopped="").clock_behind is None


DOUBTS = {"doubted": ("status=complete", "email=a"), "unverified": 3}
NOT_DONE = {"done": False, "exhausted": False}
STEPS: list[tuple[dict[str, Mapping[str, Any] | None], str]] = [
    ({"reading": {"failure": ValueError("down")}}, "down"),
    ({"supply": None}, "no session of it can match"),
    (
        {"scope": {"in_order": False}, "supply": {"left_early": True}},
        "left early, and then seen not to be in order",
    ),
    (
        {"scope": {"in_order": False, "begun_again": True}},
        "told by time what was read, and then seen not to be in order",
    ),
    (
        {"scope": {"in_order": False}, "reading": {"relies_on_order": True}},
        "told by time what was read, and then seen not to be in order",
    ),
    (
        {"scope": {"strays": True}, "compiled": {"grows_at_front": True}},
        "the list is to grow only, and the sessions after which it was to go on are gone",
    ),
    (
        {"residual": DOUBTS},
        "the provider does not keep to status=complete, email=a, and 3 do not tell",
    ),
    (
        {"plan": {"counts_back": True}, "clocks": {"behind": -2.6}},
        "last was counted back from the clock here, which is 3 s ahead of the provider's",
    ),
    ({"scope": {"outrun": True}}, "sessions are updated faster than they can be read"),
    ({"supply": {"missing": (2, 5)}}, "the provider counts 7 more than it lists"),
    ({"supply": {"missing": (1, 0)}}, "the provider counts 1 more than it lists"),
]
"""What may be known, and what is said of it; each comes before those that follow it."""


@pytest.mark.parametrize(("known", "reason"), STEPS)
def test_what_speaks_against_an_answer_is_told_whether_or_not_it_was_read_to_the_end(
    known: dict[str, Mapping[str, Any] | None], reason: str
) -> None:
    for reading in ({}, {**NOT_DONE, "waiting": 2}):
        both = {**known, "reading": {**reading, **(known.get("reading") or {})}}
        told = proof(None, **both).coverage(remaining=0, unused=1, stopped="stopped")
        assert told.reason == reason
        assert told.complete is (known == {"supply": None})


@pytest.mark.parametrize(
    ("earlier", "later"), [(STEPS[at], STEPS[at + 1 :]) for at in range(len(STEPS))]
)
def test_of_what_speaks_against_an_answer_the_first_is_told(
    earlier: tuple[dict[str, Mapping[str, Any]], str],
    later: list[tuple[dict[str, Mapping[str, Any]], str]],
) -> None:
    known, reason = earlier
    for other, _ in later:
        both = {
            part: {**(other.get(part) or {}), **(known.get(part) or {})}
            for part in {*known, *other}
            if known.get(part, {}) is not None
        }
        if None in known.values() or None in other.values():
            both["supply"] = cast(Any, None)
        assert proof(None, **both).coverage(remaining=None, unused=0, stopped="").reason == reason


@pytest.mark.parametrize(
    "known",
    [
        {"supply": {"left_early": True}},
        {"scope": {"begun_again": True}},
        {"reading": {"relies_on_order": True}},
        {"scope": {"strays": True}},
        {"compiled": {"grows_at_front": True}},
        {"residual": {"doubted": ("status=complete",), "unverified": 0}},
        {"plan": {"counts_back": True}},
        {"plan": {"counts_back": True}, "clocks": {"behind": 3.0}},
        {"clocks": {"behind": -3.0}},
        {"scope": {"in_order": False}},
        {"reading": {"lacking": True}},
    ],
)
def test_what_does_no_harm_by_itself_is_no_flaw(known: dict[str, Mapping[str, Any]]) -> None:
    told = proof(None, **known).coverage(remaining=3, unused=0, stopped="")
    assert (told.complete, told.reason, told.more) == (True, "read to the end", False)


LACKING = {**NOT_DONE, "lacking": True}
OUT_OF_ORDER = {"in_order": False}


@pytest.mark.parametrize(
    ("reading", "scope", "remaining", "unused", "stopped", "complete", "reason"),
    [
        ({}, {}, None, 0, "", True, "read to the end"),
        ({}, {}, 0, 0, "", True, "read to the end"),
        ({}, {}, None, 1, "", False, "not taken to the end"),
        ({}, {}, None, 1, "stopped", False, "not taken to the end"),
        ({}, {}, None, 0, "stopped", True, "read to the end"),
        (NOT_DONE, {}, None, 0, "stopped", False, "stopped"),
        ({"exhausted": False}, {}, None, 0, "stopped", False, "stopped"),
        (NOT_DONE, {}, 0, 0, "stopped", False, "stopped"),
        (NOT_DONE, {}, 0, 0, "", True, "read as far as the limit needs"),
        ({**NOT_DONE, "waiting": 1}, {}, 0, 0, "", True, "read as far as the limit needs"),
        (
            LACKING,
            {},
            0,
            0,
            "",
            False,
            "an earlier failure left sessions out, and the limit is used up",
        ),
        (
            LACKING,
            OUT_OF_ORDER,
            0,
            0,
            "",
            False,
            "an earlier failure left sessions out, and the limit is used up",
        ),
        (
            NOT_DONE,
            OUT_OF_ORDER,
            0,
            0,
            "",
            False,
            "read as far as the limit needs, and seen not to be in order",
        ),
        ({"waiting": 1, "exhausted": False}, {}, 0, 0, "", True, "read to the end"),
        ({"waiting": 1, "exhausted": False}, {}, 1, 0, "", False, "not taken to the end"),
        ({"waiting": 1, "exhausted": False}, {}, None, 0, "", False, "not taken to the end"),
        (NOT_DONE, {}, 1, 0, "", False, "not read to the end"),
        (NOT_DONE, {}, None, 0, "", False, "not read to the end"),
    ],
)
def test_how_far_an_answer_was_read_and_taken_is_told(
    reading: Mapping[str, Any],
    scope: Mapping[str, Any],
    remaining: int | None,
    unused: int,
    stopped: str,
    complete: bool,
    reason: str,
) -> None:
    one = proof(None, reading=reading, scope=scope)
    told = one.coverage(remaining=remaining, unused=unused, stopped=stopped)
    assert (told.complete, told.reason) == (complete, reason)


@pytest.mark.parametrize(
    ("reading", "unused", "more"),
    [
        ({}, 0, False),
        ({}, 1, True),
        ({"waiting": 1}, 0, True),
        (NOT_DONE, 0, None),
        ({"failure": ValueError("down")}, 0, None),
        ({"failure": ValueError("down"), "waiting": 1}, 0, True),
    ],
)
def test_whether_more_match_is_told_if_it_is_known(
    reading: Mapping[str, Any], unused: int, more: bool | None
) -> None:
    one = proof(None, reading=reading)
    assert one.coverage(remaining=None, unused=unused, stopped="").more is more


AT_30 = {"start": AccountPosition(frontier=Frontier(moment(30))), "at_the_top": False}
BESIDE_30 = {
    "start": AccountPosition(frontier=Frontier(moment(30)), anchor="a"),
    "at_the_top": False,
}
AFTER_30 = {
    "start": AccountPosition(streams=(StreamPosition(cursor="a", created=moment(30)),)),
    "at_the_top": False,
}
BACKWARD = {"direction": Direction.BACKWARD}
UNKNOWN = {"start": AccountPosition(streams=(StreamPosition(cursor="3x10"),)), "at_the_top": False}
STOPPED = {"exhausted": False}
OF_40_TO_60 = {"span": Window(40, 60)}


@pytest.mark.parametrize(
    ("since", "known", "unused", "covers_from", "covers_to"),
    [
        (None, {}, 0, None, moment(100)),
        (moment(20), {}, 0, moment(20), moment(100)),
        (None, {"reading": STOPPED}, 0, moment(50) + TICK, moment(100)),
        (None, {"reading": STOPPED}, 2, moment(30) + TICK, moment(100)),
        (None, {}, 2, moment(30) + TICK, moment(100)),
        (moment(20), {}, 4, moment(20), moment(100)),
        (None, {}, 5, moment(100), moment(100)),
        (None, {"reading": AT_30}, 0, None, moment(30)),
        (None, {"reading": BESIDE_30}, 0, None, moment(30) - TICK),
        (None, {"reading": AFTER_30}, 0, None, moment(30) - TICK),
        (None, {"reading": UNKNOWN}, 0, None, moment(100)),
        (None, {"reading": AT_30, "scope": BACKWARD}, 0, moment(30), moment(100)),
        (moment(40), {"reading": AT_30, "scope": BACKWARD}, 0, moment(40), moment(100)),
        (
            None,
            {"reading": {**AT_30, **STOPPED}, "scope": BACKWARD},
            0,
            moment(30),
            moment(50) - TICK,
        ),
        (
            None,
            {"reading": {**AT_30, **STOPPED}, "scope": BACKWARD},
            3,
            moment(30),
            moment(50) - TICK,
        ),
        (None, {"reach": {"earliest": timedelta(seconds=70)}}, 0, moment(30), moment(100)),
        (moment(20), {"reach": {"earliest": timedelta(seconds=70)}}, 0, moment(30), moment(100)),
        (None, {"reach": {"settles": timedelta(seconds=7)}}, 0, None, moment(93)),
        (None, {"scope": {"settled": moment(90)}}, 0, None, moment(90)),
        (None, {"plan": OF_40_TO_60}, 0, moment(40), moment(60) - TICK),
        (None, {"plan": {"span": Window(None, 60)}}, 0, None, moment(60) - TICK),
        (None, {"plan": {"span": Window(40, None)}}, 0, moment(40), moment(100)),
    ],
)
def test_over_which_span_an_answer_holds_everything(
    since: datetime | None,
    known: dict[str, Mapping[str, Any]],
    unused: int,
    covers_from: datetime | None,
    covers_to: datetime,
) -> None:
    told = proof(since, **known).coverage(remaining=None, unused=unused, stopped="")
    assert (told.covers_from, told.covers_to) == (covers_from, covers_to)
    assert told.began == (
        "a place" if "reading" in known and "start" in known["reading"] else "the beginning"
    )
