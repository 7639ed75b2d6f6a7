"""Acme Pay's query language. Source: "List payments" in the README."""

from __future__ import annotations

from acme_checkout.session import STATUSES
from unified_checkout.adapters import (
    Compiled,
    ListSessions,
    Operator,
    Paging,
    Parameters,
    Place,
    Predicate,
    Pushdown,
    Stream,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    inexact,
    page_size,
    push,
    push_bound,
    push_status,
    streams,
    unanswerable,
    unsupported,
)

PATH = "/v2/payments"
LARGEST_PAGE = 50

PREDICATES = {
    "customer": exact("buyer"),
    "email": inexact("email", "letter case does not count there"),
    "client_reference_id": exact("order"),
    "currency": unsupported("Acme has no such filter"),
    "livemode": unsupported("Acme has no such filter"),
    "mode": unsupported("every payment at Acme is one"),
    "payment_intent": unsupported("Acme has no such thing"),
    "payment_link": unsupported("Acme has no such thing"),
    "subscription": unsupported("Acme has no such thing"),
    "customer_account": unsupported("Acme has no such thing"),
    "payment_status": unanswerable("Acme does not say whether the money has arrived"),
    "has_disputes": unanswerable("Acme's payments say nothing about disputes"),
}


def compile_query(query: ListSessions) -> Compiled:
    """The query in Acme's parameters."""
    pushed = [_push(predicate) for predicate in query.predicates()]
    return Compiled(
        streams=streams(pushed, Stream(name="payments", path=PATH)),
        verdicts=tuple(one.verdict for one in pushed),
        paging=Paging.OFFSET,
        page_size=page_size(query, LARGEST_PAGE),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    page, size = position(place)
    return (*stream.parameters, ("page", str(page)), ("per_page", str(size)))


def position(place: Place) -> tuple[int, int]:
    """Page number and page size of a place.

    A page number means nothing without the size it was counted in, so a cursor holds both.
    """
    if place.cursor is None:
        return 1, place.size
    page, _, size = place.cursor.partition("x")
    return int(page), int(size)


def cursor(page: int, size: int) -> str:
    """The place that a page number and a page size make."""
    return f"{page}x{size}"


def _push(predicate: Predicate) -> Pushed:
    match predicate.field:
        case "created":
            return _created(predicate)
        case "status":
            return push_status(predicate, "state", STATUSES)
        case field:
            return push(predicate, PREDICATES[field])


def _created(predicate: Predicate) -> Pushed:
    """Acme takes whole days, both ends included: a bound within a day takes in all of it."""
    lower = predicate.operator in (Operator.GT, Operator.GTE)
    day = predicate.value.date().isoformat()
    return push_bound(predicate, Pushdown.INEXACT, "opened_from" if lower else "opened_to", day)
