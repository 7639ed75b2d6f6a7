"""Both clients, and a sandbox for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import pytest
from asking import AskAsync, Asker, AskSync
from clients.setting import NOW, Open, impatient
from house import THREE

from unified_checkout import Account, AsyncClient, Client, Observer
from unified_checkout.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Sixty sessions at each provider, of a test's own.

    One that tests share would hear requests which another test's client has abandoned.
    """
    with Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox:
        yield sandbox


@pytest.fixture(params=["Client", "AsyncClient"])
def open_client(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Make clients of either kind; they are closed in the end."""
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner()) if request.param == "AsyncClient" else None

        def open_client(accounts: Iterable[Account], observers: Iterable[Observer] = ()) -> Asker:
            asker: Asker = (
                AskAsync(AsyncClient(accounts, observers=observers), runner)
                if runner
                else AskSync(Client(accounts, observers=observers))
            )
            stack.callback(asker.close)
            return asker

        yield open_client


@pytest.fixture
def ask(open_client: Open, sandbox: Sandbox) -> Asker:
    """A client of all the sandbox's accounts."""
    return open_client(impatient(sandbox))
