from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store.shops import SHOPS

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=30, seed=3, providers=["stripe", "flex"]) as sandbox:
        yield sandbox


@pytest.fixture
def shops() -> Iterator[Sandbox]:
    """A seller with several locations."""
    options = {"square": {"locations": SHOPS}}
    with Sandbox(sessions=60, seed=5, providers=["square"], options=options) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.accounts) as client:
        yield client


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "checkout.duckdb", wait=0)
