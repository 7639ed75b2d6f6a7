"""Adapters that are careless with conditions."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
from conformance import toy
from conformance.toy import ToyAdapter
from conformance.variants.breaking import breaks
from conformance.variants.sound import Renewing

from unified_checkout.adapters import (
    Compiled,
    Place,
    Pushdown,
    Request,
    Stream,
    Verdict,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    push,
    push_bound,
    push_status,
    unsupported,
)
from unified_checkout.model.predicate import Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

# Pushdown.


@breaks("test_there_is_one_verdict_per_condition_in_order", saying="Predicate")
class ForgetsAVerdict(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        return attrs.evolve(compiled, verdicts=compiled.verdicts[:1])


@breaks("test_there_is_one_verdict_per_condition_in_order", saying="Predicate")
class MixesUpItsVerdicts(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        return attrs.evolve(compiled, verdicts=compiled.verdicts[::-1])


@breaks("test_nothing_that_matches_is_lost", saying="customer = .* loses")
class SendsAnotherParameter(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "customer":
            return push(predicate, exact("reference"))
        return super().push(predicate)


@breaks("test_an_exact_verdict_is_exact", saying="email = .*called exact")
class CallsTheInexactExact(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "email":
            return push(predicate, exact("mail"))
        return super().push(predicate)


@breaks("test_an_exact_verdict_is_exact", saying="called exact")
class CallsExactWhatItDropped(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "mode":
            return Pushed(Verdict(predicate, Pushdown.EXACT, "dropped"))
        return super().push(predicate)


@breaks("test_bounds_are_rounded_outward", saying="created <.* loses")
class TruncatesUpperBounds(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field != "created":
            return super().push(predicate)
        second = str(int(predicate.value.timestamp()))
        return push_bound(predicate, Pushdown.INEXACT, toy.CREATED[predicate.operator], second)


@breaks("test_bounds_beyond_all_sessions_are_understood", saying="out of range")
class AddsADay(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "created":
            datetime.fromtimestamp(predicate.value.timestamp() + 86_400, UTC)
        return super().push(predicate)


@breaks("test_the_answer_is_what_the_conditions_say", saying="missing from the answer")
class LeavesToTheSessionsWhatTheyDoNotTell(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "customer":
            return push(predicate, unsupported("no such filter"))
        return super().push(predicate)

    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), customer=None)


@breaks("test_an_exact_verdict_is_exact", saying="kind = checkout.*called exact")
class SaysNothingOfItsRenewals(Renewing):
    judges_kinds = False


@breaks("test_every_page_repeats_the_conditions", saying="pages of 2 give another list")
class ForgetsTheConditionsAfterPageOne(ToyAdapter):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        if place.cursor is not None:
            stream = attrs.evolve(stream, parameters=())
        return super().page_request(compiled, stream, place)


# Unions.


@breaks("test_the_streams_cover_a_status", saying="held as {'paid'}")
class AsksForOneWordOfTwo(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        words = {word: status for word, status in toy.STATUSES.items() if word != "held"}
        if predicate.field == "status":
            return push_status(predicate, "state", words)
        return super().push(predicate)


@breaks("test_a_session_that_moves_between_streams_appears_once", saying="appears 0 times")
class ReadsTheLaterStateFirst(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        return attrs.evolve(compiled, streams=compiled.streams[::-1])
