"""Polar's query language for checkout sessions.

Sources: https://polar.sh/docs/api-reference/checkouts/list-sessions for the parameters; what they
do is read in ``checkout/service.py`` and ``kit/pagination.py`` of Polar's published server.

Pages are counted off, so a filter must be one that no session ceases to pass while the pages are
read: each that does lets another one slip past. ``open`` and ``confirmed`` are left all the time,
the other words never. The address and the product of a session may change until it is final.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    InvalidQuery,
    ListSessions,
    Order,
    Paging,
    Parameters,
    Place,
    Predicate,
    Pushdown,
    QueryOptions,
    SessionStatus,
    Stream,
    Verdict,
)
from unified_checkout.adapters.rules import (
    Pushed,
    Rule,
    exact,
    inexact,
    page_size,
    push,
    push_words,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_polar.session import FINAL, GIVEN_BY_THE_BUYER, STATUSES

PATH = "/v1/checkouts/"
"""With its slash: the same without one is a redirect."""
ITEM_PATH = "/v1/checkouts"

LARGEST_PAGE = 100
"""Whoever asks for more gets so many, and is not told."""

FINAL_STATUSES = {word: status for word, status in STATUSES.items() if word in FINAL}

PREDICATES = {
    "created": unsupported("Polar has no such filter; newest first, a lower bound ends it"),
    "payment_status": unsupported("status and is_payment_required tell"),
    "mode": unsupported("the product tells"),
    "currency": unsupported("Polar has no such filter"),
    "client_reference_id": unsupported("metadata.reference_id tells"),
    "customer_account": unsupported("Polar has no such field"),
    "payment_intent": unanswerable("a session does not name its payments"),
    "payment_link": unanswerable("a session does not name its checkout link"),
    "subscription": unanswerable("a session names only a subscription that it upgrades"),
    "has_disputes": unanswerable("disputes belong to orders"),
}
STATUS = exact("status")
STATUS_MOVES = unsupported("sessions leave an open list while its pages are counted")
CUSTOMER = exact("customer_id")
CUSTOMER_OF_OTHER_FORM = unsupported("Polar takes UUIDs of version 4 only")
EMAIL = inexact("query", "a part of the address, whatever its case")
EMAIL_MOVES = unsupported("only with status complete or failed: else an address may yet change")
EMAIL_OF_OTHER_FORM = unsupported("Polar's query gives some of its characters a meaning")
LIVEMODE_MARKED = unsupported("a header of every answer tells")


def _uuid4(value: str) -> str:
    """The UUID in the one spelling that Polar sends."""
    found = _uuid(value)
    if found is None or found.version != 4:
        raise ValueError("must be a UUID of version 4, as Polar's ids are")
    return str(found)


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _several(value: Any) -> Any:
    values = (value,) if isinstance(value, str) else value
    return tuple(values) if isinstance(values, list) else values


Id = Annotated[str, AfterValidator(_uuid4)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_several)]
Texts = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(_several),
]
Word = Literal["open", "confirmed", "expired", "succeeded", "failed"]
Sorting = Literal["created_at", "-created_at", "expires_at", "-expires_at", "status", "-status"]

ORDERS = {"-created_at": Order.NEWEST_FIRST, "created_at": Order.OLDEST_FIRST}
"""By the first criterion; every other makes an order that is not that of creation."""


class PolarQueryOptions(QueryOptions):
    """What ``provider_options["polar"]`` may hold: Polar's own parameters."""

    page: int | None = Field(default=None, ge=1, lt=2**31)
    """The page to begin at."""
    limit: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Sessions in one page."""
    sorting: Annotated[tuple[Sorting, ...], BeforeValidator(_several)] = ("-created_at",)
    """In which order Polar lists: a word of its own or several. What comes in another order than
    newest first is read whole, and put into that order here."""
    status: Annotated[tuple[Word, ...], BeforeValidator(_several)] = ()
    """Polar's own words, of which ``ListSessions`` takes two for ``open``."""
    customer_id: Ids = ()
    """The ids of customers; any of them."""
    external_customer_id: Texts = ()
    """The shop's own ids of customers, as those customers have them today; any of them."""
    product_id: Ids = ()
    """The ids of products; any of them."""
    organization_id: Ids = ()
    """The ids of organizations, for tokens of a person; any of them."""
    query: str | None = Field(default=None, min_length=1)
    """A part of an e-mail address, given or filled in beforehand."""

    @model_validator(mode="after")
    def _some_order(self) -> Self:
        if not self.sorting:
            raise ValueError("sorting names no criterion; leave it out")
        return self


