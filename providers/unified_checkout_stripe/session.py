"""From Stripe's words to the common language.

Sources: https://docs.stripe.com/api/checkout/sessions/object for the words,
https://docs.stripe.com/currencies for the exponents.
"""

from __future__ import annotations

from unified_checkout.adapters import (
    Address,
    AddressDraft,
    Customer,
    CustomerDraft,
    PaymentStatus,
    Session,
    SessionDraft,
    SessionMode,
    SessionStatus,
    kit,
    sealed,
)
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

_USUAL_EXPONENT = 2

_NO_TOTALS = wire.TotalDetails()


def to_session(sent: wire.CheckoutSession, raw: bytes, account: str) -> Session:
    """A session in the common language, with the bytes it was sent as."""
    totals = sent.total_details or _NO_TOTALS
    currency = None if sent.currency is None else sent.currency.lower()
    session = SessionDraft(
        account=account,
        provider="stripe",
        id=sent.id,
        created=kit.seconds(sent.created),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)
    session.payment_status = kit.word(PAYMENT_STATUSES, sent.payment_status, PaymentStatus.UNKNOWN)
    session.mode = kit.word(MODES, sent.mode, SessionMode.UNKNOWN)
    session.expires_at = None if sent.expires_at is None else kit.seconds(sent.expires_at)
    session.amount_total = sent.amount_total
    session.amount_subtotal = sent.amount_subtotal
    session.amount_discount = totals.amount_discount
    session.amount_shipping = totals.amount_shipping
    session.amount_tax = totals.amount_tax
    session.currency = currency
    session.currency_exponent = EXPONENTS.get(currency, _USUAL_EXPONENT) if currency else None
    session.customer = _customer(sent)
    session.customer_email = sent.customer_email
    session.customer_account = sent.customer_account
    payment_intent = kit.id_of(sent.payment_intent)
    session.payment_intents = () if payment_intent is None else (payment_intent,)
    session.subscription = None if sent.subscription is None else kit.id_of(sent.subscription)
    session.setup_intent = None if sent.setup_intent is None else kit.id_of(sent.setup_intent)
    session.invoice = None if sent.invoice is None else kit.id_of(sent.invoice)
    session.payment_link = None if sent.payment_link is None else kit.id_of(sent.payment_link)
    session.client_reference_id = sent.client_reference_id
    session.url = sent.url
    session.success_url = sent.success_url
    session.cancel_url = sent.cancel_url
    session.livemode = sent.livemode
    session.metadata = kit.strings(sent.metadata)
    session.provider_status = sent.status
    return sealed(session, Session)


def exponent(currency: str) -> int:
    """The decimal digits of Stripe's amounts in a currency.

    >>> exponent("jpy"), exponent("isk"), exponent("kwd")
    (0, 2, 3)
    """
    return EXPONENTS.get(currency.lower(), _USUAL_EXPONENT)


def _customer(sent: wire.CheckoutSession) -> Customer | None:
    details = sent.customer_details
    if details is None and sent.customer is None:
        return None
    customer = CustomerDraft()
    customer.id = kit.id_of(sent.customer)
    if details is not None:
        customer.email = details.email
        customer.name = details.name
        customer.phone = details.phone
        customer.address = _address(details.address)
    return sealed(customer, Customer)


def _address(sent: wire.Address | None) -> Address | None:
    if sent is None:
        return None
    address = AddressDraft()
    address.line1 = sent.line1
    address.line2 = sent.line2
    address.city = sent.city
    address.state = sent.state
    address.postal_code = sent.postal_code
    address.country = sent.country
    return sealed(address, Address)
