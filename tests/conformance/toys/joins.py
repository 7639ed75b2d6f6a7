"""A ledger: what an order paid back stands in the row of another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import attrs
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import Compiled, ListSessions, Order, Reach, Session, Untold
from unified_checkout.sandbox import Facts


@sound
class Ledger(ToyAdapter):
    """Joins what its rows tell of others, unless a parameter may leave some of them out."""

    sandbox = "conformance.toys.joins:LedgerSandbox"
    manner: ClassVar[Mapping[str, Any]] = {"order": Order.UNDOCUMENTED, "reach": Reach()}
    untold: ClassVar[Mapping[str, Untold]] = {"amount_refunded": Untold(joined=True)}

    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        return attrs.evolve(compiled, joins=not any(one.parameters for one in compiled.streams))

    def tells_of(self, session: Session) -> str | None:
        told: dict[str, str] | None = session.raw["paid_back"]
        return told["order"] if told else None

    def joined(self, session: Session, told: Mapping[str, Collection[Session]]) -> Session:
        amounts = [one.raw["paid_back"]["amount"] for one in told.get(session.id, ())]
        return attrs.evolve(session, amount_refunded=sum(amounts)) if amounts else session


@attrs.define(kw_only=True, eq=False)
class LedgerSandbox(ToySandbox):
    """Each of its rows tells of the one that is as far from the other end."""

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        held = list(self.shelf)
        other = held[-1 - [one.id for one in held].index(facts.id)]
        told = {"order": other.id, "amount": other.amount_refunded}
        row = {**super().render(facts, shape), "amount_refunded": None}
        return {**row, "paid_back": None if other.amount_refunded is None else told}


@breaks("test_what_rows_tell_of_others_is_told", saying="amount_refunded")
class HearsNothing(Ledger):
    def tells_of(self, session: Session) -> str | None:
        return None


@breaks("test_what_rows_tell_of_others_is_told", saying="amount_refunded")
class JoinsWhateverIsAsked(Ledger):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), joins=True)


@breaks("test_what_rows_tell_of_others_is_told", saying="amount_refunded")
class TakesSilenceForNothing(Ledger):
    def joined(self, session: Session, told: Mapping[str, Collection[Session]]) -> Session:
        amounts = [one.raw["paid_back"]["amount"] for one in told.get(session.id, ())]
        return attrs.evolve(session, amount_refunded=sum(amounts))
