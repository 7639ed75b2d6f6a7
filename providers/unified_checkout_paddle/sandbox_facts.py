"""Business facts as Paddle would hold them.

Sources: the pages of transactions, of their ``origin`` and ``status``, and the description's
patterns of ids.
"""

from __future__ import annotations

from hashlib import shake_256
from uuid import UUID

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts

# fmt: off
CURRENCIES = frozenset((
    "ars", "aud", "brl", "cad", "chf", "clp", "cny", "cop", "czk", "dkk", "eur", "gbp", "hkd",
    "huf", "ils", "inr", "jpy", "krw", "mxn", "nok", "nzd", "pen", "pln", "rub", "sek", "sgd",
    "thb", "try", "twd", "uah", "usd", "vnd", "zar",
))
# fmt: on
INVOICED = frozenset(("eur", "gbp", "usd"))
"""The currencies of invoices."""

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Those of a ULID."""
_KINDS = ("renewal", "invoice", "other")
_MOST_AHEAD = 570
_LEAST_AHEAD = 47
"""Milliseconds by which the clock in an id runs before ``created_at``."""


def adopted(facts: Facts, reference_key: str | None) -> Facts:
    """The facts as Paddle would hold them; see ``PaddleSandbox``."""
    id = _transaction_id(facts)
    currency = facts.currency if facts.currency in CURRENCIES else "usd"
    kind = _kind(facts, currency)
    finished = facts.status in ("complete", "paid")
    status = facts.status if finished or facts.status == "canceled" else "open"
    held = attrs.evolve(
        _referred(facts, reference_key),
        id=id,
        kind=kind,
        status=status,
        mode=_mode(facts, kind),
        currency=currency,
        expires_at=None,
        customer=_buyer(facts, status, kind),
        url=f"https://shop.example.com/pay?_ptxn={id}" if kind != "invoice" else None,
        livemode=False,
        customer_email=None,
        customer_account=None,
        setup_intent=None,
        payment_link=None,
        success_url=None,
        cancel_url=None,
    )
    held = _priced(held, finished)
    return attrs.evolve(
        held,
        payment_intents=_attempts(facts, held),
        subscription=_subscription(held),
        invoice=_invoice(held),
    )


def own_id(prefix: str, text: str) -> str:
    """An id in the form of Paddle's, always the same for a text.

    >>> own_id("ctm", "cus_1") == own_id("ctm", "cus_1"), len(own_id("ctm", "cus_1"))
    (True, 30)
    """
    digest = shake_256(f"{prefix}:{text}".encode()).digest(24)
    return f"{prefix}_01" + "".join(_LETTERS[byte % 32] for byte in digest)


def own_uuid(text: str) -> str:
    """A UUID, always the same for a text."""
    return str(UUID(bytes=shake_256(text.encode()).digest(16), version=4))


def word(facts: Facts) -> str:
    """Paddle's word for the status of adopted facts."""
    if facts.status != "open":
        return "completed" if facts.status == "complete" else str(facts.status)
    if facts.kind == "checkout":
        return "draft" if facts.customer is None else "ready"
    if facts.kind == "invoice":
        return "ready" if facts.one_in(4, "not issued") else _overdue(facts)
    return "past_due"


def origin(facts: Facts) -> str:
    """How adopted facts came to be, in Paddle's words."""
    if facts.kind == "renewal" or (facts.kind == "invoice" and facts.subscription):
        return "subscription_recurring"
    if facts.kind == "other":
        changed = facts.one_in(2, "changed plan")
        return "subscription_update" if changed else "subscription_charge"
    if facts.mode == "setup":
        return "subscription_payment_method_change"
    return "api" if facts.kind == "invoice" or facts.one_in(4, "by the API") else "web"


def credit(facts: Facts) -> int:
    """What of the total of adopted facts is paid by credit."""
    total = facts.amount_total or 0
    return total // 4 if total > 0 and facts.one_in(9, "credit") else 0


def grand_total(facts: Facts) -> int:
    """What is due after credits: never less than nothing."""
    return max(0, (facts.amount_total or 0) - credit(facts))


def _overdue(facts: Facts) -> str:
    return "past_due" if facts.one_in(3, "overdue") else "billed"


