"""From Paddle's words to the common language.

Sources: https://developer.paddle.com/api-reference/transactions and the official description for
the words; which rows are checkouts, and the mode, are conclusions from ``origin``,
``collection_mode`` and the prices.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from unified_checkout.adapters import (
    Address,
    AddressDraft,
    Customer,
    CustomerDraft,
    PaymentStatus,
    Session,
    SessionDraft,
    SessionKind,
    SessionMode,
    SessionStatus,
    kit,
    sealed,
)
from unified_checkout_paddle import wire

STATUSES = {
    "draft": SessionStatus.OPEN,
    "ready": SessionStatus.OPEN,
    "billed": SessionStatus.OPEN,
    "past_due": SessionStatus.OPEN,
    "paid": SessionStatus.COMPLETE,
    "completed": SessionStatus.COMPLETE,
    "canceled": SessionStatus.CANCELED,
}
PAYMENT_STATUSES = {
    word: PaymentStatus.PAID if status is SessionStatus.COMPLETE else PaymentStatus.UNPAID
    for word, status in STATUSES.items()
}
"""A total of nothing, which is no payment, is told apart on the transaction itself."""

AUTOMATIC, MANUAL = "automatic", "manual"
PAYMENT_METHOD_CHANGE = "subscription_payment_method_change"
ORIGINS = {
    "web": SessionKind.CHECKOUT,
    "api": SessionKind.CHECKOUT,
    PAYMENT_METHOD_CHANGE: SessionKind.CHECKOUT,
    "subscription_recurring": SessionKind.RENEWAL,
    "subscription_charge": SessionKind.OTHER,
    "subscription_update": SessionKind.OTHER,
}
"""What a transaction is that is collected automatically; the others are invoices."""

DISPUTES = "chargeback"
"""What the words for disputes among the actions of adjustments begin with."""

# fmt: off
EXPONENTS = {
    **dict.fromkeys(("clp", "jpy", "krw", "vnd"), 0),
    **dict.fromkeys((
        "ars", "aud", "brl", "cad", "chf", "cny", "cop", "czk", "dkk", "eur", "gbp", "hkd", "huf",
        "ils", "inr", "mxn", "nok", "nzd", "pen", "pln", "rub", "sek", "sgd", "thb", "try", "twd",
        "uah", "usd", "zar",
    ), 2),
}
# fmt: on
"""The currencies that Paddle documents. Of the four without decimals only JPY is shown to be so."""

_NO_TOTALS = wire.Totals()
_NO_BREAKDOWN = wire.Breakdown()


@attrs.frozen
class Setting:
    """What is known of an account beside what its transactions tell."""

    account: str
    """The account's name."""
    live: bool | None = None
    """Whether it is live, as key or host tell."""
    reference_key: str | None = None
    """The key in ``custom_data`` that holds the merchant's own reference."""


