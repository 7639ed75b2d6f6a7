"""Amounts: integers of minor units that know their currency and its exponent."""

from __future__ import annotations

from decimal import Decimal
from functools import total_ordering

import attrs

from unified_checkout.errors import UnifiedCheckoutError
from unified_checkout.printing import OneLine


class CurrencyMismatch(UnifiedCheckoutError, ValueError):
    """Two amounts that do not share a currency, or its exponent, were combined."""


@total_ordering
@attrs.frozen(order=False)
class Money(OneLine):
    """An amount of one currency, exactly.

    The exponent is the provider's for that currency, which is not always ISO 4217's: 500 minor
    units of ``isk`` are 5 kronur at Stripe.

    >>> Money(1999, "usd", 2)
    Money(19.99 USD)
    >>> Money(1999, "usd", 2) + Money(1, "usd", 2)
    Money(20.00 USD)
    >>> Money(500, "jpy", 0) + Money(500, "usd", 2)
    Traceback (most recent call last):
    ...
    unified_checkout.model.money.CurrencyMismatch: cannot combine JPY (exponent 0) with USD (exponent 2)
    """

    minor_units: int
    """The amount as the provider sends it."""
    currency: str
    """The lower-case code: ISO 4217's, or a provider's own, such as ``usdc`` or ``points``."""
    exponent: int
    """How many decimal digits ``minor_units`` carries."""
    assumed: bool = attrs.field(default=False, eq=False)
    """True where the provider named no currency and the adapter assumed one."""

    @property
    def amount(self) -> Decimal:
        """The amount in the currency's main unit.

        >>> Money(1999, "usd", 2).amount
        Decimal('19.99')
        """
        return Decimal(f"{self.minor_units}e{-self.exponent}")

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        self._check_alike(other)
        assumed = self.assumed or other.assumed
        return Money(self.minor_units + other.minor_units, self.currency, self.exponent, assumed)

    def __radd__(self, other: int) -> Money:
        """Zero, with which ``sum`` begins, and money."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __sub__(self, other: Money) -> Money:
        return self + (-other) if isinstance(other, Money) else NotImplemented

    def __neg__(self) -> Money:
        return attrs.evolve(self, minor_units=-self.minor_units)

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._check_alike(other)
        return self.minor_units < other.minor_units

    def __str__(self) -> str:
        return f"{self.amount:,.{self.exponent}f} {self.currency.upper()}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"Money({self}{', currency assumed' if self.assumed else ''})"

    def _check_alike(self, other: Money) -> None:
        if (self.currency, self.exponent) != (other.currency, other.exponent):
            raise CurrencyMismatch(
                f"cannot combine {self.currency.upper()} (exponent {self.exponent}) "
                f"with {other.currency.upper()} (exponent {other.exponent})"
            )
