"""What Paddle Billing really sends.

Only what the common language needs; the rest stays in the raw bytes. Sources: the official
description (PaddleHQ/paddle-openapi, ``v1/openapi.yaml``), which marks no field as required, and
the recorded answers in Paddle's own packages.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")


class Cycle(Struct, frozen=True, gc=False):
    """How often a price is charged."""

    interval: str | None = None


class Price(Struct, frozen=True, gc=False):
    """The price of an item; without a cycle it is charged once."""

    billing_cycle: Cycle | None = None


class Item(Struct, frozen=True, gc=False):
    """What is bought."""

    price: Price | None = None


class Totals(Struct, frozen=True, gc=False):
    """Amounts as text, in the smallest unit of the transaction's currency; may be negative."""

    subtotal: str | None = None
    discount: str | None = None
    tax: str | None = None
    total: str | None = None
    grand_total: str | None = None
    balance: str | None = None


class Details(Struct, frozen=True, gc=False):
    """What Paddle calculated; ``payout_totals``, in another currency, is not read."""

    totals: Totals | None = None


class Payment(Struct, frozen=True, gc=False):
    """An attempt to pay, captured or not."""

    payment_attempt_id: str | None = None


class Checkout(Struct, frozen=True, gc=False):
    """Where the buyer may pay."""

    url: str | None = None


class Customer(Struct, frozen=True, gc=False):
    """The buyer, sent only when included."""

    email: str | None = None
    name: str | None = None


class Address(Struct, frozen=True, gc=False):
    """The buyer's address, sent only when included; empty text stands for nothing."""

    first_line: str | None = None
    second_line: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class Adjustment(Struct, frozen=True, gc=False):
    """A refund, a credit or a chargeback, sent only when included."""

    action: str | None = None


class Breakdown(Struct, frozen=True, gc=False):
    """Adjustments by what they are."""

    refund: str | None = None
    chargeback: str | None = None


class Adjusted(Struct, frozen=True, gc=False):
    """The sums of all adjustments, sent only when included."""

    breakdown: Breakdown | None = None


class Transaction(Struct, frozen=True, gc=False):
    """A transaction; all but ``id`` and ``created_at`` may be null or missing."""

    id: kit.Id
    created_at: str
    address: Address | None = None
    adjustments: list[Adjustment] | None = None
    adjustments_totals: Adjusted | None = None
    checkout: Checkout | None = None
    collection_mode: str | None = None
    currency_code: str | None = None
    custom_data: msgspec.Raw = msgspec.Raw()
    customer: Customer | None = None
    customer_id: str | None = None
    details: Details | None = None
    invoice_number: str | None = None
    items: list[Item] | None = None
    origin: str | None = None
    payments: list[Payment] | None = None
    status: str | None = None
    subscription_id: str | None = None


class Pagination(Struct, frozen=True, gc=False):
    """Where a list stands; ``next`` is an address even at the end, and not read."""

    has_more: bool
    estimated_total: int | None = None


class Meta(Struct, frozen=True, gc=False):
    """What comes with the rows."""

    pagination: Pagination


class Page(Struct, Generic[Row], frozen=True):
    """One response to the list request."""

    rows: list[Row] = msgspec.field(name="data")
    meta: Meta


PAGE = kit.page_decoder(Page, Transaction)
