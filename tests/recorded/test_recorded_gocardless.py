"""GoCardless, recorded from the sandbox, and asked as its SDKs ask."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from asking import Asker
from house import CASSETTES
from recorded import playing
from recorded.held import ADA
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

PATH = "/billing_requests"
of = partial(playing.of, provider="gocardless")
recorded = partial(playing.recorded, provider="gocardless")


def parameters(cassette: Cassette) -> list[dict[str, str]]:
    """The parameters of every request that was asked, all of the list."""
    assert {request.path for request in cassette.requests} == {PATH}
    return [dict(request.parameters) for request in cassette.requests]


@recorded("middle_pages")
def test_every_page(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    sessions = ask.all(ListSessions(page_size=2))
    ids = [session.id for session in sessions]
    assert parameters(checkout_cassette) == [
        {"limit": "2"},
        {"limit": "2", "after": ids[1]},
        {"limit": "2", "after": ids[3]},
    ]
    assert began(sessions) == [1, 2, 3, 4, 5]


@recorded("empty_list")
@pytest.mark.parametrize("facts", [[]], ids=["nothing"])
def test_an_empty_list(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    assert ask.all(ListSessions()) == []
    assert parameters(checkout_cassette) == [{"limit": "500"}]


@recorded("backward_paging")
def test_a_page_and_back(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    query = ListSessions(page_size=2)
    first = ask.page(query)
    second = ask.page(query, cursor=first.next_cursor)
    again = ask.page(query, cursor=second.previous_cursor)
    assert parameters(checkout_cassette)[:3] == [
        {"limit": "2"},
        {"limit": "2", "after": first.sessions[1].id},
        {"limit": "2", "before": second.sessions[0].id},
    ]
    assert again.sessions == first.sessions


@recorded("get")
def test_one_billing_request_tells_more(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    [listed] = ask.all(ListSessions(limit=1))
    alone = ask.get(listed.id)
    assert [request.path for request in checkout_cassette.requests] == [
        PATH,
        f"{PATH}/{listed.id}",
    ]
    assert (alone.id, alone.created, alone.total) == (listed.id, listed.created, listed.total)
    assert listed.customer is not None
    assert alone.customer is not None
    assert (listed.customer.id, listed.customer.email) == (alone.customer.id, None)
    assert alone.customer.email


@recorded("throttled")
def test_a_429_and_then_the_answer(
    provider: str, ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    misbehave(faults.Status(429, retry_after=0))
    assert began(ask.all(ListSessions(limit=2))) == [1, 2]
    assert parameters(checkout_cassette) == [{"limit": "2"}, {"limit": "2"}]


FILTERS: Mapping[str, tuple[dict[str, Any], list[int], list[dict[str, str]]]] = {
    "open": ({"status": "open"}, [2, 4], [{"status": "pending"}, {"status": "ready_to_fulfil"}]),
    "complete": (
        {"status": "complete"},
        [1, 3, 5],
        [{"status": "fulfilling"}, {"status": "fulfilled"}],
    ),
    "canceled": ({"status": "canceled"}, [], [{"status": "cancelled"}]),
    "customer": ({"customer": ADA.id}, [3, 5], [{"customer": "cus_000000000000000000a1"}]),
    "one_word": (
        {"provider_options": {"gocardless": {"status": "fulfilling"}}},
        [5],
        [{"status": "fulfilling"}],
    ),
}
"""A query, how many hours ago its sessions began, and the lists that answer it."""


@pytest.mark.parametrize(
    ("provider", "query", "found", "lists"),
    [
        pytest.param("gocardless", *row, marks=of(f"filter_{name}"), id=name)
        for name, row in FILTERS.items()
    ],
)
def test_a_filter_that_is_pushed_down(
    provider: str,
    query: dict[str, Any],
    found: list[int],
    lists: list[dict[str, str]],
    ask: Asker,
    checkout_cassette: Cassette,
) -> None:
    assert began(ask.all(ListSessions.model_validate(query))) == found
    assert parameters(checkout_cassette) == [{**one, "limit": "500"} for one in lists]


ERRORS: Mapping[int, tuple[type[ProviderError], str | None]] = {
    400: (InvalidRequest, "bad_request"),
    403: (PermissionDenied, "insufficient_permissions"),
    404: (NotFound, "resource_not_found"),
    422: (InvalidRequest, "validation_failed"),
    429: (RateLimited, "rate_limit_exceeded"),
    500: (ServerError, "internal_server_error"),
}
"""By HTTP status: the type of the error and GoCardless's own word."""


@pytest.mark.parametrize(
    ("provider", "status", "kind", "code"),
    [
        pytest.param("gocardless", status, *row, marks=of(f"error_{status}"), id=str(status))
        for status, row in ERRORS.items()
    ],
)
def test_a_documented_error(
    provider: str,
    status: int,
    kind: type[ProviderError],
    code: str | None,
    ask: Asker,
    misbehave: Misbehave,
    checkout_cassette: Cassette,
) -> None:
    error = failure_at(status, misbehave, lambda: ask.all(ListSessions()))
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert (error.request_id is None) == (status == 429)
    assert parameters(checkout_cassette) == [{"limit": "500"}] * attempts(status)


@recorded("error_401")
@pytest.mark.parametrize("key", ["sandbox_obviously_wrong"])
def test_a_wrong_token(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(AuthenticationError) as failure:
        ask.all(ListSessions())
    assert (failure.value.status, failure.value.code) == (401, "unauthorized")
    assert parameters(checkout_cassette) == [{"limit": "500"}]


@recorded("error_404_get")
def test_a_billing_request_that_is_not_there(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    with pytest.raises(NotFound):
        ask.get("BRQNONE")
    assert [request.path for request in checkout_cassette.requests] == [f"{PATH}/BRQNONE"]


def test_there_is_a_cassette_for_every_test_and_a_test_for_every_cassette() -> None:
    marks = [
        mark
        for test in globals().values()
        for parametrize in getattr(test, "pytestmark", [])
        for case in parametrize.args[1]
        for mark in getattr(case, "marks", [])
    ]
    files = {f"gocardless/{file.stem}" for file in (CASSETTES / "gocardless").glob("*.yaml")}
    assert files == {mark.args[0] for mark in marks}
