"""What Acme Pay really sends. Source: "The payment object" in the README."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")

DECIMALS = 2
"""Acme's currencies all have two."""


class Breakdown(Struct, frozen=True, gc=False):
    """What the amount is made of; each is a decimal string."""

    goods: str | None = None
    discount: str | None = None
    shipping: str | None = None
    tax: str | None = None


class Buyer(Struct, frozen=True, gc=False):
    """Who pays; a guest has no id."""

    id: str | None = None
    email: str | None = None
    full_name: str | None = None
    phone: str | None = None


class Payment(Struct, frozen=True, gc=False):
    """A payment: what the common language calls a session."""

    number: kit.Id
    opened: str
    closes: str | None = None
    state: str | None = None
    amount: str | None = None
    breakdown: Breakdown | None = None
    currency: str | None = None
    buyer: Buyer | None = None
    order: str | None = None
    pay_at: str | None = None
    return_to: str | None = None
    test: bool | None = None
    labels: msgspec.Raw = msgspec.Raw()


class Page(Struct, Generic[Row], frozen=True):
    """One page of the list."""

    rows: list[Row] = msgspec.field(name="payments")
    next_page: int | None


PAGE = kit.page_decoder(Page, Payment)
