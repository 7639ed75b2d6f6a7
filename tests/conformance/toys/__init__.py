"""Toys with the habits of real providers: each family in a file, sound ones and broken ones."""

from conformance.toys import (  # noqa: F401  (they enter)
    filters,
    joins,
    keys,
    limits,
    lists,
    meanings,
    modes,
    money,
    numbers,
    orders,
    places,
    windows,
)
