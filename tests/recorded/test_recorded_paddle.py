"""Paddle, recorded from the sandbox, and asked as its reference pages say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from asking import Asker
from house import CASSETTES
from recorded import playing
from recorded.playing import Misbehave, ago, attempts, began, failure_at

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

PATH = "/transactions"
of = partial(playing.of, provider="paddle")
recorded = partial(playing.recorded, provider="paddle")
NEWEST_FIRST = {"order_by": "created_at[DESC]"}
CHECKOUTS = {
    "collection_mode": "automatic",
    "origin": "web,api,subscription_payment_method_change",
}
ADA = "ctm_01ezc8sh5ksj39gta73kd2ynms"


def parameters(cassette: Cassette) -> list[dict[str, str]]:
    """The parameters of every request that was asked, all of the list."""
    assert {request.path for request in cassette.requests} == {PATH}
    return [dict(request.parameters) for request in cassette.requests]


@recorded("middle_pages")
def test_every_page_of_the_checkouts(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    sessions = ask.all(ListSessions(page_size=2))
    shared = {**CHECKOUTS, "per_page": "2", **NEWEST_FIRST}
    assert parameters(checkout_cassette) == [shared, {**shared, "after": sessions[1].id}]
    assert began(sessions) == [1, 3, 5]


@recorded("empty_list")
@pytest.mark.parametrize("facts", [[]], ids=["nothing"])
def test_an_empty_list(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    assert ask.all(ListSessions(kind="any")) == []
    assert parameters(checkout_cassette) == [{"per_page": "30", **NEWEST_FIRST}]


@recorded("backward_paging")
def test_a_page_and_back(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    query = ListSessions(page_size=1, kind="any")
    first = ask.page(query)
    second = ask.page(query, cursor=first.next_cursor)
    again = ask.page(query, cursor=second.previous_cursor)
    assert parameters(checkout_cassette) == [
        {"per_page": "1", **NEWEST_FIRST},
        {"per_page": "1", "after": first.sessions[0].id, **NEWEST_FIRST},
        {"per_page": "1", "after": second.sessions[0].id, "order_by": "created_at[ASC]"},
    ]
    assert again.sessions == first.sessions


@recorded("get")
def test_one_transaction_tells_more(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    [listed] = ask.all(ListSessions(limit=1))
    alone = ask.get(listed.id)
    asked, got = checkout_cassette.requests
    assert (asked.path, got.path) == (PATH, f"{PATH}/{listed.id}")
    assert dict(got.parameters) == {"include": "customer,address,adjustments,adjustments_totals"}
    assert (alone.id, alone.created, alone.total) == (listed.id, listed.created, listed.total)
    assert listed.customer is not None
    assert alone.customer is not None
    assert (listed.customer.id, listed.customer.email) == (alone.customer.id, None)
    assert alone.customer.email
    assert (listed.disputed, alone.disputed) == (None, False)


@recorded("throttled")
def test_a_429_and_then_the_answer(
    provider: str, ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    misbehave(faults.Status(429, retry_after=0))
    assert began(ask.all(ListSessions(limit=1, kind="any"))) == [1]
    assert parameters(checkout_cassette) == [{"per_page": "1", **NEWEST_FIRST}] * 2


FILTERS: Mapping[str, tuple[dict[str, Any], list[int], dict[str, str]]] = {
    "created_from_and_before": (
        {"created": {"gte": ago(2), "lt": ago(1)}},
        [2],
        {"created_at[GTE]": "2026-11-18T09:06:40Z", "created_at[LT]": "2026-11-18T10:06:40Z"},
    ),
    "created_after_and_until": (
        {"created": {"gt": ago(2), "lte": ago(1)}},
        [1],
        {"created_at[GT]": "2026-11-18T09:06:40Z", "created_at[LTE]": "2026-11-18T10:06:41Z"},
    ),
    "open": ({"status": "open"}, [2], {"status": "draft,ready,billed,past_due"}),
    "complete": ({"status": "complete"}, [1], {"status": "paid,completed"}),
    "canceled": ({"status": "canceled"}, [], {"status": "canceled"}),
    "renewals": (
        {"kind": "renewal"},
        [2],
        {"collection_mode": "automatic", "origin": "subscription_recurring"},
    ),
    "invoices": ({"kind": "invoice"}, [4], {"collection_mode": "manual"}),
    "customer_and_subscription": (
        {"customer": ADA, "subscription": "sub_01vg6z1t2gvqhm9k0ad7tkgqse"},
        [3],
        {"customer_id": ADA, "subscription_id": "sub_01vg6z1t2gvqhm9k0ad7tkgqse"},
    ),
    "email": (
        {"email": "ada@example.net", "created": {"lt": ago(4)}},
        [5],
        {"created_at[LT]": "2026-11-18T07:06:40Z", "include": "customer,address"},
    ),
    "disputes": (
        {"has_disputes": True, "customer": ADA, "created": {"lt": ago(4)}},
        [5],
        {
            "created_at[LT]": "2026-11-18T07:06:40Z",
            "customer_id": ADA,
            "include": "adjustments,adjustments_totals",
        },
    ),
    "own_words": (
        {
            "provider_options": {
                "paddle": {
                    "status": "ready",
                    "collection_mode": "manual",
                    "updated_at": {"gte": "2026-11-18T00:00:00Z"},
                }
            }
        },
        [4],
        {
            "status": "ready",
            "collection_mode": "manual",
            "updated_at[GTE]": "2026-11-18T00:00:00Z",
        },
    ),
}
"""A query, how many hours ago its sessions began, and what is asked."""


@pytest.mark.parametrize(
    ("provider", "query", "found", "asked"),
    [
        pytest.param("paddle", *row, marks=of(f"filter_{name}"), id=name)
        for name, row in FILTERS.items()
    ],
)
def test_a_filter(
    provider: str,
    query: dict[str, Any],
    found: list[int],
    asked: dict[str, str],
    ask: Asker,
    checkout_cassette: Cassette,
) -> None:
    limited = ListSessions.model_validate({"kind": "any", "limit": 1, **query})
    assert began(ask.all(limited)) == found
    (sent,) = parameters(checkout_cassette)
    assert {name: sent[name] for name in sent if name != "per_page"} == {**asked, **NEWEST_FIRST}


ERRORS: Mapping[int, tuple[type[ProviderError], str]] = {
    400: (InvalidRequest, "bad_request"),
    401: (AuthenticationError, "invalid_access_token"),
    403: (PermissionDenied, "forbidden"),
    404: (NotFound, "not_found"),
    429: (RateLimited, "too_many_requests"),
    500: (ServerError, "internal_error"),
    502: (ServerError, "bad_gateway"),
}
"""By HTTP status: the type of the error and Paddle's own word."""


