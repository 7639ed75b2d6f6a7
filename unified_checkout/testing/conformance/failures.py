"""Laws of failures: each its type, whatever its body holds, and nothing secret in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from unified_checkout.adapters import Adapter, Place, Request, Response
from unified_checkout.errors import (
    AddressNotFound,
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    ServerError,
    UnexpectedRedirect,
)
from unified_checkout.testing.conformance.bench import ACCOUNT, Bench
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.rows import leaves, replaced

TYPES: dict[int, type[ProviderError]] = {
    307: UnexpectedRedirect,
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    422: InvalidRequest,
    429: RateLimited,
    500: ServerError,
    502: ServerError,
    503: ServerError,
}
"""The error for each HTTP status: terminal or transient follows from it."""

PAGES = (
    b"",
    b"<!DOCTYPE html><html><body>Bad gateway</body></html>",
    b"no JSON at all",
    b"\xff\xfe",
)
"""Bodies that something between here and a provider may send."""

BODIES = (
    b"null",
    b"[]",
    b"[[1]]",
    b"7",
    b'"text"',
    b"{}",
    b'{"error": null}',
    b'{"error": "text"}',
    b'{"error": {"message": null, "code": 7}}',
    b'{"errors": [null, 7, {"detail": ["x"]}]}',
    b'{"detail": {"msg": 1}}',
    b'{"message": {"text": "x"}}',
    b"[" * 5000,
)
"""Bodies that a failure may come with, whatever the documentation says."""

_BENT: tuple[Any, ...] = (None, 7, [], {}, [None], ["x"], "x")

FirstRequest = tuple[Request, Callable[[Response], object], SecretStr | None]
"""A request, what reads its answer, and the token to sign it with."""

PERSON = "jenny.specimen@example.com"


class FailureLaws(Laws):
    """A failure is never taken for an empty list, nor for another failure."""

    @pytest.mark.parametrize("status", TYPES)
    def test_each_failure_has_its_type(self, status: int) -> None:
        """The documented error body of a status: what it was, where, and whether to try again."""
        answer = self.shop.provider.failure(status)
        response = Response(status=status, headers=dict(answer.headers), body=answer.body)
        self._check_failure(self.new_adapter().parse_error(response), status)

    @pytest.mark.parametrize("status", TYPES)
    def test_a_failure_has_its_type_whatever_its_body_holds(self, status: int) -> None:
        """A proxy answers in HTML, a provider in a shape of its own: the status decides."""
        adapter = self.new_adapter()
        for body in (*PAGES, *BODIES):
            self._check_odd_failure(adapter, status, body)
        answer = self.shop.provider.failure(status)
        for body in _bent(answer.body):
            self._check_odd_failure(adapter, status, body)

    @pytest.mark.parametrize("body", PAGES)
    def test_what_is_no_json_tells_of_no_session(self, body: bytes) -> None:
        """A 404 of something in between: a store that took it for the provider's would lose rows."""
        error = self.new_adapter().parse_error(Response(status=404, body=body))
        assert type(error) is AddressNotFound, (
            f"{type(error).__name__} is read: AddressNotFound is right"
        )

    def test_the_advice_to_wait_is_kept(self) -> None:
        """``Retry-After`` of a 429 decides when the engine tries again."""
        answer = self.shop.provider.failure(429)
        response = Response(status=429, headers={"retry-after": "17"}, body=answer.body)
        error = self.new_adapter().parse_error(response)
        assert isinstance(error, RateLimited)
        assert error.retry_after == 17.0

    def test_a_wrong_key_is_an_authentication_error(self) -> None:
        """Through the sandbox: it refuses the key, and the refusal is recognised.

        Whatever its status: some providers answer 403, or 200 with an error in the body.
        """
        bench = self.shop
        wrong = f"{bench.provider.api_key}_wrong"
        for request, read, token in self._first_requests(bench):
            response = bench.send(request, wrong, token)
            error = bench.failure(response, read)
            assert error is not None, f"the sandbox answers {response.status} to a wrong key"
            self._check_refusal(error, AuthenticationError, response)

    def test_a_session_that_is_not_there_is_not_found(self) -> None:
        """Through the sandbox: the id of no session."""
        self.need_single_sessions()
        bench = self.shop
        request = bench.adapter.get_request(self.absent_id)
        for response in bench.attempts(request):
            error = bench.failure(response, bench.adapter.parse_session)
            assert error is not None, f"the sandbox gives a session {self.absent_id!r}"
            self._check_refusal(error, NotFound, response)

    @pytest.mark.parametrize("status", TYPES)
    def test_an_error_holds_no_secret_and_no_person(self, status: int) -> None:
        """A provider quotes what it was sent; messages are logged, so they must not."""
        key = self.shop.provider.api_key
        quote = f"no customer {PERSON} for the key {key}"
        answer = self.shop.provider.failure(status)
        for body in (*_quoting(answer.body, quote), json.dumps({"message": quote}).encode()):
            error = self.new_adapter().parse_error(Response(status=status, body=body))
            shown = f"{error} {error!r} {vars(error)}"
            assert key not in shown, f"the key is in the error: {shown}"
            assert PERSON not in shown, f"an e-mail address is in the error: {shown}"

    def _first_requests(self, bench: Bench) -> Iterator[FirstRequest]:
        """What is asked first with a key: the list, or for those who need one, a token."""
        adapter = bench.adapter
        request = adapter.token_request()
        if request is not None:
            yield request, adapter.parse_token, None
            token = SecretStr("a_token_obviously_fake")
        else:
            token = None
        yield bench.first_request(), lambda one: adapter.parse_page(one, Place()), token

    def _check_refusal(
        self, error: ProviderError, kind: type[ProviderError], response: Response
    ) -> None:
        assert isinstance(error, kind), f"{type(error).__name__} is read: {kind.__name__} is right"
        where = (error.account, error.provider, error.status)
        assert where == (ACCOUNT, self.adapter.name, response.status), f"the error says {where}"
        assert error.message.strip(), "an error without a message"

    def _check_odd_failure(self, adapter: Adapter[Any], status: int, body: bytes) -> None:
        """Only a documented body tells that it is the session which is not there."""
        error = adapter.parse_error(Response(status=status, body=body))
        kind = AddressNotFound if isinstance(error, AddressNotFound) else NotFound
        self._check_failure(error, status, {**TYPES, 404: kind})

    def _check_failure(
        self,
        error: ProviderError,
        status: int,
        types: Mapping[int, type[ProviderError]] = TYPES,
    ) -> None:
        assert isinstance(error, ProviderError), f"HTTP {status}: parse_error returned {error!r}"
        assert type(error) is types[status], (
            f"HTTP {status} is {types[status].__name__}, not {type(error).__name__}"
        )
        where = (error.account, error.provider, error.status)
        assert where == (ACCOUNT, self.adapter.name, status), f"HTTP {status} says {where}"
        assert error.message.strip(), f"HTTP {status}: an error without a message"


def _bent(body: bytes) -> Iterator[bytes]:
    """The documented body with values of other types in it."""
    for path, _ in leaves(_decoded(body)):
        if path:
            for value in _BENT:
                yield json.dumps(replaced(_decoded(body), path, value)).encode()


def _quoting(body: bytes, quote: str) -> Iterator[bytes]:
    """The documented body with each of its texts replaced."""
    for path, value in leaves(_decoded(body)):
        if path and isinstance(value, str):
            yield json.dumps(replaced(_decoded(body), path, quote)).encode()


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
