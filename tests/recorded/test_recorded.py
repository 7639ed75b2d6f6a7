"""What was recorded of each provider is read as it was, and asked as its documents say.

A recording does not notice that a request has changed, so every test writes down what it expects
to be asked: the paths and parameters of the providers' own reference pages. The cassettes are
recorded from the sandbox, and say so; ``make record`` records them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from asking import Asker
from house import CASSETTES, PROVIDERS, THREE, known
from recorded.held import ADA, FACTS, NOW
from recorded.playing import Misbehave, ago, attempts, began, failure_at, of, parameters

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
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.testing import Cassette
from unified_checkout.testing.cassettes.checking import problems
from unified_checkout.testing.cassettes.drift import drift
from unified_checkout.testing.cassettes.tape import read

Parameters = Sequence[tuple[str, str]]

PATHS = {provider: known(provider).list_path for provider in THREE}
ITEM_PATH = "/v1/checkout/sessions"
OLDER_ITEM_PATH = "/v1/checkout_sessions"


def each_provider(scenario: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "provider", [pytest.param(provider, marks=of(scenario, provider)) for provider in PATHS]
    )


@each_provider("first_page")
def test_the_first_page(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    page = ask.page(ListSessions(page_size=2))
    assert parameters(checkout_cassette, PATHS[provider]) == [{"limit": "2"}]
    assert began(page.sessions) == [1, 2]
    assert page.next_cursor is not None


@each_provider("middle_pages")
def test_the_pages_in_the_middle(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    sessions = ask.all(ListSessions(page_size=2))
    ids = [session.id for session in sessions]
    asked = [
        {"limit": "2"},
        {"limit": "2", "starting_after": ids[1]},
        {"limit": "2", "starting_after": ids[3]},
    ]
    if provider == "flex":
        asked.append({"limit": "2", "starting_after": ids[4]})
    assert parameters(checkout_cassette, PATHS[provider]) == asked
    assert began(sessions) == [1, 2, 3, 4, 5]


@each_provider("last_page")
def test_the_last_page(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    query = ListSessions(page_size=3)
    first = ask.page(query)
    last = ask.page(query, cursor=first.next_cursor)
    asked = [{"limit": "3"}, {"limit": "3", "starting_after": first.sessions[2].id}]
    if provider == "flex":
        asked.append({"limit": "1", "starting_after": last.sessions[1].id})
    assert parameters(checkout_cassette, PATHS[provider]) == asked
    assert began(last.sessions) == [4, 5]
    assert last.next_cursor is None


@each_provider("empty_list")
@pytest.mark.parametrize("facts", [[]], ids=["nothing"])
def test_an_empty_list(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    assert ask.all(ListSessions()) == []
    assert parameters(checkout_cassette, PATHS[provider]) == [{"limit": "100"}]


@each_provider("backward_paging")
def test_a_page_and_back(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    query = ListSessions(page_size=2)
    first = ask.page(query)
    second = ask.page(query, cursor=first.next_cursor)
    again = ask.page(query, cursor=second.previous_cursor)
    assert parameters(checkout_cassette, PATHS[provider]) == [
        {"limit": "2"},
        {"limit": "2", "starting_after": first.sessions[1].id},
        {"limit": "2", "ending_before": second.sessions[0].id},
    ]
    assert again.sessions == first.sessions


@each_provider("get")
def test_one_session(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    [listed] = ask.all(ListSessions(limit=1))
    alone = ask.get(listed.id)
    assert [request.path for request in checkout_cassette.requests] == [
        PATHS[provider],
        f"{ITEM_PATH}/{listed.id}",
    ]
    assert [dict(request.parameters) for request in checkout_cassette.requests] == [
        {"limit": "1"},
        {},
    ]
    assert (alone.id, alone.created, alone.total) == (listed.id, listed.created, listed.total)


@each_provider("throttled")
def test_a_429_and_then_the_answer(
    provider: str, ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    misbehave(faults.Status(429, retry_after=0))
    sessions = ask.all(ListSessions(limit=2))
    assert parameters(checkout_cassette, PATHS[provider]) == [{"limit": "2"}, {"limit": "2"}]
    assert began(sessions) == [1, 2]


HALF_OPEN = {"created": {"gte": ago(2), "lt": ago(1)}}
HALF_CLOSED = {"created": {"gt": ago(2), "lte": ago(1)}}

FILTERS: Mapping[str, Mapping[str, tuple[dict[str, Any], list[int], list[Parameters]]]] = {
    "stripe": {
        "created_from_and_before": (
            HALF_OPEN,
            [2],
            [[("created[gte]", "1794992800"), ("created[lt]", "1794996400")]],
        ),
        "created_after_and_until": (
            HALF_CLOSED,
            [1],
            [[("created[gt]", "1794992800"), ("created[lte]", "1794996400")]],
        ),
        "created_exactly": (
            {"provider_options": {"stripe": {"created": 1_794_992_800}}},
            [2],
            [[("created", "1794992800")]],
        ),
        "status_open": ({"status": "open"}, [2], [[("status", "open")]]),
        "status_complete": ({"status": "complete"}, [1, 3, 5], [[("status", "complete")]]),
        "status_expired": ({"status": "expired"}, [4], [[("status", "expired")]]),
        "email": (
            {"email": "jenny@example.org"},
            [1, 2],
            [[("customer_details[email]", "jenny@example.org")]],
        ),
        "customer": ({"customer": ADA.id}, [3, 5], [[("customer", "cus_000000000000000000a1")]]),
        "customer_account": (
            {"customer_account": "acct_00000000000000l1"},
            [1],
            [[("customer_account", "acct_00000000000000l1")]],
        ),
        "payment_intent": (
            {"payment_intent": "pi_000000000000000000l1"},
            [1],
            [[("payment_intent", "pi_000000000000000000l1")]],
        ),
        "payment_link": (
            {"payment_link": "plink_00000000000000l1"},
            [1],
            [[("payment_link", "plink_00000000000000l1")]],
        ),
        "subscription": (
            {"subscription": "sub_000000000000000000p1"},
            [3],
            [[("subscription", "sub_000000000000000000p1")]],
        ),
        "expand": (
            {"expand": ("customer", "payment_intent"), "customer": ADA.id},
            [3, 5],
            [
                [
                    ("customer", "cus_000000000000000000a1"),
                    ("expand[]", "data.customer"),
                    ("expand[]", "data.payment_intent"),
                ]
            ],
        ),
    },
    "leanrails": {
        "status_open": ({"status": "open"}, [2], [[("status", "open")]]),
        "status_complete": ({"status": "complete"}, [1, 3, 5], [[("status", "complete")]]),
        "status_expired": ({"status": "expired"}, [4], [[("status", "expired")]]),
    },
    "flex": {
        "created_from_and_before": (
            HALF_OPEN,
            [2],
            [
                [
                    ("created[gte]", "2026-11-18T09:06:40Z"),
                    ("created[lt]", "2026-11-18T10:06:40Z"),
                ]
            ],
        ),
        "created_after_and_until": (
            HALF_CLOSED,
            [1],
            [
                [
                    ("created[gt]", "2026-11-18T09:06:40Z"),
                    ("created[lte]", "2026-11-18T10:06:41Z"),
                ]
            ],
        ),
        "interval": (
            {"provider_options": {"flex": {"interval": 30}}},
            [1, 2, 3, 4, 5],
            [[("interval", "30")]],
        ),
        "status_open": ({"status": "open"}, [2], [[("status", "open")]]),
        "status_complete": (
            {"status": "complete"},
            [1, 3, 5],
            [[("status", "paid")], [("status", "complete")]],
        ),
        "status_canceled": ({"status": "canceled"}, [], [[("status", "canceled")]]),
        "status_expired": ({"status": "expired"}, [4], [[("status", "expired")]]),
        "email": (
            {"email": "jenny@example.org"},
            [1, 2],
            [[("email", "jenny@example.org"), ("expand_customer", "true")]],
        ),
        "customer": (
            {"customer": ADA.id},
            [3, 5],
            [[("customer", "cus_000000000000000000a1"), ("expand_customer", "true")]],
        ),
        "payment_intent": (
            {"payment_intent": "pi_000000000000000000l1"},
            [1],
            [[("payment_intent", "pi_000000000000000000l1")]],
        ),
        "subscription": (
            {"subscription": "sub_000000000000000000p1"},
            [3],
            [[("subscription", "sub_000000000000000000p1"), ("expand", "subscription")]],
        ),
        "client_reference_id": (
            {"client_reference_id": "order-1"},
            [1],
            [[("client_reference_id", "order-1")]],
        ),
        "has_disputes": ({"has_disputes": True}, [5], [[("has_disputes", "true")]]),
        "expand": (
            {"expand": ("customer", "payment_intent", "subscription"), "customer": ADA.id},
            [3, 5],
            [
                [
                    ("customer", "cus_000000000000000000a1"),
                    ("expand_customer", "true"),
                    ("expand_payment_intent", "true"),
                    ("expand", "subscription"),
                ]
            ],
        ),
    },
}
"""By provider and parameter: a query, how many hours ago its sessions began, and the parameters
of the list, or lists, that answer it."""


@pytest.mark.parametrize(
    ("provider", "query", "hours", "lists"),
    [
        pytest.param(provider, *row, marks=of(f"filter_{name}", provider), id=f"{provider}-{name}")
        for provider, rows in FILTERS.items()
        for name, row in rows.items()
    ],
)
def test_a_filter_that_is_pushed_down(
    provider: str,
    query: dict[str, Any],
    hours: list[int],
    lists: list[Parameters],
    ask: Asker,
    checkout_cassette: Cassette,
) -> None:
    sessions = ask.all(ListSessions.model_validate(query))
    assert began(sessions) == hours
    assert {request.path for request in checkout_cassette.requests} == {PATHS[provider]}
    asked = [request.parameters for request in checkout_cassette.requests]
    first_pages = [page for page in asked if "starting_after" not in dict(page)]
    assert first_pages == [(*filters, ("limit", "100")) for filters in lists]
    for page in asked:
        filters = tuple(pair for pair in page if pair[0] != "starting_after")
        assert filters in first_pages


ERRORS: Mapping[str, Mapping[int, tuple[type[ProviderError], str | None]]] = {
    "stripe": {
        400: (InvalidRequest, "parameter_invalid"),
        402: (InvalidRequest, "card_declined"),
        403: (PermissionDenied, None),
        404: (NotFound, "resource_missing"),
        409: (InvalidRequest, None),
        424: (InvalidRequest, None),
        429: (RateLimited, "rate_limit"),
        500: (ServerError, None),
        503: (ServerError, None),
    },
    "leanrails": {
        400: (InvalidRequest, "parameter_invalid"),
        402: (InvalidRequest, "payment_failed"),
        403: (PermissionDenied, "permission_denied"),
        404: (NotFound, "resource_missing"),
        422: (InvalidRequest, "parameter_invalid"),
        429: (RateLimited, "rate_limit_exceeded"),
        500: (ServerError, "internal_error"),
    },
    "flex": {
        400: (InvalidRequest, None),
        403: (PermissionDenied, None),
        404: (NotFound, None),
        422: (InvalidRequest, "value_error"),
        429: (RateLimited, None),
        500: (ServerError, None),
    },
}
"""By provider and HTTP status: the type of the error and the provider's own code."""


