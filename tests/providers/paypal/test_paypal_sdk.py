"""PayPal's own package pages through the sandbox and finds precisely what is there.

It has no setting for another address: its table of addresses is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from unified_checkout.sandbox import Sandbox
from unified_checkout_paypal.sandbox import CLIENT_ID

NOT_THERE = "paypal-server-sdk is not installed"
configuration: Any = pytest.importorskip("paypalserversdk.configuration", reason=NOT_THERE)
auth: Any = pytest.importorskip("paypalserversdk.http.auth.o_auth_2", reason=NOT_THERE)
client: Any = pytest.importorskip("paypalserversdk.paypal_serversdk_client", reason=NOT_THERE)

NOW = 1_795_000_000
DAY = 86_400


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    options = {"paypal": {"lag": 0}}
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["paypal"], options=options) as sandbox:
        yield sandbox


@pytest.fixture
def search(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    test = configuration.Environment.SANDBOX
    local = {configuration.Server.DEFAULT: sandbox.url("paypal")}
    monkeypatch.setitem(configuration.Configuration.environments, test, local)
    (account,) = sandbox.accounts
    credentials = auth.ClientCredentialsAuthCredentials(
        o_auth_client_id=CLIENT_ID,
        o_auth_client_secret=account.api_key.get_secret_value(),
    )
    return client.PaypalServersdkClient(
        environment=test, client_credentials_auth_credentials=credentials
    ).transaction_search


def read(search: Any, size: int, **filters: str) -> list[Any]:
    """All entries, window by window, page by page."""
    found: list[Any] = []
    for month in range(4):
        start, end = NOW - (month + 1) * 30 * DAY, NOW - month * 30 * DAY - 1
        window = {"start_date": written(start), "end_date": written(end)}
        number = pages = 1
        while number <= pages:
            asked = {**window, **filters, "page_size": size, "page": number, "fields": "all"}
            page = search.search_transactions(asked).body
            found += getattr(page, "transaction_details", None) or []
            number, pages = number + 1, getattr(page, "total_pages", 0)  # it leaves out a zero
    return found


def written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("size", [7, 500])
def test_every_entry_is_found(sandbox: Sandbox, search: Any, size: int) -> None:
    ids = [one.transaction_info.transaction_id for one in read(search, size)]
    assert sorted(ids) == sorted(facts.id for facts in sandbox.truth("paypal"))


def test_a_filter(sandbox: Sandbox, search: Any) -> None:
    ids = {one.transaction_info.transaction_id for one in read(search, 50, transaction_status="D")}
    failed = {facts.id for facts in sandbox.truth("paypal") if facts.status == "failed"}
    assert ids == failed
    assert failed
