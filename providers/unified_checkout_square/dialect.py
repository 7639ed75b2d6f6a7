"""Square's query language for payments.

Source: the API description of version 2025-08-20 (``GET /v2/payments``), and
https://developer.squareup.com/docs/build-basics/common-api-patterns/pagination.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

import attrs
from pydantic import AfterValidator, Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    Direction,
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
    Stream,
    Verdict,
    Window,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    narrowed,
    page_parameters,
    page_size,
    push,
    push_created,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_square.session import MODE, PAYMENT_STATUSES, STATUSES

PATH = "/v2/payments"

CREATED = {Operator.GTE: "begin_time", Operator.LTE: "end_time"}
"""Whether ``end_time`` itself is included is not documented: it is pushed as if it were, with a
second more where that second counts, and what lies beyond is dropped here."""

FIRST_SECOND = 1_230_768_000
"""2009-01-01T00:00:00Z, the year in which Square was founded. Sent where a query has no earlier
bound: without a ``begin_time`` the list goes back one year and no further."""

LARGEST_PAGE = 100
"""A larger ``limit`` is ignored, and this one used."""

SETTLES = timedelta(minutes=1)
"""New payments "might take several seconds to appear"."""

CURSORS = {Direction.FORWARD: "cursor"}

EXCLUDES = (
    "payment links and orders that nobody has tried to pay",
    "payments taken offline, unless asked for with is_offline_payment, if Square hides them",
)
MAIN_LOCATION = "locations other than the main one"
NAMED_LOCATIONS = "locations other than those named"

PREDICATES = {
    "customer": unsupported("Square has no such filter"),
    "email": unsupported("Square has no such filter"),
    "currency": unsupported("Square has no such filter; a location has one currency"),
    "client_reference_id": unsupported("Square has no such filter; reference_id tells"),
    "payment_intent": unsupported("Square has no such filter; it is the payment's own id"),
    "customer_account": unanswerable("Square's payments know no such thing"),
    "payment_link": unanswerable("only the order of a payment leads to its payment link"),
    "subscription": unanswerable("only the invoice of a payment leads to its subscription"),
    "has_disputes": unanswerable("Square's payments say nothing about disputes"),
}

TOLD: dict[str, tuple[frozenset[str], str]] = {
    "kind": (frozenset(SessionKind) - {SessionKind.RENEWAL}, "what took the payment tells"),
    "status": (frozenset(STATUSES.values()), "status tells"),
    "payment_status": (frozenset(PAYMENT_STATUSES.values()), "status tells"),
    "mode": (frozenset({MODE}), "every one is a payment"),
}
"""By condition without a filter: all that a payment can be."""


def _time(text: str) -> str:
    try:
        kit.moment(text, "time")
    except kit.FieldError as error:
        raise ValueError(f"{error}; write one such as 2026-03-04T10:15:30Z") from None
    return text


Time = Annotated[str, AfterValidator(_time)]
Word = Annotated[str, Field(min_length=1)]


class SquareQueryOptions(QueryOptions):
    """What ``provider_options["square"]`` may hold: Square's own parameters."""

    limit: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Payments in one page."""
    location_id: Word | None = None
    """One location, instead of those of the account."""
    total: int | None = Field(default=None, ge=0, lt=2**63)
    """The exact total, tip included, in the smallest unit of the currency."""
    last_4: str | None = Field(default=None, pattern=r"^\d{4}$")
    """The last four digits of the card."""
    card_brand: Word | None = None
    """The brand of the card in Square's words, such as ``VISA``."""
    is_offline_payment: bool | None = None
    """Whether payments taken offline are asked for, or others."""
    offline_begin_time: Time | None = None
    """Taken offline at this time or later."""
    offline_end_time: Time | None = None
    """Taken offline until this time; Square's default is now."""
    updated_at_begin_time: Time | None = None
    """Last changed at this time or later."""
    updated_at_end_time: Time | None = None
    """Last changed until this time."""
    sort_field: Literal["CREATED_AT", "OFFLINE_CREATED_AT", "UPDATED_AT"] | None = None
    """In whose order Square lists; the answer is newest first all the same."""
    sort_order: Literal["ASC", "DESC"] | None = None
    """Which way Square lists; the answer is newest first all the same."""

    @model_validator(mode="after")
    def _whole_span(self) -> Self:
        if self.offline_end_time is not None and self.offline_begin_time is None:
            raise ValueError(
                "offline_end_time needs offline_begin_time, for which Square takes now otherwise"
            )
        return self

    @property
    def order(self) -> Order:
        """The order of the list that these options ask for."""
        if self.sort_field not in (None, "CREATED_AT"):
            return Order.UNDOCUMENTED
        return Order.OLDEST_FIRST if self.sort_order == "ASC" else Order.NEWEST_FIRST


