"""From Acme Pay's words to the common language."""

from __future__ import annotations

from acme_checkout import wire
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

STATUSES = {
    "pending": SessionStatus.OPEN,
    "authorized": SessionStatus.COMPLETE,
    "captured": SessionStatus.COMPLETE,
    "voided": SessionStatus.CANCELED,
    "lapsed": SessionStatus.EXPIRED,
    "declined": SessionStatus.FAILED,
}
"""Every word in the documentation, earlier states first."""

_NOTHING = wire.Breakdown()


def to_session(sent: wire.Payment, raw: bytes, account: str) -> Session:
    """A payment in the common language, with the bytes it was sent as."""
    parts = sent.breakdown or _NOTHING
    session = SessionDraft(
        account=account,
        provider="acme",
        id=sent.number,
        created=kit.utc(sent.opened, "opened"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.state, SessionStatus.UNKNOWN)
    session.provider_status = sent.state
    session.mode = SessionMode.PAYMENT
    session.expires_at = None if sent.closes is None else kit.utc(sent.closes, "closes")
    session.amount_total = _minor_units(sent.amount)
    session.amount_subtotal = _minor_units(parts.goods)
    session.amount_discount = _minor_units(parts.discount)
    session.amount_shipping = _minor_units(parts.shipping)
    session.amount_tax = _minor_units(parts.tax)
    session.currency = None if sent.currency is None else sent.currency.lower()
    session.currency_exponent = wire.DECIMALS
    session.customer = _customer(sent.buyer)
    session.client_reference_id = sent.order
    session.url = sent.pay_at
    session.success_url = sent.return_to
    session.livemode = None if sent.test is None else not sent.test
    session.metadata = kit.strings(sent.labels)
    return sealed(session, Session)


def _minor_units(amount: str | None) -> int | None:
    return None if amount is None else int(amount.replace(".", ""))


def _customer(sent: wire.Buyer | None) -> Customer | None:
    if sent is None:
        return None
    customer = CustomerDraft()
    customer.id = sent.id
    customer.email = sent.email
    customer.name = sent.full_name
    customer.phone = sent.phone
    return sealed(customer, Customer)
