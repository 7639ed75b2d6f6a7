"""Failures whose meaning the body tells: 403 for a wrong key, 400 for not found, 200 with one."""

from __future__ import annotations

import attrs
import msgspec
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import (
    AuthenticationError,
    NotFound,
    Place,
    ProviderError,
    ProviderPage,
    Response,
    ServerError,
    Session,
    kit,
)
from unified_checkout.sandbox import Answer, Received, Refused

MEANINGS: dict[str, type[ProviderError]] = {
    "who are you": AuthenticationError,
    "no such order": NotFound,
    "come back later": ServerError,
}


@sound
class Wordly(ToyAdapter):
    """Goes by the words of a failure where its status says nothing."""

    sandbox = "conformance.toys.meanings:WordlySandbox"

    def parse_error(self, response: Response) -> ProviderError:
        problem = kit.error_body(response).get("problem")
        kind = MEANINGS.get(problem) if isinstance(problem, str) else None
        if kind is None:
            return super().parse_error(response)
        return kind(kit.explanation(problem, response), **self.origin(response))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        self.raise_told(response)
        return super().parse_page(response, place)

    def parse_session(self, response: Response) -> Session:
        self.raise_told(response)
        return super().parse_session(response)

    def raise_told(self, response: Response) -> None:
        if isinstance(kit.error_body(response).get("problem"), str):
            raise self.parse_error(response)


@attrs.define(kw_only=True, eq=False)
class WordlySandbox(ToySandbox):
    """Refuses keys with 403, calls what is missing malformed, and fails with success."""

    def authorize(self, request: Received) -> None:
        if request.bearer_token is None:
            raise Refused(self.problem("who are you", 200))
        if request.bearer_token != self.api_key:
            raise Refused(self.problem("who are you", 403))

    def item(self, id: str) -> Answer:
        row = self.shelf.row(id)
        if row is None:
            raise Refused(self.problem("no such order", 400))
        return Answer.json(self.rendered(row, None))


@breaks("test_a_wrong_key_is_an_authentication_error", saying="AuthenticationError is right")
class GoesByTheStatusOfARefusal(Wordly):
    def parse_error(self, response: Response) -> ProviderError:
        return ToyAdapter.parse_error(self, response)


@breaks("test_a_session_that_is_not_there_is_not_found", saying="NotFound is right")
class GoesByTheStatusOfWhatIsMissing(Wordly):
    def parse_error(self, response: Response) -> ProviderError:
        return ToyAdapter.parse_error(self, response)


@breaks("test_an_unsigned_request_is_refused", saying="answered with 200: MalformedPage")
class TakesSuccessForSuccess(Wordly):
    def raise_told(self, response: Response) -> None:
        """Success is success."""


@breaks("test_an_unsigned_request_is_refused", saying="answered with 200: None")
class ReadsARefusalAsAnEmptyList(TakesSuccessForSuccess):
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        body = msgspec.json.decode(response.body)
        whole = {"orders": [], "rest": False, **body}
        return super().parse_page(attrs.evolve(response, body=msgspec.json.encode(whole)), place)
