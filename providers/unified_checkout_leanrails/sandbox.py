"""LeanRails, imitated from its documentation.

Sources: docs.leanrails.com ``api-reference/checkoutsessions`` and docs.fluveo.com ``guides``
(``pagination``, ``error-handling``, ``rate-limiting``, ``versioning``).

What LeanRails does not document is strict here: an unknown parameter is a 400, a value out of range
a 422, a cursor that names no session a 404. On a page asked for with ``ending_before`` the
undefined ``next_cursor`` is the last id, which leads back to where the client came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import ClassVar

import attrs

from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused

CURRENT_PATH = "/v1/checkout/sessions"

_PARAMETERS = ("limit", "starting_after", "ending_before", "status")
_STATUSES = {"paid": "complete", "canceled": "expired", "failed": "expired"}
_MODES = {"subscription": "order", "setup": "order", "off_session": "payment"}
_REQUESTS_PER_MINUTE = 1500

_FAILURES = {
    400: ("invalid_request_error", "parameter_invalid", "The request is malformed."),
    401: ("authentication_error", "api_key_invalid", "Missing, invalid or expired API key."),
    402: ("payment_error", "payment_failed", "The payment failed."),
    403: ("invalid_request_error", "permission_denied", "The key may not do this."),
    404: ("invalid_request_error", "resource_missing", "No such object."),
    422: ("invalid_request_error", "parameter_invalid", "A parameter is out of range."),
    429: ("rate_limit_error", "rate_limit_exceeded", "Too many requests."),
}
_BROKEN = ("api_error", "internal_error", "An unexpected error occurred.")


@attrs.define(kw_only=True, eq=False)
class LeanRailsSandbox(ProviderSandbox):
    """One LeanRails merchant in test mode.

    Facts are held as LeanRails would hold them: ``paid`` is complete, ``canceled`` and
    ``failed`` are expired, a null status is complete or expired; modes are payment and order; all are test sessions; there is at most
    one payment intent; subscriptions, setup intents, invoices, payment links, customer accounts,
    refunds and disputes are not known. Some sessions leave out what others send as null.
    """

    api_key: ClassVar[str] = "sk_test_obviously_fake_sandbox_key_lr"
    currencies = frozenset({"usd", "eur", "gbp", "jpy", "kwd", "sek", "bhd"})
    vanished_cursors: ClassVar[bool] = True

    list_path: str = "/v1/checkout_sessions"
    """Where the list is; the newer documents say ``CURRENT_PATH``. A single session is at both."""
    sends_next_cursor: bool = True
    """Whether a page carries ``next_cursor``, which the documents do not require."""
    _minute: int = attrs.field(default=0, init=False)
    _used: int = attrs.field(default=0, init=False)

    def adopt(self, facts: Facts) -> Facts:
        """The facts as LeanRails would hold them; see the class."""
        id = "cs_" + facts.token("session", 24)
        paid = facts.payment_status in ("paid", "no_payment_required")
        status = facts.status or ("complete" if paid else "expired")
        mode = facts.mode or "payment"
        return attrs.evolve(
            facts,
            id=id,
            kind="checkout",
            status=_STATUSES.get(status, status),
            payment_status=facts.payment_status or "unpaid",
            mode=_MODES.get(mode, mode),
            amount_received=None,
            amount_refunded=None,
            amount_disputed=None,
            disputed=None,
            customer_account=None,
            payment_intents=facts.payment_intents[:1],
            subscription=None,
            setup_intent=None,
            invoice=None,
            payment_link=None,
            url=f"https://checkout.leanrails.com/c/{id}" if facts.hosted else None,
            livemode=False,
        )

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        if request.basic_user != self.api_key:
            raise Refused(self.failure(401))
        version = request.headers.get("x-api-version")
        if version is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", version):
            raise Refused(_invalid(400, "X-API-Version", "must be YYYY-MM-DD"))
        if request.method == "GET" and request.path == self.list_path:
            return self._list(_values(request))
        folder, _, id = request.path.rpartition("/")
        row = self.shelf.row(id) if folder in (self.list_path, CURRENT_PATH) else None
        if request.method != "GET" or row is None:
            raise Refused(_error(404, f"No such object: {request.path}"))
        if request.parameters:
            raise Refused(_invalid(400, request.parameters[0][0], "is not a parameter"))
        return Answer.json(self.rendered(row, None))

    def envelope(self, page: Page) -> Answer:
        """The list object with a page's sessions."""
        tail: dict[str, object] = {"has_more": page.more, "url": self.list_path}
        if self.sends_next_cursor:
            tail["next_cursor"] = page.ids[-1] if page.more and page.ids else None
        start = b'{"object":"list","data":[' + b",".join(page.rows) + b"],"
        return Answer.json(start + json.dumps(tail).encode()[1:])

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        answer = _error(status, _FAILURES.get(status, _BROKEN)[2])
        if status == 429:
            return attrs.evolve(answer, headers={**answer.headers, "retry-after": "1"})
        return answer

    def headers(self, request: Received) -> Mapping[str, str]:
        """What every answer carries. A rate that is not enforced is never told to be used up."""
        minute = int(self.clock()) // 60
        self._used = self._used + 1 if minute == self._minute else 1
        self._minute = minute
        return {
            "x-ratelimit-limit": str(_REQUESTS_PER_MINUTE),
            "x-ratelimit-remaining": str(max(1, _REQUESTS_PER_MINUTE - self._used)),
        }

    def render(self, facts: Facts, shape: None) -> dict[str, object]:
        """A session as LeanRails writes it."""
        session: dict[str, object] = {
            "id": facts.id,
            "object": "checkout.session",
            "mode": facts.mode,
            "status": facts.status,
            "payment_status": facts.payment_status,
            "ui_mode": "hosted" if facts.hosted else "embedded",
            "customer_creation": "always" if facts.customer_id else "if_required",
            "billing_address_collection": "auto",
            "expires_at": facts.expires_at,
            "metadata": facts.metadata,
            "livemode": facts.livemode,
            "created": facts.created,
            "success_url": facts.success_url,
            "cancel_url": facts.cancel_url,
            "customer": facts.customer_id,
            "customer_email": facts.customer_email,
            "customer_details": _customer_details(facts),
            "payment_intent": next(iter(facts.payment_intents), None),
            "currency": facts.currency,
            "amount_subtotal": facts.amount_subtotal,
            "amount_total": facts.amount_total,
            "total_details": _total_details(facts),
            "client_reference_id": facts.client_reference_id,
            "phone_number_collection": facts.one_in(3, "phone"),
            "shipping_details": _shipping_details(facts),
        }
        if facts.hosted:
            session["url"] = facts.url
        else:
            session["client_secret"] = f"{facts.id}_secret_{facts.token('client', 24)}"
        if facts.one_in(2, "sparse"):
            return {name: value for name, value in session.items() if value is not None}
        return session

    def _list(self, values: Mapping[str, str]) -> Page:
        limit = values.get("limit", "10")
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            raise Refused(_invalid(422, "limit", "must be an integer between 1 and 100"))
        status = values.get("status")
        if status not in (None, "open", "complete", "expired"):
            raise Refused(_invalid(422, "status", "must be one of open, complete, expired"))
        after, before = (
            self._cursor(values, name) if name in values else None
            for name in ("starting_after", "ending_before")
        )
        tests = [lambda facts: facts.status == status] if status else []
        return self.select(tests, None, limit=int(limit), after=after, before=before)

    def _cursor(self, values: Mapping[str, str], name: str) -> tuple[int, int]:
        position = self.position(values[name])
        if position is None:
            raise Refused(_error(404, f"No such checkout session: {values[name]}", name))
        return position


