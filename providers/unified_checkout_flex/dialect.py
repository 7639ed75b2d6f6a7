"""Flex's query language for checkout sessions.

Source: https://docs.withflex.com/api-reference/checkout-sessions (the list page).
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    Direction,
    EndOfList,
    InvalidQuery,
    ListSessions,
    Operator,
    Parameters,
    Place,
    Predicate,
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
    push_created,
    push_status,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_flex.session import STATUSES

Related = Annotated[str, Field(min_length=1)]

PATH = "/v1/checkout/sessions"

CREATED = {
    Operator.GT: "created[gt]",
    Operator.GTE: "created[gte]",
    Operator.LT: "created[lt]",
    Operator.LTE: "created[lte]",
}
LARGEST_PAGE = 100

CURSORS = {Direction.FORWARD: "starting_after", Direction.BACKWARD: "ending_before"}
EXPANSIONS = {"customer": "expand_customer", "payment_intent": "expand_payment_intent"}
"""Related objects with a parameter of their own; all others go into ``expand``."""

BUYER = ("customer", "email")
"""Conditions on what a list does not show until the customer is expanded."""

PREDICATES = {
    "customer": exact("customer", "with expand_customer, so that it can be checked here"),
    "email": inexact("email", "with expand_customer, so that it can be checked here"),
    "payment_intent": exact("payment_intent"),
    "subscription": exact("subscription", "with expand, so that it can be checked here"),
    "client_reference_id": exact("client_reference_id"),
    "mode": unsupported("Flex has no such filter"),
    "currency": unsupported("Flex has no such filter"),
    "livemode": unsupported("Flex has no such filter; test_mode tells"),
    "customer_account": unsupported("Flex documents no such field"),
    "payment_link": unsupported("Flex documents no such field"),
    "payment_status": unanswerable("Flex's sessions have no payment status"),
}
HAS_DISPUTES = {
    True: exact("has_disputes"),
    False: unsupported("what has_disputes=false asks of Flex is not documented"),
}


def _names(value: Any) -> Any:
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    return tuple(names) if isinstance(names, list) else names


class FlexQueryOptions(QueryOptions):
    """What ``provider_options["flex"]`` may hold: Flex's own parameters."""

    limit: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Sessions in one page."""
    offset: int | None = Field(default=None, ge=0, lt=2**63)
    """Sessions to skip before the first page; the pages after it go by cursor."""
    interval: int | None = Field(default=None, ge=0, lt=2**31)
    """Created in this number of days before now."""
    expand: Annotated[tuple[Related, ...], BeforeValidator(_names)] = ()
    """Related objects for the ``expand`` parameter, as a list or separated by commas."""
    expand_customer: bool | None = None
    """Whether to expand the customer."""
    expand_payment_intent: bool | None = None
    """Whether to expand the payment intent."""
    has_disputes: bool | None = None
    """Sent as it is; ``ListSessions.has_disputes`` has a meaning that is the same everywhere."""
    status: str | None = Field(default=None, min_length=1)
    """One of Flex's own five words, of which ``ListSessions`` takes two for ``complete``."""
    starting_after: str | None = Field(default=None, min_length=1)
    """The id of the session to begin after, towards older ones."""
    ending_before: str | None = Field(default=None, min_length=1)
    """The id of the session to begin before, towards newer ones."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = ("starting_after", "ending_before", "offset")
        given = [name for name in places if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other; give one")
        return self


def compile_query(query: ListSessions, options: FlexQueryOptions) -> Compiled:
    """The query in Flex's parameters."""
    _refuse_contradictions(query, options)
    pushed = [_push(predicate, options) for predicate in query.predicates()]
    offset = () if options.offset is None else (("offset", str(options.offset)),)
    shared = Stream(
        name="sessions", path=PATH, parameters=_unasked(query, options), first_page=offset
    )
    lists = streams(pushed, shared)
    if offset and len(lists) > 1:
        raise InvalidQuery(
            "provider_options.flex.offset counts the sessions of one list, but status=complete "
            "is the union of two at Flex; leave one of them out"
        )
    start = options.starting_after or options.ending_before
    return Compiled(
        streams=lists,
        verdicts=tuple(one.verdict for one in pushed),
        end_of_list=EndOfList.EMPTY_PAGE,
        page_size=options.limit or page_size(query, LARGEST_PAGE),
        start=start,
        direction=Direction.BACKWARD if options.ending_before else Direction.FORWARD,
        reach=Reach(windowed=start is None and not offset and options.interval is None),
        expanded=_expanded(query),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    stream = narrowed(stream, place.window, names=CREATED, read=kit.second_of, write=kit.zulu)
    return page_parameters(stream, place, size="limit", cursors=CURSORS)


def _refuse_contradictions(query: ListSessions, options: FlexQueryOptions) -> None:
    if query.has_disputes is not None and options.has_disputes is not None:
        raise InvalidQuery("has_disputes and provider_options.flex.has_disputes are two; give one")
    if query.status is not None and options.status is not None:
        raise InvalidQuery("status and provider_options.flex.status are two; give one")
    for name in BUYER:
        if getattr(query, name) is not None and options.expand_customer is False:
            raise InvalidQuery(
                f"{name} is checked on the expanded customer, "
                "provider_options.flex.expand_customer says no; leave one of them out"
            )
    for name, parameter in EXPANSIONS.items():
        if name in query.expand and getattr(options, parameter) is False:
            raise InvalidQuery(f"expand names {name}, provider_options.flex.{parameter} says no")


def _push(predicate: Predicate, options: FlexQueryOptions) -> Pushed:
    match predicate.field:
        case "created" if options.interval is not None:
            return push(predicate, unsupported("how it combines with interval is not documented"))
        case "created":
            # Flex may compare finer than the whole seconds it sends, so bounds make room for that.
            return push_created(predicate, CREATED, kit.zulu, finer=True)
        case "status":
            return push_status(predicate, "status", STATUSES)
        case "has_disputes":
            return push(predicate, HAS_DISPUTES[predicate.value])
        case field:
            return push(predicate, PREDICATES[field])


def _expanded(query: ListSessions) -> tuple[str, ...]:
    """The related objects to ask for: those of the query, and those that its conditions are on."""
    buyer = any(getattr(query, name) is not None for name in BUYER)
    needed = {"customer": buyer, "subscription": query.subscription is not None}
    return tuple(dict.fromkeys((*query.expand, *(name for name in needed if needed[name]))))


def _unasked(query: ListSessions, options: FlexQueryOptions) -> Parameters:
    """The parameters that are no predicate of the common query."""
    expand = _expanded(query)
    flags = {EXPANSIONS[name]: True for name in expand if name in EXPANSIONS}
    for name in ("expand_customer", "expand_payment_intent", "has_disputes"):
        if (value := getattr(options, name)) is not None:
            flags[name] = value
    found = [(name, str(value).lower()) for name, value in flags.items()]
    others = [name for name in expand if name not in EXPANSIONS]
    if listed := ",".join(dict.fromkeys((*others, *options.expand))):
        found.append(("expand", listed))
    if options.interval is not None:
        found.append(("interval", str(options.interval)))
    if options.status is not None:
        found.append(("status", options.status))
    return tuple(found)