NOT_AS_PARAMETERS = {"limit", "location_id"}


def compile_query(
    query: ListSessions,
    options: SquareQueryOptions,
    *,
    locations: tuple[str, ...],
    livemode: bool | None,
) -> Compiled:
    """The query in Square's parameters.

    Args:
        query: the query.
        options: its provider options.
        locations: the ids of the locations to list; the main one alone if there are none.
        livemode: whether the account is a live one, if anything tells.
    """
    predicates = query.predicates(kind=True)
    pushed = [_push(predicate, livemode) for predicate in predicates]
    places = locations if options.location_id is None else (options.location_id,)
    shared = Stream(name="payments", path=PATH, parameters=_unasked(predicates, options))
    lists = [one for each in streams(pushed, shared) for one in _at_locations(each, places)]
    return Compiled(
        streams=tuple(lists),
        verdicts=tuple(one.verdict for one in pushed),
        order=options.order,
        paging=Paging.TOKEN,
        page_size=options.limit or page_size(query, LARGEST_PAGE),
        reach=Reach(windowed=True, settles=SETTLES),
        disjoint=len(places) > 1,
        excludes=(*EXCLUDES, NAMED_LOCATIONS if places else MAIN_LOCATION),
        notes=_notes(query, places),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    window = place.window or Window()
    stream = narrowed(stream, window, names=CREATED, read=kit.second_of, write=_write)
    return page_parameters(_in_order(stream), place, size="limit", cursors=CURSORS)


def _push(predicate: Predicate, livemode: bool | None) -> Pushed:
    match predicate.field:
        case "created":
            return push_created(predicate, CREATED, _write, finer=True)
        case "livemode":
            return _push_livemode(predicate, livemode)
        case field if field in TOLD:
            return _push_told(predicate)
        case field:
            return push(predicate, PREDICATES[field])


def _push_told(predicate: Predicate) -> Pushed:
    """A condition that Square has no filter for; nothing is asked where none can meet it."""
    possible, tells = TOLD[predicate.field]
    asked = {str(word) for word in predicate.value}
    if "unknown" not in asked and asked.isdisjoint(possible):
        words = " or ".join(sorted(possible))
        return Pushed(Verdict(predicate, Pushdown.EXACT, f"every payment is {words}"), ())
    return push(predicate, unsupported(f"Square has no such filter; {tells}"))


def _push_livemode(predicate: Predicate, livemode: bool | None) -> Pushed:
    if livemode is None:
        return push(predicate, unanswerable("neither the address nor the token tells"))
    note = f"every payment at the account's address is {'live' if livemode else 'a test'}"
    verdict = Verdict(predicate, Pushdown.EXACT, note)
    return Pushed(verdict, ((),) if predicate.value is livemode else ())


def _in_order(stream: Stream) -> Stream:
    """The stream, its span beginning at its end where it would begin later: Square refuses that."""
    begin, end = (dict(stream.parameters).get(name) for name in CREATED.values())
    if begin is None or end is None or kit.second_of(begin) <= kit.second_of(end):
        return stream
    found = [(name, end if value is begin else value) for name, value in stream.parameters]
    return attrs.evolve(stream, parameters=tuple(found))


def _write(second: int) -> str:
    """A bound as Square takes it; no payment is older than Square."""
    return kit.zulu(max(second, FIRST_SECOND))


def _unasked(predicates: tuple[Predicate, ...], options: SquareQueryOptions) -> Parameters:
    """The parameters that are no predicate of the common query."""
    given = options.model_dump(exclude_none=True, exclude=NOT_AS_PARAMETERS)
    found = [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in given.items()
    ]
    lower = (Operator.GT, Operator.GTE)
    if not any(one.field == "created" and one.operator in lower for one in predicates):
        found.insert(0, (CREATED[Operator.GTE], _write(FIRST_SECOND)))
    return tuple(found)


def _at_locations(stream: Stream, places: tuple[str, ...]) -> list[Stream]:
    """A stream for each location, or that of the main one."""
    if not places:
        return [stream]
    return [
        attrs.evolve(
            stream,
            name=f"{stream.name} at {place}",
            parameters=(*stream.parameters, ("location_id", place)),
        )
        for place in places
    ]


def _notes(query: ListSessions, places: tuple[str, ...]) -> tuple[str, ...]:
    notes = ["begin_time is always sent, as Square goes back one year without it"]
    if query.kind is not None and SessionKind.UNKNOWN not in query.kind:
        notes.append(
            "a payment that does not tell what took it is of the kind unknown, left out here"
        )
    if not places:
        notes.append("the main location only; name others in the account's locations")
    if query.expand:
        notes.append("Square expands nothing, so expand is not sent")
    return tuple(notes)
