"""A payment as Square writes it, what a location is, and the errors.

Source: the API description of version 2025-08-20 (``Payment``, ``Location``, ``Error``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Answer, Facts

DAY = 86_400
DELAY = 7 * DAY
"""How long a card payment that is not captured is kept, where the card is not present."""

PRODUCTS = {
    "invoice": ("INVOICES",),
    "in_person": ("SQUARE_POS", "RETAIL", "RESTAURANTS", "TERMINAL_API"),
    "other": ("VIRTUAL_TERMINAL",),
    "unknown": ("APPOINTMENTS", "OTHER"),
}
"""By kind: the products that take such payments."""
ONLINE = ("ECOMMERCE_API", "ECOMMERCE_API", "ECOMMERCE_API", "ONLINE_STORE")
BRANDS = ("VISA", "MASTERCARD", "AMERICAN_EXPRESS", "JCB")
CARD_STATUSES = {
    "APPROVED": "AUTHORIZED",
    "COMPLETED": "CAPTURED",
    "CANCELED": "VOIDED",
    "FAILED": "FAILED",
}
FRACTIONS = ("", ".0", ".000", ".00")
"""The zeros of a second: how many digits are sent varies."""


def payment(facts: Facts, location: str) -> dict[str, object]:
    """The ``Payment`` object. What is not known of a payment is absent, and hardly ever null."""
    sent: dict[str, object | None] = {
        "id": facts.id,
        "created_at": moment(facts.created, facts),
        "updated_at": moment(updated(facts), facts),
        "amount_money": money(facts, less(facts, tip(facts))),
        "tip_money": money(facts, tip(facts)),
        "total_money": money(facts, facts.amount_total),
        "approved_money": money(facts, approved(facts)),
        "refunded_money": money(facts, facts.amount_refunded),
        "refund_ids": [f"{facts.id}_r1"] if facts.amount_refunded else None,
        "status": status(facts),
        "location_id": location,
        "order_id": f"{facts.token('order', 24)}ZY",
        "reference_id": facts.client_reference_id,
        "customer_id": facts.customer_id,
        "buyer_email_address": facts.email,
        "billing_address": billing(facts.customer),
        "application_details": application(facts),
        "version_token": facts.token("version", 32),
        **source(facts),
        **afterwards(facts),
    }
    if offline(facts):
        client = moment(taken_offline(facts), facts)
        sent["is_offline_payment"] = True
        sent["offline_payment_details"] = {"client_created_at": client}
    return {name: value for name, value in sent.items() if value is not None}


def moment(second: int, facts: Facts) -> str:
    """A time in RFC 3339, with as many digits after the second as it happens."""
    zone = FRACTIONS[sum(facts.token("fraction", 2).encode()) % len(FRACTIONS)] + "Z"
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", zone)


def money(facts: Facts, amount: int | None) -> dict[str, object] | None:
    """An amount in the payment's currency."""
    if amount is None:
        return None
    sent: dict[str, object] = {"amount": amount}
    return sent if facts.currency is None else {**sent, "currency": facts.currency.upper()}


def tip(facts: Facts) -> int | None:
    """What the buyer added; part of the total."""
    total = facts.amount_total or 0
    return total // 11 if total > 100 and facts.one_in(5, "tip") else None


def less(facts: Facts, amount: int | None) -> int | None:
    """The total without a part of it."""
    total = facts.amount_total
    return None if total is None else total - (amount or 0)


def approved(facts: Facts) -> int | None:
    """What was authorized: nothing of a payment that failed."""
    return None if facts.status == "failed" else facts.amount_total


def updated(facts: Facts) -> int:
    """When a payment was last changed: at once, or some seconds after it was taken."""
    return facts.created + (sum(facts.token("updated", 2).encode()) % 50)


def status(facts: Facts) -> str:
    """The word for a payment's status."""
    if facts.status == "complete":
        if facts.payment_status == "paid":
            return "COMPLETED"
        return "PENDING" if by_bank(facts) else "APPROVED"
    return "CANCELED" if facts.status == "canceled" else "FAILED"


def by_bank(facts: Facts) -> bool:
    """Whether a payment is a bank debit, which takes days."""
    return facts.kind == "checkout" and facts.one_in(7, "bank")


def in_cash(facts: Facts) -> bool:
    """Whether a payment was made in cash."""
    return facts.kind == "in_person" and facts.one_in(3, "cash")


def offline(facts: Facts) -> bool:
    """Whether a payment was taken at a till that had no connection."""
    return facts.kind == "in_person" and not in_cash(facts) and facts.one_in(3, "offline")


def taken_offline(facts: Facts) -> int:
    """When a payment was taken that Square heard of later."""
    return facts.created - 60 * len(facts.token("lag", 5))


def card(facts: Facts) -> tuple[str, str] | None:
    """Brand and last digits of the card; None where there is none."""
    if by_bank(facts) or in_cash(facts):
        return None
    brand = BRANDS[sum(facts.token("brand", 2).encode()) % len(BRANDS)]
    return brand, facts.token("card", 4, "0123456789")


