"""A session as Stripe's object: one table.

An account at Stripe has its own objects handed out. Of all others every field that Stripe's types
require is sent; what is not known is null where null is allowed, and filled where it is not.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import attrs
import msgspec

from unified_checkout.model.session import Address, Customer, Session
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus

DIALECT = "stripe"
"""The provider whose dialect this is: accounts there have their objects handed out as they are."""
VERSION = "2026-10-28.endive"
"""The version of the shape that is served."""
DAY = 86_400
"""Seconds that a session lives where nobody says; Stripe's longest."""

STATUSES = {
    SessionStatus.OPEN: "open",
    SessionStatus.COMPLETE: "complete",
    SessionStatus.EXPIRED: "expired",
    SessionStatus.CANCELED: "expired",
    SessionStatus.FAILED: "expired",
}
PAYMENT_STATUSES = {
    PaymentStatus.PAID: "paid",
    PaymentStatus.UNPAID: "unpaid",
    PaymentStatus.NO_PAYMENT_REQUIRED: "no_payment_required",
}
MODES = {
    SessionMode.PAYMENT: "payment",
    SessionMode.SUBSCRIPTION: "subscription",
    SessionMode.SETUP: "setup",
}

# fmt: off
EXPONENTS = {
    "bif": 0, "clp": 0, "djf": 0, "gnf": 0, "jpy": 0, "kmf": 0, "krw": 0, "mga": 0,
    "pyg": 0, "rwf": 0, "vnd": 0, "vuv": 0, "xaf": 0, "xof": 0, "xpf": 0,
    "bhd": 3, "jod": 3, "kwd": 3, "omr": 3, "tnd": 3,
}
# fmt: on
"""Stripe's minor units; every other currency has two decimals, isk and ugx among them."""
_USUAL_EXPONENT = 2
_LARGEST = 2**53 - 1
"""Beyond it, a number is not exact in JavaScript."""
_LATEST = 4_999_999_999
"""Beyond it, .NET takes seconds for milliseconds."""

_NULL = msgspec.Raw(b"null")
_EMPTY = msgspec.Raw(b"[]")
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()
_HIDDEN_PAGES = ("client_secret", "url")
_HIDDEN_BUYERS = {
    "collected_information": _NULL,
    "custom_fields": _EMPTY,
    "customer_details": _NULL,
    "customer_email": _NULL,
    "shipping": _NULL,
    "shipping_address": _NULL,
    "shipping_details": _NULL,
}
_PAGES_BELOW = frozenset(("pdf", "secret", "url"))
"""Of these words one is in the name of whatever opens a page."""

_NULLS = (
    *("adaptive_pricing", "after_expiration", "allow_promotion_codes"),
    *("allowed_payment_method_types", "billing_address_collection", "collected_information"),
    *("consent", "consent_collection", "currency_conversion", "customer_creation", "discounts"),
    *("integration_identifier", "invoice_creation", "locale", "managed_payments"),
    *("origin_context", "payment_method_collection", "payment_method_configuration_details"),
    *("payment_method_options", "permissions", "recovered_from", "saved_payment_method_options"),
    *("shipping_address_collection", "shipping_cost", "submit_type", "ui_mode", "wallet_options"),
)
"""Settings of a hosted page, which no other provider has."""


NEVER_NULL = (
    *("id", "object", "automatic_tax", "created", "custom_fields", "custom_text", "expires_at"),
    *("livemode", "mode", "payment_method_types", "payment_status", "shipping_options"),
)
"""What typed readers read without asking whether it is null."""
_KEYS = frozenset(
    (
        *NEVER_NULL,
        *_NULLS,
        *("amount_subtotal", "amount_total", "cancel_url", "client_reference_id", "client_secret"),
        *("currency", "customer", "customer_account", "customer_details", "customer_email"),
        *("invoice", "metadata", "payment_intent", "payment_link", "setup_intent", "status"),
        *("subscription", "success_url", "total_details", "url"),
    )
)

