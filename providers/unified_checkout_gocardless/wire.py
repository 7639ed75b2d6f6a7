"""What GoCardless really sends: a list's rows, and the richer objects that are sent alone.

Only what the common language needs; the rest stays in the raw bytes. Sources: the resource classes
of the official SDKs (github.com/gocardless/gocardless-pro-python, ``resources/billing_request.py``,
and those in Go, Java and Node), which are generated from GoCardless's own description; pages of the
sandbox that are kept in github.com/gocardless/gocardless-pro-android-sdk. A row lacks ``resources``,
``actions`` and ``creditor_name``; rows of 2024 lack two of the four requests.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")


class Links(Struct, frozen=True, gc=False):
    """Ids of what belongs to a billing request; each is absent until it exists."""

    customer: str | None = None
    mandate_request_mandate: str | None = None
    payment_request_payment: str | None = None
    subscription_request_subscription: str | None = None


class PaymentRequest(Struct, frozen=True, gc=False):
    """One payment that is asked for; without an amount where the payer chooses it."""

    amount: int | None = None
    currency: str | None = None
    reference: str | None = None


class InstalmentScheduleRequest(Struct, frozen=True, gc=False):
    """Payments on several days; the total is that of all of them."""

    total_amount: int | None = None
    currency: str | None = None


class SubscriptionRequest(Struct, frozen=True, gc=False):
    """Payments that go on; the amount is that of one of them."""

    currency: str | None = None


class MandateRequest(Struct, frozen=True, gc=False):
    """A mandate that is asked for; without a currency until the payer has chosen one."""

    currency: str | None = None


class Payer(Struct, frozen=True, gc=False):
    """The customer, as a single object shows it; nulls until the payer has told."""

    email: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    company_name: str | None = None
    phone_number: str | None = None


class BillingDetail(Struct, frozen=True, gc=False):
    """The payer's address."""

    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class Resources(Struct, frozen=True, gc=False):
    """What a single object shows of what it links to."""

    customer: Payer | None = None
    customer_billing_detail: BillingDetail | None = None


class BillingRequest(Struct, frozen=True, gc=False):
    """A billing request; all but ``id`` and ``created_at`` may be null or missing."""

    id: kit.Id
    created_at: str
    instalment_schedule_request: InstalmentScheduleRequest | None = None
    links: Links | None = None
    mandate_request: MandateRequest | None = None
    metadata: msgspec.Raw = msgspec.Raw()
    payment_request: PaymentRequest | None = None
    resources: Resources | None = None
    status: str | None = None
    subscription_request: SubscriptionRequest | None = None


class Cursors(Struct, frozen=True):
    """Where a page's neighbours are; null where there is none."""

    before: kit.Id | None
    after: kit.Id | None


class Meta(Struct, frozen=True):
    """What a page says of itself."""

    cursors: Cursors


class Page(Struct, Generic[Row], frozen=True):
    """One response to the list request."""

    rows: list[Row] = msgspec.field(name="billing_requests")
    meta: Meta


PAGE = kit.page_decoder(Page, BillingRequest)
