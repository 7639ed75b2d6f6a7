"""``Union`` by itself: streams that a test reads as far as it likes, merged by one rule."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import cast

import attrs
import pytest
from engine.scripted import Scripted
from simulation.made import session
from simulation.rows import moment

from unified_checkout.adapters import Direction
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import StreamPosition, beginning, ending
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.supply import Need, Progress
from unified_checkout.engine.union import Union
from unified_checkout.model.session import Session

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
DIRECTIONS = pytest.mark.parametrize("direction", Direction)
NOW, LATER, ALL = Need(10, now=True), Need(10, now=False), Need(None, now=True)


class Read(Scripted):
    """A stream that was read so far; its moments are steps in reading order."""

    def __init__(self, direction: Direction, name: str) -> None:
        super().__init__()
        self.direction, self.name, self.numbers = direction, name, count()
        self.reach = self.passed = beginning(direction)
        self.exchange: object | None = None
        self.trust = SimpleNamespace(until=ending(direction))
        self.held_back = False
        self.pages = 0
        self.likely: float | None = None
        """Where the next page is likely to end, where somebody is patient; else where it began."""
        self.place = StreamPosition(cursor=name)
        self.lost = False
        """Whether it has no place."""
        self.fed: bool | None = None

    def at(self, steps: float) -> datetime:
        return moment(1000 - steps if self.direction is FORWARD else 1000 + steps)

    def shows(self, *steps: float, to: float | None = None) -> None:
        """So many more rows, and how far it was read with them; to its end if that is not said."""
        self.read(
            session(f"{self.name}{next(self.numbers)}", self.at(one).timestamp()) for one in steps
        )
        self.done = to is None
        self.reach = ending(self.direction) if to is None else self.at(to)

    def likely_reach(self, patient: bool) -> datetime:
        return self.reach if self.likely is None or not patient else self.at(self.likely)

    def placed(self, used: int, *, fed: bool) -> tuple[StreamPosition, ...]:
        self.fed = fed
        return () if self.lost else (attrs.evolve(self.place, cursor=f"{self.name}{used}"),)


class Streams:
    """The streams ``a``, ``b`` and so on of an account, and their union."""

    def __init__(
        self, direction: Direction = FORWARD, number: int = 2, *, moving: bool = True
    ) -> None:
        self.read = [Read(direction, name) for name in "abcd"[:number]]
        for one in self.read:
            one.places = one.placed  # type: ignore[method-assign, assignment]
        self.shown = Shown(forgets=lambda: True) if moving else None
        self.union = Union(cast("list[PageReader]", self.read), self.shown, direction)
        self.at = self.read[0].at

    @property
    def out(self) -> list[str]:
        self.union.refresh()
        return [one.id for one in self.union.ready]

    def asked(self, need: Need = NOW) -> str:
        """The streams that should be asked now."""
        self.union.refresh()
        return "".join(cast(Read, one).name for one in self.union.wanted(need))


# Merging.


@DIRECTIONS
def test_a_row_is_out_once_no_stream_may_show_one_before_it(direction: Direction) -> None:
    streams = Streams(direction)
    a, b = streams.read
    a.shows(1, 3, to=3)
    assert streams.out == []
    b.shows(to=2)
    assert streams.out == ["a0"]
    b.shows(4, to=5)
    assert streams.out == ["a0", "a1"]
    a.shows(to=4.5)
    assert streams.out == ["a0", "a1", "b0"]
    a.shows(5)
    assert streams.out[3:] == ([] if direction is BACKWARD else ["a2"])
    b.shows(5)
    assert streams.out[3:] == (["b1", "a2"] if direction is BACKWARD else ["a2", "b1"])
    assert streams.union.done


def expected(streams: Streams) -> list[str]:
    """What is out, by the rule: of one moment, an earlier stream comes first, or last backward."""
    backward = streams.union._direction is BACKWARD
    ranks = [-number if backward else number for number in range(len(streams.read))]
    steps = [[abs(one.created.timestamp() - 1000) for one in read.ready] for read in streams.read]
    known = sorted(
        (at, rank, number)
        for rank, rows in zip(ranks, steps, strict=True)
        for number, at in enumerate(rows)
    )
    ends = [
        (rows[-1], rank, len(rows) - 1) if rows else (-1, rank, -1)
        for rank, rows in zip(ranks, steps, strict=True)
    ]
    found: list[str] = []
    for row in known:
        for read, end, rank in zip(streams.read, ends, ranks, strict=True):
            reach = abs(read.reach.timestamp() - 1000) if not read.done else 0
            if not read.done and end < row and (reach, rank) < row[:2]:
                return found
        found.append(f"{streams.read[abs(row[1])].name}{row[2]}")
    return found


@DIRECTIONS
@pytest.mark.parametrize("number", [1, 2, 3])
def test_whatever_is_read_first_the_rule_tells_what_is_out(
    direction: Direction, number: int
) -> None:
    for seed in range(60):
        random = Random(seed)
        streams = Streams(direction, number)
        reached = [0] * number
        for read in streams.read:
            read.shows(to=0)
        while not streams.union.done:
            index = random.randrange(number)
            read = streams.read[index]
            if read.done:
                continue
            rows = sorted(random.randint(reached[index], 6) for _ in range(random.randint(0, 2)))
            reached[index] = random.randint(rows[-1] if rows else reached[index], 7)
            read.shows(*rows, to=None if reached[index] > 6 else reached[index])
            assert streams.out == expected(streams)
        assert streams.out == expected(streams)


@DIRECTIONS
def test_what_is_taken_is_taken_of_the_stream_it_came_from(direction: Direction) -> None:
    streams = Streams(direction, 3)
    for read, steps in zip(streams.read, ([1, 4], [2, 3], [5]), strict=True):
        read.shows(*steps)
    assert streams.out == ["a0", "b0", "b1", "a1", "c0"]
    assert streams.union.taken == 0
    streams.union.take(1)
    assert [read.taken for read in streams.read] == [1, 0, 0]
    assert streams.out == ["b0", "b1", "a1", "c0"]
    streams.union.take(2)
    assert [read.taken for read in streams.read] == [1, 2, 0]
    streams.union.take(1)
    assert (streams.out, streams.union.taken) == (["c0"], 4)
    assert streams.union.done
    streams.read[2].shows(6)
    assert not streams.union.done
    assert streams.out == ["c0", "c1"]
    assert streams.union.done


@DIRECTIONS
def test_a_union_has_come_as_far_as_the_stream_that_was_read_least(direction: Direction) -> None:
    streams = Streams(direction)
    a, b = streams.read
    assert streams.union.reach == beginning(direction)
    a.shows(1, 4, to=5)
    b.shows(2, to=3)
    assert streams.out == ["a0", "b0"]
    assert streams.union.reach == streams.at(3)
    b.shows(to=9)
    assert (streams.out[2:], streams.union.reach) == (["a1"], streams.at(5))
    a.shows(to=8)
    b.shows(8.5, to=9)
    a.shows(8.2, to=8.6)
    assert (streams.out[3:], streams.union.reach) == (["a2", "b1"], streams.at(8.6))
    a.shows()
    b.shows()
    assert streams.union.reach == ending(direction)


@DIRECTIONS
def test_what_is_not_merged_yet_is_not_passed(direction: Direction) -> None:
    streams = Streams(direction)
    a, b = streams.read
    a.shows(1, to=5)
    b.shows(to=3)
    assert streams.union.reach == streams.at(1)
    streams.union.refresh()
    assert streams.union.reach == streams.at(3)


def test_how_far_a_union_has_come_is_that_of_its_streams_together() -> None:
    streams = Streams(number=3)
    a, b, _ = streams.read
    assert streams.union.progress == Progress(0, None, None)
    assert not streams.union.left_early
    a.progress, b.progress = Progress(3, moment(9), moment(2)), Progress(4, moment(8), moment(1))
    b.left_early = True
    assert streams.union.progress == Progress(7, moment(9), moment(1))
    assert streams.union.left_early
    a.shows(1, to=1)
    b.shows(2, to=2)
    assert streams.out == []
    assert [one.id for one in streams.union.kept()] == ["a0", "b0"]
    assert list(streams.union.readers()) == streams.read
    assert not streams.union.narrow(cast(PageReader, a))


@DIRECTIONS
def test_what_every_stream_has_passed_is_forgotten(direction: Direction) -> None:
    streams = Streams(direction)
    a, b = streams.read
    rows: list[Session] = [session(f"s{at}", a.at(at).timestamp()) for at in (1, 2, 3)]
    assert streams.shown is not None
    streams.shown.fresh(rows)
    a.passed, b.passed = a.at(3), a.at(2)
    streams.union.refresh()
    assert streams.shown.fresh(rows) == rows[:1]


# Places.


@pytest.mark.parametrize("moving", [True, False])
def test_a_stream_is_fed_while_one_before_it_holds_what_is_not_used(moving: bool) -> None:
    streams = Streams(number=3, moving=moving)
    for read, steps in zip(streams.read, ([1, 4], [2, 3], [5]), strict=True):
        read.shows(*steps)
    assert len(streams.out) == 5
    for used, places, fed in (
        (0, "a0 b0 c0", [False, True, True]),
        (2, "a1 b1 c0", [False, True, True]),
        (4, "a2 b2 c0", [False, False, False]),
    ):
        assert " ".join(str(one.cursor) for one in streams.union.places(used)) == places
        assert [read.fed for read in streams.read] == [one and moving for one in fed]


@DIRECTIONS
def test_no_stream_was_seen_further_than_those_that_sessions_come_from(
    direction: Direction,
) -> None:
    for moving in (True, False):
        streams = Streams(direction, 3, moving=moving)
        a, b, c = streams.read
        at = streams.at
        for seen, told in (
            ([5, 3, 4], [5, 3, 3]),
            ([3, 5, 4], [3, 3, 3]),
            ([5, None, 4], [5, None, None]),
            ([None, 5, 4], [None, None, None]),
        ):
            for read, one in zip(streams.read, seen, strict=True):
                read.place = StreamPosition(seen=None if one is None else at(one))
            found = [one.seen for one in streams.union.places(0)]
            meant = told if moving else seen
            assert found == [None if one is None else at(one) for one in meant]
        a.place = StreamPosition(done=True)
        b.place, c.place = StreamPosition(seen=at(5)), StreamPosition(seen=at(6))
        first, second, third = streams.union.places(0)
        assert (first.done, first.seen) == (True, None)
        assert (second.seen, third.seen) == (at(5), at(5 if moving else 6))


def test_without_the_place_of_any_stream_there_is_none() -> None:
    streams = Streams()
    assert [one.cursor for one in streams.union.turned()] == ["turned", "turned"]
    streams.read[1].turned = lambda: ()  # type: ignore[method-assign]
    streams.read[0].lost = True
    assert (streams.union.places(0), streams.union.turned()) == ((), ())


# Which stream to read.


@DIRECTIONS
def test_disjoint_streams_that_have_nothing_to_merge_are_asked_the_least_read_first(
    direction: Direction,
) -> None:
    streams = Streams(direction, 3, moving=False)
    a, b, c = streams.read
    a.shows(to=6)
    b.shows(to=5)
    c.shows(to=7)
    assert streams.asked(LATER) == ""
    assert streams.asked() == "bac"
    b.shows(6.5, to=8)
    assert streams.asked() == "ac"
    c.shows()
    assert streams.asked() == "a"
    assert {read.trust.until for read in streams.read} == {ending(direction)}


@DIRECTIONS
def test_a_stream_is_asked_once_the_one_before_it_was_read_and_relied_on_as_far(
    direction: Direction,
) -> None:
    streams = Streams(direction)
    a, b = streams.read
    assert streams.asked(LATER) == ""
    assert streams.asked() == "a"
    assert a.trust.until == ending(direction)
    a.shows(1, to=5)
    assert streams.asked() == "b"
    assert b.trust.until == streams.at(5)
    b.exchange = object()
    a.shows(to=7)
    assert streams.asked() == "b"
    assert b.trust.until == streams.at(5)
    b.exchange = None
    b.shows(to=5)
    assert streams.asked() == "ba"
    assert b.trust.until == streams.at(7)
    b.shows(to=7)
    assert streams.asked() == "a"
    a.shows()
    assert streams.asked() == "b"
    assert b.trust.until == ending(direction)


@DIRECTIONS
def test_of_the_streams_before_one_that_which_was_read_least_tells(direction: Direction) -> None:
    streams = Streams(direction, 3)
    a, b, c = streams.read
    a.shows(9, to=9)
    b.shows(8, to=8)
    assert streams.asked() == "c"
    assert c.trust.until == streams.at(8)
    c.shows(to=7)
    assert streams.asked() == "c"
    a.shows(to=9.5)
    b.shows()
    assert streams.asked() == "c"
    assert c.trust.until == streams.at(9.5)


@DIRECTIONS
@pytest.mark.parametrize("number", [2, 3])
def test_where_pages_are_held_back_each_is_asked_for_after_twice_as_many(
    direction: Direction, number: int
) -> None:
    streams = Streams(direction, number)
    *before, last = streams.read
    for read in before:
        read.shows(5, to=5)
    last.likely, last.pages = 8, 50
    before[-1].pages += 7 * (number - 2)
    assert asked_at(streams, range(1), held_back=False) == ([] if number == 2 else [0])
    assert asked_at(streams, range(1, 40), held_back=True) == [1, 3, 7, 15, 31]
    assert asked_at(streams, range(40, 66), held_back=False) == [63, 64, 65]


def asked_at(streams: Streams, pages: range, *, held_back: bool) -> list[int]:
    """So many pages of the stream before it having been read, the last one is asked."""
    *before, last = streams.read
    asked = []
    for number in pages:
        before[0].pages = number
        last.held_back = held_back
        if streams.asked(ALL) == last.name:
            asked.append(number)
    return asked


@DIRECTIONS
def test_a_stream_that_only_shows_what_comes_later_is_not_asked(direction: Direction) -> None:
    streams = Streams(direction, 4)
    a, b, c, d = streams.read
    a.shows(4, to=9)
    b.shows(to=6)
    c.shows(to=2)
    d.shows(8)
    assert streams.asked() == "c"
    c.shows(to=5)
    assert streams.out == ["a0"]
    assert streams.asked() == "cb"


@DIRECTIONS
def test_patience_is_had_with_every_stream_that_another_waits_for(direction: Direction) -> None:
    streams = Streams(direction, 3)
    a, b, _ = streams.read
    a.shows(5, to=5)
    b.likely = 8
    assert streams.asked(ALL) == "a"
    assert streams.asked(NOW) == "b"