_ALL_NULL = dict.fromkeys(sorted(_KEYS), _NULL)


@attrs.frozen(kw_only=True)
class Sight:
    """What a token may see, and under which ids."""

    pages: bool = False
    """The addresses of hosted pages, which are bearer secrets."""
    buyers: bool = False
    """Who the buyers are."""
    expanded: tuple[str, ...] = ()
    """The related objects that were asked for."""


def stripes_units(amount: int | None, currency: str | None, exponent: int | None) -> int | None:
    """An amount in Stripe's minor units; None where that is not exact.

    >>> stripes_units(500, "isk", 0), stripes_units(1999, "usd", 2), stripes_units(5, "jpy", 2)
    (50000, 1999, None)
    """
    if amount is None or currency is None or exponent is None:
        return None
    shift = EXPONENTS.get(currency, _USUAL_EXPONENT) - exponent
    whole, rest = (amount * 10**shift, 0) if shift >= 0 else divmod(amount, 10**-shift)
    return None if rest or abs(whole) > _LARGEST else whole


def shown(session: Session, id: str, sight: Sight, *, livemode: bool) -> bytes:
    """A session as Stripe's JSON.

    Args:
        session: any provider's.
        id: what it is called here.
        sight: what may be seen.
        livemode: whether the account's key is a live one, where the session does not tell.
    """
    if session.provider == DIALECT:
        return _as_it_is(session, id, sight, livemode=livemode)
    return _ENCODER.encode(_mapped(session, id, sight, livemode=livemode))


def _as_it_is(session: Session, id: str, sight: Sight, *, livemode: bool) -> bytes:
    """Stripe's own object, without what may not be seen, and with what ours adds.

    An object of an older version lacks fields, which are filled as for any other provider; so is
    null where it is not allowed.
    """
    held = _FIELDS.decode(session.raw_bytes)
    if id != session.id:
        held["id"] = msgspec.Raw(_ENCODER.encode(id))
    assumed = sorted(name for name in NEVER_NULL if held.get(name, _NULL) == _NULL)
    if assumed or not held.keys() >= _KEYS:
        ours = _mapped(session, id, sight, livemode=livemode) if assumed else {}
        held |= {name: msgspec.Raw(_ENCODER.encode(ours[name])) for name in assumed}
        held = {**_ALL_NULL, **held}
    if not sight.pages:
        for name in _HIDDEN_PAGES:
            if name in held:
                held[name] = _NULL
        for name in ("after_expiration", *(path.split(".")[0] for path in sight.expanded)):
            if name in held and held[name] != _NULL:
                held[name] = msgspec.Raw(_ENCODER.encode(_without_pages(_decoded(held[name]))))
    if not sight.buyers:
        for name, instead in _HIDDEN_BUYERS.items():
            if name in held:
                held[name] = instead
    held["unified_checkout"] = msgspec.Raw(_ENCODER.encode(_told(session, assumed)))
    return _ENCODER.encode(held)


def _decoded(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)


def _without_pages(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_pages(one) for one in value]
    if isinstance(value, dict):
        return {
            name: None if _opens_a_page(name, one) else _without_pages(one)
            for name, one in value.items()
        }
    return value


def _opens_a_page(name: str, value: Any) -> bool:
    """Whether a field is a bearer secret; a list's ``url`` is a path, by which it is asked for."""
    if not isinstance(value, str) or _PAGES_BELOW.isdisjoint(name.split("_")):
        return False
    return name != "url" or not value.startswith("/")


def _told(session: Session, assumed: list[str]) -> dict[str, Any]:
    """What stands beside Stripe's fields: the session in our words."""
    return {
        "account": session.account,
        "provider": session.provider,
        "id": session.id,
        "status": session.status,
        "payment_status": session.payment_status,
        "payment_intents": session.payment_intents,
        "assumed": assumed,
    }


