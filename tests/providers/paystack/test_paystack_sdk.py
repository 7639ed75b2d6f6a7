"""Paystack's own package pages through the sandbox and finds precisely what is there.

It numbers pages and knows no cursors; it sends ``perPage``, as the documentation has it and the
published description has not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from unified_checkout.sandbox import Facts, Sandbox

paystack = pytest.importorskip("paystack", reason="paystack-sdk is not installed")
configuration = pytest.importorskip("paystack.configuration", reason="another paystack package")

NOW = 1_795_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["paystack"]) as sandbox:
        yield sandbox


@pytest.fixture
def transactions(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (account,) = sandbox.accounts
    monkeypatch.setattr(paystack, "api_key", account.api_key.get_secret_value())
    kind = configuration.Configuration
    own = kind()
    own.host = sandbox.url("paystack")
    monkeypatch.setattr(kind, "_default", own)
    client = paystack.api_client.ApiClient()
    monkeypatch.setattr(paystack.api.transaction_, "ApiClient", lambda: client)
    yield paystack.Transaction
    client.rest_client.pool_manager.clear()


def found(transactions: Any, size: int, **filters: Any) -> list[str]:
    """The ids of all pages, up to one that is not full."""
    ids: list[str] = []
    number = 1
    while True:
        rows = transactions.list(per_page=size, page=number, **filters).data
        ids += [str(row["id"]) for row in rows]
        if len(rows) < size:
            return ids
        number += 1


@pytest.fixture
def truth(sandbox: Sandbox) -> list[Facts]:
    return sandbox.truth("paystack")


@pytest.mark.parametrize("size", [7, 60, 1000])
def test_every_transaction_is_found(transactions: Any, truth: list[Facts], size: int) -> None:
    assert found(transactions, size) == [facts.id for facts in truth]


def test_a_span_of_time(transactions: Any, truth: list[Facts]) -> None:
    newest, oldest = truth[20].created, truth[90].created
    since, until = (
        datetime.fromtimestamp(second, UTC).replace(tzinfo=None) for second in (oldest, newest)
    )
    wanted = [facts.id for facts in truth if oldest <= facts.created <= newest]
    assert found(transactions, 10, _from=since, to=until) == wanted


def test_one_transaction_by_its_id_and_by_its_reference(
    transactions: Any, truth: list[Facts]
) -> None:
    for facts in truth[::10]:
        by_id = transactions.fetch(facts.id).data
        by_reference = transactions.verify(facts.client_reference_id).data
        for one in (by_id, by_reference):
            assert str(one["id"]) == facts.id
            assert one["reference"] == facts.client_reference_id
            assert one["requested_amount"] == facts.amount_total


@pytest.mark.parametrize(("id", "status"), [("1", 404), ("ord-1042", 400)])
def test_errors_are_paystacks_own(transactions: Any, id: str, status: int) -> None:
    with pytest.raises(paystack.exceptions.ApiException) as caught:
        transactions.fetch(id)
    assert caught.value.status == status


def test_a_wrong_key_is_refused(transactions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = configuration.Configuration._default
    monkeypatch.setattr(wrong, "api_key", "sk_test_obviously_wrong")
    client = paystack.api_client.ApiClient(wrong)
    monkeypatch.setattr(paystack.api.transaction_, "ApiClient", lambda: client)
    with pytest.raises(paystack.exceptions.ApiException) as caught:
        transactions.list()
    client.rest_client.pool_manager.clear()
    assert caught.value.status == 401
