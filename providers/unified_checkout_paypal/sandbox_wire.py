"""What PayPal's Transaction Search holds and sends, for its imitation: facts, rows and pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import shake_256
from typing import Any

import attrs

from unified_checkout.adapters import Address, Customer
from unified_checkout.sandbox import Facts, Page

CAPITALS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS = {"complete": "S", "canceled": "D", "failed": "D"}
NO_DECIMALS = frozenset({"huf", "jpy", "twd"})
CURRENCIES = frozenset(
    code.lower()
    for code in (
        *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS"),
        *("INR", "JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RUB", "SEK", "SGD", "THB"),
        *("TWD", "USD"),
    )
)
UNTYPED = re.compile(r"[^a-zA-Z0-9_'\-., \":;!?]")
"""What PayPal's own description does not allow in an invoice id or a custom field."""
BLOCKS = (
    "transaction_info",
    "payer_info",
    "shipping_info",
    "auction_info",
    "cart_info",
    "incentive_info",
    "store_info",
)

AUTHORIZATION = "T1300"
REFUND = "T1107"
_HOUR = 3600
_SETTLES_IN = (0, 0, 0, 50, 7 * _HOUR, 40 * 24 * _HOUR)
"""Seconds after which an entry was changed for the last time."""
_ENTRIES = (REFUND, "T0400", REFUND, "T0200", REFUND, "T0106", REFUND, "T1201", "T0012")
"""Codes of entries that are no checkouts: refunds, a withdrawal, a conversion, a fee, a
chargeback, and a payment that the merchant keyed in."""


@attrs.frozen(kw_only=True)
class LedgerFacts(Facts):
    """Facts as an entry of the ledger."""

    code: str = "T0006"
    updated: int = 0
    """Unix seconds of the last change."""
    of: str | None = None
    """The transaction id of the payment that a refund is of."""

    @property
    def transaction_id(self) -> str:
        """The id that is sent; other entries may have it too."""
        return self.id.partition(":")[0]


@attrs.frozen(kw_only=True)
class Shape:
    """What of an entry is sent."""

    blocks: tuple[str, ...]
    balances: bool
    """Whether balances are told: no optional filter was given."""
    names_refunded: bool


@attrs.frozen(kw_only=True)
class LedgerPage(Page):
    """A page of a window."""

    number: int
    total_items: int
    total_pages: int
    start: int
    end: int
    refreshed: int
    parameters: tuple[tuple[str, str], ...] = ()


def adopted(facts: Facts, now: int) -> LedgerFacts:
    """The facts as PayPal's ledger would hold them.

    A checkout that nobody paid is in no ledger: it becomes a denied payment. Some become entries
    that are no checkouts.
    """
    code, kind = _code(facts)
    paid = facts.payment_status in ("paid", "no_payment_required")
    finished = facts.status in ("paid", "complete") or (facts.status in (None, "open") and paid)
    status = "complete" if finished or facts.status == "open" else "failed"
    refunded = bool(facts.amount_refunded) and facts.amount_refunded == facts.amount_received
    amount = abs(facts.amount_total or 0)
    currency = facts.currency if facts.currency in CURRENCIES else "usd"
    custom = UNTYPED.sub("", " ".join((facts.metadata or {}).values()))[:127].strip()
    reference = UNTYPED.sub("", facts.client_reference_id or "")[:127].strip()
    id = facts.token("transaction", 17, CAPITALS)
    subscribed = code == "T0002" and facts.subscription is not None
    return LedgerFacts(
        **{
            **_plain(facts),
            "id": id,
            "kind": kind,
            "status": status,
            "payment_status": "paid"
            if status == "complete" and paid and not refunded
            else "unpaid",
            "mode": None if kind == "other" and code != "T0012" else _mode(code),
            "currency": currency,
            "amount_total": -amount if code in _ENTRIES[:-1] else amount,
            "amount_refunded": 0 if code.startswith("T00") and amount else None,
            "customer": _buyer(facts.customer),
            "payment_intents": (id,),
            "subscription": f"I{facts.token('subscription', 12, CAPITALS)}" if subscribed else None,
            "client_reference_id": reference or None,
            "metadata": {"custom_field": custom} if custom else None,
            "livemode": False,
            "expires_at": None,
            "disputed": None,
            "code": code,
            "updated": _changed(facts.created, now),
        }
    )


