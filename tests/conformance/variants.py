"""Adapters that each break one law, as a careless author would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

import attrs
import msgspec
from conformance import toy
from conformance.toy import ToyAdapter

from unified_checkout.adapters import (
    Compiled,
    Credentials,
    Direction,
    EndOfList,
    KeyKind,
    Order,
    Paging,
    Place,
    ProviderPage,
    Pushdown,
    Request,
    Response,
    Sensitive,
    Stream,
    Verdict,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    push,
    push_bound,
    push_status,
    unsupported,
)
from unified_checkout.errors import (
    AuthenticationError,
    InvalidRequest,
    MalformedPage,
    NotFound,
    ProviderError,
    UnreadableBody,
)
from unified_checkout.model.predicate import Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import SessionStatus


@attrs.frozen
class Broken:
    """A broken adapter, the law that must catch it, and what the failure must speak of."""

    adapter: type[ToyAdapter]
    law: str
    saying: str


VARIANTS: list[Broken] = []

Kind = TypeVar("Kind", bound=type[ToyAdapter])


def breaks(law: str, *, saying: str) -> Callable[[Kind], Kind]:
    """Enter an adapter into the list of broken ones."""

    def enter(adapter: Kind) -> Kind:
        VARIANTS.append(Broken(adapter, law, saying))
        return adapter

    return enter


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


@breaks("test_a_small_question_costs_one_request", saying="took 3 requests")
class AsksForOneAtATime(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), page_size=1)


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


class Unordered(ToyAdapter):
    """A sound one whose provider documents no order and no span of time."""

    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), order=Order.UNDOCUMENTED, splittable=False)


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


@breaks("test_the_end_of_the_list_is_told_as_declared", saying="leaves more None")
class SaysWhatItDeclaresItCannot(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), end_of_list=EndOfList.EMPTY_PAGE)


@breaks("test_an_empty_list_is_no_error", saying="list index out of range")
class ExpectsARow(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, next=page.sessions[-1].id)


@breaks("test_lists_are_newest_first", saying="not newest first")
class TurnsPagesRound(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, sessions=page.sessions[::-1])


@breaks("test_the_list_can_be_resumed_at_any_session", saying="list index out of range")
class CallsATokenASessionId(Stamping):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), paging=Paging.SESSION_ID)


@breaks("test_walking_back_gives_the_same_list", saying="page")
class GoesBackFromTheWrongEnd(ToyAdapter):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        return attrs.evolve(page, next=kit.end_of(page.sessions, Direction.FORWARD))


@breaks("test_windows_tile_the_list", saying="beyond the window")
class ClosesItsWindows(ToyAdapter):
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        window = place.window
        if window is not None and window.until is not None:
            place = attrs.evolve(place, window=attrs.evolve(window, until=window.until + 1))
        return super().page_request(compiled, stream, place)


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


# Failures.


@breaks("test_each_failure_has_its_type", saying="HTTP 403 is PermissionDenied")
class TakesForbiddenForUnauthenticated(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        if response.status == 403:
            return AuthenticationError(error.message, **self.origin(response))
        return error


@breaks("test_each_failure_has_its_type", saying="says")
class NamesNoAccount(ToyAdapter):
    def origin(self, response: Response) -> dict[str, Any]:
        return {**super().origin(response), "account": ""}


@breaks("test_a_failure_has_its_type_whatever_its_body_holds", saying="malformed|truncated")
class ExpectsItsOwnBodies(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        msgspec.json.decode(response.body)["problem"]
        return super().parse_error(response)


@breaks("test_the_advice_to_wait_is_kept", saying="17")
class DoesNotListen(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        return super().parse_error(attrs.evolve(response, headers={}))


@breaks("test_a_wrong_key_is_an_authentication_error", saying="answers 200 to a wrong key")
class SignsWithAnotherKey(ToyAdapter):
    def sign(self, request: Request, credentials: Credentials) -> Request:
        key = f"Bearer {toy.ToySandbox.api_key}"
        return attrs.evolve(request, headers={**request.headers, "Authorization": key})


@breaks("test_a_session_that_is_not_there_is_not_found", saying="is NotFound")
class TakesTheMissingForInvalid(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        if isinstance(error, NotFound):
            return InvalidRequest(error.message, **self.origin(response))
        return error


@breaks("test_an_error_holds_no_secret_and_no_person", saying="is in the error")
class QuotesTheProvider(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        problem = str(kit.error_body(response).get("problem"))
        return kit.error_for(response, problem, **self.origin(response))


# Secrets.


@breaks("test_signing_only_adds_headers", saying="addresses are logged")
class PutsTheKeyIntoTheAddress(ToyAdapter):
    def sign(self, request: Request, credentials: Credentials) -> Request:
        key = ("key", credentials.api_key.get_secret_value())
        signed = super().sign(request, credentials)
        return attrs.evolve(signed, parameters=(*signed.parameters, key))


class RemembersTheKey(ToyAdapter):
    key = ""

    def sign(self, request: Request, credentials: Credentials) -> Request:
        self.key = credentials.api_key.get_secret_value()
        return super().sign(request, credentials)

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        request = super().page_request(compiled, stream, place)
        return attrs.evolve(request, headers={"Authorization": f"Bearer {self.key}"})


breaks("test_an_unsigned_request_is_refused", saying="200 == 401")(RemembersTheKey)
breaks("test_what_is_kept_holds_no_secret", saying="only sign")(RemembersTheKey)


# Recordings.


@breaks("test_a_recording_holds_no_secret_and_no_person", saying="Quirina.*HidesNothing.sensitive")
class HidesNothing(ToyAdapter):
    sensitive: ClassVar[Mapping[str, Sensitive]] = {}


@breaks("test_a_recorded_question_holds_no_person", saying="Specimen")
class SpellsAnAddressItsOwnWay(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "email":
            name, _, domain = predicate.value.partition("@")
            parameters = (("mail_name", name), ("mail_domain", domain))
            return Pushed(Verdict(predicate, Pushdown.INEXACT, "in two parts"), (parameters,))
        return super().push(predicate)


@breaks("test_a_scrubbed_page_is_still_read", saying="substitute|secret|text-")
class HidesItsIds(ToyAdapter):
    sensitive: ClassVar[Mapping[str, Sensitive]] = {"order": Sensitive.TEXT}


@breaks("test_recorded_answers_are_read", saying="never sent")
class CannotReadWhatWasRecorded(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        if order.buyer and order.buyer.name != "Quirina Specimen":
            raise ValueError("never sent in my time")
        return super().session(order, raw)


@breaks("test_a_plan_survives_pickle", saying="pickle")
class CompilesSomethingLive(ToyAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        notes: Any = (lambda: query,)
        return attrs.evolve(super().compile(query), notes=notes)
