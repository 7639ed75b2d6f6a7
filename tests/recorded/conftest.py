"""One provider at a time: its sandbox where there is no cassette yet, else the cassette."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from asking import AskAsync, Asker, AskSync
from recorded.held import FACTS, NOW

from unified_checkout import Account, AsyncClient, Client
from unified_checkout.adapters import load
from unified_checkout.sandbox import Facts, Fault, Sandbox
from unified_checkout.testing import Cassette


@pytest.fixture
def facts() -> list[Facts]:
    """What the provider holds while a cassette is recorded."""
    return FACTS


@pytest.fixture
def key() -> str | None:
    """The key to ask with, if not the right one."""
    return None


@pytest.fixture
def sandbox(
    provider: str, facts: list[Facts], checkout_cassette: Cassette
) -> Iterator[Sandbox | None]:
    """The provider to record, or None to replay."""
    if checkout_cassette.replaying:
        yield None
        return
    with Sandbox(providers=[provider], facts=facts, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def misbehave(provider: str, sandbox: Sandbox | None) -> Callable[[Fault], None]:
    """Spoil what is recorded."""

    def misbehave(fault: Fault) -> None:
        if sandbox is not None:
            sandbox.misbehave(provider, fault)

    return misbehave


@pytest.fixture
def account(provider: str, sandbox: Sandbox | None, key: str | None) -> Account:
    """The account to ask: while replaying it has a key that nobody knows, and no sandbox."""
    real = sandbox.accounts[0] if sandbox else None
    offered = key or (real.api_key if real else "sk_test_not_needed_offline")
    return Account(
        name=provider,
        provider=provider,
        api_key=offered,
        base_url=real.base_url if real else None,
        max_attempts=2,
        retry_delay=0.001,
        requests_per_second=math.inf,
        **load(provider).options_type.examples(),
    )


@pytest.fixture(params=["Client", "AsyncClient"])
def ask(request: pytest.FixtureRequest, account: Account) -> Iterator[Asker]:
    """Either client; the first records, and both replay what it recorded."""
    with ExitStack() as stack:
        if request.param == "Client":
            yield AskSync(stack.enter_context(Client([account])))
            return
        runner = stack.enter_context(asyncio.Runner())
        client = AsyncClient([account])
        stack.callback(lambda: runner.run(client.close()))
        yield AskAsync(client, runner)
