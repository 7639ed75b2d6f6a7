"""Laws of secrets: signing comes last, and what is kept or shown holds no key."""

from __future__ import annotations

import pickle

import attrs

from unified_checkout.adapters import Place
from unified_checkout.model.query import ListSessions
from unified_checkout.testing.conformance.bench import EVERYTHING, NOW_MOMENT
from unified_checkout.testing.conformance.laws import Laws


class SecretLaws(Laws):
    """A plan can be printed, logged and sent to another machine."""

    def test_signing_only_adds_headers(self) -> None:
        """The signed request is the same request; the key is in a header, never in the address."""
        bench = self.shop
        compiled, stream = bench.whole()
        key = bench.provider.api_key
        for request in (
            bench.adapter.page_request(compiled, stream, Place(size=1)),
            bench.adapter.get_request("some_id"),
        ):
            signed = bench.adapter.sign(request, bench.credentials())
            assert attrs.evolve(signed, headers=request.headers) == request, (
                "sign must leave path and parameters alone: addresses are logged"
            )
            assert request.headers.items() <= signed.headers.items(), "sign must keep headers"
            assert key not in repr(signed)

    def test_an_unsigned_request_is_refused(self) -> None:
        """Nothing but ``sign`` knows the key, so nothing passes without it."""
        bench = self.shop
        compiled, stream = bench.whole()
        bench.adapter.sign(bench.adapter.get_request("some_id"), bench.credentials())
        request = bench.adapter.page_request(compiled, stream, Place(size=1))
        assert bench.unsigned(request).status == 401

    def test_what_is_kept_holds_no_secret(self) -> None:
        """Not the compiled query, not the request, not the plan; not even after signing."""
        bench = self.shop
        bench.answer(ListSessions(limit=1))
        compiled, stream = bench.whole()
        request = bench.adapter.page_request(compiled, stream, Place(size=1))
        plan = bench.planner().plan(EVERYTHING, NOW_MOMENT)
        kept = [f"{one!r}".encode() + pickle.dumps(one) for one in (compiled, request, plan)]
        kept += [str(plan).encode(), repr(vars(bench.adapter)).encode()]
        key = bench.provider.api_key.encode()
        assert not any(key in one for one in kept), "only sign may ever hold the key"

    def test_a_plan_survives_pickle(self) -> None:
        """Plans are handed to other processes, and say the same there."""
        bench = self.shop
        for status in ("open", "complete", "expired"):
            query = ListSessions.model_validate({"status": status, "last": "30d", "limit": 5})
            plan = bench.planner().plan(query, NOW_MOMENT)
            again = pickle.loads(pickle.dumps(plan))  # noqa: S301
            assert again == plan
            assert str(again) == str(plan)
