"""Sound adapters of other kinds of providers than the toy's own."""

from __future__ import annotations

import attrs
from conformance.toy import ToyAdapter
from conformance.variants.breaking import sound

from unified_checkout.adapters import (
    Compiled,
    Order,
    Paging,
    Place,
    ProviderPage,
    Reach,
    Request,
    Response,
    Stream,
)
from unified_checkout.adapters.rules import Pushed, push_kind
from unified_checkout.model.predicate import Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionKind


@sound
class Counting(ToyAdapter):
    """A sound one that skips rows instead of naming sessions."""

    paging = Paging.OFFSET

    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), paging=self.paging)

    def skipped(self, place: Place) -> int:
        return int(place.cursor or "0")

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, attrs.evolve(place, cursor=None))
        skip = ("skip", str(self.skipped(place)))
        return attrs.evolve(request, parameters=(*request.parameters, skip))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        after = str(int(place.cursor or "0") + len(page.sessions))
        return attrs.evolve(page, next=after if page.sessions else None)


@sound
class Stamping(ToyAdapter):
    """A sound one whose provider gives tokens."""

    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), paging=Paging.TOKEN)

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        cursor = place.cursor and place.cursor.split("@")[1]
        return super().page_request(compiled, stream, attrs.evolve(place, cursor=cursor))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, next=page.next and f"token@{page.next}")


@sound
class Unordered(ToyAdapter):
    """A sound one whose provider documents no order and no span of time."""

    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), order=Order.UNDOCUMENTED, reach=Reach())


@sound
class Renewing(ToyAdapter):
    """A sound one whose provider lists renewals among the checkouts."""

    sandbox = "conformance.toy:RenewingSandbox"
    judges_kinds = True

    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "kind":
            return push_kind(predicate, SessionKind.CHECKOUT, SessionKind.RENEWAL)
        return super().push(predicate)


sound(ToyAdapter)
