"""Faults in handing out, and in telling what was handed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import attrs
import pytest

from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import Request
from unified_checkout.engine import machine as machine_module
from unified_checkout.engine import reading as reading_module
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.events import Answered, Event, Failed, Send, Step
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.merge import Batch, merged
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.proof import Proof
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.union import Union
from unified_checkout.errors import UnifiedCheckoutError
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


@breaks(Law.FRUGAL)
def pushes_the_limit_under_a_residual(patch: pytest.MonkeyPatch) -> None:
    def first_size(plan: AccountPlan, limit: int | None) -> int:
        return plan.page_size if limit is None else min(plan.page_size, limit)

    patch.setattr(reading_module, "first_size", first_size)


@breaks(Law.FRUGAL)
def asks_for_full_pages_whatever_the_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading_module, "first_size", lambda plan, limit: plan.page_size)


@breaks(Law.LIMIT)
def hands_out_one_more_than_the_limit(patch: pytest.MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def generous(self: ListMachine, *args: Any, limit: int | None, **kwargs: Any) -> None:
            init(self, *args, limit=limit and limit + 1, **kwargs)

        return generous

    instead(patch, ListMachine, "__init__", build)


def _changed_merge(
    patch: pytest.MonkeyPatch,
    change: Callable[[Sequence[AccountReading]], Sequence[AccountReading]],
) -> None:
    def merging(readings: Sequence[AccountReading], limit: int | None, *, forward: bool) -> Batch:
        return merged(change(readings), limit, forward=forward)

    patch.setattr(machine_module, "merged", merging)


@breaks(Law.ORDER)
def merges_without_waiting_for_the_slow(patch: pytest.MonkeyPatch) -> None:
    _changed_merge(patch, lambda readings: [one for one in readings if one.ready])


@breaks(Law.TIES)
def gives_ties_to_the_later_account(patch: pytest.MonkeyPatch) -> None:
    _changed_merge(patch, lambda readings: readings[::-1])


@breaks(Law.COMPLETE)
def merges_a_stream_without_waiting_for_the_others(patch: pytest.MonkeyPatch) -> None:
    def hasty(self: Union) -> int | None:
        for index, unmerged in enumerate(self._unmerged):
            if unmerged:
                return index
        return None

    patch.setattr(Union, "_next", hasty)


@breaks(Law.ATTACHED)
def drops_what_was_read_when_an_account_fails(patch: pytest.MonkeyPatch) -> None:
    def build(receive: Any) -> Any:
        def careless(
            self: AccountReading, reader: PageReader, event: Answered | Failed, now: float
        ) -> None:
            receive(self, reader, event, now)
            if self.failure is not None and self.supply is not None:
                kept = self.supply.ready
                ahead = list(islice(kept, self.delivering))
                kept.clear()
                kept.extend(ahead)

        return careless

    instead(patch, AccountReading, "receive", build)


@breaks(Law.ATTACHED)
def raises_a_bare_error(patch: pytest.MonkeyPatch) -> None:
    def bare(self: ListMachine, error: UnifiedCheckoutError) -> UnifiedCheckoutError:
        self._finished = True
        return error

    patch.setattr(ListMachine, "_failed", bare)


@breaks(Law.TOLD)
def claims_to_be_complete_though_an_account_failed(patch: pytest.MonkeyPatch) -> None:
    def build(coverage: Any) -> Any:
        def boasting(self: Proof, **rest: Any) -> AccountCoverage:
            said: AccountCoverage = coverage(self, **rest)
            return attrs.evolve(said, complete=said.complete or self._reading.failure is not None)

        return boasting

    instead(patch, Proof, "coverage", build)


@breaks(Law.SAME)
def calls_a_whole_answer_unfinished(patch: pytest.MonkeyPatch) -> None:
    def build(verdict: Any) -> Any:
        def doubting(self: Proof, *args: Any) -> tuple[bool, str]:
            complete, reason = verdict(self, *args)
            return complete and reason != "read to the end", reason

        return doubting

    instead(patch, Proof, "_verdict", build)


@breaks(Law.COUNTED)
def does_not_count_what_it_drops(patch: pytest.MonkeyPatch) -> None:
    def build(matching: Any) -> Any:
        def uncounted(self: Residual, sessions: list[Session]) -> list[Session]:
            before = self._tally.rows_dropped
            rows: list[Session] = matching(self, sessions)
            self._tally.rows_dropped = before
            return rows

        return uncounted

    instead(patch, Residual, "matching", build)


@breaks(Law.COUNTED)
def promises_everything_to_whoever_began_at_a_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountReading, "at_the_top", True)


def _changed_step(patch: pytest.MonkeyPatch, change: Callable[[ListMachine, Step], Step]) -> None:
    def build(step: Any) -> Any:
        def stepping(self: ListMachine, event: Event, now: float) -> Step:
            return change(self, step(self, event, now))

        return stepping

    instead(patch, ListMachine, "step", build)


@breaks(Law.ENDS)
def forgets_to_say_that_it_waits(patch: pytest.MonkeyPatch) -> None:
    _changed_step(patch, lambda machine, step: attrs.evolve(step, wake=None))


@breaks(Law.ENDS)
def asks_on_after_its_end(patch: pytest.MonkeyPatch) -> None:
    def change(machine: ListMachine, step: Step) -> Step:
        account = machine.plan.accounts[0].account
        more = (Send(0, account, Request(path="/")),) if step.finished else ()
        return attrs.evolve(step, requests=(*step.requests, *more))

    _changed_step(patch, change)
