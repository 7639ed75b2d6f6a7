"""What was recorded of Mollie is read as it was, and asked as its documents say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asking import Asker
from recorded.held import NOW
from recorded.playing import Misbehave, attempts, began, failure_at

from unified_checkout import (
    AuthenticationError,
    InvalidRequest,
    ListSessions,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    ServerError,
)
from unified_checkout.sandbox import faults
from unified_checkout.testing import Cassette

PATH = "/v2/payments"
ALL = ListSessions(kind="any")


def scenario(name: str) -> pytest.MarkDecorator:
    """The mark of the test that plays a scenario's cassette."""
    now = datetime.fromtimestamp(NOW, UTC).isoformat()
    mark = pytest.mark.checkout_cassette(f"mollie/{name}", now=now)
    return pytest.mark.parametrize("provider", [pytest.param("mollie", marks=mark)])


def every(kind: str, **more: Any) -> ListSessions:
    return ListSessions.model_validate({"kind": kind, **more})


def asked(cassette: Cassette) -> list[tuple[str, dict[str, str]]]:
    """What was asked: paths and parameters."""
    return [(request.path, dict(request.parameters)) for request in cassette.requests]


class TestRecordings:
    @scenario("first_page")
    def test_the_first_page(self, ask: Asker, checkout_cassette: Cassette) -> None:
        page = ask.page(every("any", page_size=2))
        assert asked(checkout_cassette) == [(PATH, {"limit": "2"})]
        assert began(list(page.sessions)) == [1, 2]
        assert page.next_cursor is not None

    @scenario("middle_pages")
    def test_a_page_begins_with_the_payment_before_it(
        self, ask: Asker, checkout_cassette: Cassette
    ) -> None:
        sessions = ask.all(every("any", page_size=3))
        assert began(sessions) == [1, 2, 3, 4, 5]
        assert asked(checkout_cassette) == [
            (PATH, {"limit": "3"}),
            (PATH, {"limit": "4", "from": sessions[2].id}),
        ]

    @scenario("last_page")
    def test_the_last_page(self, ask: Asker, checkout_cassette: Cassette) -> None:
        query = every("any", page_size=4)
        first = ask.page(query)
        last = ask.page(query, cursor=first.next_cursor)
        assert (began(list(last.sessions)), last.next_cursor) == ([5], None)
        assert asked(checkout_cassette) == [
            (PATH, {"limit": "4"}),
            (PATH, {"limit": "5", "from": first.sessions[-1].id}),
        ]

    @scenario("backward_paging")
    def test_a_page_and_back(self, ask: Asker, checkout_cassette: Cassette) -> None:
        query = every("any", page_size=2)
        first = ask.page(query)
        second = ask.page(query, cursor=first.next_cursor)
        again = ask.page(query, cursor=second.previous_cursor)
        assert again.sessions == first.sessions
        assert asked(checkout_cassette) == [
            (PATH, {"limit": "2"}),
            (PATH, {"limit": "3", "from": first.sessions[1].id}),
            (PATH, {"limit": "3", "from": second.sessions[0].id, "sort": "asc"}),
        ]

    @scenario("empty_list")
    @pytest.mark.parametrize("facts", [[]], ids=["nothing"])
    def test_an_empty_list(self, ask: Asker, checkout_cassette: Cassette) -> None:
        assert ask.all(ALL) == []
        assert asked(checkout_cassette) == [(PATH, {"limit": "250"})]

    @scenario("get")
    def test_one_payment(self, ask: Asker, checkout_cassette: Cassette) -> None:
        [listed] = ask.all(ListSessions(limit=1))
        alone = ask.get(listed.id)
        assert asked(checkout_cassette)[-1] == (f"{PATH}/{listed.id}", {})
        assert (alone.id, alone.created, alone.total) == (listed.id, listed.created, listed.total)

    @scenario("kinds")
    def test_a_renewal_is_no_checkout(self, ask: Asker, checkout_cassette: Cassette) -> None:
        assert began(ask.all(ListSessions())) == [1, 2, 4, 5]
        assert began(ask.all(ListSessions(kind="renewal"))) == [3]
        assert asked(checkout_cassette) == [(PATH, {"limit": "250"})] * 2

    @scenario("filter_customer")
    def test_the_payments_of_a_customer(self, ask: Asker, checkout_cassette: Cassette) -> None:
        customer = "cst_000000000000000000a1"
        assert began(ask.all(every("any", customer=customer))) == [3, 5]
        assert asked(checkout_cassette) == [
            (f"/v2/customers/{customer}/payments", {"limit": "250"}),
        ]

    @scenario("filter_payment_link")
    def test_the_payments_of_a_link(self, ask: Asker, checkout_cassette: Cassette) -> None:
        link = "pl_00000000000000l1"
        assert began(ask.all(every("any", payment_link=link))) == [1]
        assert asked(checkout_cassette) == [
            (f"/v2/payment-links/{link}/payments", {"limit": "250"}),
        ]

    @scenario("throttled")
    def test_a_429_and_then_the_answer(
        self, ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
    ) -> None:
        misbehave(faults.Status(429, retry_after=0))
        assert began(ask.all(ListSessions(limit=2))) == [1, 2]
        assert len(checkout_cassette.requests) == 2

    @scenario("error_401")
    @pytest.mark.parametrize("key", ["test_obviouslyWrong1Key"])
    def test_a_wrong_key(self, ask: Asker, checkout_cassette: Cassette) -> None:
        with pytest.raises(AuthenticationError):
            ask.all(ALL)
        assert asked(checkout_cassette) == [(PATH, {"limit": "250"})]

    @scenario("error_404_get")
    def test_a_payment_that_is_not_there(self, ask: Asker, checkout_cassette: Cassette) -> None:
        with pytest.raises(NotFound):
            ask.get("tr_none")
        assert asked(checkout_cassette) == [(f"{PATH}/tr_none", {})]

    @scenario("error_404_link")
    def test_the_payments_of_no_link(self, ask: Asker, checkout_cassette: Cassette) -> None:
        with pytest.raises(NotFound):
            ask.all(ListSessions(payment_link="pl_none"))
        assert asked(checkout_cassette) == [
            ("/v2/payment-links/pl_none/payments", {"limit": "250"})
        ]


ERRORS: dict[int, type[ProviderError]] = {
    400: InvalidRequest,
    403: PermissionDenied,
    422: InvalidRequest,
    429: RateLimited,
    500: ServerError,
}


@pytest.mark.parametrize(
    ("provider", "status"),
    [
        pytest.param("mollie", status, marks=scenario(f"error_{status}").args[1][0].marks)
        for status in ERRORS
    ],
)
def test_a_documented_error(
    status: int, ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    error = failure_at(status, misbehave, lambda: ask.all(ALL))
    assert (type(error), error.status) == (ERRORS[status], status)
    assert asked(checkout_cassette) == [(PATH, {"limit": "250"})] * attempts(status)
