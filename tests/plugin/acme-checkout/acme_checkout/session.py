"""From Acme Pay's words to the common language."""

from __future__ import annotations

from acme_checkout import wire
from unified_checkout import Customer, Session, SessionMode, SessionStatus
from unified_checkout.adapters import kit

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
    return Session(
        account=account,
        provider="acme",
        id=sent.number,
        created=kit.utc(sent.opened, "opened"),
        raw_bytes=raw,
        status=kit.word(STATUSES, sent.state, SessionStatus.UNKNOWN),
        provider_status=sent.state,
        mode=SessionMode.PAYMENT,
        expires_at=None if sent.closes is None else kit.utc(sent.closes, "closes"),
        amount_total=_minor_units(sent.amount),
        amount_subtotal=_minor_units(parts.goods),
        amount_discount=_minor_units(parts.discount),
        amount_shipping=_minor_units(parts.shipping),
        amount_tax=_minor_units(parts.tax),
        currency=None if sent.currency is None else sent.currency.lower(),
        currency_exponent=2,
        customer=_customer(sent.buyer),
        client_reference_id=sent.order,
        url=sent.pay_at,
        success_url=sent.return_to,
        livemode=None if sent.test is None else not sent.test,
        metadata=kit.strings(sent.labels),
    )


def _minor_units(amount: str | None) -> int | None:
    return None if amount is None else int(amount.replace(".", ""))


def _customer(sent: wire.Buyer | None) -> Customer | None:
    if sent is None:
        return None
    return Customer(id=sent.id, email=sent.email, name=sent.full_name, phone=sent.phone)
