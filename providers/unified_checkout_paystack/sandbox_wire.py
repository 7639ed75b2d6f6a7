"""Paystack's transactions and errors, as its samples show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Answer, Facts

Shape = Literal["list", "fetch", "fetch without entry point", "verify"]
"""How a transaction is written: in a list, alone by its id, or alone by its reference."""

PAID = ("success", "reversed")
SOURCES = {"merchant_api": "merchantApi", "pos": "pos"}
"""By the word that rows have for it: the word that the ``source`` parameter takes."""

_FAILURES = {
    400: ("The request is not valid", "validation_error", "invalid_params"),
    401: ("Invalid key", "validation_error", "invalid_Key"),
    403: ("IP address is not allowed", "validation_error", "forbidden"),
    404: ("Transaction not found", "validation_error", "transaction_not_found"),
    422: ("The request is not valid", "validation_error", "invalid_params"),
    429: ("Too many requests", "api_error", "rate_limited"),
}
_BROKEN = ("An error occurred", "api_error", "unknown")
_STEPS = {
    401: "Ensure that you provide the correct authorization key for the request",
    429: "Wait until the window ends before you ask again",
}
_ALONE: dict[str, object] = {"receipt_number": None, "helpdesk_link": None, "fees_breakdown": None}
"""What only a single transaction has."""


@attrs.frozen(kw_only=True)
class PaystackFacts(Facts):
    """One transaction as Paystack holds it: ``amount_total`` is what was asked."""

    word: str
    """Paystack's own word for the status."""
    entry_point: str | None
    """How it was begun; None where the row says nothing of its source."""
    channel: str
    opened: bool
    """Whether a buyer ever came to its page."""

    @property
    def amount(self) -> int:
        """What was charged: with the fees, if they are passed on to the buyer."""
        return (self.amount_total or 0) if self.amount_received is None else self.amount_received

    @property
    def source(self) -> str:
        """Who began it, in the words of rows."""
        return "pos" if self.channel == "pos" else "merchant_api"

    @property
    def terminal(self) -> str | None:
        """The terminal it was taken at."""
        return self.token("terminal", 8, "0123456789") if self.channel == "pos" else None

    @property
    def account_number(self) -> str | None:
        """The dedicated account it was transferred to."""
        dedicated = self.channel == "dedicated_nuban"
        return self.token("account", 10, "0123456789") if dedicated else None

    @property
    def customer_code(self) -> str:
        """The customer's code, the same for all transactions of one."""
        return f"CUS_{Facts(serial=self.customer_id or '', created=0).token('code', 15)}"


def transaction(facts: PaystackFacts, shape: Shape) -> dict[str, object]:
    """A transaction as Paystack writes it."""
    paid_at = _time(facts.created + 38) if facts.word in PAID else None
    row: dict[str, object] = {
        "id": int(facts.id),
        "domain": "live" if facts.livemode else "test",
        "status": facts.word,
        "reference": facts.client_reference_id,
        "amount": facts.amount,
        "message": None,
        "gateway_response": _gateway_response(facts.word),
        "paid_at": paid_at,
        "created_at": _time(facts.created),
        "channel": facts.channel,
        "currency": (facts.currency or "").upper(),
        "ip_address": _ip_address(facts),
        "metadata": _metadata(facts, shape),
        "log": _log(facts),
        "fees": fees(facts.amount_total or 0) if facts.word in PAID else None,
        "fees_split": None,
        "customer": _customer(facts, shape),
        "authorization": _authorization(facts),
        "plan": None if shape == "verify" else _plan(facts),
        "split": {},
        "subaccount": {},
        "order_id": None,
        "paidAt": paid_at,
        "createdAt": _time(facts.created),
        "requested_amount": facts.amount_total,
        "source": _source(facts, shape),
        "connect": None,
        "pos_transaction_data": {"terminal_id": facts.terminal} if facts.terminal else None,
    }
    if shape == "verify":
        row |= {"transaction_date": _time(facts.created), "plan_object": _plan(facts)}
    return row if shape == "list" else row | _ALONE


