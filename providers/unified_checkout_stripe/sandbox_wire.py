"""A session as Stripe writes it: version by version, with what is expanded.

Sources: the reference page ``api/checkout/sessions/object`` and the changelog of versions.
"""

from __future__ import annotations

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts

PATH = "/v1/checkout/sessions"

SHIPPING_DETAILS = "2022-08-01"
ADAPTIVE_PRICING = "2024-11-20"
COLLECTED_INFORMATION = "2025-02-24"
BASIL = "2025-03-31"
CLOVER = "2025-09-30"
CUSTOMER_ACCOUNT = "2025-12-15"
DAHLIA = "2026-03-25"

_UI_MODES = {"hosted": "hosted_page", "embedded": "embedded_page", "custom": "elements"}


@attrs.frozen
class Shape:
    """What decides how a session is written: the API version and the expanded objects."""

    version: str
    expand: frozenset[str] = frozenset()


def session_object(facts: Facts, shape: Shape) -> dict[str, object]:
    """The ``checkout.session`` object."""
    version = recorded_version(facts) or shape.version
    linked = {
        kind: _linked(facts, kind, reference, shape)
        for kind, reference in (
            ("customer", facts.customer_id),
            ("invoice", facts.invoice),
            ("payment_intent", next(iter(facts.payment_intents), None)),
            ("payment_link", facts.payment_link),
            ("setup_intent", facts.setup_intent),
            ("subscription", facts.subscription),
        )
    }
    session: dict[str, object] = {
        "id": facts.id,
        "object": "checkout.session",
        "after_expiration": None,
        "allow_promotion_codes": True if facts.one_in(4, "promotion") else None,
        "amount_subtotal": facts.amount_subtotal,
        "amount_total": facts.amount_total,
        "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": facts.cancel_url,
        "client_reference_id": facts.client_reference_id,
        "consent": None,
        "consent_collection": None,
        "created": facts.created,
        "currency": facts.currency,
        "custom_fields": [],
        "custom_text": {"shipping_address": None, "submit": None},
        "customer_creation": "if_required",
        "customer_details": _customer_details(facts),
        "customer_email": facts.customer_email,
        "expires_at": facts.expires_at,
        "invoice_creation": {"enabled": False} if facts.mode == "payment" else None,
        "livemode": facts.livemode,
        "locale": "auto" if facts.one_in(3, "locale") else None,
        "metadata": facts.metadata,
        "mode": facts.mode,
        "payment_method_collection": "always",
        "payment_method_options": {},
        "payment_method_types": ["card", "link"],
        "payment_status": facts.payment_status,
        "phone_number_collection": {"enabled": facts.one_in(5, "phone")},
        "recovered_from": None,
        "shipping_address_collection": None,
        "shipping_cost": _shipping_cost(facts),
        "shipping_options": [],
        "status": facts.status,
        "submit_type": None,
        "success_url": facts.success_url,
        "total_details": _total_details(facts, shape),
        "url": facts.url,
    }
    return session | linked | _by_version(facts, version) | _when_used(facts, version, shape)


def recorded_version(facts: Facts) -> str | None:
    """The old version in whose shape this session is always shown."""
    if not facts.one_in(16, "recorded"):
        return None
    return "2020-08-27" if facts.one_in(2, "very old") else "2022-11-15"


def hosted_page(facts: Facts, id: str) -> str:
    """The address of the hosted page, with its long fragment."""
    secret = f"fidkdWxOYHwnPyd1blpxYHZx{facts.token('page', 150)}%2F{facts.token('more', 60)}%3D"
    return f"https://checkout.stripe.com/c/pay/{id}#{secret}"


