"""Adapters that are careless with single fields, and sandboxes that help them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks
from conformance.variants.sound import Counting

from unified_checkout.adapters import Response, Untold
from unified_checkout.model.session import Session
from unified_checkout.sandbox import Answer, Facts, Page, Received

HERE = "conformance.variants.fields"
YEAR = 365 * 86_400


@breaks("test_sessions_say_what_the_provider_holds", saying="metadata")
class LeavesOutWhatLooksUnimportant(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), metadata=None)


@breaks("test_what_lists_leave_out_is_told_when_asked", saying="invoice")
class CallsUntoldWhatItForgot(ToyAdapter):
    untold: ClassVar[Mapping[str, Untold]] = {"invoice": Untold(expand="invoice")}

    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), invoice=None)


@breaks("test_a_single_session_is_the_one_in_the_list", saying="customer.phone")
class TellsLessOfASingleSession(ToyAdapter):
    def parse_session(self, response: Response) -> Session:
        session = super().parse_session(response)
        buyer = session.customer and attrs.evolve(session.customer, phone=None)
        return attrs.evolve(session, customer=buyer)


@breaks("test_a_single_session_is_the_one_in_the_list", saying="asked for .* is read")
class MakesUpTheIdOfASingleSession(ToyAdapter):
    def parse_session(self, response: Response) -> Session:
        return attrs.evolve(super().parse_session(response), id="o-1")


@breaks("test_ids_tell_sessions_apart", saying="two sessions have the id")
class CutsItsIds(Counting):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), id=order.order[:2])


@breaks("test_amounts_are_minor_units_in_every_currency", saying="is 2, and")
class HasTwoDecimalsEverywhere(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), currency_exponent=2)


@breaks("test_amounts_are_minor_units_in_every_currency", saying="amount_tax")
class ConvertsWhatIsConvertedAlready(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        session = super().session(order, raw)
        if session.currency_exponent != 3 or session.amount_tax is None:
            return session
        return attrs.evolve(session, amount_tax=session.amount_tax * 10)


@breaks("test_the_exponent_of_every_currency_held_is_declared", saying="tells nothing of .*usd")
class MeasuresNothing(ToyAdapter):
    @classmethod
    def exponent(cls, currency: str) -> int | None:
        return None


@breaks("test_a_currency_nobody_knows_does_no_harm", saying="zzz")
class KnowsEveryCurrencyThereWillEverBe(ToyAdapter):
    @classmethod
    def exponent(cls, currency: str) -> int | None:
        known = super().exponent(currency)
        if known is None:
            raise KeyError(currency)
        return known


@breaks("test_an_assumed_currency_is_marked", saying="names the currency")
class CallsAssumedWhatIsSent(ToyAdapter):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), currency_assumed=True)


@breaks("test_an_assumed_currency_is_marked", saying="does not name the currency")
class AssumesACurrencyInSilence(ToyAdapter):
    sandbox = f"{HERE}:NamelessSandbox"

    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), currency="usd", currency_exponent=2)


@attrs.define(kw_only=True, eq=False)
class NamelessSandbox(ToySandbox):
    """Everything is in dollars, and nothing says so."""

    def adopt(self, facts: Facts) -> Facts:
        return attrs.evolve(super().adopt(facts), currency="usd")

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        return {**super().render(facts, shape), "currency": None}


@breaks("test_livemode_is_no_guess", saying="livemode is False whatever")
class TakesEverythingForATest(ToyAdapter):
    sandbox = f"{HERE}:TestingSandbox"

    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), livemode=False)


@attrs.define(kw_only=True, eq=False)
class TestingSandbox(ToySandbox):
    """Test sessions only, and nothing says so."""

    def adopt(self, facts: Facts) -> Facts:
        return attrs.evolve(super().adopt(facts), livemode=False)

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        return {**super().render(facts, shape), "live": None}


@breaks("test_what_the_sandbox_does_not_hold_it_does_not_send", saying="invoice.*amount_tax|amount")
class ForgetsWhatItsSandboxHides(ToyAdapter):
    sandbox = f"{HERE}:HidingSandbox"

    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), invoice=None, amount_tax=None)


@attrs.define(kw_only=True, eq=False)
class HidingSandbox(ToySandbox):
    """Sends what it says it does not hold."""

    def adopt(self, facts: Facts) -> Facts:
        return attrs.evolve(super().adopt(facts), invoice=None, amount_tax=None)

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        row = self.shelf.row(facts.id)
        assert row is not None
        taken = {"invoice": row.told.invoice, "amount_tax": row.told.amount_tax}
        return {**super().render(facts, shape), **taken}


@breaks("test_sessions_years_old_are_listed", saying="not listed: created")
class DoesNotKnowItsProvidersDefault(ToyAdapter):
    sandbox = f"{HERE}:YoungSandbox"


@attrs.define(kw_only=True, eq=False)
class YoungSandbox(ToySandbox):
    """Lists a year, unless it is asked for more."""

    def read(self, request: Received) -> Page | Answer:
        values: dict[str, Any] = dict(request.parameters)
        if request.path == toy.PATH and not {"from", "after"} & set(values):
            floor = ("from", str(int(self.clock()) - YEAR))
            request = attrs.evolve(request, parameters=(*request.parameters, floor))
        return super().read(request)
