"""One budget for all that a command asks, in however many listings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypedDict

import attrs

from unified_checkout.clocks import now
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.runtime import Observer
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import BudgetSpent

if TYPE_CHECKING:
    from unified_checkout.adapters import Request

_STOPPED = "stopped at"
"""How a budget begins to say where it stopped a reading."""


class Left(TypedDict):
    """What the next listing may cost, as it takes it."""

    max_requests: int | None
    deadline: float | None


class Spending(Observer):
    """Watches what a command spends, and says what is left; its time runs from the first listing.

    Args:
        max_requests: how many requests may be sent, retries included; None for any number.
        deadline: how many seconds it may take; None for any time.
    """

    def __init__(self, max_requests: int | None, deadline: float | None) -> None:
        self._given = Budget(max_requests=max_requests, deadline=deadline)
        self._sent = 0
        self._began: float | None = None

    def sent(self, account: str, request: Request, attempt: int) -> None:
        """One request more."""
        self._sent += 1

    def left(self) -> Left:
        """What is left; at first what was given, so that whoever takes it refuses what is wrong.

        Raises:
            BudgetSpent: if nothing is.
        """
        most, deadline = self._given.max_requests, self._given.deadline
        if self._began is None:
            self._began = now()
            return Left(max_requests=most, deadline=deadline)
        requests = None if most is None else most - self._sent
        seconds = None if deadline is None else deadline - (now() - self._began)
        if (requests is not None and requests <= 0) or (seconds is not None and seconds <= 0):
            raise self._error()
        return Left(max_requests=requests, deadline=seconds)

    @contextmanager
    def told_as_given(self) -> Iterator[None]:
        """Have a reading that was stopped by what was left say what was given."""
        try:
            yield
        except BudgetSpent:
            raise self._error() from None

    def covered(self, coverage: Coverage, *, begun: bool = True) -> Coverage:
        """What an answer covers; where the budget stopped it, told by what was given.

        Args:
            coverage: the answer's own.
            begun: whether there was anything left to read it with.
        """
        accounts = (
            attrs.evolve(one, reason=self._stopped)
            if not begun or one.reason.startswith(_STOPPED)
            else one
            for one in coverage.accounts
        )
        return Coverage(tuple(accounts))

    def _error(self) -> BudgetSpent:
        return BudgetSpent(self._stopped, None, None)

    @property
    def _stopped(self) -> str:
        most = self._given.max_requests
        return self._given.stopped_by(late=most is None or self._sent < most)
