"""Mollie's own package pages through the sandbox and finds precisely what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from unified_checkout.sandbox import Sandbox

mollie = pytest.importorskip("mollie", reason="mollie-api-py is not installed")

NOW = 1_795_000_000


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(
        sessions=120,
        seed=3,
        now=NOW,
        providers=["mollie"],
        options={"mollie": {"links_to_caller": True}},
    ) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    (account,) = sandbox.accounts
    security = mollie.Security(api_key=account.api_key.get_secret_value())
    with mollie.ClientSDK(security=security, server_url=sandbox.url("mollie")) as client:
        yield client


@pytest.mark.parametrize("limit", [7, 250])
@pytest.mark.parametrize("sort", ["desc", "asc"])
def test_every_payment_is_found(sandbox: Sandbox, client: Any, limit: int, sort: str) -> None:
    found: list[str] = []
    page = client.payments.list(limit=limit, sort=sort)
    while page is not None:
        found += [payment.id for payment in page.result.embedded.payments]
        page = page.next()
    held = [facts.id for facts in sandbox.truth("mollie")]
    assert found == (held if sort == "desc" else held[::-1])


def test_the_payments_of_customers_and_links_are_found(sandbox: Sandbox, client: Any) -> None:
    truth = sandbox.truth("mollie")
    for customer in {facts.customer_id for facts in truth} - {None}:
        page = client.customers.list_payments(customer_id=customer, limit=250)
        found = [payment.id for payment in page.result.embedded.payments]
        assert found == [facts.id for facts in truth if facts.customer_id == customer]
    for link in {getattr(facts, "link", None) for facts in truth} - {None}:
        page = client.payment_links.list_payments(payment_link_id=link, limit=250)
        found = [payment.id for payment in page.result.embedded.payments]
        assert found == [facts.id for facts in truth if getattr(facts, "link", None) == link]


def test_a_payment_is_the_one_in_the_list(sandbox: Sandbox, client: Any) -> None:
    for facts in sandbox.truth("mollie")[::10]:
        payment = client.payments.get(payment_id=facts.id)
        assert payment.id == facts.id
        assert payment.amount.currency.lower() == facts.currency
        assert payment.mode == "test"


def test_an_unknown_place_is_the_documented_error(client: Any) -> None:
    with pytest.raises(mollie.models.ErrorResponse) as caught:
        client.payments.list(from_="tr_none")
    assert (caught.value.status_code, caught.value.data.field) == (400, "from")