def may_be_refunded(facts: LedgerFacts) -> bool:
    """Whether something of an entry can be given back."""
    paid = letter(facts) == "S" and facts.mode is not None
    return paid and not facts.amount_refunded and (facts.amount_total or 0) > 1


def refunded(refund: LedgerFacts, payment: LedgerFacts) -> tuple[LedgerFacts, LedgerFacts]:
    """A refund of a part of a payment, completed, and the payment."""
    amount = min(abs(refund.amount_total or 0), (payment.amount_total or 0) - 1) or 1
    given_back = attrs.evolve(
        refund,
        of=payment.transaction_id,
        status="complete",
        payment_status="paid",
        currency=payment.currency,
        amount_total=-amount,
        amount_discount=None,
        amount_shipping=None,
        amount_tax=None,
    )
    return given_back, attrs.evolve(payment, amount_refunded=amount)


def composed(facts: LedgerFacts) -> LedgerFacts:
    """The same where ids may be shared: told apart by the code."""
    return attrs.evolve(facts, id=f"{facts.transaction_id}:{facts.code}")


def authorization(facts: LedgerFacts) -> LedgerFacts:
    """What came before a payment, under its id, and moved no balance."""
    return composed(
        attrs.evolve(facts, code=AUTHORIZATION, kind="other", mode=None, amount_refunded=None)
    )


def letter(facts: LedgerFacts) -> str:
    """The letter of an entry's status."""
    if facts.status == "failed":
        return "D"
    if facts.payment_status == "paid":
        return "S"
    return "V" if facts.one_in(2, "reversed") else "P"


def rendered(facts: LedgerFacts, shape: Shape) -> dict[str, object]:
    """An entry as PayPal writes it."""
    blocks: dict[str, dict[str, object]] = {
        "transaction_info": _info(facts, shape),
        "payer_info": _payer(facts),
        "shipping_info": {},
        "auction_info": {},
        "cart_info": {},
        "incentive_info": {},
        "store_info": _store(facts),
    }
    return {name: blocks[name] for name in shape.blocks}


