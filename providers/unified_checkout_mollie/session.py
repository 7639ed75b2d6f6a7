"""From Mollie's words to the common language.

Sources: https://docs.mollie.com/docs/handling-payment-status for the statuses,
https://docs.mollie.com/docs/multicurrency for the exponents,
https://docs.mollie.com/reference/get-payment for the fields.
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
from unified_checkout_mollie import wire

STATUSES = {
    "open": SessionStatus.OPEN,
    "pending": SessionStatus.COMPLETE,
    "authorized": SessionStatus.COMPLETE,
    "paid": SessionStatus.COMPLETE,
    "canceled": SessionStatus.CANCELED,
    "expired": SessionStatus.EXPIRED,
    "failed": SessionStatus.FAILED,
}
"""Whose payment is under way or authorized has done what there was to do."""
PAYMENT_STATUSES = {
    word: PaymentStatus.PAID if word == "paid" else PaymentStatus.UNPAID for word in STATUSES
}
MODES = {
    "oneoff": SessionMode.PAYMENT,
    "first": SessionMode.PAYMENT,
    "recurring": SessionMode.OFF_SESSION,
}
LIVEMODES = {"live": True, "test": False}
KINDS = (
    SessionKind.CHECKOUT,
    SessionKind.RENEWAL,
    SessionKind.IN_PERSON,
    SessionKind.OTHER,
    SessionKind.UNKNOWN,
)
"""What stands in the list: charges without the buyer and payments at a terminal, too."""
TERMINAL = "pointofsale"
"""The payment method of a till."""

# fmt: off
EXPONENTS = {
    **dict.fromkeys((
        "aed", "aud", "bgn", "brl", "cad", "chf", "czk", "dkk", "eur", "gbp", "hkd", "hrk",
        "huf", "ils", "mxn", "myr", "nok", "nzd", "php", "pln", "ron", "rub", "sek", "sgd",
        "thb", "twd", "usd", "zar",
    ), 2),
    "isk": 0, "jpy": 0,
}
# fmt: on
"""Every currency that Mollie names. What PayPal takes besides, it says nothing of."""


def to_session(sent: wire.Payment, raw: bytes, account: str) -> Session:
    """A payment in the common language, with the bytes it was sent as."""
    currency = None if sent.amount is None else sent.amount.currency.lower()
    links = sent.links or _NO_LINKS
    session = SessionDraft(
        account=account,
        provider="mollie",
        id=sent.id,
        created=kit.moment(sent.created_at, "createdAt"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)
    session.payment_status = kit.word(PAYMENT_STATUSES, sent.status, PaymentStatus.UNKNOWN)
    session.mode = kit.word(MODES, sent.sequence_type, SessionMode.UNKNOWN)
    session.kind = _kind(sent)
    if sent.subscription_id is not None:
        session.mode = SessionMode.SUBSCRIPTION
    elif _only_a_mandate(sent):
        session.mode = SessionMode.SETUP
        session.payment_status = PaymentStatus.NO_PAYMENT_REQUIRED
    if sent.expires_at is not None:
        session.expires_at = kit.moment(sent.expires_at, "expiresAt")
    session.currency = currency
    session.currency_exponent = None if currency is None else EXPONENTS.get(currency)
    session.amount_total = _amount(sent.amount, currency, "amount")
    session.amount_received = _received(sent, currency, session.amount_total)
    session.amount_refunded = _amount(sent.amount_refunded, currency, "amountRefunded")
    session.amount_disputed = _disputed(sent, currency)
    charged_back = sent.amount_charged_back is not None and session.amount_disputed != 0
    session.disputed = charged_back or links.chargebacks is not None
    session.customer = _customer(sent)
    session.customer_email = None if sent.billing_address is None else sent.billing_address.email
    session.payment_intents = (sent.id,)
    session.subscription = sent.subscription_id
    session.url = None if links.checkout is None else links.checkout.href
    session.success_url = sent.redirect_url
    session.cancel_url = sent.cancel_url
    session.livemode = None if sent.mode is None else LIVEMODES.get(sent.mode)
    session.metadata = kit.strings(sent.metadata)
    session.provider_status = sent.status
    return sealed(session, Session)


_NO_LINKS = wire.PaymentLinks()


def _kind(sent: wire.Payment) -> SessionKind:
    """What a payment is to the merchant; without a sequence it is one of its own."""
    if sent.method == TERMINAL:
        return SessionKind.IN_PERSON
    match sent.sequence_type:
        case "oneoff" | "first" | None:
            return SessionKind.CHECKOUT
        case "recurring":
            renewed = sent.subscription_id is not None
            return SessionKind.RENEWAL if renewed else SessionKind.OTHER
        case _:
            return SessionKind.UNKNOWN


def _only_a_mandate(sent: wire.Payment) -> bool:
    """Whether nothing is paid, and the buyer allows what is to be charged later."""
    first = sent.sequence_type == "first"
    return first and sent.amount is not None and not sent.amount.value.strip("0.")


def _amount(sent: wire.Amount | None, currency: str | None, field: str) -> int | None:
    """An amount in minor units, if it is in the payment's own currency: no other adds up with it.

    Raises:
        FieldError: for what is no plain decimal number.
    """
    if sent is None or currency is None or sent.currency.lower() != currency:
        return None
    return kit.minor_units(sent.value, EXPONENTS.get(currency), f"{field}.value")


def _received(sent: wire.Payment, currency: str | None, total: int | None) -> int | None:
    """What was captured, where a payment is captured by and by; else all of it once it is paid."""
    if sent.amount_captured is not None:
        return _amount(sent.amount_captured, currency, "amountCaptured")
    if sent.status == "paid":
        return total
    return 0 if sent.status in STATUSES else None


def _disputed(sent: wire.Payment, currency: str | None) -> int | None:
    """What was charged back: the field is there only while that is not zero."""
    if sent.amount_charged_back is None:
        return 0
    return _amount(sent.amount_charged_back, currency, "amountChargedBack")


def _customer(sent: wire.Payment) -> Customer | None:
    """The buyer. The address is mostly the shop's word, so its e-mail address is no buyer's."""
    billing = sent.billing_address
    if billing is None and sent.customer_id is None:
        return None
    customer = CustomerDraft()
    customer.id = sent.customer_id
    if billing is not None:
        person = " ".join(filter(None, (billing.given_name, billing.family_name)))
        customer.name = person or billing.organization_name
        customer.phone = billing.phone
        customer.address = _address(billing)
    return sealed(customer, Customer)


def _address(sent: wire.Address) -> Address:
    address = AddressDraft()
    address.line1 = sent.street_and_number
    address.line2 = sent.street_additional
    address.city = sent.city
    address.state = sent.region
    address.postal_code = sent.postal_code
    address.country = sent.country
    return sealed(address, Address)
