"""A billing request as GoCardless writes it: the row of a list, and the richer single object.

Sources: the resource classes of the official SDKs for the fields, and the answers of GoCardless's
sandbox that are kept in github.com/gocardless/gocardless-pro-android-sdk for what a row lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts

PATH = "/billing_requests"
STATUSES = ("pending", "ready_to_fulfil", "fulfilling", "fulfilled", "cancelled")
PLAN_CURRENCIES = ("usd", "cad")
"""Subscriptions and instalments can only be asked for where mandates are of ACH or PAD."""

_WORDS = {"paid": "fulfilling", "complete": "fulfilled", "canceled": "cancelled"}
_MANDATE_SCHEMES = {
    "aud": "becs",
    "cad": "pad",
    "dkk": "betalingsservice",
    "eur": "sepa_core",
    "gbp": "bacs",
    "nzd": "becs_nz",
    "sek": "autogiro",
    "usd": "ach",
}
_PAYMENT_SCHEMES = {"eur": "sepa_credit_transfer", "gbp": "faster_payments"}
_UPPER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@attrs.frozen(kw_only=True)
class GoCardlessFacts(Facts):
    """One billing request as GoCardless holds it."""

    ready: bool = False
    """Whether an open one lacks nothing more but to be fulfilled."""


def identifier(facts: Facts, prefix: str) -> str:
    """An id of GoCardless's for something that belongs to a billing request."""
    return prefix + facts.token(prefix, 13, _UPPER)


def word(facts: Facts) -> str:
    """GoCardless's word for the status."""
    if facts.status == "open":
        ready = isinstance(facts, GoCardlessFacts) and facts.ready
        return "ready_to_fulfil" if ready else "pending"
    return _WORDS[facts.status or "complete"]


def in_instalments(facts: Facts) -> bool:
    """Whether what is to be paid is paid on several days."""
    plain = facts.mode == "payment" and facts.currency in PLAN_CURRENCIES
    return plain and facts.amount_total is not None and facts.one_in(12, "instalments")


def with_mandate(facts: Facts) -> bool:
    """Whether a mandate is asked for, alone or beside the rest."""
    return facts.mode != "payment" or in_instalments(facts) or facts.one_in(5, "mandate too")


def billing_request(facts: Facts, *, alone: bool) -> dict[str, object]:
    """The object, as a list shows it or alone."""
    row: dict[str, object] = {
        "id": facts.id,
        "created_at": _moment(facts.created),
        "status": word(facts),
        "mandate_request": _mandate_request(facts),
        "payment_request": _payment_request(facts),
        "subscription_request": _subscription_request(facts),
        "instalment_schedule_request": _instalments(facts),
        "metadata": facts.metadata,
        "links": _links(facts),
        "fallback_enabled": facts.one_in(6, "fallback"),
        "fallback_occurred": False,
        "sign_flow_url": None,
    }
    if _is_old(facts):
        late = ("subscription_request", "instalment_schedule_request")
        row = {name: value for name, value in row.items() if name not in late or value is not None}
    return row | _alone(facts) if alone else row


def _alone(facts: Facts) -> dict[str, object]:
    """What only a single object has."""
    buyer = facts.customer or Customer()
    given, _, family = (buyer.name or "").partition(" ")
    address = buyer.address or Address()
    customer: dict[str, object] = {
        "id": buyer.id,
        "created_at": _moment(facts.created),
        "email": buyer.email,
        "given_name": given or None,
        "family_name": family or None,
        "company_name": None,
        "language": "en",
        "phone_number": buyer.phone,
        "metadata": {},
    }
    detail: dict[str, object] = {
        "id": identifier(facts, "CBD"),
        "created_at": _moment(facts.created),
        "address_line1": address.line1,
        "address_line2": address.line2,
        "address_line3": None,
        "city": address.city,
        "region": address.state,
        "postal_code": address.postal_code,
        "country_code": address.country,
        "swedish_identity_number": None,
        "danish_identity_number": None,
    }
    told = "pending" if facts.status == "open" and buyer.email is None else "completed"
    action: dict[str, object] = {
        "type": "collect_customer_details",
        "required": True,
        "completes_actions": [],
        "requires_actions": [],
        "status": told,
    }
    return {
        "creditor_name": "Example Shop",
        "actions": [action],
        "resources": {"customer": customer, "customer_billing_detail": detail},
    }


