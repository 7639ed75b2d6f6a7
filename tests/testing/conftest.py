"""A place for a cassette, and a sandbox to record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import THREE

from unified_checkout.sandbox import Sandbox

NOW = 1_760_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=12, seed=1, now=NOW, providers=THREE) as sandbox:
        yield sandbox
