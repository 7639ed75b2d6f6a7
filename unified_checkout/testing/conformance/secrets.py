"""Laws of secrets: signing comes last, and what is kept or shown holds no key."""

from __future__ import annotations

import pickle

import attrs
import pytest
from pydantic import SecretStr

from unified_checkout.adapters import (
    AuthenticationError,
    PermissionDenied,
    Place,
    ProviderError,
    Request,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.testing.conformance.bench import EVERYTHING, Bench
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.specimens import YEAR

_LONG_AFTER = 10 * YEAR


class SecretLaws(Laws):
    """A plan can be printed, logged and sent to another machine."""

    def test_signing_only_adds_headers(self) -> None:
        """The signed request is the same request; the key is in a header, never in the address."""
        bench = self.shop
        token = bench.token()
        for request in self._requests(bench):
            signed = bench.adapter.sign(request, bench.credentials(token=token))
            assert attrs.evolve(signed, headers=request.headers) == request, (
                "sign must leave path, parameters and body alone: they are logged"
            )
            assert request.headers.items() <= signed.headers.items(), "sign must keep headers"
            assert not any(secret in repr(signed) for secret in _secrets(bench))
            again = bench.adapter.sign(request, bench.credentials(token=token))
            assert again == signed, "sign takes the time from its credentials, and guesses nothing"

    def test_an_unsigned_request_is_refused(self) -> None:
        """Nothing but ``sign`` knows the key, so nothing passes without it."""
        bench = self.shop
        adapter = bench.adapter
        adapter.sign(bench.first_request(), bench.credentials(token=bench.token()))
        response = bench.unsigned(bench.first_request())
        refusals = [bench.failure(response, lambda one: adapter.parse_page(one, Place()))]
        request = adapter.token_request()
        if request is not None:
            refusals.append(bench.failure(bench.unsigned(request), adapter.parse_token))
        for error in refusals:
            assert isinstance(error, AuthenticationError | PermissionDenied), (
                f"unsigned, and answered with {response.status}: {error!r}"
            )

    def test_a_token_is_good_for_as_long_as_it_says(self) -> None:
        """To its last second; and when it is refused, the engine must know, to fetch another."""
        bench = self.bench([self.specimen()])
        fetched = bench.fetched_token()
        if fetched is None:
            pytest.skip("the key alone signs")
        begun, request = bench.clock.now, bench.first_request()
        if fetched.expires_in is not None:
            assert fetched.expires_in > 0
            bench.clock.now = begun + fetched.expires_in - 1
            error = self._refusal_of(bench, request, fetched.value)
            assert error is None, f"a second before the token expires it is refused: {error!r}"
        bench.clock.now = begun + _LONG_AFTER
        for token in (fetched.value, SecretStr("a_token_obviously_fake")):
            refusal = self._refusal_of(bench, request, token)
            assert refusal is None or isinstance(refusal, AuthenticationError), (
                f"a token that is refused is an AuthenticationError, not {refusal!r}"
            )
        assert refusal is not None, "the sandbox accepts a token that it never gave"

    def test_what_is_kept_holds_no_secret(self) -> None:
        """Not the compiled query, not the request, not the plan; not even after signing."""
        bench = self.shop
        bench.answer(ListSessions(limit=1))
        plan = bench.planner().plan(EVERYTHING)
        things = (bench.whole(), bench.first_request(), plan)
        kept = [f"{one!r}".encode() + pickle.dumps(one) for one in things]
        kept += [str(plan).encode(), repr(vars(bench.adapter)).encode()]
        for secret in _secrets(bench):
            assert not any(secret.encode() in one for one in kept), "only sign may hold a secret"

    def test_a_plan_survives_pickle(self) -> None:
        """Plans are handed to other processes, and say the same there."""
        bench = self.shop
        for status in ("open", "complete", "expired"):
            query = ListSessions.model_validate({"status": status, "last": "30d", "limit": 5})
            plan = bench.planner().plan(query)
            again = pickle.loads(pickle.dumps(plan))  # noqa: S301
            assert again == plan
            assert str(again) == str(plan)

    def _refusal_of(self, bench: Bench, request: Request, token: SecretStr) -> ProviderError | None:
        response = bench.send(request, token=token)
        return bench.failure(response, lambda one: bench.adapter.parse_page(one, Place()))

    def _requests(self, bench: Bench) -> list[Request]:
        single = [bench.adapter.get_request("some_id")] if self.adapter.reads_by_id else []
        return [bench.first_request(), *single]


def _secrets(bench: Bench) -> list[str]:
    """The key, its parts where it has several, and the token."""
    key, token = bench.provider.api_key, bench.token()
    parts = [part for part in key.split(":") if len(part) > 7]
    return [key, *parts, *([] if token is None else [token.get_secret_value()])]