def to_session(sent: wire.Transaction, raw: bytes, setting: Setting) -> Session:
    """A transaction in the common language, with the bytes it was sent as."""
    session = SessionDraft(
        account=setting.account,
        provider="paddle",
        id=sent.id,
        created=kit.moment(sent.created_at, "created_at"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)
    session.mode = _mode(sent)
    session.kind = _kind(sent)
    session.currency = None if sent.currency_code is None else sent.currency_code.lower()
    session.currency_exponent = exponent(sent.currency_code or "")
    _fill_amounts(session, sent)
    session.customer = _customer(sent)
    session.payment_intents = _payment_intents(sent)
    session.subscription = sent.subscription_id
    session.invoice = sent.invoice_number
    session.url = None if sent.checkout is None else sent.checkout.url
    session.livemode = setting.live
    session.metadata = kit.strings(sent.custom_data)
    session.client_reference_id = _reference(session.metadata, setting.reference_key)
    session.disputed = _disputed(sent)
    session.provider_status = sent.status
    return sealed(session, Session)


def exponent(currency: str) -> int | None:
    """The decimal digits of Paddle's amounts in a currency; None for one it does not document.

    >>> exponent("USD"), exponent("jpy"), exponent("kwd")
    (2, 0, None)
    """
    return EXPONENTS.get(currency.lower())


def _kind(sent: wire.Transaction) -> SessionKind | None:
    if sent.collection_mode == MANUAL:
        return SessionKind.INVOICE
    if sent.collection_mode not in (None, AUTOMATIC):
        return SessionKind.UNKNOWN
    return kit.word(ORIGINS, sent.origin, SessionKind.UNKNOWN)


def _mode(sent: wire.Transaction) -> SessionMode | None:
    if sent.origin not in ORIGINS:
        return None if sent.origin is None else SessionMode.UNKNOWN
    if sent.origin == PAYMENT_METHOD_CHANGE:
        return SessionMode.SETUP
    recurring = sent.subscription_id or any(
        item.price and item.price.billing_cycle for item in sent.items or ()
    )
    return SessionMode.SUBSCRIPTION if recurring else SessionMode.PAYMENT


def _fill_amounts(session: SessionDraft, sent: wire.Transaction) -> None:
    totals = (sent.details and sent.details.totals) or _NO_TOTALS
    session.amount_total = _units(totals.total, "details.totals.total")
    session.amount_subtotal = _units(totals.subtotal, "details.totals.subtotal")
    session.amount_discount = _units(totals.discount, "details.totals.discount")
    session.amount_tax = _units(totals.tax, "details.totals.tax")
    due = _units(totals.grand_total, "details.totals.grand_total")
    open_still = _units(totals.balance, "details.totals.balance")
    if due is not None and open_still is not None:
        session.amount_received = due - open_still
    session.payment_status = kit.word(PAYMENT_STATUSES, sent.status, PaymentStatus.UNKNOWN)
    if session.payment_status is PaymentStatus.PAID and due is not None and due <= 0:
        session.payment_status = PaymentStatus.NO_PAYMENT_REQUIRED
    adjusted = (sent.adjustments_totals and sent.adjustments_totals.breakdown) or _NO_BREAKDOWN
    session.amount_refunded = _units(adjusted.refund, "adjustments_totals.breakdown.refund")
    session.amount_disputed = _units(adjusted.chargeback, "adjustments_totals.breakdown.chargeback")


def _units(sent: str | None, field: str) -> int | None:
    """Paddle's amounts are minor units already, written as text."""
    return kit.minor_units(sent, 0, field)


def _customer(sent: wire.Transaction) -> Customer | None:
    if sent.customer_id is None and sent.customer is None and sent.address is None:
        return None
    customer = CustomerDraft()
    customer.id = sent.customer_id
    if sent.customer is not None:
        customer.email = kit.filled(sent.customer.email)
        customer.name = kit.filled(sent.customer.name)
    customer.address = _address(sent.address)
    return sealed(customer, Customer)


def _address(sent: wire.Address | None) -> Address | None:
    if sent is None:
        return None
    address = AddressDraft()
    address.line1 = kit.filled(sent.first_line)
    address.line2 = kit.filled(sent.second_line)
    address.city = kit.filled(sent.city)
    address.state = kit.filled(sent.region)
    address.postal_code = kit.filled(sent.postal_code)
    address.country = kit.filled(sent.country_code)
    return sealed(address, Address)


def _reference(metadata: Mapping[str, str] | None, key: str | None) -> str | None:
    """The merchant's reference, whatever it is in JSON; null is none."""
    found = None if metadata is None or key is None else metadata.get(key)
    return None if found == "null" else found


def _payment_intents(sent: wire.Transaction) -> tuple[str, ...]:
    """Every attempt, the newest first; Paddle shows one and the same twice now and then."""
    if not sent.payments:
        return ()
    attempts = [payment.payment_attempt_id for payment in sent.payments]
    return tuple(dict.fromkeys(filter(None, attempts)))


def _disputed(sent: wire.Transaction) -> bool | None:
    if sent.adjustments is None:
        return None
    return any((one.action or "").startswith(DISPUTES) for one in sent.adjustments)
