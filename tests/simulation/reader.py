"""The consumer of a schedule: lists, stops and resumes, or walks page by page both ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from random import Random
from typing import cast

import attrs

from simulation.adapter import SINGLE, SimulatedAdapter
from simulation.driver import Arrived, Call, Clock, Delivered, Happening, Sent, SimulatedDriver
from simulation.faults import EXPIRED, TWINS
from simulation.rows import Question, Row, in_order, moment
from simulation.schedule import Schedule
from unified_checkout.adapters import Order, Response
from unified_checkout.client import SessionList
from unified_checkout.engine.coverage import AccountCoverage, Coverage
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.planner import Manner, Page, Planner, page_of
from unified_checkout.engine.policy import AccountState, Pace
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.surroundings import Budget, Surroundings
from unified_checkout.errors import BudgetSpent, PagingError, UnifiedCheckoutError
from unified_checkout.model.session import Session
from unified_checkout.transport import ThreadedDriver

MOST_LEGS = 40
UNFINISHED = ("not read to the end", "not taken to the end")
"""The reasons for being incomplete of which nobody but the consumer is the cause."""


@attrs.define(eq=False)
class Leg:
    """One run of a machine."""

    process: int
    """Legs of one process share the accounts' rates."""
    scan: float
    """When the scan began that it is part of: later sessions do not belong to it."""
    machine: ListMachine
    asked: int | None
    """How many sessions it may hand out at most."""
    cursor: str | None
    """The cursor that it began at."""
    origin: Leg | None
    """The leg that gave this cursor."""
    budget: Budget
    """What it may cost."""
    journal: list[Happening] = attrs.field(factory=list)
    taken: list[Session] = attrs.field(factory=list)
    """What the consumer took, in the order it was handed out."""
    error: UnifiedCheckoutError | None = None
    lost: PagingError | None = None
    """Why no place in it can be returned to."""
    ended: bool = False
    """Whether the machine came to its own end."""
    page: Page | None = None
    said: Coverage | None = None
    """What the consumer is told of it."""
    began: float = 0.0
    """When its machine took its first step."""
    finish: float = 0.0
    """When the consumer was done with it."""
    _coverage: dict[str, AccountCoverage] | None = None
    _told: defaultdict[str, list[Call]] | None = None
    _divided: dict[str, bool] = attrs.field(factory=dict)

    @property
    def forward(self) -> bool:
        """Whether it read towards older sessions."""
        return self.machine.forward

    @property
    def last(self) -> bool:
        """Whether nothing is left in its direction, as far as the consumer is told."""
        if self.page is None:
            return self.ended and self.lost is None and self.machine.exhausted
        return (self.page.next_cursor if self.forward else self.page.previous_cursor) is None

    @property
    def handed(self) -> list[Session]:
        """All that the machine handed out, taken or not."""
        batches = (event.sessions for event in self.journal if isinstance(event, Delivered))
        return list(chain.from_iterable(batches))

    def streams(self, account: str) -> int:
        """How many lists the plan reads of an account."""
        plans = {plan.account: plan for plan in self.machine.plan.accounts}
        return len(plans[account].compiled.streams)

    def ordered(self, account: str) -> bool:
        """Whether an account's lists are documented to come newest first."""
        plans = {plan.account: plan for plan in self.machine.plan.accounts}
        return plans[account].compiled.order is Order.NEWEST_FIRST

    def sorts(self, account: str) -> bool:
        """Whether an account's lists are read whole and sorted, or turned round."""
        turned = not self.forward and not any(call.backward for call in self.sent(account))
        plans = {plan.account: plan.compiled for plan in self.machine.plan.accounts}
        by_update = plans[account].in_pieces and plans[account].reach.by == "updated"
        return turned or by_update or not self.ordered(account)

    def sent(self, account: str) -> list[Call]:
        """The requests of an account."""
        return [
            event.call
            for event in self.journal
            if isinstance(event, Sent) and event.call.account == account
        ]

    def told(self, account: str) -> list[Call]:
        """The requests of an account that the machine was told the outcome of."""
        if self._told is None or not self.finish:
            self._told = defaultdict(list)
            for event in self.journal:
                if isinstance(event, Arrived):
                    self._told[event.call.account].append(event.call)
        return self._told[account]

    def lists(self, account: str) -> dict[object, list[Row]]:
        """What was read of each list of an account, as it was read, each row once.

        A page that is refused shows nothing.
        """
        lists: dict[object, list[Row]] = defaultdict(list)
        for call in self.told(account):
            if call.single or call.answered.fault is TWINS:
                continue
            shown = lists[call.stream]
            rows = [row for row, _ in call.answered.rows]
            shown.extend(row for row in (rows[::-1] if call.backward else rows) if row not in shown)
        return lists

    def in_order(self, account: str) -> bool:
        """Whether every list of an account came in order, as far as it was read."""
        backward = any(call.backward for call in self.told(account))
        lists = self.lists(account).values()
        return all(in_order(rows, forward=not backward) for rows in lists)

    def divided(self, account: str) -> bool:
        """Whether an account's list was read in several windows of time."""
        if account not in self._divided or not self.finish:
            self._divided[account] = any(
                name == "until"
                for call in self.sent(account)
                for name, _ in call.request.parameters
            )
        return self._divided[account]

    def expired(self, account: str) -> bool:
        """Whether a place in an account's list had expired."""
        return any(call.answered.fault is EXPIRED for call in self.told(account))

    def failed(self, account: str) -> bool:
        """Whether the coverage says of an account that it failed."""
        said = self.coverage()[account]
        idle = said.reason in UNFINISHED or said.reason.startswith("stopped at")
        return not said.complete and not idle

    def coverage(self) -> dict[str, AccountCoverage]:
        """What the answer says of itself, by account."""
        if self._coverage is None or not self.finish:
            said = self.said or self.machine.coverage()
            self._coverage = {one.account: one for one in said.accounts}
        return self._coverage


