"""Faults in naming a place and in resuming there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from simulation.adapter import SimulatedAdapter
from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import Direction, Place, ProviderPage, Response
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import AccountPosition, Position, StreamPosition, mark
from unified_checkout.engine.sieve import Sieve
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)

Rightly = Callable[[], tuple[StreamPosition, ...]]
"""What the places are without the fault."""


def _changed_places(
    patch: pytest.MonkeyPatch,
    change: Callable[[PageReader, Session | None, Rightly], tuple[StreamPosition, ...]],
) -> None:
    """Change the place that a reader names, given the first session that was not used."""

    def build(places: Any) -> Any:
        def placing(
            self: PageReader, used: int, *, fed: bool = False
        ) -> tuple[StreamPosition, ...]:
            pending = self.ready[used] if used < len(self.ready) else None
            return change(self, pending, lambda: places(self, used, fed=fed))

        return placing

    instead(patch, PageReader, "places", build)


@breaks(Law.COMPLETE)
def advances_the_cursor_before_the_page_is_handed_out(patch: pytest.MonkeyPatch) -> None:
    _changed_places(patch, lambda reader, pending, rightly: (reader._read_place,))


@breaks(Law.COMPLETE)
def resumes_one_row_late(patch: pytest.MonkeyPatch) -> None:
    _changed_places(
        patch,
        lambda reader, pending, rightly: (
            (StreamPosition.beside(pending),) if pending else rightly()
        ),
    )


@breaks(Law.ONCE)
def resumes_a_page_early(patch: pytest.MonkeyPatch) -> None:
    _changed_places(
        patch, lambda reader, pending, rightly: (reader._start,) if pending else rightly()
    )


@breaks(Law.ONCE)
def skips_nothing_of_a_page_begun(patch: pytest.MonkeyPatch) -> None:
    _changed_places(
        patch,
        lambda reader, pending, rightly: tuple(
            attrs.evolve(one, skip=frozenset(), inside=False) for one in rightly()
        ),
    )


@breaks(Law.ONCE)
def shows_again_what_time_tells_of_a_page_begun(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sieve, "_handed_out_of", _only_named)


def _only_named(sieve: Sieve, page: list[Session]) -> set[str]:
    return {one.id for one in page if mark(one.id) in sieve.skip}


@breaks(Law.COMPLETE)
def calls_a_stream_done_that_another_may_feed(patch: pytest.MonkeyPatch) -> None:
    def build(places: Any) -> Any:
        def placing(
            self: PageReader, used: int, *, fed: bool = False
        ) -> tuple[StreamPosition, ...]:
            placed: tuple[StreamPosition, ...] = places(self, used, fed=False)
            return placed

        return placing

    instead(patch, PageReader, "places", build)


@breaks(Law.LIMIT)
def counts_a_batch_twice_against_the_limit(patch: pytest.MonkeyPatch) -> None:
    def build(hand_out: Any) -> Any:
        def overcounting(self: ListMachine, *args: Any) -> None:
            hand_out(self, *args)
            if self._remaining is not None:
                self._remaining = max(0, self._remaining - len(self._batch.sessions))

        return overcounting

    instead(patch, ListMachine, "_hand_out", build)


@breaks(Law.BACK)
def excludes_the_session_where_it_turns(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        StreamPosition, "turned", lambda self: attrs.evolve(self, done=False, inclusive=False)
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


def _changed_position(
    patch: pytest.MonkeyPatch, change: Callable[[AccountPosition], AccountPosition]
) -> None:
    def build(position: Any) -> Any:
        def placing(self: ListMachine, used: int) -> Position:
            place: Position = position(self, used)
            return attrs.evolve(place, accounts=tuple(map(change, place.accounts)))

        return placing

    instead(patch, ListMachine, "position", build)


@breaks(Law.ORDER)
def forgets_at_a_cursor_that_the_order_did_not_hold(patch: pytest.MonkeyPatch) -> None:
    _changed_position(
        patch,
        lambda account: attrs.evolve(
            account,
            in_order=True,
            streams=tuple(attrs.evolve(place, created=None) for place in account.streams),
        ),
    )


@breaks(Law.ONCE)
def forgets_at_a_cursor_what_a_union_showed(patch: pytest.MonkeyPatch) -> None:
    _changed_position(patch, lambda account: attrs.evolve(account, frontier=None))


@breaks(Law.COMPLETE)
def calls_every_list_done_at_a_cursor(patch: pytest.MonkeyPatch) -> None:
    _changed_position(
        patch,
        lambda account: attrs.evolve(
            account,
            done=True,
            streams=tuple(attrs.evolve(place, done=True) for place in account.streams),
        ),
    )


@breaks(Law.ONCE)
def names_the_moment_of_a_place_alone(patch: pytest.MonkeyPatch) -> None:
    """Of the sessions of one moment, a cursor tells by their ids which were handed out."""
    _changed_position(
        patch,
        lambda account: attrs.evolve(
            account,
            frontier=account.frontier and attrs.evolve(account.frontier, ids=frozenset()),
        ),
    )
