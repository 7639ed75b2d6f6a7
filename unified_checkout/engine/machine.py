"""The machine: events in, actions out, for many accounts at once.

It knows no clock and draws no randomness of its own, so a run can be replayed exactly. A driver
is a loop that does what the actions say; see ``unified_checkout.transport``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from random import Random
from typing import Any, Protocol

import attrs

from unified_checkout.adapters import Adapter, Direction, Paging
from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.coverage import AccountCoverage, Coverage
from unified_checkout.engine.cursor import AccountPosition, CursorState, LanePosition
from unified_checkout.engine.events import (
    Action,
    Answered,
    Deliver,
    Demand,
    Event,
    Fail,
    Failed,
    Finish,
    Send,
    Wait,
)
from unified_checkout.engine.lane import Lane
from unified_checkout.engine.merge import Batch, merged
from unified_checkout.engine.plan import Plan, first_size
from unified_checkout.engine.policy import AccountState
from unified_checkout.engine.walk import Walk
from unified_checkout.errors import ProviderError, UnifiedCheckoutError
from unified_checkout.model.session import Session


@attrs.frozen(kw_only=True)
class Surroundings:
    """What a machine is given to work with, by account name."""

    adapters: Mapping[str, Adapter[Any]]
    states: Mapping[str, AccountState]
    random: Random


class Machine(Protocol):
    """What a driver runs."""

    def step(self, event: Event, now: float) -> list[Action]:
        """Take in an event and say what to do next.

        Args:
            event: what happened; the first is ``Demand``, and so is the one after a ``Deliver``.
            now: seconds of a monotonic clock.
        """
        ...


class ListMachine:
    """One run of a plan: lists sessions of all its accounts, merged.

    Going forward the sessions come newest first; going backward, from a place in the answer
    towards newer ones, they come oldest first.
    """

    def __init__(
        self,
        plan: Plan,
        surroundings: Surroundings,
        *,
        start: CursorState,
        limit: int | None,
        report_failures: bool = False,
    ) -> None:
        self.plan = plan
        self._start = start
        self._random = surroundings.random
        self._report_failures = report_failures
        self._remaining = limit
        self.forward = start.direction is Direction.FORWARD
        self._delivered = 0
        self._batch = _NOTHING
        self._wanted = False
        self._ids = count(1)
        self._in_flight: dict[int, tuple[Lane, Walk, float]] = {}
        self._finished = False
        self._accounts: list[AccountReader] = []
        self._lanes: list[Lane] = []
        for account, place in zip(plan.accounts, start.accounts, strict=True):
            reader = AccountReader(
                account,
                surroundings.adapters[account.account],
                surroundings.states[account.account],
                direction=start.direction,
                ceiling=start.ceiling,
                start=place,
            )
            self._accounts.append(reader)
            for stream, position in zip(account.compiled.streams, place.lanes, strict=True):
                lane = Lane(reader, stream, position, accounts=len(plan.accounts))
                self._lanes.append(lane)

    def step(self, event: Event, now: float) -> list[Action]:
        """Take in an event and say what to do next."""
        if self._finished:
            return []
        if isinstance(event, Demand):
            self._wanted = True
            self._settle()
        elif isinstance(event, Answered | Failed):
            lane, walk, sent = self._in_flight.pop(event.id)
            if lane.account.failure is None:
                self._take(lane, walk, event, now)
                lane.account.observe_latency(now - sent)
        return self._next_actions(now)

    def coverage(self, unused: Iterable[Session] = ()) -> Coverage:
        """What was read so far, and what that proves.

        Args:
            unused: the sessions that were delivered and that nobody took.
        """
        left = Counter(session.account for session in unused)
        return Coverage(
            tuple(
                self._account_coverage(account, left[account.plan.account])
                for account in self._accounts
            )
        )

    def position(self, used: int) -> CursorState:
        """Where the answer would go on in the same direction.

        Args:
            used: how many sessions of the last ``Deliver`` were used; the rest is read again.

        Raises:
            PagingError: if a list is not in order and a place in it can therefore not be named.
        """
        for account in self._accounts:
            account.check_places()
        delivered = self._delivered + used
        sign = 1 if self.forward else -1
        return attrs.evolve(
            self._start,
            delivered=self._start.delivered + sign * delivered,
            accounts=tuple(
                AccountPosition(
                    lanes=lanes,
                    frontier=account.frontier(self._batch.of(account, used)),
                    in_order=account.order_held,
                    lacking=self._lacks(account),
                )
                for account, lanes in self._by_account(self._lane_positions(used))
            ),
        )

    def turned_position(self) -> CursorState | None:
        """Where the answer would go on in the other direction, from where this run began.

        None where nothing lies there, or where a provider cannot be read in that direction.

        A session that moves between the streams of a union while somebody turns round may be
        passed over, or shown again: only forward are the streams read from their beginnings.

        Raises:
            PagingError: as :meth:`position` does.
        """
        if any(account.plan.compiled.paging is not Paging.SESSION_ID for account in self._accounts):
            return None
        positions = [lane.turned_position() for lane in self._lanes]
        if all(position.done for position in positions):
            return None
        for account in self._accounts:
            account.check_places()
        return attrs.evolve(
            self._start,
            direction=Direction.BACKWARD if self.forward else Direction.FORWARD,
            accounts=tuple(
                AccountPosition(
                    lanes=lanes,
                    frontier=account.began,
                    in_order=account.order_held,
                    lacking=self._lacks(account),
                )
                for account, lanes in self._by_account(positions)
            ),
        )

    @property
    def exhausted(self) -> bool:
        """Whether nothing lies ahead of what was delivered, or ever will."""
        return all(
            lane.account.plan.refused or (lane.done and not lane.rows) for lane in self._lanes
        )

    def taken(self, sessions: list[Session], untaken: int) -> int:
        """How many sessions of the last ``Deliver`` were taken, if these are what it delivered."""
        return len(sessions) - untaken if sessions is self._batch.sessions else 0

    @property
    def undelivered(self) -> tuple[Session, ...]:
        """Sessions that were read and match, and were not handed out, newest first."""
        rows = [session for lane in self._lanes for session in lane.unread]
        return tuple(sorted(rows, key=lambda session: session.created, reverse=True))

    # Taking in.

    def _take(self, lane: Lane, walk: Walk, event: Answered | Failed, now: float) -> None:
        try:
            lane.take(walk, event, now, self._random)
        except ProviderError as error:
            lane.account.failure = error

    def _settle(self) -> None:
        """The last batch was used: nothing of it is needed any more."""
        used = self._batch.last(len(self._batch.sessions))
        for lane in self._lanes:
            lane.settle(used.get(id(lane)))
        for account in self._accounts:
            account.settle(self._batch.of(account, len(self._batch.sessions)))
        self._delivered, self._batch = self._delivered + len(self._batch.sessions), _NOTHING

    # Giving out.

    def _next_actions(self, now: float) -> list[Action]:
        if not self._wanted:
            return []
        failure = self._failure()
        if failure is not None:
            return [self._fail(failure)]
        live = self._live()
        self._batch = merged(live, self._remaining, forward=self.forward)
        if self._batch.sessions:
            self._wanted = False
            self._note_what_is_lacking(live)
            self._batch.take()
            self._count_delivery()
            ahead = [lane for lane in self._reading() if lane.divided]
            return [*self._requests(ahead, now), Deliver(self._batch.sessions)]
        if self._remaining == 0 or not live:
            self._finished = True
            return [Finish()]
        return self._requests(self._reading(), now)

    def _requests(self, lanes: list[Lane], now: float) -> list[Action]:
        actions: list[Action] = []
        wake: float | None = None
        for lane in lanes:
            wanted = self._wanted and (self._runs_dry(lane) or self._leads(lane))
            size = first_size(lane.account.plan, self._remaining)
            for walk in lane.due(wanted, self._remaining):
                exchange = walk.next_exchange(size)
                if exchange.sent:
                    continue
                ready_at = exchange.clear_at(now)
                if ready_at <= now:
                    number = next(self._ids)
                    self._in_flight[number] = lane, walk, now
                    actions.append(Send(number, lane.account.plan.account, exchange.start(now)))
                else:
                    wake = ready_at if wake is None else min(wake, ready_at)
        if wake is not None:
            actions.append(Wait(wake))
        return actions

    def _reading(self) -> list[Lane]:
        """The lanes to read now: of each account the first that is not read far enough."""
        reading: dict[int, Lane] = {}
        for lane in self._live():
            enough = self._remaining is not None and len(lane.rows) >= self._remaining
            if not (lane.done or enough or lane.account.failure):
                reading.setdefault(id(lane.account), lane)
        return list(reading.values())

    def _runs_dry(self, lane: Lane) -> bool:
        """Whether to read a lane on: in a merge already while its last page is handed out.

        Otherwise each account would wait while another one is read.
        """
        merging = len(self._accounts) > 1 and self._remaining is None
        return len(lane.rows) < (lane.account.plan.page_size if merging else 1)

    def _leads(self, lane: Lane) -> bool:
        """Whether another stream of the same account waits for this one to be read."""
        mine = [other for other in self._lanes if other.account is lane.account]
        return lane is not mine[-1]

    def _live(self) -> list[Lane]:
        """The lanes that may still give sessions: of a failed account as far as all are read."""
        cut_off = {
            id(lane.account)
            for lane in self._lanes
            if lane.account.failure is not None and not lane.rows and not lane.done
        }
        return [
            lane
            for lane in self._lanes
            if id(lane.account) not in cut_off and (lane.rows or not lane.done)
        ]

    def _note_what_is_lacking(self, live: list[Lane]) -> None:
        """Sessions are handed out past the place where a failed account could not be read on."""
        reached = {id(lane.account) for lane in live}
        for lane in self._lanes:
            if lane.account.failure and not lane.done and id(lane.account) not in reached:
                lane.account.lacking = True

    def _count_delivery(self) -> None:
        for lane in self._batch.lanes:
            lane.account.tally.delivered += 1
        if self._remaining is not None:
            self._remaining -= len(self._batch.sessions)

    def _failure(self) -> UnifiedCheckoutError | None:
        if self._report_failures:
            return None
        return next((account.failure for account in self._accounts if account.failure), None)

    def _fail(self, error: UnifiedCheckoutError) -> Fail:
        self._finished = True
        if isinstance(error, ProviderError):
            error.sessions = self.undelivered
            error.coverage = self.coverage()
        return Fail(error)

    # Positions.

    def _lane_positions(self, used: int) -> list[LanePosition]:
        last = self._batch.last(used)
        pending = self._batch.first(used)
        positions = []
        feeding: set[int] = set()
        for lane in self._lanes:
            ahead = pending.get(id(lane)) or (lane.rows[0] if lane.rows else None)
            fed = id(lane.account) in feeding
            positions.append(lane.position(last.get(id(lane)), ahead, fed=fed))
            if ahead is not None or not lane.done:
                feeding.add(id(lane.account))
        return positions

    def _by_account(
        self, positions: list[LanePosition]
    ) -> Iterator[tuple[AccountReader, tuple[LanePosition, ...]]]:
        """The accounts, each with those of the lanes' positions that are its own."""
        rest = iter(positions)
        for account in self._accounts:
            yield account, tuple(next(rest) for _ in account.plan.compiled.streams)

    # Proving.

    def _account_coverage(self, account: AccountReader, unused: int) -> AccountCoverage:
        complete, reason = self._verdict(account, unused)
        return account.coverage(complete=complete, reason=reason, unused=unused)

    def _verdict(self, account: AccountReader, unused: int) -> tuple[bool, str]:
        lanes = [lane for lane in self._lanes if lane.account is account]
        if account.failure is not None:
            return False, str(account.failure)
        if not lanes:
            return True, "no session of it can match"
        if not account.order_held and any(lane.left_early for lane in lanes):
            return False, "left early, and then seen not to be in order"
        if unused:
            return False, "not taken to the end"
        read = all(lane.done for lane in lanes)
        if self._remaining == 0 and not read:
            return self._verdict_at_limit(account)
        if self._remaining != 0 and any(lane.rows for lane in lanes):
            return False, "not taken to the end"
        return (True, "read to the end") if read else (False, "not read to the end")

    def _verdict_at_limit(self, account: AccountReader) -> tuple[bool, str]:
        if account.lacking:
            return False, "an earlier failure left sessions out, and the limit is used up"
        if not account.order_held:
            return False, "read as far as the limit needs, and seen not to be in order"
        return True, "read as far as the limit needs"

    def _lacks(self, account: AccountReader) -> bool:
        """Whether sessions of an account may be missing before the place that was reached."""
        mine = [lane for lane in self._lanes if lane.account is account]
        return account.lacking and not all(lane.done for lane in mine)


_NOTHING = Batch([], [])


def first_position(plan: Plan) -> CursorState:
    """The beginning of a plan's answer."""
    direction = plan.direction
    return CursorState(
        fingerprint=plan.fingerprint,
        ceiling=plan.ceiling,
        direction=direction,
        delivered=0,
        accounts=tuple(
            AccountPosition(
                lanes=(LanePosition(cursor=account.compiled.start),) * len(account.compiled.streams)
            )
            for account in plan.accounts
        ),
    )
