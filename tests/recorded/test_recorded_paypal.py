"""PayPal, recorded from the sandbox: a token first, then a window of time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from asking import Asker
from house import CASSETTES
from recorded import playing
from recorded.held import HOUR, NOW
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
from unified_checkout.adapters import kit
from unified_checkout.sandbox import faults
from unified_checkout.testing import Cassette

PATH, TOKEN_PATH = "/v1/reporting/transactions", "/v1/oauth2/token"
of = partial(playing.of, provider="paypal")
recorded = partial(playing.recorded, provider="paypal")
LAST_DAY = {"start_date": "2026-11-17T11:06:40Z", "end_date": "2026-11-18T11:06:40Z"}
ALWAYS = {
    "balance_affecting_records_only": "Y",
    "fields": "transaction_info,payer_info",
    "page_size": "500",
    "page": "1",
}


def parameters(cassette: Cassette, tokens: int = 1) -> list[dict[str, str]]:
    """The parameters of every request for the list, which come after those for a token.

    But for the last window, which is over what changed since the first, and ends a while from now.
    """
    paths = [request.path for request in cassette.requests]
    assert paths == [TOKEN_PATH] * tokens + [PATH] * (len(paths) - tokens)
    told = [dict(request.parameters) for request in cassette.requests[tokens:]]
    return [one for one in told if one["end_date"] <= kit.zulu(NOW)]


def asked(**fields: Any) -> ListSessions:
    return ListSessions.model_validate({"last": "1d", "kind": "any", **fields})


@recorded("a_day")
def test_a_day_as_far_as_it_is_loaded(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    reading = ask.read(asked())
    assert began(reading.sessions) == [3, 4, 5]
    assert [str(session.kind) for session in reading.sessions] == ["other", "checkout", "checkout"]
    assert parameters(checkout_cassette) == [{**ALWAYS, **LAST_DAY}]
    (said,) = reading.coverage.accounts
    assert said.complete
    assert NOW - said.covers_to.timestamp() == pytest.approx(3 * HOUR, abs=1)
    assert said.excludes == ("checkouts that nobody paid",)


@recorded("pages")
def test_every_page_of_a_window(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    assert began(ask.all(asked(page_size=2))) == [3, 4, 5]
    pages = [{**ALWAYS, **LAST_DAY, "page_size": "2", "page": str(page)} for page in (1, 2)]
    assert parameters(checkout_cassette) == pages


@recorded("windows")
def test_a_longer_span_in_windows(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    assert began(ask.all(asked(last="40d"))) == [3, 4, 5]
    windows = [(one["start_date"], one["end_date"]) for one in parameters(checkout_cassette)]
    assert windows == [
        ("2026-10-18T11:06:41Z", "2026-11-18T11:06:40Z"),
        ("2026-10-09T11:06:40Z", "2026-10-18T11:06:40Z"),
    ]


@recorded("empty_list")
@pytest.mark.parametrize("facts", [[]], ids=["nothing"])
def test_an_empty_list(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    assert ask.all(asked()) == []
    assert parameters(checkout_cassette) == [{**ALWAYS, **LAST_DAY}]


@recorded("not_yet")
def test_an_hour_that_is_not_loaded_yet(
    provider: str, ask: Asker, checkout_cassette: Cassette
) -> None:
    reading = ask.read(asked(last="1h"))
    (said,) = reading.coverage.accounts
    assert (reading.sessions, said.complete, said.reason) == ([], True, "read to the end")
    assert said.promise.startswith(("part: ", "weaker: "))
    assert said.covers_from is not None
    assert said.covers_from > said.covers_to, "in no span of time"
    assert len(parameters(checkout_cassette)) == 1


@recorded("throttled")
def test_a_429_and_then_the_answer(
    provider: str, ask: Asker, misbehave: Misbehave, checkout_cassette: Cassette
) -> None:
    misbehave(faults.Status(429, retry_after=0))
    assert began(ask.all(asked())) == [3, 4, 5]
    assert parameters(checkout_cassette, tokens=2) == [{**ALWAYS, **LAST_DAY}]


FILTERS: Mapping[str, tuple[dict[str, Any], list[int], dict[str, str]]] = {
    "failed": ({"status": "failed"}, [4], {"transaction_status": "D"}),
    "paid": ({"payment_status": "paid"}, [3, 5], {"transaction_status": "S"}),
    "subscription": ({"mode": "subscription"}, [], {"transaction_type": "T0002"}),
    "currency": ({"currency": "usd"}, [3, 4, 5], {"transaction_currency": "USD"}),
    "id": (
        {"payment_intent": "HXU2PY0OKL1WDZSDP"},
        [5],
        {"transaction_id": "HXU2PY0OKL1WDZSDP"},
    ),
    "amount": (
        {"provider_options": {"paypal": {"transaction_amount": "2000 TO 4000"}}},
        [4],
        {"transaction_amount": "[2000 TO 4000]"},
    ),
    "all_fields": (
        {"provider_options": {"paypal": {"fields": "all"}}},
        [3, 4, 5],
        {"fields": "all"},
    ),
}
"""A query, how many hours ago its sessions began, and the parameters that it needs."""


@pytest.mark.parametrize(
    ("provider", "query", "found", "sent"),
    [
        pytest.param("paypal", *row, marks=of(f"filter_{name}"), id=name)
        for name, row in FILTERS.items()
    ],
)
def test_a_filter_that_is_pushed_down(
    provider: str,
    query: dict[str, Any],
    found: list[int],
    sent: dict[str, str],
    ask: Asker,
    checkout_cassette: Cassette,
) -> None:
    assert began(ask.all(asked(**query))) == found
    assert parameters(checkout_cassette) == [{**ALWAYS, **LAST_DAY, **sent}]


ERRORS: Mapping[int, tuple[type[ProviderError], str | None]] = {
    400: (InvalidRequest, "INVALID_REQUEST"),
    403: (PermissionDenied, "NOT_AUTHORIZED"),
    404: (NotFound, "RESOURCE_NOT_FOUND"),
    429: (RateLimited, "RATE_LIMIT_REACHED"),
    500: (ServerError, "INTERNAL_SERVER_ERROR"),
}
"""By HTTP status: the type of the error and PayPal's own word."""


@pytest.mark.parametrize(
    ("provider", "status", "kind", "code"),
    [
        pytest.param("paypal", status, *row, marks=of(f"error_{status}"), id=str(status))
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
    error = failure_at(status, misbehave, lambda: ask.all(asked()))
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert [request.path for request in checkout_cassette.requests] == [TOKEN_PATH] * attempts(
        status
    )


@recorded("error_401")
@pytest.mark.parametrize("key", ["paypal_secret_obviously_fake_and_wrong"])
def test_a_wrong_secret(provider: str, ask: Asker, checkout_cassette: Cassette) -> None:
    with pytest.raises(AuthenticationError) as failure:
        ask.all(asked())
    assert (failure.value.status, failure.value.code) == (401, "invalid_client")
    assert [request.path for request in checkout_cassette.requests] == [TOKEN_PATH]


def test_there_is_a_cassette_for_every_test_and_a_test_for_every_cassette() -> None:
    marks = [
        mark
        for test in globals().values()
        for parametrize in getattr(test, "pytestmark", [])
        for case in parametrize.args[1]
        for mark in getattr(case, "marks", [])
    ]
    files = {f"paypal/{file.stem}" for file in (CASSETTES / "paypal").glob("*.yaml")}
    assert files == {mark.args[0] for mark in marks}
