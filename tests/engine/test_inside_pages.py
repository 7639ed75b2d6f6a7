"""Places inside a page, where a provider's own lie between pages only: time tells the rest."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest
from engine.handmade import NOW, Handmade, Row, rows
from engine.world import Answer, World
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import Paging
from unified_checkout.engine.cursor import decode_cursor, encode_cursor
from unified_checkout.engine.places import MOST_NAMED
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.position import Frontier, Position, StreamPosition
from unified_checkout.engine.surroundings import Budget
from unified_checkout.model.query import ListSessions

PAGINGS = [Paging.OFFSET, Paging.TOKEN]


@attrs.define(kw_only=True, eq=False, repr=False)
class AsGiven(Handmade):
    """It lists its rows as they are given, whatever it documents."""

    def _listed(self, asked: Mapping[str, str]) -> list[Row]:
        return [row for row in self.rows if row.stream]

    def _index(self, id: str, listed: list[Row]) -> int:
        ids = [row.id for row in self.rows]
        return sum(bool(row.stream) for row in self.rows[: ids.index(id) + 1]) - 1


def shop(paging: Paging, *ages: float, page_size: int = 4) -> AsGiven:
    """Rows of these ages in seconds, named after their places: s-0, s-1, ..."""
    return AsGiven(rows=rows(*[NOW - age for age in ages]), paging=paging, page_size=page_size)


def stopped(one: Handmade, taken: int, begun: Position | None = None) -> tuple[list[str], Position]:
    """The first rows, or the first from a place on, and where the listing stands after them."""
    world, found = World(one), list[str]()
    manner = Manner(cursor=None if begun is None else encode_cursor(begun))
    machine = world.planner().listing(ListSessions(), manner)
    for batch in world.run(machine):
        used = min(len(batch), taken - len(found))
        found += [session.id for session in batch[:used]]
        if len(found) == taken:
            return found, machine.position(used)
    raise AssertionError("there are not so many")


def gone_on(one: Handmade, position: Position) -> Answer:
    """What a cursor of that position leads to."""
    return World(one).ask(manner=Manner(cursor=encode_cursor(position)))


def place(position: Position) -> StreamPosition:
    [account] = position.accounts
    [stream] = account.streams
    return stream


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(PAGINGS),
    st.lists(st.integers(1, 9), min_size=2, max_size=14).map(sorted),
    st.integers(2, 5),
    st.integers(1, 13),
    st.integers(0, 6),
    st.lists(st.integers(1, 9), max_size=3),
    st.data(),
)
def test_nothing_is_lost_and_nothing_comes_twice(
    paging: Paging,
    ages: list[int],
    page_size: int,
    taken: int,
    arrived: int,
    late: list[int],
    data: st.DataObject,
) -> None:
    """Whatever arrives at the front or late, and, where places are stable, whatever vanishes.

    At the end of a page that is counted off, no more may arrive than a page holds.
    """
    assume(taken < len(ages))
    before = shop(paging, *ages, page_size=page_size)
    found, position = stopped(before, taken)
    assert len(place(position).skip) <= MOST_NAMED
    assume(place(position).inside or paging is Paging.TOKEN or arrived + len(late) <= page_size)
    gone = set[str]()
    if paging is Paging.TOKEN:
        gone = data.draw(st.sets(st.sampled_from([row.id for row in before.rows])))
    others = [NOW + 1] * arrived + [NOW - age for age in late]
    more = [*rows(*others, prefix="late"), *before.rows]
    for row in more:
        row.stream = "" if row.id in gone else row.stream
    after = Handmade(
        rows=sorted(more, key=lambda row: -row.created), paging=paging, page_size=page_size
    )
    rest = gone_on(after, position)
    shown = found + rest.ids
    assert len(set(shown)) == len(shown)
    assert set(shown) >= {row.id for row in before.rows} - gone
    assert rest.said.complete


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(PAGINGS),
    st.lists(st.integers(1, 9), min_size=2, max_size=8).map(sorted),
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.integers(1, 7),
    st.integers(0, 2),
    st.booleans(),
    st.data(),
)
def test_of_what_follows_in_any_order_nothing_is_lost(
    paging: Paging,
    first: list[int],
    others: list[int],
    taken: int,
    arrived: int,
    rest_goes: bool,
    data: st.DataObject,
) -> None:
    """Whatever vanishes of the page, if any is left beside which it was to go on."""
    assume(taken < len(first))
    one = shop(paging, *first, *others, page_size=len(first))
    found, position = stopped(one, taken)
    ids = [row.id for row in one.rows]
    gone = data.draw(st.sets(st.sampled_from(ids[: len(first)])))
    if rest_goes:
        gone.update(ids[taken : len(first)])
    assume(
        not place(position).inside or not {*place(position).skip, *ids[taken : len(first)]} <= gone
    )
    for row in one.rows:
        row.stream = "" if row.id in gone else row.stream
    one.rows = [*rows(*[NOW + 1] * arrived, prefix="new"), *one.rows]
    rest = gone_on(one, position)
    assert found + rest.ids == [id for id in ids if id in found or id not in gone]
    assert rest.said.complete


@pytest.mark.parametrize("paging", PAGINGS)
def test_sessions_of_one_second_are_told_apart(paging: Paging) -> None:
    one = shop(paging, 1, 2, 2, 2, 3)
    for taken in range(1, 5):
        found, position = stopped(one, taken)
        assert found + gone_on(one, position).ids == [f"s-{number}" for number in range(5)]


@pytest.mark.parametrize("paging", PAGINGS)
def test_disorder_behind_the_page_is_no_matter(paging: Paging) -> None:
    """What time would call handed out comes after the page of which some was."""
    one = shop(paging, 1, 3, 5, 7, 2, 8)
    found, position = stopped(one, 2)
    rest = gone_on(one, position)
    assert found + rest.ids == [f"s-{number}" for number in range(6)]
    assert rest.said.complete
    assert not rest.said.order_held


@pytest.mark.parametrize("paging", PAGINGS)
def test_so_is_disorder_behind_a_page_that_ends_at_the_very_moment(paging: Paging) -> None:
    one = shop(paging, 1, 3, 5, 5, 2, 8)
    found, position = stopped(one, 3)
    rest = gone_on(one, position)
    assert found + rest.ids == [f"s-{number}" for number in range(6)]
    assert rest.said.complete


@pytest.mark.parametrize("paging", PAGINGS)
def test_so_is_disorder_between_a_page_and_the_one_that_reading_began_with(paging: Paging) -> None:
    """Time does not tell what was handed out of what comes before the place by time."""
    found, position = stopped(shop(paging, 1, 7, 2, 3, 4, 8, page_size=2), 2)
    one = shop(paging, 1, 7, 2, 3, 4, 8, page_size=3)
    more, position = stopped(one, 1, position)
    rest = gone_on(one, position)
    assert found + more + rest.ids == [f"s-{number}" for number in range(6)]


@pytest.mark.parametrize("paging", PAGINGS)
def test_so_is_a_page_that_is_out_of_order_by_then(paging: Paging) -> None:
    one = shop(paging, 1, 3, 5, 7)
    _, position = stopped(one, 2)
    one.rows = [one.rows[index] for index in (2, 0, 1, 3)]
    rest = gone_on(one, position)
    assert rest.ids == ["s-2", "s-3"]
    assert rest.said.complete
    assert not rest.said.order_held


@pytest.mark.parametrize("paging", PAGINGS)
def test_of_a_list_that_was_seen_out_of_order_each_id_is_named(paging: Paging) -> None:
    one = shop(paging, 1, 5, 3, 7, 8)
    found, position = stopped(one, 2)
    assert place(position).skip == {"s-0", "s-1"}
    assert not place(position).inside
    rest = gone_on(one, position)
    assert found + rest.ids == [f"s-{number}" for number in range(5)]
    assert rest.said.complete


@pytest.mark.parametrize("paging", PAGINGS)
def test_a_page_that_is_wholly_behind_leads_to_the_next(paging: Paging) -> None:
    """What arrived has moved the rest: the next page still shows what was handed out."""
    one = shop(paging, 1, 2, 3, 4, 5, 6, 7, page_size=6)
    found, position = stopped(one, 5)
    one.rows = [*rows(*[NOW - 0.5] * 6, prefix="late"), *one.rows]
    assert found + gone_on(one, position).ids == [f"s-{number}" for number in range(7)]
    manner = Manner(cursor=encode_cursor(position), budget=Budget(max_requests=1))
    answer = World(one).ask(manner=manner)
    assert answer.ids == []
    position = answer.machine.position(0)
    assert place(position).inside
    assert found + gone_on(one, position).ids == [f"s-{number}" for number in range(7)]


@pytest.mark.parametrize("paging", PAGINGS)
def test_what_stands_behind_the_last_that_was_handed_out_is_not_lost(paging: Paging) -> None:
    """Though it comes before it by time, and the session that would tell so is gone."""
    for taken, gone in ((2, (1, 2)), (5, (4, 5)), (5, (3, 4, 5)), (5, (2, 4, 5))):
        one = shop(paging, *(1, 3, 5, 7, 9, 11), 0.5, 12, 13, page_size=6)
        if taken == 2:
            one = shop(paging, 1, 3, 5, 0.5, 12, 13, page_size=3)
        found, position = stopped(one, taken)
        ids = [row.id for row in one.rows]
        lost = {ids[number] for number in gone}
        one.rows = [row for row in one.rows if row.id not in lost]
        rest = gone_on(one, position)
        assert found + rest.ids == [id for id in ids if id not in lost or id in found]
        assert rest.said.complete
        assert not rest.said.order_held


def test_nor_is_what_comes_before_the_place_at_which_reading_began() -> None:
    """Time does not tell it from what was handed out, and each of these is named."""
    one = shop(Paging.OFFSET, 1, 7, 2, 3, 4, 5, 6, 6.5, 8, page_size=2)
    found, position = stopped(one, 2)
    one.page_size = 6
    more, position = stopped(one, 4, position)
    one.rows = [row for row in one.rows if row.id not in more[1:]]
    rest = gone_on(one, position)
    assert found + more + rest.ids == [f"s-{number}" for number in range(9)]


@pytest.mark.parametrize("grows", [False, True])
def test_a_counted_list_without_those_after_which_it_was_to_go_on_is_said_to_be(
    grows: bool,
) -> None:
    """If it is to grow only, the answer is not complete; else the promise is weak anyway."""
    one = shop(Paging.OFFSET, 1, 3, 5, 7)
    one.grows_at_front = grows
    _, position = stopped(one, 2)
    one.rows = one.rows[2:]
    rest = gone_on(one, position)
    assert rest.ids == ["s-2", "s-3"]
    assert rest.said.complete is not grows
    assert rest.said.promise.startswith("none: the list is to grow only" if grows else "weaker")
    one.rows = []
    assert gone_on(one, position).said.complete is not grows


@pytest.mark.parametrize("most", range(1, 8))
def test_it_is_so_at_each_of_many_cursors_and_of_several_accounts(most: int) -> None:
    """One more session arrives before each, and pages wait while another account's are shown."""
    world = World(
        {
            "north": shop(Paging.OFFSET, *range(1, 20)),
            "south": Handmade(rows=rows(*[NOW - age for age in (0, 4.5, 4.7, 8.5, 8.6, 8.7, 20)])),
        }
    )
    expected = [f"s-{number}" for number in range(19)]
    north, found, cursor = world.providers["north"], list[str](), None
    for _ in range(27):
        machine = world.planner().listing(ListSessions(), Manner(cursor=cursor))
        used = 0
        for batch in world.run(machine):
            used = min(len(batch), most)
            found += [one.id for one in batch[:used] if one.account == "north"]
            break
        cursor = encode_cursor(machine.position(used))
        north.rows = [*rows(NOW + 1, prefix=f"new-{len(north.rows)}"), *north.rows]
    assert found == expected


