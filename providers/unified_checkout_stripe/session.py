"""From Stripe's words to the common language.

Sources: https://docs.stripe.com/api/checkout/sessions/object for the words,
https://docs.stripe.com/currencies for the exponents.
"""

from __future__ import annotations

from unified_checkout.adapters import kit
from unified_checkout.model.session import (
    Address,
    Customer,
    Session,
    new_address,
    new_customer,
    new_session,
)
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus
from unified_checkout_stripe import wire

STATUSES = {
    "open": SessionStatus.OPEN,
    "complete": SessionStatus.COMPLETE,
    "expired": SessionStatus.EXPIRED,
}
PAYMENT_STATUSES = {
    "paid": PaymentStatus.PAID,
    "unpaid": PaymentStatus.UNPAID,
    "no_payment_required": PaymentStatus.NO_PAYMENT_REQUIRED,
}
MODES = {
    "payment": SessionMode.PAYMENT,
    "setup": SessionMode.SETUP,
    "subscription": SessionMode.SUBSCRIPTION,
}

# fmt: off
EXPONENTS = {
    "bif": 0, "clp": 0, "djf": 0, "gnf": 0, "jpy": 0, "kmf": 0, "krw": 0, "mga": 0,
    "pyg": 0, "rwf": 0, "vnd": 0, "vuv": 0, "xaf": 0, "xof": 0, "xpf": 0,
    "bhd": 3, "jod": 3, "kwd": 3, "omr": 3, "tnd": 3,
}
# fmt: on
"""Every other currency has two decimals on the wire, isk and ugx among them."""

_NO_TOTALS = wire.TotalDetails()


def to_session(sent: wire.CheckoutSession, raw: bytes, account: str) -> Session:
    """A session in the common language, with the bytes it was sent as."""
    totals = sent.total_details or _NO_TOTALS
    currency = None if sent.currency is None else sent.currency.lower()
    payment_intent = _id(sent.payment_intent)
    return new_session(
        account=account,
        provider="stripe",
        id=sent.id,
        created=kit.seconds(sent.created),
        raw_bytes=raw,
        status=kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN),
        payment_status=kit.word(PAYMENT_STATUSES, sent.payment_status, PaymentStatus.UNKNOWN),
        mode=kit.word(MODES, sent.mode, SessionMode.UNKNOWN),
        expires_at=None if sent.expires_at is None else kit.seconds(sent.expires_at),
        amount_total=sent.amount_total,
        amount_subtotal=sent.amount_subtotal,
        amount_discount=totals.amount_discount,
        amount_shipping=totals.amount_shipping,
        amount_tax=totals.amount_tax,
        currency=currency,
        currency_exponent=EXPONENTS.get(currency, 2) if currency else None,
        customer=_customer(sent),
        customer_email=sent.customer_email,
        customer_account=sent.customer_account,
        payment_intents=() if payment_intent is None else (payment_intent,),
        subscription=_id(sent.subscription),
        setup_intent=_id(sent.setup_intent),
        invoice=_id(sent.invoice),
        payment_link=_id(sent.payment_link),
        client_reference_id=sent.client_reference_id,
        url=sent.url,
        success_url=sent.success_url,
        cancel_url=sent.cancel_url,
        livemode=sent.livemode,
        metadata=sent.metadata,
        provider_status=sent.status,
    )


def _customer(sent: wire.CheckoutSession) -> Customer | None:
    details = sent.customer_details
    if details is None:
        return None if sent.customer is None else new_customer(id=_id(sent.customer))
    return new_customer(
        id=_id(sent.customer),
        email=details.email,
        name=details.name,
        phone=details.phone,
        address=_address(details.address),
    )


def _address(sent: wire.Address | None) -> Address | None:
    if sent is None:
        return None
    return new_address(
        line1=sent.line1,
        line2=sent.line2,
        city=sent.city,
        state=sent.state,
        postal_code=sent.postal_code,
        country=sent.country,
    )


def _id(reference: wire.Reference) -> str | None:
    return reference.id if isinstance(reference, wire.Related) else reference
