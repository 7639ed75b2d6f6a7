"""An exchange on trial, and adapters that know other ways."""

from __future__ import annotations

from math import inf
from random import Random

import attrs
import msgspec
from pydantic import SecretStr
from simulation.adapter import REFUSAL, Profile, SimulatedAdapter

from unified_checkout.adapters import Allowance, Request, Response, Token, kit
from unified_checkout.engine.exchange import Access, Effort, Exchange
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Observer, Runtime
from unified_checkout.errors import InvalidRequest, NotFound, ProviderError, UnreadableBody

PATHS = ("/sessions", "/v2/sessions", "/v3/sessions")
REQUEST = Request(path=PATHS[0])
FINE, FAILED, MISSING = (Response(status=status, body=REFUSAL) for status in (200, 500, 404))


class Elsewhere(SimulatedAdapter):
    """An adapter that knows three paths of one list, and never tires of naming the first."""

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        if not isinstance(error, NotFound):
            return None
        following = PATHS[(PATHS.index(request.path) + 1) % len(PATHS)]
        return attrs.evolve(request, path=following)

    def allowance(self, response: Response) -> Allowance | None:
        return kit.allowance(response)


class Plainer(SimulatedAdapter):
    """An adapter that asks with fewer parameters where one is refused."""

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        if not isinstance(error, InvalidRequest):
            return None
        return attrs.evolve(request, parameters=request.parameters[:1])


class WithTokens(Elsewhere):
    """An adapter whose provider wants a token beside the key."""

    def token_request(self) -> Request | None:
        return Request(path="/token", method="POST")

    def parse_token(self, response: Response) -> Token:
        try:
            sent = msgspec.json.decode(response.body)
        except msgspec.DecodeError:
            raise UnreadableBody("not JSON", account="north", provider="x") from None
        return Token(SecretStr(sent["token"]), sent.get("expires_in"))


class Trial:
    """An exchange and a clock that does what it says."""

    def __init__(
        self,
        state: AccountState | None = None,
        *,
        request: Request = REQUEST,
        adapter: SimulatedAdapter | None = None,
        tokens: bool = False,
        waits: bool = True,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.state = state or AccountState(Pace(inf), RetryPolicy(max_attempts=3))
        self.effort = Effort()
        access = Access(
            adapter=adapter or (WithTokens if tokens else Elsewhere)("north", Profile()),
            state=self.state,
            runtime=Runtime(random=Random(0), waits=waits, observers=observers),
            effort=self.effort,
        )
        self.exchange = Exchange(access, request, remember_path=True)
        self.now = 100.0

    def send(self) -> str:
        """Send as soon as that is allowed; the path asked for."""
        while (at := self.exchange.clear_at(self.now)) > self.now:
            self.now = at
        return self.exchange.start(self.now).path

    def answer(self, response: Response) -> Response | None:
        return self.exchange.answer(response, self.now)
