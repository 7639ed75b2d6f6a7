"""One sandbox for the whole matrix, and one way of asking for both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from asking import AskAsync, Asker, AskSync
from house import PROVIDERS, known

from unified_checkout import AsyncClient, Client
from unified_checkout.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    options = {provider: known(provider).sandbox for provider in PROVIDERS}
    with Sandbox(sessions=70, seed=11, now=1_760_000_000, options=options) as sandbox:
        yield sandbox


@pytest.fixture(scope="session", params=["Client", "AsyncClient"])
def ask(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Asker]:
    if request.param == "Client":
        with Client(sandbox.accounts) as client:
            yield AskSync(client)
        return
    with asyncio.Runner() as runner:
        asynchronous = AsyncClient(sandbox.accounts)
        yield AskAsync(asynchronous, runner)
        runner.run(asynchronous.close())
