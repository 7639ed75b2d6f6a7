"""Stripe's query language for checkout sessions.

Source: https://docs.stripe.com/api/checkout/sessions/list; pagination as in
https://docs.stripe.com/api/pagination.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    Direction,
    InvalidQuery,
    ListSessions,
    Operator,
    Parameters,
    Place,
    Predicate,
    Pushdown,
    QueryOptions,
    Reach,
    Stream,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    inexact,
    narrowed,
    page_parameters,
    page_size,
    push,
    push_bound,
    push_created,
    push_status,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_stripe.session import STATUSES

Related = Annotated[str, Field(min_length=1)]

PATH = "/v1/checkout/sessions"

CREATED = {
    Operator.GT: "created[gt]",
    Operator.GTE: "created[gte]",
    Operator.LT: "created[lt]",
    Operator.LTE: "created[lte]",
}
LARGEST_PAGE = 100

EPOCH = kit.seconds(0)

CURSORS = {Direction.FORWARD: "starting_after", Direction.BACKWARD: "ending_before"}

PREDICATES = {
    "customer": exact("customer"),
    "customer_account": exact("customer_account"),
    "email": inexact("customer_details[email]", "whether letter case counts is not documented"),
    "payment_intent": exact("payment_intent"),
    "payment_link": exact("payment_link"),
    "subscription": exact("subscription"),
    "payment_status": unsupported("Stripe has no such filter"),
    "mode": unsupported("Stripe has no such filter"),
    "currency": unsupported("Stripe has no such filter"),
    "client_reference_id": unsupported("Stripe has no such filter"),
    "livemode": unsupported("the key's mode decides"),
    "has_disputes": unanswerable("Stripe's sessions say nothing about disputes"),
}


def _paths(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class StripeQueryOptions(QueryOptions):
    """What ``provider_options["stripe"]`` may hold: Stripe's own parameters."""

    created: int | None = Field(default=None, ge=0, le=kit.LAST_SECOND)
    """The exact second of creation; ranges go through ``ListSessions.created``."""
    expand: Annotated[tuple[Related, ...], BeforeValidator(_paths)] = ()
    """Further paths to expand, with or without the ``data.`` prefix."""
    limit: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Sessions in one page."""
    starting_after: str | None = Field(default=None, min_length=1)
    """The id of the session to begin after, towards older ones."""
    ending_before: str | None = Field(default=None, min_length=1)
    """The id of the session to begin before, towards newer ones."""

    @model_validator(mode="after")
    def _one_cursor(self) -> Self:
        if self.starting_after is not None and self.ending_before is not None:
            raise ValueError("starting_after and ending_before exclude each other; give one")
        return self


def compile_query(query: ListSessions, options: StripeQueryOptions) -> Compiled:
    """The query in Stripe's parameters."""
    if options.created is not None and query.created is not None:
        raise InvalidQuery("created and provider_options.stripe.created are two; give one")
    pushed = [_push(predicate) for predicate in query.predicates()]
    shared = Stream(name="sessions", path=PATH, parameters=_unasked(query, options))
    start = options.starting_after or options.ending_before
    return Compiled(
        streams=streams(pushed, shared),
        verdicts=tuple(one.verdict for one in pushed),
        page_size=options.limit or page_size(query, LARGEST_PAGE),
        start=start,
        direction=Direction.BACKWARD if options.ending_before else Direction.FORWARD,
        reach=Reach(windowed=start is None and options.created is None),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    stream = narrowed(stream, place.window, names=CREATED, read=int, write=str)
    return page_parameters(stream, place, size="limit", cursors=CURSORS)


def _push(predicate: Predicate) -> Pushed:
    match predicate.field:
        case "created":
            return _created(predicate)
        case "status":
            return push_status(predicate, "status", STATUSES)
        case field:
            return push(predicate, PREDICATES[field])


def _created(predicate: Predicate) -> Pushed:
    """Stripe compares whole seconds, of which none is before 1970."""
    if predicate.value >= EPOCH:
        return push_created(predicate, CREATED)
    lower = predicate.operator in (Operator.GT, Operator.GTE)
    nearest = Operator.GTE if lower else Operator.LT
    return push_bound(predicate, Pushdown.EXACT, CREATED[nearest], "0")


def _unasked(query: ListSessions, options: StripeQueryOptions) -> Parameters:
    """The parameters that are no predicate of the common query."""
    paths = dict.fromkeys(path.removeprefix("data.") for path in (*query.expand, *options.expand))
    expand = tuple(("expand[]", f"data.{path}") for path in paths)
    return expand if options.created is None else (("created", str(options.created)), *expand)
