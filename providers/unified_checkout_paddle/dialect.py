"""Paddle's query language for transactions.

Source: https://developer.paddle.com/api-reference/transactions/list-transactions, and the official
description (PaddleHQ/paddle-openapi). Values of one parameter are separated by commas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

import attrs
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from unified_checkout.adapters import (
    Compiled,
    Direction,
    InvalidQuery,
    ListSessions,
    Operator,
    Parameters,
    PaymentStatus,
    Place,
    Predicate,
    Pushdown,
    QueryOptions,
    Reach,
    SessionKind,
    Stream,
    Verdict,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    Rule,
    exact,
    inexact,
    narrowed,
    page_parameters,
    page_size,
    push,
    push_created,
    push_words,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_paddle.session import (
    AUTOMATIC,
    MANUAL,
    ORIGINS,
    PAYMENT_STATUSES,
    STATUSES,
    Setting,
)

PATH = "/transactions"

CREATED = {
    Operator.GT: "created_at[GT]",
    Operator.GTE: "created_at[GTE]",
    Operator.LT: "created_at[LT]",
    Operator.LTE: "created_at[LTE]",
}
LARGEST_PAGE = 30
"""Paddle answers a larger wish with so many, and says nothing but ``per_page: 30``."""

LARGEST_TOTAL = 100_000
"""Paddle counts exactly up to here."""

CURSORS = {Direction.FORWARD: "after", Direction.BACKWARD: "after"}
ORDERS = {Direction.FORWARD: "created_at[DESC]", Direction.BACKWARD: "created_at[ASC]"}
"""The usual order is that of ids, whose clock runs up to half a second before ``created_at``."""

PERMISSIONS = {
    "customer": "customer",
    "address": "address",
    "adjustments": "adjustment",
    "adjustments_totals": "adjustment",
    "business": "business",
    "discount": "discount",
    "available_payment_methods": None,
}
"""What can be included, and what the key must be allowed to read for it."""
WORDS = {"customer": ("customer", "address"), "adjustments": ("adjustments", "adjustments_totals")}
"""Words of ``ListSessions.expand`` that stand for two."""

PREDICATES = {
    "status": exact("status"),
    "payment_status": inexact("status", "a total of nothing is told apart here"),
    "customer": exact("customer_id"),
    "subscription": exact("subscription_id"),
    "email": unsupported("Paddle has no such filter; customer is included, and checked here"),
    "has_disputes": unsupported(
        "Paddle has no such filter; adjustments are included, and chargebacks count here"
    ),
    "mode": unsupported("Paddle has no such filter; origin and prices tell"),
    "currency": unsupported("Paddle has no such filter"),
    "payment_intent": unsupported("Paddle has no such filter; the attempts to pay tell"),
    "customer_account": unsupported("Paddle documents no such field"),
    "payment_link": unsupported("Paddle documents no such field"),
}
INCLUDED_FOR = {"email": "customer", "has_disputes": "adjustments"}
"""Conditions on what a list does not show until it is included."""

LEFT = {"status", "updated_at"}
"""Filters that a transaction may cease to pass while the list is read: others take its place, and
what Paddle counts is no longer what can be read. Then it need not count."""

EXCLUDES = ("orders of Paddle Classic",)

Reading = Literal["customer", "address", "adjustment", "business", "discount"]


def _names(value: Any) -> Any:
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    return tuple(names) if isinstance(names, list) else names


def _moment(text: str) -> str:
    try:
        return kit.moment(text, "time").isoformat().replace("+00:00", "Z")
    except kit.FieldError as error:
        raise ValueError(f"{error}; write a time such as 2026-11-01T00:00:00Z") from None


Word = Annotated[str, Field(min_length=1, pattern=r"^[^,]+$")]
Several = Annotated[tuple[Word, ...], Field(min_length=1), BeforeValidator(_names)]
Moment = Annotated[str, AfterValidator(_moment)]


class Bounds(BaseModel):
    """Bounds on a time, aware and in ISO 8601."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gt: Moment | None = None
    gte: Moment | None = None
    lt: Moment | None = None
    lte: Moment | None = None


