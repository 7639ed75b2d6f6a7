"""Stripe's own SDKs, pointed at a gateway."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import stripe
from gateway.serving import Running

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).parent / "sdks"
NODE_FOLDER = Path(os.environ.get("UNIFIED_CHECKOUT_STRIPE_NODE") or ROOT / ".venv" / "stripe-node")

SDK = Callable[..., stripe.StripeClient]
"""Makes a client with the token of that name."""
Named = tuple[str, str]
"""An account, and an id of its provider's."""
Lists = dict[str, list[Named]]
"""By a token's name what its list holds."""


def named(session: Any) -> Named:
    """The account, and the provider's id."""
    return session.unified_checkout.account, session.unified_checkout.id


def clients(gateway: Running, http_client: Any) -> SDK:
    """Clients that share their connections."""

    def client(token: str, **more: Any) -> stripe.StripeClient:
        return stripe.StripeClient(
            gateway.tokens[token],
            base_addresses={"api": gateway.url},
            http_client=http_client,
            **{"max_network_retries": 0, **more},
        )

    return client


@asynccontextmanager
async def async_clients(gateway: Running) -> AsyncIterator[SDK]:
    """Clients whose asynchronous methods may be awaited."""
    http_client = stripe.HTTPXClient()
    try:
        yield clients(gateway, http_client)
    finally:
        await http_client.close_async()  # type: ignore[no-untyped-call]


def node(script: str) -> list[str]:
    """A command that lets Node run a script with Stripe's SDK; skips where it cannot be had."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("there is no Node here")
    if not (NODE_FOLDER / "node_modules" / "stripe").exists():
        pytest.skip("Stripe's Node SDK is not installed; make stripe-node fetches it")
    return [program, str(SOURCES / script), str(NODE_FOLDER)]
