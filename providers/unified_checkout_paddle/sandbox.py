"""Paddle Billing, imitated from its documentation.

Sources: the reference page ``transactions/list-transactions``, the pages on pagination, rate
limits, authentication and errors, the official description, and the recorded answers in Paddle's
own packages. What none of them says is an attribute of ``PaddleSandbox``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from math import inf
from typing import Any, ClassVar, Literal

import attrs

from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_paddle.sandbox_facts import CURRENCIES, adopted, origin, word
from unified_checkout_paddle.sandbox_wire import Shape, moments, transaction

PATH = "/transactions"
LARGEST_PAGE = 30
MOST_COUNTED = 100_000

_STATUSES = ("draft", "ready", "billed", "paid", "completed", "canceled", "past_due")
_ORIGINS = (
    "api",
    "web",
    "subscription_charge",
    "subscription_payment_method_change",
    "subscription_recurring",
    "subscription_update",
)
_MODES = ("automatic", "manual")
_ORDER = re.compile(r"(id|created_at|billed_at|updated_at)\[(ASC|DESC|asc|desc)\]")
_TIME = re.compile(r"(created_at|billed_at|updated_at)(?:\[([A-Z]+)\])?")
_COMPARISONS: dict[str | None, Callable[[float, float], bool]] = {
    "GT": lambda have, bound: have > bound,
    "GTE": lambda have, bound: have >= bound,
    "LT": lambda have, bound: have < bound,
    "LTE": lambda have, bound: have <= bound,
    None: lambda have, bound: have == bound,
}
_CHOICES: dict[str, Callable[[Facts], str | None]] = {
    "id": lambda facts: facts.id,
    "customer_id": lambda facts: facts.customer_id,
    "subscription_id": lambda facts: facts.subscription or "null",
    "invoice_number": lambda facts: facts.invoice,
    "status": word,
    "origin": origin,
    "collection_mode": lambda facts: "manual" if facts.kind == "invoice" else "automatic",
}
_ALLOWED = {"status": _STATUSES, "origin": _ORIGINS, "collection_mode": _MODES}
_OTHERS = ("after", "per_page", "order_by", "include")
_BOUNDS = [
    f"{field}{operator}"
    for field in ("created_at", "billed_at", "updated_at")
    for operator in ("", "[GT]", "[GTE]", "[LT]", "[LTE]")
]
_PERMISSIONS = {
    "customer": "customer.read",
    "address": "address.read",
    "adjustments": "adjustment.read",
    "adjustment": "adjustment.read",
    "adjustments_totals": "adjustment.read",
    "business": "business.read",
    "discount": "discount.read",
    "available_payment_methods": None,
}
_FAILURES = {
    400: ("bad_request", "Invalid request."),
    401: ("invalid_access_token", "The access token has expired."),
    403: ("forbidden", "You aren't permitted to perform this request."),
    404: ("not_found", "Entity not found."),
    429: ("too_many_requests", "The client is making too many requests."),
    502: ("bad_gateway", "Temporary problem with the Paddle API."),
}

Test = Callable[[Facts], bool]


@attrs.frozen(kw_only=True)
class Listed(Page):
    """A page with what its envelope tells besides."""

    following: str
    """The address of what follows, without the place."""
    per_page: int
    counted: int
    """How many transactions the whole list holds; -1 where nobody counted."""


@attrs.define(kw_only=True, eq=False)
class PaddleSandbox(ProviderSandbox):
    """One seller's sandbox account at Paddle Billing.

    Facts are held as Paddle would hold them. A transaction is open (``draft`` while nobody is
    known, else ``ready``), paid, complete or canceled: nothing ever expires. One in eight or so is
    a renewal, one in twelve an invoice, one in sixteen a charge in mid-term. All that is due is
    received at once, a part of it by credit now and then. Ids are ULIDs whose clock runs up to
    0.57 seconds ahead of ``created_at``. There is no prefilled address, no payment link, no
    shipping, and no time at which a checkout ends.
    """

    api_key: ClassVar[str] = "pdl_sdbx_apikey_obviously_fake_sandbox_key"
    plain_key: ClassVar[str] = "pdl_sdbx_apikey_obviously_fake_transactions_alone"
    """A key that may read transactions, and nothing that belongs to them."""
    powerless_key: ClassVar[str] = "pdl_sdbx_apikey_obviously_fake_reads_nothing"
    currencies: ClassVar[frozenset[str] | None] = CURRENCIES

    reference_key: str | None = None
    """The key in ``custom_data`` under which the shop writes its reference; None for nowhere."""
    after_means: Literal["row", "id"] = "row"
    """Where ``after`` goes on in an order other than that of ids: behind that row, or at whatever
    has a smaller id. Not documented."""
    two_bounds: Literal["both", "last", "refused"] = "both"
    """What becomes of two bounds on one time. Not documented."""
    unknown_parameters: Literal["refused", "ignored"] = "refused"
    """Not documented."""
    bad_after: Literal["refused", "ignored"] = "refused"
    """What becomes of a place that names no transaction. Not documented."""
    adjustments_words: frozenset[str] = frozenset({"adjustments", "adjustment"})
    """How adjustments are spelled in ``include``: the description and the packages differ."""
    next_is_whole: bool = True
    """Whether ``meta.pagination.next`` repeats the filters, as the pages say and examples lack."""
    lag: float = 0.0
    """Seconds for which a new transaction is not listed. Not documented."""
    drafts_last: float = inf
    """Seconds for which a draft is listed. Not documented."""
    _numbers: Iterable[int] = attrs.field(factory=lambda: count(1), init=False)

    def adopt(self, facts: Facts) -> Facts:
        """The facts as Paddle would hold them; see the class."""
        return adopted(facts, self.reference_key)

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        readable = self._authorize(request)
        if request.method != "GET" or not re.fullmatch(f"{PATH}(/[^/]+)?", request.path):
            raise Refused(self._error(404, "not_found", "There is no such address."))
        if request.path == PATH:
            return self._list(request, readable)
        values = self._values(request, {"include"})
        shape = self._shape(values, readable)
        found = self._written(request.path.rpartition("/")[2], shape)
        meta = b'{"request_id":"' + self._request_id().encode() + b'"}'
        return Answer.json(b'{"data":' + found + b',"meta":' + meta + b"}")

    def render(self, facts: Facts, shape: Shape) -> Mapping[str, object]:
        """A transaction as Paddle writes it."""
        return transaction(facts, shape)

    def envelope(self, page: Page) -> Answer:
        """The answer that holds a page."""
        assert isinstance(page, Listed)
        rows = page.rows[::-1] if page.backward else page.rows
        ids = page.ids[::-1] if page.backward else page.ids
        place = f"after={ids[-1]}" if ids else ""
        pagination = {
            "per_page": page.per_page,
            "next": page.following + place,
            "has_more": page.more,
            "estimated_total": page.counted,
        }
        meta = Answer.json({"request_id": self._request_id(), "pagination": pagination}).body
        return Answer.json(b'{"data":[' + b",".join(rows) + b'],"meta":' + meta + b"}")

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        code, detail = _FAILURES.get(status, ("internal_error", "Something went wrong."))
        answer = self._error(status, code, detail)
        headers = {"retry-after": "1"} if status == 429 else {}
        return attrs.evolve(answer, headers={**answer.headers, **headers})

    def _authorize(self, request: Received) -> frozenset[str | None]:
        """What the key may read besides transactions."""
        if "authorization" not in request.headers:
            code, detail = "authentication_missing", "Authentication header missing."
        elif not (request.bearer_token or "").startswith("pdl_"):
            code, detail = "authentication_malformed", "Authentication header is malformed."
        elif request.bearer_token == self.powerless_key:
            raise Refused(self.failure(403))
        elif request.bearer_token == self.plain_key:
            return frozenset({None})
        elif request.bearer_token == self.api_key:
            return frozenset(_PERMISSIONS.values())
        else:
            code, detail = "invalid_token", "The API key is not valid."
        raise Refused(self._error(403, code, detail))

    def _list(self, request: Received, readable: frozenset[str | None]) -> Page:
        values = self._values(request, {*_OTHERS, *_CHOICES, *_BOUNDS})
        shape = self._shape(values, readable)
        size = self._size(values)
        field, descending = self._order(values)
        everything = self._ordered(field, descending)
        tests = [*self._tests(values), self._is_listed]
        found = [facts for facts in everything if all(test(facts) for test in tests)]
        behind = self._behind(found, everything, values.get("after"), descending)
        chosen = behind[:size]
        backward = not descending
        shown = chosen[::-1] if backward else chosen
        counted = len(found) if request.headers.get("skip-count") != "true" else -1
        return Listed(
            ids=tuple(facts.id for facts in shown),
            rows=tuple(self._written(facts.id, shape) for facts in shown),
            more=len(behind) > size,
            backward=backward,
            following=self._following(request),
            per_page=size,
            counted=min(counted, MOST_COUNTED + 1),
        )

    def _values(self, request: Received, known: set[str]) -> dict[str, str]:
        """The parameters that are known, in order."""
        unknown = [name for name, _ in request.parameters if name not in known]
        if unknown and self.unknown_parameters == "refused":
            raise Refused(self._invalid(unknown[0], "unknown parameter"))
        return {name: value for name, value in request.parameters if name in known}

    def _shape(self, values: Mapping[str, str], readable: frozenset[str | None]) -> Shape:
        names = frozenset(values.get("include", "").split(",")) - {""}
        for name in sorted(names):
            misspelled = name in {"adjustments", "adjustment"} - self.adjustments_words
            if name not in _PERMISSIONS or misspelled:
                raise Refused(self._invalid("include", "must be one of the related entities"))
            if _PERMISSIONS[name] not in readable:
                raise Refused(self.failure(403))
        return Shape(names)

    def _size(self, values: Mapping[str, str]) -> int:
        text = values.get("per_page", str(LARGEST_PAGE))
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
            raise Refused(self._invalid("per_page", "must be a positive integer"))
        return min(int(text), LARGEST_PAGE)

    def _order(self, values: Mapping[str, str]) -> tuple[str, bool]:
        found = _ORDER.fullmatch(values.get("order_by", "id[DESC]"))
        if found is None:
            raise Refused(self._invalid("order_by", "must be a field and a direction"))
        return found[1], found[2].upper() == "DESC"

    def _ordered(self, field: str, descending: bool) -> list[Facts]:
        """Everything that is held, in an order."""
        found = [*self.shelf]
        if field == "id":
            found.sort(key=lambda facts: facts.id, reverse=True)
        elif field != "created_at":
            found.sort(key=lambda facts: _moment_of(field, facts) or -inf, reverse=True)
        return found if descending else found[::-1]

    def _behind(
        self, found: list[Facts], everything: list[Facts], after: str | None, descending: bool
    ) -> list[Facts]:
        """Of what was found, that behind a place."""
        if after is None:
            return found
        places = {facts.id: place for place, facts in enumerate(everything)}
        if after not in places:
            if self.bad_after == "refused":
                raise Refused(self._invalid("after", "must be the ID of an entity"))
            return found
        if self.after_means == "row":
            return [facts for facts in found if places[facts.id] > places[after]]
        others = (facts for facts in found if facts.id != after)
        return [facts for facts in others if (facts.id < after) is descending]

    def _written(self, id: str, shape: Shape) -> bytes:
        row = self.shelf.row(id)
        if row is None:
            raise Refused(self.failure(404))
        return self.rendered(row, shape)

    def _tests(self, values: Mapping[str, str]) -> list[Test]:
        tests: list[Test] = []
        bounds: dict[str, list[Test]] = {}
        for name, text in values.items():
            if name in _CHOICES:
                tests.append(self._choice(name, text.split(",")))
            elif timed := _TIME.fullmatch(name):
                bounds.setdefault(timed[1], []).append(self._bound(timed[1], timed[2], text))
        for field, compared in bounds.items():
            if len(compared) > 1 and self.two_bounds == "refused":
                raise Refused(self._invalid(field, "must be given once"))
            tests += compared if self.two_bounds == "both" else compared[-1:]
        return tests

    def _choice(self, name: str, wanted: list[str]) -> Test:
        get = _CHOICES[name]
        allowed = _ALLOWED.get(name)
        if allowed is not None and not set(wanted) <= {*allowed}:
            raise Refused(self._invalid(name, f"must be one of {', '.join(allowed)}"))
        return lambda facts: get(facts) in wanted

    def _bound(self, field: str, comparison: str | None, text: str) -> Test:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            detail = f"Invalid time in query parameter {field}."
            raise Refused(self._error(400, "invalid_time_query_parameter", detail)) from None
        bound = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        compare = _COMPARISONS[comparison]

        def test(facts: Facts) -> bool:
            have = _moment_of(field, facts)
            return have is not None and compare(have, bound)

        return test

    def _is_listed(self, facts: Facts) -> bool:
        age = self.clock() - facts.created
        return age >= self.lag and (word(facts) != "draft" or age <= self.drafts_last)

    def _following(self, request: Received) -> str:
        """The address of the next page, but for the place."""
        host = request.headers.get("host")
        start = f"http://{host}{PATH}?" if host else f"https://sandbox-api.paddle.com{PATH}?"
        kept = [f"{name}={value}&" for name, value in request.parameters if name != "after"]
        return start + ("".join(kept) if self.next_is_whole else "")

    def _invalid(self, field: str, message: str) -> Answer:
        errors = [{"field": field, "message": message}]
        return self._error(400, "invalid_field", "Request does not pass validation.", errors)

    def _error(
        self, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None
    ) -> Answer:
        error: dict[str, Any] = {
            "type": "api_error" if status >= 500 else "request_error",
            "code": code,
            "detail": detail,
            "documentation_url": f"https://developer.paddle.com/errors/shared/{code}",
        }
        if errors is not None:
            error["errors"] = errors
        return Answer.json({"error": error, "meta": {"request_id": self._request_id()}}, status)

    def _request_id(self) -> str:
        number = next(iter(self._numbers))
        return f"00000000-0000-4000-8000-{number:012}"


def _moment_of(field: str, facts: Facts) -> float | None:
    shown = moments(facts)[field]
    return None if shown is None else datetime.fromisoformat(shown).timestamp()
