"""What ISO 4217 knows: how many decimal digits amounts carry, and which currencies there are."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from unified_checkout.spelling import nearest_code, question


@lru_cache
def iso_exponent(currency: str) -> int | None:
    """The decimal digits of a currency by ISO 4217; None for what is no currency of it.

    >>> iso_exponent("usd"), iso_exponent("jpy"), iso_exponent("kwd"), iso_exponent("zzz")
    (2, 0, 3, None)
    """
    from iso4217 import Currency  # slow to import, and only needed once a page has come

    try:
        return Currency(currency.upper()).exponent
    except ValueError:
        return None


def currency_notes(currencies: Collection[str]) -> tuple[str, ...]:
    """What to say of those that ISO 4217 does not know; a provider may have one of its own.

    >>> currency_notes(["usd", "gpb"])
    ("'gpb' is no currency of ISO 4217; did you mean 'gbp'?",)
    """
    if not currencies:
        return ()
    from iso4217 import Currency

    known = {one.code.lower() for one in Currency}
    return tuple(
        f"{one!r} is no currency of ISO 4217{question(nearest_code(one, known))}"
        for one in currencies
        if one not in known
    )
