"""Square, imitated from its documentation.

Sources: the API description of version 2025-08-20; the pages ``build-basics/versioning``,
``.../access-tokens``, ``.../common-api-patterns/pagination`` and
``.../general-considerations/handling-errors``.

What Square does not document is strict here, or an attribute of ``SquareSandbox``.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, ClassVar

import attrs

from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_square import sandbox_wire as wire

PATH, LOCATIONS = "/v2/payments", "/v2/locations"
YEAR = 365 * wire.DAY
LARGEST_PAGE = 100
_VERSION = re.compile(r"20\d{2}-[01]\d-[0-3]\d")
_VERSIONS = range(2018, 2028)
_PARAMETERS = {
    "begin_time",
    "card_brand",
    "cursor",
    "end_time",
    "is_offline_payment",
    "last_4",
    "limit",
    "location_id",
    "offline_begin_time",
    "offline_end_time",
    "sort_field",
    "sort_order",
    "total",
    "updated_at_begin_time",
    "updated_at_end_time",
}
_SPANS = {
    "": lambda facts: facts.created,
    "updated_at_": wire.updated,
    "offline_": lambda facts: wire.taken_offline(facts) if wire.offline(facts) else None,
}
"""By what the names of two parameters begin with: the time that they are about."""
_SORTS: dict[str, Callable[[Facts], int]] = {
    "CREATED_AT": lambda facts: facts.created,
    "UPDATED_AT": wire.updated,
    "OFFLINE_CREATED_AT": lambda facts: wire.taken_offline(facts) if wire.offline(facts) else 0,
}
_STATUSES = {"open": "complete", "paid": "complete", "expired": "canceled", None: "failed"}
_LONGEST_REFERENCE = 40

Values = Mapping[str, str]
Place = tuple[int, int, int]


@attrs.frozen
class Order:
    """By which time a list is sorted, and which way."""

    time: Callable[[Facts], int]
    ascending: bool

    def place(self, row: Any) -> Place:
        """Where a payment stands; those of the same time in the order they came."""
        sign = 1 if self.ascending else -1
        return sign * self.time(row.facts), sign * row.facts.created, -sign * row.key[1]


@attrs.frozen(kw_only=True)
class Payments(Page):
    """A page that knows where its list goes on, and for whom."""

    query: str
    """A digest of the parameters that a cursor is good for."""
    order: Order
    last: Place | None
    """The last place that was looked at, where that is not the last payment's."""


