"""Acme Pay, imitated from its documentation, which is in the README."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, ClassVar

import attrs

from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused

PATH = "/v2/payments"

_STATES = {
    "open": "pending",
    "paid": "authorized",
    "complete": "captured",
    "canceled": "voided",
    "expired": "lapsed",
    "failed": "declined",
}
_UNKNOWN: Mapping[str, Any] = {
    **dict.fromkeys(("amount_received", "amount_refunded", "amount_disputed", "disputed")),
    **dict.fromkeys(("subscription", "setup_intent", "invoice", "payment_link")),
    **dict.fromkeys(("customer_account", "customer_email", "cancel_url")),
    "payment_intents": (),
}
"""What Acme has no field for."""
_CURRENCIES = ("EUR", "GBP", "SEK", "USD")
_FILTERS: dict[str, Callable[[str, Facts], bool]] = {
    "state": lambda state, facts: _STATES[facts.status or "expired"] == state,
    "buyer": lambda buyer, facts: facts.customer_id == buyer,
    "email": lambda email, facts: (facts.email or "").lower() == email.lower(),
    "order": lambda order, facts: facts.client_reference_id == order,
    "opened_from": lambda day, facts: _opened(facts) >= _day(day),
    "opened_to": lambda day, facts: _opened(facts) <= _day(day),
}
_DETAILS = {
    401: ("unauthorized", "The key is missing or wrong."),
    403: ("forbidden", "The key may not read payments."),
    404: ("not_found", "There is no such payment."),
    429: ("too_many_requests", "Slow down."),
}


@attrs.frozen(kw_only=True)
class NumberedPage(Page):
    """A page that knows its number."""

    number: int


@attrs.define(kw_only=True, eq=False)
class AcmeSandbox(ProviderSandbox):
    """One merchant at Acme Pay.

    Facts are held as Acme would hold them: payments alone, in four currencies.
    """

    api_key: ClassVar[str] = "ak_test_obviously_fake_key"

    def adopt(self, facts: Facts) -> Facts:
        """The facts as this provider would hold them."""
        number = f"AP-{facts.token('payment', 10)}"
        currency = (facts.currency or "eur").upper()
        return attrs.evolve(
            facts,
            id=number,
            status=facts.status or "expired",
            payment_status=None,
            mode="payment",
            currency=currency.lower() if currency in _CURRENCIES else "eur",
            customer=facts.customer and attrs.evolve(facts.customer, address=None),
            **_UNKNOWN,
            url=f"https://pay.acme.example.com/{number}#{facts.token('page', 24)}",
        )

    def read(self, request: Received) -> Page | Answer:
        """What a request selects."""
        if request.headers.get("x-acme-key") != self.api_key:
            raise Refused(self.failure(401))
        if request.path == PATH:
            return self._list(_values(request))
        row = self.shelf.row(request.path.removeprefix(f"{PATH}/"))
        if row is None:
            raise Refused(self.failure(404))
        return Answer.json(self.rendered(row, None))

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        """A payment as Acme writes it."""
        buyer = facts.customer
        return {
            "number": facts.id,
            "state": _STATES[facts.status or "expired"],
            "opened": _iso(facts.created),
            "closes": None if facts.expires_at is None else _iso(facts.expires_at),
            "amount": _decimal(facts.amount_total),
            "breakdown": {
                "goods": _decimal(facts.amount_subtotal),
                "discount": _decimal(facts.amount_discount),
                "shipping": _decimal(facts.amount_shipping),
                "tax": _decimal(facts.amount_tax),
            },
            "currency": (facts.currency or "").upper(),
            "buyer": buyer
            and {
                "id": buyer.id,
                "email": buyer.email,
                "full_name": buyer.name,
                "phone": buyer.phone,
            },
            "order": facts.client_reference_id,
            "pay_at": facts.url,
            "return_to": facts.success_url,
            "test": not facts.livemode,
            "labels": facts.metadata,
        }

    def envelope(self, page: Page) -> Answer:
        """The answer that holds a page."""
        assert isinstance(page, NumberedPage)
        following = str(page.number + 1) if page.more else "null"
        rows = b",".join(page.rows)
        return Answer.json(b'{"payments":[%b],"next_page":%b}' % (rows, following.encode()))

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        code, detail = _DETAILS.get(status, ("failed", "The request failed."))
        headers = {"retry-after": "1"} if status == 429 else {}
        return Answer.json({"errors": [{"code": code, "detail": detail}]}, status, headers)

    def headers(self, request: Received) -> Mapping[str, str]:
        """What every answer carries."""
        return {"x-acme-trace": "trace-1"}

    def _list(self, values: Mapping[str, str]) -> Page:
        number = _integer(values, "page", 1, range(1, 2**31))
        size = _integer(values, "per_page", 25, range(1, 51))
        page = self.select(_tests(values), None, limit=size, offset=(number - 1) * size)
        return NumberedPage(ids=page.ids, rows=page.rows, more=page.more, number=number)


def _tests(values: Mapping[str, str]) -> list[Callable[[Facts], bool]]:
    if values.get("state", "pending") not in _STATES.values():
        raise Refused(_invalid("state is not one of the five"))
    return [partial(test, values[name]) for name, test in _FILTERS.items() if name in values]


def _values(request: Received) -> dict[str, str]:
    for name, _ in request.parameters:
        if name not in ("page", "per_page", *_FILTERS):
            raise Refused(_invalid(f"{name} is not a parameter"))
    return dict(request.parameters)


def _integer(values: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    value = values.get(name, str(default))
    if not value.isdecimal() or int(value) not in allowed:
        raise Refused(_invalid(f"{name} must be from {allowed.start} to {allowed.stop - 1}"))
    return int(value)


def _invalid(detail: str) -> Answer:
    return Answer.json({"errors": [{"code": "invalid_parameter", "detail": detail}]}, 422)


def _opened(facts: Facts) -> date:
    return datetime.fromtimestamp(facts.created, UTC).date()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(_invalid(f"{text} is not a day such as 2026-09-01")) from None


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _decimal(minor_units: int | None) -> str | None:
    return None if minor_units is None else f"{minor_units // 100}.{minor_units % 100:02}"
