"""Stripe's own package pages through the sandbox and finds precisely what is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

from unified_checkout.sandbox import Sandbox

NOW = 1_795_000_000


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["stripe"]) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[stripe.StripeClient]:
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    (account,) = sandbox.accounts
    http_client = stripe.RequestsClient()
    yield stripe.StripeClient(
        account.api_key.get_secret_value(),
        base_addresses={"api": sandbox.url("stripe")},
        http_client=http_client,
        max_network_retries=0,
    )
    http_client.close()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("limit", [7, 100])
def test_every_session_is_found(sandbox: Sandbox, client: stripe.StripeClient, limit: int) -> None:
    sessions = client.v1.checkout.sessions.list({"limit": limit})
    found = [session.id for session in sessions.auto_paging_iter()]
    assert found == [facts.id for facts in sandbox.truth("stripe")]


def test_filters_and_expansion(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    middle = sandbox.truth("stripe")[60].created
    wanted = [
        facts.id
        for facts in sandbox.truth("stripe")
        if facts.status == "complete" and facts.created >= middle
    ]
    sessions = client.v1.checkout.sessions.list(
        {
            "limit": 5,
            "status": "complete",
            "created": {"gte": middle},
            "expand": ["data.line_items"],
        }
    )
    found = list(sessions.auto_paging_iter())
    assert [session.id for session in found] == wanted
    assert all(session.line_items is not None for session in found)


def test_the_walk_backwards_and_a_single_session(
    sandbox: Sandbox, client: stripe.StripeClient
) -> None:
    ids = [facts.id for facts in sandbox.truth("stripe")]
    sessions = client.v1.checkout.sessions.list({"limit": 4, "ending_before": ids[30]})
    assert [session.id for session in sessions.auto_paging_iter()] == ids[29::-1]
    assert (
        client.v1.checkout.sessions.retrieve(ids[3]).created == sandbox.truth("stripe")[3].created
    )


def test_errors_are_stripes_own(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.list({"starting_after": "cs_test_nothing"})
    assert caught.value.code == "resource_missing"
    assert caught.value.request_id
