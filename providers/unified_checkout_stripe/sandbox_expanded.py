"""What a session names and a request may expand, as Stripe writes it.

Sources: the paths marked expandable on the page ``api/checkout/sessions/object``, and
``api/expanding_objects``. A related object is an excerpt: what it holds is Stripe's, but not all
that Stripe's would hold.
"""

from __future__ import annotations

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts

PATH = "/v1/checkout/sessions"

BASIL = "2025-03-31"

EXPANDABLE = frozenset(
    {
        "automatic_tax.liability.account",
        "customer",
        "discounts.coupon",
        "discounts.promotion_code",
        "invoice",
        "invoice_creation.invoice_data.account_tax_ids",
        "invoice_creation.invoice_data.issuer.account",
        "line_items",
        "payment_intent",
        "payment_link",
        "setup_intent",
        "shipping_cost.shipping_rate",
        "shipping_cost.taxes",
        "shipping_options.shipping_rate",
        "subscription",
        "total_details.breakdown",
    }
)

_NOT_HELD = {"account": "livemode", "payment_link": "created", "tax_id": "metadata"}


@attrs.frozen
class Shape:
    """What decides how a session is written: the API version and the expanded objects."""

    version: str
    expand: frozenset[str] = frozenset()


def linked(facts: Facts, shape: Shape, path: str, id: str | None, kind: str = "") -> object:
    """A related object: its id, or the object itself where the request expands its path."""
    if id is None or path not in shape.expand:
        return id
    kind = kind or path
    if kind == "customer":
        return _customer(facts, id)
    held: dict[str, object] = {
        "id": id,
        "object": kind,
        "created": facts.created,
        "livemode": facts.livemode,
        "metadata": {},
    }
    held.pop(_NOT_HELD.get(kind, ""), None)
    if kind == "payment_intent":
        status = "succeeded" if facts.payment_status == "paid" else "processing"
        held |= {"amount": facts.amount_total, "currency": facts.currency, "status": status}
    return held


def line_items(facts: Facts, version: str) -> dict[str, object]:
    """What was bought: one item of one price."""
    adjustable = {"enabled": True, "maximum": 99, "minimum": 0}
    item = {
        "id": f"li_{facts.token('line', 24)}",
        "object": "item",
        "adjustable_quantity": adjustable if facts.one_in(4, "adjustable") else None,
        "amount_discount": facts.amount_discount or 0,
        "amount_subtotal": facts.amount_subtotal or 0,
        "amount_tax": facts.amount_tax or 0,
        "amount_total": facts.amount_total or 0,
        "currency": facts.currency or "usd",
        "description": "T-shirt",
        "metadata": {},
        "price": _price(facts, version),
        "quantity": 1,
    }
    return {
        "object": "list",
        "data": [item] if facts.mode != "setup" else [],
        "has_more": False,
        "url": f"{PATH}/{facts.id}/line_items",
    }


def _customer(facts: Facts, id: str) -> dict[str, object]:
    if facts.one_in(6, "deleted"):
        return {"id": id, "object": "customer", "deleted": True}
    buyer = facts.customer or Customer()
    return {
        "id": id,
        "object": "customer",
        "created": facts.created,
        "email": buyer.email,
        "livemode": facts.livemode,
        "metadata": {},
        "name": buyer.name,
        "phone": buyer.phone,
    }


def _price(facts: Facts, version: str) -> dict[str, object]:
    recurring = facts.mode == "subscription"
    monthly: dict[str, object] = {
        "interval": "month",
        "interval_count": 1,
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
    if version < BASIL:
        monthly["aggregate_usage"] = None
    amount = facts.amount_subtotal or 0
    return {
        "id": f"price_{facts.token('price', 24)}",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": facts.created,
        "currency": facts.currency or "usd",
        "custom_unit_amount": None,
        "livemode": facts.livemode,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": f"prod_{facts.token('product', 14)}",
        "recurring": monthly if recurring else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
