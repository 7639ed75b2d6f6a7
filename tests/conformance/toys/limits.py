"""Limits by address, by endpoint, told by headers, other ones in test mode; and lists by POST."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import Allowance, Compiled, Place, Request, Response, Stream, kit
from unified_checkout.sandbox import Answer, Page, Received, Refused

A_MINUTE = 60


@sound
class Limited(ToyAdapter):
    """Asks by POST, and heeds the limits of that endpoint."""

    sandbox = "conformance.toys.limits:LimitSandbox"
    requests_per_second = 10.0
    test_requests_per_second = 1.0
    budgets: ClassVar[Mapping[str, float]] = {"search": 2.0}
    rate_by_address = True

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        found = Request(path=f"{request.path}/search", budget="search")
        return kit.json_body(found, dict(request.parameters))

    def allowance(self, response: Response) -> Allowance | None:
        return kit.allowance(response)


@attrs.define(kw_only=True, eq=False)
class LimitSandbox(ToySandbox):
    """Counts by the minute, and says when that is over to a hundredth of a second."""

    used: int = attrs.field(default=0, init=False)

    def read(self, request: Received) -> Page | Answer:
        if request.path != f"{toy.PATH}/search":
            return super().read(request)
        self.authorize(request)
        if request.method != "POST" or request.parameters:
            raise Refused(self.failure(405))
        if request.headers.get("content-type") != "application/json":
            raise Refused(self.failure(415))
        asked = attrs.evolve(request, parameters=tuple(json.loads(request.body).items()))
        return self.listing(self.values(asked))

    def headers(self, request: Received) -> Mapping[str, str]:
        self.used += 1
        return {"rate-limit-remaining": str(100_000 - self.used), "rate-limit-reset": "58.37"}


@breaks("test_rates_are_declared", saying="'searches', which is not in budgets")
class CountsAgainstNothing(Limited):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        return attrs.evolve(super().page_request(compiled, stream, place), budget="searches")


@breaks("test_rates_are_declared", saying="above zero: .*search")
class AllowsNothing(Limited):
    budgets: ClassVar[Mapping[str, float]] = {"search": 0.0}


@breaks("test_rates_are_declared", saying="above zero: .*test_requests_per_second")
class TestsNothing(Limited):
    test_requests_per_second = 0.0


@breaks("test_the_allowance_is_what_headers_tell", saying="and no moment")
class TakesSecondsForAMoment(Limited):
    def allowance(self, response: Response) -> Allowance | None:
        found = super().allowance(response)
        return found and attrs.evolve(found, resets_in=1_790_000_000 + found.resets_in)


@breaks("test_the_allowance_is_what_headers_tell", saying="two requests later")
class ReadsTheWrongHeader(Limited):
    def allowance(self, response: Response) -> Allowance | None:
        found = super().allowance(response)
        return found and attrs.evolve(found, remaining=int(found.resets_in))


@breaks("test_odd_headers_do_no_harm", saying="could not convert|invalid literal")
class BelievesItsHeaders(Limited):
    def allowance(self, response: Response) -> Allowance | None:
        remaining = response.headers["rate-limit-remaining"]
        return Allowance(int(remaining), float(response.headers["rate-limit-reset"]))


@breaks("test_odd_headers_do_no_harm", saying="resets_in is (inf|nan)")
class WaitsForEver(Limited):
    def allowance(self, response: Response) -> Allowance | None:
        try:
            resets = float(response.headers.get("rate-limit-reset", ""))
        except ValueError:
            return None
        found = super().allowance(response)
        return found and attrs.evolve(found, resets_in=resets) if found else Allowance(0, resets)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="only a POST has a body")
class SendsABodyWithAGet(Limited):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        return attrs.evolve(super().page_request(compiled, stream, place), method="GET")


@breaks("test_every_page_repeats_the_conditions", saying="another list")
class PostsItsConditionsOnce(Limited):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        asked: dict[str, Any] = json.loads(request.body)
        kept = {"count", *toy.CURSORS.values()} if place.cursor else set(asked)
        body = {name: value for name, value in asked.items() if name in kept}
        return attrs.evolve(request, body=json.dumps(body).encode())
