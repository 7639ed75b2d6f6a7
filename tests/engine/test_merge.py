"""Merging: newest first over all lanes, ties to the earlier, and no guess about the slow."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import cast

import attrs
from hypothesis import given
from hypothesis import strategies as st
from simulation.made import sessions

from unified_checkout.engine.lane import Lane
from unified_checkout.engine.merge import merged
from unified_checkout.model.session import Session

TIMES = st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=4)


@attrs.define
class Supply:
    """What merging looks at of a lane."""

    rows: deque[Session]
    done: bool = True


def lanes(times: Sequence[Sequence[int]], *, done: bool = True, forward: bool = True) -> list[Lane]:
    supplies = [
        Supply(deque(sessions(sorted(created, reverse=forward), f"lane{number}")), done)
        for number, created in enumerate(times)
    ]
    return [cast(Lane, supply) for supply in supplies if supply.rows or not supply.done]


def everything(merging: list[Lane], limit: int | None, *, forward: bool) -> list[Session]:
    found: list[Session] = []
    while True:
        batch = merged([one for one in merging if one.rows], limit, forward=forward)
        if not batch.sessions:
            return found
        batch.take()
        found += batch.sessions
        limit = None if limit is None else limit - len(batch.sessions)


@given(TIMES)
def test_all_comes_newest_first_and_ties_go_to_the_earlier_lane(times: list[list[int]]) -> None:
    found = everything(lanes(times), None, forward=True)
    assert found == sorted(found, key=lambda one: (-one.created.timestamp(), one.account))
    assert len(found) == sum(map(len, times))


@given(TIMES)
def test_backward_is_the_same_sequence_turned_round(times: list[list[int]]) -> None:
    forward = everything(lanes(times), None, forward=True)
    backward = everything(lanes(times, forward=False), None, forward=False)
    created = [(one.created, one.account) for one in forward]
    assert [(one.created, one.account) for one in backward] == created[::-1]


@given(TIMES, st.integers(0, 10))
def test_a_limit_takes_the_first_and_leaves_the_rest(times: list[list[int]], limit: int) -> None:
    whole = everything(lanes(times), None, forward=True)
    merging = lanes(times)
    assert everything(merging, limit, forward=True) == whole[:limit]
    assert sum(len(lane.rows) for lane in merging) == len(whole[limit:])


def test_nothing_is_taken_while_a_lane_may_still_give_something_newer() -> None:
    fast, slow = lanes([[3, 2, 1], []], done=False)
    assert merged([fast, slow], None, forward=True).sessions == []
    slow.rows.extend(sessions([2], "lane1"))
    batch = merged([fast, slow], None, forward=True)
    assert [one.created.timestamp() for one in batch.sessions] == [3, 2, 2]
    batch.take()
    assert [one.created.timestamp() for one in fast.rows] == [1]


def test_a_batch_knows_where_each_lane_stands() -> None:
    merging = lanes([[5, 3], [4, 2]])
    batch = merged(merging, None, forward=True)
    first, second = (id(lane) for lane in merging)
    assert {lane: one.created.timestamp() for lane, one in batch.last(3).items()} == {
        first: 3,
        second: 4,
    }
    assert {lane: one.created.timestamp() for lane, one in batch.first(1).items()} == {
        first: 3,
        second: 4,
    }
