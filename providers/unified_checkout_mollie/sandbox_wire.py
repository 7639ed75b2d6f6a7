"""How Mollie writes payments, pages and errors.

Source: docs.mollie.com ``reference/get-payment``: beside ten fields that are always there, each
comes only where it says something.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import attrs

from unified_checkout.sandbox import Answer, Facts, Page

HOME = "https://api.mollie.com"
PROFILE = "pfl_SandboxA1"
"""The one website profile there is."""
TYPE = "application/hal+json"

_METHODS = {"i": "ideal", "c": "creditcard", "b": "banktransfer", "p": "paypal", "k": "klarna"}
# fmt: off
CURRENCIES = frozenset({
    "aed", "aud", "bgn", "brl", "cad", "chf", "czk", "dkk", "eur", "gbp", "hkd", "huf", "ils",
    "isk", "jpy", "mxn", "myr", "nok", "nzd", "php", "pln", "ron", "sek", "sgd", "thb", "twd",
    "usd", "zar",
})
# fmt: on
"""What is taken now; everything else is asked for in euros."""
_WITHOUT_DECIMALS = ("isk", "jpy")
_RECURRING = ("renewal", "other")
_ENDS = {
    "authorized": "authorizedAt",
    "paid": "paidAt",
    "canceled": "canceledAt",
    "expired": "expiredAt",
    "failed": "failedAt",
}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_DETAILS = {
    400: "The request is not valid",
    401: "Missing authentication, or failed to authenticate",
    403: "The credential may not do this",
    404: "No payment exists with token tr_unknown",
    429: "You have exceeded the rate limit. Please slow down your requests.",
}


@attrs.frozen(kw_only=True)
class PaymentFacts(Facts):
    """One payment as Mollie holds it, with what its rows do not tell in common words."""

    first: bool = False
    """Whether the buyer allowed further charges by it."""
    link: str | None = None
    """The payment link that it came by."""


@attrs.frozen(kw_only=True)
class PaymentPage(Page):
    """A page that knows where it stands."""

    address: str
    """Where it was asked for, without parameters."""
    asked: tuple[tuple[str, str], ...] = ()
    """The parameters it was asked with, without those of the place."""
    next_from: str | None = None
    """The first payment of the next page."""
    previous_from: str | None = None


def recurs(facts: PaymentFacts) -> bool:
    """Whether a payment is charged without the buyer."""
    return facts.kind in _RECURRING


def captured(facts: PaymentFacts) -> bool:
    """Whether a payment is captured by the shop, perhaps in part."""
    return facts.kind == "checkout" and facts.one_in(3, "captured")


def word(facts: PaymentFacts) -> str:
    """Mollie's word for the state that facts are in."""
    if facts.status != "complete":
        return str(facts.status)
    if facts.payment_status != "unpaid":
        return "paid"
    return "authorized" if captured(facts) else "pending"


def payment(facts: PaymentFacts, *, older_times: bool) -> dict[str, object]:
    """A payment as Mollie writes it.

    Args:
        facts: as held.
        older_times: whether times are written as in older answers, ``.0Z`` at the end.
    """
    status = word(facts)

    def at(second: int | None) -> str | None:
        return None if second is None else written(second, older=older_times)

    sent: dict[str, object] = {
        "resource": "payment",
        "id": facts.id,
        "mode": "live" if facts.livemode else "test",
        "createdAt": at(facts.created),
        "amount": amount(facts.amount_total or 0, facts),
        "description": f"Purchase {facts.token('description', 6)}",
        "method": _method(facts),
        "metadata": facts.metadata,
        "status": status,
        "profileId": PROFILE,
        "sequenceType": _sequence(facts),
        "redirectUrl": facts.success_url,
        "webhookUrl": "https://shop.example.com/hook",
    }
    if status in _ENDS:
        sent[_ENDS[status]] = at(facts.created + 30 + int(facts.one_in(2, "slow")) * 90)
    else:
        sent["isCancelable"] = facts.one_in(2, "cancelable")
    others = {
        "expiresAt": at(facts.expires_at),
        "cancelUrl": facts.cancel_url,
        "customerId": facts.customer_id,
        "subscriptionId": facts.subscription,
        "billingAddress": _billing(facts),
        "countryCode": "NL" if facts.one_in(2, "country") else None,
        "details": _details(facts) if status == "paid" else None,
        **_amounts(facts, status),
    }
    sent.update({name: value for name, value in others.items() if value is not None})
    return {**sent, "_links": _links(facts)}


def written(second: int, *, older: bool = False) -> str:
    """Unix seconds as Mollie writes them.

    >>> written(0), written(0, older=True)
    ('1970-01-01T00:00:00+00:00', '1970-01-01T00:00:00.0Z')
    """
    text = datetime.fromtimestamp(second, UTC).isoformat()
    return text.replace("+00:00", ".0Z") if older else text


def amount(units: int, facts: PaymentFacts, currency: str | None = None) -> dict[str, str]:
    """An amount of the payment's currency, its digits as many as Mollie writes."""
    code = currency or facts.currency or "eur"
    whole = code in _WITHOUT_DECIMALS
    value = str(units) if whole else f"{units // 100}.{units % 100:02}"
    return {"value": value, "currency": code.upper()}


