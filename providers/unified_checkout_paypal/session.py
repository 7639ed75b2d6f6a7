"""From PayPal's words to the common language.

Sources: developer.paypal.com/docs/integration/direct/transaction-search/transaction-event-codes for
the codes, ``reporting_transactions_v1.json`` for the letters of the status, and
developer.paypal.com/docs/reports/reference/paypal-supported-currencies for the decimals. That a
letter means what it does here, beyond its own text, is inferred.
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
from unified_checkout_paypal import wire

STATUSES = {
    "P": SessionStatus.COMPLETE,
    "S": SessionStatus.COMPLETE,
    "V": SessionStatus.COMPLETE,
    "D": SessionStatus.FAILED,
}
"""Pending, successful, reversed, denied; earlier states first."""
PAYMENT_STATUSES = {
    "P": PaymentStatus.UNPAID,
    "S": PaymentStatus.PAID,
    "V": PaymentStatus.UNPAID,
    "D": PaymentStatus.UNPAID,
}

PAYMENTS = "T00"
"""How the codes of payments from one PayPal account to another begin."""
SUBSCRIPTION = "T0002"
KINDS = {
    "T0000": SessionKind.CHECKOUT,  # a payment of no other type
    SUBSCRIPTION: SessionKind.UNKNOWN,  # the first of a subscription, or a further one
    "T0003": SessionKind.RENEWAL,  # preapproved: charged without the buyer
    "T0004": SessionKind.CHECKOUT,  # an eBay auction
    "T0005": SessionKind.CHECKOUT,  # a card, by the Direct Payment API
    "T0006": SessionKind.CHECKOUT,  # PayPal Checkout
    "T0007": SessionKind.CHECKOUT,  # Website Payments Standard
    "T0009": SessionKind.CHECKOUT,  # a gift certificate
    "T0010": SessionKind.CHECKOUT,  # another auction
    "T0011": SessionKind.CHECKOUT,  # by mobile telephone
    "T0013": SessionKind.CHECKOUT,  # a donation
    "T0018": SessionKind.IN_PERSON,  # PayPal Here
    "T0019": SessionKind.CHECKOUT,  # an instrument that is not PayPal's
    "T0021": SessionKind.CHECKOUT,  # cryptocurrency
    "T0001": SessionKind.OTHER,  # mass payment
    "T0008": SessionKind.OTHER,  # postage
    "T0012": SessionKind.OTHER,  # virtual terminal: keyed in by the merchant
    "T0014": SessionKind.OTHER,  # rebate
    "T0015": SessionKind.OTHER,  # payout of a third party
    "T0016": SessionKind.OTHER,  # recoupment of a third party
    "T0017": SessionKind.OTHER,  # from store to store
}

DECIMALS = {
    **dict.fromkeys(("HUF", "JPY", "TWD"), 0),
    **dict.fromkeys(("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP"), 2),
    **dict.fromkeys(("HKD", "ILS", "INR", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN"), 2),
    **dict.fromkeys(("RUB", "SEK", "SGD", "THB", "USD"), 2),
}
"""By PayPal's own table, not ISO 4217's, in which the forint and the Taiwan dollar have two."""

_NOBODY = wire.Payer()
_TOTAL, _SHIPPING, _TAX, _DISCOUNT = (
    f"transaction_info.{name}_amount.value"
    for name in ("transaction", "shipping", "sales_tax", "discount")
)


def to_session(
    sent: wire.Entry, raw: bytes, *, account: str, livemode: bool | None, composed: bool
) -> Session:
    """An entry of the ledger in the common language, with the bytes it was sent as.

    Args:
        sent: the entry.
        raw: its bytes.
        account: the account's name.
        livemode: what the account's address tells.
        composed: whether two entries may share an id, so that it is told with its code.
    """
    info = sent.transaction_info
    code = info.transaction_event_code
    if composed and code is None:
        raise kit.FieldError("transaction_info.transaction_event_code", "missing: part of the id")
    session = SessionDraft(
        account=account,
        provider="paypal",
        id=f"{info.transaction_id}:{code}" if composed else info.transaction_id,
        created=kit.moment(
            info.transaction_initiation_date, "transaction_info.transaction_initiation_date"
        ),
        raw_bytes=raw,
    )
    session.status = kit.word(STATUSES, info.transaction_status, SessionStatus.UNKNOWN)
    session.payment_status = kit.word(
        PAYMENT_STATUSES, info.transaction_status, PaymentStatus.UNKNOWN
    )
    session.provider_status = info.transaction_status
    session.kind = _kind(info)
    session.mode = _mode(code)
    if info.transaction_amount is not None:
        _fill_amounts(session, info, info.transaction_amount)
    session.customer = _customer(sent.payer_info or _NOBODY, info.paypal_account_id)
    session.payment_intents = (info.transaction_id,)
    if info.paypal_reference_id_type == "SUB":
        session.subscription = kit.filled(info.paypal_reference_id)
    session.client_reference_id = kit.filled(info.invoice_id)
    session.livemode = livemode
    if info.custom_field:
        session.metadata = {"custom_field": info.custom_field}
    return sealed(session, Session)


def _kind(info: wire.Info) -> SessionKind:
    """What an entry is to the merchant. What left the account is no sale, whatever its code."""
    code = info.transaction_event_code or ""
    amount = info.transaction_amount
    if amount is not None and amount.value.startswith("-") and amount.value.strip("-0."):
        return SessionKind.OTHER
    if code.startswith(PAYMENTS) or not code:
        return KINDS.get(code, SessionKind.UNKNOWN)
    return SessionKind.OTHER


def _mode(code: str | None) -> SessionMode | None:
    """A payment's mode; a refund, a fee or a withdrawal has none."""
    if code is None or not code.startswith(PAYMENTS):
        return None
    return SessionMode.SUBSCRIPTION if code == SUBSCRIPTION else SessionMode.PAYMENT


