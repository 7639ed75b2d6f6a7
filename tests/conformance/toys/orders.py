"""Orders: oldest first, newest first for the asking, and by another time than that of creation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import (
    Compiled,
    Operator,
    Order,
    Paging,
    Place,
    Predicate,
    ProviderPage,
    Pushdown,
    Reach,
    Request,
    Session,
    Stream,
)
from unified_checkout.adapters.rules import Pushed, push, push_created, unsupported
from unified_checkout.sandbox import Facts, Page, Refused
from unified_checkout.sandbox.provider import Row

DAY = 86_400
LAST_TOUCH = 1_790_000_000


@attrs.define(kw_only=True, eq=False)
class SortingSandbox(ToySandbox):
    """Lists oldest first, and newest first where it is asked to."""

    more_parameters: ClassVar[frozenset[str]] = frozenset({"sort", "behind"})

    def listing(self, values: toy.Values) -> Page:
        newest_first = values.get("sort") == "newest"
        rows = sorted(self.rows(values), key=self.rank, reverse=newest_first)
        if "behind" in values:
            last = self.shelf.row(values["behind"])
            if last is None:
                raise Refused(self.failure(400))
            end = self.rank(last)
            rows = [row for row in rows if (self.rank(row) < end) is newest_first]
            rows = [row for row in rows if row is not last]
        chosen = rows[: self.count(values)]
        return Page(
            ids=tuple(row.facts.id for row in chosen),
            rows=tuple(self.rendered(row, None) for row in chosen),
            more=len(rows) > len(chosen),
        )

    def rows(self, values: toy.Values) -> list[Row]:
        """What passes every test, in no order."""
        tests = self.tests(values)
        return [row for row in self.shelf.after(None) if all(test(row.facts) for test in tests)]

    def rank(self, row: Row) -> tuple[int, int]:
        """Greater for what is newer."""
        return -row.key[0], -row.key[1]

    def tail(self, page: Page) -> dict[str, object]:
        return {"rest": page.more, "next": page.ids[-1] if page.more else None}


class Sorting(ToyAdapter):
    """What the three have in common."""

    sandbox = "conformance.toys.orders:SortingSandbox"
    sort: ClassVar[str | None] = None

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, attrs.evolve(place, cursor=None))
        more = {"behind": place.cursor, "sort": self.sort}
        added = tuple((name, value) for name, value in more.items() if value is not None)
        return attrs.evolve(request, parameters=(*request.parameters, *added))

    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        return ProviderPage(sessions=sessions, next=sent.next, more=sent.rest)


@sound
class Ascending(Sorting):
    """Its lists begin with the oldest."""

    manner: ClassVar[Mapping[str, Any]] = {
        "paging": Paging.TOKEN,
        "order": Order.OLDEST_FIRST,
        "reach": Reach(windowed=True),
    }


@sound
class Asking(Sorting):
    """Its lists begin with the newest, since it asks for that."""

    sort: ClassVar[str | None] = "newest"
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN, "reach": Reach()}


@breaks("test_lists_are_in_the_order_declared", saying="is not newest first")
class DoesNotAskForAnOrder(Asking):
    sort = None


@breaks("test_pages_of_any_size_give_the_whole_list", saying="end too early|repeat")
class AsksOnTheFirstPageOnly(Asking):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        if place.cursor is None:
            return request
        kept = tuple(one for one in request.parameters if one[0] != "sort")
        return attrs.evolve(request, parameters=kept)


@breaks("test_lists_are_in_the_order_declared", saying="is not oldest first")
class TakesNewestForOldest(Asking):
    manner: ClassVar[Mapping[str, Any]] = {**Ascending.manner, "reach": Reach()}


@sound
class Updating(Sorting):
    """Its lists are in the order in which orders were last touched, and are cut by that time."""

    sandbox = "conformance.toys.orders:UpdatingSandbox"
    bounds: ClassVar[Mapping[Operator, str]] = {Operator.GTE: "from", Operator.LT: "before"}
    manner: ClassVar[Mapping[str, Any]] = {
        "paging": Paging.TOKEN,
        "order": Order.UNDOCUMENTED,
        "reach": Reach(windowed=True, by="updated"),
    }

    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field != "created":
            return super().push(predicate)
        if predicate.operator in (Operator.LT, Operator.LTE):
            return push(predicate, unsupported("what was touched later may be as old as that"))
        pushed = push_created(predicate, self.bounds)
        verdict = attrs.evolve(pushed.verdict, pushdown=Pushdown.INEXACT)
        return attrs.evolve(pushed, verdict=verdict)


@attrs.define(kw_only=True, eq=False)
class UpdatingSandbox(SortingSandbox):
    """Goes by the time of the last change, some days after creation."""

    def rank(self, row: Row) -> tuple[int, int]:
        return self.touched(row.facts), -row.key[1]

    def touched(self, facts: Facts) -> int:
        days = len(facts.serial) * 7 % 40
        return max(facts.created, min(facts.created + days * DAY, LAST_TOUCH))

    def _tests(self, values: toy.Values) -> dict[str, Callable[[Facts], bool]]:
        later = super()._tests(values)
        return {
            **later,
            "from": lambda facts: self.touched(facts) >= int(values["from"]),
            "before": lambda facts: self.touched(facts) < int(values["before"]),
        }


@breaks("test_lists_are_in_the_order_declared", saying="is not newest first")
class TakesTouchedForCreated(Updating):
    sort = "newest"
    manner: ClassVar[Mapping[str, Any]] = {**Updating.manner, "order": Order.NEWEST_FIRST}


@breaks("test_nothing_that_matches_is_lost", saying="loses")
class BoundsCreationByTouch(Updating):
    def push(self, predicate: Predicate) -> Pushed:
        return ToyAdapter.push(self, predicate)


@breaks("test_windows_tile_the_list", saying="loses|is Place.window sent")
class CallsItsWindowsThoseOfCreation(Updating):
    manner: ClassVar[Mapping[str, Any]] = {**Updating.manner, "reach": Reach(windowed=True)}
