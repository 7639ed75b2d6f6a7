"""``Talk``: an adapter and the imitation of its provider, talking in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import attrs
import pytest
from pydantic import SecretStr

from unified_checkout.adapters import (
    Adapter,
    Credentials,
    NotYetListed,
    ProviderError,
    Request,
    Response,
    Token,
    WindowTooFull,
)
from unified_checkout.sandbox import Answer, Facts, ProviderSandbox, Received
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout.testing.conformance.specimens import NOW


@attrs.define
class Clock:
    """What time it is for the provider, and for whoever signs requests."""

    now: float = NOW
    leap: tuple[int, float] | None = None
    """After so many requests more, so many seconds pass at once."""

    def tick(self) -> None:
        """One request more was answered."""
        if self.leap is None:
            return
        requests, seconds = self.leap
        self.leap = (requests - 1, seconds) if requests > 1 else None
        self.now += seconds if requests == 1 else 0

    def __call__(self) -> float:
        """Unix seconds."""
        return self.now

    @property
    def moment(self) -> datetime:
        """The same as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now, UTC)


@attrs.frozen(kw_only=True)
class Talk:
    """One account's adapter, and the imitation that answers it."""

    adapter: Adapter[Any]
    imitation: Imitation
    clock: Clock
    _tokens: list[tuple[SecretStr, float]] = attrs.field(factory=list, init=False, repr=False)

    @property
    def provider(self) -> ProviderSandbox:
        """The imitation itself."""
        return self.imitation.provider

    def truth(self) -> list[Facts]:
        """What the provider holds, newest first."""
        return self.imitation.truth()

    def facts(self, id: str) -> Facts:
        """What the provider holds under an id."""
        row = self.provider.shelf.row(id)
        if row is None:
            pytest.fail(f"the provider holds no session {id!r}: the adapter made that id up")
        return row.facts

    def send(
        self, request: Request, api_key: str | None = None, token: SecretStr | None = None
    ) -> Response:
        """Sign a request, put it on the wire, take it off there, and answer it."""
        response = as_response(self._handled(self.signed(request, api_key, token)))
        self.clock.tick()
        return response

    def unsigned(self, request: Request) -> Response:
        """The answer to a request that nobody signed."""
        return as_response(self._handled(received(request)))

    def credentials(
        self, api_key: str | None = None, token: SecretStr | None = None
    ) -> Credentials:
        """The key that the imitation accepts, or another one, and the token it gave."""
        return Credentials(SecretStr(api_key or self.provider.api_key), token, self.clock.moment)

    def signed(
        self, request: Request, api_key: str | None = None, token: SecretStr | None = None
    ) -> Received:
        """A signed request as the imitation sees it."""
        return received(self.adapter.sign(request, self.credentials(api_key, token)))

    def fetched_token(self) -> Token | None:
        """A new token, for an adapter that signs with one."""
        request = self.adapter.token_request()
        if request is None:
            return None
        response = self.send(request)
        if not 200 <= response.status < 300:
            pytest.fail(f"the sandbox gives no token: {response.status}: {response.body[:300]!r}")
        return self.adapter.parse_token(response)

    def token(self) -> SecretStr | None:
        """The token to sign with, fetched before the first request and kept until it expires."""
        if not self._tokens or self._tokens[-1][1] <= self.clock.now:
            fetched = self.fetched_token()
            if fetched is None:
                return None
            lasts = float("inf") if fetched.expires_in is None else fetched.expires_in
            self._tokens.append((fetched.value, self.clock.now + lasts))
        return self._tokens[-1][0]

    def success(self, request: Request) -> Response:
        """The answer to a request that must succeed, or to what the adapter asks instead.

        Raises:
            WindowTooFull, NotYetListed: if the provider says that.
        """
        *_, response = self.attempts(request)
        if not 200 <= response.status < 300:
            error = self.adapter.parse_error(response)
            if isinstance(error, WindowTooFull | NotYetListed):
                raise error
            pytest.fail(
                f"the sandbox refuses {request.method} {request.path} {list(request.parameters)} "
                f"{request.body[:300]!r} with {response.status}: {response.body[:300]!r}"
            )
        return response

    def attempts(self, request: Request) -> Iterator[Response]:
        """The answers to a request, and to what the adapter asks instead of one that fails."""
        other: Request | None = request
        while other is not None:
            response = self.send(other, token=self.token())
            yield response
            if 200 <= response.status < 300:
                return
            other = self.adapter.instead(other, self.adapter.parse_error(response))

    def failure(
        self, response: Response, read: Callable[[Response], object]
    ) -> ProviderError | None:
        """What a response tells of a failure, by its status or, in spite of it, by its body."""
        if not 200 <= response.status < 300:
            return self.adapter.parse_error(response)
        try:
            read(response)
        except ProviderError as error:
            return error
        return None

    def _handled(self, request: Received) -> Answer:
        answer = self.imitation.handle(request)
        if self.imitation.error is not None:
            raise self.imitation.error
        return answer


def received(request: Request) -> Received:
    """A request as a server sees it, its encoding undone."""
    assert request.path.startswith("/"), f"a path begins with a slash: {request.path!r}"
    assert not set("?# ") & set(request.path), f"a path is a path alone: {request.path!r}"
    assert request.body == b"" or request.method == "POST", "only a POST has a body"
    return Received(
        method=request.method,
        path=unquote(request.path),
        parameters=tuple(parse_qsl(urlencode(request.parameters), keep_blank_values=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )


def as_response(answer: Answer) -> Response:
    """An answer as an adapter sees it."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(status=answer.status, headers=headers, body=answer.body)