def failure(status: int, message: str | None = None, step: str | None = None) -> Answer:
    """An error as Paystack writes it."""
    usual, kind, code = _FAILURES.get(status, _BROKEN)
    step = step or _STEPS.get(status, "Ensure that the request is as documented")
    body = {
        "status": False,
        "message": message or usual,
        "meta": {"nextStep": step},
        "type": kind,
        "code": code,
    }
    return Answer.json(body, status)


def fees(amount: int) -> int:
    """What Paystack keeps of an amount, about as its price list has it."""
    return amount * 15 // 1000 + 100


def _gateway_response(word: str) -> str:
    if word in PAID:
        return "Successful"
    return "Declined" if word == "failed" else "The transaction was not completed"


def _ip_address(facts: PaystackFacts) -> str | None:
    """The buyer's address, or two of them, where somebody opened the page."""
    if not facts.opened:
        return None
    return "192.0.2.1, 192.0.2.2" if facts.one_in(5, "proxied") else "192.0.2.1"


def _metadata(facts: Facts, shape: Shape) -> object:
    nothing = None if shape == "list" else ""
    return nothing if facts.metadata is None else dict(facts.metadata)


def _log(facts: PaystackFacts) -> object:
    if not facts.opened:
        return None
    paid, begun = facts.word in PAID, int(facts.created)
    tried = {"type": "action", "message": "Attempted to pay with card", "time": 3}
    done = {"type": "success", "message": "Successfully paid with card", "time": 4}
    return {
        "start_time": begun,
        "time_spent": 4,
        "attempts": 2 if facts.one_in(6, "twice") else 1,
        "errors": 0 if paid else 1,
        "success": paid,
        "mobile": facts.one_in(2, "mobile"),
        "input": [],
        "history": [tried, done] if paid else [tried],
    }


def _customer(facts: PaystackFacts, shape: Shape) -> dict[str, object]:
    buyer = facts.customer or Customer()
    first, _, last = (buyer.name or "").partition(" ")
    found: dict[str, object] = {
        "id": int(buyer.id or 0),
        "first_name": first or None,
        "last_name": last or None,
        "email": buyer.email,
        "phone": buyer.phone,
        "metadata": None,
        "customer_code": facts.customer_code,
        "risk_action": "default",
    }
    return found if shape == "list" else found | {"international_format_phone": buyer.phone}


def _authorization(facts: PaystackFacts) -> dict[str, object]:
    """The card that was charged, and the code by which it can be charged again."""
    told = {
        "authorization_code": f"AUTH_{facts.token('authorization', 10)}",
        "bin": "408408",
        "last4": "4081",
        "exp_month": "12",
        "exp_year": "2030",
        "channel": "card",
        "card_type": "visa ",
        "bank": "TEST BANK",
        "country_code": "NG",
        "brand": "visa",
        "signature": f"SIG_{facts.token('signature', 20)}",
        "account_name": facts.customer.name if facts.customer else None,
    }
    paid = facts.word in PAID
    return {**(told if paid else dict.fromkeys(told)), "reusable": paid}


def _plan(facts: Facts) -> dict[str, object]:
    if facts.mode != "subscription":
        return {}
    return {
        "id": int(facts.token("plan", 6, "123456789")),
        "name": "Monthly",
        "plan_code": f"PLN_{facts.token('plan code', 15)}",
        "description": None,
        "amount": facts.amount_total,
        "interval": "monthly",
        "send_invoices": True,
        "send_sms": True,
        "currency": (facts.currency or "").upper(),
    }


def _source(facts: PaystackFacts, shape: Shape) -> dict[str, object] | None:
    if facts.entry_point is None:
        return None
    found: dict[str, object] = {"source": facts.source, "type": "api", "identifier": None}
    if shape == "fetch without entry point":
        return found
    return found | {"entry_point": facts.entry_point}


def _time(second: int) -> str:
    text = datetime.fromtimestamp(second, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
