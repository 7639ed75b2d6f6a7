"""``Windows``: which windows are under way, divided and gone on to, worked out by hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from math import inf
from typing import Any, cast

import attrs
import pytest
from engine.alone import SECOND, at, scope_of, shop
from simulation.made import session
from simulation.rows import moment

from unified_checkout.adapters import Paging, Window
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.position import NEWEST, StreamPosition
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.supply import Need, Progress
from unified_checkout.engine.tally import PageSpan
from unified_checkout.engine.windows import NEARBY, Part, Windows
from unified_checkout.model.session import Session

SPAN = Window(0, 100)
ALL = Need(rows=None, now=True)
AHEAD = Need(rows=None, now=False)


class List:
    """The supply of one window, of which a test says how far it was read."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.ready: deque[Session] = deque()
        self.taken = 0
        self.done = self.left_early = False
        self.reach = NEWEST
        self.progress = Progress(0, None, None)
        self.begins_again = True

    def read(self, *seconds: float, done: bool = False) -> List:
        """Let it show sessions of these moments, named after them."""
        self.ready.extend(session(f"{one:g}", one) for one in seconds)
        moments = [moment(one) for one in seconds]
        if moments:
            rows, first = self.progress.rows + len(moments), self.progress.first or moments[0]
            self.progress, self.reach = Progress(rows, first, moments[-1]), moments[-1]
        self.done = done
        return self

    def readers(self) -> Iterator[List]:
        yield self

    def kept(self) -> list[Session]:
        return [*self.ready]

    def wanted(self, need: Need) -> Sequence[List]:
        return (self,) if need.now and not self.done else ()

    def refresh(self) -> None:
        pass

    def take(self, count: int) -> None:
        self.taken += count
        for _ in range(count):
            self.ready.popleft()

    def places(self, used: int) -> tuple[StreamPosition, ...]:
        return (StreamPosition(cursor=f"after {used}"),)

    def turned(self) -> tuple[StreamPosition, ...]:
        return (StreamPosition(cursor="turned"),)

    def shrink(self, window: Window) -> None:
        self.window = window

    def begin_again(self) -> bool:
        return self.begins_again


@attrs.define
class ByHand:
    """A divider that does as it was told, and a follower; it writes down what it is told."""

    piece: int | None = None
    """How many seconds a window has at first; None for all of the span."""
    usual: float = 10.0
    most_kept: float = inf
    cuts: list[tuple[int, int] | None] = attrs.field(factory=list)
    """What is to be cut, one after the other."""
    coming_of_each: float = 0.0
    follows: list[Window] = attrs.field(factory=list)
    asked: list[tuple[int, int]] = attrs.field(factory=list)
    """Of how many parts a cut was asked for, and for how many hands."""
    told: list[tuple[int | None, int | None]] = attrs.field(factory=list)
    """The windows that were learned of."""
    told_too_full: list[Window] = attrs.field(factory=list)

    @property
    def by_pieces(self) -> bool:
        return self.piece is not None

    def begin(self, span: Window) -> tuple[Window, Window | None]:
        if self.piece is None:
            return span, None
        assert span.since is not None
        assert span.until is not None
        at = span.until - self.piece
        if at <= span.since:
            return span, None
        return Window(at, span.until), Window(span.since, at)

    def cut(self, parts: Sequence[Part], hands: int) -> tuple[int, int] | None:
        self.asked.append((len(parts), hands))
        return self.cuts.pop(0) if self.cuts else None

    def coming(self, parts: Sequence[Part]) -> list[float]:
        return [self.coming_of_each for _ in parts]

    def learn(self, part: Part) -> None:
        self.told.append((part.window.since, part.window.until))

    def learn_too_full(self, window: Window) -> None:
        self.told_too_full.append(window)

    def following(self) -> Window | None:
        return self.follows.pop(0) if self.follows else None


