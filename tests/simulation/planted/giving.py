"""Faults in handing out, and in telling what was handed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import (
    Request,
)
from unified_checkout.engine import machine as machine_module
from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.events import Action, Answered, Event, Fail, Failed, Send, Wait
from unified_checkout.engine.lane import Lane
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.merge import Batch, merged
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.walk import Walk
from unified_checkout.errors import (
    UnifiedCheckoutError,
)
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


@breaks(Law.FRUGAL)
def pushes_the_limit_under_a_residual(patch: pytest.MonkeyPatch) -> None:
    def first_size(plan: AccountPlan, limit: int | None) -> int:
        return plan.page_size if limit is None else min(plan.page_size, limit)

    patch.setattr(machine_module, "first_size", first_size)


@breaks(Law.FRUGAL)
def asks_for_full_pages_whatever_the_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine_module, "first_size", lambda plan, limit: plan.page_size)


@breaks(Law.LIMIT)
def hands_out_one_more_than_the_limit(patch: pytest.MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def generous(self: ListMachine, *args: Any, limit: int | None, **kwargs: Any) -> None:
            init(self, *args, limit=limit and limit + 1, **kwargs)

        return generous

    instead(patch, ListMachine, "__init__", build)


@breaks(Law.ORDER)
def merges_without_waiting_for_the_slow(patch: pytest.MonkeyPatch) -> None:
    def impatient(lanes: Sequence[Lane], limit: int | None, *, forward: bool) -> Batch:
        return merged([lane for lane in lanes if lane.rows], limit, forward=forward)

    patch.setattr(machine_module, "merged", impatient)


@breaks(Law.TIES)
def gives_ties_to_the_later_account(patch: pytest.MonkeyPatch) -> None:
    def turned(lanes: Sequence[Lane], limit: int | None, *, forward: bool) -> Batch:
        return merged(lanes[::-1], limit, forward=forward)

    patch.setattr(machine_module, "merged", turned)


@breaks(Law.COMPLETE)
def hands_out_one_stream_of_a_union_that_failed(patch: pytest.MonkeyPatch) -> None:
    def live(self: ListMachine) -> list[Lane]:
        return [
            lane for lane in self._lanes if lane.rows or not (lane.done or lane.account.failure)
        ]

    patch.setattr(ListMachine, "_live", live)


@breaks(Law.ATTACHED)
def drops_what_was_read_when_an_account_fails(patch: pytest.MonkeyPatch) -> None:
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
def raises_a_bare_error(patch: pytest.MonkeyPatch) -> None:
    def bare(self: ListMachine, error: UnifiedCheckoutError) -> Fail:
        self._finished = True
        return Fail(error)

    patch.setattr(ListMachine, "_fail", bare)


@breaks(Law.TOLD)
def claims_to_be_complete_though_an_account_failed(patch: pytest.MonkeyPatch) -> None:
    def build(coverage: Any) -> Any:
        def boasting(self: AccountReader, *, complete: bool, **rest: Any) -> AccountCoverage:
            failed = self.failure is not None
            said: AccountCoverage = coverage(self, complete=complete or failed, **rest)
            return said

        return boasting

    instead(patch, AccountReader, "coverage", build)


@breaks(Law.SAME)
def calls_a_whole_answer_unfinished(patch: pytest.MonkeyPatch) -> None:
    def build(verdict: Any) -> Any:
        def doubting(self: ListMachine, *args: Any) -> tuple[bool, str]:
            complete, reason = verdict(self, *args)
            return complete and reason != "read to the end", reason

        return doubting

    instead(patch, ListMachine, "_verdict", build)


@breaks(Law.COUNTED)
def does_not_count_what_it_drops(patch: pytest.MonkeyPatch) -> None:
    def build(matching: Any) -> Any:
        def uncounted(self: AccountReader, sessions: Sequence[Session]) -> list[Session]:
            before = self.tally.rows_dropped
            rows: list[Session] = matching(self, sessions)
            self.tally.rows_dropped = before
            return rows

        return uncounted

    instead(patch, AccountReader, "matching", build)


def _changed_actions(
    patch: pytest.MonkeyPatch, change: Callable[[ListMachine, list[Action]], list[Action]]
) -> None:
    def build(step: Any) -> Any:
        def stepping(self: ListMachine, event: Event, now: float) -> list[Action]:
            return change(self, step(self, event, now))

        return stepping

    instead(patch, ListMachine, "step", build)


@breaks(Law.ENDS)
def forgets_to_say_that_it_waits(patch: pytest.MonkeyPatch) -> None:
    _changed_actions(
        patch,
        lambda machine, actions: [one for one in actions if not isinstance(one, Wait)],
    )


@breaks(Law.ENDS)
def asks_on_after_its_end(patch: pytest.MonkeyPatch) -> None:
    def change(machine: ListMachine, actions: list[Action]) -> list[Action]:
        account = machine.plan.accounts[0].account
        return actions or ([Send(0, account, Request(path="/"))] if machine._finished else [])

    _changed_actions(patch, change)
