"""One sandbox of all providers, and a gateway over it, for tests that only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stripe
from gateway.serving import NOW, Running, serving

from unified_checkout.sandbox import Sandbox

SDK = Callable[..., stripe.StripeClient]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Eighteen sessions at each provider, some of one second."""
    with Sandbox(sessions=18, seed=3, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def gateway(sandbox: Sandbox) -> Iterator[Running]:
    """Each account through a token of its own, and all through one more."""
    with serving(sandbox.accounts) as running:
        yield running


@pytest.fixture
def sdk(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[SDK]:
    """Stripe's own client, pointed at the gateway with the token of that name."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    http_client = stripe.RequestsClient()

    def client(token: str, **more: object) -> stripe.StripeClient:
        return stripe.StripeClient(
            gateway.tokens[token],
            base_addresses={"api": gateway.url},
            http_client=http_client,
            max_network_retries=0,
            **more,  # type: ignore[arg-type]
        )

    yield client
    http_client.close()  # type: ignore[no-untyped-call]
