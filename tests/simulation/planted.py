"""Deliberate faults in the engine and in the adapter, each with the laws that it breaks.

A law that no planted fault breaks would prove nothing, and neither would a simulation that
does not find them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from random import Random
from typing import Any

import attrs
from pytest import MonkeyPatch

from simulation.adapter import SimulatedAdapter
from simulation.law import Law
from unified_checkout.adapters import (
    Compiled,
    Direction,
    Place,
    ProviderPage,
    Pushdown,
    Request,
    Response,
    Stream,
)
from unified_checkout.adapters.rules import Pushed, push_bound
from unified_checkout.engine import machine as machine_module
from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.cursor import CursorState, LanePosition
from unified_checkout.engine.events import Action, Answered, Event, Fail, Failed, Send, Wait
from unified_checkout.engine.exchange import Exchange
from unified_checkout.engine.lane import Lane
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.merge import Batch, merged
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.policy import Pace, RetryPolicy
from unified_checkout.engine.seen import Seen
from unified_checkout.engine.walk import Walk
from unified_checkout.errors import (
    PermissionDenied,
    ProviderError,
    RateLimited,
    UnifiedCheckoutError,
    UnreadableBody,
)
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

Plant = Callable[[MonkeyPatch], None]


@attrs.frozen
class PlantedFault:
    """A way to break what is simulated."""

    name: str
    law: Law
    """The law that must catch it; it may break others too."""
    plant: Plant


FAULTS: list[PlantedFault] = []


def breaks(law: Law) -> Callable[[Plant], Plant]:
    """Enter a fault into the list."""

    def enter(plant: Plant) -> Plant:
        FAULTS.append(PlantedFault(plant.__name__, law, plant))
        return plant

    return enter


def instead(patch: MonkeyPatch, owner: Any, name: str, build: Callable[[Any], Any]) -> None:
    """Replace a function by what ``build`` makes of it."""
    patch.setattr(owner, name, build(getattr(owner, name)))


# In the adapter.


def _changed_page(patch: MonkeyPatch, change: Callable[[ProviderPage], ProviderPage]) -> None:
    def build(parse: Any) -> Any:
        def parse_page(self: Any, response: Response, place: Place) -> ProviderPage:
            return change(parse(self, response, place))

        return parse_page

    instead(patch, SimulatedAdapter, "parse_page", build)


def _changed_plan(patch: MonkeyPatch, change: Callable[[Compiled], Compiled]) -> None:
    def build(compile_: Any) -> Any:
        def compile_query(self: Any, query: ListSessions) -> Compiled:
            return change(compile_(self, query))

        return compile_query

    instead(patch, SimulatedAdapter, "compile", build)


@breaks(Law.COMPLETE)
def drops_the_last_row_of_a_page(patch: MonkeyPatch) -> None:
    _changed_page(
        patch,
        lambda page: attrs.evolve(page, sessions=page.sessions[: max(1, len(page.sessions) - 1)]),
    )


@breaks(Law.COMPLETE)
def ignores_has_more(patch: MonkeyPatch) -> None:
    _changed_page(patch, lambda page: attrs.evolve(page, more=False))


@breaks(Law.COMPLETE)
def truncates_a_bound(patch: MonkeyPatch) -> None:
    def build(push: Any) -> Any:
        def push_created(self: SimulatedAdapter, predicate: Predicate) -> Pushed:
            pushed: Pushed = push(self, predicate)
            if pushed.verdict.pushdown is not Pushdown.INEXACT:
                return pushed
            second = str(int(predicate.value.timestamp()))
            return push_bound(predicate, Pushdown.INEXACT, f"created{predicate.operator}", second)

        return push_created

    instead(patch, SimulatedAdapter, "push_created", build)


@breaks(Law.BELONGS)
def forgets_the_filters_after_page_one(patch: MonkeyPatch) -> None:
    def build(request: Any) -> Any:
        def page_request(self: Any, compiled: Compiled, stream: Stream, place: Place) -> Request:
            if place.cursor is not None:
                stream = attrs.evolve(stream, parameters=())
            answer: Request = request(self, compiled, stream, place)
            return answer

        return page_request

    instead(patch, SimulatedAdapter, "page_request", build)


@breaks(Law.BELONGS)
def calls_an_inexact_filter_exact(patch: MonkeyPatch) -> None:
    _changed_plan(
        patch,
        lambda compiled: attrs.evolve(
            compiled,
            verdicts=tuple(
                attrs.evolve(verdict, pushdown=Pushdown.EXACT)
                if verdict.pushdown is Pushdown.INEXACT
                else verdict
                for verdict in compiled.verdicts
            ),
        ),
    )


@breaks(Law.COMPLETE)
def reads_the_later_state_first(patch: MonkeyPatch) -> None:
    _changed_plan(
        patch, lambda compiled: attrs.evolve(compiled, streams=compiled.streams[::-1])
    )


@breaks(Law.BELONGS)
def forgets_one_exact_filter(patch: MonkeyPatch) -> None:
    _changed_plan(
        patch,
        lambda compiled: attrs.evolve(
            compiled,
            streams=tuple(
                attrs.evolve(stream, parameters=stream.parameters[:-1])
                for stream in compiled.streams
            ),
        ),
    )


# In reading a list.


@breaks(Law.TOLD)
def treats_a_403_as_the_end(patch: MonkeyPatch) -> None:
    _ends_at(patch, PermissionDenied)


@breaks(Law.COMPLETE)
def treats_an_unreadable_body_as_the_end(patch: MonkeyPatch) -> None:
    def build(parse: Any) -> Any:
        def parse_page(self: Any, response: Response, place: Place) -> ProviderPage:
            try:
                page: ProviderPage = parse(self, response, place)
            except UnreadableBody:
                return ProviderPage(sessions=[], next=None, more=False)
            return page

        return parse_page

    instead(patch, SimulatedAdapter, "parse_page", build)


def _ends_at(patch: MonkeyPatch, kind: type[ProviderError]) -> None:
    def build(answer: Any) -> Any:
        def forgiving(self: Walk, response: Response, now: float, random: Random) -> list[Session]:
            try:
                rows: list[Session] = answer(self, response, now, random)
            except kind:
                self.done = True
                self.exchange = None
                return []
            return rows

        return forgiving

    instead(patch, Walk, "answer", build)


def _after_page(patch: MonkeyPatch, then: Callable[[Walk, ProviderPage], None]) -> None:
    def build(take: Any) -> Any:
        def taking(self: Walk, page: ProviderPage) -> list[Session]:
            rows: list[Session] = take(self, page)
            then(self, page)
            return rows

        return taking

    instead(patch, Walk, "_take", build)


@breaks(Law.COMPLETE)
def stops_at_a_short_page(patch: MonkeyPatch) -> None:
    def then(walk: Walk, page: ProviderPage) -> None:
        walk.done = walk.done or len(page.sessions) < walk.place.size

    _after_page(patch, then)


@breaks(Law.FRUGAL)
def reads_on_after_the_end(patch: MonkeyPatch) -> None:
    def then(walk: Walk, page: ProviderPage) -> None:
        walk.done = not page.sessions

    _after_page(patch, then)


@breaks(Law.COMPLETE)
def takes_has_more_with_empty_data_for_the_end(patch: MonkeyPatch) -> None:
    def build(check: Any) -> Any:
        def lenient(self: Walk, page: ProviderPage) -> None:
            if page.sessions:
                check(self, page)

        return lenient

    instead(patch, Walk, "_check_advance", build)


@breaks(Law.ENDS)
def follows_a_list_that_does_not_advance(patch: MonkeyPatch) -> None:
    patch.setattr(Walk, "_check_advance", lambda self, page: None)
    patch.setattr(Seen, "repeated", _flags_without_alarm)
    _changed_page(
        patch, lambda page: attrs.evolve(page, more=page.more or None, next=page.next or "")
    )


def _flags_without_alarm(self: Seen, sessions: Sequence[Session]) -> list[bool] | None:
    return None


@breaks(Law.ONCE)
def removes_no_duplicates(patch: MonkeyPatch) -> None:
    patch.setattr(Seen, "repeated", _flags_without_alarm)


@breaks(Law.COMPLETE)
def reads_the_streams_of_a_union_at_once(patch: MonkeyPatch) -> None:
    def reading(self: ListMachine) -> list[Lane]:
        return [lane for lane in self._live() if not (lane.done or lane.account.failure)]

    patch.setattr(ListMachine, "_reading", reading)


@breaks(Law.ONCE)
def reads_windows_that_overlap(patch: MonkeyPatch) -> None:
    def build(cut: Any) -> Any:
        def overlapping(self: Walk, at: int) -> Walk:
            rest: Walk = cut(self, at)
            assert rest.window is not None
            rest.window = attrs.evolve(rest.window, until=at + 1)
            return rest

        return overlapping

    instead(patch, Walk, "cut", build)


@breaks(Law.COMPLETE)
def reads_windows_with_a_gap(patch: MonkeyPatch) -> None:
    def build(cut: Any) -> Any:
        def gaping(self: Walk, at: int) -> Walk:
            rest: Walk = cut(self, at)
            assert rest.window is not None
            rest.window = attrs.evolve(rest.window, until=at - 1)
            return rest

        return gaping

    instead(patch, Walk, "cut", build)


# In choosing the sessions.


@breaks(Law.BELONGS)
def drops_the_residual(patch: MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def without_tests(self: AccountReader, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            self._tests = []

        return without_tests

    instead(patch, AccountReader, "__init__", build)


@breaks(Law.BELONGS)
def does_not_freeze_the_upper_bound(patch: MonkeyPatch) -> None:
    def build(matching: Any) -> Any:
        def unbounded(self: AccountReader, sessions: Sequence[Session]) -> list[Session]:
            frozen = self.ceiling
            self.ceiling = max([frozen, *(session.created for session in sessions)])
            rows: list[Session] = matching(self, sessions)
            self.ceiling = frozen
            return rows

        return unbounded

    instead(patch, AccountReader, "matching", build)


@breaks(Law.COMPLETE)
def stops_early_though_the_order_was_seen_broken(patch: MonkeyPatch) -> None:
    def build(beyond: Any) -> Any:
        def credulous(self: AccountReader, session: Session) -> bool:
            held, self.order_held = self.order_held, True
            stop: bool = beyond(self, session)
            self.order_held = held
            return stop

        return credulous

    instead(patch, AccountReader, "beyond", build)


@breaks(Law.FRUGAL)
def never_stops_early(patch: MonkeyPatch) -> None:
    patch.setattr(AccountReader, "beyond", lambda self, session: False)


@breaks(Law.ONCE)
def forgets_what_a_union_showed(patch: MonkeyPatch) -> None:
    patch.setattr(AccountReader, "_not_shown", lambda self, sessions: sessions)


@breaks(Law.ONCE)
def forgets_what_a_union_showed_before_the_cursor(patch: MonkeyPatch) -> None:
    patch.setattr(AccountReader, "_behind_start", lambda self, session: False)


@breaks(Law.ORDER)
def calls_every_list_orderly(patch: MonkeyPatch) -> None:
    patch.setattr(Seen, "_watch_order", lambda self, created: None)


# In handing out.


@breaks(Law.FRUGAL)
def pushes_the_limit_under_a_residual(patch: MonkeyPatch) -> None:
    def first_size(plan: AccountPlan, limit: int | None) -> int:
        return plan.page_size if limit is None else min(plan.page_size, limit)

    patch.setattr(machine_module, "first_size", first_size)


@breaks(Law.FRUGAL)
def asks_for_full_pages_whatever_the_limit(patch: MonkeyPatch) -> None:
    patch.setattr(machine_module, "first_size", lambda plan, limit: plan.page_size)


@breaks(Law.LIMIT)
def hands_out_one_more_than_the_limit(patch: MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def generous(self: ListMachine, *args: Any, limit: int | None, **kwargs: Any) -> None:
            init(self, *args, limit=limit and limit + 1, **kwargs)

        return generous

    instead(patch, ListMachine, "__init__", build)


@breaks(Law.ORDER)
def merges_without_waiting_for_the_slow(patch: MonkeyPatch) -> None:
    def impatient(lanes: Sequence[Lane], limit: int | None, *, forward: bool) -> Batch:
        return merged([lane for lane in lanes if lane.rows], limit, forward=forward)

    patch.setattr(machine_module, "merged", impatient)


@breaks(Law.TIES)
def gives_ties_to_the_later_account(patch: MonkeyPatch) -> None:
    def turned(lanes: Sequence[Lane], limit: int | None, *, forward: bool) -> Batch:
        return merged(lanes[::-1], limit, forward=forward)

    patch.setattr(machine_module, "merged", turned)


@breaks(Law.ATTACHED)
def drops_what_was_read_when_an_account_fails(patch: MonkeyPatch) -> None:
    def build(take: Any) -> Any:
        def careless(
            self: ListMachine, lane: Lane, walk: Walk, event: Answered | Failed, now: float
        ) -> None:
            take(self, lane, walk, event, now)
            if lane.account.failure is not None:
                lane.rows.clear()

        return careless

    instead(patch, ListMachine, "_take", build)


@breaks(Law.ATTACHED)
def raises_a_bare_error(patch: MonkeyPatch) -> None:
    def bare(self: ListMachine, error: UnifiedCheckoutError) -> Fail:
        self._finished = True
        return Fail(error)

    patch.setattr(ListMachine, "_fail", bare)


@breaks(Law.TOLD)
def claims_to_be_complete_though_an_account_failed(patch: MonkeyPatch) -> None:
    def build(coverage: Any) -> Any:
        def boasting(self: AccountReader, *, complete: bool, **rest: Any) -> AccountCoverage:
            failed = self.failure is not None
            said: AccountCoverage = coverage(self, complete=complete or failed, **rest)
            return said

        return boasting

    instead(patch, AccountReader, "coverage", build)


@breaks(Law.COUNTED)
def does_not_count_what_it_drops(patch: MonkeyPatch) -> None:
    def build(matching: Any) -> Any:
        def uncounted(self: AccountReader, sessions: Sequence[Session]) -> list[Session]:
            before = self.tally.rows_dropped
            rows: list[Session] = matching(self, sessions)
            self.tally.rows_dropped = before
            return rows

        return uncounted

    instead(patch, AccountReader, "matching", build)


def _changed_actions(
    patch: MonkeyPatch, change: Callable[[ListMachine, list[Action]], list[Action]]
) -> None:
    def build(step: Any) -> Any:
        def stepping(self: ListMachine, event: Event, now: float) -> list[Action]:
            return change(self, step(self, event, now))

        return stepping

    instead(patch, ListMachine, "step", build)


@breaks(Law.ENDS)
def forgets_to_say_that_it_waits(patch: MonkeyPatch) -> None:
    _changed_actions(
        patch,
        lambda machine, actions: [one for one in actions if not isinstance(one, Wait)],
    )


@breaks(Law.ENDS)
def asks_on_after_its_end(patch: MonkeyPatch) -> None:
    def change(machine: ListMachine, actions: list[Action]) -> list[Action]:
        account = machine.plan.accounts[0].account
        return actions or ([Send(0, account, Request(path="/"))] if machine._finished else [])

    _changed_actions(patch, change)


# In resuming.


def _changed_position(
    patch: MonkeyPatch, change: Callable[[Lane, Session | None, Any], LanePosition]
) -> None:
    def build(position: Any) -> Any:
        def placing(
            self: Lane, used: Session | None, pending: Session | None, *, fed: bool
        ) -> LanePosition:
            return change(self, pending, lambda: position(self, used, pending, fed=fed))

        return placing

    instead(patch, Lane, "position", build)


@breaks(Law.COMPLETE)
def advances_the_cursor_before_the_page_is_handed_out(patch: MonkeyPatch) -> None:
    _changed_position(patch, lambda lane, pending, rightly: lane.walks[0].position)


@breaks(Law.COMPLETE)
def resumes_one_row_late(patch: MonkeyPatch) -> None:
    _changed_position(
        patch,
        lambda lane, pending, rightly: LanePosition.beside(pending) if pending else rightly(),
    )


@breaks(Law.ONCE)
def resumes_a_page_early(patch: MonkeyPatch) -> None:
    _changed_position(patch, lambda lane, pending, rightly: lane.start if pending else rightly())


@breaks(Law.ONCE)
def skips_nothing_of_a_page_begun(patch: MonkeyPatch) -> None:
    _changed_position(patch, lambda lane, pending, rightly: attrs.evolve(rightly(), skip=()))


@breaks(Law.COMPLETE)
def calls_a_stream_done_that_another_may_feed(patch: MonkeyPatch) -> None:
    def build(position: Any) -> Any:
        def placing(
            self: Lane, used: Session | None, pending: Session | None, *, fed: bool
        ) -> LanePosition:
            placed: LanePosition = position(self, used, pending, fed=False)
            return placed

        return placing

    instead(patch, Lane, "position", build)


@breaks(Law.COMPLETE)
def counts_a_batch_twice_against_the_limit(patch: MonkeyPatch) -> None:
    def build(position: Any) -> Any:
        def overcounting(self: ListMachine, used: int) -> CursorState:
            state: CursorState = position(self, used)
            return attrs.evolve(state, delivered=state.delivered + used)

        return overcounting

    instead(patch, ListMachine, "position", build)


@breaks(Law.BACK)
def excludes_the_session_where_it_turns(patch: MonkeyPatch) -> None:
    patch.setattr(
        LanePosition, "turned", lambda self: attrs.evolve(self, done=False, inclusive=False)
    )


@breaks(Law.BACK)
def takes_a_page_going_back_from_its_newest(patch: MonkeyPatch) -> None:
    def build(parse: Any) -> Any:
        def parse_page(self: Any, response: Response, place: Place) -> ProviderPage:
            page: ProviderPage = parse(self, response, place)
            if place.direction is Direction.BACKWARD and page.sessions:
                return attrs.evolve(page, next=page.sessions[-1].id, sessions=page.sessions[::-1])
            return page

        return parse_page

    instead(patch, SimulatedAdapter, "parse_page", build)


# In asking.


@breaks(Law.RATE)
def asks_faster_than_the_rate(patch: MonkeyPatch) -> None:
    patch.setattr(Pace, "take", lambda self, now: now)


@breaks(Law.ADVICE)
def ignores_the_advice_to_wait(patch: MonkeyPatch) -> None:
    patch.setattr(Pace, "hold", lambda self, until: None)
    _changed_delay(patch, lambda error, attempt, delay: None if delay is None else 0.1)


def _changed_delay(
    patch: MonkeyPatch, change: Callable[[ProviderError, int, float | None], float | None]
) -> None:
    def build(delay: Any) -> Any:
        def delaying(
            self: RetryPolicy, error: ProviderError, attempt: int, random: Random
        ) -> float | None:
            return change(error, attempt, delay(self, error, attempt, random))

        return delaying

    instead(patch, RetryPolicy, "delay", build)


@breaks(Law.TRULY)
def gives_up_at_the_first_429(patch: MonkeyPatch) -> None:
    _changed_delay(
        patch, lambda error, attempt, delay: None if isinstance(error, RateLimited) else delay
    )


@breaks(Law.ATTEMPTS)
def tries_again_what_cannot_succeed(patch: MonkeyPatch) -> None:
    _changed_delay(patch, lambda error, attempt, delay: 0.5 if attempt < 3 else delay)


@breaks(Law.ATTEMPTS)
def tries_once_too_often(patch: MonkeyPatch) -> None:
    def build(delay: Any) -> Any:
        def stubborn(
            self: RetryPolicy, error: ProviderError, attempt: int, random: Random
        ) -> float | None:
            patient = attrs.evolve(self, max_attempts=self.max_attempts + 1)
            answer: float | None = delay(patient, error, attempt, random)
            return answer

        return stubborn

    instead(patch, RetryPolicy, "delay", build)


@breaks(Law.TRULY)
def does_not_try_the_other_path(patch: MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def narrow(self: Exchange, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            self._untried.clear()

        return narrow

    instead(patch, Exchange, "__init__", build)


@breaks(Law.TRULY)
def relies_on_a_path_that_answered_in_passing(patch: MonkeyPatch) -> None:
    def build(answer: Any) -> Any:
        def trusting(
            self: Exchange, response: Response, now: float, random: Random
        ) -> Response | None:
            if 200 <= response.status < 300:
                self.confirm()
            success: Response | None = answer(self, response, now, random)
            return success

        return trusting

    instead(patch, Exchange, "answer", build)