@pytest.mark.parametrize("taken", range(1, 11))
def test_what_arrives_does_not_make_a_counted_list_show_any_twice(taken: int) -> None:
    """Not at the end of a page either, if no more arrives than a page holds."""
    one = shop(Paging.OFFSET, *range(1, 12))
    found, position = stopped(one, taken)
    for arrived in range(5):
        more = attrs.evolve(one, rows=[*rows(*[NOW + 1] * arrived, prefix="new"), *one.rows])
        assert found + gone_on(more, position).ids == [f"s-{number}" for number in range(11)]


def test_a_place_that_names_each_id_is_read_as_ever() -> None:
    """As one of before places told the time."""
    one = shop(Paging.OFFSET, 1, 2, 3, 4, 5)
    found, position = stopped(one, 2)
    [account] = position.accounts
    named = attrs.evolve(place(position), inside=False, skip=frozenset(found))
    older = attrs.evolve(position, accounts=(attrs.evolve(account, streams=(named,)),))
    assert decode_cursor(encode_cursor(older)) == older
    assert found + gone_on(one, older).ids == [f"s-{number}" for number in range(5)]


def test_long_ids_of_one_moment_are_told_apart_by_their_marks() -> None:
    """A frontier keeps eight characters of each, however long it is."""
    one = Handmade(
        rows=[Row(id=f"cs_test_{number:060}", created=NOW - 5) for number in range(9)],
        paging=Paging.TOKEN,
        page_size=9,
    )
    ids = [row.id for row in one.rows]
    for taken in range(1, 9):
        found, position = stopped(one, taken)
        [account] = position.accounts
        assert account.frontier is not None
        assert {len(each) for each in account.frontier.ids} == {8}
        assert account.frontier == Frontier(account.frontier.created, frozenset(found))
        assert found + gone_on(one, position).ids == ids
        assert len(encode_cursor(position)) < 200
