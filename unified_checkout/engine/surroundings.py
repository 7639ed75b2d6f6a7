"""What a machine is given to work with, and what it may spend."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from unified_checkout.adapters import Adapter
from unified_checkout.engine.policy import AccountState
from unified_checkout.engine.runtime import Runtime


@attrs.frozen(kw_only=True)
class Surroundings:
    """What a machine is given to work with; adapters and states by account name."""

    adapters: Mapping[str, Adapter[Any]]
    states: Mapping[str, AccountState]
    runtime: Runtime


@attrs.define
class Spent:
    """What was spent of a budget."""

    requests: int = 0
    ends_at: float = math.inf
    """When its time is over; it runs from the first step on."""


@attrs.frozen(kw_only=True)
class Budget:
    """What a reading may cost, or several readings that are given the same one, one after another."""

    max_requests: int | None = None
    """How many requests may be sent, retries included; None for any number."""
    deadline: float | None = None
    """How many seconds it may take from the first step on; None for any time."""
    spent: Spent = attrs.field(factory=Spent, eq=False, repr=False)

    @property
    def is_bounded(self) -> bool:
        """Whether it may cost only so much."""
        return self != Budget()

    @property
    def is_spent(self) -> bool:
        """Whether no further request may be sent."""
        return self.max_requests is not None and self.spent.requests >= self.max_requests

    def begin(self, now: float) -> float:
        """Let the time begin that it allows, unless it did before, and say when it ends."""
        if math.isinf(self.spent.ends_at) and self.deadline is not None:
            self.spent.ends_at = now + self.deadline
        return self.spent.ends_at

    def enough(self, stopped: str, least: int) -> str:
        """What to allow where this got nowhere, in words.

        Args:
            stopped: what the reading was stopped at, as :meth:`stopped_by` says it.
            least: how many requests it takes at least, as far as that is known.
        """
        if self.max_requests is None or stopped != self.stopped_by(late=False):
            return f"a deadline of more than {self.deadline:g} s"
        return f"max_requests={max(self.max_requests + 1, least)} or more"

    def stopped_by(self, *, late: bool) -> str:
        """What a reading was stopped at, in words."""
        if late:
            return f"stopped at the deadline of {self.deadline:g} s"
        return f"stopped at max_requests={self.max_requests}"
