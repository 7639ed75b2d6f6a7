"""What Flex really sends, as far as its pages show.

Only what the common language needs; the rest stays in the raw bytes. No field of the session is
documented as required. Sources: the list page and the introduction
(https://docs.withflex.com/api-reference/checkout-sessions, .../api-reference/introduction).
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")

Moment = Annotated[int, msgspec.Meta(ge=0, le=kit.LAST_SECOND * 1000)] | str
"""An integer of undocumented unit on a session, an ISO 8601 string elsewhere: both are read."""


class Customer(Struct, frozen=True, gc=False):
    """The buyer, sent only when expanded."""

    customer_id: kit.Id
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None


class PaymentIntent(Struct, frozen=True, gc=False):
    """An expanded payment intent."""

    payment_intent_id: kit.Id


class Related(Struct, frozen=True, gc=False):
    """Another expanded object. None is documented; the ids follow the documented pattern."""

    invoice_id: str | None = None
    payment_link_id: str | None = None
    setup_intent_id: str | None = None
    subscription_id: str | None = None


class Defaults(Struct, frozen=True, gc=False):
    """What was filled in for the buyer."""

    email: str | None = None


class TotalDetails(Struct, frozen=True, gc=False):
    """What the total is made of; may be an empty object."""

    amount_discount: int | None = None
    amount_shipping: int | None = None
    amount_tax: int | None = None


class CheckoutSession(Struct, frozen=True, gc=False):
    """A checkout session; all but the id and the time of creation may be null or missing."""

    checkout_session_id: kit.Id
    created_at: Moment
    amount_disputed: int | None = None
    amount_received: int | None = None
    amount_refunded: int | None = None
    amount_subtotal: int | None = None
    amount_total: int | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer: str | Customer | None = None
    customer_account: str | None = None
    defaults: Defaults | None = None
    disputes: list[msgspec.Raw] | None = None
    expires_at: Moment | None = None
    invoice: str | Related | None = None
    metadata: msgspec.Raw = msgspec.Raw()
    mode: str | None = None
    payment_intent: str | PaymentIntent | None = None
    payment_intents: list[str | PaymentIntent] | None = None
    payment_link: str | Related | None = None
    redirect_url: str | None = None
    setup_intent: str | Related | None = None
    status: str | None = None
    subscription: str | Related | None = None
    success_url: str | None = None
    test_mode: bool | None = None
    total_details: TotalDetails | None = None


class Page(Struct, Generic[Row], frozen=True):
    """One response to the list request; it says nothing of what follows."""

    rows: list[Row] = msgspec.field(name="checkout_sessions")


PAGE = kit.page_decoder(Page, CheckoutSession)
