"""Adapters that are careless with pages."""

from __future__ import annotations

import attrs
from conformance.toy import ToyAdapter
from conformance.variants.breaking import breaks
from conformance.variants.sound import Counting, Stamping

from unified_checkout.adapters import (
    Compiled,
    Direction,
    EndOfList,
    Paging,
    Place,
    ProviderPage,
    Request,
    Response,
    Stream,
    kit,
)
from unified_checkout.model.query import ListSessions

# Paging.


@breaks("test_pages_of_any_size_give_the_whole_list", saying="sessions are missing")
class DropsTheLastRow(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, sessions=page.sessions[:-1] or page.sessions)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="end too early")
class IgnoresThatThereIsMore(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        return attrs.evolve(super().parse_page(response, place), more=False)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="leads to itself")
class DoesNotAdvance(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, next=place.cursor or page.next)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="does not end")
class BeginsAgainForEver(ToyAdapter):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        return super().page_request(compiled, stream, attrs.evolve(place, cursor=None))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, next=f"{place.cursor}+")


@breaks("test_a_page_is_no_larger_than_asked_for", saying="<= ")
class AsksForMuch(ToyAdapter):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        return super().page_request(compiled, stream, attrs.evolve(place, size=100))


@breaks("test_a_query_may_ask_for_small_pages", saying="compiled to 100")
class AsksForAsMuchAsItCan(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), page_size=100)


@breaks("test_a_small_question_costs_one_request", saying="took 3 requests")
class AsksForOneAtATime(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), page_size=1)


@breaks("test_the_page_size_may_change_on_the_way", saying="in turn")
class CountsInPages(Counting):
    def skipped(self, place: Place) -> int:
        return int(place.cursor or "0") * place.size

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        after = str(int(place.cursor or "0") + 1)
        return attrs.evolve(page, next=after if page.sessions else None)


@breaks("test_sessions_that_arrive_shift_nothing", saying="lost or doubled")
class CallsACountACursor(Counting):
    paging = Paging.TOKEN


@breaks("test_a_short_page_is_not_the_end", saying="2 of 9 are read")
class GuessesTheEnd(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, more=len(page.sessions) == place.size)


@breaks("test_the_end_of_the_list_is_told_as_declared", saying="leaves None")
class SaysWhatItDeclaresItCannot(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), end_of_list=EndOfList.EMPTY_PAGE)


@breaks("test_an_empty_list_is_no_error", saying="list index out of range")
class ExpectsARow(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, next=page.sessions[-1].id)


@breaks("test_lists_are_in_the_order_declared", saying="is not newest first")
class TurnsPagesRound(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, sessions=page.sessions[::-1])


@breaks("test_the_list_can_be_resumed_at_any_session", saying="list index out of range")
class CallsATokenASessionId(Stamping):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), paging=Paging.SESSION_ID)


@breaks("test_reading_back_gives_the_same_list", saying="page")
class GoesBackFromTheWrongEnd(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, next=kit.end_of(page.sessions, Direction.FORWARD))


@breaks("test_windows_tile_the_list", saying="loses")
class OpensItsWindows(ToyAdapter):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        window = place.window
        if window is not None and window.until is not None:
            place = attrs.evolve(place, window=attrs.evolve(window, until=window.until - 1))
        return super().page_request(compiled, stream, place)
