"""What holds for the whole suite."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from telemetry import Telemetry


settings.register_profile("patient", deadline=None)
if settings.get_current_profile_name() == "default":
    settings.load_profile("patient")  # no test is about how fast this machine is


def pytest_collection_finish() -> None:
    """Garbage is looked for among what tests make, not among the tests themselves.

    Half a million objects stand once all tests are collected. Tests that look for what is left
    behind collect garbage, and each of them would walk through all of these. Python itself looks
    for garbage more seldom than usual, since up to a tenth of all time goes by so.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """What OpenTelemetry is told; a test is skipped without its SDK."""
    from telemetry import Telemetry

    telemetry = Telemetry()
    yield telemetry
    telemetry.tracers.shutdown()
    telemetry.meters.shutdown()
