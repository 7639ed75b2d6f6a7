"""Faults in choosing the sessions that belong to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.lane import Lane
from unified_checkout.engine.seen import Seen
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


@breaks(Law.BELONGS)
def drops_the_residual(patch: pytest.MonkeyPatch) -> None:
    def build(init: Any) -> Any:
        def without_tests(self: AccountReader, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            self._tests = []

        return without_tests

    instead(patch, AccountReader, "__init__", build)


@breaks(Law.BELONGS)
def does_not_freeze_the_upper_bound(patch: pytest.MonkeyPatch) -> None:
    def build(matching: Any) -> Any:
        def unbounded(
            self: AccountReader, sessions: Sequence[Session], *, last_stream: bool
        ) -> list[Session]:
            frozen = self.ceiling
            self.ceiling = max([frozen, *(session.created for session in sessions)])
            rows: list[Session] = matching(self, sessions, last_stream=last_stream)
            self.ceiling = frozen
            return rows

        return unbounded

    instead(patch, AccountReader, "matching", build)


@breaks(Law.TRULY)
def stops_early_though_the_order_was_seen_broken(patch: pytest.MonkeyPatch) -> None:
    def build(beyond: Any) -> Any:
        def credulous(self: AccountReader, session: Session) -> bool:
            held, self.order_held = self.order_held, True
            stop: bool = beyond(self, session)
            self.order_held = held
            return stop

        return credulous

    instead(patch, AccountReader, "beyond", build)


@breaks(Law.COMPLETE)
def does_not_say_that_it_stopped_early(patch: pytest.MonkeyPatch) -> None:
    stops_early_though_the_order_was_seen_broken(patch)
    patch.setattr(Lane, "left_early", False)


@breaks(Law.FRUGAL)
def never_stops_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountReader, "beyond", lambda self, session: False)


@breaks(Law.ONCE)
def forgets_what_a_union_showed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountReader, "_not_shown", lambda self, sessions, last_stream: sessions)


@breaks(Law.ONCE)
def forgets_what_a_union_showed_before_the_cursor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountReader, "_behind_start", lambda self, session: False)


@breaks(Law.ORDER)
def calls_every_list_orderly(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Seen, "_watch_order", lambda self, created: None)