@pytest.mark.parametrize(
    ("provider", "status", "kind", "code"),
    [
        pytest.param("paddle", status, *row, marks=of(f"error_{status}"), id=str(status))
        for status, row in ERRORS.items()
    ],
)
def test_a_documented_error(
    provider: str,
    status: int,
    kind: type[ProviderError],
    code: str,
    ask: Asker,
    misbehave: Misbehave,
    checkout_cassette: Cassette,
) -> None:
    error = failure_at(status, misbehave, lambda: ask.all(ListSessions(kind="any")))
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert error.request_id
    assert parameters(checkout_cassette) == [{"per_page": "30", **NEWEST_FIRST}] * attempts(status)


@recorded("error_403_key")
@pytest.mark.parametrize("key", ["pdl_sdbx_apikey_obviously_wrong"])
def test_a_wrong_key_is_a_403_too(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(AuthenticationError) as failure:
        ask.all(ListSessions(kind="any"))
    assert (failure.value.status, failure.value.code) == (403, "invalid_token")
    assert parameters(checkout_cassette) == [{"per_page": "30", **NEWEST_FIRST}]


@recorded("error_404_get")
def test_a_transaction_that_is_not_there(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    with pytest.raises(NotFound):
        ask.get("txn_none")
    assert [request.path for request in checkout_cassette.requests] == [f"{PATH}/txn_none"]


def test_there_is_a_cassette_for_every_test_and_a_test_for_every_cassette() -> None:
    marks = [
        mark
        for test in globals().values()
        for parametrize in getattr(test, "pytestmark", [])
        for case in parametrize.args[1]
        for mark in getattr(case, "marks", [])
    ]
    files = {f"paddle/{file.stem}" for file in (CASSETTES / "paddle").glob("*.yaml")}
    assert files == {mark.args[0] for mark in marks}
