"""What is read of an account: everything that is due, at the least cost."""

from __future__ import annotations

import math
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.store.plan import (
    BEGINNING,
    Ability,
    Due,
    Gets,
    Known,
    Patience,
    Span,
    Window,
    Wish,
    reads,
)

DAY = timedelta(days=1)
NOW = BEGINNING + 20_000 * DAY
HELD = Span(since=BEGINNING + 100 * DAY, until=NOW)

dues = st.lists(st.integers(1, 5000), unique=True, max_size=30).map(
    lambda places: [Due(f"cs_{place}", NOW - place * DAY / 24, place) for place in places]
)
abilities = st.builds(
    Ability, page_size=st.integers(1, 100), by_id=st.booleans(), list_tells_all=st.booleans()
)


@given(dues, abilities)
def test_everything_that_is_due_is_read_the_way_that_can(due: list[Due], ability: Ability) -> None:
    planned = reads(Known(complete=HELD, due=due), ability, Patience(), Wish())
    [first] = [one for one in planned if isinstance(one, Window) and one.until is None]
    asked = {id for one in planned if isinstance(one, Gets) for id in one.ids}
    assert first.since <= NOW - Patience().overlap
    assert all(one.created >= first.since or one.id in asked for one in due)
    assert ability.by_id or not asked


@given(dues, st.integers(1, 100))
def test_no_other_division_costs_less(due: list[Due], page_size: int) -> None:
    known = Known(complete=HELD, due=due, wanted_since=HELD.since)
    planned = reads(known, Ability(page_size=page_size, by_id=True), Patience(), Wish())
    asked = sum(len(one.ids) for one in planned if isinstance(one, Gets))
    due = sorted(due, key=lambda one: one.newer)

    def cost(together: int) -> int:
        pages = math.ceil(due[together - 1].newer / page_size) - 1 if together else 0
        return pages + len(due) - together

    taken = len(due) - asked
    assert cost(taken) <= min(cost(together) for together in range(len(due) + 1))


def test_a_new_account_is_read_from_where_it_is_wanted() -> None:
    ability = Ability(page_size=100, by_id=True)
    assert reads(Known(), ability, Patience(), Wish()) == [Window(BEGINNING)]
    assert reads(Known(), ability, Patience(), Wish(since=NOW)) == [Window(NOW)]


def test_what_is_wanted_from_further_back_is_read_last() -> None:
    ability = Ability(page_size=100, by_id=True)
    known = Known(complete=HELD, wanted_since=HELD.since)
    assert len(reads(known, ability, Patience(), Wish())) == 1
    *_, last = reads(known, ability, Patience(), Wish(since=BEGINNING))
    assert last == Window(BEGINNING, HELD.since + Patience().overlap)


def test_what_no_list_reaches_back_to_is_not_asked_for() -> None:
    ability = Ability(page_size=100, by_id=True, earliest=HELD.since + DAY)
    [only] = reads(Known(complete=HELD), ability, Patience(), Wish())
    assert only == Window(NOW - Patience().overlap)


days = st.integers(0, 20)
spans = st.tuples(days, days).map(
    lambda ends: Span(since=BEGINNING + min(ends) * DAY, until=BEGINNING + max(ends) * DAY)
)


@given(spans, spans)
def test_a_joined_span_claims_no_moment_that_neither_had(one: Span, other: Span) -> None:
    both = one.joined(other)
    assert both.since <= one.since
    assert both.until >= one.until
    for day in range(21):
        moment = BEGINNING + day * DAY + DAY / 2
        if both.since <= moment <= both.until:
            assert any(span.since <= moment <= span.until for span in (one, other))
