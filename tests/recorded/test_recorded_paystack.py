"""Paystack's recordings: what is asked, as its documentation has it, and what is read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from asking import Asker
from house import CASSETTES
from recorded.playing import Misbehave, ago, began, failure_at, of

from unified_checkout import (
    AuthenticationError,
    InvalidRequest,
    ListSessions,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    ServerError,
    SessionKind,
)
from unified_checkout.sandbox import faults
from unified_checkout.testing import Cassette

PATH = "/transaction"
SPAN = {"from": "2026-11-18T05:06:39.000Z", "to": "2026-11-18T11:06:41.000Z"}
"""Six hours before the moment of the recordings, and a second more on either side."""
BY_CURSOR = {"use_cursor": "true", **SPAN}
RECENT: Mapping[str, Any] = {"created": {"gte": ago(6)}, "kind": "any"}

pytestmark = pytest.mark.parametrize("provider", ["paystack"])


def recent(**fields: Any) -> ListSessions:
    return ListSessions.model_validate({**RECENT, **fields})


def asked(cassette: Cassette) -> list[dict[str, str]]:
    """The parameters of every request, all of them for the list."""
    assert {request.path for request in cassette.requests} == {PATH}
    return [dict(request.parameters) for request in cassette.requests]


@of("first_page", "paystack")
def test_the_first_page(ask: Asker, checkout_cassette: Cassette) -> None:
    page = ask.page(recent(page_size=2, limit=2))
    assert asked(checkout_cassette)[0] == {**BY_CURSOR, "perPage": "2"}
    assert began(page.sessions) == [1, 2]


@of("middle_pages", "paystack")
def test_every_page_repeats_the_span_and_goes_on_at_the_cursor(
    ask: Asker, checkout_cassette: Cassette
) -> None:
    sessions = ask.all(recent(page_size=2))
    pages = asked(checkout_cassette)
    cursors = [page.pop("next", None) for page in pages]
    assert pages == [{**BY_CURSOR, "perPage": "2"}] * 3
    assert cursors[0] is None
    assert None not in cursors[1:]
    assert began(sessions) == [1, 2, 3, 4, 5]
    assert {session.kind for session in sessions} >= {SessionKind.CHECKOUT, SessionKind.RENEWAL}


@of("whole_list", "paystack")
def test_the_whole_list_is_read_in_pieces(ask: Asker, checkout_cassette: Cassette) -> None:
    assert began(ask.all(ListSessions(kind="any"))) == [1, 2, 3, 4, 5]
    spans = [(page["from"], page["to"]) for page in asked(checkout_cassette)]
    assert spans[0] == ("2026-11-17T11:06:40.000Z", "2026-11-18T11:06:41.000Z")
    assert spans[-1][0] == "1969-12-31T23:59:59.000Z"
    assert all(newer[0] < older[1] for newer, older in pairwise(spans))


@of("checkouts", "paystack")
def test_of_the_transactions_the_checkouts_are_wanted(
    ask: Asker, checkout_cassette: Cassette
) -> None:
    sessions = ask.all(recent(kind="checkout"))
    assert asked(checkout_cassette) == [{**BY_CURSOR, "perPage": "200"}]
    assert {session.kind for session in sessions} == {SessionKind.CHECKOUT}


@of("empty_list", "paystack")
@pytest.mark.parametrize("facts", [[]], ids=["nothing"])
def test_an_empty_list(ask: Asker, checkout_cassette: Cassette) -> None:
    assert ask.all(recent()) == []
    assert asked(checkout_cassette) == [{**BY_CURSOR, "perPage": "200"}]


@of("backward_paging", "paystack")
def test_a_page_and_back(ask: Asker) -> None:
    query = recent(page_size=1, created={"gte": ago(2)})
    first = ask.page(query)
    second = ask.page(query, cursor=first.next_cursor)
    again = ask.page(query, cursor=second.previous_cursor)
    assert began(second.sessions) == [2]
    assert again.sessions == first.sessions


@of("get", "paystack")
def test_one_session(ask: Asker, checkout_cassette: Cassette) -> None:
    [listed] = ask.all(recent(created={"gte": ago(1)}))
    alone = ask.get(listed.id)
    assert [request.path for request in checkout_cassette.requests] == [
        PATH,
        f"{PATH}/{listed.id}",
    ]
    assert (alone.id, alone.created, alone.total) == (listed.id, listed.created, listed.total)


@of("throttled", "paystack")
def test_a_429_and_then_the_answer(
    ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    misbehave(faults.Status(429, retry_after=0))
    assert began(ask.all(recent(created={"gte": ago(2)}))) == [1, 2]
    first, again = asked(checkout_cassette)
    assert first == again


CUSTOMER = "147193564"
FILTERS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, str]]] = {
    "status_failed": ({"status": "failed"}, {"status": "failed"}),
    "customer": ({"customer": CUSTOMER}, {"customer": CUSTOMER}),
    **{
        f"own_{name}": ({"provider_options": {"paystack": {name: value}}}, {name: str(value)})
        for name, value in {
            "amount": 1250,
            "channel": "card",
            "customer_code": "CUS_myOBmTEuqiQ3mpa",
            "settlement": 7,
            "source": "merchantApi",
            "split_code": "SPL_obviouslyfake01",
            "status": "success",
            "subaccount_code": "ACCT_obviouslyfake",
            "terminal_id": "12345678",
            "terminalid": "12345678",
            "virtual_account_number": "9876543210",
        }.items()
    },
}
"""By name: what is asked, and the parameters that ask for it."""


@pytest.mark.parametrize(
    ("query", "parameters"),
    [pytest.param(*row, marks=of(f"filter_{name}", "paystack")) for name, row in FILTERS.items()],
)
def test_a_filter_that_is_pushed_down(
    query: Mapping[str, Any],
    parameters: Mapping[str, str],
    ask: Asker,
    checkout_cassette: Cassette,
) -> None:
    ask.all(recent(created={"gte": ago(1)}, **query))
    lower = {"from": "2026-11-18T10:06:39.000Z"}
    assert asked(checkout_cassette) == [{**parameters, **BY_CURSOR, **lower, "perPage": "200"}]


ERRORS: Mapping[int, tuple[type[ProviderError], str]] = {
    400: (InvalidRequest, "invalid_params"),
    403: (PermissionDenied, "forbidden"),
    404: (NotFound, "transaction_not_found"),
    429: (RateLimited, "rate_limited"),
    500: (ServerError, "unknown"),
}
"""By HTTP status: the type of the error and Paystack's own code."""


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        pytest.param(status, *row, marks=of(f"error_{status}", "paystack"))
        for status, row in ERRORS.items()
    ],
)
def test_a_documented_error(
    status: int, kind: type[ProviderError], code: str, ask: Asker, misbehave: Misbehave
) -> None:
    error = failure_at(status, misbehave, lambda: ask.all(recent()))
    assert (type(error), error.status, error.code) == (kind, status, code)


@of("error_401", "paystack")
@pytest.mark.parametrize("key", ["sk_test_obviously_wrong"])
def test_a_wrong_key(ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(AuthenticationError) as failure:
        ask.all(recent())
    assert failure.value.status == 401
    assert len(asked(checkout_cassette)) == 1


@of("error_404_get", "paystack")
def test_a_session_that_is_not_there(ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(NotFound):
        ask.get("1")
    assert [request.path for request in checkout_cassette.requests] == [f"{PATH}/1"]


@of("error_400_get", "paystack")
def test_an_id_that_is_no_number(ask: Asker) -> None:
    with pytest.raises(InvalidRequest):
        ask.get("ord-1042")


def test_there_is_a_cassette_for_every_test_and_a_test_for_every_cassette(provider: str) -> None:
    marks = [
        mark
        for test in globals().values()
        for own in getattr(test, "pytestmark", [])
        for mark in (
            [own]
            if own.name == "checkout_cassette"
            else [one for case in own.args[1] for one in getattr(case, "marks", [])]
        )
    ]
    files = (CASSETTES / provider).glob("*.yaml")
    assert {f"{provider}/{file.stem}" for file in files} == {mark.args[0] for mark in marks}