def written(second: int) -> str:
    """A moment as PayPal writes it in answers, against its own description: without a colon."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def money(amount: int, currency: str) -> dict[str, str]:
    """An amount in minor units as PayPal writes it."""
    decimals = 0 if currency in NO_DECIMALS else 2
    digits = str(abs(amount)).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return {"currency_code": currency.upper(), "value": f"-{text}" if amount < 0 else text}


def _plain(facts: Facts) -> dict[str, Any]:
    """What an entry has of a fact; the rest is not known there."""
    known = ("serial", "created", "amount_discount", "amount_shipping", "amount_tax", "hosted")
    unknown = attrs.fields_dict(Facts).keys() - {*known, "currency", "metadata"}
    nothing: dict[str, Any] = dict.fromkeys(unknown)
    return {**nothing, **{name: getattr(facts, name) for name in known}}


def _code(facts: Facts) -> tuple[str, str]:
    """The event code, and what that is to the merchant."""
    if facts.one_in(11, "entry"):
        return _ENTRIES[int(facts.token("code", 4, "0123456789")) % len(_ENTRIES)], "other"
    if facts.mode == "subscription":
        return "T0002", "unknown"
    for count, code, kind in ((19, "T0003", "renewal"), (23, "T0018", "in_person")):
        if facts.one_in(count, code):
            return code, kind
    return ("T0000" if facts.one_in(7, "general") else "T0006"), "checkout"


def _mode(code: str) -> str:
    return "subscription" if code == "T0002" else "payment"


def _changed(created: int, now: int) -> int:
    """When what was created in a second was changed last by now: some long after."""
    pick = shake_256(f"changed:{created}".encode()).digest(1)[0]
    changed = created + _SETTLES_IN[pick % len(_SETTLES_IN)]
    return changed if changed <= now else created


def _buyer(buyer: Customer | None) -> Customer | None:
    if buyer is None:
        return None
    id = buyer.id and "".join(
        CAPITALS[byte % len(CAPITALS)] for byte in shake_256(buyer.id.encode()).digest(13)
    )
    address = buyer.address
    if address is not None and not (address.line1 and address.city and address.country):
        address = Address(country=address.country) if address.country else None
    found = attrs.evolve(buyer, id=id, address=address)
    return None if found == Customer() else found


def _info(facts: LedgerFacts, shape: Shape) -> dict[str, object]:
    currency = facts.currency or ""
    info: dict[str, object] = {
        "paypal_account_id": facts.customer_id,
        "transaction_id": facts.transaction_id,
        **_reference(facts, shape),
        "transaction_event_code": facts.code,
        "transaction_initiation_date": written(facts.created),
        "transaction_updated_date": written(facts.updated),
        "transaction_amount": money(facts.amount_total or 0, currency),
        "fee_amount": money(-31, currency) if facts.one_in(3, "fee") else None,
        **{
            field: None if amount is None else money(amount, currency)
            for field, amount in (
                ("discount_amount", facts.amount_discount),
                ("shipping_amount", facts.amount_shipping),
                ("sales_tax_amount", facts.amount_tax),
            )
        },
        "transaction_status": letter(facts),
        "ending_balance": money(100_000, currency) if shape.balances else None,
        "available_balance": money(100_000, currency) if shape.balances else None,
        "invoice_id": facts.client_reference_id,
        "custom_field": (facts.metadata or {}).get("custom_field"),
        "protection_eligibility": "01" if facts.one_in(2, "protected") else "02",
    }
    return {name: value for name, value in info.items() if value is not None}


def _reference(facts: LedgerFacts, shape: Shape) -> Mapping[str, str]:
    if facts.subscription is not None:
        return {"paypal_reference_id": facts.subscription, "paypal_reference_id_type": "SUB"}
    if facts.of is not None and shape.names_refunded:
        return {"paypal_reference_id": facts.of, "paypal_reference_id_type": "TXN"}
    if facts.one_in(3, "reference"):
        return {}
    kind = "TXN" if facts.kind == "other" else "ODR"
    reference = facts.token("reference", 17, CAPITALS)
    return {"paypal_reference_id": reference, "paypal_reference_id_type": kind}


def _payer(facts: Facts) -> dict[str, object]:
    buyer = facts.customer
    if buyer is None:
        return {}
    payer: dict[str, object] = {
        "account_id": buyer.id,
        "email_address": buyer.email,
        "address_status": "Y",
        "payer_status": "Y",
    }
    if buyer.phone is not None:
        digits = buyer.phone.removeprefix("+")
        payer["phone_number"] = {"country_code": digits[0], "national_number": digits[1:]}
    if buyer.name is not None:
        given, _, surname = buyer.name.partition(" ")
        payer["payer_name"] = {
            "given_name": given,
            **({"surname": surname} if surname else {}),
            "alternate_full_name": buyer.name,
        }
    if (address := buyer.address) is not None:
        payer["country_code"] = address.country
        if address.line1 is not None:
            sent = attrs.asdict(address)
            sent["country_code"] = sent.pop("country")
            payer["address"] = {name: text for name, text in sent.items() if text is not None}
    return {name: value for name, value in payer.items() if value is not None}


def _store(facts: LedgerFacts) -> dict[str, object]:
    if facts.kind != "in_person":
        return {}
    return {"store_id": "store7", "terminal_id": f"till{len(facts.serial) % 3}"}
