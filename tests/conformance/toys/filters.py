"""Filters: several words in one parameter, a filter that is a path, a default that hides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import Compiled, ListSessions, Predicate, Reach, Stream
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    one_path,
    push_path,
    push_words,
    streams,
)
from unified_checkout.sandbox import Answer, Facts, Page, Received, Refused

STATES = tuple(toy.STATUSES)
SHOWN = ("new", "held", "done")


@sound
class Wordy(ToyAdapter):
    """Names several states in one parameter, all of them where nothing is asked."""

    sandbox = "conformance.toys.filters:WordySandbox"
    separator = ","

    def template(self) -> Stream:
        return Stream(name="orders", path=toy.PATH)

    def compile(self, query: ListSessions) -> Compiled:
        pushed = [self.push(predicate) for predicate in query.predicates()]
        pushed = list(one_path(pushed))
        found = streams(pushed, self.template())
        return attrs.evolve(
            super().compile(query),
            streams=tuple(self.with_every_state(one) for one in found),
            verdicts=tuple(one.verdict for one in pushed),
        )

    def with_every_state(self, stream: Stream) -> Stream:
        if "state" in dict(stream.parameters):
            return stream
        every = ("state", self.separator.join(STATES))
        return attrs.evolve(stream, parameters=(*stream.parameters, every))

    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "status":
            return push_words(predicate, exact("state"), toy.STATUSES, self.separator.join)
        if predicate.field == "customer":
            return push_path(predicate, "/buyers/{}/orders", exact("buyer"))
        return super().push(predicate)


@attrs.define(kw_only=True, eq=False)
class WordySandbox(ToySandbox):
    """Shows neither what was stopped nor what is over, unless it is asked to."""

    def read(self, request: Received) -> Page | Answer:
        parts = request.path.split("/")
        if parts[1] != "buyers":
            return super().read(request)
        self.authorize(request)
        if len(parts) != 4 or parts[3] != "orders":
            raise Refused(self.failure(404))
        return self.listing({**self.values(request), "buyer": parts[2]})

    def tests(self, values: toy.Values) -> toy.Tests:
        states = values["state"].split(",") if "state" in values else list(SHOWN)
        if not set(states) <= set(STATES):
            raise Refused(self.problem("that is no state"))
        others = {name: value for name, value in values.items() if name != "state"}
        return [*super().tests(others), lambda facts: toy.word_of(facts) in states]


@breaks("test_the_streams_cover_a_status", saying="refuses.*no state")
class JoinsWordsItsOwnWay(Wordy):
    separator = "|"


@breaks("test_nothing_that_matches_is_lost", saying="status.* loses")
class SendsTheFirstWordOnly(Wordy):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "status":
            return push_words(predicate, exact("state"), toy.STATUSES, lambda words: words[0])
        return super().push(predicate)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="sessions are missing")
class TakesShownForAll(Wordy):
    def with_every_state(self, stream: Stream) -> Stream:
        return stream


@breaks("test_a_value_stays_one_part_of_the_path", saying="a/b")
class PastesABuyerIntoThePath(Wordy):
    def push(self, predicate: Predicate) -> Pushed:
        pushed = super().push(predicate)
        if predicate.field == "customer":
            return attrs.evolve(pushed, path=f"/buyers/{predicate.value}/orders")
        return pushed


@sound
class Reaching(ToyAdapter):
    """Asks from the beginning, where a month is the default."""

    sandbox = "conformance.toys.filters:MonthSandbox"
    manner: ClassVar[Mapping[str, Any]] = {"reach": Reach()}

    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        found = tuple(self.from_the_beginning(stream) for stream in compiled.streams)
        return attrs.evolve(compiled, streams=found)

    def from_the_beginning(self, stream: Stream) -> Stream:
        if {"from", "after"} & set(dict(stream.parameters)):
            return stream
        return attrs.evolve(stream, parameters=(*stream.parameters, ("from", "0")))


@attrs.define(kw_only=True, eq=False)
class MonthSandbox(ToySandbox):
    """Lists a month, unless it is told from when."""

    def tests(self, values: toy.Values) -> toy.Tests:
        floor = self.clock() - 30 * 86_400
        found = super().tests(values)
        return found if {"from", "after"} & set(values) else [*found, younger_than(floor)]


def younger_than(moment: float) -> Any:
    def test(facts: Facts) -> bool:
        return facts.created >= moment

    return test


@breaks("test_sessions_years_old_are_listed", saying="not listed: created")
class TakesAMonthForAll(Reaching):
    def from_the_beginning(self, stream: Stream) -> Stream:
        return stream


@breaks("test_sessions_years_old_are_listed", saying="'lt'|lt=|before|not listed: created")
class ForgetsTheBeginningUnderABound(Reaching):
    def from_the_beginning(self, stream: Stream) -> Stream:
        return stream if stream.parameters else super().from_the_beginning(stream)
