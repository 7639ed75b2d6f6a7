"""Adapters that are careless with failures, secrets and recordings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import msgspec
from conformance import toy
from conformance.toy import ToyAdapter
from conformance.variants.breaking import breaks

from unified_checkout.adapters import (
    Compiled,
    Credentials,
    Place,
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
)
from unified_checkout.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    ProviderError,
)
from unified_checkout.model.predicate import Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

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


@breaks("test_a_session_that_is_not_there_is_not_found", saying="NotFound is right")
class TakesTheMissingForInvalid(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        if isinstance(error, NotFound):
            return InvalidRequest(error.message, **self.origin(response))
        return error


@breaks("test_what_is_no_json_tells_of_no_session", saying="AddressNotFound is right")
class BelievesWhateverAnswers(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        if response.status == 404:
            return NotFound(error.message, **self.origin(response))
        return error


@breaks("test_an_error_holds_no_secret_and_no_person", saying="is in the error")
class QuotesTheProvider(ToyAdapter):
    def parse_error(self, response: Response) -> ProviderError:
        problem = str(kit.error_body(response).get("problem"))
        return type(super().parse_error(response))(problem, **self.origin(response))


# Secrets.


@breaks("test_signing_only_adds_headers", saying="they are logged")
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


breaks("test_an_unsigned_request_is_refused", saying="answered with 200: None")(RemembersTheKey)
breaks("test_what_is_kept_holds_no_secret", saying="only sign")(RemembersTheKey)


# Recordings.


@breaks("test_a_recording_holds_no_secret_and_no_person", saying="Quirina.*HidesNoName.sensitive")
class HidesNoName(ToyAdapter):
    sensitive: ClassVar[Mapping[str, Sensitive | None]] = {"buyer.name": None}


@breaks("test_a_recorded_question_holds_no_person", saying="but by the substitute")
class SpellsAnAddressItsOwnWay(ToyAdapter):
    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "email":
            name, _, domain = predicate.value.partition("@")
            parameters = (("mail_name", name), ("mail_domain", domain))
            return Pushed(Verdict(predicate, Pushdown.INEXACT, "in two parts"), (parameters,))
        return super().push(predicate)


@breaks("test_a_scrubbed_page_is_still_read", saying="would not keep.*'id'.*say None")
class HidesItsIds(ToyAdapter):
    sensitive: ClassVar[Mapping[str, Sensitive | None]] = {"order": Sensitive.TEXT}


@breaks("test_a_scrubbed_page_is_still_read", saying="would not keep.*provider_status.*say None")
class HidesItsStatus(ToyAdapter):
    sensitive: ClassVar[Mapping[str, Sensitive | None]] = {"state": Sensitive.TEXT}


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
