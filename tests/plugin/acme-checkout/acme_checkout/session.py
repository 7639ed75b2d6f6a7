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
        created=kit.moment(sent.opened, "opened"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.state, SessionStatus.UNKNOWN)
    session.provider_status = sent.state
    session.mode = SessionMode.PAYMENT
    session.expires_at = None if sent.closes is None else kit.moment(sent.closes, "closes")
    session.amount_total = _amount(sent.amount, "amount")
    session.amount_subtotal = _amount(parts.goods, "breakdown.goods")
    session.amount_discount = _amount(parts.discount, "breakdown.discount")
    session.amount_shipping = _amount(parts.shipping, "breakdown.shipping")
    session.amount_tax = _amount(parts.tax, "breakdown.tax")
    session.currency = None if sent.currency is None else sent.currency.lower()
    session.currency_exponent = wire.DECIMALS
    session.customer = _customer(sent.buyer)
    session.client_reference_id = sent.order
    session.url = sent.pay_at
    session.success_url = sent.return_to
    session.livemode = None if sent.test is None else not sent.test
    session.metadata = kit.strings(sent.labels)
    return sealed(session, Session)


def _amount(sent: str | None, field: str) -> int | None:
    return kit.minor_units(sent, wire.DECIMALS, field)


def _customer(sent: wire.Buyer | None) -> Customer | None:
    if sent is None:
        return None
    customer = CustomerDraft()
    customer.id = sent.id
    customer.email = sent.email
    customer.name = sent.full_name
    customer.phone = sent.phone
    return sealed(customer, Customer)
