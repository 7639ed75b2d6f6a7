"""Adapters that are careless with declarations, sessions and words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import msgspec
from conformance import toy
from conformance.toy import ToyAdapter
from conformance.variants.breaking import breaks

from unified_checkout.adapters import (
    Compiled,
    KeyKind,
    Place,
    ProviderPage,
    Request,
    Response,
    Stream,
)
from unified_checkout.adapters.rules import (
    Pushed,
)
from unified_checkout.errors import (
    MalformedPage,
    UnreadableBody,
)
from unified_checkout.model.predicate import Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import SessionStatus

# Declarations.


@breaks("test_the_adapter_declares_itself", saying="lower-case, as in TOML")
class HasANameNobodyCanWrite(ToyAdapter):
    name = "The Toy"


@breaks("test_a_key_of_the_sandbox_is_plainly_a_test_key", saying="key_kind")
class TellsNothingOfAKey(ToyAdapter):
    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        return KeyKind.UNKNOWN


@breaks("test_an_unknown_provider_option_is_refused_by_name", saying="DID NOT RAISE")
class DropsProviderOptions(ToyAdapter):
    def options_for(self, query: ListSessions) -> dict[str, Any]:
        return {}


@breaks("test_every_condition_has_a_verdict_that_explains_itself", saying="without a note.*mode")
class ExplainsNothing(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        pushed = super().push(predicate)
        return attrs.evolve(pushed, verdict=attrs.evolve(pushed.verdict, note=""))


@breaks("test_translating_is_pure", saying="remembers nothing|requests")
class CountsItsPages(ToyAdapter):
    pages = 0

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        self.pages += 1
        return super().page_request(compiled, stream, place)


# Sessions.


@breaks("test_sessions_say_what_the_provider_holds", saying="livemode")
class TurnsLiveAndTestRound(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), livemode=not order.live)


@breaks("test_sessions_say_what_the_provider_holds", saying="amount_total")
class TakesMinorUnitsForMajorOnes(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), amount_total=(order.total or 0) * 100)


@breaks("test_sessions_say_what_the_provider_holds", saying="created")
class ReadsTimesInItsOwnZone(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        session = super().session(order, raw)
        return attrs.evolve(session, created=session.created + timedelta(hours=1))


@breaks("test_a_single_session_is_the_one_in_the_list", saying="bytes as sent")
class EncodesASingleSessionAnew(ToyAdapter):
    def parse_session(self, response: Response) -> Session:
        session = super().parse_session(response)
        return attrs.evolve(session, raw_bytes=msgspec.json.encode({"order": session.id}))


@breaks("test_an_id_stays_one_part_of_the_path", saying="a/b")
class PastesTheIdIntoThePath(ToyAdapter):
    def get_request(self, id: str) -> Request:
        return Request(path=f"{toy.PATH}/{id}")


@breaks("test_raw_is_lossless", saying="the row as sent")
class KeepsOnlyWhatItKnows(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return super().session(order, msgspec.json.encode(order))


@breaks("test_raw_is_lossless", saying="byte for byte")
class EncodesRowsAnew(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return super().session(order, msgspec.json.encode(msgspec.json.decode(raw)))


@breaks("test_a_session_without_its_id_or_time_is_an_error", saying="that is a guess")
class GuessesTheTime(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        body = msgspec.json.decode(response.body)
        body["orders"] = [{"at": 0, **order} for order in body["orders"]]
        return super().parse_page(attrs.evolve(response, body=msgspec.json.encode(body)), place)


@breaks("test_whatever_stands_in_a_row_is_read_or_named", saying="unsupported operand")
class TrustsItsProvider(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        tip: Any = order.total
        return attrs.evolve(super().session(order, raw), amount_total=tip + 0)


@breaks("test_whatever_stands_in_a_row_is_read_or_named", saying="row 0 is named")
class NamesAnotherRow(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        try:
            return super().parse_page(response, place)
        except MalformedPage as error:
            error.row = 0
            raise


@breaks("test_a_body_that_is_no_json_may_be_asked_for_again", saying="MalformedPage for b''")
class TakesAProxyForTheProvider(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        try:
            return super().parse_page(response, place)
        except UnreadableBody as error:
            where = self.origin(response)
            raise MalformedPage("no JSON", row=None, field="", **where) from error


@breaks("test_a_body_of_another_shape_is_never_an_empty_list", saying="was read as one")
class TakesAnythingForAnEmptyList(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        try:
            return super().parse_page(response, place)
        except MalformedPage:
            return ProviderPage(sessions=[], next=None, more=False)


# Words.


@breaks("test_every_status_is_in_the_table", saying="'held' is held as 'paid'")
class ForgetsAStatus(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        session = super().session(order, raw)
        held = order.state == "held"
        return attrs.evolve(session, status=SessionStatus.UNKNOWN) if held else session


@breaks("test_a_status_keeps_the_providers_own_word", saying="never sent")
class TranslatesTheProvidersWord(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        session = super().session(order, raw)
        return attrs.evolve(session, provider_status=str(session.status))


@breaks("test_an_unknown_status_stays_readable", saying="SessionStatus.OPEN")
class TakesTheUnknownForOpen(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        session = super().session(order, raw)
        unknown = session.status is SessionStatus.UNKNOWN
        return attrs.evolve(session, status=SessionStatus.OPEN) if unknown else session


@breaks("test_new_words_do_no_harm", saying="a_word_of_next_year")
class KnowsEveryModeThereWillEverBe(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        mode = toy.MODES[order.kind] if order.kind else None
        return attrs.evolve(super().session(order, raw), mode=mode)