@attrs.define(eq=False)
class Run:
    """A schedule and what came of it."""

    schedule: Schedule
    legs: list[Leg] = attrs.field(factory=list)
    refused: UnifiedCheckoutError | None = None
    """Why nothing was asked at all."""
    broken: Exception | None = None
    """What no caller should ever see: a machine that stalls, or any untyped error."""

    def ceiling(self, leg: Leg, account: str) -> float:
        """The upper bound of an account's part of an answer, up to a leg of it.

        It is when the scan began, by the clock here; or where that is wrong what the provider
        said of its own with the first answer of all, if it says that.
        """
        if not self.schedule.clock:
            return leg.scan
        if self.schedule.providers[account].profile.timeless:
            return leg.scan + self.schedule.clock
        legs = [one for one in self.legs[: self.legs.index(leg) + 1] if one.scan == leg.scan]
        for call in (call for one in legs for call in one.told(account)):
            answer = call.answered.answer
            if isinstance(answer, Response):
                return parsedate_to_datetime(answer.headers["date"]).timestamp()
        return leg.scan + self.schedule.clock

    def question(self, leg: Leg, account: str) -> Question:
        """What is asked of an account."""
        return Question(self.schedule.query, self.ceiling(leg, account))


class Reader:
    """Reads one schedule to its end."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._random = schedule.random
        self._clock = Clock(schedule.start)
        self._run = Run(schedule)
        self._process = 0
        self._scan = schedule.start
        self._origin: Leg | None = None
        self._planner = self._new_planner()
        self._most = schedule.conduct.most
        self._begin_at = self._beside()

    def read(self) -> Run:
        """What comes of the schedule."""
        legs = self._pages() if self._schedule.conduct.mode == "pages" else self._lists()
        try:
            for leg in legs:
                leg.finish = self._clock.now
                if len(self._run.legs) == MOST_LEGS:
                    break
        except UnifiedCheckoutError as error:
            self._run.refused = error
        except Exception as error:  # noqa: BLE001
            self._run.broken = error
        return self._run

    # Listing.

    def _lists(self) -> Iterator[Leg]:
        cursor: str | None = None
        limit = self._schedule.query.limit
        while True:
            manner = self._manner(cursor)
            machine = self._planner.listing(self._schedule.query, manner)
            leg = self._begin(machine, limit, manner)
            sessions = SessionList(
                machine, cast(ThreadedDriver, self._driver(leg)), manner.on_error
            )
            self._take(leg, sessions)
            leg.said = sessions.coverage
            yield leg
            stopped = leg.error is None and not (leg.ended and machine.exhausted)
            whole = leg.error is None and leg.said.complete
            if not stopped and (whole or not self._recovered()):
                return
            cursor, self._origin = self._cursor(leg, sessions), leg
            if cursor is None:
                return
            self._pause()

    def _cursor(self, leg: Leg, sessions: SessionList) -> str | None:
        try:
            return sessions.cursor
        except PagingError as error:
            leg.lost = error
            return None

    def _take(self, leg: Leg, sessions: SessionList) -> None:
        conduct = self._schedule.conduct
        most = self._random.randint(1, 12) if conduct.mode == "resume" else None
        try:
            for session in sessions:
                leg.taken.append(session)
                if len(leg.taken) == most:
                    return
                if self._random.random() < conduct.thinks:
                    self._clock.now += self._random.choice((0.2, 5.0))
            leg.ended = True
        except UnifiedCheckoutError as error:
            leg.error = error

    # Walking page by page.

    def _pages(self) -> Iterator[Leg]:
        cursor: str | None = None
        back = False
        while True:
            leg = self._page(cursor)
            yield leg
            page = leg.page
            if leg.lost is not None:
                return
            if page is None:
                if not self._recovered():
                    return
                continue
            if not page.coverage.complete:
                self._recovered()
            if self._random.random() < 0.1:
                back = not back
            ahead = page.previous_cursor if back else page.next_cursor
            if ahead is None:
                if back or page.previous_cursor is None:
                    return
                back, ahead = True, page.previous_cursor
            self._pause()
            cursor, self._origin = ahead, leg

    def _page(self, cursor: str | None) -> Leg:
        if cursor is None:
            self._scan = self._clock.now
        manner = self._manner(cursor)
        machine = self._planner.page(self._schedule.query, manner)
        leg = self._begin(machine, self._page_size(), manner)
        try:
            sessions = [one for batch in self._driver(leg).run(machine) for one in batch]
        except UnifiedCheckoutError as error:
            leg.error = error
            return leg
        leg.taken = sessions
        leg.ended = True
        try:
            leg.page = page_of(machine, sessions)
        except PagingError as error:
            leg.lost = error
        except BudgetSpent as error:
            leg.error = error
            self._most = self._most and 2 * self._most
        return leg

    def _page_size(self) -> int:
        query, size = self._schedule.query, self._schedule.page_size
        return size if query.limit is None else min(size, query.limit)

    def _manner(self, cursor: str | None) -> Manner:
        conduct = self._schedule.conduct
        manner = Manner(cursor=cursor, on_error=conduct.on_error, budget=self._budget())
        if cursor is not None or self._schedule.begins is None:
            return manner
        if self._schedule.begins.onward:
            return attrs.evolve(manner, after=self._begin_at)
        return attrs.evolve(manner, before=self._begin_at)

    def _beside(self) -> Session | datetime | None:
        """The session or the moment beside which the consumer begins."""
        begins = self._schedule.begins
        if begins is None or begins.row is None:
            return None if begins is None else moment(begins.at)
        provider = self._schedule.providers[begins.row.account]
        return SimulatedAdapter(provider.account, provider.profile).session(begins.row)

    def _budget(self) -> Budget:
        random, thrift = self._random, self._schedule.conduct.thrift
        if self._most is not None:
            return Budget(max_requests=self._most)
        if not thrift or random.random() > thrift:
            return Budget()
        if random.random() < 0.7:
            return Budget(max_requests=random.randint(1, 6))
        return Budget(deadline=random.choice((0.1, 1.0, 4.0)))

    # What lies between.

    def _begin(self, machine: ListMachine, asked: int | None, manner: Manner) -> Leg:
        origin = None if manner.cursor is None else self._origin
        leg = Leg(self._process, self._scan, machine, asked, manner.cursor, origin, manner.budget)
        leg.began = self._clock.now
        for provider in self._schedule.providers.values():
            provider.begin()
        self._run.legs.append(leg)
        return leg

    def _driver(self, leg: Leg) -> SimulatedDriver:
        return SimulatedDriver(
            clock=self._clock,
            providers=self._schedule.providers,
            latencies=self._schedule.latencies,
            random=self._random,
            journal=leg.journal,
        )

    def _recovered(self) -> bool:
        if not self._schedule.conduct.recovers:
            return False
        for provider in self._schedule.providers.values():
            provider.weather.clear_up()
        return True

    def _pause(self) -> None:
        """Time passes between two legs; what changes meanwhile, changes unseen."""
        self._clock.now += self._random.random() * 5
        for provider in self._schedule.providers.values():
            for _ in range(4):
                if self._random.random() < provider.unrest.rate:
                    provider.change(self._clock.now, self._random)
        if self._schedule.conduct.restarts:
            self._process += 1
            self._planner = self._new_planner()

    def _budgets(self, account: str) -> dict[str, Pace]:
        rate = self._schedule.providers[account].profile.single_rate
        return {} if rate is None else {SINGLE: Pace(rate)}

    def _new_planner(self) -> Planner:
        schedule = self._schedule
        return Planner(
            Surroundings(
                adapters={
                    name: SimulatedAdapter(name, provider.profile)
                    for name, provider in schedule.providers.items()
                },
                states={
                    name: AccountState(Pace(rate), schedule.retry, self._budgets(name))
                    for name, rate in schedule.rates.items()
                },
                runtime=Runtime(
                    now=lambda: moment(self._clock.now + schedule.clock),
                    monotonic=lambda: self._clock.now,
                    random=Random(schedule.seed),
                ),
            )
        )