def envelope(page: PaymentPage) -> Answer:
    """A page in its envelope; one towards newer payments has the oldest first."""
    rows = page.rows[::-1] if page.backward else page.rows
    following = page.next_from
    if page.more and following is None:
        following = (page.ids[0] if page.backward else page.ids[-1]) if page.ids else "tr_next"
    links = {
        "self": _link(_address(page, None)),
        "previous": page.previous_from and _link(_address(page, page.previous_from)),
        "next": _link(_address(page, following)) if page.more else None,
        "documentation": _documentation("reference/list-payments"),
    }
    start = f'{{"count":{len(rows)},"_embedded":{{"payments":['.encode()
    end = b']},"_links":' + json.dumps(links).encode() + b"}"
    return hal(Answer.json(start + b",".join(rows) + end))


def failure(status: int, detail: str | None = None, field: str | None = None) -> Answer:
    """The error body that goes with a status."""
    body: dict[str, object] = {
        "status": status,
        "title": _TITLES.get(status, "Error"),
        "detail": detail or _DETAILS.get(status, "Something went wrong"),
    }
    if field is not None:
        body["field"] = field
    body["_links"] = {"documentation": _documentation("errors")}
    return hal(Answer.json(body, status))


def hal(answer: Answer) -> Answer:
    """The same with Mollie's content type."""
    return attrs.evolve(answer, headers={**answer.headers, "content-type": TYPE})


def _method(facts: PaymentFacts) -> str | None:
    """Null until the buyer has chosen one."""
    if facts.kind == "in_person":
        return "pointofsale"
    if facts.status == "open":
        return None
    if captured(facts):
        return "creditcard"
    if recurs(facts):
        return "directdebit"
    return _METHODS[facts.token("method", 1, alphabet="".join(_METHODS))]


def _sequence(facts: PaymentFacts) -> str:
    if recurs(facts):
        return "recurring"
    return "first" if facts.first else "oneoff"


def _amounts(facts: PaymentFacts, status: str) -> dict[str, object]:
    """The amounts that are there only where they say something."""
    found: dict[str, object] = {}
    if captured(facts) and status in ("authorized", "paid"):
        found["amountCaptured"] = amount(facts.amount_received or 0, facts)
    if facts.amount_refunded is not None:
        left = max(0, (facts.amount_total or 0) - facts.amount_refunded)
        found["amountRefunded"] = amount(facts.amount_refunded, facts)
        found["amountRemaining"] = amount(left, facts)
    if facts.amount_disputed:
        found["amountChargedBack"] = amount(facts.amount_disputed, facts)
    if status == "paid":
        found["settlementAmount"] = amount((facts.amount_total or 0) * 7 // 8, facts, "eur")
    return found


def _billing(facts: PaymentFacts) -> dict[str, str] | None:
    buyer = facts.customer
    address = buyer.address if buyer else None
    given, _, family = (buyer.name or "").partition(" ") if buyer else ("", "", "")
    found = {
        "givenName": given or None,
        "familyName": family or None,
        "email": facts.customer_email,
        "phone": buyer.phone if buyer else None,
        "streetAndNumber": address.line1 if address else None,
        "streetAdditional": address.line2 if address else None,
        "postalCode": address.postal_code if address else None,
        "city": address.city if address else None,
        "region": address.state if address else None,
        "country": address.country if address else None,
    }
    return {name: text for name, text in found.items() if text is not None} or None


def _details(facts: PaymentFacts) -> dict[str, Any] | None:
    """What a bank or a card tells of the buyer."""
    name = facts.customer.name if facts.customer else None
    match _method(facts):
        case "creditcard":
            return {"cardHolder": name, "cardNumber": "6787", "cardSecurity": "3dsecure"}
        case "ideal":
            account = f"NL00EXMP{facts.token('account', 10, alphabet='0123456789')}"
            return {"consumerName": name, "consumerAccount": account, "consumerBic": "EXMPNL2A"}
        case _:
            return None


def _links(facts: PaymentFacts) -> dict[str, object]:
    address = f"{HOME}/v2/payments/{facts.id}"
    dashboard = f"https://www.mollie.com/dashboard/org_1/payments/{facts.id}"
    links: dict[str, object] = {"self": _link(address), "dashboard": _link(dashboard, "text/html")}
    if facts.url is not None:
        links["checkout"] = _link(facts.url, "text/html")
    if facts.amount_refunded:
        links["refunds"] = _link(f"{address}/refunds")
    if facts.disputed:
        links["chargebacks"] = _link(f"{address}/chargebacks")
    if facts.customer_id is not None:
        links["customer"] = _link(f"{HOME}/v2/customers/{facts.customer_id}")
    return links


def _address(page: PaymentPage, place: str | None) -> str:
    asked = [one for one in page.asked if one[0] != "from"]
    place = dict(page.asked).get("from") if place is None else place
    query = urlencode([*([("from", place)] if place else []), *asked])
    return f"{page.address}?{query}" if query else page.address


def _documentation(page: str) -> dict[str, str]:
    return _link(f"https://docs.mollie.com/{page}", "text/html")


def _link(href: str, kind: str = TYPE) -> dict[str, str]:
    return {"href": href, "type": kind}
