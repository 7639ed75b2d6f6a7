"""What an answer says of itself: complete or not, from when to when, and what that is worth."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import attrs
import pytest
from engine.handmade import NOW, Handmade, Row, rows
from engine.world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation.rows import moment

from unified_checkout.adapters import Order, Paging, Pushdown, Reach, Untold
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.planner import Manner, page_of
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import IncompleteAnswer, PermissionDenied, ServerError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionStatus

TICK = timedelta(microseconds=1)
"""What lies between two moments: of the very moment where reading stopped, more may lie ahead."""
FULL = "full: every session that matched throughout is here exactly once"
SINCE = ListSessions.model_validate({"created": {"gte": "2026-09-21T14:13:00Z"}})


def shop(number: int = 30, **style: Any) -> Handmade:
    return Handmade(rows=rows(*(NOW - at for at in range(number))), page_size=10, **style)


def refuse(request: object) -> PermissionDenied:
    return PermissionDenied("no", account="north", provider="handmade")


def fail(request: object) -> ServerError:
    return ServerError("down", account="north", provider="handmade")


# What it is worth.


@pytest.mark.parametrize("query", [ListSessions(), SINCE], ids=["all", "bounded"])
def test_whoever_reads_everything_is_promised_everything(query: ListSessions) -> None:
    said = World(shop()).ask(query).said
    assert said.promise == FULL
    assert said.covers_to == said.created_to == moment(NOW)
    assert said.covers_from == said.created_from
    assert (said.began, said.more) == ("the beginning", False)


def test_whoever_stops_at_a_limit_is_promised_what_lies_above() -> None:
    said = World(shop()).ask(ListSessions(limit=10)).said
    assert said.complete
    assert said.more is not False
    assert said.covers_from == moment(NOW - 9) + TICK
    assert said.promise == (
        "part: every session that matched throughout and was created from "
        "2026-09-21T14:13:11.000001Z to 2026-09-21T14:13:20Z is here exactly once"
    )


def test_whoever_begins_at_a_place_is_promised_what_lies_below() -> None:
    first = World(shop()).ask(ListSessions(limit=10))
    rest = World(shop()).ask(manner=Manner(cursor=encode_cursor(first.machine.position(0))))
    assert rest.said.began == "a place"
    assert rest.said.covers_to == moment(NOW - 9) - TICK
    assert rest.said.promise == (
        "part: every session that matched throughout and was created until "
        "2026-09-21T14:13:10.999999Z is here exactly once"
    )
    assert "begun at a place in the answer" in str(rest.said)


@pytest.mark.parametrize("grows_at_front", [False, True])
@pytest.mark.parametrize("number", [5, 30])
def test_pages_that_are_counted_off_promise_less_where_they_may_shift(
    number: int, grows_at_front: bool
) -> None:
    counted = shop(number, paging=Paging.OFFSET, grows_at_front=grows_at_front)
    said = World(counted).ask().said
    assert said.shifting is (number > 10 and not grows_at_front)
    assert said.promise.startswith("weaker" if said.shifting else "full")


def test_whoever_failed_is_promised_nothing() -> None:
    down = shop()
    down.turns[2] = refuse
    answer = World(down).ask(manner=Manner(on_error="report"))
    assert len(answer.ids) == 10
    assert not answer.said.complete
    assert answer.said.promise == f"none: {answer.said.reason}"
    assert "no. Give the key permission" in answer.said.promise


def test_what_a_provider_lists_no_more_is_not_promised() -> None:
    recent = shop(reach=Reach(earliest=timedelta(seconds=20)))
    said = World(recent).ask().said
    assert said.complete
    assert said.covers_from == moment(NOW - 20)
    assert said.promise == (
        "part: every session that matched throughout and was created from "
        "2026-09-21T14:13:00Z to 2026-09-21T14:13:20Z is here exactly once"
    )
    within = ListSessions.model_validate({"created": {"gte": "2026-09-21T14:13:10Z"}})
    assert World(recent).ask(within).said.promise == FULL


def test_what_is_never_seen_is_named() -> None:
    blind = shop(excludes=("open checkouts", "other shops"))
    said = World(blind).ask().said
    assert said.promise == f"{FULL}, but for open checkouts, other shops"
    assert said.excludes == ("open checkouts", "other shops")
    assert "without open checkouts, other shops" in str(said)


def test_fields_that_nobody_asked_for_are_named() -> None:
    terse = shop(untold={"customer": Untold(expand="buyer"), "disputed": Untold()})
    assert World(terse).ask().said.untold == ("customer", "disputed")
    said = World(terse).ask(ListSessions(expand="buyer")).said
    assert said.untold == ("disputed",)
    assert "untold: disputed" in str(said)


# Up to where it covers.


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=20),
    st.integers(1, 8),
    st.sampled_from(Paging),
    st.sampled_from(Order),
    st.sampled_from([Reach(), Reach(windowed=True)]),
)
def test_everything_within_the_span_that_is_covered_was_handed_out(
    ages: list[int], limit: int, paging: Paging, order: Order, reach: Reach
) -> None:
    """Whatever leg of an answer it is, and nothing twice over all of them."""
    ages.sort()
    listed = Handmade(
        rows=rows(*(NOW - age for age in ages)),
        paging=paging,
        order=order,
        reach=reach,
        page_size=3,
    )
    cursor, handed = None, set()
    for _ in range(30):
        answer = World(listed).ask(ListSessions(limit=limit), Manner(cursor=cursor))
        said = answer.said
        handed |= set(answer.ids)
        covered = {
            row.id
            for row in listed.rows
            if (said.covers_from is None or moment(row.created) >= said.covers_from)
            and moment(row.created) <= said.covers_to
        }
        assert covered <= set(answer.ids)
        assert said.covers_to <= said.created_to
        if answer.machine.exhausted:
            break
        cursor = encode_cursor(answer.machine.position(0))
    assert handed == {row.id for row in listed.rows}


def test_going_back_covers_up_to_where_it_came() -> None:
    back = World(shop()).ask(ListSessions(limit=5), Manner(before=moment(NOW - 20)))
    assert back.ids == [f"s-{number}" for number in range(19, 14, -1)]
    said = back.said
    assert said.began == "a place"
    assert said.covers_from is not None
    assert moment(NOW - 20) <= said.covers_from < moment(NOW - 19)
    assert moment(NOW - 15) < said.covers_to <= moment(NOW - 14)


def test_before_anything_was_read_nothing_is_covered() -> None:
    world = World(shop())
    machine = world.planner().listing(ListSessions(), Manner())
    (said,) = machine.coverage().accounts
    assert (said.complete, said.reason) == (False, "not read to the end")
    assert said.more is None
    assert said.covers_from == said.covers_to


def test_sessions_handed_out_that_nobody_took_are_not_covered() -> None:
    world = World(shop())
    machine = world.planner().listing(ListSessions(), Manner())
    batch = next(world.run(machine))
    (said,) = machine.coverage(unused=batch[4:]).accounts
    assert (said.delivered, said.more) == (4, True)
    assert said.reason == "not taken to the end"
    assert said.covers_from is not None
    assert said.covers_from >= moment(NOW - 4)


# Whether there is more.


@pytest.mark.parametrize(
    ("limit", "more"), [(5, True), (15, True), (20, None), (30, False), (99, False)]
)
def test_whether_more_match_is_told_as_far_as_it_is_known(limit: int, more: bool | None) -> None:
    """Pages are as long as the limit needs, unless something is tested here."""
    query = ListSessions.model_validate({"limit": limit, "status": "complete"})
    paid = [
        Row(id=f"s-{number}", created=NOW - number, status=SessionStatus.COMPLETE)
        for number in range(30)
    ]
    answer = World(Handmade(rows=paid, page_size=10)).ask(query)
    assert answer.said.more is more
    assert answer.machine.coverage().more is more


def test_of_several_accounts_one_that_has_more_suffices() -> None:
    world = World({"north": shop(3), "south": shop(30)})
    coverage = world.ask(ListSessions(limit=12)).machine.coverage()
    assert [said.more for said in coverage.accounts] == [False, True]
    assert coverage.more is True
    assert coverage.complete


# The reasons.


def reason(world: World, query: ListSessions | None = None, **manner: Any) -> str:
    said = world.ask(query, Manner(on_error="report", **manner)).said
    return f"{'complete' if said.complete else 'INCOMPLETE'}, {said.reason}"


def test_each_reason_fits_the_case() -> None:
    assert reason(World(shop())) == "complete, read to the end"
    limited = ListSessions(limit=3)
    assert reason(World(shop()), limited) == "complete, read as far as the limit needs"
    spent = Budget(max_requests=1)
    assert reason(World(shop()), budget=spent) == "INCOMPLETE, stopped at max_requests=1"
    nobody = World(shop(claims={"email": Pushdown.UNANSWERABLE}))
    assert reason(nobody, ListSessions(email="a@example.com")).startswith(
        "INCOMPLETE, account 'north' (handmade) cannot answer email = (given)"
    )
    other = ListSessions(kind="renewal")
    assert reason(World(shop()), other) == "complete, no session of it can match"


def test_an_account_that_failed_leaves_what_comes_after_to_no_limit() -> None:
    """Sessions of the other account were handed out from beyond the place where it failed."""
    north, south = shop(), shop()
    for row in south.rows:
        row.id = f"t{row.id}"
    north.turns.update(dict.fromkeys(range(2, 9), fail))
    world = World({"north": north, "south": south})
    query = ListSessions(page_size=10)
    first = world.ask(query, Manner(on_error="report"))
    assert len(first.ids) == 40
    north.turns.clear()
    cursor = encode_cursor(first.machine.position(0))
    limited = ListSessions(page_size=10, limit=5)
    said = world.ask(limited, Manner(cursor=cursor)).machine.coverage().accounts[0]
    assert said.reason == "an earlier failure left sessions out, and the limit is used up"
    rest = world.ask(query, Manner(cursor=cursor))
    assert rest.ids == [f"s-{number}" for number in range(10, 30)]
    assert rest.machine.coverage().complete


# As a value.


def test_it_is_printed_and_written_plainly() -> None:
    down = shop()
    down.turns[1] = fail
    coverage = World(down).ask().machine.coverage()
    assert str(coverage) == (
        "complete | north: complete, read to the end; 30 of 30 rows in 4 requests; 1 retried"
    )
    plain = coverage.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["complete"] is True
    assert plain["accounts"][0]["covers_to"] == "2026-09-21T14:13:20Z"
    coverage.raise_if_incomplete()


def test_every_number_has_its_words() -> None:
    """In one line, in this order; what is nought is not spoken of."""
    said = attrs.evolve(
        World(shop()).ask().said,
        requests=1,
        retries=2,
        duplicates=3,
        rows_later=4,
        vanished=5,
        contradicting=6,
        believed=7,
        unverified=8,
        doubted=("status = open", "mode = payment"),
        order_held=False,
        began="a place",
        clock_behind=0.4,
        excludes=("refunds", "drafts"),
        untold=("url", "metadata"),
    )
    assert str(said) == (
        "north: complete, read to the end; 30 of 30 rows in 1 request; 2 retried; "
        "3 read twice and shown once; 4 created later; 5 vanished; "
        "6 contradicting what the provider was asked; 7 taken on the provider's word; "
        "8 unverified; not newest first; begun at a place in the answer; "
        "the clock here is 0 s behind the provider's; without refunds, drafts; "
        "untold: url, metadata"
    )
    known = attrs.evolve(said, unverified=0, clock_behind=-61.0)
    assert "; the provider does not keep to status = open, mode = payment; " in str(known)
    assert "; the clock here is 61 s ahead of the provider's; " in str(known)


def test_several_accounts_are_told_side_by_side() -> None:
    said = World(shop()).ask().said
    both = Coverage((said, attrs.evolve(said, account="south", complete=False, more=True)))
    assert str(both).startswith("INCOMPLETE | north: complete, read to the end; ")
    assert " | south: INCOMPLETE, read to the end; " in str(both)
    assert both.to_dict()["more"] is True
    assert repr(both) == "Coverage(north: complete, south: INCOMPLETE)"


@pytest.mark.parametrize("count", [1, 2])
def test_one_is_told_in_the_same_words_as_several(count: int) -> None:
    told = attrs.evolve(World(shop()).ask().said, duplicates=count, contradicting=count)
    said = f"; {count} read twice and shown once; {count} contradicting what the provider was asked"
    assert said in str(told)


def test_an_incomplete_answer_is_raised_if_asked_for() -> None:
    down = shop()
    down.turns[2] = refuse
    coverage = World(down).ask(manner=Manner(on_error="report")).machine.coverage()
    with pytest.raises(IncompleteAnswer, match="INCOMPLETE") as raised:
        coverage.raise_if_incomplete()
    assert raised.value.coverage is coverage


def test_a_page_says_what_it_covers() -> None:
    world = World(shop())
    machine = world.planner().page(ListSessions(page_size=7), Manner())
    page = page_of(machine, world.read(machine).sessions)
    (said,) = page.coverage.accounts
    assert said.covers_from == moment(NOW - 6) + TICK
    assert said.promise.startswith("part: ")
