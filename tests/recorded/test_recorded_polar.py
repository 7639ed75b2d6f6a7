"""Polar, recorded from the sandbox, and asked as its reference page says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from asking import Asker
from house import CASSETTES
from recorded import playing
from recorded.held import FACTS, JENNY
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

PATH = "/v1/checkouts/"
of = partial(playing.of, provider="polar")
recorded = partial(playing.recorded, provider="polar")
NOBODY = "5f0d8a52-6a51-4e4e-9d3f-6d1c6f0c9b11"
NEWEST_FIRST = ("sorting", "-created_at")


def parameters(cassette: Cassette) -> list[list[tuple[str, str]]]:
    """The parameters of every request that was asked, all of the list."""
    assert {request.path for request in cassette.requests} == {PATH}
    return [list(request.parameters) for request in cassette.requests]


def page(number: int, limit: int = 100) -> list[tuple[str, str]]:
    """The parameters of a page of everything."""
    return [NEWEST_FIRST, ("page", str(number)), ("limit", str(limit))]


@recorded("middle_pages")
def test_every_page(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    sessions = ask.all(ListSessions(page_size=2))
    assert parameters(checkout_cassette) == [page(1, 2), page(2, 2), page(3, 2)]
    assert began(sessions) == [1, 2, 3, 4, 5]


@recorded("empty_list")
@pytest.mark.parametrize("facts", [[]], ids=["nothing"])
def test_an_empty_list(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    assert ask.all(ListSessions()) == []
    assert parameters(checkout_cassette) == [page(1)]


@recorded("backward_paging")
def test_a_page_and_back(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    query = ListSessions(page_size=1)
    first = ask.page(query)
    second = ask.page(query, cursor=first.next_cursor)
    again = ask.page(query, cursor=second.previous_cursor)
    assert parameters(checkout_cassette)[:2] == [page(1, 1), page(2, 1)]
    assert began(second.sessions) == [2]
    assert again.sessions == first.sessions


@recorded("get")
def test_a_single_session(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    [listed] = ask.all(ListSessions(limit=1))
    alone = ask.get(listed.id)
    assert (alone.id, alone.created, alone.total) == (listed.id, listed.created, listed.total)
    assert json.loads(alone.raw_bytes) == listed.raw
    asked = [request.path for request in checkout_cassette.requests]
    assert asked == [PATH, f"/v1/checkouts/{listed.id}"]


@recorded("throttled")
def test_a_429_and_then_the_answer(
    provider: str, ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    misbehave(faults.Status(429, retry_after=0))
    assert began(ask.all(ListSessions(limit=1))) == [1]
    assert parameters(checkout_cassette) == [page(1, 1)] * 2


FILTERS: Mapping[str, tuple[dict[str, Any], list[int], list[tuple[str, str]]]] = {
    "open": ({"status": "open"}, [2], []),
    "final": (
        {"status": ["complete", "expired"]},
        [1, 4],
        [("status", "expired"), ("status", "succeeded")],
    ),
    "email_and_complete": (
        {"status": "complete", "email": JENNY.email},
        [1],
        [("status", "succeeded"), ("query", "jenny@example.org")],
    ),
    "customer": ({"customer": NOBODY}, [], [("customer_id", NOBODY)]),
    "product": (
        {"provider_options": {"polar": {"product_id": [NOBODY]}}},
        [],
        [("product_id", NOBODY)],
    ),
    "own_words": (
        {"provider_options": {"polar": {"status": ["confirmed", "failed"]}}},
        [],
        [("status", "confirmed"), ("status", "failed")],
    ),
}
"""A query, how many hours ago its sessions began, and what is sent besides the page."""


@pytest.mark.parametrize("facts", [[*FACTS[:2], FACTS[3]]], ids=["three"])
@pytest.mark.parametrize(
    ("provider", "query", "found", "sent"),
    [
        pytest.param("polar", *row, marks=of(f"filter_{name}"), id=name)
        for name, row in FILTERS.items()
    ],
)
def test_a_filter(
    provider: str,
    query: dict[str, Any],
    found: list[int],
    sent: list[tuple[str, str]],
    ask: Asker,
    checkout_cassette: Cassette,
) -> None:
    assert began(ask.all(ListSessions.model_validate(query))) == found
    [asked] = parameters(checkout_cassette)
    assert sorted(asked) == sorted([*sent, *page(1)])


ERRORS: Mapping[int, tuple[type[ProviderError], str | None]] = {
    403: (PermissionDenied, "insufficient_scope"),
    404: (NotFound, "ResourceNotFound"),
    422: (InvalidRequest, "RequestValidationError"),
    429: (RateLimited, None),
    500: (ServerError, "PolarError"),
}
"""By HTTP status: the type of the error and Polar's own word."""


@pytest.mark.parametrize(
    ("provider", "status", "kind", "code"),
    [
        pytest.param("polar", status, *row, marks=of(f"error_{status}"), id=str(status))
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
    assert parameters(checkout_cassette) == [page(1)] * attempts(status)


@recorded("error_401")
@pytest.mark.parametrize("key", ["polar_oat_test_obviously_wrong"])
def test_a_wrong_token(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(AuthenticationError) as failure:
        ask.all(ListSessions())
    assert (failure.value.status, failure.value.code) == (401, "invalid_token")
    assert parameters(checkout_cassette) == [page(1)]


@recorded("error_404_get")
def test_a_session_that_is_not_there(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    with pytest.raises(NotFound):
        ask.get(NOBODY)
    assert [request.path for request in checkout_cassette.requests] == [f"/v1/checkouts/{NOBODY}"]


def test_there_is_a_cassette_for_every_test_and_a_test_for_every_cassette() -> None:
    marks = [
        mark
        for test in globals().values()
        for parametrize in getattr(test, "pytestmark", [])
        for case in parametrize.args[1]
        for mark in getattr(case, "marks", [])
    ]
    files = {f"polar/{file.stem}" for file in (CASSETTES / "polar").glob("*.yaml")}
    assert files == {mark.args[0] for mark in marks}
