"""How far a stretch was read."""

from __future__ import annotations

from datetime import timedelta

from engine.handmade import NOW, Handmade, rows
from engine.world import World

from unified_checkout.adapters import Direction, ProviderPage
from unified_checkout.engine.counts import Counts
from unified_checkout.engine.supply import Progress
from unified_checkout.model.session import Session


def _read(direction: Direction, sessions: list[Session]) -> list[int]:
    """How many rows of a list lie no further than what was read, after each single page."""
    counts, found = Counts(direction), []
    for session in sessions:
        counts.add(ProviderPage(sessions=[session], next=None, more=True), [session], [session], 1)
        last = counts.progress.last
        assert last is not None
        forward = direction is Direction.FORWARD
        passed = [
            one for one in sessions if (one.created >= last) is forward or one.created == last
        ]
        found.append(len(passed))
    return found


def test_a_page_that_comes_once_more_leads_no_way_back() -> None:
    """Of pages that are counted off, an arrival shifts one that was read to the next count."""
    listed = World(Handmade(rows=rows(NOW, NOW - 1, NOW - 2))).ask().sessions
    first, second, third = listed
    assert _read(Direction.FORWARD, [first, third, second]) == [1, 3, 3]
    assert _read(Direction.BACKWARD, [third, first, second]) == [1, 3, 3]


def test_a_page_reaches_as_far_as_its_last_row_in_reading_order() -> None:
    listed = World(Handmade(rows=rows(NOW, NOW - 1, NOW - 2))).ask().sessions
    for direction, last in ((Direction.FORWARD, listed[-1]), (Direction.BACKWARD, listed[0])):
        counts = Counts(direction)
        counts.add(ProviderPage(sessions=listed, next=None, more=False), listed, listed, 3)
        assert counts.progress == Progress(3, listed[0].created, last.created)


def test_what_is_missing_goes_by_the_least_that_a_page_said() -> None:
    """A list of three to which two arrive while it is read lacks none."""
    counts = Counts(Direction.FORWARD)
    assert counts.progress == Progress(0, None, None)
    listed = World(Handmade(rows=rows(NOW, NOW - 1, NOW - 2))).ask().sessions
    for session, total in zip(listed, [3, 5, 4], strict=True):
        page = ProviderPage(sessions=[session], next=None, more=True, total=total)
        counts.add(page, [session], [session], 1)
        assert counts.missing == 3 - counts.progress.rows


def test_a_page_spans_the_time_between_its_ends() -> None:
    """From which follows how far the next one is likely to reach."""
    listed = World(Handmade(rows=rows(NOW, NOW - 1, NOW - 9))).ask().sessions
    counts = Counts(Direction.FORWARD)
    assert counts.page_span is None
    for read, seconds in ((listed, 9), ([], 9), (listed[:2], 1), (listed[::-1], 9)):
        counts.add(ProviderPage(sessions=read, next=None, more=True), read, read, len(read))
        assert counts.page_span == timedelta(seconds=seconds)
