"""Faults in pace, patience and persistence."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import attrs
import pytest

from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.engine.exchange import Exchange
from unified_checkout.engine.policy import Pace, RetryPolicy
from unified_checkout.errors import (
    ProviderError,
    RateLimited,
)

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


@breaks(Law.RATE)
def asks_faster_than_the_rate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pace, "take", lambda self, now: now)


@breaks(Law.ADVICE)
def ignores_the_advice_to_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pace, "hold", lambda self, until: None)
    _changed_delay(patch, lambda error, attempt, delay: None if delay is None else 0.1)


def _changed_delay(
    patch: pytest.MonkeyPatch, change: Callable[[ProviderError, int, float | None], float | None]
) -> None:
    def build(delay: Any) -> Any:
        def delaying(
            self: RetryPolicy, error: ProviderError, attempt: int, random: Random
        ) -> float | None:
            return change(error, attempt, delay(self, error, attempt, random))

        return delaying

    instead(patch, RetryPolicy, "delay", build)


@breaks(Law.TRULY)
def gives_up_at_the_first_429(patch: pytest.MonkeyPatch) -> None:
    _changed_delay(
        patch, lambda error, attempt, delay: None if isinstance(error, RateLimited) else delay
    )


@breaks(Law.ATTEMPTS)
def tries_again_what_cannot_succeed(patch: pytest.MonkeyPatch) -> None:
    _changed_delay(patch, lambda error, attempt, delay: 0.5 if attempt < 3 else delay)


@breaks(Law.ATTEMPTS)
def tries_once_too_often(patch: pytest.MonkeyPatch) -> None:
    def build(delay: Any) -> Any:
        def stubborn(
            self: RetryPolicy, error: ProviderError, attempt: int, random: Random
        ) -> float | None:
            patient = attrs.evolve(self, max_attempts=self.max_attempts + 1)
            answer: float | None = delay(patient, error, attempt, random)
            return answer

        return stubborn

    instead(patch, RetryPolicy, "delay", build)


@breaks(Law.TRULY)
def does_not_try_the_other_path(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Exchange, "_other", lambda self, error: None)
