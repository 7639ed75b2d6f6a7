"""A transaction as Paddle writes it, with what is included.

Sources: the official description (PaddleHQ/paddle-openapi) and the recorded answers in Paddle's
own packages: times with four to six decimals, trailing zeros cut; amounts as text.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts
from unified_checkout_paddle.sandbox_facts import (
    credit,
    grand_total,
    origin,
    own_id,
    own_uuid,
    word,
)

_TAKEN_FOR_JSON = ("true", "false")
_FEE = 5
"""Per cent."""


@attrs.frozen
class Shape:
    """What decides how a transaction is written: what is included."""

    include: frozenset[str] = frozenset()


def transaction(facts: Facts, shape: Shape) -> dict[str, object]:
    """The transaction object."""
    invoice = facts.kind == "invoice"
    buyer = facts.customer
    return {
        "id": facts.id,
        "status": word(facts),
        "customer_id": facts.customer_id,
        "address_id": None if buyer is None else _address_id(buyer),
        "business_id": _business_id(facts),
        "custom_data": _custom_data(facts),
        "origin": origin(facts),
        "collection_mode": "manual" if invoice else "automatic",
        "subscription_id": facts.subscription,
        "invoice_id": own_id("inv", facts.serial)
        if facts.one_in(3, "older") and _is_billed(facts)
        else None,
        "invoice_number": facts.invoice,
        "billing_details": _billing_details(facts) if invoice else None,
        "billing_period": _billing_period(facts),
        "currency_code": _currency(facts),
        "discount_id": _discount_id(facts),
        **moments(facts),
        "revised_at": zulu(facts.created + 90, facts) if facts.one_in(20, "revised") else None,
        "items": [_item(facts)],
        "details": _details(facts),
        "payments": _payments(facts),
        "checkout": _checkout(facts),
        **_included(facts, shape.include),
    }


def moments(facts: Facts) -> dict[str, str | None]:
    """The times of adopted facts by which a list can be bounded and ordered."""
    changed = 60 if facts.status == "open" else 120
    return {
        "created_at": zulu(facts.created),
        "updated_at": zulu(facts.created + changed, facts),
        "billed_at": zulu(facts.created + 40, facts) if _is_billed(facts) else None,
    }


def zulu(second: int, facts: Facts | None = None) -> str:
    """A time; within the second as the facts say, trailing zeros cut."""
    microsecond = 0 if facts is None else int(facts.token("microsecond", 6, "0123456789"))
    moment = datetime.fromtimestamp(second, UTC).replace(microsecond=microsecond)
    text = moment.isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if microsecond else text) + "Z"


def _is_finished(facts: Facts) -> bool:
    return facts.status in ("complete", "paid")


def _is_billed(facts: Facts) -> bool:
    return _is_finished(facts) or word(facts) in ("billed", "past_due")


def _currency(facts: Facts) -> str:
    return (facts.currency or "usd").upper()


def _custom_data(facts: Facts) -> object:
    """Any JSON: what looks like a number or a truth value is one, and some of it is nested."""
    if facts.metadata is None:
        return None
    return {name: _json(text) for name, text in facts.metadata.items()}


def _json(text: str) -> object:
    number = text.isdecimal() and text.isascii() and str(int(text)) == text and len(text) < 16
    nested = text.startswith("[") and text.endswith("]") and _is_json(text)
    return json.loads(text) if number or nested or text in _TAKEN_FOR_JSON else text


def _is_json(text: str) -> bool:
    try:
        return json.dumps(json.loads(text), separators=(",", ":")) == text
    except ValueError:
        return False


def _checkout(facts: Facts) -> dict[str, object] | None:
    if facts.kind == "invoice" and facts.one_in(2, "no checkout"):
        return None
    return {"url": facts.url}


def _billing_details(facts: Facts) -> dict[str, object]:
    return {
        "enable_checkout": False,
        "payment_terms": {"interval": "day", "frequency": 14},
        "purchase_order_number": f"PO-{facts.token('order', 4, '0123456789')}",
        "additional_information": None,
    }


def _billing_period(facts: Facts) -> dict[str, object] | None:
    if facts.subscription is None:
        return None
    return {"starts_at": zulu(facts.created), "ends_at": zulu(facts.created + 30 * 86_400)}


def _discount_id(facts: Facts) -> str | None:
    return own_id("dsc", "summer") if facts.amount_discount else None


def _business_id(facts: Facts) -> str | None:
    has_one = facts.customer is not None and facts.one_in(6, "business")
    return own_id("biz", str(facts.customer_id)) if has_one else None


def _address_id(buyer: Customer) -> str:
    return own_id("add", str(buyer.id))


def _item(facts: Facts) -> dict[str, object]:
    renewed = _is_renewed(facts)
    price = {
        "id": _price_id(facts),
        "product_id": own_id("pro", str(renewed)),
        "description": "A seat" if renewed else "A T-shirt",
        "type": "standard",
        "name": "Seat" if renewed else "T-shirt",
        "billing_cycle": {"interval": "month", "frequency": 1} if renewed else None,
        "trial_period": None,
        "tax_mode": "account_setting",
        "unit_price": {"amount": str(facts.amount_subtotal), "currency_code": _currency(facts)},
        "unit_price_overrides": [],
        "quantity": {"minimum": 1, "maximum": 100},
        **_kept(facts),
    }
    return {"price": price, "quantity": 1, "proration": None}


def _product(facts: Facts) -> dict[str, object]:
    return {
        "id": own_id("pro", str(_is_renewed(facts))),
        "name": "Seat" if _is_renewed(facts) else "T-shirt",
        "type": "standard",
        "tax_category": "standard",
        "image_url": None,
        **_kept(facts),
    }


def _is_renewed(facts: Facts) -> bool:
    """Whether what is bought is charged again and again."""
    return facts.mode in ("subscription", "setup")


def _price_id(facts: Facts) -> str:
    return own_id("pri", f"{facts.currency}-{_is_renewed(facts)}")


def _details(facts: Facts) -> dict[str, object]:
    totals = _totals(facts)
    due = grand_total(facts)
    completed = facts.status == "complete"
    fee = due * _FEE // 100 if completed else None
    earned = {
        "fee": None if fee is None else str(fee),
        "earnings": None if fee is None else str(due - fee - (facts.amount_tax or 0)),
        "currency_code": _currency(facts),
        "grand_total_tax": totals["tax"],
    }
    total = facts.amount_total or 0
    adjusted = due - (facts.amount_refunded or 0) - (facts.amount_disputed or 0)
    payout = {
        **totals,
        "credit": str(credit(facts)),
        "credit_to_balance": "0",
        "balance": "0",
        "grand_total": str(due),
        "fee": earned["fee"],
        "earnings": earned["earnings"],
        "currency_code": "USD",
        "exchange_rate": "1",
        "fee_rate": f"0.0{_FEE}",
        "grand_total_tax": totals["tax"],
    }
    line = {
        "id": _item_id(facts),
        "price_id": _price_id(facts),
        "quantity": 1,
        "proration": None,
        "tax_rate": "0.2",
        "unit_totals": totals,
        "totals": totals,
        "product": _product(facts),
    }
    return {
        "tax_rates_used": [{"tax_rate": "0.2", "totals": totals}],
        "totals": {
            **totals,
            "credit": str(credit(facts)),
            "credit_to_balance": str(max(0, -total)),
            "balance": "0" if _is_finished(facts) else str(due),
            "grand_total": str(due),
            **earned,
        },
        "adjusted_totals": {
            "subtotal": totals["subtotal"],
            "tax": totals["tax"],
            "total": totals["total"],
            "grand_total": str(adjusted),
            "retained_fee": "0",
            **earned,
        },
        "payout_totals": payout if completed else None,
        "adjusted_payout_totals": None,
        "line_items": [line],
    }


def _totals(facts: Facts) -> dict[str, str]:
    return {
        "subtotal": str(facts.amount_subtotal),
        "discount": str(facts.amount_discount),
        "tax": str(facts.amount_tax),
        "total": str(facts.amount_total),
    }


def _item_id(facts: Facts) -> str:
    return own_id("txnitm", facts.serial)


def _payments(facts: Facts) -> list[dict[str, object]]:
    """The attempts, newest first; the captured one is shown twice now and then."""
    attempts = [
        _payment(facts, id, captured=number == 0 and bool(facts.amount_received))
        for number, id in enumerate(facts.payment_intents)
    ]
    return attempts[:1] + attempts if facts.one_in(10, "twice") else attempts


def _payment(facts: Facts, id: str, *, captured: bool) -> dict[str, object]:
    card = {
        "type": "visa",
        "last4": "4242",
        "expiry_month": 1,
        "expiry_year": 2031,
        "cardholder_name": "" if facts.customer is None else facts.customer.name or "",
    }
    return {
        "payment_attempt_id": id,
        "stored_payment_method_id": own_uuid(f"stored:{facts.serial}"),
        "payment_method_id": own_id("paymtd", facts.serial),
        "amount": str(grand_total(facts)),
        "status": "captured" if captured else "error",
        "error_code": None if captured else "declined",
        "method_details": {"type": "card", "card": card, "underlying_details": None},
        "created_at": zulu(facts.created + 30, facts),
        "captured_at": zulu(facts.created + 33, facts) if captured else None,
    }


def _included(facts: Facts, include: frozenset[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    buyer = facts.customer
    if "customer" in include and buyer is not None:
        found["customer"] = _customer(facts, buyer)
    if "address" in include and buyer is not None:
        found["address"] = _address(facts, buyer)
    if "business" in include and (business := _business_id(facts)) is not None:
        found["business"] = _business(facts, business)
    if "discount" in include and (discount := _discount_id(facts)) is not None:
        found["discount"] = _discount(facts, discount)
    if include & {"adjustments", "adjustment"}:
        found["adjustments"] = [_adjustment(facts, *one) for one in _adjusted(facts)]
    if "adjustments_totals" in include:
        found["adjustments_totals"] = _adjustments_totals(facts)
    if "available_payment_methods" in include:
        found["available_payment_methods"] = ["card", "paypal"]
    return found


def _kept(facts: Facts) -> dict[str, Any]:
    """What everything has that is no transaction."""
    moment = zulu(facts.created - 60)
    return {
        "status": "active",
        "custom_data": None,
        "import_meta": None,
        "created_at": moment,
        "updated_at": moment,
    }


def _customer(facts: Facts, buyer: Customer) -> dict[str, object]:
    return {
        "id": buyer.id,
        "name": buyer.name,
        "email": buyer.email,
        "marketing_consent": False,
        "locale": "en",
        **_kept(facts),
    }


def _address(facts: Facts, buyer: Customer) -> dict[str, object]:
    address = buyer.address or Address()
    return {
        "id": _address_id(buyer),
        "customer_id": buyer.id,
        "description": "",
        "first_line": address.line1 or "",
        "second_line": address.line2,
        "city": address.city,
        "postal_code": address.postal_code,
        "region": address.state or "",
        "country_code": address.country,
        **_kept(facts),
    }


def _business(facts: Facts, id: str) -> dict[str, object]:
    return {
        "id": id,
        "customer_id": facts.customer_id,
        "name": "Sample Ltd",
        "company_number": None,
        "tax_identifier": None,
        "contacts": [],
        **_kept(facts),
    }


def _discount(facts: Facts, id: str) -> dict[str, object]:
    return {
        "id": id,
        "description": "Summer",
        "enabled_for_checkout": True,
        "code": "SUMMER",
        "type": "percentage",
        "mode": "standard",
        "amount": "10",
        "currency_code": None,
        "recur": False,
        "maximum_recurring_intervals": None,
        "usage_limit": None,
        "restrict_to": None,
        "expires_at": None,
        "times_used": 7,
        **_kept(facts),
    }


def _adjusted(facts: Facts) -> list[tuple[str, int]]:
    """The adjustments of adopted facts: their actions, and how much each is."""
    found = [("refund", facts.amount_refunded or 0)] if facts.amount_refunded else []
    if facts.disputed:
        warned = "chargeback" if facts.amount_disputed else "chargeback_warning"
        found.append((warned, facts.amount_disputed or 0))
    return found


def _adjustment(facts: Facts, action: str, amount: int) -> dict[str, object]:
    moment = zulu(facts.created + 3600, facts)
    totals = {
        "subtotal": str(amount),
        "tax": "0",
        "total": str(amount),
        "fee": "0",
        "earnings": str(amount),
    }
    item = {
        "id": own_id("adjitm", f"{facts.serial}-{action}"),
        "item_id": _item_id(facts),
        "type": "partial",
        "amount": str(amount),
        "proration": None,
        "totals": {"subtotal": str(amount), "tax": "0", "total": str(amount)},
    }
    return {
        "id": own_id("adj", f"{facts.serial}-{action}"),
        "action": action,
        "type": "partial",
        "transaction_id": facts.id,
        "subscription_id": facts.subscription,
        "customer_id": facts.customer_id,
        "reason": "the buyer asked for it",
        "credit_applied_to_balance": None,
        "currency_code": _currency(facts),
        "status": "approved",
        "items": [item],
        "totals": {**totals, "currency_code": _currency(facts)},
        "payout_totals": None,
        "tax_rates_used": [],
        "created_at": moment,
        "updated_at": moment,
    }


def _adjustments_totals(facts: Facts) -> dict[str, object]:
    refunded, disputed = facts.amount_refunded or 0, facts.amount_disputed or 0
    total = str(refunded + disputed)
    return {
        "subtotal": total,
        "tax": "0",
        "total": total,
        "fee": "0",
        "earnings": total,
        "breakdown": {"credit": "0", "refund": str(refunded), "chargeback": str(disputed)},
        "currency_code": _currency(facts),
    }
