"""Places: addresses, some that expire, the word "null" at the end, and pages with their own row."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import (
    Compiled,
    Direction,
    Paging,
    Place,
    PlaceExpired,
    ProviderError,
    ProviderPage,
    Reach,
    Request,
    Response,
    Session,
    Stream,
    kit,
)
from unified_checkout.sandbox import Answer, Page, Refused

HOME = "https://api.toy.example.com"
GOOD_FOR = 900


@sound
class Linked(ToyAdapter):
    """Goes on at the addresses that it is given, for a quarter of an hour."""

    sandbox = "conformance.toys.places:LinkSandbox"
    largest_page = 20
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN, "reach": Reach()}

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        if place.cursor is None:
            return super().page_request(compiled, stream, place)
        link = kit.Link.at(place.cursor)
        others = tuple(one for one in link.parameters if one[0] != "count")
        return Request(path=link.path, parameters=(*others, ("count", str(place.size))))

    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        if sent.next in (None, "null"):
            return ProviderPage(sessions=sessions, next=None, more=False)
        link = kit.Link.of(str(sent.next), [self.options.base_url], field="next")
        return ProviderPage(sessions=sessions, next=link.place, more=True)

    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        if error.message == "that mark is stale":
            return PlaceExpired(error.message, **self.origin(response))
        return error


@attrs.define(kw_only=True, eq=False)
class LinkSandbox(ToySandbox):
    """Sends the address of the next page, and on the last page the word null, in quotes."""

    largest_page: ClassVar[int] = 20
    more_parameters: ClassVar[frozenset[str]] = frozenset({"mark"})
    asked: toy.Values = attrs.field(factory=dict, init=False)

    def listing(self, values: toy.Values) -> Page | Answer:
        self.asked = {name: value for name, value in values.items() if name != "mark"}
        if "mark" not in values:
            return super().listing(values)
        try:
            begun, _, id = b64decode(values["mark"], validate=True).decode().partition(" ?/")
        except ValueError:
            raise Refused(self.problem("that is no mark")) from None
        if self.clock() > int(begun) + GOOD_FOR:
            raise Refused(self.problem("that mark is stale"))
        return super().listing({**self.asked, "older_than": id})

    def tail(self, page: Page) -> dict[str, object]:
        if not page.more:
            return {"rest": False, "next": "null"}
        mark = b64encode(f"{int(self.clock())} ?/{page.ids[-1]}".encode()).decode()
        query = urlencode({**self.asked, "mark": mark})
        return {"rest": True, "next": f"{HOME}{toy.PATH}?{query}"}


class TakesTheStaleForMalformed(Linked):
    def parse_error(self, response: Response) -> ProviderError:
        return ToyAdapter.parse_error(self, response)


breaks("test_a_place_that_is_no_longer_known_says_so", saying="45 days later.*InvalidRequest")(
    TakesTheStaleForMalformed
)
breaks("test_a_listing_outlives_its_places", saying="stale. See the message")(
    TakesTheStaleForMalformed
)


@breaks("test_a_place_that_is_no_longer_known_says_so", saying="45 days later.*NotFound")
class TakesTheStaleForMissing(Linked):
    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        if isinstance(error, PlaceExpired):
            return kit.error_for(attrs.evolve(response, status=404), "gone", **where(error))
        return error


def where(error: ProviderError) -> dict[str, Any]:
    return {"account": error.account, "provider": error.provider, "status": error.status}


@breaks("test_pages_of_any_size_give_the_whole_list", saying="refuses.*no mark")
class ReadsAddressesByHand(Linked):
    """A plus sign in an address is a blank."""

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        if place.cursor is None:
            return super().page_request(compiled, stream, place)
        path, _, query = place.cursor.partition("?")
        pairs = (pair.partition("=") for pair in query.split("&"))
        parameters = tuple((name, value) for name, _, value in pairs if name != "count")
        return Request(path=path, parameters=(*parameters, ("count", str(place.size))))


@breaks("test_pages_of_any_size_give_the_whole_list", saying="a path begins with a slash")
class FollowsAddresses(Linked):
    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        page = super().page(sent, sessions, place)
        return attrs.evolve(page, next=sent.next if page.next else None)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="not an address|another host|refuses")
class TakesTheWordNullForAPlace(Linked):
    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        link = kit.Link.of(str(sent.next), [HOME], field="next", beside=toy.PATH)
        return ProviderPage(sessions=sessions, next=link.place, more=True)


@breaks("test_every_page_repeats_the_conditions", saying="give another list")
class KeepsOnlyTheMark(Linked):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        kept = {"mark", "count"} if place.cursor else {*dict(request.parameters)}
        parameters = tuple(one for one in request.parameters if one[0] in kept)
        return attrs.evolve(request, parameters=parameters)


@sound
class Inclusive(ToyAdapter):
    """Pages begin with the order that they are asked for from."""

    sandbox = "conformance.toys.places:InclusiveSandbox"
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN, "inclusive": True}

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        renamed = tuple(
            ("beginning_with" if name == "older_than" else name, value)
            for name, value in request.parameters
        )
        return attrs.evolve(request, parameters=renamed)


@attrs.define(kw_only=True, eq=False)
class InclusiveSandbox(ToySandbox):
    """Shows the order that a page is asked for from once more."""

    more_parameters: ClassVar[frozenset[str]] = frozenset({"beginning_with"})

    def listing(self, values: toy.Values) -> Page | Answer:
        id = values.get("beginning_with")
        if id is None:
            return super().listing(values)
        row = self.shelf.row(id)
        if row is None:
            raise Refused(self.failure(400))
        count = self.count(values) - 1
        if count == 0:
            return Page(ids=(id,), rows=(self.rendered(row, None),), more=True)
        rest = super().listing({**values, "older_than": id, "count": str(count)})
        assert isinstance(rest, Page)
        own = self.rendered(row, None)
        return attrs.evolve(rest, ids=(id, *rest.ids), rows=(own, *rest.rows))


@sound
class InclusiveById(Inclusive):
    """The same both ways, from any order: towards newer ones it is the first that is asked for."""

    sandbox = "conformance.toys.places:InclusiveByIdSandbox"
    manner: ClassVar[Mapping[str, Any]] = {"inclusive": True}

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        renamed = tuple(
            ("ending_with" if name == "newer_than" else name, value)
            for name, value in request.parameters
        )
        return attrs.evolve(request, parameters=renamed)


@attrs.define(kw_only=True, eq=False)
class InclusiveByIdSandbox(InclusiveSandbox):
    """Shows that order once more in both directions."""

    more_parameters: ClassVar[frozenset[str]] = frozenset({"beginning_with", "ending_with"})

    def listing(self, values: toy.Values) -> Page | Answer:
        id = values.get("ending_with")
        if id is None:
            return super().listing(values)
        row = self.shelf.row(id)
        if row is None:
            raise Refused(self.failure(400))
        own, count = self.rendered(row, None), self.count(values) - 1
        if count == 0:
            return Page(ids=(id,), rows=(own,), more=True, backward=True)
        rest = super().listing({**values, "newer_than": id, "count": str(count)})
        assert isinstance(rest, Page)
        return attrs.evolve(rest, ids=(*rest.ids, id), rows=(*rest.rows, own))


@breaks("test_reading_back_gives_the_same_list", saying="in pages of 1")
class ForgetsTheOrderWhenItTurns(InclusiveById):
    """Gives the oldest first on the way back, as it may well be sent."""

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        if place.direction is Direction.FORWARD:
            return page
        return attrs.evolve(page, sessions=page.sessions[::-1])


@breaks("test_pages_of_any_size_give_the_whole_list", saying="repeat|leads to itself")
class ShowsSomeTwice(Inclusive):
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN}


@breaks("test_a_page_begins_with_its_place_as_declared", saying="Compiled.inclusive is False")
class DoesNotSayThatItRepeats(Inclusive):
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN}


@breaks("test_a_page_begins_with_its_place_as_declared", saying="does not begin")
class SaysThatItRepeats(ToyAdapter):
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN, "inclusive": True}
