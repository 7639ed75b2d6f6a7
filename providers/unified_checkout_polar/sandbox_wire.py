"""A checkout session as Polar writes it.

Sources: Polar's OpenAPI description (2026-04); its own package, which reads a few fields more; and
recorded payloads for what usually stands there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import shake_256
from uuid import UUID

from unified_checkout.sandbox import Facts

_INTERVAL = "month"
_ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


def uuid(text: str) -> str:
    """A UUID of version 4 that looks random and is always the same for a text."""
    return str(UUID(bytes=shake_256(text.encode()).digest(16), version=4))


ORGANIZATION = uuid("organization")
"""The one organization of the sandbox."""


@lru_cache(maxsize=10_000)
def moment(seconds: int) -> str:
    """A time without decimals, as it is written where there are none."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def product_id(facts: Facts) -> str:
    """The product of a session: each has its own."""
    return uuid(f"product:{facts.serial}")


def external_id(facts: Facts) -> str | None:
    """The shop's own id of the customer, which not every customer has."""
    if facts.customer_id is None:
        return f"user-{facts.token('external', 6)}" if facts.one_in(4, "external") else None
    return None if facts.customer_id[0] in "0123" else f"user-{facts.customer_id[:8]}"


def on_trial(facts: Facts) -> bool:
    """Whether the subscription begins with a trial, so that nothing is paid yet."""
    return facts.mode == "subscription" and facts.one_in(4, "trial")


def address_of(facts: Facts, word: str) -> str | None:
    """The one field for what was filled in beforehand, and for what the buyer typed."""
    return facts.customer_email if word in ("open", "expired") else facts.email


def checkout(facts: Facts, word: str) -> dict[str, object]:
    """The checkout object.

    Args:
        facts: the session, as Polar holds it.
        word: Polar's word for its status.
    """
    recurring = facts.mode == "subscription"
    paid_now = facts.payment_status != "no_payment_required"
    product = None if facts.mode is None else _product(facts, recurring)
    secret = f"polar_c_{facts.token('secret', 40)}"
    trial = on_trial(facts)
    total, discount = facts.amount_total or 0, facts.amount_discount or 0
    external = external_id(facts)
    return {
        "id": facts.id,
        "created_at": moment(facts.created),
        "modified_at": None if word == "open" else moment(facts.created + 90),
        "custom_field_data": {},
        "payment_processor": "stripe",
        "status": word,
        "client_secret": secret,
        "url": facts.url,
        "expires_at": moment(facts.expires_at or facts.created),
        "success_url": facts.success_url,
        "return_url": facts.cancel_url,
        "embed_origin": None if facts.hosted else "https://shop.example.com",
        "amount": facts.amount_subtotal,
        **dict.fromkeys(("seats", "min_seats", "max_seats", "units", "min_units", "max_units")),
        "discount_amount": discount,
        "net_amount": (facts.amount_subtotal or 0) - discount,
        "tax_amount": facts.amount_tax,
        "tax_behavior": None if facts.amount_tax is None else "exclusive",
        "total_amount": total,
        "currency": facts.currency,
        "allow_trial": True,
        "active_trial_interval": _INTERVAL if trial else None,
        "active_trial_interval_count": 1 if trial else None,
        "trial_end": moment(facts.created + 30 * 86_400) if trial else None,
        "organization_id": ORGANIZATION,
        "product_id": None if product is None else product["id"],
        "product_price_id": None if product is None else _price(facts)["id"],
        "discount_id": uuid("discount") if discount else None,
        "allow_discount_codes": True,
        "require_billing_address": False,
        "is_discount_applicable": True,
        "is_free_product_price": facts.amount_subtotal == 0,
        "is_payment_required": paid_now,
        "is_payment_setup_required": recurring,
        "is_payment_form_required": paid_now or recurring,
        "customer_id": facts.customer_id,
        "is_business_customer": False,
        "customer_name": facts.customer.name if facts.customer else None,
        "customer_email": address_of(facts, word),
        "customer_ip_address": "2001:db8::1",
        "customer_billing_name": None,
        "customer_billing_address": _billing_address(facts),
        "customer_tax_id": None,
        "locale": "en-US" if facts.one_in(3, "locale") else None,
        "payment_method_type": "card" if word == "succeeded" else None,
        "payment_processor_metadata": _processor_metadata(facts, word),
        "billing_address_fields": dict.fromkeys(_ADDRESS, "disabled") | {"country": "required"},
        "trial_interval": None,
        "trial_interval_count": None,
        "metadata": {key: _loosely(facts, text) for key, text in (facts.metadata or {}).items()},
        "external_customer_id": external,
        "customer_external_id": external,
        "products": [] if product is None else [product],
        "product": product,
        "product_price": None if product is None else _price(facts),
        "prices": None if product is None else {product_id(facts): [_price(facts)]},
        "discount": _discount(facts) if discount else None,
        "subscription_id": facts.subscription,
        "attached_custom_fields": [],
        "customer_metadata": {},
    }


def _loosely(facts: Facts, text: str) -> str | int | bool:
    """Metadata may be numbers and booleans, too: of some sessions they are."""
    if not facts.one_in(2, "loose metadata"):
        return text
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() and text == str(int(text)) else text


def _billing_address(facts: Facts) -> dict[str, object] | None:
    address = facts.customer.address if facts.customer else None
    if address is None:
        return None
    return {name: getattr(address, name) for name in _ADDRESS}


def _processor_metadata(facts: Facts, word: str) -> dict[str, str]:
    metadata = {"publishable_key": "pk_test_obviously_fake"}
    if word != "open":
        metadata["intent_client_secret"] = f"pi_{facts.token('intent', 12)}_secret_obviously_fake"
        metadata["intent_status"] = "succeeded" if word == "succeeded" else "requires_action"
    return metadata


def _product(facts: Facts, recurring: bool) -> dict[str, object]:
    return {
        "id": product_id(facts),
        "created_at": moment(facts.created - 86_400),
        "modified_at": None,
        "trial_interval": _INTERVAL if on_trial(facts) else None,
        "trial_interval_count": 1 if on_trial(facts) else None,
        "name": "Guide",
        "description": None,
        "visibility": "public",
        "recurring_interval": _INTERVAL if recurring else None,
        "recurring_interval_count": 1 if recurring else None,
        "meter_interval": None,
        "meter_interval_count": None,
        "is_recurring": recurring,
        "is_archived": facts.one_in(9, "archived"),
        "organization_id": ORGANIZATION,
        "prices": [_price(facts)],
        "benefits": [],
        "medias": [],
    }


def _price(facts: Facts) -> dict[str, object]:
    return {
        "created_at": moment(facts.created - 86_400),
        "modified_at": None,
        "id": uuid(f"price:{facts.serial}"),
        "source": "catalog",
        "amount_type": "fixed",
        "price_currency": facts.currency,
        "tax_behavior": None,
        "is_archived": False,
        "product_id": product_id(facts),
        "price_amount": facts.amount_subtotal,
    }


def _discount(facts: Facts) -> dict[str, object]:
    return {
        "duration": "once",
        "type": "fixed",
        "amount": facts.amount_discount,
        "currency": facts.currency,
        "amounts": {facts.currency: facts.amount_discount},
        "id": uuid("discount"),
        "name": "Autumn",
        "code": None,
    }
