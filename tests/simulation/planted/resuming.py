"""Faults in naming a place and in resuming there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from simulation.adapter import SimulatedAdapter
from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import (
    Direction,
    Place,
    ProviderPage,
    Response,
)
from unified_checkout.engine.cursor import AccountPosition, CursorState, LanePosition
from unified_checkout.engine.lane import Lane
from unified_checkout.engine.machine import ListMachine
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


def _changed_position(
    patch: pytest.MonkeyPatch, change: Callable[[Lane, Session | None, Any], LanePosition]
) -> None:
    def build(position: Any) -> Any:
        def placing(
            self: Lane, used: Session | None, pending: Session | None, *, fed: bool
        ) -> LanePosition:
            return change(self, pending, lambda: position(self, used, pending, fed=fed))

        return placing

    instead(patch, Lane, "position", build)


@breaks(Law.COMPLETE)
def advances_the_cursor_before_the_page_is_handed_out(patch: pytest.MonkeyPatch) -> None:
    _changed_position(patch, lambda lane, pending, rightly: lane.walks[0].position)


@breaks(Law.COMPLETE)
def resumes_one_row_late(patch: pytest.MonkeyPatch) -> None:
    _changed_position(
        patch,
        lambda lane, pending, rightly: LanePosition.beside(pending) if pending else rightly(),
    )


@breaks(Law.ONCE)
def resumes_a_page_early(patch: pytest.MonkeyPatch) -> None:
    _changed_position(patch, lambda lane, pending, rightly: lane.start if pending else rightly())


@breaks(Law.ONCE)
def skips_nothing_of_a_page_begun(patch: pytest.MonkeyPatch) -> None:
    _changed_position(patch, lambda lane, pending, rightly: attrs.evolve(rightly(), skip=()))


@breaks(Law.COMPLETE)
def calls_a_stream_done_that_another_may_feed(patch: pytest.MonkeyPatch) -> None:
    def build(position: Any) -> Any:
        def placing(
            self: Lane, used: Session | None, pending: Session | None, *, fed: bool
        ) -> LanePosition:
            placed: LanePosition = position(self, used, pending, fed=False)
            return placed

        return placing

    instead(patch, Lane, "position", build)


@breaks(Law.COMPLETE)
def counts_a_batch_twice_against_the_limit(patch: pytest.MonkeyPatch) -> None:
    def build(position: Any) -> Any:
        def overcounting(self: ListMachine, used: int) -> CursorState:
            state: CursorState = position(self, used)
            return attrs.evolve(state, delivered=state.delivered + used)

        return overcounting

    instead(patch, ListMachine, "position", build)


@breaks(Law.BACK)
def excludes_the_session_where_it_turns(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        LanePosition, "turned", lambda self: attrs.evolve(self, done=False, inclusive=False)
    )


@breaks(Law.BACK)
def takes_a_page_going_back_from_its_newest(patch: pytest.MonkeyPatch) -> None:
    def build(parse: Any) -> Any:
        def parse_page(self: Any, response: Response, place: Place) -> ProviderPage:
            page: ProviderPage = parse(self, response, place)
            if place.direction is Direction.BACKWARD and page.sessions:
                return attrs.evolve(page, next=page.sessions[-1].id, sessions=page.sessions[::-1])
            return page

        return parse_page

    instead(patch, SimulatedAdapter, "parse_page", build)


def _changed_places(
    patch: pytest.MonkeyPatch, change: Callable[[AccountPosition], AccountPosition]
) -> None:
    def build(position: Any) -> Any:
        def placing(self: ListMachine, used: int) -> CursorState:
            state: CursorState = position(self, used)
            return attrs.evolve(state, accounts=tuple(map(change, state.accounts)))

        return placing

    instead(patch, ListMachine, "position", build)


@breaks(Law.COMPLETE)
def forgets_at_a_cursor_that_the_order_did_not_hold(patch: pytest.MonkeyPatch) -> None:
    _changed_places(
        patch,
        lambda account: attrs.evolve(
            account,
            in_order=True,
            lanes=tuple(attrs.evolve(lane, created=None) for lane in account.lanes),
        ),
    )


@breaks(Law.ONCE)
def forgets_at_a_cursor_what_a_union_showed(patch: pytest.MonkeyPatch) -> None:
    _changed_places(patch, lambda account: attrs.evolve(account, frontier=None))


@breaks(Law.COMPLETE)
def calls_every_list_done_at_a_cursor(patch: pytest.MonkeyPatch) -> None:
    _changed_places(
        patch,
        lambda account: attrs.evolve(
            account, lanes=tuple(attrs.evolve(lane, done=True) for lane in account.lanes)
        ),
    )
