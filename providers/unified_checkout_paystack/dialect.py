"""Paystack's query language for transactions.

Source: https://paystack.com/docs/api/transaction (the list page) and .../api/pagination. What only
the published OpenAPI description has is reached by ``provider_options`` alone: that description
and the documentation contradict each other on the names of parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

import attrs
from pydantic import Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    InvalidQuery,
    ListSessions,
    Operator,
    Order,
    Paging,
    Parameters,
    Place,
    Predicate,
    Pushdown,
    QueryOptions,
    Reach,
    SessionKind,
    SessionStatus,
    Stream,
    Verdict,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    inexact,
    narrowed,
    page_size,
    push,
    push_created,
    push_kind,
    push_status,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_paystack.session import FAILED, PAID

PATH = "/transaction"

CREATED = {Operator.GT: "from", Operator.LT: "to"}
"""Whether a bound is part of the span is not documented: it is asked for as if it were not."""
LARGEST_PAGE = 200
"""In use by others; no maximum is documented."""
LARGEST_ADVISED = 1000

CURSORS: Parameters = (("use_cursor", "true"),)
NO_NEXT = "null"
"""What the cursor of the last page may be, as a text."""

POSSIBLE = (SessionStatus.OPEN, SessionStatus.COMPLETE, SessionStatus.FAILED, SessionStatus.UNKNOWN)
"""The statuses that a transaction can have; nothing ever tells that one was given up."""
KINDS = tuple(kind for kind in SessionKind if kind is not SessionKind.INVOICE)

PREDICATES = {
    "customer": inexact("customer", "the published description has another parameter"),
    "payment_status": unsupported("the status tells"),
    "mode": unsupported("Paystack has no such filter"),
    "email": unsupported("Paystack has no such filter; the customer's address tells"),
    "client_reference_id": unsupported("no list can be asked for a reference"),
    "currency": unsupported("Paystack has no such filter"),
    "livemode": unsupported("the key's mode decides"),
    "customer_account": unanswerable("Paystack has no such thing"),
    "payment_intent": unanswerable("Paystack's transactions name no other payment"),
    "payment_link": unanswerable("a transaction does not name the payment page it came from"),
    "subscription": unanswerable("a transaction does not name its subscription"),
    "has_disputes": unanswerable("reversed may mean a dispute, or a refund"),
}

EXCLUDES = ("checkouts that no buyer has opened, where Paystack does not list them",)
"""Whether it does is not documented."""
KINDS_UNTOLD = (
    "old transactions and some others do not say what they are: their kind is unknown, "
    "and only kind=unknown, or any, shows them"
)

_CUSTOMER_ID = re.compile(r"0|[1-9][0-9]{0,19}")
_CUSTOMER_CODE = "CUS_"
_NUMBERED = re.compile(r"page:([0-9]+)x([0-9]+)")
_BACK = "previous:"

Word = Annotated[str, Field(min_length=1)]
Amount = Annotated[int, Field(ge=0, lt=2**63)]


class PaystackQueryOptions(QueryOptions):
    """What ``provider_options["paystack"]`` may hold: Paystack's own parameters."""

    perPage: int | None = Field(default=None, ge=1, le=LARGEST_ADVISED)  # noqa: N815
    """Transactions in one page."""
    page: int | None = Field(default=None, ge=1, lt=2**31)
    """The number of the page to begin with, where the account's pages are counted off."""
    next: Word | None = None
    """The cursor of the page to begin with, as ``meta.next`` names it."""
    previous: Word | None = None
    """The same as ``meta.previous`` names it; the pages after it are older ones."""
    status: Word | None = None
    """One of Paystack's own words."""
    amount: Amount | None = None
    """What was charged, in hundredths."""
    terminalid: Word | None = None
    """The terminal."""
    terminal_id: Word | None = None
    """The same by the name that the description gives it; so are all that follow."""
    customer_code: Word | None = None
    """The customer's code, such as ``CUS_...``; ``ListSessions.customer`` takes the id."""
    channel: Word | None = None
    source: Word | None = None
    virtual_account_number: Word | None = None
    settlement: Amount | None = None
    subaccount_code: Word | None = None
    split_code: Word | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = ("page", "next", "previous")
        given = [name for name in places if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other; give one")
        return self

    @property
    def filters(self) -> Parameters:
        """Those that every page repeats."""
        given: Mapping[str, Any] = self.model_dump(
            exclude={"perPage", "page", "next", "previous"}, exclude_none=True
        )
        return tuple((name, str(value)) for name, value in given.items())


def compile_query(
    query: ListSessions, options: PaystackQueryOptions, *, cursors: bool, reversed_filter: bool
) -> Compiled:
    """The query in Paystack's parameters.

    Args:
        query: the query.
        options: its own parameters.
        cursors: whether pages are asked for by cursor.
        reversed_filter: whether ``status=reversed`` is known to be accepted.
    """
    if query.status is not None and options.status is not None:
        raise InvalidQuery("status and provider_options.paystack.status are two; give one")
    if options.page is not None and cursors:
        raise InvalidQuery(
            "provider_options.paystack.page: pages are counted off only where the account's "
            "option use_cursor is false; give next, or set it"
        )
    pushed = [_push(one, reversed_filter) for one in query.predicates(kind=True)]
    size = options.perPage or page_size(query, LARGEST_PAGE)
    start = _start(options, size)
    own = options.filters + (CURSORS if cursors else ())
    shared = Stream(name="transactions", path=PATH, parameters=own)
    doubtful = query.kind is not None and SessionKind.UNKNOWN not in query.kind
    return Compiled(
        streams=streams(pushed, shared),
        verdicts=tuple(one.verdict for one in pushed),
        order=Order.UNDOCUMENTED,
        paging=Paging.TOKEN if cursors else Paging.OFFSET,
        page_size=size,
        start=start,
        reach=Reach(windowed=start is None),
        excludes=EXCLUDES,
        notes=(KINDS_UNTOLD,) if doubtful else (),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    stream = narrowed(stream, place.window, names=CREATED, read=kit.second_of, write=_time)
    if place.cursor is None:
        return (*stream.parameters, ("perPage", str(place.size)))
    if numbered := _NUMBERED.fullmatch(place.cursor):
        number, size = numbered.groups()
        return (*stream.parameters, ("perPage", size), ("page", number))
    asked = tuple(one for one in stream.parameters if one not in CURSORS) + CURSORS
    back = place.cursor.startswith(_BACK)
    token = ("previous" if back else "next", place.cursor.removeprefix(_BACK))
    return (*asked, ("perPage", str(place.size)), token)


def page_after(place: Place, number: int) -> str:
    """The place of a numbered page: a number means nothing without the size it was counted in.

    >>> page_after(Place(size=50), 2), page_after(Place(cursor="page:2x50", size=10), 3)
    ('page:2x50', 'page:3x50')
    """
    numbered = _NUMBERED.fullmatch(place.cursor or "")
    return f"page:{number}x{numbered[2] if numbered else place.size}"


def _start(options: PaystackQueryOptions, size: int) -> str | None:
    if options.page is not None:
        return f"page:{options.page}x{size}"
    return options.next or (options.previous and f"{_BACK}{options.previous}")


def _push(predicate: Predicate, reversed_filter: bool) -> Pushed:
    match predicate.field:
        case "created":
            return _doubted(push_created(predicate, CREATED, _time))
        case "status":
            return _status(predicate, reversed_filter)
        case "kind":
            return push_kind(predicate, *KINDS)
        case "customer":
            return _customer(predicate)
        case field:
            return push(predicate, PREDICATES[field])


def _doubted(pushed: Pushed) -> Pushed:
    """The same, believed less: whether the bound itself is in the span, nobody says."""
    ((parameter, value),) = pushed.alternatives[0]
    note = f"{parameter}={value}, rounded outward"
    verdict = attrs.evolve(pushed.verdict, pushdown=Pushdown.INEXACT, note=note)
    return attrs.evolve(pushed, verdict=verdict)


def _status(predicate: Predicate, reversed_filter: bool) -> Pushed:
    """Two words are certain to be filters, and a third one where it was tried."""
    match [status for status in predicate.value if status in POSSIBLE]:
        case []:
            return push_status(predicate, "status", {})
        case [SessionStatus.COMPLETE] if reversed_filter:
            return push_status(predicate, "status", PAID)
        case [SessionStatus.COMPLETE]:
            note = "whether reversed can be asked for is not documented; all are read"
        case [SessionStatus.FAILED]:
            note = f"status={FAILED}: with those that a buyer may still pay"
            verdict = Verdict(predicate, Pushdown.INEXACT, note)
            return Pushed(verdict, ((("status", FAILED),),))
        case _:
            note = "only success and failed can be asked for; all are read"
    return push(predicate, unsupported(note))


def _customer(predicate: Predicate) -> Pushed:
    if _CUSTOMER_ID.fullmatch(predicate.value):
        return push(predicate, PREDICATES["customer"])
    if predicate.value.startswith(_CUSTOMER_CODE):
        raise InvalidQuery(
            "customer: at Paystack this is the customer's id, a number, not its code; give the "
            "number, or the code as provider_options.paystack.customer_code"
        )
    note = "no customer of Paystack's has such an id: ids are numbers"
    return Pushed(Verdict(predicate, Pushdown.INEXACT, note), ())


def _time(second: int) -> str:
    """Unix seconds as Paystack's own examples write them.

    >>> _time(1_474_675_205)
    '2016-09-24T00:00:05.000Z'
    """
    return kit.zulu(second).replace("Z", ".000Z")
