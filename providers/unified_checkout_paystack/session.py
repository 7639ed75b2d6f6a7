"""From Paystack's words to the common language.

Sources: https://paystack.com/docs/payments/verify-payments for the words of the status, and
.../api/transaction for the fields. What rows are no checkouts was found in rows of test accounts
that others have published.
"""

from __future__ import annotations

from unified_checkout.adapters import (
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
from unified_checkout_paystack import wire

STATUSES = {
    "abandoned": SessionStatus.OPEN,
    "ongoing": SessionStatus.OPEN,
    "pending": SessionStatus.OPEN,
    "processing": SessionStatus.OPEN,
    "queued": SessionStatus.OPEN,
    "failed": SessionStatus.OPEN,
    "success": SessionStatus.COMPLETE,
    "reversed": SessionStatus.COMPLETE,
}
"""Every documented word, earlier states first. A buyer may try again after ``failed``."""
PAID = {word: status for word, status in STATUSES.items() if status is SessionStatus.COMPLETE}
"""The words for money that arrived, whatever became of it."""
PAYMENT_STATUSES = {
    word: PaymentStatus.PAID if word in PAID else PaymentStatus.UNPAID for word in STATUSES
}
FAILED = "failed"
"""The word that is final where no buyer is there to try again."""

MODES = {
    "transaction_initialize": SessionMode.PAYMENT,
    "request_inline": SessionMode.PAYMENT,
    "charge": SessionMode.OFF_SESSION,
}
"""How a transaction was begun: on the hosted page, on the page within a shop's, or without any."""
RENEWED = "invoice_action"
"""The key in the metadata by which Paystack marks what it charged for a subscription."""
CHANNELS = {
    "pos": SessionKind.IN_PERSON,
    "dedicated_nuban": SessionKind.OTHER,
}
"""Ways to pay that no checkout offers: at a terminal, and by transfer to an account of one's own."""
DOMAINS = {"live": True, "test": False}


def to_session(sent: wire.Transaction, raw: bytes, account: str) -> Session:
    """A transaction in the common language, with the bytes it was sent as."""
    metadata = kit.strings(sent.metadata)
    renewed = metadata is not None and RENEWED in metadata
    kind = SessionKind.RENEWAL if renewed else _kind(sent)
    session = SessionDraft(
        account=account,
        provider="paystack",
        id=str(sent.id),
        created=kit.moment(sent.created_at, "created_at"),
        raw_bytes=raw,
    )
    session.kind = kind
    session.status = _status(sent, kind)
    session.provider_status = sent.status
    session.payment_status = kit.word(PAYMENT_STATUSES, sent.status, PaymentStatus.UNKNOWN)
    session.mode = SessionMode.OFF_SESSION if renewed else _mode(sent)
    session.amount_total = sent.amount if sent.requested_amount is None else sent.requested_amount
    session.amount_received = sent.amount if sent.status in PAID else None
    session.currency = None if sent.currency is None else sent.currency.lower()
    session.currency_exponent = None if sent.currency is None else wire.DECIMALS
    session.customer = _customer(sent.customer)
    session.client_reference_id = sent.reference
    session.livemode = None if sent.domain is None else DOMAINS.get(sent.domain)
    session.metadata = metadata
    return sealed(session, Session)


def _kind(sent: wire.Transaction) -> SessionKind:
    """What a row is that is no renewal, as far as anything in it tells."""
    if sent.channel in CHANNELS:
        return CHANNELS[sent.channel]
    if wire.holds_something(sent.pos_transaction_data):
        return SessionKind.IN_PERSON
    match _begun(sent):
        case SessionMode.PAYMENT:
            return SessionKind.CHECKOUT
        case SessionMode.OFF_SESSION:
            return SessionKind.OTHER
    somebody = wire.holds_something(sent.log) or sent.ip_address
    return SessionKind.CHECKOUT if somebody else SessionKind.UNKNOWN


def _mode(sent: wire.Transaction) -> SessionMode:
    begun = _begun(sent)
    if begun is not SessionMode.OFF_SESSION and wire.holds_something(sent.plan):
        return SessionMode.SUBSCRIPTION
    return begun


def _begun(sent: wire.Transaction) -> SessionMode:
    word = None if sent.source is None else sent.source.entry_point
    return SessionMode.UNKNOWN if word is None else MODES.get(word, SessionMode.UNKNOWN)


def _status(sent: wire.Transaction, kind: SessionKind) -> SessionStatus | None:
    nobody_there = kind in (SessionKind.RENEWAL, SessionKind.OTHER)
    if sent.status == FAILED and nobody_there:
        return SessionStatus.FAILED
    return kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)


def _customer(sent: wire.Customer | None) -> Customer | None:
    if sent is None:
        return None
    names = [name for name in (sent.first_name, sent.last_name) if name]
    customer = CustomerDraft()
    customer.id = None if sent.id is None else str(sent.id)
    customer.email = kit.filled(sent.email)
    customer.name = " ".join(names) or None
    customer.phone = kit.filled(sent.phone)
    return sealed(customer, Customer)
