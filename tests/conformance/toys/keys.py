"""Credentials: of two parts, exchanged for a token, or turned into a signature."""

from __future__ import annotations

import hmac
import time
from urllib.parse import urlencode

import attrs
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound
from pydantic import Field, SecretStr

from unified_checkout.adapters import (
    AdapterOptions,
    Credentials,
    PermissionDenied,
    ProviderError,
    Request,
    Response,
    Token,
    kit,
)
from unified_checkout.sandbox import Answer, Page, Received, Refused

LASTS = 600
CLIENT = "shop_17_obviously_fake"


class ClientOptions(AdapterOptions):
    base_url: str = "https://api.toy.example.com"
    client: str = Field(examples=[CLIENT])


@sound
class Tokened(ToyAdapter):
    """Gets a token for the two parts of its key, and signs with that."""

    sandbox = "conformance.toys.keys:TokenSandbox"
    options_type = ClientOptions

    def token_request(self) -> Request | None:
        return kit.client_credentials("/token")

    def parse_token(self, response: Response) -> Token:
        return kit.parse_token(response, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        if credentials.token is None:
            return kit.basic(request, credentials, self.client)
        return kit.bearer(request, credentials)

    @property
    def client(self) -> str:
        assert isinstance(self.options, ClientOptions)
        return self.options.client


@attrs.define(kw_only=True, eq=False)
class TokenSandbox(ToySandbox):
    """Gives a token for ten minutes."""

    def read(self, request: Received) -> Page | Answer:
        if request.path != "/token":
            return super().read(request)
        if request.method != "POST" or request.form != {"grant_type": "client_credentials"}:
            raise Refused(self.failure(400))
        if request.basic_pair != (CLIENT, self.api_key):
            raise Refused(self.failure(401))
        token = f"token-of-{int(self.clock())}"
        return Answer.json({"access_token": token, "token_type": "Bearer", "expires_in": LASTS})

    def authorize(self, request: Received) -> None:
        word, _, begun = (request.bearer_token or "").rpartition("-")
        if word != "token-of" or not int(begun) <= self.clock() < int(begun) + LASTS:
            raise Refused(self.failure(401))


@breaks("test_a_token_is_good_for_as_long_as_it_says", saying="before the token expires")
class TakesSecondsForMinutes(Tokened):
    def parse_token(self, response: Response) -> Token:
        token = super().parse_token(response)
        return attrs.evolve(token, expires_in=60 * (token.expires_in or 0))


class TakesAnOldTokenForForbidden(Tokened):
    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        return PermissionDenied(error.message, **self.origin(response))


breaks("test_a_token_is_good_for_as_long_as_it_says", saying="not PermissionDenied")(
    TakesAnOldTokenForForbidden
)
breaks("test_a_listing_outlives_its_token", saying="HTTP 401.*Give the key permission")(
    TakesAnOldTokenForForbidden
)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="the sandbox gives no token")
class SendsHalfItsKey(Tokened):
    def sign(self, request: Request, credentials: Credentials) -> Request:
        if credentials.token is None:
            return kit.basic(request, credentials)
        return super().sign(request, credentials)


@breaks("test_a_recording_holds_no_secret_and_no_person", saying="token-of-")
class RecordsItsToken(Tokened):
    sandbox = "conformance.toys.keys:OddTokenSandbox"

    def parse_token(self, response: Response) -> Token:
        sent = kit.error_body(response)
        return Token(SecretStr(str(sent["pass"])), LASTS)


@attrs.define(kw_only=True, eq=False)
class OddTokenSandbox(TokenSandbox):
    """Calls a token what nobody else does."""

    def read(self, request: Received) -> Page | Answer:
        answer = super().read(request)
        if request.path != "/token":
            return answer
        return Answer.json({"pass": f"token-of-{int(self.clock())}"})


@sound
class Signed(ToyAdapter):
    """Signs method, path and moment with the second part of its key."""

    sandbox = "conformance.toys.keys:SignatureSandbox"
    options_type = ClientOptions

    def sign(self, request: Request, credentials: Credentials) -> Request:
        assert isinstance(self.options, ClientOptions)
        moment = str(self.moment(credentials))
        message = f"{moment} {request.method} {self.signed(request)}".encode()
        signature = kit.hmac_digest(credentials, message).hex()
        headers = {"X-Client": self.options.client, "X-Moment": moment, "X-Signature": signature}
        return attrs.evolve(request, headers={**request.headers, **headers})

    def moment(self, credentials: Credentials) -> int:
        assert credentials.now is not None
        return int(credentials.now.timestamp())

    def signed(self, request: Request) -> str:
        return kit.target(request)


@attrs.define(kw_only=True, eq=False)
class SignatureSandbox(ToySandbox):
    """Takes no signature that is a minute old."""

    def authorize(self, request: Received) -> None:
        moment = request.headers.get("x-moment", "0")
        query = f"?{urlencode(request.parameters)}" if request.parameters else ""
        message = f"{moment} {request.method} {request.path}{query}".encode()
        right = hmac.digest(self.api_key.encode(), message, "sha256").hex()
        if (
            request.headers.get("x-client") != CLIENT
            or request.headers.get("x-signature") != right
            or abs(int(moment) - self.clock()) > 60
        ):
            raise Refused(self.failure(401))


@breaks("test_pages_of_any_size_give_the_whole_list", saying="refuses")
class GoesByItsOwnClock(Signed):
    def moment(self, credentials: Credentials) -> int:
        return int(time.time())


@breaks("test_pages_of_any_size_give_the_whole_list", saying="refuses")
class SignsNoPath(Signed):
    def signed(self, request: Request) -> str:
        return "/"