def _payment_request(facts: Facts) -> Mapping[str, object] | None:
    if facts.mode != "payment" or in_instalments(facts):
        return None
    currency = facts.currency or ""
    paid = {"payment": facts.payment_intents[0]} if facts.payment_intents else {}
    return {
        "description": "Order",
        "currency": currency.upper(),
        "amount": facts.amount_total,
        "min_amount": None,
        "max_amount": None,
        "default_min_amount": None,
        "default_max_amount": None,
        "app_fee": None,
        "scheme": _PAYMENT_SCHEMES.get(currency),
        "links": paid,
        "metadata": {},
        "flexible_amount": facts.amount_total is None,
        "reference": facts.client_reference_id,
        "funds_settlement": "direct" if facts.client_reference_id else "managed",
    }


def _mandate_request(facts: Facts) -> Mapping[str, object] | None:
    if not with_mandate(facts):
        return None
    made = {"mandate": facts.setup_intent} if facts.setup_intent else {}
    request: dict[str, object] = {
        "currency": facts.currency.upper() if facts.currency else None,
        "scheme": _MANDATE_SCHEMES.get(facts.currency or ""),
        "verify": "recommended",
        "links": made,
        "metadata": {},
        "description": None,
        "payer_requested_dual_signature": False,
    }
    return request if _is_old(facts) else {**request, "constraints": None, "sweeping": False}


def _subscription_request(facts: Facts) -> Mapping[str, object] | None:
    if facts.mode != "subscription":
        return None
    made = {"subscription": facts.subscription} if facts.subscription else {}
    return {
        "amount": 999,
        "app_fee": None,
        "count": None,
        "currency": (facts.currency or "").upper(),
        "day_of_month": None,
        "interval": 1,
        "interval_unit": "monthly",
        "links": made,
        "metadata": {},
        "month": None,
        "name": "Membership",
        "payment_reference": None,
        "retry_if_possible": False,
        "start_date": None,
    }


def _instalments(facts: Facts) -> Mapping[str, object] | None:
    if not in_instalments(facts):
        return None
    total = facts.amount_total or 0
    first = total // 2
    return {
        "total_amount": total,
        "app_fee": None,
        "currency": (facts.currency or "").upper(),
        "instalments_with_dates": [],
        "instalments_with_schedule": {
            "amounts": [first, total - first],
            "interval": 1,
            "interval_unit": "monthly",
            "start_date": None,
        },
        "links": {},
        "metadata": {},
        "name": "Two rates",
        "payment_reference": None,
        "retry_if_possible": False,
    }


def _links(facts: Facts) -> Mapping[str, object]:
    """The ids; what does not exist yet is absent."""
    mandate, plan = with_mandate(facts), in_instalments(facts)
    payment = facts.mode == "payment" and not plan
    subscription = facts.mode == "subscription"
    complete = facts.status == "complete"
    links = {
        "customer": facts.customer_id,
        "customer_billing_detail": identifier(facts, "CBD"),
        "customer_bank_account": identifier(facts, "BA") if complete and mandate else None,
        "creditor": "CR0000EXAMPLE1",
        "organisation": "OR0000EXAMPLE1",
        "payment_request": identifier(facts, "PRQ") if payment else None,
        "payment_request_payment": next(iter(facts.payment_intents), None),
        "mandate_request": identifier(facts, "MRQ") if mandate else None,
        "mandate_request_mandate": facts.setup_intent,
        "subscription_request": identifier(facts, "SBR") if subscription else None,
        "subscription_request_subscription": facts.subscription,
        "instalment_schedule_request": identifier(facts, "ISR") if plan else None,
        "instalment_schedule_request_instalment_schedule": (
            identifier(facts, "IS") if plan and complete else None
        ),
    }
    return {name: id for name, id in links.items() if id is not None}


def _is_old(facts: Facts) -> bool:
    """Whether it is shown in the shape of 2024, with fewer fields."""
    return facts.one_in(16, "recorded")


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
