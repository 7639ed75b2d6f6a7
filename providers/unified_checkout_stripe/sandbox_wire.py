"""A session as Stripe writes it: version by version, with what is expanded.

Sources: the reference page ``api/checkout/sessions/object``, the types of Stripe's packages since
2020-08-27, recorded payloads, and the changelog of versions. A version decides which fields moved,
went or changed their words; fields that Stripe only added are in the answers of every version.
"""

from __future__ import annotations

import attrs

from unified_checkout.sandbox import Facts
from unified_checkout_stripe.sandbox_expanded import BASIL, Shape, line_items, linked

SHIPPING_DETAILS = "2022-08-01"
CUSTOMER_ACCOUNT = "2025-12-15"
DAHLIA = "2026-03-25"

NAME = "Ada Sample"
"""What a buyer without a name is called where Stripe always has one."""

_UI_MODES = {"hosted": "hosted_page", "embedded": "embedded_page", "custom": "elements"}

_SINCE_2023 = frozenset(
    {
        "adaptive_pricing",
        "allowed_payment_method_types",
        "branding_settings",
        "client_secret",
        "collected_information",
        "currency_conversion",
        "custom_fields",
        "customer_account",
        "discounts",
        "excluded_payment_method_types",
        "integration_identifier",
        "managed_payments",
        "name_collection",
        "optional_items",
        "origin_context",
        "payment_method_configuration_details",
        "permissions",
        "presentment_details",
        "redirect_on_completion",
        "return_url",
        "saved_payment_method_options",
        "ui_mode",
        "wallet_options",
    }
)
_SINCE_AUGUST_2022 = frozenset(
    {"custom_text", "invoice", "invoice_creation", "payment_method_collection", "shipping_cost"}
)


def session_object(facts: Facts, shape: Shape) -> dict[str, object]:
    """The ``checkout.session`` object."""
    recorded = recorded_version(facts)
    shape = attrs.evolve(shape, version=recorded or shape.version)
    session = (
        _session(facts)
        | _related(facts, shape)
        | _money(facts, shape)
        | _settings(facts)
        | _by_version(facts, shape.version)
        | _when_used(facts, shape)
    )
    if recorded is None:
        return session
    later = _SINCE_2023 if recorded >= SHIPPING_DETAILS else _SINCE_2023 | _SINCE_AUGUST_2022
    return {name: value for name, value in session.items() if name not in later}


def recorded_version(facts: Facts) -> str | None:
    """The old version in whose shape this session is always shown."""
    if not facts.one_in(16, "recorded"):
        return None
    return "2020-08-27" if facts.one_in(2, "very old") else "2022-11-15"


def hosted_page(facts: Facts, id: str) -> str:
    """The address of the hosted page, with its long fragment."""
    secret = f"fidkdWxOYHwnPyd1blpxYHZx{facts.token('page', 150)}%2F{facts.token('more', 60)}%3D"
    return f"https://checkout.stripe.com/c/pay/{id}#{secret}"


def _session(facts: Facts) -> dict[str, object]:
    """What the session says of itself and of its buyer."""
    return {
        "id": facts.id,
        "object": "checkout.session",
        "after_expiration": None,
        "cancel_url": facts.cancel_url,
        "client_reference_id": facts.client_reference_id,
        "client_secret": None,
        "collected_information": _collected_information(facts),
        "consent": None,
        "created": facts.created,
        "customer_account": facts.customer_account,
        "customer_details": _customer_details(facts),
        "customer_email": facts.customer_email,
        "expires_at": facts.expires_at,
        "integration_identifier": None,
        "livemode": facts.livemode,
        "metadata": facts.metadata,
        "mode": facts.mode,
        "payment_status": facts.payment_status,
        "recovered_from": None,
        "status": facts.status,
        "success_url": facts.success_url,
        "url": facts.url,
    }


def _related(facts: Facts, shape: Shape) -> dict[str, object]:
    """The objects that the session is tied to."""
    ids = {
        "customer": facts.customer_id,
        "invoice": facts.invoice,
        "payment_intent": next(iter(facts.payment_intents), None),
        "payment_link": facts.payment_link,
        "setup_intent": facts.setup_intent,
        "subscription": facts.subscription,
    }
    return {kind: linked(facts, shape, kind, id) for kind, id in ids.items()}


