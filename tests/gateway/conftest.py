"""One sandbox of all providers, and a gateway over it, for tests that only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe
from gateway.sdk import SDK, Lists, clients
from gateway.serving import NOW, Running, serving
from gateway.truth import truth
from house import PROVIDERS

from unified_checkout.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Eighteen sessions at each provider, some of one second."""
    with Sandbox(sessions=18, seed=3, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def lists(sandbox: Sandbox) -> Lists:
    """What the list of each token holds, in order."""
    whole = truth(sandbox.accounts)
    own = {name: [one for one in whole if one[0] == name] for name in PROVIDERS}
    assert all(own.values())
    return {**own, "all": whole}


@pytest.fixture(scope="session")
def gateway(sandbox: Sandbox) -> Iterator[Running]:
    """Each account through a token of its own, and all through one more."""
    with serving(sandbox.accounts) as running:
        yield running


@pytest.fixture(autouse=True)
def without_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK tells nobody how long its requests took."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)


@pytest.fixture
def sdk(gateway: Running) -> Iterator[SDK]:
    """Stripe's own client, pointed at the gateway with the token of that name."""
    http_client = stripe.RequestsClient()
    yield clients(gateway, http_client)
    http_client.close()  # type: ignore[no-untyped-call]
