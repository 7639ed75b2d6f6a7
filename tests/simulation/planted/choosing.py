"""Faults in choosing the sessions that belong to the answer."""

from __future__ import annotations

from typing import Any

import pytest

from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import Pushdown
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.proof import Proof
from unified_checkout.engine.residual import Residual, _Check
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.seen import Seen
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.sieve import Sieve
from unified_checkout.model.session import Session

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


@breaks(Law.BELONGS)
def drops_the_residual(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Residual, "matching", lambda self, sessions: sessions)


@breaks(Law.TRULY)
def doubts_a_provider_that_claims_nothing(patch: pytest.MonkeyPatch) -> None:
    def claimed(self: _Check) -> bool:
        return self.verdict.pushdown is not Pushdown.UNSUPPORTED

    patch.setattr(_Check, "claimed", property(claimed))


@breaks(Law.BELONGS)
def believes_one_look_at_a_page(patch: pytest.MonkeyPatch) -> None:
    """The quick look at a page says that all of it fits where its first row does."""

    def build(sifted: Any) -> Any:
        def careless(self: Residual, check: _Check, sessions: list[Session]) -> list[Session]:
            if check.test(sessions[0]):
                return sessions
            rows: list[Session] = sifted(self, check, sessions)
            return rows

        return careless

    instead(patch, Residual, "_sifted", build)


@breaks(Law.BELONGS)
def does_not_freeze_the_upper_bound(patch: pytest.MonkeyPatch) -> None:
    def build(belonging: Any) -> Any:
        def unbounded(self: Sieve, rows: list[Session], *, alone: bool = False) -> list[Session]:
            scope = self._scope
            frozen = scope.ceiling
            scope.ceiling = max([frozen, *(session.created for session in rows)])
            found: list[Session] = belonging(self, rows, alone=alone)
            scope.ceiling = frozen
            return found

        return unbounded

    instead(patch, Sieve, "belonging", build)


@breaks(Law.TRULY)
def stops_early_though_the_order_was_seen_broken(patch: pytest.MonkeyPatch) -> None:
    def build(beyond: Any) -> Any:
        def credulous(self: Scope, *args: Any) -> bool:
            held, self.in_order = self.in_order, True
            stop: bool = beyond(self, *args)
            self.in_order = held
            return stop

        return credulous

    instead(patch, Scope, "beyond", build)


@breaks(Law.COMPLETE)
def does_not_say_that_it_stopped_early(patch: pytest.MonkeyPatch) -> None:
    stops_early_though_the_order_was_seen_broken(patch)
    patch.setattr(Proof, "_flaw", lambda self: "")


@breaks(Law.FRUGAL)
def never_stops_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PageReader, "_beyond", lambda self, session: False)


@breaks(Law.ONCE)
def forgets_what_a_union_showed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shown, "fresh", lambda self, sessions: list(sessions))


@breaks(Law.ONCE)
def forgets_what_was_shown_before_the_cursor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Scope, "behind", lambda self, session: False)


@breaks(Law.ORDER)
def calls_every_list_orderly(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Seen, "_watch_order", lambda self, created: None)