def _money(facts: Facts, shape: Shape) -> dict[str, object]:
    """The amounts, and what they are made of."""
    return {
        "adaptive_pricing": {"enabled": True} if facts.mode != "setup" else None,
        "amount_subtotal": facts.amount_subtotal,
        "amount_total": facts.amount_total,
        "automatic_tax": _automatic_tax(facts, shape),
        "currency": facts.currency,
        "currency_conversion": None,
        "discounts": _discounts(facts, shape),
        "invoice_creation": _invoice_creation(facts, shape),
        "shipping_cost": _shipping_cost(facts, shape),
        "shipping_options": _shipping_options(facts, shape),
        "total_details": _total_details(facts, shape),
    }


def _settings(facts: Facts) -> dict[str, object]:
    """How the shop wants its page to be."""
    only_payment = facts.mode == "payment"
    return {
        "allow_promotion_codes": True if facts.one_in(4, "promotion") else None,
        "allowed_payment_method_types": None,
        "billing_address_collection": None,
        "branding_settings": {
            "background_color": "#ffffff",
            "border_style": "rounded",
            "button_color": "#0074d4",
            "display_name": "Sample Shop",
            "font_family": "default",
            "icon": None,
            "logo": None,
        },
        "consent_collection": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer_creation": _customer_creation(facts),
        "locale": "auto" if facts.one_in(3, "locale") else None,
        "managed_payments": {"enabled": False},
        "optional_items": [],
        "origin_context": None,
        "payment_method_collection": "always" if facts.mode == "subscription" else "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "link"],
        "permissions": None,
        "phone_number_collection": {"enabled": facts.one_in(5, "phone")},
        "saved_payment_method_options": {
            "allow_redisplay_filters": ["always"],
            "payment_method_remove": "disabled",
            "payment_method_save": None,
        }
        if facts.customer_id and facts.mode != "setup"
        else None,
        "shipping_address_collection": None,
        "submit_type": "pay" if only_payment and facts.one_in(6, "submit") else None,
        "tax_id_collection": {"enabled": False, "required": "never"},
        "wallet_options": None,
    }


def _by_version(facts: Facts, version: str) -> dict[str, object]:
    """The fields that went, moved or changed their words."""
    ui_mode = _ui_mode(facts)
    fields: dict[str, object] = {
        "ui_mode": _UI_MODES.get(ui_mode, ui_mode) if version >= DAHLIA else ui_mode
    }
    if version < SHIPPING_DETAILS:
        fields |= {"shipping": _shipping(facts), "shipping_rate": None}
    elif version < BASIL:
        fields["shipping_details"] = _shipping(
            facts, carrier=None, phone=None, tracking_number=None
        )
    return fields


def _when_used(facts: Facts, shape: Shape) -> dict[str, object]:
    """The fields that are absent, or null, where they do not apply."""
    fields: dict[str, object] = {}
    if not facts.hosted:
        if facts.status == "open":
            fields["client_secret"] = f"{facts.id}_secret_{facts.token('client', 40)}"
        fields["return_url"] = "https://shop.example.com/return?session={CHECKOUT_SESSION_ID}"
        if _ui_mode(facts) == "embedded":
            fields["redirect_on_completion"] = "always"
    paid = facts.payment_status == "paid"
    if paid and facts.amount_total and facts.one_in(10, "presentment"):
        fields["presentment_details"] = {
            "presentment_amount": facts.amount_total * 3,
            "presentment_currency": "cad",
        }
    if "line_items" in shape.expand:
        fields["line_items"] = line_items(facts, shape.version)
    return fields


def _ui_mode(facts: Facts) -> str:
    """The page's kind, in the words before 2026-03-25.dahlia; ``form`` has no other word."""
    if facts.hosted:
        return "hosted"
    if facts.one_in(3, "custom page"):
        return "custom"
    return "form" if facts.one_in(4, "form") else "embedded"


def _customer_creation(facts: Facts) -> str | None:
    if facts.customer_id:
        return None
    return "always" if facts.mode == "subscription" else "if_required"


