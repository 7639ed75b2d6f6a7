"""PayPal's Transaction Search, imitated from its documentation and its API description."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from hashlib import sha256
from typing import Any, ClassVar

import attrs

from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_paypal.sandbox_wire import (
    AUTHORIZATION,
    BLOCKS,
    CURRENCIES,
    REFUND,
    LedgerFacts,
    LedgerPage,
    Shape,
    adopted,
    authorization,
    composed,
    letter,
    may_be_refunded,
    refunded,
    rendered,
    written,
)

PATH = "/v1/reporting/transactions"
TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105
CLIENT_ID = "client_id_obviously_fake"
DAY = 86_400
LONGEST = 31 * DAY
TOKEN_LASTS = 32_400

_FILTERS = (
    "transaction_id",
    "transaction_type",
    "transaction_status",
    "transaction_amount",
    "transaction_currency",
    "payment_instrument_type",
    "store_id",
    "terminal_id",
)
_PAGING = ("page_size", "page")
_PARAMETERS = frozenset(
    (*_FILTERS, "start_date", "end_date", "fields", "balance_affecting_records_only", *_PAGING)
)
_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)"
    r"(\.\d+)?([Zz]|[+-]\d{2}:\d{2})"
)
_AMOUNTS = re.compile(r"\[(-?\d{1,12}) TO (-?\d{1,12})\]")
_WORDS = {
    "transaction_status": ("S", "P", "D", "V"),
    "balance_affecting_records_only": ("Y", "N"),
    "payment_instrument_type": ("CREDITCARD", "DEBITCARD"),
}
_ILL_FORMED = "Request is not well-formed, syntactically incorrect, or violates schema."
_NAMES = {
    400: ("INVALID_REQUEST", _ILL_FORMED),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable."),
}  # fmt: skip

Tests = list[Callable[[LedgerFacts], bool]]


@attrs.define(kw_only=True, eq=False)
class PayPalSandbox(ProviderSandbox):
    """A ledger in which payments stand beside refunds, fees and withdrawals.

    What PayPal does not document is an attribute, to be had both ways.
    """

    api_key: ClassVar[str] = "paypal_secret_obviously_fake"
    currencies = CURRENCIES

    lag: int = 9_000
    """Seconds after which the ledger takes in what happened, every half hour; 0 is at once."""
    most_rows: int = 10_000
    """The most entries of a window that are listed."""
    by: str = "updated"
    """The time that a window is compared with: of the last change, or ``created``."""
    whole_days: bool = False
    """Whether a window of exactly 31 days is allowed."""
    counts_from_page: bool = False
    """Whether ``total_items`` and ``total_pages`` count from the page that is asked for."""
    tells_served_end: bool = True
    """Whether ``end_date`` is cut to what can be served."""
    tells_refreshed: bool = True
    """Whether pages have ``last_refreshed_datetime``."""
    unavailable: int = 400
    """The status for a window that begins after what is loaded; 404 has been seen too."""
    refuses_beyond: bool = False
    """Whether a page beyond the last one is refused, rather than empty."""
    shows_early: bool = False
    """Whether the newest entries of a second come first, rather than last."""
    pending_listed: bool = True
    """Whether ``balance_affecting_records_only=Y`` lists what is pending or was denied."""
    shares_ids: bool = False
    """Whether some payments share their ids with authorizations, which ``N`` alone lists. All are
    then held under their ids and codes, as an account that asks for ``N`` tells them."""
    names_refunded: bool = True
    """Whether refunds name the payment that they are of."""
    permitted: bool = True
    """Whether the app has the feature Transaction Search."""

    def adopt(self, facts: Facts) -> Facts:
        """The facts as the ledger would hold them; see ``sandbox_wire``."""
        held = adopted(facts, int(self.clock()))
        return composed(held) if self.shares_ids else held

    def hold(self, facts: Iterable[Facts]) -> list[Facts]:
        """Adopt facts, and with some of them what came before under the same id."""
        told = list(facts)
        held = super().hold(told)
        for one, payment in zip(told, list(held), strict=True):
            assert isinstance(payment, LedgerFacts)
            if self.shares_ids and payment.kind == "checkout" and payment.one_in(3, "authorized"):
                held.append(authorization(payment))
                self.shelf.add(one, held[-1])
        for entry in held:
            self._refund(entry)
        return [self._held(facts.id) for facts in held]

    def change(self, id: str, **fields: Any) -> Facts:
        """Change fields; the entry's last change is now. A refund stays what it was."""
        before = self._held(id)
        super().change(id, **fields)
        now = int(self.clock())
        facts = attrs.evolve(self._held(id), updated=now, amount_refunded=before.amount_refunded)
        return self._replace(facts if before.of is None else attrs.evolve(before, updated=now))

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        if request.path == TOKEN_PATH:
            return self._token(request)
        if request.bearer_token is None or request.bearer_token not in self._tokens():
            raise Refused(self.failure(401))
        if request.path != PATH:
            raise Refused(self.failure(404))
        if request.method != "GET":
            raise Refused(self.failure(405))
        if not self.permitted:
            raise Refused(self.failure(403))
        return self._list(self._values(request))

    def render(self, facts: Facts, shape: Shape) -> Mapping[str, object]:
        """An entry as PayPal writes it."""
        assert isinstance(facts, LedgerFacts)
        return rendered(facts, shape)

    def envelope(self, page: Page) -> Answer:
        """The answer that holds a page."""
        assert isinstance(page, LedgerPage)
        rest = {
            "account_number": "EXAMPLEMERCH1",
            "start_date": written(page.start),
            "end_date": written(page.end),
            "last_refreshed_datetime": written(page.refreshed),
            "page": page.number,
            "total_items": page.total_items,
            "total_pages": page.total_pages,
            "links": [{"rel": "self", "method": "GET", "href": f"https://api.paypal.com{PATH}"}],
        }
        if not self.tells_refreshed:
            del rest["last_refreshed_datetime"]
        tail = Answer.json(rest).body[1:]
        return Answer.json(b'{"transaction_details":[' + b",".join(page.rows) + b"]," + tail)

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        if status == 401:
            problem = {"error": "invalid_token", "error_description": "Token signature is wrong"}
            return Answer.json(problem, 401)
        name, message = _NAMES.get(status, ("UNSUPPORTED", f"Status {status}."))
        return _error(status, name, message)

    def headers(self, request: Received) -> Mapping[str, str]:
        """The id under which PayPal can find a request, and PayPal's own time."""
        return {
            "paypal-debug-id": sha256(repr(request).encode()).hexdigest()[:13],
            "date": formatdate(self.clock(), usegmt=True),
        }

    def _held(self, id: str) -> LedgerFacts:
        row = self.shelf.row(id)
        assert row is not None
        assert isinstance(row.facts, LedgerFacts)
        return row.facts

    def _replace(self, facts: LedgerFacts) -> LedgerFacts:
        row = self.shelf.row(facts.id)
        assert row is not None
        self.shelf.replace(row, row.told, facts)
        return facts

    def _refund(self, entry: Facts) -> None:
        """Let a refund be of the newest payment before it of which nothing was refunded yet."""
        assert isinstance(entry, LedgerFacts)
        earlier = (one for one in self.shelf if one.created <= entry.created)
        payments = (one for one in earlier if isinstance(one, LedgerFacts) and may_be_refunded(one))
        payment = next(payments, None)
        if entry.code != REFUND or payment is None:
            return
        refund, payment = refunded(entry, payment)
        self._replace(refund)
        self._replace(payment)

    def _token(self, request: Received) -> Answer:
        if request.method != "POST" or request.form.get("grant_type") != "client_credentials":
            problem = {"error": "unsupported_grant_type", "error_description": "Grant Type is NULL"}
            raise Refused(Answer.json(problem, 400))
        if request.basic_pair != (CLIENT_ID, self.api_key):
            text = "Client Authentication failed"
            problem = {"error": "invalid_client", "error_description": text}
            raise Refused(Answer.json(problem, 401))
        hour = int(self.clock()) // TOKEN_LASTS * TOKEN_LASTS
        sent = {
            "scope": "https://uri.paypal.com/services/reporting/search/read",
            "access_token": _token_of(hour),
            "token_type": "Bearer",
            "app_id": "APP-OBVIOUSLYFAKE",
            "expires_in": hour + TOKEN_LASTS - int(self.clock()),
            "nonce": f"{written(hour)}-obviously-fake",
        }
        return Answer.json(sent)

    def _tokens(self) -> tuple[str, ...]:
        return (_token_of(int(self.clock()) // TOKEN_LASTS * TOKEN_LASTS),)

    def _values(self, request: Received) -> dict[str, str]:
        values: dict[str, str] = {}
        for name, value in request.parameters:
            if name not in _PARAMETERS:
                raise Refused(_invalid(name, "Unknown parameter"))
            if name in values:
                raise Refused(_invalid(name, "Given twice"))
            if name in _WORDS and value not in _WORDS[name]:
                raise Refused(_invalid(name, f"Allowed: {', '.join(_WORDS[name])}"))
            values[name] = value
        return values

    def _list(self, values: Mapping[str, str]) -> LedgerPage:
        start, end = self._window(values)
        number = _integer(values, "page", 1, range(1, 2**31))
        size = _integer(values, "page_size", 100, range(1, 501))
        shape = Shape(
            blocks=_blocks(values),
            balances=not set(_FILTERS) & set(values),
            names_refunded=self.names_refunded,
        )
        tests = list(_tests(values))
        if values.get("balance_affecting_records_only", "Y") == "Y":
            tests.append(self._moves_a_balance)
        found = [facts for facts in self._between(start, end) if all(one(facts) for one in tests)]
        if len(found) > self.most_rows:
            raise Refused(self._too_large())
        pages = -(-len(found) // size)
        if self.refuses_beyond and number > max(1, pages):
            raise Refused(_invalid("page", "Beyond the last page"))
        shown = found[(number - 1) * size : number * size]
        before = min(number - 1, pages) if self.counts_from_page else 0
        rows = [self.shelf.row(facts.id) for facts in shown]
        return LedgerPage(
            ids=tuple(facts.id for facts in shown),
            rows=tuple(self.rendered(row, shape) for row in rows if row is not None),
            more=number < pages,
            number=number,
            total_items=max(0, len(found) - before * size),
            total_pages=pages - before,
            start=start,
            end=min(end, self._refreshed) if self.tells_served_end else end,
            refreshed=self._refreshed,
        )

    @property
    def _refreshed(self) -> int:
        """Up to when the ledger is loaded."""
        now = int(self.clock())
        return now if not self.lag else (now - self.lag + 1) // 1800 * 1800 - 1

    def _between(self, start: int, end: int) -> list[LedgerFacts]:
        """The entries of a window as far as they are loaded, those changed first coming first.

        An entry that was changed after the ledger was loaded is still under its earlier time.
        """
        loaded = self._refreshed
        found = []
        for facts in self.shelf:
            assert isinstance(facts, LedgerFacts)
            late = self.by == "created" or facts.updated > loaded
            at = facts.created if late else facts.updated
            if start <= at <= min(end, loaded):
                found.append((at, facts))
        if self.shows_early:
            found.reverse()
        return [facts for _, facts in sorted(found, key=lambda one: one[0])]

    def _moves_a_balance(self, facts: LedgerFacts) -> bool:
        pending = letter(facts) in ("P", "D") and not self.pending_listed
        return facts.code != AUTHORIZATION and not pending

    def _window(self, values: Mapping[str, str]) -> tuple[int, int]:
        start, end = _time(values, "start_date"), _time(values, "end_date")
        if end < start:
            raise Refused(_invalid("end_date", "Earlier than start_date"))
        if end - start > LONGEST or (end - start == LONGEST and not self.whole_days):
            raise Refused(_invalid("end_date", "Date range is greater than 31 days"))
        if start < _three_years_before(self.clock()):
            raise Refused(_invalid("start_date", "More than three years ago"))
        if start > self._refreshed:
            message = "Data for the given start date is not available."
            raise Refused(_error(self.unavailable, "INVALID_REQUEST", message))
        return start, end

    def _too_large(self) -> Answer:
        message = (
            "Result set size is greater than the maximum limit. "
            "Change the filter criteria and try again."
        )
        problem = {"name": "RESULTSET_TOO_LARGE", "message": message, "debug_id": "a-debug-id"}
        return Answer.json({**problem, "maximum_items": self.most_rows}, 400)


def _token_of(hour: int) -> str:
    return f"A21AA-obviously-fake-{hour}"


def _three_years_before(now: float) -> float:
    moment = datetime.fromtimestamp(now, UTC)
    leap = moment.month == 2 and moment.day == 29
    return moment.replace(year=moment.year - 3, day=28 if leap else moment.day).timestamp()


def _tests(values: Mapping[str, str]) -> Iterator[Callable[[LedgerFacts], bool]]:
    wanted = values.get
    if id := wanted("transaction_id"):
        if not 17 <= len(id) <= 19:
            raise Refused(_invalid("transaction_id", "Must have 17 to 19 characters"))
        yield lambda facts: facts.transaction_id == id
    if code := wanted("transaction_type"):
        if not re.fullmatch(r"T\d{4}", code):
            raise Refused(_invalid("transaction_type", "Not an event code"))
        yield lambda facts: facts.code == code
    if word := wanted("transaction_status"):
        yield lambda facts: letter(facts) == word
    if currency := wanted("transaction_currency"):
        if not re.fullmatch(r"[A-Z]{3}", currency):
            raise Refused(_invalid("transaction_currency", "Not a currency"))
        yield lambda facts: (facts.currency or "").upper() == currency
    if text := wanted("transaction_amount"):
        span = _AMOUNTS.fullmatch(text)
        if span is None:
            raise Refused(_invalid("transaction_amount", "Not a range such as [500 TO 1005]"))
        lowest, highest = int(span[1]), int(span[2])
        yield lambda facts: lowest <= (facts.amount_total or 0) <= highest
    for name, field in (("store_id", "store7"), ("terminal_id", "till0")):
        if (place := wanted(name)) is not None:
            yield lambda facts, at=place, own=field: facts.kind == "in_person" and at == own  # type: ignore[misc]
    if (card := wanted("payment_instrument_type")) is not None:
        yield lambda facts: facts.one_in(2, card)


def _blocks(values: Mapping[str, str]) -> tuple[str, ...]:
    asked = values.get("fields", "transaction_info").split(",")
    unknown = set(asked) - {*BLOCKS, "all"}
    if unknown:
        raise Refused(_invalid("fields", "No such field"))
    return BLOCKS if "all" in asked else tuple(name for name in BLOCKS if name in asked)


def _time(values: Mapping[str, str], name: str) -> int:
    if name not in values:
        raise Refused(_invalid(name, "Required"))
    if not _TIME.fullmatch(values[name]):
        raise Refused(_invalid(name, "Not an Internet date and time"))
    try:
        return int(datetime.fromisoformat(values[name].upper()).timestamp())
    except ValueError:
        raise Refused(_invalid(name, "No such time")) from None


def _integer(values: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = values.get(name, str(default))
    if not re.fullmatch(r"\d{1,10}", text) or int(text) not in allowed:
        raise Refused(_invalid(name, f"From {allowed.start} to {allowed.stop - 1}"))
    return int(text)


def _error(status: int, name: str, message: str, *details: Mapping[str, str]) -> Answer:
    problem = {
        "name": name,
        "message": message,
        "debug_id": "a-debug-id",
        "details": list(details),
        "links": [],
    }
    return Answer.json(problem, status)


def _invalid(name: str, issue: str) -> Answer:
    problem = {"field": name, "location": "query", "issue": issue}
    return _error(400, *_NAMES[400], problem)
