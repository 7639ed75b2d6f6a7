"""``Splitter``: the windows into which a list is cut, worked out by hand."""

from __future__ import annotations

from collections import deque
from math import inf
from types import SimpleNamespace
from typing import cast

import pytest
from simulation.rows import moment

from unified_checkout.adapters import Window
from unified_checkout.engine.split import Splitter
from unified_checkout.engine.supply import Progress, Supply
from unified_checkout.engine.windows import Part

PAGE = 10


def part(
    since: int | None,
    until: int | None,
    rows: int = 0,
    *,
    first: float | None = None,
    last: float | None = None,
    done: bool = False,
) -> Part:
    """A window that was read so far, of which the moments are Unix seconds."""
    moments = [None if at is None else moment(at) for at in (first, last)]
    supply = SimpleNamespace(ready=deque(), done=done, progress=Progress(rows, *moments))
    return Part(Window(since, until), cast(Supply, supply))


def splitter(*learned: Part, accounts: int = 1) -> Splitter:
    """One of pages of ten, which has seen these windows read to their ends."""
    found = Splitter(PAGE, accounts)
    for one in learned:
        found.learn(one)
    return found


ONE_A_SECOND = part(9_900, 10_000, 100, done=True)


def test_accounts_share_what_may_be_kept_and_windows_shrink_with_the_root() -> None:
    alone, fourth = splitter(), splitter(accounts=4)
    assert (alone.usual, alone.most_kept) == (20 * PAGE, 100 * PAGE)
    assert (fourth.usual, fourth.most_kept) == (10 * PAGE, 25 * PAGE)


def test_a_span_is_begun_as_a_whole_and_not_in_pieces() -> None:
    assert splitter().begin(Window(5, 50)) == (Window(5, 50), None)
    assert splitter().by_pieces is False


@pytest.mark.parametrize(
    ("one", "coming"),
    [
        (part(0, 1000), inf),
        (part(0, 1000, 1, last=900), inf),
        (part(0, 1000, 2, last=1000), inf),
        (part(0, 1000, 2, last=999), 2 * 999),
        (part(0, 1000, 2, last=900), 18),
        (part(0, 1000, 10, last=900), 90),
        (part(400, 1000, 10, last=900), 50),
        (part(0, None, 10, first=1000, last=900), 90),
        (part(None, 1000, 10, last=900), inf),
        (part(0, None), inf),
        (part(0, None, 2, last=10), inf),
        (part(0, 1000, 10, first=1200, last=1100), inf),
        (part(0, 1000, 10, first=1200, last=900), 90),
        (part(800, 1000, 10, last=700), 0),
        (part(0, 1000, 10, last=900, done=True), 0),
    ],
)
def test_what_is_still_to_come_goes_by_the_rows_of_a_second_so_far(
    one: Part, coming: float
) -> None:
    assert splitter().coming([one]) == [coming]


def test_what_is_still_to_come_of_an_unread_part_goes_by_those_that_were_read() -> None:
    parts = [part(900, 1000, 10, last=950), part(500, 900, 14, last=830), part(0, 500)]
    assert splitter().coming(parts) == [50 * 0.2, 330 * 0.2, 500 * 0.2]
    assert splitter().coming([*parts[:2], part(0, None)]) == [50 * 0.2, 330 * 0.2, inf]


def test_what_was_sent_of_other_windows_is_not_read_here() -> None:
    newer, older = part(0, 1000, 10, first=1200, last=1100), part(800, 1000, 20, last=700)
    assert splitter(ONE_A_SECOND).coming([newer]) == [1000 * 110 / 100]
    assert splitter(ONE_A_SECOND).coming([older, part(0, 800)]) == [0, 800 * 120 / 300]


@pytest.mark.parametrize(("rows", "coming"), [(29, 500 * 129 / 600), (30, 500 * 30 / 500)])
def test_a_part_goes_by_itself_once_three_of_its_pages_were_read(rows: int, coming: float) -> None:
    assert splitter(ONE_A_SECOND).coming([part(0, 1000, rows, last=500)]) == [coming]


@pytest.mark.parametrize(
    ("learned", "density"),
    [
        ([ONE_A_SECOND], 1),
        ([part(9_800, 10_000, 50)], 0.25),
        ([part(9_800, None, 50, first=10_000)], 0.25),
        ([ONE_A_SECOND, part(9_800, 10_000, 50)], 100 / 250),
        ([part(9_800, 10_000, 50), ONE_A_SECOND], 125 / 200),
        ([part(9_800, 10_000, 50)] * 3, 0.25),
        ([ONE_A_SECOND, part(None, 10_000, 50, last=9_000)], 1),
        ([ONE_A_SECOND, part(9_000, None)], 1),
        ([part(9_000, 10_000, 1)], inf),
    ],
)
def test_of_the_windows_that_were_read_the_last_few_weigh_most(
    learned: list[Part], density: float
) -> None:
    assert splitter(*learned).coming([part(0, 1000)]) == [1000 * density]


# Where to cut.


@pytest.mark.parametrize(("accounts", "cut"), [(1, 9_800), (4, 9_900)])
def test_a_window_far_too_full_is_cut_to_the_usual_width_first(accounts: int, cut: int) -> None:
    parts = [part(9_000, 10_000), part(0, 9_000)]
    assert splitter(ONE_A_SECOND, accounts=accounts).cut(parts, hands=1) == (0, cut)