@pytest.mark.parametrize(
    ("provider", "status", "kind", "code"),
    [
        pytest.param(
            provider, status, *row, marks=of(f"error_{status}", provider), id=f"{provider}-{status}"
        )
        for provider, rows in ERRORS.items()
        for status, row in rows.items()
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
    paths = [PATHS[provider]] * attempts(status)
    if provider == "leanrails" and status == 404:
        paths.append(ITEM_PATH)
    assert [request.path for request in checkout_cassette.requests] == paths
    assert {request.parameters for request in checkout_cassette.requests} == {(("limit", "100"),)}


@each_provider("error_401")
@pytest.mark.parametrize("key", ["sk_test_obviously_wrong"])
def test_a_wrong_key(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(AuthenticationError) as failure:
        ask.all(ListSessions())
    assert failure.value.status == 401
    assert parameters(checkout_cassette, PATHS[provider]) == [{"limit": "100"}]


@each_provider("error_404_get")
def test_a_session_that_is_not_there(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    with pytest.raises(NotFound):
        ask.get("cs_test_none")
    paths = [f"{ITEM_PATH}/cs_test_none"]
    if provider == "leanrails":
        paths.append(f"{OLDER_ITEM_PATH}/cs_test_none")
    assert [request.path for request in checkout_cassette.requests] == paths


FILES = sorted(CASSETTES.rglob("*.yaml"))


def named_by_tests() -> set[str]:
    """The cassettes that the marks above name."""
    marks = [
        mark
        for test in globals().values()
        for parametrize in getattr(test, "pytestmark", [])
        for case in parametrize.args[1]
        for mark in getattr(case, "marks", [])
    ]
    return {mark.args[0] for mark in marks}


def test_there_is_a_cassette_for_every_test_and_a_test_for_every_cassette() -> None:
    names = {
        file.relative_to(CASSETTES).with_suffix("").as_posix()
        for provider in THREE
        for file in (CASSETTES / provider).glob("*.yaml")
    }
    assert names == named_by_tests()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_cassettes_have_not_drifted_from_the_sandbox(provider: str) -> None:
    recordings = {file: read(file) for file in FILES if file.parent.name == provider}
    with Sandbox(facts=FACTS, now=NOW, providers=[provider]) as sandbox:
        found = drift(recordings, sandbox.accounts[0])
    assert (found.refused, found.differences) == ((), ())
    assert found.compared > 10


def test_the_cassettes_are_clean_small_and_labelled() -> None:
    now = datetime.now(UTC)
    assert {file: found for file in FILES if (found := problems(file, now=now))} == {}
    assert {read(file).recorded_from for file in FILES} == {"sandbox"}
    for provider in PROVIDERS:
        folder = (CASSETTES / provider).glob("*.yaml")
        assert sum(file.stat().st_size for file in folder) < 250_000, provider