def _customer_details(facts: Facts) -> dict[str, object] | None:
    buyer = facts.customer
    if buyer is None or (buyer.email or buyer.name or buyer.phone or buyer.address) is None:
        return None
    unfinished = facts.status in ("open", "expired")
    return {
        "address": attrs.asdict(buyer.address) if buyer.address else None,
        "business_name": None,
        "email": buyer.email,
        "individual_name": None,
        "name": buyer.name,
        "phone": buyer.phone,
        "tax_exempt": "none",
        "tax_ids": None if unfinished else [],
    }


def _collected_information(facts: Facts) -> dict[str, object] | None:
    shipping = _shipping(facts)
    if shipping is None and facts.one_in(3, "collected"):
        return None
    return {"business_name": None, "individual_name": None, "shipping_details": shipping}


def _shipping(facts: Facts, **more: object) -> dict[str, object] | None:
    buyer = facts.customer
    if facts.amount_shipping is None or buyer is None or buyer.address is None:
        return None
    return {"address": attrs.asdict(buyer.address), "name": buyer.name or NAME, **more}


def _shipping_rate(facts: Facts, shape: Shape, path: str) -> object:
    return linked(facts, shape, path, f"shr_{facts.token('rate', 24)}", "shipping_rate")


def _shipping_cost(facts: Facts, shape: Shape) -> dict[str, object] | None:
    amount = facts.amount_shipping
    if amount is None:
        return None
    cost: dict[str, object] = {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": _shipping_rate(facts, shape, "shipping_cost.shipping_rate"),
    }
    return cost | ({"taxes": []} if "shipping_cost.taxes" in shape.expand else {})


def _shipping_options(facts: Facts, shape: Shape) -> list[dict[str, object]]:
    if facts.amount_shipping is None:
        return []
    rate = _shipping_rate(facts, shape, "shipping_options.shipping_rate")
    return [{"shipping_amount": facts.amount_shipping, "shipping_rate": rate}]


def _liable(facts: Facts, shape: Shape, path: str) -> dict[str, object]:
    """Who owes the tax or issues the invoice: the account itself, or a connected one."""
    if not facts.one_in(3, "liable"):
        return {"type": "self"}
    id = f"acct_{facts.token('liable', 16)}"
    return {"account": linked(facts, shape, path, id, "account"), "type": "account"}


def _automatic_tax(facts: Facts, shape: Shape) -> dict[str, object]:
    if not facts.amount_tax:
        return {"enabled": False, "liability": None, "provider": None, "status": None}
    return {
        "enabled": True,
        "liability": _liable(facts, shape, "automatic_tax.liability.account"),
        "provider": "stripe",
        "status": "complete" if facts.status == "complete" else "requires_location_inputs",
    }


def _discounts(facts: Facts, shape: Shape) -> list[dict[str, object]]:
    if not facts.amount_discount:
        return []
    code = f"promo_{facts.token('code', 24)}" if facts.one_in(2, "code") else None
    coupon = facts.token("coupon", 8)
    return [
        {
            "coupon": linked(facts, shape, "discounts.coupon", coupon, "coupon"),
            "promotion_code": linked(
                facts, shape, "discounts.promotion_code", code, "promotion_code"
            ),
        }
    ]


def _invoice_creation(facts: Facts, shape: Shape) -> dict[str, object] | None:
    if facts.mode != "payment":
        return None
    path = "invoice_creation.invoice_data"
    tax_id = f"txi_{facts.token('tax id', 24)}"
    enabled = facts.one_in(8, "invoiced")
    taxed = [linked(facts, shape, f"{path}.account_tax_ids", tax_id, "tax_id")]
    return {
        "enabled": enabled,
        "invoice_data": {
            "account_tax_ids": taxed if enabled else None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": _liable(facts, shape, f"{path}.issuer.account") if enabled else None,
            "metadata": {},
            "rendering_options": None,
        },
    }


def _total_details(facts: Facts, shape: Shape) -> dict[str, object] | None:
    if facts.amount_discount is None and facts.amount_tax is None and facts.amount_shipping is None:
        return None
    details: dict[str, object] = {
        "amount_discount": facts.amount_discount or 0,
        "amount_shipping": facts.amount_shipping,
        "amount_tax": facts.amount_tax or 0,
    }
    if "total_details.breakdown" in shape.expand:
        details["breakdown"] = {"discounts": [], "taxes": []}
    return details
