"""Laws of limits: how fast a provider may be asked, and what it tells of that."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs
import pytest

from unified_checkout.adapters import Allowance, Request, Response
from unified_checkout.sandbox.facts import DAY
from unified_checkout.testing.conformance.bench import Bench
from unified_checkout.testing.conformance.laws import Laws

_ODD = ("", " ", "soon", "-1", "1.5", "1e400", "nan", "7, 8", "ten", "9" * 400, "\u0663")
"""What a header may hold, whatever the documentation says."""


class LimitLaws(Laws):
    """Every request counts against a rate that is declared."""

    def test_rates_are_declared(self) -> None:
        """Each is positive, and a request names none but those in ``Adapter.budgets``."""
        kind = self.adapter
        rates = {"requests_per_second": kind.requests_per_second, **kind.budgets}
        if kind.test_requests_per_second is not None:
            rates["test_requests_per_second"] = kind.test_requests_per_second
        wrong = {name: rate for name, rate in rates.items() if not rate > 0}
        assert not wrong, f"rates are in requests a second, and above zero: {wrong}"
        for request in self._every_request(self.shop):
            assert not request.budget or request.budget in kind.budgets, (
                f"{request.path} counts against {request.budget!r}, which is not in budgets"
            )

    def test_the_allowance_is_what_headers_tell(self) -> None:
        """It goes down with every request, and its reset is so many seconds away."""
        bench = self.bench([self.specimen()])
        request = bench.first_request()
        told = [bench.adapter.allowance(bench.success(request)) for _ in range(3)]
        first, *_, last = told
        if first is None or last is None:
            assert first is last, "told once, and then no more"
            pytest.skip("no header of the sandbox's tells how many requests are allowed")
        for one in (first, last):
            assert one.remaining >= 0
            assert 0 <= one.resets_in <= DAY, (
                f"resets_in is {one.resets_in}: seconds from now, and no moment"
            )
        assert last.remaining == first.remaining - 2, (
            f"{first.remaining} requests allowed, and two requests later {last.remaining}"
        )

    def test_odd_headers_do_no_harm(self) -> None:
        """A header that holds something else tells nothing, and breaks nothing."""
        bench = self.shop
        response = bench.success(bench.first_request())
        for other in _with_odd_headers(response):
            allowance = bench.adapter.allowance(other)
            assert allowance is None or isinstance(allowance, Allowance)
            assert allowance is None or math.isfinite(allowance.resets_in), (
                f"resets_in is {allowance.resets_in}"
            )

    def _every_request(self, bench: Bench) -> Iterator[Request]:
        yield from bench.first_requests()
        if self.adapter.reads_by_id:
            yield bench.adapter.get_request(bench.truth()[0].id)
        token_request = bench.adapter.token_request()
        if token_request is not None:
            yield token_request


def _with_odd_headers(response: Response) -> Iterator[Response]:
    for name in response.headers:
        for value in _ODD:
            yield attrs.evolve(response, headers={**response.headers, name: value})
        rest = {other: value for other, value in response.headers.items() if other != name}
        yield attrs.evolve(response, headers=rest)
