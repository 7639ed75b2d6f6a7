"""Tools for adapter authors: how many decimal digits amounts carry."""

from __future__ import annotations

from functools import lru_cache


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
