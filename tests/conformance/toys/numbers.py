"""Page numbers that shift but only grow at the front, filters that make them lose, totals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import (
    Compiled,
    Paging,
    Place,
    Predicate,
    ProviderPage,
    Reach,
    Request,
    Session,
    Stream,
)
from unified_checkout.adapters.rules import Pushed, push, unsupported
from unified_checkout.sandbox import Page


@sound
class Numbered(ToyAdapter):
    """Pages by number; pushes nothing that an order may cease to be."""

    sandbox = "conformance.toys.numbers:NumberSandbox"
    largest_page = 30
    manner: ClassVar[Mapping[str, Any]] = {
        "paging": Paging.OFFSET,
        "grows_at_front": True,
        "reach": Reach(),
    }

    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "status":
            note = "orders leave such a list while its pages are counted"
            return push(predicate, unsupported(note))
        return super().push(predicate)

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        number, size = position(place)
        request = super().page_request(
            compiled, stream, attrs.evolve(place, cursor=None, size=size)
        )
        skipped = ("skip", str((number - 1) * size))
        return attrs.evolve(request, parameters=(*request.parameters, skipped))

    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        number, size = position(place)
        after = f"{number + 1}x{size}" if sent.rest else None
        return ProviderPage(sessions=sessions, next=after, more=sent.rest, total=sent.total)


def position(place: Place) -> tuple[int, int]:
    """The number of a page, and the size it is counted in."""
    number, _, size = (place.cursor or f"1x{place.size}").partition("x")
    return int(number), int(size)


@attrs.define(kw_only=True, eq=False)
class NumberSandbox(ToySandbox):
    """Tells on every page how many there are."""

    largest_page: ClassVar[int] = 30
    found: int = attrs.field(default=0, init=False)

    def listing(self, values: toy.Values) -> Page:
        self.found = len(self.select(self.tests(values), None, limit=10**9).ids)
        page = super().listing(values)
        assert isinstance(page, Page)
        return page

    def tail(self, page: Page) -> dict[str, object]:
        return {"rest": page.more, "total": self.found}


@breaks("test_a_list_that_grows_at_its_front_hides_nobody", saying="are missed")
class FiltersWhileItCounts(Numbered):
    def push(self, predicate: Predicate) -> Pushed:
        return ToyAdapter.push(self, predicate)


@breaks("test_a_total_is_that_of_the_whole_list", saying="total:")
class CountsAPageForAll(Numbered):
    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        return attrs.evolve(super().page(sent, sessions, place), total=len(sessions))