class Divided:
    """Windows of an account that is far away, its lists, and what divides it."""

    def __init__(
        self,
        span: Window = SPAN,
        *,
        workers: Callable[[float, float], int] = lambda rate, latency: 9,
        paging: Paging = Paging.SESSION_ID,
        pages: int = 9,
        **manner: Any,
    ) -> None:
        self.lists: list[List] = []
        self.divider = ByHand(**manner)
        scope = scope_of(shop(paging=paging))
        runtime = attrs.evolve(scope.access.runtime, workers=workers)
        state = AccountState(Pace(5.0), RetryPolicy())
        scope.access = attrs.evolve(scope.access, runtime=runtime, state=state)
        scope.least_latency, scope.latency = 1.0, 2.0
        scope.tally.pages = [PageSpan(None, None, 0)] * pages
        self.scope: Scope = scope
        follower = self.divider if self.divider.follows else None
        self.windows = Windows(scope, span, self._list, self.divider, follower)

    def _list(self, window: Window) -> Any:
        self.lists.append(List(window))
        return self.lists[-1]

    def wants(self, need: Need = ALL) -> list[tuple[int | None, int | None]]:
        """The windows of which something should be under way."""
        lists = cast(Sequence[List], self.windows.wanted(need))
        return [(one.window.since, one.window.until) for one in lists]

    def read(self, number: int, *seconds: float, done: bool = False) -> Divided:
        """Let one of its lists, in the order made, show these; done, it has ended."""
        self.lists[number].read(*seconds, done=done)
        self.windows.refresh()
        return self

    def narrow(self, number: int) -> bool:
        """Tell it that a list holds too much."""
        return self.windows.narrow(cast(PageReader, self.lists[number]))

    @property
    def ready(self) -> str:
        return " ".join(one.id for one in self.windows.ready)


# How many windows are under way.


@pytest.mark.parametrize(
    ("known", "hands"),
    [
        ({}, 9),
        ({"least_latency": NEARBY}, 1),
        ({"least_latency": 2 * NEARBY}, 9),
        ({"in_order": False}, 1),
        ({"windows_hold": False}, 1),
    ],
)
def test_an_account_is_read_at_several_places_if_it_is_far_away_and_keeps_to_what_is_asked(
    known: dict[str, Any], hands: int
) -> None:
    found = Divided()
    for name, value in known.items():
        setattr(found.scope, name, value)
    found.wants()
    assert found.divider.asked == ([] if hands == 1 else [(1, hands)])


@pytest.mark.parametrize(
    ("rows", "piece", "hands"),
    [
        (None, None, 9),
        (20, None, 9),
        (19, None, 1),
        (None, 50, 9),
        (20, 50, 9),
        (19, 50, 1),
        (19, 100, 9),
        (19, 150, 9),
    ],
)
def test_a_short_answer_is_read_at_several_places_once_all_its_windows_were_begun(
    rows: int | None, piece: int | None, hands: int
) -> None:
    found = Divided(piece=piece)
    found.wants(Need(rows=rows, now=True))
    assert found.divider.asked == ([] if hands == 1 else [(1, hands)])


@pytest.mark.parametrize(("pages", "hands"), [(1, 2), (2, 4), (3, 6), (5, 9)])
def test_each_page_allows_for_two_more_windows_as_far_as_the_rate_does(
    pages: int, hands: int
) -> None:
    asked = []

    def workers(rate: float, latency: float) -> int:
        asked.append((rate, latency))
        return 9

    found = Divided(pages=pages, workers=workers)
    found.wants()
    assert found.divider.asked == [(1, hands)]
    assert asked == [(5.0, 2.0)]


# How it is divided.


def test_it_is_cut_as_often_as_the_divider_says() -> None:
    found = Divided(cuts=[(0, 70), (1, 30), (0, 90), None, (0, 95)])
    assert found.wants() == [(90, 100), (70, 90), (30, 70), (0, 30)]
    assert found.divider.asked == [(1, 9), (2, 9), (3, 9), (4, 9)]
    assert found.wants() == [(95, 100), (90, 95), (70, 90), (30, 70), (0, 30)]


@pytest.mark.parametrize("span", [Window(0, None), Window(None, None), Window(None, 100)])
def test_the_ends_of_what_is_cut_stay_open(span: Window) -> None:
    found = Divided(span, cuts=[(0, 70), (1, 30)])
    assert found.wants() == [(70, span.until), (30, 70), (span.since, 30)]


def test_two_hands_cut_as_well() -> None:
    assert len(Divided(pages=1, cuts=[(0, 70)]).wants()) == 2


def test_further_windows_are_begun_until_enough_are_under_way() -> None:
    found = Divided(piece=10, pages=2)
    assert found.wants() == [(90, 100), (80, 90), (70, 80), (60, 70)]
    found.read(1, done=True)
    assert found.wants() == [(90, 100), (70, 80), (60, 70), (50, 60)]
    assert len(found.lists) == 5


def test_windows_are_read_ahead_though_nobody_waits_once_there_are_several() -> None:
    assert Divided().wants(AHEAD) == []
    assert Divided(piece=50).wants(AHEAD) == [(50, 100), (0, 50)]


def test_where_much_is_kept_the_newest_window_is_read_on_once_it_is_waited_for() -> None:
    found = Divided(piece=50, most_kept=3.0, usual=2.0)
    found.wants()
    found.read(1, 49, 48, 47)
    found.read(0, 99, 98, 97)
    assert found.wants(AHEAD) == []
    assert found.wants() == [(50, 100)]


