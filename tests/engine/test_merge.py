"""Merging: newest first over all accounts, ties to the earlier, and no guess about the slow."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import attrs
from hypothesis import given
from hypothesis import strategies as st
from simulation.made import sessions
from simulation.rows import moment

from unified_checkout.adapters import Direction
from unified_checkout.engine.merge import Batch, merged
from unified_checkout.engine.position import beginning, ending
from unified_checkout.engine.reading import AccountReading
from unified_checkout.model.session import Session

TIMES = st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=4)
KNOWN = st.integers(0, 6)
FORWARD = st.booleans()


@attrs.define(eq=False)
class Supplied:
    """What merging looks at of an account's reading."""

    ready: deque[Session]
    done: bool
    reach: datetime


def readings(
    times: Sequence[Sequence[int]], *, done: bool = True, forward: bool = True
) -> list[Supplied]:
    direction = Direction.FORWARD if forward else Direction.BACKWARD
    reach = ending(direction) if done else beginning(direction)
    return [
        Supplied(deque(sessions(sorted(created, reverse=forward), f"account{number}")), done, reach)
        for number, created in enumerate(times)
    ]


def merge(merging: Sequence[Supplied], limit: int | None = None, *, forward: bool = True) -> Batch:
    return merged(cast(list[AccountReading], list(merging)), limit, forward=forward)


def take(batch: Batch) -> None:
    """Take what was merged from the readings that it came from."""
    for owner, number in Counter(batch.owners).items():
        for _ in range(number):
            owner.ready.popleft()


def everything(merging: list[Supplied], limit: int | None, *, forward: bool) -> list[Session]:
    found: list[Session] = []
    while True:
        batch = merge(merging, limit, forward=forward)
        if not batch.sessions:
            return found
        take(batch)
        found += batch.sessions
        limit = None if limit is None else limit - len(batch.sessions)


@given(TIMES)
def test_all_comes_newest_first_and_ties_go_to_the_earlier_account(times: list[list[int]]) -> None:
    found = everything(readings(times), None, forward=True)
    assert found == sorted(found, key=lambda one: (-one.created.timestamp(), one.account))
    assert len(found) == sum(map(len, times))


@given(TIMES)
def test_backward_is_the_same_sequence_turned_round(times: list[list[int]]) -> None:
    forward = everything(readings(times), None, forward=True)
    backward = everything(readings(times, forward=False), None, forward=False)
    created = [(one.created, one.account) for one in forward]
    assert [(one.created, one.account) for one in backward] == created[::-1]


@given(TIMES, st.integers(0, 10))
def test_a_limit_takes_the_first_and_leaves_the_rest(times: list[list[int]], limit: int) -> None:
    whole = everything(readings(times), None, forward=True)
    merging = readings(times)
    assert everything(merging, limit, forward=True) == whole[:limit]
    assert sum(len(one.ready) for one in merging) == len(whole[limit:])


def test_nothing_is_taken_while_an_account_may_still_give_something_newer() -> None:
    fast, slow = readings([[3, 2, 1], []], done=False)
    assert merge([fast, slow]).sessions == []
    slow.ready.extend(sessions([2], "account1"))
    slow.reach = moment(2)
    batch = merge([fast, slow])
    assert [one.created.timestamp() for one in batch.sessions] == [3, 2, 2]
    take(batch)
    assert [one.created.timestamp() for one in fast.ready] == [1]


def test_what_comes_before_all_that_a_slow_account_may_still_give_is_taken() -> None:
    """Of one moment, what an earlier account has comes first, so that it need not wait."""
    fast, slow = readings([[5, 4, 3, 2], []], done=False)
    slow.reach = moment(3)
    assert [one.created.timestamp() for one in merge([fast, slow]).sessions] == [5, 4, 3]
    assert [one.created.timestamp() for one in merge([slow, fast]).sessions] == [5, 4]


@given(st.lists(st.tuples(st.lists(st.integers(0, 5), max_size=6), KNOWN), max_size=4), FORWARD)
def test_what_is_taken_is_how_the_answer_begins_whatever_comes_later(
    accounts: list[tuple[list[int], int]], forward: bool
) -> None:
    times = [created for created, _ in accounts]
    merging = readings(times, forward=forward)
    for one, (created, known) in zip(merging, accounts, strict=True):
        if known < len(created):
            rows = list(one.ready)
            one.ready, one.done, one.reach = deque(rows[:known]), False, rows[known].created
    whole = everything(readings(times, forward=forward), None, forward=forward)
    taken = merge(merging, forward=forward).sessions
    assert taken == whole[: len(taken)]
    assert all(one.done for one in merging) <= (taken == whole)


def test_a_batch_knows_whose_each_session_is() -> None:
    north, south = readings([[5, 3], [4, 2]])
    assert [id(one) for one in merge([north, south]).owners] == [*[id(north), id(south)] * 2]