def _fill_amounts(session: SessionDraft, info: wire.Info, total: wire.Money) -> None:
    session.currency = total.currency_code.lower()
    exponent = session.currency_exponent = DECIMALS.get(total.currency_code.upper())
    if exponent is None:
        return
    session.amount_total = _units(total.value, exponent, _TOTAL)
    if (shipping := info.shipping_amount) is not None:
        session.amount_shipping = _beside(total, shipping, exponent, _SHIPPING)
    if (tax := info.sales_tax_amount) is not None:
        session.amount_tax = _beside(total, tax, exponent, _TAX)
    if (discount := info.discount_amount) is not None:
        session.amount_discount = _beside(total, discount, exponent, _DISCOUNT)


def _beside(total: wire.Money, sent: wire.Money, exponent: int, field: str) -> int | None:
    """An amount in minor units of the session's own currency; None in any other."""
    same = sent.currency_code == total.currency_code
    return _units(sent.value, exponent, field) if same else None


def _units(value: str, exponent: int, field: str) -> int | None:
    """PayPal may leave out a zero before the point; zeros beyond the decimals say nothing."""
    whole, point, fraction = value.partition(".")
    if point and (len(fraction) > exponent or not fraction or whole in ("", "-")):
        fraction = fraction[:exponent] + fraction[exponent:].rstrip("0")
        whole = f"{whole}0" if whole in ("", "-") and fraction else whole
        value = f"{whole}.{fraction}" if fraction else whole
    return kit.minor_units(value, exponent, field)


def _customer(payer: wire.Payer, counterparty: str | None) -> Customer | None:
    customer = CustomerDraft()
    customer.id = payer.account_id or counterparty or None
    customer.email = payer.email_address or None
    customer.name = None if payer.payer_name is None else _name(payer.payer_name)
    customer.phone = None if payer.phone_number is None else _phone(payer.phone_number)
    customer.address = _address(payer)
    told = customer.id or customer.email or customer.name or customer.phone or customer.address
    return sealed(customer, Customer) if told else None


def _name(sent: wire.Name) -> str | None:
    if whole := sent.full_name or sent.alternate_full_name:
        return whole
    return " ".join(filter(None, (sent.given_name, sent.surname))) or None


def _phone(sent: wire.Phone) -> str | None:
    if not sent.national_number:
        return None
    country = f"+{sent.country_code}" if sent.country_code else ""
    return country + sent.national_number


def _address(payer: wire.Payer) -> Address | None:
    address = AddressDraft()
    country, lines = payer.country_code, False
    if (sent := payer.address) is not None:
        address.line1 = sent.line1 or None
        address.line2 = sent.line2 or None
        address.city = sent.city or None
        address.state = sent.state or None
        address.postal_code = sent.postal_code or None
        country = sent.country_code or country
        lines = bool(sent.line1 or sent.line2 or sent.city or sent.state or sent.postal_code)
    address.country = country or None
    return sealed(address, Address) if country or lines else None