def test_of_several_that_are_too_full_the_newest_is_cut() -> None:
    parts = [part(9_700, 10_000), part(9_000, 9_700), part(8_000, 9_000), part(0, 8_000)]
    assert splitter(ONE_A_SECOND).cut(parts, hands=1) == (1, 9_500)


def test_twice_what_a_window_should_hold_is_not_too_much() -> None:
    found = splitter(ONE_A_SECOND)
    assert found.cut([part(9_600, 10_000), part(0, 9_600)], hands=2) is None
    assert found.cut([part(9_599, 10_000), part(0, 9_599)], hands=2) == (0, 9_800)


def test_a_part_that_reads_keeps_what_it_has_read_and_so_much_more() -> None:
    parts = [part(1_000, 10_000, 40, last=9_900), part(0, 1_000)]
    assert splitter(ONE_A_SECOND).cut(parts, hands=2) == (0, 9_900 - 500)


@pytest.mark.parametrize("hands", [1, 2])
def test_while_enough_are_under_way_nothing_is_cut(hands: int) -> None:
    parts = [part(9_900, 10_000), part(9_800, 9_900), part(0, 9_800, 10, last=9_790)]
    assert splitter().cut(parts, hands) is None
    assert splitter().cut(parts, hands=3) is None
    assert splitter().cut(parts, hands=4) is not None


def test_no_parts_are_not_cut() -> None:
    assert splitter().cut([], hands=4) is None


def widths(found: Splitter, hands: int, pages: int) -> list[int]:
    """How wide six windows are cut in a row, so many pages of each having been read."""
    until, cut_off = 10_000, []
    for _ in range(6):
        read = pages * PAGE
        cut = found.cut([part(0, until, read, last=until - read)], hands)
        assert cut is not None
        cut_off.append(until - cut[1])
        until = cut[1]
    return cut_off


@pytest.mark.parametrize(
    ("hands", "pages", "cut_off"),
    [
        (2, 1, [100, 200, 200, 200, 200, 200]),
        (4, 1, [50, 100, 150, 200, 200, 200]),
        (4, 2, [50, 100, 150, 200, 200, 200]),
        (4, 6, [70, 100, 150, 200, 200, 200]),
        (5, 12, [130, 130, 130, 160, 200, 200]),
    ],
)
def test_the_first_windows_are_shorter_so_that_they_end_one_after_the_other(
    hands: int, pages: int, cut_off: list[int]
) -> None:
    """What was read of one counts, and one more page is left to it at least."""
    assert widths(splitter(), hands, pages) == cut_off


def test_windows_that_could_not_be_cut_are_not_counted() -> None:
    found = splitter()
    for _ in range(3):
        assert found.cut([part(0, 10_000)], hands=4) is None
    assert widths(found, 4, 1)[:3] == [50, 100, 150]


def test_a_window_is_cut_before_it_is_read_only_until_one_has_ended() -> None:
    unread = [part(9_800, 10_000, 20, last=9_980), part(0, 9_800)]
    assert splitter().cut(unread, hands=3) == (1, 9_800 - 67)
    assert splitter(ONE_A_SECOND).cut(unread, hands=3) is None


def test_once_a_window_has_ended_those_that_have_begun_are_cut_all_the_same() -> None:
    begun = [part(9_800, 10_000, 20, last=9_980), part(0, 9_800, 1, last=9_799)]
    ended = [part(9_800, 10_000, 20, last=9_980), part(0, 9_800, done=True)]
    assert splitter(ONE_A_SECOND).cut(begun, hands=3) is not None
    assert splitter(ONE_A_SECOND).cut(ended, hands=3) == (0, 9_980 - 90)


def test_where_the_oldest_cannot_be_cut_the_widest_is_halved() -> None:
    """It has a page at least, and no more than that here."""
    parts = [
        part(9_900, 10_000, 20, last=9_980),
        part(9_600, 9_900, 20, last=9_880),
        part(9_595, 9_600),
    ]
    assert splitter().cut(parts, hands=4) == (1, 9_880 - 140)


@pytest.mark.parametrize(("left", "cut"), [(20, None), (21, 10_000 - 11), (22, 10_000 - 11)])
def test_what_is_left_is_halved_if_it_is_more_than_two_pages(left: int, cut: int | None) -> None:
    parts = [part(10_000 - left, 10_020, 20, last=10_000), part(0, 1, done=True)]
    assert splitter().cut(parts, hands=2) == (None if cut is None else (0, cut))


def test_a_rest_of_which_nobody_knows_how_much_it_holds_is_not_halved() -> None:
    assert splitter().cut([part(None, 30, 20, last=10), part(0, 1, done=True)], hands=2) is None


@pytest.mark.parametrize(
    ("since", "last", "cut"),
    [
        (None, 11, 1),
        (None, 10, None),
        (None, -20, None),
        (0, 11, 1),
        (0, 10, None),
        (-50, 10, None),
        (5, 16, 6),
        (5, 15, None),
    ],
)
def test_no_cut_is_where_a_window_begins_or_before_all_time(
    since: int | None, last: int, cut: int | None
) -> None:
    parts = [part(since, last + 200, 200, last=last)]
    assert splitter().cut(parts, hands=9) == (None if cut is None else (0, cut))


def test_a_cut_is_at_a_whole_second_that_leaves_no_less_than_was_meant() -> None:
    third = part(9_000, 9_300, 100)
    assert splitter(third).cut([part(0, 9_000, 100, last=8_700.5)], hands=99) == (0, 8_670)
