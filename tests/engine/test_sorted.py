"""``Sorted`` by itself: what it keeps, drops and hands out, however what it sorts is sent."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import cast

import pytest
from engine.scripted import Scripted
from simulation.made import session, sessions
from simulation.rows import moment

from unified_checkout.adapters import Direction, Order, Window
from unified_checkout.engine import sorting
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import Frontier, beginning, ending
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.sorting import Sorted
from unified_checkout.engine.supply import Need, Progress
from unified_checkout.engine.windows import Divider, Windows
from unified_checkout.model.session import Session

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
DIRECTIONS = pytest.mark.parametrize("direction", Direction)
ORDERS = pytest.mark.parametrize("order", Order)


def scope_of(
    direction: Direction = FORWARD,
    order: Order = Order.UNDOCUMENTED,
    by: str = "created",
    start: Frontier | None = None,
) -> Scope:
    """All that sorting knows of an account."""

    def joined(told: Iterable[Session]) -> Iterable[Session]:
        return told

    compiled = SimpleNamespace(order=order, reach=SimpleNamespace(by=by))
    return cast(
        Scope,
        SimpleNamespace(
            direction=direction,
            start=start,
            plan=SimpleNamespace(compiled=compiled),
            told=SimpleNamespace(joined=joined),
            least_latency=0.0,
        ),
    )


def ids(found: Iterable[Session]) -> str:
    return "".join(one.id for one in found)


def named(moments: dict[str, float]) -> list[Session]:
    """Sessions of these moments, in the order in which they are sent."""
    return [session(id, created) for id, created in moments.items()]


@DIRECTIONS
@pytest.mark.parametrize("start", [None, Frontier(moment(50))])
def test_nothing_is_handed_out_or_passed_before_all_was_read(
    direction: Direction, start: Frontier | None
) -> None:
    supply = Scripted()
    found = Sorted(scope_of(direction, start=start), supply)
    reach = beginning(direction) if start is None else start.created
    read = sessions([1, 3, 2])
    for one in read[:2]:
        supply.read([one])
        assert one in found.kept()
        found.refresh()
        assert (list(found.ready), found.done, found.reach) == ([], False, reach)
        assert found.kept()[-1] is one
    supply.read(read[2:], done=True)
    assert not found.done
    found.refresh()
    assert found.done
    assert found.reach == ending(direction)
    assert sorted(one.id for one in found.kept()) == ["north-0", "north-1", "north-2"]
    assert list(found.ready) == found.kept()
    assert supply.taken == 3
    assert supply.refreshed == 4


def test_what_was_read_before_it_was_sorted_is_handed_out_at_once() -> None:
    supply = Scripted()
    supply.read(named({"a": 1, "b": 2}), done=True)
    found = Sorted(scope_of(), supply)
    assert (ids(found.ready), found.done) == ("ba", True)


SENT = {"a": 1.0, "b": 2.0, "c": 2.0, "d": 3.0}
"""As a list that comes oldest first sends them."""


@pytest.mark.parametrize(
    ("order", "sent", "answer"),
    [
        (Order.OLDEST_FIRST, "abcd", "dcba"),
        (Order.NEWEST_FIRST, "dcba", "dcba"),
        (Order.NEWEST_FIRST, "dbca", "dbca"),
        (Order.UNDOCUMENTED, "bacd", "dbca"),
        (Order.UNDOCUMENTED, "cdab", "dcba"),
    ],
)
def test_of_one_moment_sessions_come_as_a_list_newest_first_would_show_them(
    order: Order, sent: str, answer: str
) -> None:
    supply = Scripted()
    supply.read(named({id: SENT[id] for id in sent}), done=True)
    assert ids(Sorted(scope_of(FORWARD, order), supply).ready) == answer
    supply.read(named({id: SENT[id] for id in sent}), done=True)
    assert ids(Sorted(scope_of(BACKWARD, order), supply).ready) == answer[::-1]


def test_all_that_is_to_be_read_is_wanted_of_what_it_sorts_whatever_is_needed() -> None:
    reader = cast(PageReader, object())
    supply = Scripted(reader)
    supply.left_early, supply.progress = True, Progress(3, moment(9), moment(2))
    found = Sorted(scope_of(), supply)
    assert found.wanted(Need(7, now=True)) == found.wanted(Need(7, now=False)) == (reader,)
    assert supply.needs == [Need(None, now=True), Need(None, now=False)]
    assert list(found.readers()) == [reader]
    assert (found.narrow(reader), supply.narrowed) == (True, [reader])
    assert (found.left_early, found.progress) == (True, supply.progress)


def test_what_is_taken_is_counted_and_no_place_tells_of_it() -> None:
    supply = Scripted()
    supply.read(named({"a": 1, "b": 2, "c": 3}), done=True)
    found = Sorted(scope_of(), supply)
    assert found.taken == 0
    found.take(2)
    found.take(0)
    assert (ids(found.ready), found.taken) == ("a", 2)
    found.take(1)
    assert (ids(found.ready), found.taken) == ("", 3)
    assert (found.places(1), found.turned()) == ((), ())


# With a limit.


@DIRECTIONS
@ORDERS
@pytest.mark.parametrize("apart", [0, 1, -1])
def test_what_is_dropped_would_have_come_last(
    monkeypatch: pytest.MonkeyPatch, direction: Direction, order: Order, apart: int
) -> None:
    """However many pages come, and though all may be of one moment."""
    monkeypatch.setattr(sorting, "_ROOM", 1)
    sent = sessions(apart * (number // 4) for number in range(40))
    whole = Scripted()
    whole.read(sent, done=True)
    answer = list(Sorted(scope_of(direction, order), whole).ready)
    supply = Scripted()
    found = Sorted(scope_of(direction, order), supply)
    found.wanted(Need(3, now=True))
    for number in range(0, 40, 2):
        supply.read(sent[number : number + 2], done=number == 38)
        found.refresh()
        assert len(found.kept()) <= 2 * 3 + 1
    assert list(found.ready)[:3] == answer[:3]


@pytest.mark.parametrize(("read", "kept"), [(9, 9), (10, 3), (11, 3)])
def test_so_many_are_kept_before_any_is_dropped(
    monkeypatch: pytest.MonkeyPatch, read: int, kept: int
) -> None:
    monkeypatch.setattr(sorting, "_ROOM", 3)
    supply = Scripted()
    found = Sorted(scope_of(), supply)
    found.wanted(Need(3, now=True))
    supply.read(sessions(range(read)))
    found.refresh()
    assert len(found.kept()) == kept
    supply.done = True
    found.refresh()
    assert len(found.ready) == kept
    assert found.done is (read == kept)
    assert found.reach == (ending(FORWARD) if read == kept else moment(read - 3))


def windows(script: Scripted, by: str, direction: Direction) -> tuple[Windows, Scope]:
    """A span read in one window."""

    def learn(part: object) -> None:
        pass

    divider = SimpleNamespace(begin=lambda span: (span, None), by_pieces=False, learn=learn)
    scope = scope_of(direction, by=by)
    return Windows(scope, Window(), lambda window: script, cast(Divider, divider)), scope


@pytest.mark.parametrize(
    ("by", "direction", "ends"),
    [
        ("updated", FORWARD, True),
        ("updated", BACKWARD, False),
        ("created", FORWARD, False),
        ("created", BACKWARD, False),
    ],
)
def test_windows_end_early_where_what_was_not_updated_since_was_created_before(
    by: str, direction: Direction, ends: bool
) -> None:
    script = Scripted()
    supply, scope = windows(script, by, direction)
    found = Sorted(scope, supply)
    found.wanted(Need(1, now=True))
    script.read(sessions([9]))
    assert supply.enough(moment(1)) is ends


@pytest.mark.parametrize(
    ("most", "since", "enough"),
    [(2, 6, True), (2, 7, False), (3, 6, False), (3, 5, True), (None, 1, False)],
)
def test_few_that_were_created_since_are_enough_if_the_answer_needs_no_more(
    most: int | None, since: int, enough: bool
) -> None:
    script = Scripted()
    supply, scope = windows(script, "updated", FORWARD)
    found = Sorted(scope, supply)
    found.wanted(Need(most, now=True))
    script.read(sessions([1, 5, 9]))
    found.refresh()
    script.read(sessions([6], "south"))
    assert supply.enough(moment(since)) is enough
    script.done = True
    found.refresh()
    left = [at for at in (9, 6, 5, 1) if not enough or at >= since]
    assert [one.created for one in found.ready] == [moment(at) for at in left]
    assert found.done is not enough
    assert found.reach == (moment(left[-1]) if enough else ending(FORWARD))
