"""From Flex's words to the common language.

Sources: https://docs.withflex.com/api-reference/checkout-sessions for the words. No page names a
currency; Flex serves US tax accounts and speaks of cents, so US dollars are assumed, and marked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from unified_checkout.adapters import (
    Customer,
    CustomerDraft,
    Session,
    SessionDraft,
    SessionMode,
    SessionStatus,
    kit,
    sealed,
)
from unified_checkout_flex import wire

STATUSES = {
    "open": SessionStatus.OPEN,
    "paid": SessionStatus.COMPLETE,
    "complete": SessionStatus.COMPLETE,
    "canceled": SessionStatus.CANCELED,
    "expired": SessionStatus.EXPIRED,
}
MODES = {
    "off_session": SessionMode.OFF_SESSION,
    "payment": SessionMode.PAYMENT,
    "setup": SessionMode.SETUP,
    "subscription": SessionMode.SUBSCRIPTION,
}
CURRENCY = "usd"

MILLISECONDS_FROM = 100_000_000_000
"""A larger integer is taken for milliseconds: as seconds it would lie beyond the year 5138."""

_EPOCH = datetime.fromtimestamp(0, UTC)
_NO_TOTALS = wire.TotalDetails()


def to_session(sent: wire.CheckoutSession, raw: bytes, account: str) -> Session:
    """A session in the common language, with the bytes it was sent as."""
    totals = sent.total_details or _NO_TOTALS
    session = SessionDraft(
        account=account,
        provider="flex",
        id=sent.checkout_session_id,
        created=_moment(sent.created_at, "created_at"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)
    session.mode = kit.word(MODES, sent.mode, SessionMode.UNKNOWN)
    session.expires_at = None if sent.expires_at is None else _moment(sent.expires_at, "expires_at")
    session.amount_total = sent.amount_total
    session.amount_subtotal = sent.amount_subtotal
    session.amount_discount = totals.amount_discount
    session.amount_shipping = totals.amount_shipping
    session.amount_tax = totals.amount_tax
    session.amount_received = sent.amount_received
    session.amount_refunded = sent.amount_refunded
    session.amount_disputed = sent.amount_disputed
    session.currency = CURRENCY
    session.currency_exponent = kit.iso_exponent(CURRENCY)
    session.currency_assumed = True
    session.customer = _customer(sent.customer)
    session.customer_email = sent.defaults.email if sent.defaults else None
    session.customer_account = sent.customer_account
    session.payment_intents = _payment_intents(sent)
    session.subscription = _id(sent.subscription, "subscription_id")
    session.setup_intent = _id(sent.setup_intent, "setup_intent_id")
    session.invoice = _id(sent.invoice, "invoice_id")
    session.payment_link = _id(sent.payment_link, "payment_link_id")
    session.client_reference_id = sent.client_reference_id
    session.url = sent.redirect_url
    session.success_url = sent.success_url
    session.cancel_url = sent.cancel_url
    session.livemode = None if sent.test_mode is None else not sent.test_mode
    session.metadata = kit.strings(sent.metadata)
    session.disputed = _disputed(sent)
    session.provider_status = sent.status
    return sealed(session, Session)


def _moment(sent: int | str, field: str) -> datetime:
    if isinstance(sent, str):
        return kit.moment(sent, field)
    return kit.seconds(sent) if sent < MILLISECONDS_FROM else _EPOCH + timedelta(milliseconds=sent)


def _customer(sent: str | wire.Customer | None) -> Customer | None:
    if sent is None:
        return None
    customer = CustomerDraft()
    if isinstance(sent, str):
        customer.id = sent
    else:
        names = [name for name in (sent.first_name, sent.last_name) if name]
        customer.id = sent.customer_id
        customer.email = sent.email
        customer.name = " ".join(names) or None
        customer.phone = sent.phone
    return sealed(customer, Customer)


def _payment_intents(sent: wire.CheckoutSession) -> tuple[str, ...]:
    """Both fields together, in order: a split cart has two payment intents."""
    single = () if sent.payment_intent is None else (sent.payment_intent,)
    both = (*single, *(sent.payment_intents or ()))
    return tuple(
        dict.fromkeys(one if isinstance(one, str) else one.payment_intent_id for one in both)
    )


def _disputed(sent: wire.CheckoutSession) -> bool | None:
    if sent.disputes is None and sent.amount_disputed is None:
        return None
    return bool(sent.disputes or sent.amount_disputed)


def _id(reference: str | wire.Related | None, name: str) -> str | None:
    return getattr(reference, name) if isinstance(reference, wire.Related) else reference
