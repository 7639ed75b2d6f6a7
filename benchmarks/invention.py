"""Invented checkout sessions: the same business facts as three providers would send them.

A shop's year: three times as many sessions at its end as at its beginning, few at night, fewer on
weekends. Everything comes from a seed, and nothing in it is anybody's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import accumulate
from random import Random
from string import ascii_letters, digits
from typing import Any

import attrs

YEAR = 365 * 86_400
END = 1_790_000_000
"""The Unix second at which the invented year ends, in September 2026."""
GROWTH = 3.0
NAMES = (
    *("Ada Example", "Jenny Sample", "Mei Placeholder", "Maximiliana Dummy", "Bo Nobody") * 4,
    *("Zoë Müster", "João Exemplo", "Łucja Przykładowa"),
)
CITIES = (
    *(("Exampleton", "CA", "00001", "US"), ("Sampleville", "NY", "00002", "US")) * 5,
    *(("Köln", None, "00003", "DE"), ("京都市", None, "000-0004", "JP")),
)
CURRENCIES = ("usd", "usd", "usd", "eur", "gbp", "jpy")


@attrs.frozen(kw_only=True)
class Fact:
    """One checkout session as the shop would tell it."""

    index: int
    """Its place in the list, newest first."""
    created: int
    status: str
    name: str
    email: str
    phone: str | None
    city: tuple[str, str | None, str, str]
    street: str
    currency: str
    subtotal: int
    discount: int
    shipping: int
    tax: int
    reference: str
    token: str
    """Random characters that ids are made of."""

    @property
    def total(self) -> int:
        return self.subtotal - self.discount + self.shipping + self.tax

    @property
    def complete(self) -> bool:
        return self.status == "complete"


def facts(count: int, seed: int) -> list[Fact]:
    """So many facts of the year before ``END``, newest first."""
    random = Random(seed)
    return [_fact(index, created, random) for index, created in enumerate(_moments(count, random))]


def _moments(count: int, random: Random) -> list[int]:
    hours = range(YEAR // 3600)
    weights = accumulate(_traffic(hour) for hour in hours)
    chosen = random.choices(hours, cum_weights=list(weights), k=count)
    start = END - YEAR
    return sorted((start + hour * 3600 + random.randrange(3600) for hour in chosen), reverse=True)


def _traffic(hour: int) -> float:
    """How busy the shop is in an hour of the year."""
    growth: float = GROWTH ** (hour * 3600 / YEAR)
    by_day = 0.15 if hour % 24 < 6 else 1.0 if hour % 24 < 17 else 1.6
    return growth * by_day * (0.6 if hour // 24 % 7 > 4 else 1.0)


def _fact(index: int, created: int, random: Random) -> Fact:
    subtotal = random.randrange(500, 40_000)
    return Fact(
        index=index,
        created=created,
        status=random.choices(("complete", "expired", "open"), (70, 27, 3))[0],
        name=random.choice(NAMES),
        email=f"buyer{random.randrange(20_000)}@example.com",
        phone=f"+1202555{random.randrange(10_000):04}" if random.random() < 0.5 else None,
        city=random.choice(CITIES),
        street=f"{random.randrange(1, 999)} Sample Street",
        currency=random.choice(CURRENCIES),
        subtotal=subtotal,
        discount=subtotal // 10 if random.random() < 0.2 else 0,
        shipping=random.choice((0, 499, 999)),
        tax=subtotal // 12,
        reference=f"order-{random.randrange(10**8):08}",
        token="".join(random.choices(ascii_letters + digits, k=48)),
    )


def _address(fact: Fact) -> dict[str, Any]:
    city, state, postal_code, country = fact.city
    return {
        "city": city,
        "country": country,
        "line1": fact.street,
        "line2": None,
        "postal_code": postal_code,
        "state": state,
    }


def _metadata(fact: Fact) -> dict[str, str]:
    return {
        "order_id": fact.reference,
        "channel": "web",
        "campaign": "autumn-newsletter",
        "cart": f"sku-{fact.token[:4]}:2,sku-{fact.token[4:8]}:1",
        "warehouse": "north-3",
    }


def _stripe(fact: Fact, id: str) -> dict[str, Any]:
    address = _address(fact)
    details: dict[str, Any] = {
        "address": address,
        "business_name": None,
        "email": fact.email,
        "individual_name": None,
        "name": fact.name,
        "phone": fact.phone,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    url = f"https://checkout.stripe.com/c/pay/{id}#{fact.token * 5}"
    return {
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": True},
        "after_expiration": None,
        "allow_promotion_codes": True,
        "amount_subtotal": fact.subtotal,
        "amount_total": fact.total,
        "automatic_tax": {
            "enabled": True,
            "liability": {"type": "self"},
            "provider": "stripe",
            "status": "complete",
        },
        "billing_address_collection": "auto",
        "branding_settings": {
            "background_color": "#ffffff",
            "border_style": "rounded",
            "button_color": "#0074d4",
            "display_name": "Example Shop",
        },
        "cancel_url": "https://shop.example.com/cart",
        "client_reference_id": fact.reference,
        "client_secret": None,
        "collected_information": {
            "business_name": None,
            "individual_name": None,
            "shipping_details": {"address": address, "name": fact.name},
        }
        if fact.complete
        else None,
        "consent": None,
        "consent_collection": None,
        "created": fact.created,
        "currency": fact.currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": f"cus_{fact.token[:14]}" if fact.complete else None,
        "customer_account": None,
        "customer_creation": "if_required",
        "customer_details": None if fact.status == "open" else details,
        "customer_email": fact.email,
        "discounts": [{"coupon": None, "promotion_code": f"promo_{fact.token[:24]}"}]
        if fact.discount
        else [],
        "expires_at": fact.created + 86_400,
        "invoice": None,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": "auto",
        "metadata": _metadata(fact),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": f"pi_{fact.token[:24]}" if fact.complete else None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": {"id": f"pmc_{fact.token[24:]}", "parent": None},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "link", "klarna"],
        "payment_status": "paid" if fact.complete else "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": True},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": {"allowed_countries": ["DE", "JP", "US"]},
        "shipping_cost": {
            "amount_subtotal": fact.shipping,
            "amount_tax": 0,
            "amount_total": fact.shipping,
            "shipping_rate": f"shr_{fact.token[:24]}",
        },
        "shipping_options": [
            {"shipping_amount": amount, "shipping_rate": f"shr_{fact.token[:22]}{amount % 100:02}"}
            for amount in (0, 499, 999)
        ],
        "status": fact.status,
        "submit_type": None,
        "subscription": None,
        "success_url": "https://shop.example.com/thanks?session_id={CHECKOUT_SESSION_ID}",
        "total_details": {
            "amount_discount": fact.discount,
            "amount_shipping": fact.shipping,
            "amount_tax": fact.tax,
        },
        "ui_mode": "hosted",
        "url": url if fact.status == "open" else None,
        "wallet_options": None,
    }


def _leanrails(fact: Fact, id: str) -> dict[str, Any]:
    details = {
        "address": _address(fact),
        "email": fact.email,
        "name": fact.name,
        "phone": fact.phone,
    }
    return {
        "id": id,
        "object": "checkout.session",
        "created": fact.created,
        "amount_subtotal": fact.subtotal,
        "amount_total": fact.total,
        "billing_address_collection": "auto",
        "cancel_url": "https://shop.example.com/cart",
        "client_reference_id": fact.reference,
        "currency": fact.currency,
        "customer": f"cus_{fact.token[:14]}" if fact.complete else None,
        "customer_creation": "if_required",
        "customer_details": details if fact.complete else None,
        "customer_email": fact.email,
        "expires_at": fact.created + 86_400,
        "livemode": False,
        "metadata": _metadata(fact),
        "mode": "payment",
        "payment_intent": f"pi_{fact.token[:24]}" if fact.complete else None,
        "payment_status": "paid" if fact.complete else "unpaid",
        "phone_number_collection": True,
        "shipping_details": {"address": _address(fact), "name": fact.name},
        "status": fact.status,
        "success_url": "https://shop.example.com/thanks?session_id={CHECKOUT_SESSION_ID}",
        "total_details": {
            "amount_discount": fact.discount,
            "amount_shipping": fact.shipping,
            "amount_tax": fact.tax,
        },
        "ui_mode": "hosted",
        "url": f"https://checkout.leanrails.com/c/{id}" if fact.status == "open" else None,
    }


def _flex(fact: Fact, id: str) -> dict[str, Any]:
    return {
        "checkout_session_id": id,
        "created_at": fact.created,
        "allow_promotion_codes": True,
        "amount_received": fact.total if fact.complete else 0,
        "amount_refunded": 0,
        "amount_subtotal": fact.subtotal,
        "amount_total": fact.total,
        "cancel_url": "https://shop.example.com/cart",
        "capture_method": "automatic",
        "client_reference_id": fact.reference,
        "customer": f"fcus_{fact.token[:24]}" if fact.complete else None,
        "defaults": {
            "email": fact.email,
            "first_name": None,
            "last_name": None,
            "phone": fact.phone,
        },
        "disputes": [],
        "expires_at": fact.created + 86_400,
        "hsa_fsa_eligible": True,
        "metadata": _metadata(fact),
        "mode": "payment",
        "payment_intent": f"fpi_{fact.token[:24]}" if fact.complete else None,
        "redirect_url": f"https://checkout.withflex.com/pay/{id}",
        "shipping_details": {"address": _address(fact), "name": fact.name},
        "status": fact.status,
        "success_url": "https://shop.example.com/thanks",
        "test_mode": True,
        "total_details": {
            "amount_discount": fact.discount,
            "amount_shipping": fact.shipping,
            "amount_tax": fact.tax,
        },
    }


@attrs.frozen(kw_only=True)
class Shape:
    """How one provider sends a session."""

    render: Callable[[Fact, str], dict[str, Any]]
    prefix: str
    """What ids begin with; eight digits follow: two for the era, six for the index."""
    created: str
    """The name of the field that tells the second of creation."""

    def id(self, fact: Fact) -> str:
        """The id of a fact in the present era."""
        return f"{self.prefix}00{fact.index:06}{fact.token}"

    def row(self, fact: Fact) -> bytes:
        """A fact as the provider sends it, indented as Stripe does."""
        session = self.render(fact, self.id(fact))
        return json.dumps(session, indent=2, ensure_ascii=False).encode()


SHAPES: Mapping[str, Shape] = {
    "stripe": Shape(render=_stripe, prefix="cs_test_a1", created="created"),
    "leanrails": Shape(render=_leanrails, prefix="cs_", created="created"),
    "flex": Shape(render=_flex, prefix="fcs_01", created="created_at"),
}
