"""What was recorded of Square is read as it was, and asked as its API description says."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from asking import Asker
from house import CASSETTES, known
from recorded import playing
from recorded.held import ADA
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

PATH = known("square").list_path
FLOOR = ("begin_time", "2009-01-01T00:00:00Z")
LIMIT = ("limit", "100")


of = partial(playing.of, provider="square")
pytestmark = pytest.mark.parametrize("provider", ["square"])


def asked(cassette: Cassette) -> list[dict[str, str]]:
    """The parameters of every page that was asked for, the place apart."""
    assert {request.path for request in cassette.requests} == {PATH}
    pages = [dict(request.parameters) for request in cassette.requests]
    return [{name: page[name] for name in page if name != "cursor"} for page in pages]


def places(cassette: Cassette) -> list[str | None]:
    return [dict(request.parameters).get("cursor") for request in cassette.requests]


@of("first_page")
def test_the_first_page(ask: Asker, checkout_cassette: Cassette) -> None:
    page = ask.page(ListSessions(page_size=2))
    assert asked(checkout_cassette) == [dict([FLOOR, ("limit", "2")])]
    assert began(page.sessions) == [1, 2]
    assert page.next_cursor is not None


@of("middle_pages")
def test_the_pages_in_the_middle(ask: Asker, checkout_cassette: Cassette) -> None:
    sessions = ask.all(ListSessions(page_size=2))
    assert asked(checkout_cassette) == [dict([FLOOR, ("limit", "2")])] * 3
    first, *others = places(checkout_cassette)
    assert first is None
    assert len({*others} - {None}) == 2
    assert began(sessions) == [1, 2, 3, 4, 5]


@of("last_page")
def test_the_last_page(ask: Asker, checkout_cassette: Cassette) -> None:
    query = ListSessions(page_size=3)
    first = ask.page(query)
    last = ask.page(query, cursor=first.next_cursor)
    until = ("end_time", "2026-11-18T08:06:41Z")
    size = ("limit", "3")
    assert asked(checkout_cassette) == [dict([FLOOR, size]), dict([FLOOR, until, size])]
    assert places(checkout_cassette) == [None, None]
    assert began(last.sessions) == [4, 5]
    assert last.next_cursor is None


@of("empty_list")
@pytest.mark.parametrize("facts", [[]], ids=["nothing"])
def test_an_empty_list(ask: Asker, checkout_cassette: Cassette) -> None:
    assert ask.all(ListSessions()) == []
    assert asked(checkout_cassette) == [dict([FLOOR, LIMIT])]


@of("get")
def test_one_session(ask: Asker, checkout_cassette: Cassette) -> None:
    [listed] = ask.all(ListSessions(limit=1))
    alone = ask.get(listed.id)
    paths = [request.path for request in checkout_cassette.requests]
    assert paths == [PATH, f"{PATH}/{listed.id}"]
    assert (alone.id, alone.created, alone.total) == (listed.id, listed.created, listed.total)


@of("throttled")
def test_a_429_and_then_the_answer(
    ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    misbehave(faults.Status(429, retry_after=0))
    sessions = ask.all(ListSessions(limit=2))
    assert asked(checkout_cassette) == [dict([FLOOR, LIMIT])] * 2
    assert began(sessions) == [1, 2]


FILTERS: dict[str, tuple[dict[str, Any], list[int], list[tuple[str, str]]]] = {
    "created_from_and_before": (
        {"created": {"gte": ago(2), "lt": ago(1)}},
        [2],
        [("begin_time", "2026-11-18T09:06:40Z"), ("end_time", "2026-11-18T10:06:40Z")],
    ),
    "created_after_and_until": (
        {"created": {"gt": ago(2), "lte": ago(1)}},
        [1],
        [("begin_time", "2026-11-18T09:06:40Z"), ("end_time", "2026-11-18T10:06:41Z")],
    ),
    "location": (
        {"provider_options": {"square": {"location_id": "LSANDBOXMAIN1"}}},
        [1, 2, 3, 4, 5],
        [FLOOR, ("location_id", "LSANDBOXMAIN1")],
    ),
    "total": (
        {"provider_options": {"square": {"total": 80_000}}},
        [5],
        [FLOOR, ("total", "80000")],
    ),
    "card": (
        {"provider_options": {"square": {"card_brand": "JCB"}}},
        [3],
        [FLOOR, ("card_brand", "JCB")],
    ),
    "updated": (
        {"provider_options": {"square": {"updated_at_begin_time": "2026-11-18T08:00:00Z"}}},
        [1, 2, 3],
        [FLOOR, ("updated_at_begin_time", "2026-11-18T08:00:00Z")],
    ),
    "customer": ({"customer": ADA.id}, [3, 5], [FLOOR]),
    "status_complete": ({"status": "complete"}, [1, 2, 3, 5], [FLOOR]),
}
"""By name: a query, how many hours ago its payments were taken, and what is asked."""


@pytest.mark.parametrize(
    ("query", "hours", "parameters"),
    [pytest.param(*row, marks=of(f"filter_{name}"), id=name) for name, row in FILTERS.items()],
)
def test_a_filter(
    query: dict[str, Any],
    hours: list[int],
    parameters: list[tuple[str, str]],
    ask: Asker,
    checkout_cassette: Cassette,
) -> None:
    assert began(ask.all(ListSessions.model_validate(query))) == hours
    assert asked(checkout_cassette) == [dict([*parameters, LIMIT])]


ERRORS: dict[int, tuple[type[ProviderError], str]] = {
    400: (InvalidRequest, "BAD_REQUEST"),
    403: (PermissionDenied, "FORBIDDEN"),
    404: (NotFound, "NOT_FOUND"),
    429: (RateLimited, "RATE_LIMITED"),
    500: (ServerError, "INTERNAL_SERVER_ERROR"),
    503: (ServerError, "SERVICE_UNAVAILABLE"),
}
"""By HTTP status: the type of the error and Square's own code."""


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        pytest.param(status, *row, marks=of(f"error_{status}"), id=str(status))
        for status, row in ERRORS.items()
    ],
)
def test_a_documented_error(
    status: int,
    kind: type[ProviderError],
    code: str,
    ask: Asker,
    misbehave: Misbehave,
    checkout_cassette: Cassette,
) -> None:
    error = failure_at(status, misbehave, lambda: ask.all(ListSessions()))
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert asked(checkout_cassette) == [dict([FLOOR, LIMIT])] * attempts(status)


@of("error_401")
@pytest.mark.parametrize("key", ["sk_test_obviously_wrong"])
def test_a_wrong_key(ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(AuthenticationError) as failure:
        ask.all(ListSessions())
    assert (failure.value.status, failure.value.code) == (401, "UNAUTHORIZED")
    assert asked(checkout_cassette) == [dict([FLOOR, LIMIT])]


@of("error_404_get")
def test_a_payment_that_is_not_there(ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(NotFound):
        ask.get("no_such_payment")
    assert [request.path for request in checkout_cassette.requests] == [f"{PATH}/no_such_payment"]


def test_there_is_a_cassette_for_every_test_and_a_test_for_every_cassette(provider: str) -> None:
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    marks = [
        mark
        for test in tests
        for one in getattr(test, "pytestmark", [])
        for mark in (
            [one]
            if one.name == "checkout_cassette"
            else [inner for case in one.args[1] for inner in getattr(case, "marks", [])]
        )
    ]
    named = {mark.args[0] for mark in marks if mark.name == "checkout_cassette"}
    assert named == {f"{provider}/{file.stem}" for file in (CASSETTES / provider).glob("*.yaml")}