class PaddleQueryOptions(QueryOptions):
    """What ``provider_options["paddle"]`` may hold: Paddle's own parameters."""

    after: Word | None = None
    """The id of the transaction to begin after, towards older ones."""
    per_page: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Transactions in one page."""
    billed_at: Annotated[Bounds | None, Field(strict=False)] = None
    """When it was billed: ``gt``, ``gte``, ``lt``, ``lte``."""
    updated_at: Annotated[Bounds | None, Field(strict=False)] = None
    """When it changed last: ``gt``, ``gte``, ``lt``, ``lte``."""
    id: Several | None = None
    """Ids of transactions, as a list or separated by commas; so are those that follow."""
    status: Several | None = None
    """Paddle's own words, of which ``ListSessions`` takes several for ``open``."""
    origin: Several | None = None
    """How they came to be; ``kind`` is then applied here."""
    collection_mode: Literal["automatic", "manual"] | None = None
    """Whether they are charged or sent as invoices; ``kind`` is then applied here."""
    customer_id: Several | None = None
    """Several customers; ``ListSessions.customer`` is one."""
    subscription_id: Several | None = None
    """Several subscriptions, or ``null`` for those of none."""
    invoice_number: Several | None = None
    """Numbers of invoices."""
    include: Annotated[tuple[Word, ...], BeforeValidator(_names)] = ()
    """Related objects for ``raw``, in Paddle's words."""
    skip_count: bool = False
    """Whether Paddle need not count, which is faster; the answer is then not compared with it."""

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        for name in ("billed_at", "updated_at"):
            bounds = getattr(self, name) or Bounds()
            for one, other in (("gt", "gte"), ("lt", "lte")):
                if getattr(bounds, one) and getattr(bounds, other):
                    raise ValueError(f"{name}: {one} and {other} are on one side; give one")
        return self


@attrs.frozen(kw_only=True)
class Account(Setting):
    """What is known of an account, and what its key may read besides transactions."""

    may_read: tuple[Reading, ...] = ()

    def may_include(self, name: str) -> bool:
        """Whether the key may read what an include shows."""
        return PERMISSIONS.get(name) in (None, *self.may_read)

    def single(self) -> tuple[str, ...]:
        """What is included with a single transaction: all that the common language tells."""
        names = (name for pair in WORDS.values() for name in pair)
        return tuple(name for name in names if self.may_include(name))