def _mapped(session: Session, id: str, sight: Sight, *, livemode: bool) -> dict[str, Any]:
    created = _seconds(session.created)
    assumed = []
    status = STATUSES.get(session.status) if session.status is not None else None
    payment_status = PAYMENT_STATUSES.get(session.payment_status or PaymentStatus.UNKNOWN)
    if payment_status is None:
        payment_status = "unpaid"
        assumed.append("payment_status")
    mode = MODES.get(session.mode or SessionMode.UNKNOWN)
    if mode is None:
        mode = "payment"
        assumed.append("mode")
    if session.expires_at is None:
        expires_at = created + DAY
        assumed.append("expires_at")
    else:
        expires_at = _seconds(session.expires_at)
    if session.livemode is not None:
        livemode = session.livemode
    else:
        assumed.append("livemode")
    if session.currency_assumed:
        assumed.append("currency")
    intents = session.payment_intents
    return {
        "id": id,
        "object": "checkout.session",
        **dict.fromkeys(_NULLS),
        "amount_subtotal": _amount(session, session.amount_subtotal),
        "amount_total": _amount(session, session.amount_total),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "client_secret": None,
        "created": created,
        "currency": session.currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": _customer(session, sight),
        "customer_account": session.customer_account,
        "customer_details": _details(session.customer) if sight.buyers else None,
        "customer_email": session.customer_email if sight.buyers else None,
        "expires_at": expires_at,
        "invoice": session.invoice,
        "livemode": livemode,
        "metadata": dict(session.metadata or {}),
        "mode": mode,
        "payment_intent": intents[0] if len(intents) == 1 else None,
        "payment_link": session.payment_link,
        "payment_method_types": [],
        "payment_status": payment_status,
        "setup_intent": session.setup_intent,
        "shipping_options": [],
        "status": status,
        "subscription": session.subscription,
        "success_url": session.success_url,
        "total_details": _totals(session),
        "url": session.url if sight.pages else None,
        "unified_checkout": _told(session, assumed),
    }


def _seconds(moment: datetime) -> int:
    return min(max(math.floor(moment.timestamp()), 0), _LATEST)


def _amount(session: Session, amount: int | None) -> int | None:
    return stripes_units(amount, session.currency, session.currency_exponent)


def _totals(session: Session) -> dict[str, int | None] | None:
    """Null unless discount and tax are known, which Stripe's type requires."""
    discount, shipping, tax = (
        _amount(session, amount)
        for amount in (session.amount_discount, session.amount_shipping, session.amount_tax)
    )
    if discount is None or tax is None:
        return None
    return {"amount_discount": discount, "amount_shipping": shipping, "amount_tax": tax}


def _customer(session: Session, sight: Sight) -> str | dict[str, Any] | None:
    """The customer's id, or where it was to be expanded, what is known of the customer."""
    customer = session.customer
    if customer is None or customer.id is None:
        return None
    if "customer" not in sight.expanded or not sight.buyers:
        return customer.id
    return {
        "id": customer.id,
        "object": "customer",
        "address": _address(customer.address),
        "email": customer.email,
        "name": customer.name,
        "phone": customer.phone,
    }


def _details(customer: Customer | None) -> dict[str, Any] | None:
    if customer is None:
        return None
    known = (customer.email, customer.name, customer.phone, customer.address)
    if all(one is None for one in known):
        return None
    return {
        "address": _address(customer.address),
        "business_name": None,
        "email": customer.email,
        "individual_name": None,
        "name": customer.name,
        "phone": customer.phone,
        "tax_exempt": None,
        "tax_ids": None,
    }


def _address(address: Address | None) -> dict[str, str | None] | None:
    if address is None:
        return None
    return {
        "city": address.city,
        "country": address.country,
        "line1": address.line1,
        "line2": address.line2,
        "postal_code": address.postal_code,
        "state": address.state,
    }
