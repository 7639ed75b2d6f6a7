"""How far a stretch was read."""

from __future__ import annotations

from engine.handmade import NOW, Handmade, World, rows

from unified_checkout.adapters import Direction, ProviderPage
from unified_checkout.engine.counts import Counts
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
