"""Paddle's own package pages through the sandbox and finds precisely what is there."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from unified_checkout.sandbox import Sandbox

paddle_billing = pytest.importorskip("paddle_billing", reason="paddle-python-sdk is not installed")
operations = pytest.importorskip("paddle_billing.Resources.Transactions.Operations")
pager = pytest.importorskip("paddle_billing.Resources.Shared.Operations").Pager
order_by = pytest.importorskip("paddle_billing.Resources.Shared.Operations").OrderBy
shared = pytest.importorskip("paddle_billing.Entities.Shared")
origins = pytest.importorskip("paddle_billing.Resources.Transactions.Operations.List.Origin")
errors = pytest.importorskip("paddle_billing.Exceptions.ApiError")

NOW = 1_795_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["paddle"]) as sandbox:
        yield sandbox


def client_of(sandbox: Sandbox, key: str) -> Any:
    """The package's client; it knows two addresses, so it is given one that it takes for a third."""
    options = paddle_billing.Options(SimpleNamespace(base_url=sandbox.url("paddle")))
    return paddle_billing.Client(key, options=options, retry_count=0)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    (account,) = sandbox.accounts
    client = client_of(sandbox, account.api_key.get_secret_value())
    yield client
    client.client.close()


@pytest.mark.parametrize("size", [7, 30, 200])
def test_every_transaction_is_found(sandbox: Sandbox, client: Any, size: int) -> None:
    asked = operations.ListTransactions(pager=pager(per_page=size))
    found = [one.id for one in client.transactions.list(asked)]
    assert found == sorted(facts.id for facts in sandbox.truth("paddle"))


def test_in_the_usual_order(sandbox: Sandbox, client: Any) -> None:
    found = [one.id for one in client.transactions.list()]
    assert found == sorted((facts.id for facts in sandbox.truth("paddle")), reverse=True)


def test_in_the_order_of_creation(sandbox: Sandbox, client: Any) -> None:
    newest_first = order_by("created_at", "desc")
    asked = operations.ListTransactions(pager=pager(order_by=newest_first, per_page=11))
    found = [one.id for one in client.transactions.list(asked)]
    assert found == [facts.id for facts in sandbox.truth("paddle")]


def test_the_filters(sandbox: Sandbox, client: Any) -> None:
    truth = sandbox.truth("paddle")
    status = shared.TransactionStatus
    asked = operations.ListTransactions(
        pager=pager(per_page=4),
        statuses=[status.Paid, status.Completed],
        collection_mode=shared.CollectionMode.Automatic,
    )
    found = {one.id for one in client.transactions.list(asked)}
    wanted = {
        facts.id
        for facts in truth
        if facts.status in ("paid", "complete") and facts.kind != "invoice"
    }
    assert found == wanted != set()
    renewals = operations.ListTransactions(origins=[origins.Origin.SubscriptionRecurring])
    found = {one.id for one in client.transactions.list(renewals)}
    assert {facts.id for facts in truth if facts.kind == "renewal"} <= found


def test_a_single_transaction_with_all_that_belongs_to_it(sandbox: Sandbox, client: Any) -> None:
    for facts in sandbox.truth("paddle")[::10]:
        includes = [operations.TransactionIncludes(word) for word in ("customer", "address")]
        found = client.transactions.get(facts.id, includes=includes)
        assert found.created_at.timestamp() == facts.created
        assert found.details.totals.total == str(facts.amount_total)
        assert (found.customer and found.customer.email) == facts.email


def test_errors_are_paddles_own(sandbox: Sandbox, client: Any) -> None:
    with pytest.raises(errors.ApiError) as caught:
        client.transactions.get("txn_01hv8xxw3etar07vaxsqbyqasy")
    assert caught.value.error_code == "not_found"
    wrong = client_of(sandbox, "pdl_sdbx_apikey_obviously_wrong")
    with pytest.raises(errors.ApiError) as caught:
        wrong.transactions.list()
    assert caught.value.error_code == "invalid_token"
    wrong.client.close()