def _transaction_id(facts: Facts) -> str:
    """A ULID whose clock runs ahead of ``created_at``."""
    spread = int.from_bytes(shake_256(f"ahead:{facts.serial}".encode()).digest(4), "big")
    ahead = _LEAST_AHEAD + spread % (_MOST_AHEAD - _LEAST_AHEAD)
    moment = max(0, facts.created * 1000 - ahead)
    clock = "".join(_LETTERS[moment >> shift & 31] for shift in range(45, -1, -5))
    return f"txn_{clock}{facts.token('transaction', 16, _LETTERS)}"


def _kind(facts: Facts, currency: str) -> str:
    """As told, where Paddle has it; a share of the checkouts are renewals and the like."""
    kind = facts.kind if facts.kind in _KINDS else "checkout"
    if kind == "checkout" and facts.mode != "setup":
        shares = {"renewal": 8, "invoice": 12, "other": 16}
        kind = next((one for one, share in shares.items() if facts.one_in(share, one)), kind)
    return kind if kind != "invoice" or currency in INVOICED else "checkout"


def _mode(facts: Facts, kind: str) -> str:
    if kind in ("renewal", "other"):
        return "subscription"
    if facts.mode == "setup" and kind == "checkout":
        return "setup"
    return "subscription" if facts.mode == "subscription" else "payment"


def _buyer(facts: Facts, status: str | None, kind: str) -> Customer | None:
    """Everybody is a customer with an address, but in a draft nobody is anybody yet."""
    if status == "open" and kind == "checkout" and _is_draft(facts):
        return None
    told = facts.customer or Customer()
    email = told.email or f"buyer-{facts.token('buyer', 6, _LETTERS)}@example.com"
    return attrs.evolve(
        told,
        id=own_id("ctm", told.id or email),
        email=email,
        phone=None,
        address=told.address or Address(country="US"),
    )


def _is_draft(facts: Facts) -> bool:
    return facts.customer is None or facts.one_in(3, "draft")


def _referred(facts: Facts, key: str | None) -> Facts:
    """With the merchant's reference in its own data, if it stands there under some key."""
    reference = facts.client_reference_id
    if key is None or reference is None:
        return attrs.evolve(facts, client_reference_id=None)
    return attrs.evolve(facts, metadata={**(facts.metadata or {}), key: reference})


def _priced(facts: Facts, finished: bool) -> Facts:
    """With amounts: none is ever missing, and all that is due is received at once."""
    downgraded = facts.kind == "other" and facts.one_in(3, "downgraded")
    sign = -1 if downgraded else 1
    facts = attrs.evolve(
        facts,
        amount_total=sign * (facts.amount_total or 0),
        amount_subtotal=sign * (facts.amount_subtotal or 0),
        amount_discount=facts.amount_discount or 0,
        amount_tax=sign * (facts.amount_tax or 0),
        amount_shipping=None,
    )
    received = grand_total(facts) if finished else 0
    disputed = bool(facts.disputed) and received > 0
    return attrs.evolve(
        facts,
        payment_status=_payment_status(finished, received),
        amount_received=received,
        amount_refunded=min(facts.amount_refunded or 0, received),
        disputed=disputed,
        amount_disputed=min(facts.amount_disputed or 0, received) if disputed else 0,
    )


def _payment_status(finished: bool, received: int) -> str:
    if not finished:
        return "unpaid"
    return "paid" if received else "no_payment_required"


def _attempts(told: Facts, held: Facts) -> tuple[str, ...]:
    """The attempts to pay, the captured one first; what was told to have failed has one."""
    if held.amount_received:
        known = told.payment_intents or (f"pi:{told.serial}",)
        return tuple(own_uuid(one) for one in known)
    failed = told.status == "failed" and held.kind == "checkout" and held.customer is not None
    return (own_uuid(f"pi:{told.serial}"),) if failed else ()


def _subscription(facts: Facts) -> str | None:
    """Filled in on the way from paid to completed, unless there was a subscription before."""
    new = facts.kind == "checkout" and facts.mode == "subscription"
    if facts.mode == "payment" or (new and facts.status != "complete"):
        return None
    return own_id("sub", facts.subscription or facts.serial)


def _invoice(facts: Facts) -> str | None:
    """The number of the invoice, missing for a moment after it was paid."""
    billed = facts.kind == "invoice" and facts.status == "open" and word(facts) != "ready"
    if facts.status != "complete" and not billed:
        return None
    digits = facts.token("invoice", 8, "0123456789")
    return f"{digits[:3]}-{digits[3:]}"
