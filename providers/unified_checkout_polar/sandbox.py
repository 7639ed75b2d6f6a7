"""Polar, imitated from its documentation and its published server.

Sources: Polar's OpenAPI description (2026-04); ``kit/pagination.py``, ``kit/sorting.py``,
``checkout/endpoints.py``, ``checkout/service.py``, ``checkout/tasks.py``, ``exceptions.py`` and
``rate_limit.py`` of github.com/polarsource/polar.

As strict as Polar is, and no stricter: a parameter that it does not know is ignored there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_polar import sandbox_wire as wire

PATH = "/v1/checkouts/"

VERSIONS = ("2026-04", "2026-10", "2027-01")
"""Those that Polar's own package of 2026 speaks; the first is what is answered in by default."""

_WORDS = {"open": "open", "complete": "succeeded", "expired": "expired", "failed": "failed"}
_STATUSES = {"paid": "complete", "canceled": "expired"}
_FINAL = ("complete", "expired", "failed")
_SORTING = ("created_at", "expires_at", "status")
_LARGEST_PAGE = 100
_EXPIRY_RUNS_EVERY = 900
"""Seconds between two runs of the job that expires sessions."""

_REASONS = {
    401: ("invalid_token", "The access token provided is expired, revoked or malformed."),
    403: ("insufficient_scope", "The request requires higher privileges than provided."),
}
_DETAILS = {
    404: ("ResourceNotFound", "Not found"),
    405: ("MethodNotAllowed", "Method Not Allowed"),
}

Test = Callable[[Facts], bool]
Values = Mapping[str, Sequence[str]]


@attrs.frozen(kw_only=True)
class CountedPage(Page):
    """A page that knows how many there are."""

    total: int
    last: int


