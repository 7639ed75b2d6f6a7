"""Tests of the transport that hold for both clients take ``kind``."""

from __future__ import annotations

import pytest
from transport.setting import Kind


@pytest.fixture(params=["Client", "AsyncClient"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Which of the two clients is tested."""
    found: Kind = request.param
    return found