def compile_query(
    query: ListSessions,
    options: PolarQueryOptions,
    *,
    organization: str | None = None,
    livemode: bool | None = None,
) -> Compiled:
    """The query in Polar's parameters.

    Args:
        query: the query.
        options: its options for Polar.
        organization: the organization that the account is confined to.
        livemode: whether the account's server is the real one; None where its address is neither.
    """
    _refuse_contradictions(query, options, organization)
    words = _words(query, options)
    pushed = [_push(predicate, words, livemode) for predicate in query.predicates()]
    size = options.limit or page_size(query, LARGEST_PAGE)
    shared = Stream(name="sessions", path=PATH, parameters=_unasked(options, organization))
    return Compiled(
        streams=streams(pushed, shared),
        verdicts=tuple(one.verdict for one in pushed),
        order=ORDERS.get(options.sorting[0], Order.UNDOCUMENTED),
        paging=Paging.OFFSET,
        page_size=size,
        grows_at_front=_stays(options, words),
        start=None if options.page is None else cursor(options.page, size),
        notes=("Polar expands nothing, so expand is not sent",) if query.expand else (),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page."""
    page, size = position(place)
    return (*stream.parameters, ("page", str(page)), ("limit", str(size)))


def position(place: Place) -> tuple[int, int]:
    """Page number and page size of a place.

    >>> position(Place(size=50)), position(Place(cursor="3x100", size=50))
    ((1, 50), (3, 100))
    """
    if place.cursor is None:
        return 1, place.size
    page, _, size = place.cursor.partition("x")
    return int(page), int(size)


def cursor(page: int, size: int) -> str:
    """The place that a page number makes, with the page size that it is counted in."""
    return f"{page}x{size}"


def _refuse_contradictions(
    query: ListSessions, options: PolarQueryOptions, organization: str | None
) -> None:
    pairs = {"status": "status", "customer": "customer_id", "email": "query"}
    for field, option in pairs.items():
        if getattr(query, field) is not None and getattr(options, option):
            raise InvalidQuery(f"{field} and provider_options.polar.{option} are two; give one")
    if organization is not None and options.organization_id:
        raise InvalidQuery(
            "provider_options.polar.organization_id: the account names its organization already"
        )


def _words(query: ListSessions, options: PolarQueryOptions) -> frozenset[str]:
    """Polar's words for the statuses asked for; every one, where words may be asked for that are new."""
    if query.status is None or SessionStatus.UNKNOWN in query.status:
        return frozenset(options.status or STATUSES)
    return frozenset(word for word, status in STATUSES.items() if status in query.status)


def _stays(options: PolarQueryOptions, words: frozenset[str]) -> bool:
    """Whether no session leaves the list, or another place in it, while its pages are read."""
    mutable = options.product_id or options.query or options.status
    in_order = options.sorting[0] in ORDERS
    return in_order and not options.external_customer_id and (words <= FINAL or not mutable)


def _push(predicate: Predicate, words: frozenset[str], livemode: bool | None) -> Pushed:
    match predicate.field:
        case "status":
            rule = STATUS if words <= FINAL else STATUS_MOVES
            return push_words(predicate, rule, FINAL_STATUSES, join=None)
        case "customer":
            return _customer(predicate)
        case "email":
            return push(predicate, _email(predicate.value, words))
        case "livemode":
            return _livemode(predicate, livemode)
        case field:
            return push(predicate, PREDICATES[field])


def _customer(predicate: Predicate) -> Pushed:
    """What is no UUID is no customer's id, and an error at Polar."""
    found = _uuid(predicate.value)
    if found is None or str(found) != predicate.value:
        return _nobody(predicate, "no customer's id at Polar is written so")
    return push(predicate, CUSTOMER if found.version == 4 else CUSTOMER_OF_OTHER_FORM)


def _email(value: str, words: frozenset[str]) -> Rule:
    """An address is sent where each session has the buyer's own, and keeps it."""
    if not words <= FINAL & GIVEN_BY_THE_BUYER:
        return EMAIL_MOVES
    return EMAIL if value.isprintable() and "\\" not in value else EMAIL_OF_OTHER_FORM


def _livemode(predicate: Predicate, livemode: bool | None) -> Pushed:
    """Test and live sessions are on two servers, so the account's address decides."""
    if livemode is None:
        return push(predicate, LIVEMODE_MARKED)
    if predicate.value != livemode:
        return _nobody(predicate, "the account's base_url is that of the other server")
    return Pushed(Verdict(predicate, Pushdown.EXACT, "the account's base_url decides"))


def _nobody(predicate: Predicate, note: str) -> Pushed:
    return Pushed(Verdict(predicate, Pushdown.EXACT, note), ())


def _unasked(options: PolarQueryOptions, organization: str | None) -> Parameters:
    """The parameters that are no predicate of the common query."""
    organizations = options.organization_id if organization is None else (organization,)
    repeated = {
        "sorting": options.sorting,
        "status": options.status,
        "customer_id": options.customer_id,
        "external_customer_id": options.external_customer_id,
        "product_id": options.product_id,
        "organization_id": organizations,
        "query": () if options.query is None else (options.query,),
    }
    return tuple((name, value) for name, values in repeated.items() for value in values)