@attrs.define(kw_only=True, eq=False)
class PolarSandbox(ProviderSandbox):
    """One organization on Polar's server for tests.

    Facts are held as Polar would hold them: ``paid`` is complete, ``canceled`` is expired, and so
    is what should have been finished when the job for that last ran; what is final stays so.
    Modes are payment and subscription, or none where no product is chosen; what is to be paid
    follows from the amounts and from trials. Until the buyer confirms, the address is a prefill.
    The shop's reference is metadata. Payments, links, invoices, refunds and disputes are not on
    the row, and of subscriptions only those that are upgraded.
    """

    api_key: ClassVar[str] = "polar_oat_test_obviously_fake_sandbox_key"
    currencies = frozenset({"usd", "eur", "gbp", "jpy", "isk", "ugx", "sek"})

    replica_lag: int = 0
    """Seconds for which a new session may be missing from the list. Polar reads from a replica
    where there is one; how far that lags is not known."""
    ties_shuffled: bool = False
    """Whether sessions of the same moment are in another order on every other page. There is no
    second criterion; whether a database gives them in one order all the same is not known."""
    sends_request_id: bool = False
    """Whether answers carry a request id, of which nothing is documented."""
    scopes: frozenset[str] = frozenset({"checkouts:read"})
    """What the token may do; either scope of ``checkouts`` will do for the list."""

    def adopt(self, facts: Facts) -> Facts:
        """The facts as this provider would hold them; see the class."""
        status = self._status(facts)
        confirmed = _word(facts, status) not in ("open", "expired")
        mode = None if facts.one_in(15, "no product") else _mode(facts)
        facts = attrs.evolve(
            facts,
            id=wire.uuid(f"checkout:{facts.serial}"),
            kind="checkout",
            status=status,
            mode=mode,
            currency=facts.currency or "usd",
            expires_at=_expiry(facts),
            **_amounts(facts),
            customer=_customer(facts, confirmed),
            customer_email=None if confirmed else facts.customer_email,
            customer_account=None,
            amount_received=None,
            amount_refunded=None,
            amount_disputed=None,
            amount_shipping=None,
            disputed=None,
            payment_intents=(),
            payment_link=None,
            setup_intent=None,
            invoice=None,
            subscription=_upgraded(facts),
            livemode=False,
            metadata=_metadata(facts),
            url=f"https://sandbox.polar.sh/checkout/polar_c_{facts.token('secret', 40)}",
            success_url=facts.success_url or "https://sandbox.polar.sh/thanks",
        )
        return attrs.evolve(facts, payment_status=_payment_status(facts))

    def change(self, id: str, **fields: object) -> Facts:
        """Change fields of a session; a status that is final stays what it is."""
        row = self.shelf.row(id)
        if row is not None and row.facts.status in _FINAL:
            fields.pop("status", None)
        return super().change(id, **fields)

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        if request.headers.get("polar-version", VERSIONS[0]) not in VERSIONS:
            raise Refused(Answer.json({"detail": "Not Found"}, 404))
        id = request.path.removeprefix(PATH)
        if request.path == PATH.rstrip("/") or (id.endswith("/") and request.path != PATH):
            raise Refused(_redirect(request))
        if not request.path.startswith(PATH) or "/" in id:
            raise Refused(Answer.json({"detail": "Not Found"}, 404))
        if request.method != "GET":
            raise Refused(self.failure(405))
        self._check_token(request)
        return self._single(id) if id else self._list(_values(request))

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        """A session as Polar writes it."""
        return wire.checkout(facts, _word(facts, facts.status))

    def envelope(self, page: Page) -> Answer:
        """The answer that holds a page."""
        assert isinstance(page, CountedPage)
        tail = b'{"total_count":%d,"max_page":%d}' % (page.total, page.last)
        return Answer.json(b'{"items":[%b],"pagination":%b}' % (b",".join(page.rows), tail))

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        if status == 429:
            return Answer(status=429, headers={"retry-after": "1"})
        if status in _REASONS:
            error, description = _REASONS[status]
            bearer = f'Bearer realm="polar", error="{error}", error_description="{description}"'
            body = {"error": error, "error_description": description}
            return Answer.json(body, status, {"www-authenticate": bearer})
        if status == 422:
            return _invalid("page", "Input should be a valid integer", "int_parsing", "x")
        error, detail = _DETAILS.get(status, ("PolarError", "The request failed."))
        return Answer.json({"error": error, "detail": detail}, status)

    def headers(self, request: Received) -> Mapping[str, str]:
        """What every answer carries."""
        version = request.headers.get("polar-version", VERSIONS[0])
        told = {"x-polar-sandbox": "1", "polar-version": version}
        return {**told, "x-request-id": "req-1"} if self.sends_request_id else told

    def _check_token(self, request: Received) -> None:
        if request.bearer_token is None:
            raise Refused(Answer.json({"error": "Unauthorized", "detail": "Unauthorized"}, 401))
        if request.bearer_token != self.api_key:
            raise Refused(self.failure(401))
        if self.scopes.isdisjoint({"checkouts:read", "checkouts:write"}):
            raise Refused(self.failure(403))

    def _single(self, id: str) -> Answer:
        if _uuid4(id) is None:
            raise Refused(_invalid("id", "Input should be a valid UUID", "uuid_parsing", id))
        row = self.shelf.row(str(_uuid4(id)))
        if row is None:
            raise Refused(self.failure(404))
        return Answer.json(self.rendered(row, None))

    def _list(self, values: Values) -> CountedPage:
        number, size = _integer(values, "page", 1), _integer(values, "limit", 10)
        size = min(size, _LARGEST_PAGE)
        chosen = self.select([*_tests(values), self._listed], None, limit=10**9)
        ids = self._ordered(chosen.ids, _sorting(values), number)
        rows = dict(zip(chosen.ids, chosen.rows, strict=True))
        page = ids[(number - 1) * size : number * size]
        return CountedPage(
            ids=tuple(page),
            rows=tuple(rows[id] for id in page),
            more=number * size < len(ids),
            total=len(ids),
            last=-(-len(ids) // size),
        )

    def _ordered(self, ids: Iterable[str], sorting: Sequence[str], number: int) -> list[str]:
        """In the order asked for; what ties is in that of arrival, or else in any."""
        ordered = list(ids)
        if self.ties_shuffled and number % 2 == 0:
            ordered.reverse()
        for criterion in reversed(sorting):
            name = criterion.removeprefix("-")
            ordered.sort(
                key=lambda id, name=name: self._value(id, name),  # type: ignore[misc]
                reverse=criterion != name,
            )
        return ordered

    def _value(self, id: str, name: str) -> str:
        row = self.shelf.row(id)
        assert row is not None
        if name == "status":
            return _word(row.facts, row.facts.status)
        return wire.moment(
            (row.facts.created if name == "created_at" else row.facts.expires_at) or 0
        )

    def _listed(self, facts: Facts) -> bool:
        return not self.replica_lag or facts.created <= self.clock() - self.replica_lag

    def _status(self, facts: Facts) -> str:
        status = facts.status or "expired"
        last_run = self.clock() // _EXPIRY_RUNS_EVERY * _EXPIRY_RUNS_EVERY
        if status == "open" and _expiry(facts) <= last_run:
            return "expired"
        return _STATUSES.get(status, status)


def _word(facts: Facts, status: str | None) -> str:
    """Polar's word: some sessions that are open have been confirmed."""
    if status == "open" and facts.one_in(5, "confirmed"):
        return "confirmed"
    return _WORDS[status or "expired"]


def _mode(facts: Facts) -> str:
    return "subscription" if facts.mode == "subscription" else "payment"


def _expiry(facts: Facts) -> int:
    return facts.created + 86_400 if facts.expires_at is None else facts.expires_at


def _amounts(facts: Facts) -> dict[str, Any]:
    """Amounts that add up as they do at Polar, where nothing is shipped."""
    tax, total = facts.amount_tax, facts.amount_total or 0
    given = facts.amount_subtotal
    subtotal = max(0, total - (tax or 0)) if given is None else given
    discount = min(subtotal, facts.amount_discount or 0)
    return {
        "amount_subtotal": subtotal,
        "amount_discount": discount,
        "amount_tax": tax,
        "amount_total": subtotal - discount + (tax or 0),
    }


def _payment_status(facts: Facts) -> str:
    if not facts.amount_total or wire.on_trial(facts):
        return "no_payment_required"
    return "paid" if facts.status == "complete" else "unpaid"


def _customer(facts: Facts, confirmed: bool) -> Customer | None:
    """The buyer: with the address from the moment that it is confirmed, and never with a phone."""
    buyer = facts.customer
    if buyer is None:
        return None
    return attrs.evolve(
        buyer,
        id=None if buyer.id is None else wire.uuid(f"customer:{buyer.id}"),
        email=buyer.email if confirmed else None,
        phone=None,
        address=buyer.address if buyer.address and buyer.address.country else None,
    )


def _upgraded(facts: Facts) -> str | None:
    """The subscription that is upgraded, if one is; that which begins is not on the row."""
    upgrades = facts.subscription is not None and facts.one_in(6, "upgrade")
    return wire.uuid(f"subscription:{facts.subscription}") if upgrades else None


def _metadata(facts: Facts) -> dict[str, str]:
    reference = facts.client_reference_id
    return {**(facts.metadata or {}), **({} if reference is None else {"reference_id": reference})}


def _values(request: Received) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in request.parameters:
        values.setdefault(name, []).append(value)
    return values


def _tests(values: Values) -> list[Test]:
    """What each filter demands; one that may repeat is met by any of its values."""
    for word in values.get("status", ()):
        if word not in ("open", "confirmed", *_WORDS.values()):
            raise Refused(_invalid("status", "Input should be a known status", "enum", word))
    found = {
        "status": lambda facts: _word(facts, facts.status),
        "customer_id": lambda facts: facts.customer_id,
        "external_customer_id": lambda facts: facts.customer_id and wire.external_id(facts),
        "product_id": lambda facts: None if facts.mode is None else wire.product_id(facts),
        "organization_id": lambda facts: wire.ORGANIZATION,
    }
    tests = [
        _any_of(read, _ids(values, name) if name in _UUIDS else values[name])
        for name, read in found.items()
        if name in values
    ]
    return [*tests, *(_contains(pattern) for pattern in values.get("query", ())[-1:])]


_UUIDS = ("customer_id", "product_id", "organization_id")


def _any_of(read: Callable[[Facts], str | None], wanted: Sequence[str]) -> Test:
    return lambda facts: read(facts) in wanted


def _ids(values: Values, name: str) -> list[str]:
    for value in values[name]:
        if _uuid4(value) is None:
            raise Refused(_invalid(name, "Input should be a valid UUID", "uuid_parsing", value))
    return [str(_uuid4(value)) for value in values[name]]


def _contains(pattern: str) -> Test:
    """PostgreSQL's ILIKE with a percent sign on both sides."""
    wild = {"%": ".*", "_": "."}
    parts: list[str] = re.findall(r"\\.|.", pattern, re.DOTALL)
    regex = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    compiled = re.compile(regex, re.IGNORECASE | re.DOTALL)

    def test(facts: Facts) -> bool:
        address = wire.address_of(facts, _word(facts, facts.status))
        return address is not None and compiled.search(address) is not None

    return test


def _sorting(values: Values) -> Sequence[str]:
    for criterion in values.get("sorting", ()):
        if criterion.removeprefix("-") not in _SORTING:
            raise Refused(
                _invalid("sorting", "Input should be a known criterion", "enum", criterion)
            )
    return values.get("sorting") or ["-created_at"]


def _integer(values: Values, name: str, default: int) -> int:
    text = values.get(name, [str(default)])[-1]
    if not re.fullmatch(r"[+-]?\d+", text):
        raise Refused(_invalid(name, "Input should be a valid integer", "int_parsing", text))
    if int(text) <= 0:
        raise Refused(_invalid(name, "Input should be greater than 0", "greater_than", text))
    return int(text)


def _uuid4(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if found.version == 4 else None


def _invalid(name: str, message: str, kind: str, value: str) -> Answer:
    problem = {"loc": [_where(name), name], "msg": message, "type": kind, "input": value}
    return Answer.json({"error": "RequestValidationError", "detail": [problem]}, 422)


def _where(name: str) -> str:
    return "path" if name == "id" else "query"


def _redirect(request: Received) -> Answer:
    path = f"{request.path}/" if request.path == PATH.rstrip("/") else request.path.rstrip("/")
    return Answer(status=307, headers={"location": path})
