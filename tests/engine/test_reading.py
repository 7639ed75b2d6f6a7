"""``AccountReading`` alone: what it wants, what it takes in, and where it says that it stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import attrs
import pytest
from engine.alone import TOP, Lone, after, at, reading_of, shop
from engine.handmade import NOW, TOO_FULL, Handmade
from simulation.made import session

from unified_checkout.adapters import Direction, Order, Paging, Pushdown, Reach
from unified_checkout.engine.events import Failed
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import (
    NEWEST,
    OLDEST,
    AccountPosition,
    Frontier,
    StreamPosition,
)
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.supply import Need
from unified_checkout.engine.tally import PageSpan
from unified_checkout.errors import ServerError, WindowTooFull
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
ID, TOKEN, OFFSET = Paging.SESSION_ID, Paging.TOKEN, Paging.OFFSET
WINDOWED = Reach(windowed=True)
DAILY = Reach(windowed=True, required=True, longest=timedelta(days=1), earliest=timedelta(days=9))
END = StreamPosition(done=True)
DOWN = ServerError("down", account="north", provider="handmade")
FULL = WindowTooFull("full", account="north", provider="handmade")


def frontier(age: float, *numbers: int, others: bool = False) -> Frontier:
    return Frontier(at(age), frozenset(f"s-{number}" for number in numbers), others)


def one(number: int) -> Session:
    return session(f"s-{number}", NOW - number)


@attrs.define
class Supplied:
    """A supply of which everything is given, and which notes what it is asked."""

    ready: deque[Session] = attrs.field(factory=deque)
    beyond: list[Session] = attrs.field(factory=list)
    """What was read and is not ready."""
    taken: int = 0
    done: bool = False
    reach: datetime = NEWEST
    here: tuple[StreamPosition, ...] = ()
    back: tuple[StreamPosition, ...] = ()
    needs: list[Need] = attrs.field(factory=list)
    narrows: bool = False
    refreshed: int = 0
    left_early: bool = False

    def wanted(self, need: Need) -> Sequence[PageReader]:
        self.needs.append(need)
        return (cast(PageReader, self),)

    def kept(self) -> list[Session]:
        return [*self.ready, *self.beyond]

    def narrow(self, reader: PageReader) -> bool:
        return self.narrows and reader is not None

    def refresh(self) -> None:
        self.refreshed += 1

    def take(self, count: int) -> None:
        self.ready = deque(list(self.ready)[count:])
        self.taken += count

    def places(self, used: int) -> tuple[StreamPosition, ...]:
        assert used <= len(self.ready)
        return self.here

    def turned(self) -> tuple[StreamPosition, ...]:
        return self.back


def standing(
    shop: Handmade, supplied: Supplied | None = None, *ready: int, pages: int = 1, **known: Any
) -> tuple[AccountReading, Supplied]:
    """A reading of a supply that has these sessions ready, after so many pages."""
    reading, supplied = reading_of(shop, **known), supplied or Supplied()
    supplied.ready.extend(map(one, ready))
    reading.supply = cast(Any, supplied)
    reading.tally.pages.extend([PageSpan("a", "b", 2)] * pages)
    return reading, supplied


# What it wants.


def test_it_wants_nothing_where_it_failed_or_all_was_read() -> None:
    reading, supplied = standing(shop())
    assert reading.wanted(None, now=True)
    supplied.done = True
    assert reading.wanted(None, now=True) == ()
    supplied.done = False
    reading.failure = DOWN
    assert reading.wanted(None, now=True) == ()
    assert reading_of(shop(streams=())).wanted(None, now=True) == ()


@pytest.mark.parametrize("now", [False, True])
def test_it_wants_no_more_than_the_answer_may_still_need(now: bool) -> None:
    reading, supplied = standing(shop(), None, 0, 1, 2)
    assert reading.wanted(3, now=now) == reading.wanted(2, now=now) == ()
    assert reading.wanted(4, now=now)
    assert reading.wanted(None, now=now)
    reading.hand_out(1)
    assert reading.wanted(2, now=now) == ()
    assert reading.wanted(3, now=now)
    assert supplied.needs == [Need(4, now), Need(None, now), Need(4, now)]


def test_where_somebody_begins_beside_a_session_nobody_knows_how_many_lie_before_it() -> None:
    start = AccountPosition(frontier=frontier(1), anchor="s-1")
    reading, supplied = standing(shop(), start=start)
    reading.wanted(4, now=True)
    assert supplied.needs == [Need(None, now=True)]


@pytest.mark.parametrize(("order", "size"), [(Order.NEWEST_FIRST, 2), (Order.OLDEST_FIRST, 3)])
def test_no_more_is_asked_for_at_once_than_is_needed_unless_all_is_sorted(
    order: Order, size: int
) -> None:
    reading = reading_of(shop(order=order))
    assert (reading.page_size(2), reading.page_size(None)) == (size, 3)


# What it takes in.


class Answering:
    """What stands for a page reader: what comes of its request, and when that was sent."""

    def __init__(self, raised: Exception | None = None, *, sent_at: float | None = None) -> None:
        self._raised = raised
        self.exchange = None if sent_at is None else SimpleNamespace(sent_at=sent_at)
        self.received: list[tuple[object, float]] = []

    def receive(self, event: object, now: float) -> None:
        self.received.append((event, now))
        if self._raised is not None:
            raise self._raised


FAILED = Failed(1, DOWN)


def test_what_came_of_a_request_is_taken_in_by_its_reader() -> None:
    reading, supplied = standing(shop())
    reader = Answering(sent_at=NOW)
    reading.receive(cast(Any, reader), FAILED, NOW + 5)
    assert reader.received == [(FAILED, NOW + 5)]
    assert reading.failure is None
    assert supplied.refreshed == 1
    assert reading.scope.latency == 5


def test_a_request_that_is_no_more_under_way_took_no_time() -> None:
    reading, _ = standing(shop())
    reading.receive(cast(Any, Answering()), FAILED, NOW + 5)
    assert reading.scope.least_latency == 0


def test_a_failure_for_good_is_noted_and_nothing_is_taken_in_after_it() -> None:
    reading, supplied = standing(shop())
    reading.receive(cast(Any, Answering(DOWN)), FAILED, NOW)
    assert reading.failure is DOWN
    assert (supplied.refreshed, reading.cut_off) == (1, True)
    reader = Answering()
    reading.receive(cast(Any, reader), FAILED, NOW)
    assert reader.received == []
    reading = reading_of(shop(streams=()))
    reading.receive(cast(Any, reader), FAILED, NOW)
    assert reader.received == []


@pytest.mark.parametrize("narrows", [False, True])
def test_a_window_that_holds_too_much_is_a_failure_unless_it_is_divided(narrows: bool) -> None:
    reading, _ = standing(shop(), Supplied(narrows=narrows))
    reading.receive(cast(Any, Answering(FULL)), FAILED, NOW)
    assert reading.failure is (None if narrows else FULL)
    assert Lone(shop(turns={1: lambda request: TOO_FULL})).read().reading.failure is not None


def test_a_query_that_the_account_cannot_answer_fails_before_anything_is_asked() -> None:
    refusing = shop(claims={"status": Pushdown.UNANSWERABLE})
    reading = reading_of(refusing, ListSessions(status=("open",)))
    assert reading.failure is not None
    assert reading.supply is None


@pytest.mark.parametrize(
    ("reach", "again"), [(Reach(), False), (WINDOWED, False), (DAILY, True)], ids=str
)
def test_the_upper_bound_moves_to_what_the_provider_s_clock_shows(
    reach: Reach, again: bool
) -> None:
    """What was read in pieces up to another bound is read anew."""
    ahead = shop(reach=reach, ahead=100.0)
    lone = Lone(ahead)
    supply, lone.reading.tally.duplicates = lone.reading.supply, 4
    lone.read()
    assert lone.reading.scope.ceiling == at(-100)
    assert lone.reading.position(0).ceiling == at(-100)
    assert (lone.reading.supply is not supply) is again
    assert lone.reading.tally.duplicates == (4 + 3 if again else 4)
    later = lone.reading.supply
    lone.read()
    assert lone.reading.supply is later


@pytest.mark.parametrize(
    ("start", "moves"),
    [
        (AccountPosition(), True),
        (AccountPosition(frontier=frontier(1)), False),
        (AccountPosition(ceiling=at(3)), False),
        (AccountPosition(frontier=frontier(1), begins=True), True),
    ],
)
def test_the_upper_bound_moves_only_where_nothing_was_read_yet(
    start: AccountPosition, moves: bool
) -> None:
    lone = Lone(shop(ahead=100.0), start=start)
    ceiling = start.ceiling or at(0)
    assert lone.reading.scope.ceiling == ceiling
    lone.read()
    assert lone.reading.scope.ceiling == (at(-100) if moves else ceiling)
    assert lone.reading.scope.clocks.behind == 100


def test_how_long_an_answer_took_does_not_count_as_a_clock_that_is_ahead() -> None:
    lone = Lone(shop(ahead=-60.0)).read(took=60.0)
    assert lone.reading.scope.clocks.behind == 0
    assert Lone(shop(ahead=-60.0)).read(took=2.0).reading.scope.clocks.behind == -60


def test_a_failure_tells_no_time() -> None:
    down = shop(ahead=100.0)
    down.turns[1] = lambda request: DOWN
    lone = Lone(down).read()
    assert lone.reading.scope.ceiling == at(0)


# What it hands out.


def test_what_is_handed_out_is_taken_once_it_was_used() -> None:
    reading, supplied = standing(shop(), None, 0, 1, 2)
    reading.hand_out(2)
    assert (reading.delivering, reading.waiting, reading.tally.delivered) == (2, 1, 2)
    assert [each.id for each in reading.undelivered] == ["s-2"]
    assert reading.frontier(0) == frontier(0)
    reading.settle()
    assert (reading.delivering, supplied.taken) == (0, 2)
    reading.settle()
    assert supplied.taken == 2
    assert reading.frontier(0) == frontier(2)
    reading.hand_out(1)
    reading.settle()
    assert (supplied.taken, reading.tally.delivered) == (3, 3)
    assert reading.frontier(0) == frontier(2, 2)


# Where it stands by time.


@pytest.mark.parametrize(
    ("reach", "start", "used", "expected"),
    [
        (NEWEST, None, 0, None),
        (OLDEST, None, 0, None),
        (at(3), None, 0, frontier(0)),
        (at(3), None, 1, frontier(1)),
        (at(3), None, 2, frontier(3)),
        (at(1), None, 2, frontier(1, 1)),
        (OLDEST, None, 2, frontier(1, 1)),
        (NEWEST, None, 2, frontier(1, 1)),
        (at(3), frontier(2), 0, frontier(2)),
        (at(3), frontier(2), 1, frontier(2)),
        (at(3), frontier(2, 9), 2, frontier(3)),
        (at(2), frontier(2, 9), 2, frontier(2, 9)),
        (at(1), frontier(1, 9), 2, frontier(1, 1, 9)),
        (OLDEST, frontier(1, 9), 2, frontier(1, 1, 9)),
        (OLDEST, None, 3, frontier(2, 2)),
    ],
)
def test_by_time_it_stands_where_the_next_session_is(
    reach: datetime, start: Frontier | None, used: int, expected: Frontier | None
) -> None:
    """Or as far as its lists were read, and never before the place at which it began."""
    begun = AccountPosition(frontier=start)
    ready = range(max(used, 2)) if used or reach in (at(3), at(1), at(2)) else ()
    reading, _ = standing(shop(), Supplied(reach=reach), *ready, start=begun)
    assert reading.frontier(used) == expected


def test_towards_newer_sessions_it_stands_where_the_next_newer_is() -> None:
    begun = AccountPosition(frontier=frontier(4))
    supplied = Supplied(reach=at(1))
    reading, _ = standing(shop(), supplied, 3, 2, start=begun, direction=BACKWARD)
    assert [reading.frontier(used) for used in range(3)] == [frontier(3), frontier(2), frontier(1)]
    supplied.ready[0] = one(5)
    assert reading.frontier(0) == frontier(4)


# Where it says that it stands.


def places(position: AccountPosition) -> tuple[object, object, object]:
    return position.streams, position.frontier, position.done


def test_where_nothing_is_to_be_read_it_is_done() -> None:
    assert places(reading_of(shop(streams=())).position(0)) == ((), None, True)
    assert places(reading_of(shop(streams=())).turned_position()) == ((), None, True)
    start = AccountPosition(streams=(END,), done=True, frontier=frontier(6, 6))
    reading, _ = standing(shop(), Supplied(here=(after(1),)), start=start)
    assert reading.position(0) is start


ONE_AND_TWO = (after(1), after(2))
BY_TIME = AccountPosition(frontier=frontier(2.5))
BEGUN = AccountPosition(streams=(after(0),))
BEGUN_BY_TIME = AccountPosition(streams=(StreamPosition(cursor="3"),), frontier=frontier(2.5))


@pytest.mark.parametrize(
    ("style", "start", "pages", "supplied", "used", "expected"),
    [
        ({}, AccountPosition(), 0, Supplied(here=(TOP,)), 0, ((), None, False)),
        (
            {},
            AccountPosition(),
            1,
            Supplied(here=(after(2),), reach=at(2)),
            0,
            ((after(2),), None, False),
        ),
        (
            {},
            AccountPosition(),
            1,
            Supplied(here=(after(2),), done=True, reach=OLDEST),
            0,
            ((after(2),), None, True),
        ),
        ({}, AccountPosition(), 1, Supplied(here=(), done=True, reach=OLDEST), 0, ((), None, True)),
        ({}, AccountPosition(), 1, Supplied(here=(), reach=NEWEST), 0, ((), None, False)),
        ({}, AccountPosition(), 1, Supplied(here=(), reach=at(2)), 0, ((), frontier(2), False)),
        (
            {"paging": TOKEN},
            AccountPosition(),
            1,
            Supplied(here=(after(2),), reach=at(2)),
            0,
            ((after(2),), frontier(2), False),
        ),
        (
            {"reach": WINDOWED},
            AccountPosition(),
            1,
            Supplied(here=(after(2),), reach=at(2)),
            0,
            ((after(2),), frontier(2), False),
        ),
        (
            {"streams": ("a", "b")},
            AccountPosition(),
            1,
            Supplied(here=ONE_AND_TWO, reach=at(2)),
            0,
            (ONE_AND_TWO, frontier(2), False),
        ),
        (
            {},
            AccountPosition(),
            1,
            Supplied(here=(after(2, short=True),), reach=at(2)),
            0,
            ((after(2, short=True),), frontier(2), False),
        ),
        ({}, BY_TIME, 0, Supplied(here=(TOP,), reach=at(2.5)), 0, ((), frontier(2.5), False)),
        ({}, BY_TIME, 1, Supplied(here=(after(3),), reach=at(3)), 0, ((after(3),), None, False)),
        (
            {"paging": TOKEN},
            BY_TIME,
            1,
            Supplied(here=(after(3),), reach=at(3)),
            0,
            ((after(3),), frontier(3), False),
        ),
        (
            {"paging": TOKEN, "reach": WINDOWED},
            BY_TIME,
            1,
            Supplied(here=(after(3),), reach=at(3)),
            0,
            ((), frontier(3), False),
        ),
        (
            {"reach": WINDOWED},
            BY_TIME,
            1,
            Supplied(here=(after(3),), reach=at(3)),
            0,
            ((after(3),), frontier(3), False),
        ),
        (
            {"paging": TOKEN, "reach": WINDOWED},
            BEGUN_BY_TIME,
            1,
            Supplied(here=(after(3),), reach=at(3)),
            0,
            ((after(3),), frontier(3), False),
        ),
        (
            {"paging": TOKEN},
            BY_TIME,
            1,
            Supplied(here=(TOP,), reach=at(3)),
            0,
            ((), frontier(3), False),
        ),
        (
            {"paging": TOKEN},
            BY_TIME,
            1,
            Supplied(here=(StreamPosition(skip=frozenset("a")),), reach=at(3)),
            0,
            ((StreamPosition(skip=frozenset("a")),), frontier(3), False),
        ),
        (
            {"streams": ("a", "b")},
            BY_TIME,
            1,
            Supplied(here=(TOP, after(3)), reach=at(3)),
            0,
            ((TOP, after(3)), frontier(3), False),
        ),
        (
            {"reach": WINDOWED},
            BEGUN,
            1,
            Supplied(here=(), reach=at(2)),
            0,
            ((), frontier(2), False),
        ),
    ],
)
def test_it_stands_at_its_lists_places_or_by_time_where_these_do_not_hold(
    style: dict[str, Any],
    start: AccountPosition,
    pages: int,
    supplied: Supplied,
    used: int,
    expected: tuple[object, object, object],
) -> None:
    reading, _ = standing(shop(**style), attrs.evolve(supplied), start=start, pages=pages)
    assert places(reading.position(used)) == expected
