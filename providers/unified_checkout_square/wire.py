"""What Square really sends: payments, of which no field is documented as required.

Only what the common language needs; the rest stays in the raw bytes. Source: the API description
of version 2025-08-20 (https://github.com/square/connect-api-specification).
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")


class Money(Struct, frozen=True, gc=False):
    """An amount in the smallest unit of its currency; both members may be null."""

    amount: int | None = None
    currency: str | None = None


class Address(Struct, frozen=True, gc=False):
    """A postal address, and whose it is."""

    first_name: str | None = None
    last_name: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    locality: str | None = None
    administrative_district_level_1: str | None = None
    postal_code: str | None = None
    country: str | None = None


class ApplicationDetails(Struct, frozen=True, gc=False):
    """What took the payment."""

    square_product: str | None = None


class CardDetails(Struct, frozen=True, gc=False):
    """How a card was read."""

    entry_method: str | None = None


class Payment(Struct, frozen=True, gc=False):
    """A payment; the id and the time of creation are asked for here, whatever is documented."""

    id: kit.Id
    created_at: str
    amount_money: Money | None = None
    application_details: ApplicationDetails | None = None
    billing_address: Address | None = None
    buyer_email_address: str | None = None
    card_details: CardDetails | None = None
    customer_id: str | None = None
    reference_id: str | None = None
    refunded_money: Money | None = None
    source_type: str | None = None
    status: str | None = None
    terminal_checkout_id: str | None = None
    total_money: Money | None = None


class Page(Struct, Generic[Row], frozen=True):
    """One response to the list request. A list without a payment is ``{}``."""

    rows: list[Row] = msgspec.field(name="payments", default_factory=list)
    cursor: str | None = None
    errors: list[Any] | None = None


PAGE = kit.page_decoder(Page, Payment)
