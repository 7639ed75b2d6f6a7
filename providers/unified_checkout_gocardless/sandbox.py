"""GoCardless, imitated from its SDKs and its rules for APIs.

Sources: the official SDKs (``services/billing_requests_service.py``, ``errors.py`` and the fixtures
of their tests), github.com/gocardless/http-api-design for paging and headers, support article
115003823249 for the page size. There is no public description of the endpoint.

What is not documented is strict here: an unknown parameter, an empty one or one that is given twice,
both cursors at once and a missing version are a 400, a word that is none a 422. Where both may well
be, an attribute of the sandbox chooses. The reasons that errors name are partly made up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, ClassVar, Literal

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_gocardless.sandbox_wire import (
    PATH,
    PLAN_CURRENCIES,
    STATUSES,
    GoCardlessFacts,
    billing_request,
    identifier,
    in_instalments,
    with_mandate,
    word,
)

_VERSION = "2015-07-06"
_DEFAULT_LIMIT, _LARGEST_LIMIT = 50, 500
_REQUESTS_PER_MINUTE = 1000
_PARAMETERS = ("after", "before", "customer", "limit", "status")
_LONGEST_NAME, _LONGEST_VALUE, _MOST_METADATA = 50, 500, 3

_READY = "ready_to_fulfil"
_STATUSES = {"expired": "open", "failed": "open", _READY: "open"}
"""Nothing expires and nothing fails for good: what is abandoned stays, and may be tried again."""
_FAILURES = {
    400: ("invalid_api_usage", "bad_request", "Bad request"),
    401: ("invalid_api_usage", "unauthorized", "Unauthorized"),
    403: ("invalid_api_usage", "insufficient_permissions", "Insufficient permissions"),
    404: ("invalid_api_usage", "resource_not_found", "Resource not found"),
    422: ("validation_failed", None, "Validation failed"),
    429: ("invalid_api_usage", "rate_limit_exceeded", "Rate limit exceeded"),
}
_BROKEN = ("gocardless", "internal_server_error", "Internal server error")


@attrs.frozen(kw_only=True)
class CursorPage(Page):
    """A page that knows how it was asked for."""

    beginning: bool
    """Whether without a cursor."""
    limit: int


@attrs.define(kw_only=True, eq=False)
class GoCardlessSandbox(ProviderSandbox):
    """One GoCardless creditor in the sandbox environment.

    Facts are held as GoCardless would hold them: ``paid`` is being fulfilled and ``complete``
    fulfilled, what ``expired`` or ``failed`` stays open. Some open ones are ready to be fulfilled, all
    of one second alike, and those whose status is told as ``ready_to_fulfil``. Modes are payment, setup (a mandate) and
    subscription, the latter in the currencies of ACH and PAD alone; elsewhere it begins with a
    mandate. Of amounts there is the total, of payments alone. Every payer is a
    customer. What became of a payment, the hosted page and its expiry are not known. Some payments
    come with a mandate, some are made in instalments, and some open ones have no amount yet.
    """

    api_key: ClassVar[str] = "sandbox_0bviously0Fake0Access0Token0of0Nobody"
    currencies = frozenset({"aud", "cad", "dkk", "eur", "gbp", "nzd", "sek", "usd"})

    clamps_limit: bool = False
    """Whether a limit above 500 is taken for 500, or else refused."""
    cursor_error: int = 422
    """The status that refuses a cursor that names no billing request: 422 or 400."""
    cursor_must_match: bool = False
    """Whether a cursor has to pass the filters that are asked with it."""
    tells_before: Literal["where some are newer", "always", "never"] = "where some are newer"
    """When ``before`` is told on a page that was asked for with ``before``."""
    tells_rate: bool = True
    """Whether answers tell the rate in headers."""
    _minute: int = attrs.field(default=0, init=False)
    _used: int = attrs.field(default=0, init=False)

    def adopt(self, facts: Facts) -> GoCardlessFacts:
        """The facts as GoCardless would hold them; see the class."""
        paid = facts.payment_status in ("paid", "no_payment_required")
        status = facts.status or ("complete" if paid else "open")
        ready = status == _READY or facts.created % 4 == 0
        status = _STATUSES.get(status, status)
        flexible = status == "open" and facts.one_in(12, "flexible")
        told = attrs.evolve(
            facts,
            id=identifier(facts, "BRQ"),
            kind="checkout",
            status=status,
            mode=_mode(facts),
            currency=facts.currency or "gbp",
            amount_total=None if flexible else facts.amount_total,
            metadata=_metadata(facts.metadata),
        )
        complete, payment = told.status == "complete", told.mode == "payment"
        once = payment and not in_instalments(told)
        mandate = facts.setup_intent or identifier(facts, "MD")
        subscription = facts.subscription or identifier(facts, "SB")
        intents = facts.payment_intents[:1] or (identifier(facts, "PM"),)
        held = attrs.evolve(
            told,
            payment_status=_payment_status(told),
            expires_at=None,
            amount_total=told.amount_total if payment else None,
            amount_subtotal=None,
            amount_discount=None,
            amount_shipping=None,
            amount_tax=None,
            amount_received=None,
            amount_refunded=None,
            amount_disputed=None,
            disputed=None,
            currency=None if _chooses_currency(told, facts) else told.currency,
            customer=attrs.evolve(
                facts.customer or Customer(), id=facts.customer_id or identifier(facts, "CU")
            ),
            customer_email=None,
            customer_account=None,
            payment_intents=intents if complete and once else (),
            subscription=subscription if complete and told.mode == "subscription" else None,
            setup_intent=mandate if complete and with_mandate(told) else None,
            invoice=None,
            payment_link=None,
            client_reference_id=facts.client_reference_id if once else None,
            url=None,
            success_url=None,
            cancel_url=None,
            livemode=False,
        )
        return GoCardlessFacts(**attrs.asdict(held, recurse=False), ready=ready)

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        if request.bearer_token != self.api_key:
            raise Refused(self.failure(401))
        self._check_version(request.headers.get("gocardless-version"))
        folder, _, id = request.path.rpartition("/")
        if request.method != "GET" or PATH not in (request.path, folder):
            raise Refused(self.failure(404))
        if request.path == PATH:
            return self._list(_values(request))
        row = self.shelf.row(id)
        if row is None:
            raise Refused(self.failure(404))
        if request.parameters:
            raise Refused(_misused(f"{request.parameters[0][0]} is not a parameter"))
        return Answer.json(b'{"billing_requests":' + self.rendered(row, "alone") + b"}")

    def envelope(self, page: Page) -> Answer:
        """The page, with the cursors of its neighbours."""
        assert isinstance(page, CursorPage)
        first, last = (page.ids[0], page.ids[-1]) if page.ids else (None, None)
        if page.backward:
            tells = self.tells_before
            tells_now = page.more if tells == "where some are newer" else tells == "always"
            before, after = first if tells_now else None, last
        else:
            before, after = None if page.beginning else first, last if page.more else None
        meta = {"cursors": {"before": before, "after": after}, "limit": page.limit}
        rows = b'{"billing_requests":[' + b",".join(page.rows) + b'],"meta":'
        return Answer.json(rows + json.dumps(meta).encode() + b"}")

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        kind, reason, message = _FAILURES.get(status, _BROKEN)
        problem = {"field": "status", "message": "is not included in the list"}
        if reason is not None:
            problem = {"reason": reason, "message": message}
        answer = _error(status, kind, message, problem)
        if status != 429 or not self.tells_rate:
            return answer
        reset = {"ratelimit-reset": formatdate(self.clock() + 1, usegmt=True)}
        return attrs.evolve(answer, headers={**answer.headers, **reset})

    def headers(self, request: Received) -> Mapping[str, str]:
        """What every answer carries. A rate that is not enforced is never told to be used up."""
        if not self.tells_rate:
            return {}
        minute = int(self.clock()) // 60
        self._used = self._used + 1 if minute == self._minute else 1
        self._minute = minute
        return {
            "ratelimit-limit": str(_REQUESTS_PER_MINUTE),
            "ratelimit-remaining": str(max(1, _REQUESTS_PER_MINUTE - self._used)),
            "ratelimit-reset": formatdate(60 * (minute + 1), usegmt=True),
        }

    def render(self, facts: Facts, shape: str) -> dict[str, object]:
        """A billing request as GoCardless writes it, ``alone`` or as a row."""
        return billing_request(facts, alone=shape == "alone")

    def _check_version(self, version: str | None) -> None:
        if version is None:
            raise Refused(_misused("missing version header", reason="missing_version_header"))
        if version != _VERSION:
            raise Refused(_misused("version not found", reason="version_not_found"))

    def _list(self, values: Mapping[str, str]) -> Page:
        tests = _tests(values)
        after, before = (
            self._cursor(values, name, tests) if name in values else None
            for name in ("after", "before")
        )
        limit = self._limit(values)
        page = self.select(tests, "row", limit=limit, after=after, before=before)
        beginning = after is None and before is None
        fields = attrs.asdict(page, recurse=False)
        return CursorPage(**fields, beginning=beginning, limit=limit)

    def _limit(self, values: Mapping[str, str]) -> int:
        text = values.get("limit", str(_DEFAULT_LIMIT))
        limit = int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0
        if limit > _LARGEST_LIMIT and self.clamps_limit:
            return _LARGEST_LIMIT
        if not 1 <= limit <= _LARGEST_LIMIT:
            raise Refused(_misused(f"limit must be between 1 and {_LARGEST_LIMIT}"))
        return limit

    def _cursor(
        self, values: Mapping[str, str], name: str, tests: list[Callable[[Facts], bool]]
    ) -> tuple[int, int]:
        position = self.position(values[name])
        row = self.shelf.row(values[name])
        matches = row is not None and all(test(row.facts) for test in tests)
        if position is not None and (matches or not self.cursor_must_match):
            return position
        if self.cursor_error == 422:
            raise Refused(_invalid(name, "does not name a billing request"))
        raise Refused(_misused(f"{name} does not name a billing request", reason="invalid_cursor"))


def _mode(facts: Facts) -> str:
    if facts.mode == "subscription":
        return "subscription" if facts.currency in PLAN_CURRENCIES else "setup"
    return "setup" if facts.mode == "setup" else "payment"


def _chooses_currency(held: Facts, told: Facts) -> bool:
    """Whether the payer has still to choose the currency of a mandate."""
    return held.mode == "setup" and held.status == "open" and told.currency is None


def _payment_status(held: Facts) -> str | None:
    if held.mode == "setup":
        return "no_payment_required"
    return None if held.status == "complete" else "unpaid"


def _metadata(told: Mapping[str, str] | None) -> dict[str, str] | None:
    """As much of it as GoCardless keeps."""
    if told is None:
        return None
    kept = list(told.items())[:_MOST_METADATA]
    return {name[:_LONGEST_NAME]: value[:_LONGEST_VALUE] for name, value in kept}


def _values(request: Received) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in request.parameters:
        if name not in _PARAMETERS:
            raise Refused(_misused(f"{name} is not a parameter"))
        if name in values or not value:
            raise Refused(_misused(f"{name} is given twice, or empty"))
        values[name] = value
    if "after" in values and "before" in values:
        raise Refused(_misused("after and before exclude each other"))
    return values


def _tests(values: Mapping[str, str]) -> list[Callable[[Facts], bool]]:
    tests: list[Callable[[Facts], bool]] = []
    if (status := values.get("status")) is not None:
        if status not in STATUSES:
            raise Refused(_invalid("status", "is not included in the list"))
        tests.append(lambda facts: word(facts) == status)
    if (customer := values.get("customer")) is not None:
        tests.append(lambda facts: facts.customer_id == customer)
    return tests


def _misused(message: str, *, reason: str = "bad_request") -> Answer:
    return _error(400, "invalid_api_usage", message, {"reason": reason, "message": message})


def _invalid(field: str, message: str) -> Answer:
    problem = {"field": field, "message": message, "request_pointer": f"/{field}"}
    return _error(422, "validation_failed", "Validation failed", problem)


def _error(status: int, kind: str, message: str, problem: Mapping[str, str]) -> Answer:
    page = problem.get("reason", kind)
    error: dict[str, Any] = {
        "message": message,
        "documentation_url": f"https://developer.gocardless.com/api-reference#{page}",
        "type": kind,
        "code": status,
        "request_id": "00000000-0000-4000-8000-000000000000",
        "errors": [problem],
    }
    if status == 429:
        del error["request_id"]
    return Answer.json({"error": error}, status)