@pytest.mark.parametrize(
    ("rows", "ready", "kept", "coming", "most_kept", "reached"),
    [
        (None, 0, (0, 0), 99, inf, 3),
        (20, 0, (0, 0), 0, inf, 3),
        (20, 20, (0, 0), 0, inf, 0),
        (20, 19, (0, 0), 0, inf, 3),
        (20, 19, (1, 0), 0, inf, 1),
        (20, 18, (1, 0), 0, inf, 3),
        (20, 18, (1, 1), 0, inf, 2),
        (20, 0, (0, 0), 20, inf, 1),
        (20, 0, (0, 0), 19, inf, 2),
        (20, 0, (0, 0), 10, inf, 2),
        (20, 5, (5, 0), 5, inf, 2),
        (None, 12, (0, 0), 0, 13, 3),
        (None, 12, (1, 0), 0, 13, 0),
        (None, 9, (1, 1), 0, 11, 1),
        (None, 0, (1, 1), 0, 2, 3),
        (None, 0, (1, 1), 9, 2, 1),
        (None, 0, (1, 1), 8, 2, 2),
        (None, 5, (0, 0), 10, 5, 1),
        (20, 19, (1, 1), 0, 21, 0),
        (4, 4, (0, 0), 0, 4, 0),
        (4, 3, (1, 0), 0, 4, 1),
    ],
)
def test_windows_are_within_reach_while_those_before_leave_something_to_read(
    rows: int | None,
    ready: int,
    kept: tuple[int, int],
    coming: float,
    most_kept: float,
    reached: int,
) -> None:
    """Of three windows, the last of which holds nothing; where too much is kept, ten are read on."""
    found = Divided(cuts=[(0, 66), (1, 33)])
    found.wants()
    found.read(0, *[99.0] * ready)
    for number, count in enumerate(kept, 1):
        found.lists[number].ready.extend(session("kept", 0) for _ in range(count))
    found.divider.coming_of_each, found.divider.most_kept = coming, most_kept
    found.wants(Need(rows=rows, now=False))
    assert found.divider.asked[-1:] == [(reached, 9)]


# How it goes on.


def test_what_the_newest_window_holds_is_handed_on_and_then_that_of_the_next() -> None:
    found = Divided(piece=50)
    found.wants()
    found.read(1, 40, 30).read(0, 99)
    assert (found.ready, found.windows.done) == ("99", False)
    found.read(0, 98, done=True)
    assert found.ready == "99 98 40 30"
    found.windows.take(3)
    assert (found.ready, found.windows.taken) == ("30", 3)
    found.read(1, done=True)
    assert (found.ready, found.windows.done) == ("30", True)


def test_a_divider_learns_once_of_each_window_that_was_read_to_its_end() -> None:
    found = Divided(piece=50)
    found.wants()
    found.read(1, 40)
    assert found.divider.told == []
    found.read(1, done=True).read(0, 99)
    assert found.divider.told == [(0, 50)]
    found.read(0, done=True)
    assert found.divider.told == [(0, 50), (50, 100)]


def test_one_window_after_the_other_is_begun_to_the_end_of_the_span() -> None:
    found = Divided(piece=40)
    for number, seconds in enumerate([(60, 100), (20, 60), (0, 20)]):
        assert (found.wants(Need(rows=1, now=True)), found.windows.done) == ([seconds], False)
        found.read(number, done=True)
    assert (found.wants(), found.windows.done) == ([], True)


def test_what_lies_before_all_that_is_needed_is_not_begun() -> None:
    found, asked = Divided(piece=40), []

    def enough(read_to: datetime) -> bool:
        asked.append(read_to)
        return read_to <= moment(20)

    found.windows.enough = enough
    found.read(0, done=True)
    assert found.wants(Need(rows=1, now=True)) == [(20, 60)]
    assert (found.read(1, 30, done=True).ready, found.windows.done) == ("30", True)
    assert asked == [moment(60), moment(20)]
    assert len(found.lists) == 2


def test_unless_somebody_says_so_nothing_is_enough() -> None:
    assert Divided().windows.enough(at(0)) is False


def test_windows_that_follow_are_read_last_one_by_one() -> None:
    found = Divided(piece=50, follows=[Window(95, 120), Window(120, 130)])
    assert found.wants() == [(50, 100), (0, 50)]
    found.read(0, done=True).read(1, 40, done=True)
    assert (found.wants(), found.windows.reach) == ([(95, 120)], moment(120))
    found.divider.asked.clear()
    assert found.wants() == [(95, 120)]
    assert found.divider.asked == []
    found.read(2, 110, done=True)
    assert found.wants() == [(120, 130)]
    found.read(3, done=True)
    assert (found.ready, found.windows.done) == ("40 110", True)


