"""``Places``: the place before and after each session of the pages that wait."""

from __future__ import annotations

from typing import Any

import pytest
from engine.alone import scope_of
from engine.handmade import Handmade
from simulation.made import session
from simulation.rows import moment

from unified_checkout.adapters import Direction, Order, Paging
from unified_checkout.engine.places import Places
from unified_checkout.engine.position import Frontier, StreamPosition

FIRST, SECOND = "abcde", "fg"
ONE, TWO = ("sessions",), ("sessions", "more")
TELLS: dict[str, Any] = {}
"""Time tells what of a page was handed out in a single orderly list, and in none of these."""
TELLS_NOT: list[dict[str, Any]] = [
    {"streams": TWO},
    {"order": Order.OLDEST_FIRST},
    {"order": Order.UNDOCUMENTED},
    {"in_order": False},
    {"start": Frontier(moment(5))},
    {"start": Frontier(moment(7)), "direction": Direction.BACKWARD},
]


def places(
    paging: Paging,
    *,
    streams: tuple[str, ...] = ONE,
    order: Order = Order.NEWEST_FIRST,
    **known: Any,
) -> Places:
    """Of two pages, a to e and f and g, all of them of six o'clock."""
    shop = Handmade(rows=[], streams=streams, paging=paging, order=order)
    found = Places(scope_of(shop, **known))
    found.add(None, list(FIRST))
    found.add("next", list(SECOND))
    return found


def place(cursor: str | None, skip: str, *, inside: bool = False) -> StreamPosition:
    return StreamPosition(cursor=cursor, skip=frozenset(skip), inside=inside)


@pytest.mark.parametrize("known", TELLS_NOT)
@pytest.mark.parametrize("paging", [Paging.TOKEN, Paging.OFFSET])
def test_where_time_does_not_tell_each_that_was_handed_out_of_a_page_is_named(
    paging: Paging, known: dict[str, Any]
) -> None:
    found = places(paging, **known)
    for number, id in enumerate(FIRST):
        assert found.before(session(id, 6)) == place(None, FIRST[:number])
    assert found.before(session("g", 6)) == place("next", "f")


@pytest.mark.parametrize(
    "known",
    [
        TELLS,
        {"start": Frontier(moment(6))},
        {"start": Frontier(moment(7))},
        {"start": Frontier(moment(6)), "direction": Direction.BACKWARD},
    ],
)
@pytest.mark.parametrize("paging", [Paging.TOKEN, Paging.OFFSET])
def test_where_time_tells_the_last_three_are_named(paging: Paging, known: dict[str, Any]) -> None:
    """Unless these are all of them, and none can be moved away from the top of the page."""
    found, counted = places(paging, **known), paging is Paging.OFFSET
    for id, named in zip("abcd", ("", "a", "ab", "abc"), strict=True):
        inside = counted and bool(named)
        assert found.before(session(id, 6)) == place(None, named, inside=inside)
    assert found.before(session("e", 6)) == place(None, "bcd", inside=True)
    assert found.before(session("g", 6)) == place("next", "f", inside=counted)


@pytest.mark.parametrize(
    ("paging", "streams", "named"),
    [(Paging.TOKEN, ONE, ""), (Paging.OFFSET, TWO, ""), (Paging.OFFSET, ONE, "e")],
)
def test_a_place_behind_a_page_names_its_last_where_a_single_list_is_counted_off(
    paging: Paging, streams: tuple[str, ...], named: str
) -> None:
    found, last = places(paging, streams=streams), named and "g"
    assert found.before(session("f", 6)) == place("next", named)
    assert found.beyond(place("third", "")) == place("third", last)
    assert found.beyond(place("third", "x")) == place("third", "x")
    found.add("third", ["h"])
    assert found.beyond(place("fourth", "")) == place("fourth", named and "h")


@pytest.mark.parametrize("paging", [Paging.TOKEN, Paging.OFFSET])
def test_the_place_after_a_session_names_it_and_all_before_it(paging: Paging) -> None:
    found = places(paging)
    for number, id in enumerate(FIRST, 1):
        assert found.after(session(id, 6)) == place(None, FIRST[:number])
    assert found.after(session("f", 6)) == place("next", "f")


def test_before_a_page_was_read_a_place_stays_as_it_is() -> None:
    found = Places(scope_of(Handmade(rows=[], paging=Paging.OFFSET)))
    assert found.beyond(place("third", "")) == place("third", "")


def test_the_pages_before_a_session_are_forgotten() -> None:
    found = places(Paging.OFFSET)
    found.forget_before(session("e", 6))
    assert found.before(session("f", 6)) == place("next", "e")
    found.forget_before(session("f", 6))
    assert found.before(session("f", 6)) == place("next", "")
    found.add("third", ["h"])
    found.add("fourth", ["i"])
    found.forget_before(session("i", 6))
    with pytest.raises(StopIteration):
        found.before(session("h", 6))
    assert found.before(session("i", 6)) == place("fourth", "")
