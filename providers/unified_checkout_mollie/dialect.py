"""Mollie's query language for payments: there is none. A list is read, and filtered here.

Sources: https://docs.mollie.com/reference/list-payments, list-customer-payments and
get-payment-link-payments; https://docs.mollie.com/reference/pagination.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, create_model, model_validator

from unified_checkout.adapters import (
    Compiled,
    Direction,
    ListSessions,
    Parameters,
    Place,
    Predicate,
    Pushdown,
    QueryOptions,
    Stream,
    Verdict,
)
from unified_checkout.adapters.rules import (
    Pushed,
    page_parameters,
    page_size,
    push,
    push_kind,
    push_path,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_mollie.session import KINDS

PATH = "/v2/payments"

LARGEST_PAGE = 250

PLACE = "from"
CURSORS = {Direction.FORWARD: PLACE, Direction.BACKWARD: PLACE}
"""A page begins with the payment that is named: it was shown before."""
TOWARDS_NEWER = ("sort", "asc")
PROFILE, TEST_MODE = "profileId", "testmode"

OF_ONE_PROFILE = "payment_link"
"""A list that is asked for without a profile: each link belongs to one."""

PREDICATES = {
    "created": unsupported("Mollie has no such filter"),
    "status": unsupported("Mollie has no such filter"),
    "payment_status": unsupported("Mollie has no such filter; status tells"),
    "mode": unsupported("Mollie has no such filter; sequenceType tells"),
    "currency": unsupported("Mollie has no such filter"),
    "payment_intent": unsupported("Mollie has no such filter; it is the payment's own id"),
    "subscription": unsupported("Mollie has no such filter; subscriptionId tells"),
    "livemode": unsupported("the key's mode decides"),
    "has_disputes": unsupported("Mollie has no such filter; one that was reversed may not show"),
    "customer_account": unsupported("Mollie has no such field"),
    "customer": unsupported("customerId tells; the payment link has chosen the list"),
    "payment_link": unanswerable("Mollie's payments do not name their link"),
    "email": unanswerable("the address in a payment is the shop's own word, not the buyer's"),
    "client_reference_id": unanswerable("Mollie has no such field"),
}
LISTS = {
    "payment_link": ("/v2/payment-links/{}/payments", "pl_"),
    "customer": ("/v2/customers/{}/payments", "cst_"),
}
"""Conditions that are lists of their own, and how the ids begin; the first one given chooses."""

EXCLUDES = ("payment links and embedded checkouts that nobody has begun to pay",)


class _Named(QueryOptions):
    """The options whose names Python allows."""

    limit: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Payments in one page."""
    sort: Literal["asc", "desc"] | None = None
    """``asc`` reads towards newer payments, from the one that ``from`` names, which is left out."""

    @model_validator(mode="after")
    def _asc_from_somewhere(self) -> _Named:
        if self.sort == "asc" and begin_at(self) is None:
            raise ValueError("sort=asc goes with from: without it all are read, newest first")
        return self


_OTHERS: dict[str, Any] = {PLACE: (str | None, Field(default=None, min_length=1))}
"""The option whose name Python has another use for: the payment to begin with, itself included."""

MollieQueryOptions = create_model(
    "MollieQueryOptions", __base__=_Named, __module__=__name__, **_OTHERS
)
"""What ``provider_options["mollie"]`` may hold: Mollie's own parameters."""


def begin_at(options: QueryOptions) -> str | None:
    """The payment to begin at, if the options name one."""
    found: str | None = getattr(options, PLACE)
    return found


def compile_query(query: ListSessions, options: _Named, scope: Parameters) -> Compiled:
    """The query in Mollie's parameters.

    Args:
        query: the query.
        options: its options for Mollie.
        scope: the parameters of the account: which profile, and which mode.
    """
    chosen = next((field for field in LISTS if getattr(query, field) is not None), None)
    pushed = [_push(predicate, chosen) for predicate in query.predicates(kind=True)]
    begin = begin_at(options)
    backward = options.sort == TOWARDS_NEWER[1]
    shared = Stream(
        name="payments",
        path=PATH,
        parameters=tuple(one for one in scope if chosen != OF_ONE_PROFILE or one[0] != PROFILE),
        first_page=() if begin is None or backward else ((PLACE, begin),),
    )
    return Compiled(
        streams=streams(pushed, shared),
        verdicts=tuple(one.verdict for one in pushed),
        inclusive=True,
        page_size=options.limit or page_size(query, LARGEST_PAGE, inclusive=True),
        excludes=EXCLUDES,
        start=begin if backward else None,
        direction=Direction.BACKWARD if backward else Direction.FORWARD,
        notes=("Mollie expands nothing in lists, so expand is not sent",) if query.expand else (),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    found = page_parameters(stream, place, size="limit", cursors=CURSORS)
    return found if place.direction is Direction.FORWARD else (*found, TOWARDS_NEWER)


def _push(predicate: Predicate, chosen: str | None) -> Pushed:
    if predicate.field == "kind":
        return push_kind(predicate, *KINDS)
    if predicate.field == chosen:
        return _own_list(predicate)
    return push(predicate, PREDICATES[predicate.field])


def _own_list(predicate: Predicate) -> Pushed:
    """The list that a condition is; an id that is none of Mollie's has no payments."""
    path, prefix = LISTS[predicate.field]
    if not predicate.value.startswith(prefix):
        note = f"such an id begins with {prefix} at Mollie, so no payment can match"
        return Pushed(Verdict(predicate, Pushdown.EXACT, note), ())
    return push_path(predicate, path, PREDICATES[predicate.field])
