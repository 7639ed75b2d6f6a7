"""What Polar really sends, as far as the common language needs it.

Sources: Polar's OpenAPI description (2026-04) for the names and types, recorded payloads for what
may be missing: those of March 2026 lack fields that the description of August requires, so only
the id and the time of creation are.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")


class Address(Struct, frozen=True, gc=False):
    """A billing address; often only the country, guessed from where the buyer connects."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Product(Struct, frozen=True, gc=False):
    """The product that is bought, as it is today."""

    is_recurring: bool | None = None


class Checkout(Struct, frozen=True, gc=False):
    """A checkout session. Amounts are minor units."""

    id: kit.Id
    created_at: str
    status: str | None = None
    expires_at: str | None = None
    url: str | None = None
    success_url: str | None = None
    return_url: str | None = None
    amount: int | None = None
    """Before discounts and taxes."""
    discount_amount: int | None = None
    tax_amount: int | None = None
    total_amount: int | None = None
    """After both; what would be charged, if there were no trial."""
    currency: str | None = None
    is_payment_required: bool | None = None
    """Whether anything is to be paid now: not where all is free, nor in a trial."""
    product: Product | None = None
    customer_id: str | None = None
    customer_name: str | None = None
    customer_email: str | None = None
    """What the shop filled in beforehand, until the buyer confirms it or types another."""
    customer_billing_address: Address | None = None
    subscription_id: str | None = None
    """Only that of a subscription which is upgraded; the one that a checkout begins is not here."""
    metadata: msgspec.Raw = msgspec.Raw()


class Pagination(Struct, frozen=True, gc=False):
    """How many there are, and on how many pages of the size asked for."""

    total_count: int
    max_page: int


class Page(Struct, Generic[Row], frozen=True):
    """One page of the list."""

    rows: list[Row] = msgspec.field(name="items")
    pagination: Pagination


PAGE = kit.page_decoder(Page, Checkout)