# Windows that hold too much.


@pytest.mark.parametrize(
    ("span", "halves"),
    [
        (Window(10, 20), [(15, 20), (10, 15)]),
        (Window(10, 13), [(11, 13), (10, 11)]),
        (Window(10, 12), [(11, 12), (10, 11)]),
        (Window(None, 3), [(1, 3), (None, 1)]),
        (Window(None, 2), [(1, 2), (None, 1)]),
        (Window(SECOND - 5, None), [(SECOND - 2, None), (SECOND - 5, SECOND - 2)]),
        (Window(SECOND, None), None),
        (Window(10, 11), None),
        (Window(None, 1), None),
    ],
)
def test_a_window_is_halved_unless_it_is_a_second(
    span: Window, halves: list[tuple[int | None, int | None]] | None
) -> None:
    found = Divided(span)
    assert found.narrow(0) is (halves is not None)
    assert found.wants() == (halves or [(span.since, span.until)])
    assert found.divider.told_too_full == ([span] if halves else [])


@pytest.mark.parametrize(
    ("number", "windows"),
    [(0, [(75, 100), (50, 75), (0, 50)]), (1, [(50, 100), (25, 50), (0, 25)])],
)
def test_what_was_read_of_a_window_that_is_halved_is_read_again(
    number: int, windows: list[tuple[int, int]]
) -> None:
    found = Divided(piece=50)
    found.wants()
    found.lists[number].read(40, 30)
    found.scope.tally.duplicates = 7
    assert found.narrow(number)
    assert found.wants() == windows
    assert (found.scope.tally.duplicates, found.windows.kept()) == (9, [])


def test_by_update_what_was_read_of_a_window_that_is_halved_is_handed_on() -> None:
    found = Divided(piece=100, follows=[Window(100, 120)])
    found.lists[0].read(40, 30)
    assert found.narrow(0)
    assert (found.ready, found.scope.tally.duplicates) == ("40 30", 0)
    assert found.wants() == [(50, 100), (0, 50)]


def test_a_window_that_follows_and_holds_too_much_is_read_from_its_older_half() -> None:
    found = Divided(piece=100, follows=[Window(100, 120)])
    found.read(0, done=True)
    assert found.narrow(1)
    assert found.wants() == [(100, 110)]
    found.read(-1, done=True)
    assert found.wants() == [(110, 120)]


@pytest.mark.parametrize(
    ("span", "read_to", "cut"),
    [
        (Window(10, 90), 79, 45),
        (Window(10, 30), 79, 20),
        (Window(10, 30), 11, 11),
        (Window(10, 30), 10, None),
        (Window(None, 30), 2, 1),
        (Window(None, 30), 1, 1),
        (Window(None, 30), 0, None),
        (Window(SECOND - 9, None), SECOND + 9, SECOND - 4),
    ],
)
def test_once_some_was_handed_on_the_older_half_of_what_was_not_read_is_left_to_another(
    span: Window, read_to: float, cut: int | None
) -> None:
    found = Divided(span)
    found.read(0, 80, read_to).windows.take(1)
    assert found.narrow(0) is (cut is not None)
    assert found.wants() == (
        [(span.since, span.until)] if cut is None else [(cut, span.until), (span.since, cut)]
    )
    assert found.windows.taken == 1
    assert found.divider.told_too_full == ([] if cut is None else [span])


def test_a_list_that_cannot_be_begun_again_is_not_divided() -> None:
    found = Divided()
    found.read(0, 80).windows.take(1)
    found.lists[0].begins_again = False
    assert not found.narrow(0)
    assert (found.wants(), found.divider.told_too_full) == ([(0, 100)], [])


# Where it stands.


@pytest.mark.parametrize(
    ("paging", "piece", "told"),
    [
        (Paging.SESSION_ID, None, True),
        (Paging.TOKEN, None, False),
        (Paging.OFFSET, None, False),
        (Paging.SESSION_ID, 100, False),
        (Paging.TOKEN, 100, False),
    ],
)
def test_places_are_those_of_the_only_list_if_sessions_are_places(
    paging: Paging, piece: int | None, told: bool
) -> None:
    windows = Divided(paging=paging, piece=piece).windows
    assert [one.cursor for one in windows.places(3)] == (["after 3"] if told else [])
    assert [one.cursor for one in windows.turned()] == (["turned"] if told else [])
