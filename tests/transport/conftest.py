"""Tests of the transport that hold for both clients take ``kind``."""

from __future__ import annotations

import pytest
from transport.setting import Kind


@pytest.fixture(params=["Client", "AsyncClient"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Which of the two clients is tested."""
    found: Kind = request.param
    return found


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the environment names a proxy, or who needs none."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
