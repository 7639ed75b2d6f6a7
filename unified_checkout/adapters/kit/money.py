"""Tools for adapter authors: amounts, as providers write them."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from unified_checkout.adapters.kit.fields import FieldError

_MOST_DIGITS = 40
_DECIMAL = re.compile(rf"(-?)([0-9]{{1,{_MOST_DIGITS}}})(?:\.([0-9]{{1,{_MOST_DIGITS}}}))?")


def minor_units(
    amount: str | int | Decimal | None, exponent: int | None, field: str = "amount"
) -> int | None:
    """An amount in major units as the same amount in minor units, exactly.

    A text is read by the plain notation of decimal numbers alone: a sign, digits, a point. What
    has more digits after the point than the currency has is refused and never rounded: the
    exponent is then not the provider's. A number of JSON says nothing by its zeros at the end
    (RFC 8259, section 6). None for None, and where the exponent is not known.

    >>> minor_units("12.34", 2), minor_units("-1.6", 2), minor_units("500", 0)
    (1234, -160, 500)
    >>> minor_units(150000, 0), minor_units(Decimal("19.90"), 2), minor_units(None, 2)
    (150000, 1990, None)

    Args:
        amount: a text, or a number whose wire model types it as ``int`` or ``Decimal``: msgspec
            reads a ``Decimal`` from the digits as they were sent, a ``float`` has lost some.
        exponent: the decimal digits of the currency at this provider.
        field: what to call the field in an error.

    Raises:
        FieldError: for an amount that is finer than a minor unit, and for what is no plain decimal
            number: with commas, blanks or an exponent of its own.
        TypeError: for a float.
    """
    if amount is None or exponent is None:
        return None
    if isinstance(amount, str):
        return _of_text(amount, exponent, field)
    if isinstance(amount, Decimal):
        return _of_decimal(amount, exponent, field)
    if isinstance(amount, int):
        return int(amount * 10**exponent)
    raise TypeError("type the field as str or Decimal in the wire model: a float is not exact")


@lru_cache(maxsize=4096)
def _of_text(amount: str, exponent: int, field: str) -> int:
    found = _DECIMAL.fullmatch(amount)
    if found is None:
        raise FieldError(field, "not a plain decimal number")
    sign, whole, fraction = found[1], found[2], found[3] or ""
    if len(fraction) > exponent:
        raise _too_fine(field, exponent)
    return int(sign + whole + fraction.ljust(exponent, "0"))


def _of_decimal(amount: Decimal, exponent: int, field: str) -> int:
    sign, digits, power = amount.as_tuple()
    short = len(digits) <= 2 * _MOST_DIGITS
    if not short or not isinstance(power, int) or not -_MOST_DIGITS <= power <= 0:
        raise FieldError(field, "not a plain decimal number")
    shown: int = int("".join(map(str, digits))) * 10**exponent
    finer: int = 10**-power
    units, rest = divmod(shown, finer)
    if rest:
        raise _too_fine(field, exponent)
    return -units if sign else units


def _too_fine(field: str, exponent: int) -> FieldError:
    return FieldError(field, f"more decimal digits than the {exponent} of the currency")
