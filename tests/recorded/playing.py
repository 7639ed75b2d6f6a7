"""How a recording is named by the test that plays it, and what a test compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from recorded.held import HOUR, NOW

from unified_checkout import Session
from unified_checkout.testing import Cassette


def of(scenario: str, provider: str) -> pytest.MarkDecorator:
    """The mark of the test that plays a scenario's cassette of a provider."""
    now = datetime.fromtimestamp(NOW, UTC).isoformat()
    return pytest.mark.checkout_cassette(f"{provider}/{scenario}", now=now)


def recorded(scenario: str, provider: str) -> pytest.MarkDecorator:
    """The mark of a test that plays one cassette of one provider, whose name it is given."""
    return pytest.mark.parametrize(
        "provider", [pytest.param(provider, marks=of(scenario, provider))]
    )


def ago(hours: int) -> datetime:
    """The moment so many hours before all is recorded."""
    return datetime.fromtimestamp(NOW - hours * HOUR, UTC)


def began(sessions: Sequence[Session]) -> list[int]:
    """How many hours ago each began."""
    return [round((NOW - session.created.timestamp()) / HOUR) for session in sessions]


def parameters(cassette: Cassette, path: str) -> list[dict[str, str]]:
    """The parameters of every request that was asked, all of one path."""
    assert {request.path for request in cassette.requests} == {path}
    return [dict(request.parameters) for request in cassette.requests]
