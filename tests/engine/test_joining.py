"""``Told``: rows that tell of others are heard wherever they stand, and complete these."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from engine.handmade import DAY, NOW, Handmade, Row
from engine.world import Answer, World
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import Compiled, Order, Paging, Reach, Request, Stream, Untold
from unified_checkout.engine.planner import Manner
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionStatus

WINDOWS = Reach(
    windowed=True,
    by="updated",
    required=True,
    longest=timedelta(days=31),
    earliest=timedelta(days=210),
)
REACHES = pytest.mark.parametrize("reach", [WINDOWS, Reach()])


def ledger(rows: list[Row], reach: Reach = WINDOWS, **odd: Any) -> Handmade:
    """A provider whose rows tell of others, read in pieces."""
    return Handmade(
        rows=rows, reach=reach, order=Order.UNDOCUMENTED, paging=Paging.OFFSET, joins=True, **odd
    )


def heard(answer: Answer) -> dict[str, str | None]:
    """Who told of each session."""
    return {session.id: session.invoice for session in answer.sessions}


@REACHES
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_every_row_that_tells_is_heard_wherever_the_reading_stands(
    reach: Reach, data: st.DataObject
) -> None:
    """In whichever window and page, for any condition, limit and cursor."""
    days = data.draw(st.lists(st.integers(1, 200), min_size=1, max_size=12))
    words = st.sampled_from(["open", "complete"])
    rows = [
        Row(id=f"s-{number}", created=NOW - at * DAY - number, status=data.draw(words))
        for number, at in enumerate(sorted(days))
    ]
    for index, row in enumerate(rows):
        of = data.draw(st.sampled_from(["", *(older.id for older in rows[index + 1 :])]))
        row.note = of
    tellers = {
        row.id: ",".join(sorted(one.id for one in rows if one.note == row.id)) for row in rows
    }
    shop = ledger(rows, reach, page_size=data.draw(st.integers(1, 5)))
    query = ListSessions(status=SessionStatus.COMPLETE, limit=data.draw(st.integers(1, 5)))
    expected = {row.id: tellers[row.id] for row in rows if row.status == "complete"}
    found: dict[str, str | None] = {}
    manner = Manner()
    while True:
        answer = World(shop).ask(query, manner)
        assert not found.keys() & heard(answer).keys()
        found |= heard(answer)
        if not answer.sessions:
            break
        manner = Manner(after=answer.sessions[-1])
    assert found == expected


def test_a_row_that_changed_meanwhile_counts_as_it_was_read_last() -> None:
    rows = [Row(id=f"s-{number}", created=NOW - number * 40 * DAY) for number in range(3)]
    rows[0].note = "s-1"

    def change(_: Request) -> None:
        rows[0].note, rows[0].updated = "s-2", NOW

    answer = World(ledger(rows, turns={3: change}), latency=2).ask()
    assert heard(answer) == {"s-0": "", "s-1": "", "s-2": "s-0"}


def test_rows_are_joined_only_where_all_is_read_first() -> None:
    streams = (Stream(name="all", path="/"),)
    for odd in ({}, {"order": Order.OLDEST_FIRST, "reach": Reach(windowed=True)}):
        with pytest.raises(ValueError, match="all is read before"):
            Compiled(streams=streams, verdicts=(), joins=True, **odd)  # type: ignore[arg-type]


@pytest.mark.parametrize("joins", [True, False])
def test_what_other_rows_tell_is_untold_only_where_they_may_be_left_out(joins: bool) -> None:
    shop = ledger([], untold={"invoice": Untold(joined=True, cost="unless they are left out")})
    shop.joins = joins
    plan = World(shop).planner().plan(ListSessions())
    said = "invoice (other rows tell it: unless they are left out)"
    assert (said in str(plan)) is not joins
    assert World(shop).ask().said.untold == (() if joins else ("invoice",))
