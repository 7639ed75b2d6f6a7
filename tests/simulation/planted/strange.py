"""Faults in dealing with strange providers, wrong clocks and small budgets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import Direction, Place, ProviderPage, Response
from unified_checkout.engine import pages as pages_module
from unified_checkout.engine import planner as planner_module
from unified_checkout.engine.anchor import Anchor
from unified_checkout.engine.clocks import Clocks
from unified_checkout.engine.counts import Counts
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.making import Maker
from unified_checkout.engine.policy import AccountState
from unified_checkout.engine.position import AccountPosition
from unified_checkout.engine.proof import Proof
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.sieve import Sieve
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import NotYetListed

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


@breaks(Law.DOUBTED)
def forgets_a_doubt_at_a_cursor(patch: pytest.MonkeyPatch) -> None:
    def build(place: Any) -> Any:
        def trusting(self: AccountReading, **where: Any) -> AccountPosition:
            placed: AccountPosition = place(self, **where)
            return attrs.evolve(placed, doubted=())

        return trusting

    instead(patch, AccountReading, "_place", build)


@breaks(Law.DOUBTED)
def believes_silence_after_a_broken_word(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Residual, "unverified", 0)


@breaks(Law.DOUBTED)
def does_not_count_what_contradicts(patch: pytest.MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def uncounted(self: AccountReading, *args: Any, **rest: Any) -> None:
            init(self, *args, **rest)
            self.scope.residual._tally = attrs.evolve(self.tally)

        return uncounted

    instead(patch, AccountReading, "__init__", build)


@breaks(Law.COMPLETE)
def goes_by_a_clock_that_is_behind(patch: pytest.MonkeyPatch) -> None:
    def deaf(self: AccountReading, response: Response, latency: float) -> None:
        return None

    patch.setattr(AccountReading, "_compare_clocks", deaf)


@breaks(Law.COUNTED)
def moves_the_bound_at_every_cursor(patch: pytest.MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def comparing(self: AccountReading, *args: Any, **rest: Any) -> None:
            init(self, *args, **rest)
            self.scope.clocks.moves = True

        return comparing

    instead(patch, AccountReading, "__init__", build)


@breaks(Law.COUNTED)
def covers_what_is_not_settled(patch: pytest.MonkeyPatch) -> None:
    def build(covers_to: Any) -> Any:
        def hopeful(self: Proof) -> datetime:
            return self._scope.ceiling

        return hopeful

    instead(patch, Proof, "_covers_to", build)


@breaks(Law.COMPLETE)
def does_not_sort_what_comes_in_no_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Maker, "_in_order", lambda self, supply: supply)


@breaks(Law.ONCE)
def forgets_what_a_union_without_order_showed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Maker, "_shown", lambda self: Shown(forgets=lambda: True))


@breaks(Law.STOPPED)
def calls_what_was_stopped_complete(patch: pytest.MonkeyPatch) -> None:
    def build(verdict: Any) -> Any:
        def content(
            self: Proof, remaining: int | None, unused: int, stopped: str
        ) -> tuple[bool, str]:
            complete, reason = verdict(self, remaining, unused, stopped)
            return (True, "read to the end") if reason == stopped else (complete, reason)

        return content

    instead(patch, Proof, "_verdict", build)


@breaks(Law.STOPPED)
def spends_more_than_it_may(patch: pytest.MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def lavish(self: ListMachine, *args: Any, budget: Budget | None, **rest: Any) -> None:
            more = budget
            if budget is not None and budget.max_requests is not None:
                more = attrs.evolve(budget, max_requests=budget.max_requests + 1)
            init(self, *args, budget=more, **rest)

        return lavish

    instead(patch, ListMachine, "__init__", build)


@breaks(Law.COMPLETE)
def begins_a_second_after_where_it_should(patch: pytest.MonkeyPatch) -> None:
    def late(moment: datetime, direction: Direction, steps: int) -> datetime:
        return moment - timedelta(seconds=1)

    patch.setattr(planner_module, "beside", late)


@breaks(Law.ONCE)
def shows_the_siblings_of_the_session_it_begins_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planner_module, "tells_more_than_time", lambda compiled: False)


@breaks(Law.COMPLETE)
def leaves_out_all_of_the_moment_it_begins_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Anchor, "behind", lambda self, sessions, *args, **rest: len(list(sessions)))


@breaks(Law.COMPLETE)
def waits_for_a_provider_to_tell_the_time(patch: pytest.MonkeyPatch) -> None:
    """Whoever begins beside a session waits for the provider's now, which may never be told."""

    def build(leave_behind: Any) -> Any:
        def waiting(self: AccountReading) -> None:
            if not self.scope.clocks.may_move:
                leave_behind(self)

        return waiting

    instead(patch, AccountReading, "_leave_behind", build)


@breaks(Law.ONCE)
def begins_before_a_provider_tells_the_time(patch: pytest.MonkeyPatch) -> None:
    """A session lies beyond a slow clock's now, and its siblings are shown once more."""
    patch.setattr(Clocks, "may_move", False)


@breaks(Law.TRULY)
def names_the_place_where_it_reads_again(patch: pytest.MonkeyPatch) -> None:
    """A place expired, and what is read from the top counts as how far it came: no page leads on."""
    patch.setattr(Sieve, "reads_again", False)


@breaks(Law.COMPLETE)
def believes_the_first_page_again_to_be_the_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sieve, "_check_stuck", lambda self, rows: None)


@breaks(Law.COMPLETE)
def believes_that_a_list_holds_what_it_lists(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Counts, "missing", 0)


@breaks(Law.RATE)
def counts_every_request_against_one_rate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountState, "pace_of", lambda self, request: self.pace)


@breaks(Law.TRULY)
def fails_where_nothing_is_listed_yet(patch: pytest.MonkeyPatch) -> None:
    def refuse(place: Place, error: NotYetListed) -> ProviderPage:
        raise error

    patch.setattr(pages_module, "nothing_yet", refuse)


@breaks(Law.TOLD)
def takes_the_first_of_two_rows_with_one_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sieve, "check_twins", lambda self, rows: None)