def source(facts: Facts) -> dict[str, object]:
    """What a payment was made with, and how."""
    if by_bank(facts):
        bank = {"bank_name": "Sample Bank", "transfer_type": "ACH", "country": "US"}
        return {"source_type": "BANK_ACCOUNT", "bank_account_details": bank}
    if in_cash(facts):
        cash = {"buyer_supplied_money": money(facts, facts.amount_total) or {}}
        return {"source_type": "CASH", "cash_details": cash}
    brand, last_4 = card(facts) or ("", "")
    entry = "ON_FILE" if facts.one_in(6, "on file") else "KEYED"
    details: dict[str, object] = {
        "status": CARD_STATUSES.get(status(facts), "AUTHORIZED"),
        "entry_method": "EMV" if facts.kind == "in_person" else entry,
        "card": {"card_brand": brand, "last_4": last_4, "exp_month": 11, "exp_year": 2031},
    }
    if facts.status == "failed":
        details["errors"] = [
            {"category": "PAYMENT_METHOD_ERROR", "code": "GENERIC_DECLINE", "detail": "Declined."}
        ]
    return {
        "source_type": "CARD",
        "card_details": details,
        "delay_duration": "PT168H" if facts.one_in(2, "duration") else "P7D",
        "delay_action": "COMPLETE" if facts.one_in(4, "action") else "CANCEL",
        "delayed_until": moment(facts.created + DELAY, facts),
    }


def afterwards(facts: Facts) -> dict[str, object]:
    """What a payment has once it is captured."""
    if status(facts) != "COMPLETED":
        return {}
    return {
        "receipt_number": facts.id[:4],
        "receipt_url": f"https://squareup.com/receipt/preview/{facts.id}",
        "capabilities": ["EDIT_DELAY_ACTION"] if facts.one_in(4, "capable") else None,
    }


def application(facts: Facts) -> dict[str, object] | None:
    """What took the payment; older payments do not say."""
    if facts.kind == "unknown" and facts.one_in(2, "old"):
        return None
    products = PRODUCTS.get(facts.kind or "", ONLINE)
    product = products[sum(facts.token("product", 2).encode()) % len(products)]
    if facts.kind == "in_person" and facts.one_in(4, "other product"):
        product = "OTHER"
    return {"square_product": product, "application_id": "sandbox-sq0idb-EXAMPLEAPPLICATIONID00"}


def billing(customer: Customer | None) -> dict[str, object] | None:
    """The buyer's billing address, name and all."""
    if customer is None or (customer.name is None and customer.address is None):
        return None
    first, _, last = (customer.name or "").partition(" ")
    home = customer.address or Address()
    sent = {
        "first_name": first or None,
        "last_name": last or None,
        "address_line_1": home.line1,
        "address_line_2": home.line2,
        "locality": home.city,
        "administrative_district_level_1": home.state,
        "postal_code": home.postal_code,
        "country": home.country,
    }
    return {name: value for name, value in sent.items() if value is not None}


def buyer(customer: Customer | None) -> Customer | None:
    """The buyer as far as a payment tells: it has no phone number."""
    told = customer and attrs.evolve(customer, phone=None)
    return None if told == Customer() else told


def locations(ids: Sequence[str], created: int) -> dict[str, object]:
    """The answer to ``GET /v2/locations``."""
    return {
        "locations": [
            {
                "id": id,
                "name": f"Sample Shop {number}",
                "status": "ACTIVE" if number < 3 else "INACTIVE",
                "country": "US",
                "currency": "USD",
                "merchant_id": "MLSANDBOXOBVIOUSLYFAKE",
                "created_at": datetime.fromtimestamp(created, UTC).isoformat()[:19] + "Z",
            }
            for number, id in enumerate(ids, 1)
        ]
    }


FAILURES = {
    400: ("INVALID_REQUEST_ERROR", "BAD_REQUEST", "The request was invalid."),
    401: ("AUTHENTICATION_ERROR", "UNAUTHORIZED", "This request could not be authorized."),
    403: ("AUTHENTICATION_ERROR", "FORBIDDEN", "You have insufficient permissions."),
    404: ("INVALID_REQUEST_ERROR", "NOT_FOUND", "Resource not found."),
    405: ("INVALID_REQUEST_ERROR", "METHOD_NOT_ALLOWED", "Method not allowed."),
    429: ("RATE_LIMIT_ERROR", "RATE_LIMITED", "The request was rate limited."),
    503: ("API_ERROR", "SERVICE_UNAVAILABLE", "The service is unavailable."),
}
"""By status: category, code and detail."""


def failure(status: int, code: str | None = None, detail: str = "", field: str = "") -> Answer:
    """An error as Square writes it; the HTTP status is that of the first."""
    usual = ("API_ERROR", "INTERNAL_SERVER_ERROR", "An internal error has occurred.")
    if 400 <= status < 500:
        usual = FAILURES[400]
    category, usual_code, usual_detail = FAILURES.get(status, usual)
    error = {"category": category, "code": code or usual_code, "detail": detail or usual_detail}
    if field:
        error["field"] = field
    return Answer.json({"errors": [error]}, status)
