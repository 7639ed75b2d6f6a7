"""Faults in reading a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import attrs
import pytest

from simulation.adapter import SimulatedAdapter
from simulation.law import Law
from simulation.planted.adapting import changed_page
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import (
    Place,
    ProviderPage,
    Response,
)
from unified_checkout.engine.lane import Lane
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.seen import Seen
from unified_checkout.engine.walk import Walk
from unified_checkout.errors import (
    PermissionDenied,
    ProviderError,
    UnreadableBody,
)
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


@breaks(Law.TOLD)
def treats_a_403_as_the_end(patch: pytest.MonkeyPatch) -> None:
    _ends_at(patch, PermissionDenied)


@breaks(Law.COMPLETE)
def treats_an_unreadable_body_as_the_end(patch: pytest.MonkeyPatch) -> None:
    def build(parse: Any) -> Any:
        def parse_page(self: Any, response: Response, place: Place) -> ProviderPage:
            try:
                page: ProviderPage = parse(self, response, place)
            except UnreadableBody:
                return ProviderPage(sessions=[], next=None, more=False)
            return page

        return parse_page

    instead(patch, SimulatedAdapter, "parse_page", build)


def _ends_at(patch: pytest.MonkeyPatch, kind: type[ProviderError]) -> None:
    def build(answer: Any) -> Any:
        def forgiving(self: Walk, response: Response, now: float, random: Random) -> list[Session]:
            try:
                rows: list[Session] = answer(self, response, now, random)
            except kind:
                self._ends = True
                self.exchange = None
                return []
            return rows

        return forgiving

    instead(patch, Walk, "answer", build)


def _after_page(patch: pytest.MonkeyPatch, then: Callable[[Walk, ProviderPage], None]) -> None:
    def build(take: Any) -> Any:
        def taking(self: Walk, page: ProviderPage) -> list[Session]:
            rows: list[Session] = take(self, page)
            then(self, page)
            return rows

        return taking

    instead(patch, Walk, "_take", build)


@breaks(Law.COMPLETE)
def stops_at_a_short_page(patch: pytest.MonkeyPatch) -> None:
    def then(walk: Walk, page: ProviderPage) -> None:
        walk._ends = walk._ends or len(page.sessions) < walk.place.size

    _after_page(patch, then)


@breaks(Law.FRUGAL)
def reads_on_after_the_end(patch: pytest.MonkeyPatch) -> None:
    def then(walk: Walk, page: ProviderPage) -> None:
        walk._ends = not page.sessions

    _after_page(patch, then)


@breaks(Law.COMPLETE)
def takes_has_more_with_empty_data_for_the_end(patch: pytest.MonkeyPatch) -> None:
    def build(check: Any) -> Any:
        def lenient(self: Walk, page: ProviderPage) -> None:
            if page.sessions:
                check(self, page)

        return lenient

    instead(patch, Walk, "_check_advance", build)


@breaks(Law.ENDS)
def follows_a_list_that_does_not_advance(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Walk, "_check_advance", lambda self, page: None)
    patch.setattr(Seen, "repeated", _flags_without_alarm)
    changed_page(
        patch, lambda page: attrs.evolve(page, more=page.more or None, next=page.next or "")
    )


def _flags_without_alarm(self: Seen, sessions: Sequence[Session]) -> list[bool] | None:
    return None


@breaks(Law.ONCE)
def removes_no_duplicates(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Seen, "repeated", _flags_without_alarm)


@breaks(Law.COMPLETE)
def reads_the_streams_of_a_union_at_once(patch: pytest.MonkeyPatch) -> None:
    def reading(self: ListMachine) -> list[Lane]:
        return [lane for lane in self._live() if not (lane.done or lane.account.failure)]

    patch.setattr(ListMachine, "_reading", reading)


@breaks(Law.ONCE)
def reads_windows_that_overlap(patch: pytest.MonkeyPatch) -> None:
    def build(cut: Any) -> Any:
        def overlapping(self: Walk, at: int) -> Walk:
            rest: Walk = cut(self, at)
            assert rest.window is not None
            rest.window = attrs.evolve(rest.window, until=at + 1)
            return rest

        return overlapping

    instead(patch, Walk, "cut", build)


@breaks(Law.COMPLETE)
def reads_windows_with_a_gap(patch: pytest.MonkeyPatch) -> None:
    def build(cut: Any) -> Any:
        def gaping(self: Walk, at: int) -> Walk:
            rest: Walk = cut(self, at)
            assert rest.window is not None
            rest.window = attrs.evolve(rest.window, until=at - 1)
            return rest

        return gaping

    instead(patch, Walk, "cut", build)
