"""LeanRails' query language for checkout sessions: a status, and nothing else.

Source: https://docs.leanrails.com/api-reference/checkoutsessions (the list page); pagination as
in https://docs.fluveo.com/guides/pagination.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    Direction,
    ListSessions,
    Parameters,
    Place,
    Predicate,
    QueryOptions,
    Stream,
)
from unified_checkout.adapters.rules import (
    Pushed,
    page_parameters,
    page_size,
    push,
    push_status,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_leanrails.session import STATUSES

PATHS = ("/v1/checkout_sessions", "/v1/checkout/sessions")
"""Both documented paths of the list; single sessions are documented under the second alone."""
ITEM_PATH, OLDER_ITEM_PATH = "/v1/checkout/sessions", "/v1/checkout_sessions"

LARGEST_PAGE = 100

CURSORS = {Direction.FORWARD: "starting_after", Direction.BACKWARD: "ending_before"}

PREDICATES = {
    "created": unsupported("LeanRails has no such filter"),
    "email": unsupported("LeanRails has no such filter"),
    "customer": unsupported("LeanRails has no such filter"),
    "payment_intent": unsupported("LeanRails has no such filter"),
    "payment_status": unsupported("LeanRails has no such filter"),
    "mode": unsupported("LeanRails has no such filter"),
    "currency": unsupported("LeanRails has no such filter"),
    "client_reference_id": unsupported("LeanRails has no such filter"),
    "livemode": unsupported("the key's mode decides"),
    "customer_account": unsupported("LeanRails documents no such field, but may send it"),
    "payment_link": unsupported("LeanRails documents no such field, but may send it"),
    "subscription": unsupported("LeanRails documents no such field, but may send it"),
    "has_disputes": unanswerable("LeanRails' sessions say nothing about disputes"),
}


class LeanRailsQueryOptions(QueryOptions):
    """What ``provider_options["leanrails"]`` may hold: LeanRails' own parameters."""

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


def compile_query(query: ListSessions, options: LeanRailsQueryOptions, *, path: str) -> Compiled:
    """The query in LeanRails' parameters."""
    pushed = [_push(predicate) for predicate in query.predicates()]
    shared = Stream(name="sessions", path=path)
    return Compiled(
        streams=streams(pushed, shared),
        verdicts=tuple(one.verdict for one in pushed),
        page_size=options.limit or page_size(query, LARGEST_PAGE),
        start=options.starting_after or options.ending_before,
        direction=Direction.BACKWARD if options.ending_before else Direction.FORWARD,
        notes=("LeanRails expands nothing, so expand is not sent",) if query.expand else (),
    )


def path_after(path: str, list_path: str) -> str | None:
    """The path to try after one that answers 404, of the list or of a single session.

    >>> path_after("/v1/checkout_sessions", "/v1/checkout_sessions")
    '/v1/checkout/sessions'
    >>> path_after("/v1/checkout/sessions/cs_1", "/v1/checkout_sessions")
    '/v1/checkout_sessions/cs_1'
    """
    lists = list(dict.fromkeys((list_path, *PATHS)))
    if path in lists:
        return next(iter(lists[lists.index(path) + 1 :]), None)
    if path.startswith(f"{ITEM_PATH}/"):
        return OLDER_ITEM_PATH + path.removeprefix(ITEM_PATH)
    return None


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    return page_parameters(stream, place, size="limit", cursors=CURSORS)


def _push(predicate: Predicate) -> Pushed:
    if predicate.field == "status":
        return push_status(predicate, "status", STATUSES)
    return push(predicate, PREDICATES[predicate.field])
