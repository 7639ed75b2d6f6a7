"""Faults in reading a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest

from simulation.adapter import SimulatedAdapter
from simulation.law import Law
from simulation.planted.adapting import changed_page
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import Place, ProviderPage, Response
from unified_checkout.engine.advance import Advance
from unified_checkout.engine.events import Answered, Failed
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.position import ending
from unified_checkout.engine.seen import Seen
from unified_checkout.engine.union import Union
from unified_checkout.engine.windows import Windows
from unified_checkout.errors import PermissionDenied, UnreadableBody
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


def _end(reader: PageReader) -> None:
    reader.done, reader.reach = True, ending(reader._direction)


@breaks(Law.TOLD)
def treats_a_403_as_the_end(patch: pytest.MonkeyPatch) -> None:
    def build(receive: Any) -> Any:
        def forgiving(self: PageReader, event: Answered | Failed, now: float) -> None:
            try:
                receive(self, event, now)
            except PermissionDenied:
                self.exchange = None
                _end(self)

        return forgiving

    instead(patch, PageReader, "receive", build)


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


def _after_page(
    patch: pytest.MonkeyPatch, then: Callable[[PageReader, ProviderPage], None]
) -> None:
    def build(take: Any) -> Any:
        def taking(self: PageReader, page: ProviderPage) -> None:
            take(self, page)
            then(self, page)

        return taking

    instead(patch, PageReader, "_take_page", build)


@breaks(Law.COMPLETE)
def stops_at_a_short_page(patch: pytest.MonkeyPatch) -> None:
    def then(reader: PageReader, page: ProviderPage) -> None:
        if len(page.sessions) < reader._place.size:
            _end(reader)

    _after_page(patch, then)


@breaks(Law.FRUGAL)
def reads_on_after_the_end(patch: pytest.MonkeyPatch) -> None:
    def then(reader: PageReader, page: ProviderPage) -> None:
        if page.sessions and page.next is not None:
            reader.done, reader._cursor = False, page.next

    _after_page(patch, then)


@breaks(Law.COMPLETE)
def takes_has_more_with_empty_data_for_the_end(patch: pytest.MonkeyPatch) -> None:
    def build(check: Any) -> Any:
        def lenient(
            self: Advance, page: ProviderPage, rows: list[Session], place: str | None
        ) -> None:
            if page.sessions:
                check(self, page, rows, place)

        return lenient

    instead(patch, Advance, "check", build)


@breaks(Law.ENDS)
def follows_a_list_that_does_not_advance(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Advance, "check", lambda self, page, rows, place: None)
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
    patch.setattr(Union, "_leading", lambda self, index, patient: index)


@breaks(Law.COMPLETE)
def passes_over_what_cannot_be_relied_on_yet(patch: pytest.MonkeyPatch) -> None:
    def build(move_on: Any) -> Any:
        def hasty(
            self: PageReader, page: ProviderPage, rows: list[Session], known: list[Session]
        ) -> None:
            move_on(self, page, known, known)

        return hasty

    instead(patch, PageReader, "_move_on", build)


def _changed_cut(patch: pytest.MonkeyPatch, seconds: int) -> None:
    """Let what is cut off a window end so many seconds later than it should."""

    def build(cut: Any) -> Any:
        def cutting(self: Windows, index: int, at: int) -> None:
            make = self._make
            self._make = lambda window: make(attrs.evolve(window, until=at + seconds))
            cut(self, index, at)
            self._make = make

        return cutting

    instead(patch, Windows, "_cut", build)


@breaks(Law.ONCE)
def reads_windows_that_overlap(patch: pytest.MonkeyPatch) -> None:
    _changed_cut(patch, 1)


@breaks(Law.COMPLETE)
def reads_windows_with_a_gap(patch: pytest.MonkeyPatch) -> None:
    _changed_cut(patch, -1)
