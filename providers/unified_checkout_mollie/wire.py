"""What Mollie really sends: payments, of which most fields are missing as a rule.

Only what the common language needs; the rest stays in the raw bytes. Source:
https://docs.mollie.com/reference/list-payments, where what is not so is left out, or null.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")


class Amount(Struct, frozen=True, gc=False):
    """An exact amount in a currency."""

    currency: str
    value: str


class Link(Struct, frozen=True, gc=False):
    """An address of something that belongs to a payment."""

    href: str | None = None


class Address(Struct, frozen=True, gc=False, rename="camel"):
    """Whom the bill is for, as the shop said; seldom there."""

    given_name: str | None = None
    family_name: str | None = None
    organization_name: str | None = None
    street_and_number: str | None = None
    street_additional: str | None = None
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None


class PaymentLinks(Struct, frozen=True, gc=False):
    """What belongs to a payment."""

    checkout: Link | None = None
    """The hosted page, while there is something to pay."""
    chargebacks: Link | None = None
    """There only where something is behind it."""


class Payment(Struct, frozen=True, gc=False, rename="camel"):
    """A payment: what the common language calls a session."""

    id: kit.Id
    created_at: str
    amount: Amount | None = None
    amount_captured: Amount | None = None
    amount_charged_back: Amount | None = None
    amount_refunded: Amount | None = None
    billing_address: Address | None = None
    cancel_url: str | None = None
    customer_id: str | None = None
    expires_at: str | None = None
    links: PaymentLinks | None = msgspec.field(name="_links", default=None)
    metadata: msgspec.Raw = msgspec.Raw()
    """A text, a number, a list or an object."""
    method: str | None = None
    mode: str | None = None
    redirect_url: str | None = None
    sequence_type: str | None = None
    status: str | None = None
    subscription_id: str | None = None


class Embedded(Struct, Generic[Row], frozen=True):
    """What a page embeds."""

    payments: list[Row]


class PageLinks(Struct, frozen=True):
    """Where the list goes on."""

    next: Link | None
    """Null on the last page; missing it never is, so its absence is no end."""


class Page(Struct, Generic[Row], frozen=True):
    """One response to the list request."""

    embedded: Embedded[Row] = msgspec.field(name="_embedded")
    links: PageLinks = msgspec.field(name="_links")

    @property
    def rows(self) -> list[Row]:
        """The payments."""
        return self.embedded.payments


PAGE = kit.page_decoder(Page, Payment)
