"""``Rates``: what one unit of a currency is worth in another, as somebody says who is named."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.errors import ConfigurationError
from unified_checkout.model.money import Money
from unified_checkout.paths import path_of
from unified_checkout.telltales import plain_path, quoted

_KEYS = {"source", "currency", "digits", "rates"}
_EXACTLY = Context(prec=200, rounding=ROUND_HALF_EVEN)
_NO_TRAPS = Context(traps=[])
_MOST_PLACES = 30
_LARGEST_FILE = 1024 * 1024


@attrs.frozen(kw_only=True)
class Rates:
    """A table of rates. It is the user's: none comes with this library, and none is fetched."""

    source: str
    """Who says so, and of when."""
    currency: str
    """The lower-case code of the currency that amounts are converted to."""
    digits: int
    """The decimal digits that they are rounded to, halves to the even one."""
    rates: Mapping[str, Decimal]
    """By lower-case code, what one unit of that currency is worth."""

    def convert(self, money: Money) -> Money | None:
        """An amount in the other currency; None where there is no rate for its own.

        >>> rates = Rates(source="me", currency="eur", digits=2, rates={"usd": Decimal("0.9")})
        >>> rates.convert(Money(1999, "usd", 2)), rates.convert(Money(5, "jpy", 0))
        (Money(17.99 EUR), None)
        """
        rate = Decimal(1) if money.currency == self.currency else self.rates.get(money.currency)
        if rate is None:
            return None
        worth = _EXACTLY.multiply(money.amount, rate).scaleb(self.digits, _EXACTLY)
        units = int(worth.to_integral_value(ROUND_HALF_EVEN, _EXACTLY))
        return Money(units, self.currency, self.digits, money.assumed)

    def check(self, lacking: Sequence[str]) -> None:
        """Make sure that they lack no currency of a report.

        Args:
            lacking: the lower-case codes of those that they lack.

        Raises:
            ConfigurationError: naming them.
        """
        if lacking:
            names = ", ".join(sorted(lacking))
            raise ConfigurationError(
                f"the rates of {quoted(self.source)} lack {names}; say under [rates] what one unit "
                "of each is worth"
            )

    def to_dict(self, missing: Sequence[str] = ()) -> dict[str, Any]:
        """Their source and currency, and which currencies they lack."""
        return {"source": self.source, "currency": self.currency, "missing": list(missing)}


def read_rates(path: Path) -> Rates:
    """A table of rates from a TOML file with ``source``, ``currency`` and ``[rates]``.

    ``digits`` is for a currency that ISO 4217 does not know.

    Raises:
        ConfigurationError: if there is no such file, or if it holds anything else.
    """
    place, path = plain_path(path), path_of(path)
    try:
        with path.open("rb") as file:
            held = file.read(_LARGEST_FILE + 1)
        if len(held) > _LARGEST_FILE:
            raise ConfigurationError(f"{place} is larger than {_LARGEST_FILE} bytes")
        text = held.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        told = tomllib.loads(text, parse_float=_number)
    except OSError as error:
        raise ConfigurationError(
            f"{place} cannot be read: {error.strerror or type(error).__name__}"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{place} is no TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(
            f"{place} is no TOML: lists or tables within others, deeper than anything is written here"
        ) from None
    try:
        return _rates(told)
    except ValueError as error:
        raise ConfigurationError(f"{place}: {error}") from None


def _number(text: str) -> Decimal:
    """The number as it is written; NaN where no decimal can hold it."""
    return Decimal(text, _NO_TRAPS)


def _rates(told: dict[str, Any]) -> Rates:
    if strange := sorted(told.keys() - _KEYS):
        raise ValueError(f"{quoted(strange[0])} is none of {', '.join(sorted(_KEYS))}")
    source, currency, rates = told.get("source"), told.get("currency"), told.get("rates")
    if not isinstance(source, str) or not source.strip():
        raise ValueError('source says whose rates these are, such as "my bank, 2026-10-31"')
    if not isinstance(currency, str) or not currency.strip():
        raise ValueError('currency says what amounts are converted to, such as "eur"')
    if not isinstance(rates, dict) or not rates:
        raise ValueError("[rates] says what one unit of each currency is worth, such as usd = 0.92")
    code = currency.lower()
    worth: dict[str, Decimal] = {}
    spelt: dict[str, str] = {}
    for name, value in rates.items():
        other = spelt.setdefault(name.lower(), name)
        if other != name:
            raise ValueError(f"rates.{other} and rates.{name} are one currency; name it once")
        worth[name.lower()] = _rate(name, value)
    if worth.get(code, 1) != 1:
        raise ValueError(f"rates.{code} is not 1, though amounts are converted to it")
    return Rates(
        source=source.strip(),
        currency=code,
        digits=_digits(code, told.get("digits")),
        rates=worth,
    )


def _rate(name: str, value: object) -> Decimal:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        rate = Decimal(value)
        if rate.is_finite() and rate > 0:
            if abs(rate.adjusted()) > _MOST_PLACES:
                most = _MOST_PLACES
                raise ValueError(f"rates.{name} is not between 1e-{most} and 1e{most + 1}")
            return rate
    raise ValueError(f"rates.{name} is no number above 0")


def _digits(code: str, given: object) -> int:
    from iso4217 import Currency

    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 18:
        return given
    if given is not None:
        raise ValueError("digits is a number from 0 to 18")
    known = [one.exponent for one in Currency if one.code.lower() == code]
    if not known or known[0] is None:
        raise ValueError(
            f"ISO 4217 gives no digits for {quoted(code)}; say digits = 2, or as it is"
        )
    return int(known[0])
