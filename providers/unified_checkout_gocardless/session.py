"""From GoCardless's words to the common language.

Sources: the SDKs' resource classes for the words and for amounts in the lowest denomination of
their currency, which is the exponent of ISO 4217.
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
from unified_checkout_gocardless import wire

STATUSES = {
    "pending": SessionStatus.OPEN,
    "ready_to_fulfil": SessionStatus.OPEN,
    "fulfilling": SessionStatus.COMPLETE,
    "fulfilled": SessionStatus.COMPLETE,
    "cancelled": SessionStatus.CANCELED,
}
"""None ever expires: what does after seven days is the page that leads to a billing request."""

_UNPAID = ("pending", "ready_to_fulfil", "fulfilling", "cancelled")
"""The words for which no money has come, where no payment is linked."""

_NO_LINKS = wire.Links()


def to_session(
    sent: wire.BillingRequest, raw: bytes, account: str, *, livemode: bool | None
) -> Session:
    """A session in the common language, with the bytes it was sent as."""
    links = sent.links or _NO_LINKS
    amount, currency = _amount(sent)
    session = SessionDraft(
        account=account,
        provider="gocardless",
        id=sent.id,
        created=kit.moment(sent.created_at, "created_at"),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, sent.status, SessionStatus.UNKNOWN)
    session.payment_status = _payment_status(sent, links)
    session.mode = _mode(sent)
    session.amount_total = amount
    session.currency = currency
    session.currency_exponent = None if currency is None else kit.iso_exponent(currency)
    session.customer = _customer(links, sent.resources)
    if links.payment_request_payment is not None:
        session.payment_intents = (links.payment_request_payment,)
    session.subscription = links.subscription_request_subscription
    session.setup_intent = links.mandate_request_mandate
    if sent.payment_request is not None:
        session.client_reference_id = sent.payment_request.reference
    session.livemode = livemode
    session.metadata = kit.strings(sent.metadata)
    session.provider_status = sent.status
    return sealed(session, Session)


def _amount(sent: wire.BillingRequest) -> tuple[int | None, str | None]:
    """The amount and its currency, both of the same request.

    A subscription and a mandate have a currency alone: what one charge of a subscription comes to
    is no total.
    """
    amount, currency = None, None
    if sent.payment_request is not None:
        amount, currency = sent.payment_request.amount, sent.payment_request.currency
    elif (plan := sent.instalment_schedule_request) is not None:
        amount, currency = plan.total_amount, plan.currency
    elif (other := sent.subscription_request or sent.mandate_request) is not None:
        currency = other.currency
    return amount, None if currency is None else currency.lower()


def _mode(sent: wire.BillingRequest) -> SessionMode:
    """What is asked for, the most of it: a mandate accompanies most of the others."""
    if sent.subscription_request is not None:
        return SessionMode.SUBSCRIPTION
    if sent.payment_request is not None or sent.instalment_schedule_request is not None:
        return SessionMode.PAYMENT
    return SessionMode.UNKNOWN if sent.mandate_request is None else SessionMode.SETUP


def _payment_status(sent: wire.BillingRequest, links: wire.Links) -> PaymentStatus | None:
    """As far as it follows: what became of a payment is told by the payment alone."""
    mode = _mode(sent)
    if mode is SessionMode.SETUP:
        return PaymentStatus.NO_PAYMENT_REQUIRED
    if mode is SessionMode.UNKNOWN or links.payment_request_payment is not None:
        return None
    return PaymentStatus.UNPAID if sent.status in _UNPAID else None


def _customer(links: wire.Links, resources: wire.Resources | None) -> Customer | None:
    """The payer: in a list the id alone."""
    payer = None if resources is None else resources.customer
    if links.customer is None and payer is None:
        return None
    customer = CustomerDraft()
    customer.id = links.customer
    if payer is not None:
        names = [name for name in (payer.given_name, payer.family_name) if name]
        customer.email = payer.email
        customer.name = " ".join(names) or payer.company_name
        customer.phone = payer.phone_number
    if resources is not None:
        customer.address = _address(resources.customer_billing_detail)
    return sealed(customer, Customer)


def _address(sent: wire.BillingDetail | None) -> Address | None:
    """The address, or None for one of which nothing was told yet."""
    if sent is None or sent == wire.BillingDetail():
        return None
    address = AddressDraft()
    address.line1 = sent.address_line1
    address.line2 = sent.address_line2
    address.city = sent.city
    address.state = sent.region
    address.postal_code = sent.postal_code
    address.country = sent.country_code
    return sealed(address, Address)
