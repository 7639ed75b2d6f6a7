"""How a recording is named by the test that plays it, and what a test compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from recorded.held import HOUR, NOW

from unified_checkout import ProviderError, Session
from unified_checkout.sandbox import faults
from unified_checkout.sandbox.faults import Fault
from unified_checkout.testing import Cassette

Misbehave = Callable[[Fault], None]
"""Makes the sandbox of the provider answer otherwise."""


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


def failure_at(status: int, misbehave: Misbehave, ask: Callable[[], object]) -> ProviderError:
    """What comes of a question that is answered with a status, however often it is asked."""
    misbehave(faults.Status(status, retry_after=0 if status == 429 else None, times=None))
    with pytest.raises(ProviderError) as failure:
        ask()
    return failure.value


def attempts(status: int) -> int:
    """How often a question is asked that is always answered with a status."""
    return 2 if status == 429 or status >= 500 else 1