def _by_version(facts: Facts, version: str) -> dict[str, object]:
    """The fields that came, went, moved or changed their words."""
    ui_mode = "hosted" if facts.hosted else "embedded"
    if not facts.hosted and facts.one_in(3, "custom page"):
        ui_mode = "custom"
    fields: dict[str, object] = {
        "ui_mode": _UI_MODES[ui_mode] if version >= DAHLIA else ui_mode,
    }
    if version < SHIPPING_DETAILS:
        del fields["ui_mode"]
        fields |= {"shipping": _shipping(facts), "shipping_rate": None}
    elif version < BASIL:
        fields["shipping_details"] = _shipping(
            facts, carrier=None, phone=None, tracking_number=None
        )
    if version >= ADAPTIVE_PRICING:
        fields["adaptive_pricing"] = {"enabled": True}
    if version >= COLLECTED_INFORMATION:
        fields["collected_information"] = {"shipping_details": _shipping(facts)}
    if version < CLOVER:
        fields["currency_conversion"] = None
    if version >= CUSTOMER_ACCOUNT:
        fields["customer_account"] = facts.customer_account
    return fields


def _when_used(facts: Facts, version: str, shape: Shape) -> dict[str, object]:
    """The fields that are absent where they do not apply."""
    fields: dict[str, object] = {}
    if not facts.hosted:
        fields["client_secret"] = f"{facts.id}_secret_{facts.token('client', 40)}"
        fields["return_url"] = "https://shop.example.com/return?session={CHECKOUT_SESSION_ID}"
        fields["redirect_on_completion"] = "always"
    if version >= BASIL and facts.amount_total and facts.one_in(10, "presentment"):
        fields["presentment_details"] = {
            "presentment_amount": facts.amount_total * 3,
            "presentment_currency": "cad",
        }
    if "line_items" in shape.expand:
        fields["line_items"] = {
            "object": "list",
            "data": [
                {
                    "id": f"li_{facts.token('line', 24)}",
                    "object": "item",
                    "amount_discount": facts.amount_discount or 0,
                    "amount_subtotal": facts.amount_subtotal or 0,
                    "amount_tax": facts.amount_tax or 0,
                    "amount_total": facts.amount_total or 0,
                    "currency": facts.currency or "usd",
                    "description": "T-shirt",
                    "quantity": 1,
                }
            ],
            "has_more": False,
            "url": f"{PATH}/{facts.id}/line_items",
        }
    return fields


def _linked(facts: Facts, kind: str, id: str | None, shape: Shape) -> object:
    """A related object: its id, or the object itself where the request expands it."""
    if id is None or kind not in shape.expand:
        return id
    linked: dict[str, object] = {"id": id, "object": kind}
    if kind == "customer":
        if facts.one_in(6, "deleted"):
            return linked | {"deleted": True}
        buyer = facts.customer or Customer()
        return linked | {"email": buyer.email, "name": buyer.name, "phone": buyer.phone}
    if kind == "payment_intent":
        status = "succeeded" if facts.payment_status == "paid" else "processing"
        linked |= {"amount": facts.amount_total, "currency": facts.currency, "status": status}
    return linked | {"created": facts.created, "livemode": facts.livemode, "metadata": {}}


def _customer_details(facts: Facts) -> dict[str, object] | None:
    buyer = facts.customer
    if buyer is None or buyer == Customer(id=buyer.id):
        return None
    details: dict[str, object] = {
        "email": buyer.email,
        "name": buyer.name,
        "phone": buyer.phone,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    if facts.mode != "setup":
        details["address"] = attrs.asdict(buyer.address) if buyer.address else None
    return details


def _shipping(facts: Facts, **more: object) -> dict[str, object] | None:
    buyer = facts.customer
    if facts.amount_shipping is None or buyer is None or buyer.address is None:
        return None
    return {"address": attrs.asdict(buyer.address), "name": buyer.name, **more}


def _shipping_cost(facts: Facts) -> dict[str, object] | None:
    amount = facts.amount_shipping
    if amount is None:
        return None
    rate = f"shr_{facts.token('rate', 24)}"
    return {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": rate,
    }


def _total_details(facts: Facts, shape: Shape) -> dict[str, object] | None:
    details: dict[str, object] = {
        "amount_discount": facts.amount_discount,
        "amount_shipping": facts.amount_shipping,
        "amount_tax": facts.amount_tax,
    }
    if all(amount is None for amount in details.values()):
        return None
    if "total_details" in shape.expand:
        details["breakdown"] = {"discounts": [], "taxes": []}
    return details