def compile_query(query: ListSessions, options: PaddleQueryOptions, account: Account) -> Compiled:
    """The query in Paddle's parameters."""
    _refuse_contradictions(query, options, account)
    pushed = [_push(one, options, account) for one in query.predicates(kind=True)]
    expanded = _expanded(query)
    shared = Stream(
        name="transactions",
        path=PATH,
        parameters=_unasked(expanded, options, account),
    )
    found = (_with_one_status(stream) for stream in streams(pushed, shared))
    return Compiled(
        streams=tuple(_counted(one, options) for one in found if one is not None),
        verdicts=tuple(one.verdict for one in pushed),
        page_size=options.per_page or page_size(query, LARGEST_PAGE),
        start=options.after,
        reach=Reach(windowed=options.after is None),
        excludes=EXCLUDES,
        expanded=expanded,
        notes=tuple(
            f"expand={word}: Paddle includes no such thing"
            for word in query.expand
            if word not in PERMISSIONS
        ),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page, in the order that the engine reads in."""
    stream = narrowed(stream, place.window, names=CREATED, read=kit.second_of, write=_zulu)
    paging = page_parameters(stream, place, size="per_page", cursors=CURSORS)
    return (*paging, ("order_by", ORDERS[place.direction]))


def plainer(asked: Parameters) -> Parameters | None:
    """The same list asked for with less, where Paddle refuses it; None where nothing can go.

    Two things are not certain: whether a time takes two bounds, and how ``adjustments`` is
    spelled, for which Paddle's own packages have another word than its description.

    >>> plainer((("created_at[GTE]", "2026-01-01"), ("created_at[LT]", "2026-02-01")))
    (('created_at[LT]', '2026-02-01'),)
    """
    bounds = [name for name, _ in asked if name in CREATED.values()]
    if len(bounds) > 1:
        lower = (CREATED[Operator.GT], CREATED[Operator.GTE])
        return tuple(parameter for parameter in asked if parameter[0] not in lower)
    respelled = tuple(
        (name, ",".join("adjustment" if one == "adjustments" else one for one in value.split(",")))
        if name == "include"
        else (name, value)
        for name, value in asked
    )
    return respelled if respelled != asked else None


def _refuse_contradictions(
    query: ListSessions, options: PaddleQueryOptions, account: Account
) -> None:
    for field, name in (
        ("status", "status"),
        ("customer", "customer_id"),
        ("subscription", "subscription_id"),
    ):
        if getattr(query, field) is not None and getattr(options, name) is not None:
            raise InvalidQuery(f"{field} and provider_options.paddle.{name} are two; give one")
    for word in (*query.expand, *options.include):
        if not account.may_include(word):
            raise InvalidQuery(
                f"{word} is not to be read: account {account.account!r} does not name "
                f"{PERMISSIONS[word]} in its may_read"
            )


def _push(predicate: Predicate, options: PaddleQueryOptions, account: Account) -> Pushed:
    match predicate.field:
        case "created":
            return _created(predicate)
        case "status":
            return push_words(predicate, PREDICATES["status"], STATUSES)
        case "payment_status":
            return _payment_status(predicate)
        case "kind":
            return _kind(predicate, options)
        case "livemode":
            return _livemode(predicate, account.live)
        case "client_reference_id":
            return push(predicate, _reference(account.reference_key))
        case "customer" | "subscription" if "," in predicate.value or predicate.value == "null":
            note = "that is no id: Paddle takes it for several, or for none"
            return Pushed(Verdict(predicate, Pushdown.EXACT, note), ())
        case "email" | "has_disputes" if not account.may_include(INCLUDED_FOR[predicate.field]):
            permission = PERMISSIONS[INCLUDED_FOR[predicate.field]]
            return push(predicate, unanswerable(f"may_read does not name {permission}"))
        case field:
            return push(predicate, PREDICATES[field])


def _created(predicate: Predicate) -> Pushed:
    """To the second, rounded outward: how finely Paddle compares is not documented."""
    pushed = push_created(predicate, CREATED, _zulu, finer=True)
    verdict = attrs.evolve(pushed.verdict, pushdown=Pushdown.INEXACT)
    return attrs.evolve(pushed, verdict=verdict)


def _zulu(second: int) -> str:
    """Nothing is older than 1970, and who knows how Paddle reads the year 1."""
    return kit.zulu(max(0, second))


def _payment_status(predicate: Predicate) -> Pushed:
    """No payment required is what Paddle calls paid, with a total of nothing."""
    asked = tuple(
        PaymentStatus.PAID if one is PaymentStatus.NO_PAYMENT_REQUIRED else one
        for one in predicate.value
    )
    wider = attrs.evolve(predicate, value=asked)
    pushed = push_words(wider, PREDICATES["payment_status"], PAYMENT_STATUSES)
    return attrs.evolve(pushed, verdict=attrs.evolve(pushed.verdict, predicate=predicate))


def _kind(predicate: Predicate, options: PaddleQueryOptions) -> Pushed:
    """Origins tell kinds among what is charged; all that is not is an invoice."""
    asked = frozenset(predicate.value)
    wanted = asked & {*ORIGINS.values(), SessionKind.INVOICE}
    if options.origin is not None or options.collection_mode is not None:
        return push(predicate, unsupported("applied here, as the options choose origin or mode"))
    if SessionKind.UNKNOWN in asked:
        return push(predicate, unsupported("what is not known cannot be asked for; all are read"))
    if not wanted:
        note = "no transaction is ever of that kind"
        return Pushed(Verdict(predicate, Pushdown.EXACT, note), ())
    if wanted == {SessionKind.INVOICE}:
        return _asked_for(predicate, ("collection_mode", MANUAL))
    if SessionKind.INVOICE in wanted:
        return push(predicate, unsupported("invoices and others are not asked for at once"))
    origins = ",".join(origin for origin, kind in ORIGINS.items() if kind in wanted)
    return _asked_for(predicate, ("collection_mode", AUTOMATIC), ("origin", origins))


def _asked_for(predicate: Predicate, *parameters: tuple[str, str]) -> Pushed:
    note = "&".join(f"{name}={value}" for name, value in parameters)
    return Pushed(Verdict(predicate, Pushdown.EXACT, note), (parameters,))


def _livemode(predicate: Predicate, live: bool | None) -> Pushed:
    if live is None:
        return push(predicate, unanswerable("neither the key nor the host tells"))
    note = f"the account is {'live' if live else 'a test account'}, as key or host tell"
    alternatives: tuple[Parameters, ...] = ((),) if predicate.value is live else ()
    return Pushed(Verdict(predicate, Pushdown.EXACT, note), alternatives)


def _reference(key: str | None) -> Rule:
    if key is None:
        return unanswerable("the account's reference_key does not say where it stands")
    return unsupported(f"Paddle has no such filter; custom_data.{key} is checked here")


def _expanded(query: ListSessions) -> tuple[str, ...]:
    """The words of ``expand``: those of the query, and those that its conditions need."""
    needed = (word for name, word in INCLUDED_FOR.items() if getattr(query, name) is not None)
    return tuple(dict.fromkeys((*query.expand, *needed)))


def _unasked(expanded: Iterable[str], options: PaddleQueryOptions, account: Account) -> Parameters:
    """The parameters that are no predicate of the common query."""
    included = [name for word in expanded for name in WORDS.get(word, (word,))]
    shown = [name for name in included if name in PERMISSIONS and account.may_include(name)]
    several: Mapping[str, Iterable[str]] = {
        "include": (*shown, *options.include),
        **{name: getattr(options, name) or () for name in _SEVERAL},
    }
    joined = {name: ",".join(dict.fromkeys(values)) for name, values in several.items()}
    if options.collection_mode is not None:
        joined["collection_mode"] = options.collection_mode
    found = [(name, value) for name, value in joined.items() if value]
    for name in ("billed_at", "updated_at"):
        bounds = getattr(options, name) or Bounds()
        found += [(f"{name}[{bound.upper()}]", at) for bound, at in bounds if at is not None]
    return tuple(found)


_SEVERAL = ("id", "status", "origin", "customer_id", "subscription_id", "invoice_number")


def _with_one_status(stream: Stream) -> Stream | None:
    """The stream with what all its conditions on the status have in common; None for nothing."""
    asked = [set(value.split(",")) for name, value in stream.parameters if name == "status"]
    if len(asked) < 2:
        return stream
    common = set.intersection(*asked)
    if not common:
        return None
    others = tuple(one for one in stream.parameters if one[0] != "status")
    words = ",".join(word for word in STATUSES if word in common)
    return attrs.evolve(stream, parameters=(*others, ("status", words)))


def _counted(stream: Stream, options: PaddleQueryOptions) -> Stream:
    """The stream, counted by Paddle unless that is of no use."""
    filters = {name.partition("[")[0] for name, _ in stream.parameters}
    if not options.skip_count and LEFT.isdisjoint(filters):
        return stream
    return attrs.evolve(stream, headers=(("Skip-Count", "true"),))
