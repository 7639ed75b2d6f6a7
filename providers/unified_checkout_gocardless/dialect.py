"""GoCardless's query language for billing requests: a status, a customer, and nothing else.

Source: the list methods of the official SDKs (github.com/gocardless/gocardless-pro-python,
``services/billing_requests_service.py``); pagination as in github.com/gocardless/http-api-design.
The SDKs had a ``created_at`` from March 2021 until July 2026, which was then taken out of all of
them: it is never sent.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    Direction,
    InvalidQuery,
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
    exact,
    page_parameters,
    page_size,
    push,
    push_status,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_gocardless.session import STATUSES

PATH = "/billing_requests"

LARGEST_PAGE = 500

CURSORS = {Direction.FORWARD: "after", Direction.BACKWARD: "before"}
"""``after`` leads to older billing requests."""

PREDICATES = {
    "created": unsupported("GoCardless has no such filter; the newest come first"),
    "customer": exact("customer"),
    "mode": unsupported("GoCardless has no such filter"),
    "currency": unsupported("GoCardless has no such filter"),
    "payment_intent": unsupported("GoCardless has no such filter"),
    "subscription": unsupported("GoCardless has no such filter"),
    "client_reference_id": unsupported("GoCardless has no such filter"),
    "payment_status": unanswerable("the payment tells, which is another object"),
    "email": unanswerable("lists tell the payer's id alone"),
    "customer_account": unanswerable("GoCardless has no such field"),
    "payment_link": unanswerable("GoCardless does not tell the template of a billing request"),
    "has_disputes": unanswerable("the payment tells, which is another object"),
}


class GoCardlessQueryOptions(QueryOptions):
    """What ``provider_options["gocardless"]`` may hold: GoCardless's own parameters."""

    limit: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Billing requests in one page."""
    status: Literal["pending", "ready_to_fulfil", "fulfilling", "fulfilled", "cancelled"] | None = (
        None
    )
    """One of GoCardless's own words, of which ``ListSessions`` takes two for ``open`` and two for
    ``complete``."""
    after: str | None = Field(default=None, min_length=1)
    """The id of the billing request to begin after, towards older ones."""
    before: str | None = Field(default=None, min_length=1)
    """The id of the billing request to begin before, towards newer ones."""

    @model_validator(mode="after")
    def _one_cursor(self) -> Self:
        if self.after is not None and self.before is not None:
            raise ValueError("after and before exclude each other; give one")
        return self


def compile_query(
    query: ListSessions, options: GoCardlessQueryOptions, *, livemode: bool | None
) -> Compiled:
    """The query in GoCardless's parameters."""
    if query.status is not None and options.status is not None:
        raise InvalidQuery("status and provider_options.gocardless.status are two; give one")
    pushed = [_push(predicate, livemode) for predicate in query.predicates()]
    own: Parameters = () if options.status is None else (("status", options.status),)
    shared = Stream(name="billing requests", path=PATH, parameters=own)
    return Compiled(
        streams=streams(pushed, shared),
        verdicts=tuple(one.verdict for one in pushed),
        page_size=options.limit or page_size(query, LARGEST_PAGE),
        start=options.after or options.before,
        direction=Direction.BACKWARD if options.before else Direction.FORWARD,
        notes=("GoCardless expands nothing, so expand is not sent",) if query.expand else (),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    return page_parameters(stream, place, size="limit", cursors=CURSORS)


def _push(predicate: Predicate, livemode: bool | None) -> Pushed:
    match predicate.field:
        case "status":
            return push_status(predicate, "status", STATUSES)
        case "livemode":
            return _livemode(predicate, livemode)
        case field:
            return push(predicate, PREDICATES[field])


def _livemode(predicate: Predicate, livemode: bool | None) -> Pushed:
    """The live and the sandbox environment hold nothing in common, so one answer is for all."""
    if livemode is None:
        return push(predicate, unanswerable("neither base_url nor the token tells which it is"))
    note = f"everything at this base_url is {'live' if livemode else 'for tests'}"
    alternatives: tuple[Parameters, ...] = ((),) if predicate.value is livemode else ()
    return Pushed(Verdict(predicate, Pushdown.EXACT, note), alternatives)
