"""From Polar's words to the common language.

Sources: Polar's OpenAPI description for the words; ``kit/currency.py`` and the checkout's model in
Polar's published server (github.com/polarsource/polar) for the exponents and for what is derived.
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
from unified_checkout_polar import wire

STATUSES = {
    "open": SessionStatus.OPEN,
    "confirmed": SessionStatus.OPEN,  # "Pay" was clicked; a payment that fails opens it again
    "expired": SessionStatus.EXPIRED,
    "succeeded": SessionStatus.COMPLETE,
    "failed": SessionStatus.FAILED,
}
FINAL = frozenset({"expired", "succeeded", "failed"})
"""The words that a session keeps for ever."""

GIVEN_BY_THE_BUYER = frozenset({"confirmed", "succeeded", "failed"})
"""The words from which on the address is the buyer's own."""

# fmt: off
WITHOUT_DECIMALS = frozenset((
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
))
# fmt: on
"""Every other currency has two decimals on the wire, isk, ugx and huf among them."""

REFERENCE = "reference_id"
"""The key of the metadata that checkout links fill from the parameter of that name."""


def exponent(currency: str) -> int:
    """Polar's own table, which is neither ISO 4217's nor Stripe's.

    >>> exponent("jpy"), exponent("eur"), exponent("ugx")
    (0, 2, 2)
    """
    return 0 if currency in WITHOUT_DECIMALS else 2


def to_session(
    sent: wire.Checkout, raw: bytes, account: str, *, livemode: bool | None = None
) -> Session:
    """A session in the common language, with the bytes it was sent as."""
    currency = None if sent.currency is None else sent.currency.lower()
    session = SessionDraft(
        account=account,
        provider="polar",
        id=sent.id,
        created=kit.moment(sent.created_at, "created_at"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)
    session.provider_status = sent.status
    session.payment_status = _payment_status(sent)
    session.mode = _mode(sent.product)
    session.expires_at = (
        None if sent.expires_at is None else kit.moment(sent.expires_at, "expires_at")
    )
    session.amount_total = sent.total_amount
    session.amount_subtotal = sent.amount
    session.amount_discount = sent.discount_amount
    session.amount_tax = sent.tax_amount
    session.currency = currency
    session.currency_exponent = None if currency is None else exponent(currency)
    given = sent.status in GIVEN_BY_THE_BUYER
    session.customer = _customer(sent, sent.customer_email if given else None)
    session.customer_email = None if given else sent.customer_email
    session.subscription = sent.subscription_id
    session.metadata = kit.strings(sent.metadata)
    session.client_reference_id = (session.metadata or {}).get(REFERENCE)
    session.url = sent.url
    session.success_url = sent.success_url
    session.cancel_url = sent.return_url
    session.livemode = livemode
    return sealed(session, Session)


def _payment_status(sent: wire.Checkout) -> PaymentStatus | None:
    """Derived, as Polar has no word for it: from whether anything is to be paid, and the status."""
    if sent.is_payment_required is None or sent.status is None:
        return None
    if not sent.is_payment_required:
        return PaymentStatus.NO_PAYMENT_REQUIRED
    if sent.status not in STATUSES:
        return PaymentStatus.UNKNOWN
    return PaymentStatus.PAID if sent.status == "succeeded" else PaymentStatus.UNPAID


def _mode(product: wire.Product | None) -> SessionMode | None:
    """That of the product chosen; a session without one does not tell."""
    if product is None or product.is_recurring is None:
        return None
    return SessionMode.SUBSCRIPTION if product.is_recurring else SessionMode.PAYMENT


def _customer(sent: wire.Checkout, email: str | None) -> Customer | None:
    address = _address(sent.customer_billing_address)
    if (sent.customer_id, sent.customer_name, email, address) == (None, None, None, None):
        return None
    customer = CustomerDraft()
    customer.id = sent.customer_id
    customer.email = email
    customer.name = sent.customer_name
    customer.address = address
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
