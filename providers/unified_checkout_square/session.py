"""From Square's words to the common language.

Sources: the API description of version 2025-08-20 for the words. Amounts are in the smallest unit
of the currency, the yen without decimals, as ISO 4217 has it
(https://developer.squareup.com/docs/build-basics/common-data-types/working-with-monetary-amounts).
What the words mean here follows from their descriptions; Square has no such table.
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
    SessionKind,
    SessionMode,
    SessionStatus,
    kit,
    sealed,
)
from unified_checkout_square import wire

STATUSES = {
    "APPROVED": SessionStatus.COMPLETE,
    "PENDING": SessionStatus.COMPLETE,
    "COMPLETED": SessionStatus.COMPLETE,
    "CANCELED": SessionStatus.CANCELED,
    "FAILED": SessionStatus.FAILED,
}
PAYMENT_STATUSES = {
    "APPROVED": PaymentStatus.UNPAID,
    "PENDING": PaymentStatus.UNPAID,
    "COMPLETED": PaymentStatus.PAID,
    "CANCELED": PaymentStatus.UNPAID,
    "FAILED": PaymentStatus.UNPAID,
}
MODE = SessionMode.PAYMENT

KINDS = {
    "ECOMMERCE_API": SessionKind.CHECKOUT,
    "ONLINE_STORE": SessionKind.CHECKOUT,
    "INVOICES": SessionKind.INVOICE,
    "RESTAURANTS": SessionKind.IN_PERSON,
    "RETAIL": SessionKind.IN_PERSON,
    "SQUARE_POS": SessionKind.IN_PERSON,
    "TERMINAL_API": SessionKind.IN_PERSON,
    "VIRTUAL_TERMINAL": SessionKind.OTHER,
}
"""By product. Appointments are paid online or at the till; they and OTHER are told by the rest."""

CARD_PRESENT = ("SWIPED", "EMV", "CONTACTLESS")
_NOBODY = wire.Address()
_NO_MONEY = wire.Money()


def to_session(
    sent: wire.Payment, raw: bytes, account: str, *, livemode: bool | None = None
) -> Session:
    """A payment in the common language, with the bytes it was sent as."""
    total = sent.total_money or _NO_MONEY
    currency = total.currency or (sent.amount_money or _NO_MONEY).currency
    currency = None if currency is None else currency.lower()
    session = SessionDraft(
        account=account,
        provider="square",
        id=sent.id,
        created=kit.moment(sent.created_at, "created_at"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)
    session.payment_status = kit.word(PAYMENT_STATUSES, sent.status, PaymentStatus.UNKNOWN)
    session.mode = MODE
    session.kind = _kind(sent)
    session.amount_total = total.amount
    session.amount_refunded = (sent.refunded_money or _NO_MONEY).amount
    session.currency = currency
    session.currency_exponent = None if currency is None else kit.iso_exponent(currency)
    session.customer = _customer(sent)
    session.payment_intents = (sent.id,)
    session.client_reference_id = sent.reference_id
    session.livemode = livemode
    session.provider_status = sent.status
    return sealed(session, Session)


def _kind(sent: wire.Payment) -> SessionKind:
    """By the product that took the payment; where that tells nothing, by how it was taken."""
    product = sent.application_details and sent.application_details.square_product
    if product in KINDS:
        return KINDS[product]
    entry = sent.card_details and sent.card_details.entry_method
    taken = entry in CARD_PRESENT or sent.source_type == "CASH" or sent.terminal_checkout_id
    return SessionKind.IN_PERSON if taken else SessionKind.UNKNOWN


def _customer(sent: wire.Payment) -> Customer | None:
    billing = sent.billing_address
    if billing is None and sent.customer_id is None and sent.buyer_email_address is None:
        return None
    names = [name for name in _names(billing or _NOBODY) if name]
    customer = CustomerDraft()
    customer.id = sent.customer_id
    customer.email = sent.buyer_email_address
    customer.name = " ".join(names) or None
    customer.address = _address(billing)
    return sealed(customer, Customer)


def _names(sent: wire.Address) -> tuple[str | None, str | None]:
    return sent.first_name, sent.last_name


def _address(sent: wire.Address | None) -> Address | None:
    if sent is None:
        return None
    address = AddressDraft()
    address.line1 = sent.address_line_1
    address.line2 = sent.address_line_2
    address.city = sent.locality
    address.state = sent.administrative_district_level_1
    address.postal_code = sent.postal_code
    address.country = sent.country
    return sealed(address, Address)