def _values(request: Received) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in request.parameters:
        if name not in _PARAMETERS:
            raise Refused(_invalid(400, name, "is not a parameter"))
        if name in values:
            raise Refused(_invalid(400, name, "is given twice"))
        values[name] = value
    if "starting_after" in values and "ending_before" in values:
        raise Refused(_invalid(400, "ending_before", "excludes starting_after"))
    return values


def _customer_details(facts: Facts) -> dict[str, object] | None:
    buyer = facts.customer
    if buyer is None:
        return None
    return {
        "email": buyer.email,
        "name": buyer.name,
        "phone": buyer.phone,
        "address": attrs.asdict(buyer.address) if buyer.address else None,
    }


def _total_details(facts: Facts) -> dict[str, object] | None:
    details: dict[str, object] = {
        "amount_discount": facts.amount_discount,
        "amount_shipping": facts.amount_shipping,
        "amount_tax": facts.amount_tax,
    }
    return None if all(amount is None for amount in details.values()) else details


def _shipping_details(facts: Facts) -> dict[str, object] | None:
    buyer = facts.customer
    if facts.amount_shipping is None or buyer is None or buyer.address is None:
        return None
    return {"address": attrs.asdict(buyer.address), "name": buyer.name}


def _invalid(status: int, param: str, problem: str) -> Answer:
    return _error(status, f"{param} {problem}", param)


def _error(status: int, message: str, param: str | None = None) -> Answer:
    kind, code, _ = _FAILURES.get(status, _BROKEN)
    error = {
        "type": kind,
        "code": code,
        "message": message,
        "param": param,
        "doc_url": f"https://docs.leanrails.com/errors/{code}",
    }
    return Answer.json({"error": error}, status)
