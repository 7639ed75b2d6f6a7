"""What Stripe really sends, in every API version since 2022.

Only what the common language needs; the rest stays in the raw bytes. Sources: the session object
(https://docs.stripe.com/api/checkout/sessions/object), its changelog
(https://docs.stripe.com/changelog) and expansion (https://docs.stripe.com/api/expanding_objects).
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")


class Address(Struct, frozen=True, gc=False):
    """A postal address; Stripe nulls what the buyer did not give."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class CustomerDetails(Struct, frozen=True, gc=False):
    """What the buyer gave; without an address in setup mode and before 2022-03-30."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None
    address: Address | None = None


class TotalDetails(Struct, frozen=True, gc=False):
    """What the total is made of; ``amount_shipping`` is null or absent now and then."""

    amount_discount: int | None = None
    amount_shipping: int | None = None
    amount_tax: int | None = None


class CheckoutSession(Struct, frozen=True, gc=False):
    """A ``checkout.session``; all but ``id`` and ``created`` may be null or missing."""

    id: kit.Id
    created: kit.Timestamp
    amount_subtotal: int | None = None
    amount_total: int | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    currency: str | None = None
    customer: kit.Reference = None
    customer_account: str | None = None
    customer_details: CustomerDetails | None = None
    customer_email: str | None = None
    expires_at: kit.Timestamp | None = None
    invoice: kit.Reference = None
    livemode: bool | None = None
    metadata: msgspec.Raw = msgspec.Raw()
    mode: str | None = None
    payment_intent: kit.Reference = None
    payment_link: kit.Reference = None
    payment_status: str | None = None
    setup_intent: kit.Reference = None
    status: str | None = None
    subscription: kit.Reference = None
    success_url: str | None = None
    total_details: TotalDetails | None = None
    url: str | None = None


class Page(Struct, Generic[Row], frozen=True):
    """One response to the list request."""

    rows: list[Row] = msgspec.field(name="data")
    has_more: bool


PAGE = kit.page_decoder(Page, CheckoutSession)
