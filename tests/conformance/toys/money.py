"""Money: decimal strings or numbers, a provider's own exponents, signs, and a coin of no bank."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import attrs
import msgspec
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import Place, ProviderPage, Response, Session, kit
from unified_checkout.sandbox import Facts

AMOUNTS = ("total", *(name for name in toy.SAME if name.startswith("amount_")))
OWN = {"huf": 0, "twd": 0, "usdc": 6}


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The amounts of an order, as texts."""

    total: str | None = None
    amount_subtotal: str | None = None
    amount_discount: str | None = None
    amount_shipping: str | None = None
    amount_tax: str | None = None
    amount_received: str | None = None
    amount_refunded: str | None = None
    amount_disputed: str | None = None


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The same, as numbers."""

    total: Decimal | None = None
    amount_subtotal: Decimal | None = None
    amount_discount: Decimal | None = None
    amount_shipping: Decimal | None = None
    amount_tax: Decimal | None = None
    amount_received: Decimal | None = None
    amount_refunded: Decimal | None = None
    amount_disputed: Decimal | None = None


SUMS = msgspec.json.Decoder(Sums)
NUMBERS = msgspec.json.Decoder(Numbers)


@sound
class Texts(ToyAdapter):
    """Amounts are texts in major units, with exponents of the provider's own, and signs."""

    sandbox = "conformance.toys.money:TextSandbox"
    decoder: ClassVar[msgspec.json.Decoder[Any]] = SUMS

    @classmethod
    def exponent(cls, currency: str) -> int | None:
        return OWN.get(currency, super().exponent(currency))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page, rows = PAGE.decode(response.body, **self.origin(response))
        sessions = kit.sessions(self.session, rows, **self.origin(response))
        return self.page(page, sessions, place)

    def parse_session(self, response: Response) -> Session:
        where = self.origin(response)
        order = kit.decode(PAGE.row, response.body, **where)
        with kit.field_errors(row=None, **where):
            return self.session(order, response.body)

    def session(self, order: toy.Order, raw: bytes) -> Session:
        session = super().session(order, raw)
        try:
            sent = self.decoder.decode(raw)
        except msgspec.ValidationError as error:
            field = str(error).rpartition("$.")[2].rstrip("`")
            raise kit.FieldError(field or "total", "no amount") from None
        exponent = session.currency_exponent
        amounts: dict[str, Any] = {
            name: self.minor(getattr(sent, name), exponent, name) for name in AMOUNTS
        }
        return attrs.evolve(session, amount_total=amounts.pop("total"), **amounts)

    def minor(self, amount: Any, exponent: int | None, field: str) -> int | None:
        return kit.minor_units(amount, exponent, field)


class Order(toy.Order, frozen=True, kw_only=True):
    """An order whose amounts are read apart from it."""

    total: Any = None
    amount_subtotal: Any = None
    amount_discount: Any = None
    amount_shipping: Any = None
    amount_tax: Any = None
    amount_received: Any = None
    amount_refunded: Any = None
    amount_disputed: Any = None


PAGE = kit.PageDecoder(
    raw=msgspec.json.Decoder(toy.Orders[msgspec.Raw]),
    typed=msgspec.json.Decoder(toy.Orders[Order]).decode,
    row=msgspec.json.Decoder(Order),
)


@attrs.define(kw_only=True, eq=False)
class TextSandbox(ToySandbox):
    """Writes amounts as texts; what it owes has a minus sign."""

    def adopt(self, facts: Facts) -> Facts:
        adopted = super().adopt(facts)
        if self.exponent_of(adopted) is None:
            nothing: dict[str, Any] = dict.fromkeys(("amount_total", *AMOUNTS[1:]))
            return attrs.evolve(adopted, **nothing)
        if adopted.amount_total is None or not facts.one_in(4, "owed"):
            return adopted
        return attrs.evolve(adopted, amount_total=-adopted.amount_total)

    def exponent_of(self, facts: Facts) -> int | None:
        return None if facts.currency is None else Texts.exponent(facts.currency)

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        rendered = super().render(facts, shape)
        exponent = self.exponent_of(facts)
        written = {name: self.written(rendered[name], exponent) for name in AMOUNTS}
        return {**rendered, **written}

    def written(self, amount: Any, exponent: int | None) -> object:
        if amount is None or exponent is None:
            return None
        return f"{Decimal(amount).scaleb(-exponent):.{exponent}f}"


@sound
class Figures(Texts):
    """Amounts are numbers in major units."""

    sandbox = "conformance.toys.money:FigureSandbox"
    decoder: ClassVar[msgspec.json.Decoder[Any]] = NUMBERS


@attrs.define(kw_only=True, eq=False)
class FigureSandbox(TextSandbox):
    """Writes amounts as numbers."""

    def written(self, amount: Any, exponent: int | None) -> object:
        text = super().written(amount, exponent)
        return None if text is None else msgspec.Raw(str(text).encode())


@breaks("test_sessions_say_what_the_provider_holds", saying="amount_")
class CutsOffHalfACent(Figures):
    def minor(self, amount: Any, exponent: int | None, field: str) -> int | None:
        if amount is None or exponent is None:
            return None
        return int(float(amount) * 10**exponent)


@breaks("test_sessions_say_what_the_provider_holds", saying="amount_total")
class LosesTheSign(Texts):
    def minor(self, amount: Any, exponent: int | None, field: str) -> int | None:
        minor = super().minor(amount, exponent, field)
        return None if minor is None else abs(minor)


@breaks("test_amounts_are_minor_units_in_every_currency", saying="amount_")
class RemovesThePoint(Figures):
    """A number says nothing by its zeros at the end."""

    def minor(self, amount: Any, exponent: int | None, field: str) -> int | None:
        return None if amount is None else int(f"{amount.normalize():f}".replace(".", ""))


@breaks("test_amounts_are_minor_units_in_every_currency", saying="amount_total")
class GoesByTheBanks(Texts):
    @classmethod
    def exponent(cls, currency: str) -> int | None:
        return ToyAdapter.exponent(currency)


@breaks("test_amounts_are_minor_units_in_every_currency", saying="more decimal digits than the 2")
class HasTwoDecimalsForEverything(Texts):
    @classmethod
    def exponent(cls, currency: str) -> int | None:
        return 2