@attrs.define(kw_only=True, eq=False)
class SquareSandbox(ProviderSandbox):
    """One seller's account in Square's sandbox.

    Facts are held as Square would hold them. A session is a payment: one that is open is an
    authorization or a bank debit on its way, one that expired was canceled. The payment intent is
    the payment itself. Some payments were taken at a till, on an invoice or by hand, always the
    same ones. Square knows of no links, subscriptions, disputes and phone numbers here. Unlike at
    Square, one location holds payments in several currencies.
    """

    api_key: ClassVar[str] = "sandbox-sq0atb-obviously_fake_token"
    powerless_key: ClassVar[str] = "sandbox-sq0atb-obviously_fake_may_read_nothing"
    currencies: ClassVar[frozenset[str] | None] = frozenset(
        {"aud", "cad", "eur", "gbp", "jpy", "usd"}
    )

    locations: tuple[str, ...] = ("LSANDBOXMAIN1",)
    """The ids of the seller's locations, the main one first. Payments are spread over them."""
    end_included: bool = True
    """Whether ``end_time`` itself belongs to the span; not documented."""
    offline_hidden: bool = False
    """Whether a list without ``is_offline_payment`` leaves out what was taken offline: the
    documented default is false, and what that means is not."""
    future_refused: bool = False
    """Whether a ``begin_time`` after now, which is the default ``end_time``, is an error."""
    cursor_lasts: float = 900
    """Seconds for which a cursor is good; each page gives a new one."""
    same_limit: bool = False
    """Whether ``limit`` is among the parameters that must be the same with a cursor."""
    hollow: bool = False
    """Whether a page is looked through rather than filled, so that it may be short, or empty with
    more to come; only that it may hold fewer is documented."""
    empty_key: bool = False
    """Whether a list without a payment has ``payments`` all the same."""
    lag: float = 0
    """Seconds before a payment is listed; "several", by the documentation."""

    def adopt(self, facts: Facts) -> Facts:
        """The facts as Square would hold them; see the class."""
        id = facts.token("payment", 27) + "ZY"
        status = _STATUSES.get(facts.status, facts.status)
        paid = status == "complete" and facts.status != "open" and facts.payment_status != "unpaid"
        reference = facts.client_reference_id
        return attrs.evolve(
            facts,
            id=id,
            status=status,
            payment_status="paid" if paid else "unpaid",
            mode="payment",
            kind=_kind(facts),
            expires_at=None,
            amount_subtotal=None,
            amount_discount=None,
            amount_shipping=None,
            amount_tax=None,
            amount_received=None,
            amount_refunded=(facts.amount_refunded or None) if paid else None,
            amount_disputed=None,
            disputed=None,
            currency=None if facts.amount_total is None else facts.currency,
            customer=wire.buyer(facts.customer),
            customer_email=None,
            customer_account=None,
            payment_intents=(id,),
            subscription=None,
            setup_intent=None,
            invoice=None,
            payment_link=None,
            client_reference_id=reference if len(reference or "") <= _LONGEST_REFERENCE else None,
            url=None,
            success_url=None,
            cancel_url=None,
            livemode=False,
            metadata=None,
        )

    def location(self, facts: Facts) -> str:
        """Where a payment was taken; that never changes."""
        return self.locations[sum(facts.token("location", 4).encode()) % len(self.locations)]

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        self._authorize(request)
        self._version(request)
        if request.method != "GET":
            raise Refused(wire.failure(405))
        if request.path == PATH:
            return self._list(_values(request))
        if request.parameters:
            raise Refused(_unknown(request.parameters[0][0]))
        if request.path == LOCATIONS:
            oldest = min((facts.created for facts in self.shelf), default=int(self.clock()))
            return Answer.json(wire.locations(self.locations, oldest))
        if re.fullmatch(f"{PATH}/[^/]+", request.path):
            return self._one(request.path.rpartition("/")[2])
        raise Refused(self.failure(404))

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        """A payment as Square writes it."""
        return wire.payment(facts, self.location(facts))

    def envelope(self, page: Page) -> Answer:
        """A page; what is empty is left out."""
        assert isinstance(page, Payments)
        parts = []
        if page.rows or self.empty_key:
            parts.append(b'"payments":[' + b",".join(page.rows) + b"]")
        if page.more:
            parts.append(b'"cursor":"' + self._cursor(page).encode() + b'"')
        return Answer.json(b"{" + b",".join(parts) + b"}")

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        return wire.failure(status)

    def headers(self, request: Received) -> Mapping[str, str]:
        """The version that was asked for."""
        version = request.headers.get("square-version")
        return {} if version is None else {"square-version": version}

    def _authorize(self, request: Received) -> None:
        if request.bearer_token == self.powerless_key:
            detail = "The merchant has not given your application sufficient permissions"
            raise Refused(wire.failure(403, "INSUFFICIENT_SCOPES", detail))
        if request.bearer_token != self.api_key:
            raise Refused(self.failure(401))

    def _version(self, request: Received) -> None:
        version = request.headers.get("square-version")
        if version is None:
            return
        if not _VERSION.fullmatch(version):
            detail = "The Square-Version header is not a version"
            raise Refused(wire.failure(400, "INVALID_SQUARE_VERSION_FORMAT", detail))
        if int(version[:4]) not in _VERSIONS:
            detail = "There is no such Square-Version"
            raise Refused(wire.failure(400, "API_VERSION_INCOMPATIBLE", detail))

    def _one(self, id: str) -> Answer:
        row = self.shelf.row(id)
        if row is None:
            detail = f"Could not find payment with id: {id}"
            raise Refused(wire.failure(404, "NOT_FOUND", detail))
        return Answer.json(b'{"payment":' + self.rendered(row, None) + b"}")

    def _list(self, values: Values) -> Payments:
        limit = _limit(values)
        tests = [*self._tests(values), *self._spans(values)]
        order = _order(values)
        query = _digest(values, {"cursor"} if self.same_limit else {"cursor", "limit"})
        after = self._place(values["cursor"], query) if "cursor" in values else None
        rows = sorted(self.shelf.after(None), key=order.place)
        found = [row for row in rows if after is None or order.place(row) > after]
        looked = found[:limit] if self.hollow else found
        fitting = [row for row in looked if all(test(row.facts) for test in tests)]
        chosen = fitting[:limit]
        return Payments(
            ids=tuple(row.facts.id for row in chosen),
            rows=tuple(self.rendered(row, None) for row in chosen),
            more=len(found) > len(looked) or len(fitting) > len(chosen),
            query=query,
            order=order,
            last=order.place(looked[-1]) if self.hollow and looked else None,
        )

    def _tests(self, values: Values) -> Iterator[Callable[[Facts], bool]]:
        location = values.get("location_id", self.locations[0])
        if location not in self.locations:
            detail = "The location is none of the seller's"
            raise Refused(wire.failure(400, "INVALID_LOCATION", detail, "location_id"))
        yield lambda facts: self.location(facts) == location
        yield lambda facts: facts.created <= self.clock() - self.lag
        if "is_offline_payment" in values:
            asked = _flag(values["is_offline_payment"])
            yield lambda facts: wire.offline(facts) is asked
        elif self.offline_hidden and "offline_begin_time" not in values:
            yield lambda facts: not wire.offline(facts)
        if "total" in values:
            total = _integer("total", values["total"])
            yield lambda facts: facts.amount_total == total
        if "last_4" in values:
            yield lambda facts: (wire.card(facts) or ("", ""))[1] == values["last_4"]
        if "card_brand" in values:
            yield lambda facts: (wire.card(facts) or ("", ""))[0] == values["card_brand"]

    def _spans(self, values: Values) -> Iterator[Callable[[Facts], bool]]:
        """Tests for the three times that a list may be asked for by."""
        now = self.clock()
        defaults = {"": (now - YEAR, now), "offline_": (now, now), "updated_at_": (None, None)}
        for prefix, read in _SPANS.items():
            names = (f"{prefix}begin_time", f"{prefix}end_time")
            given = [_time(name, values[name]) if name in values else None for name in names]
            if prefix and given == [None, None]:
                continue
            begin, end = (
                usual if one is None else one
                for one, usual in zip(given, defaults[prefix], strict=True)
            )
            backward = begin is not None and end is not None and begin > end
            if backward and (None not in given or self.future_refused):
                detail = f"`{names[0]}` is after `{names[1]}`"
                raise Refused(wire.failure(400, "INVALID_TIME_RANGE", detail, names[0]))
            yield _within(read, begin, end, self.end_included or given[1] is None)

    def _cursor(self, page: Payments) -> str:
        """The place behind a page, for as long as it is good."""
        row = self.shelf.row(page.ids[-1]) if page.ids else None
        place = page.order.place(row) if page.last is None and row is not None else page.last
        written = json.dumps([page.query, int(self.clock()), place])
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

    def _place(self, cursor: str, query: str) -> Place:
        """The place that a cursor names."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            given, begun, place = json.loads(base64.urlsafe_b64decode(padded))
            first, second, third = (int(one) for one in place)
        except (ValueError, TypeError, binascii.Error):
            raise Refused(_stale("The pagination cursor is invalid")) from None
        if given != query:
            raise Refused(_stale("The pagination cursor does not go with these parameters"))
        if self.clock() > begun + self.cursor_lasts:
            raise Refused(_stale("The pagination cursor has expired"))
        return first, second, third


def _kind(facts: Facts) -> str | None:
    """What a payment is: a share of the checkouts are payments of other kinds here."""
    if facts.kind != "checkout":
        return "invoice" if facts.kind == "renewal" else facts.kind
    if facts.one_in(7, "till"):
        return "in_person"
    if facts.one_in(11, "invoice"):
        return "invoice"
    if facts.one_in(17, "by hand"):
        return "other"
    return "unknown" if facts.one_in(19, "old") else "checkout"


def _values(request: Received) -> dict[str, str]:
    """The parameters of a list request; each known, filled and given once."""
    values: dict[str, str] = {}
    for name, value in request.parameters:
        if name not in _PARAMETERS:
            raise Refused(_unknown(name))
        if name in values:
            detail = f"`{name}` is given twice"
            raise Refused(wire.failure(400, "CONFLICTING_PARAMETERS", detail, name))
        if not value:
            raise Refused(wire.failure(400, "VALUE_EMPTY", f"`{name}` is empty", name))
        values[name] = value
    return values


def _within(
    read: Callable[[Facts], int | None], begin: float | None, end: float | None, included: bool
) -> Callable[[Facts], bool]:
    def test(facts: Facts) -> bool:
        time = read(facts)
        if time is None or (begin is not None and time < begin):
            return False
        return end is None or time < end or (included and time == end)

    return test


def _order(values: Values) -> Order:
    field, order = values.get("sort_field", "CREATED_AT"), values.get("sort_order", "DESC")
    if field not in _SORTS:
        detail = f"`{field}` is not a valid enum value for `sort_field`"
        raise Refused(wire.failure(400, "INVALID_ENUM_VALUE", detail, "sort_field"))
    if order not in ("ASC", "DESC"):
        detail = f"`{order}` is not a sort order"
        raise Refused(wire.failure(400, "INVALID_SORT_ORDER", detail, "sort_order"))
    return Order(_SORTS[field], order == "ASC")


def _digest(values: Values, without: set[str]) -> str:
    """What tells one question from another."""
    asked = sorted(item for item in values.items() if item[0] not in without)
    return blake2b(json.dumps(asked).encode(), digest_size=6).hexdigest()


def _limit(values: Values) -> int:
    """The page size: one that is too large is ignored."""
    limit = _integer("limit", values.get("limit", str(LARGEST_PAGE)))
    if limit < 1:
        detail = "`limit` must be greater than 0"
        raise Refused(wire.failure(400, "VALUE_TOO_LOW", detail, "limit"))
    return min(limit, LARGEST_PAGE)


def _integer(name: str, value: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", value):
        detail = "Expected an integer value"
        raise Refused(wire.failure(400, "EXPECTED_INTEGER", detail, name))
    return int(value)


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        detail = "Expected a boolean value"
        raise Refused(wire.failure(400, "EXPECTED_BOOLEAN", detail, "is_offline_payment"))
    return value == "true"


def _time(name: str, value: str) -> float:
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is not None and "T" in value:
            return found.timestamp()
    except ValueError:
        pass
    detail = f"`{name}` is not a valid RFC 3339 time"
    raise Refused(wire.failure(400, "INVALID_TIME", detail, name))


def _unknown(name: str) -> Answer:
    detail = f"Unknown query parameter: `{name}`"
    return wire.failure(400, "UNKNOWN_QUERY_PARAMETER", detail, name)


def _stale(detail: str) -> Answer:
    return wire.failure(400, "INVALID_CURSOR", detail, "cursor")
