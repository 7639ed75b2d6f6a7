"""A mandatory window with a longest span, a floor, a cap on rows, and data that settles late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import (
    Compiled,
    NotYetListed,
    Operator,
    Paging,
    Place,
    ProviderError,
    ProviderPage,
    Reach,
    Request,
    Response,
    Session,
    Stream,
    WindowTooFull,
    kit,
)
from unified_checkout.sandbox import Answer, Facts, Page, Refused

DAY = 86_400
LONGEST, EARLIEST, LAG, MOST = 180 * DAY, 3 * 365 * DAY, 3 * 3600, 40
REACH = Reach(
    windowed=True,
    required=True,
    longest=timedelta(seconds=LONGEST),
    earliest=timedelta(seconds=EARLIEST),
    settles=timedelta(seconds=LAG),
)


@sound
class Windowed(ToyAdapter):
    """Lists half a year at a time, three years back, forty orders at most."""

    sandbox = "conformance.toys.windows:WindowSandbox"
    largest_page = 500
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN, "reach": REACH}
    bounds: ClassVar[Mapping[Operator, str]] = {Operator.GTE: "from", Operator.LT: "before"}

    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        page = super().page(sent, sessions, place)
        settled = None if sent.fresh is None else kit.seconds(sent.fresh)
        return attrs.evolve(page, settled=settled)

    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        if "not yet" in error.message:
            return NotYetListed(error.message, **self.origin(response))
        if "too many" in error.message:
            return WindowTooFull(error.message, **self.origin(response))
        return error


@attrs.define(kw_only=True, eq=False)
class WindowSandbox(ToySandbox):
    """Lists nothing without both ends of a window, and nothing of the last three hours."""

    largest_page: ClassVar[int] = 500

    def listing(self, values: toy.Values) -> Page | Answer:
        now = int(self.clock())
        if not {"from", "before"} <= set(values):
            raise Refused(self.problem("a window has two ends"))
        since, until = int(values["from"]), int(values["before"])
        if not since < until <= since + LONGEST:
            raise Refused(self.problem("that is no window, or a long one"))
        if since < now - EARLIEST:
            raise Refused(self.problem("so long ago there is nothing"))
        if since > now - LAG:
            raise Refused(self.problem("that is not yet to be had"))
        window = {name: values[name] for name in ("from", "before")}
        if len(self.select(self.tests(window), None, limit=MOST + 1).rows) > MOST:
            raise Refused(self.problem("too many orders in it"))
        return super().listing(values)

    def tests(self, values: toy.Values) -> toy.Tests:
        return [*super().tests(values), self.is_settled]

    def is_settled(self, facts: Facts) -> bool:
        return facts.created < self.clock() - LAG

    def tail(self, page: Page) -> dict[str, object]:
        return {**super().tail(page), "fresh": int(self.clock()) - LAG}


@breaks("test_pages_of_any_size_give_the_whole_list", saying="refuses.*too many")
class TakesTooManyForMalformed(Windowed):
    def parse_error(self, response: Response) -> ProviderError:
        return ToyAdapter.parse_error(self, response)


@breaks("test_windows_tile_the_list", saying="refuses.*not yet")
class TakesWhatIsToComeForMalformed(Windowed):
    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        return ToyAdapter.parse_error(self, response) if "not yet" in error.message else error


@breaks("test_pages_of_any_size_give_the_whole_list", saying="refuses.*two ends")
class SendsOneEnd(Windowed):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        kept = tuple(one for one in request.parameters if one[0] != "before")
        return attrs.evolve(request, parameters=kept)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="refuses.*long one")
class TakesAnyWindow(Windowed):
    manner: ClassVar[Mapping[str, Any]] = {
        **Windowed.manner,
        "reach": attrs.evolve(REACH, longest=timedelta(days=365)),
    }


@breaks("test_pages_of_any_size_give_the_whole_list", saying="refuses.*so long ago")
class LooksTooFarBack(Windowed):
    manner: ClassVar[Mapping[str, Any]] = {
        **Windowed.manner,
        "reach": attrs.evolve(REACH, earliest=timedelta(days=4 * 365)),
    }


@breaks("test_lists_begin_where_declared", saying="lists are said to begin 365 days")
class ForgetsTwoYears(Windowed):
    manner: ClassVar[Mapping[str, Any]] = {
        **Windowed.manner,
        "reach": attrs.evolve(REACH, earliest=timedelta(days=365)),
    }


@breaks("test_what_should_be_settled_is_listed", saying="see Reach.settles")
class WaitsForNobody(Windowed):
    manner: ClassVar[Mapping[str, Any]] = {
        **Windowed.manner,
        "reach": attrs.evolve(REACH, settles=timedelta(0)),
    }


@breaks("test_what_should_be_settled_is_listed", saying="said to be settled up to")
class TakesNowForSettled(Windowed):
    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        page = super().page(sent, sessions, place)
        late = page.settled and page.settled + timedelta(seconds=LAG)
        return attrs.evolve(page, settled=late)


@breaks("test_windows_tile_the_list", saying="loses")
class LosesTheFirstSecond(Windowed):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        window = place.window
        if window is not None and window.since is not None:
            place = attrs.evolve(place, window=attrs.evolve(window, since=window.since + 1))
        return super().page_request(compiled, stream, place)


@breaks("test_windows_tile_the_list", saying="is Place.window sent")
class DoesNotSendItsWindows(ToyAdapter):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        return super().page_request(compiled, stream, attrs.evolve(place, window=None))
