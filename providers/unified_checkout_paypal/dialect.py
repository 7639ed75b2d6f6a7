"""PayPal's query language for the entries of an account's ledger.

Source: ``reporting_transactions_v1.json`` of PayPal's own API specifications, as far as no other is
named; developer.paypal.com/docs/api/transaction-search/v1 is its page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

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
    SessionMode,
    Stream,
    Verdict,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    page_size,
    push,
    push_kind,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout_paypal import refunds
from unified_checkout_paypal.session import KINDS, PAYMENT_STATUSES, STATUSES, SUBSCRIPTION

PATH = "/v1/reporting/transactions"
LARGEST_PAGE = 500

REACH = Reach(
    by="updated",  # which date is compared is not documented; what was created since will do
    windowed=True,
    required=True,
    longest=timedelta(days=31),  # both ends included, so that the span itself is a second less
    earliest=timedelta(days=3 * 365 - 3),  # three years; three days less, as they pass meanwhile
    settles=timedelta(hours=3),
)

BLOCKS = ("transaction_info", "payer_info")
"""What is always asked for: without the second there is no buyer."""
MORE_BLOCKS = ("shipping_info", "auction_info", "cart_info", "incentive_info", "store_info")

PREDICATES = {
    "currency": exact("transaction_currency"),
    "payment_intent": exact("transaction_id", "of any date, so that every window is asked"),
    "customer": unsupported("PayPal has no such filter; payer_info tells"),
    "email": unsupported("PayPal has no such filter; payer_info tells"),
    "subscription": unsupported("PayPal has no such filter; paypal_reference_id tells"),
    "client_reference_id": unsupported("PayPal has no such filter; invoice_id tells"),
    "customer_account": unanswerable("PayPal's transactions name no such thing"),
    "payment_link": unanswerable("PayPal's transactions do not name the link or button"),
    "has_disputes": unanswerable("PayPal tells of a dispute by later entries of its own"),
}
LETTERS: Mapping[str, Mapping[str, str]] = {"status": STATUSES, "payment_status": PAYMENT_STATUSES}
_IDS = range(17, 20)
"""How many characters an id may have that is asked for."""
_LOWER = partial(
    Verdict,
    pushdown=Pushdown.INEXACT,
    note="start_date, where the windows begin: what was created since was changed since",
)
_UPPER = unsupported("end_date may compare the last change, which comes after it")
_UNPAID = "checkouts that nobody paid"
_OF_UNKNOWN_KIND = "subscription payments, as first and further ones look alike (kind=unknown)"


def _names(value: Any) -> Any:
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    return tuple(names) if isinstance(names, list) else names


Word = Annotated[str, Field(min_length=1)]


class PayPalQueryOptions(QueryOptions):
    """What ``provider_options["paypal"]`` may hold: PayPal's own parameters."""

    page_size: int | None = Field(default=None, ge=1, le=LARGEST_PAGE)
    """Entries in one page."""
    fields: Annotated[tuple[Word, ...], BeforeValidator(_names)] = ()
    """Blocks to send beside ``transaction_info`` and ``payer_info``, or ``all``."""
    transaction_status: str | None = Field(default=None, min_length=1)
    """PayPal's own letter: S, P, D or V."""
    transaction_type: str | None = Field(default=None, min_length=1)
    """One event code, such as T0006."""
    transaction_amount: str | None = Field(default=None, pattern=r"^-?[0-9]+ TO -?[0-9]+$")
    """A range of gross amounts in minor units, such as ``500 TO 1005``."""
    payment_instrument_type: str | None = Field(default=None, min_length=1)
    """CREDITCARD or DEBITCARD."""
    store_id: str | None = Field(default=None, min_length=1)
    """The id of a store."""
    terminal_id: str | None = Field(default=None, min_length=1)
    """The id of a terminal."""

    @model_validator(mode="after")
    def _known_blocks(self) -> Self:
        unknown = sorted({*self.fields} - {*BLOCKS, *MORE_BLOCKS, "all"})
        if unknown:
            allowed = ", ".join((*MORE_BLOCKS, "all"))
            raise ValueError(f"fields: no such block {unknown[0]!r}; allowed: {allowed}")
        return self


def compile_query(
    query: ListSessions, options: PayPalQueryOptions, *, livemode: bool | None, balance_only: str
) -> Compiled:
    """The query in PayPal's parameters.

    Args:
        query: the query.
        options: its options for PayPal.
        livemode: what the account's address tells.
        balance_only: whether entries are left out that move no balance, ``Y`` or ``N``.
    """
    _refuse_contradictions(query, options)
    predicates = query.predicates(kind=True)
    letters = _letters(predicates)
    pushed = [_push(predicate, letters, livemode) for predicate in predicates]
    shared = Stream(
        name="transactions", path=PATH, parameters=_unasked(options, letters, balance_only)
    )
    lists = streams(pushed, shared)
    return Compiled(
        streams=lists,
        joins=all(refunds.shown(one.parameters) for one in lists),
        verdicts=tuple(one.verdict for one in pushed),
        order=Order.UNDOCUMENTED,
        paging=Paging.OFFSET,
        page_size=options.page_size or page_size(query, LARGEST_PAGE),
        reach=REACH,
        excludes=_excludes(query),
    )


def parameters(stream: Stream, place: Place) -> Parameters:
    """The parameters of one page: the stream's, the window with both ends included, and the page."""
    number, size, _ = position(place)
    found = list(stream.parameters)
    if (window := place.window) is not None and window.since is not None:
        found.append(("start_date", kit.zulu(window.since)))
    if window is not None and window.until is not None:
        found.append(("end_date", kit.zulu(window.until - 1)))
    return (*found, ("page_size", str(size)), ("page", str(number)))


def position(place: Place) -> tuple[int, int, int]:
    """Which page to ask for, of which size, and how many there were when the first was read.

    A page's number means nothing without the size it was counted in.
    """
    if place.cursor is None:
        return 1, place.size, 0
    number, size, pages = map(int, place.cursor.split("x"))
    return number, size, pages


def following(place: Place, total_pages: int) -> str | None:
    """The place of the next page, if there is one.

    By its text ``total_pages`` might count from the page that was asked for, as ``total_items`` is
    said to; whoever reads it takes it for that of the whole. What the first page said is kept, so
    that neither ends the list early.
    """
    number, size, pages = position(place)
    pages = max(pages, total_pages)
    return f"{number + 1}x{size}x{pages}" if number < pages else None


def settled(place: Place, refreshed: str | None, served_to: str | None) -> datetime | None:
    """Up to when the list is up to date, if the page tells.

    Args:
        place: what was asked for.
        refreshed: ``last_refreshed_datetime``.
        served_to: ``end_date``: the end of the window, or an earlier moment where that is the last
            that can be served.
    """
    found = [] if refreshed is None else [kit.moment(refreshed, "last_refreshed_datetime")]
    if served_to is not None and place.window is not None and place.window.until is not None:
        served = kit.moment(served_to, "end_date")
        if served < kit.seconds(place.window.until - 1):
            found.append(served)
    return min(found, default=None)


def _refuse_contradictions(query: ListSessions, options: PayPalQueryOptions) -> None:
    for name in ("status", "payment_status"):
        if getattr(query, name) is not None and options.transaction_status is not None:
            raise InvalidQuery(
                f"{name} and provider_options.paypal.transaction_status are two; give one"
            )
    if query.mode is not None and options.transaction_type is not None:
        raise InvalidQuery("mode and provider_options.paypal.transaction_type are two; give one")


def _letters(predicates: Iterable[Predicate]) -> frozenset[str]:
    """The letters of the status that all conditions allow."""
    allowed = frozenset(STATUSES)
    for predicate in predicates:
        if (words := LETTERS.get(predicate.field)) and "unknown" not in predicate.value:
            allowed &= {letter for letter, word in words.items() if word in predicate.value}
    return allowed


def _push(predicate: Predicate, letters: frozenset[str], livemode: bool | None) -> Pushed:
    match predicate.field:
        case "created":
            lower = predicate.operator in (Operator.GT, Operator.GTE)
            return Pushed(_LOWER(predicate)) if lower else push(predicate, _UPPER)
        case "status" | "payment_status":
            return _push_letters(predicate, letters)
        case "mode":
            return _push_mode(predicate)
        case "kind":
            return push_kind(predicate, *{*KINDS.values(), SessionKind.UNKNOWN})
        case "currency" if len(predicate.value) > 1:
            return push(predicate, unsupported("PayPal takes one currency at a time"))
        case "currency":
            return _push_value(predicate, predicate.value[0].upper())
        case "payment_intent" if len(predicate.value) not in _IDS:
            return push(predicate, unsupported("PayPal refuses to look for an id of that length"))
        case "livemode":
            return _push_livemode(predicate, livemode)
        case field:
            return push(predicate, PREDICATES[field])


def _push_value(predicate: Predicate, value: str) -> Pushed:
    parameter = PREDICATES[predicate.field].parameter
    assert parameter is not None
    verdict = Verdict(predicate, Pushdown.EXACT, f"{parameter}={value}")
    return Pushed(verdict, (((parameter, value),),))


def _push_letters(predicate: Predicate, letters: frozenset[str]) -> Pushed:
    """One letter can be asked for; where several will do, all are read: that costs least."""
    if not letters:
        return _nothing(predicate, "no entry is ever in that state")
    if "unknown" in predicate.value or len(letters) > 1:
        return push(predicate, unsupported("PayPal takes one letter at a time; all are read"))
    (letter,) = letters
    return Pushed(Verdict(predicate, Pushdown.EXACT, f"transaction_status={letter}"))


def _push_mode(predicate: Predicate) -> Pushed:
    asked = frozenset(predicate.value)
    if asked.isdisjoint({SessionMode.SUBSCRIPTION, SessionMode.PAYMENT}):
        return _nothing(predicate, "no transaction is of that mode")
    if SessionMode.PAYMENT in asked:
        return push(predicate, unsupported("PayPal takes one event code at a time; all are read"))
    verdict = Verdict(predicate, Pushdown.EXACT, f"transaction_type={SUBSCRIPTION}")
    return Pushed(verdict, ((("transaction_type", SUBSCRIPTION),),))


def _push_livemode(predicate: Predicate, livemode: bool | None) -> Pushed:
    if livemode is None:
        return push(predicate, unanswerable("the account's base_url is neither of PayPal's own"))
    if livemode is not predicate.value:
        return _nothing(predicate, "the account's base_url tells")
    return push(predicate, unsupported("the account's base_url tells"))


def _nothing(predicate: Predicate, note: str) -> Pushed:
    return Pushed(Verdict(predicate, Pushdown.EXACT, note), ())


def _unasked(options: PayPalQueryOptions, letters: frozenset[str], balance_only: str) -> Parameters:
    """The parameters that are of no one predicate."""
    blocks = ("all",) if "all" in options.fields else (*BLOCKS, *options.fields)
    status = options.transaction_status or (next(iter(letters)) if len(letters) == 1 else None)
    amount = options.transaction_amount and f"[{options.transaction_amount}]"
    found = {
        "transaction_status": status,
        "transaction_type": options.transaction_type,
        "transaction_amount": amount,
        "payment_instrument_type": options.payment_instrument_type,
        "store_id": options.store_id,
        "terminal_id": options.terminal_id,
        "balance_affecting_records_only": balance_only,
        "fields": ",".join(dict.fromkeys(blocks)),
    }
    return tuple((name, value) for name, value in found.items() if value is not None)


def _excludes(query: ListSessions) -> tuple[str, ...]:
    listed = query.kind is None or SessionKind.UNKNOWN in query.kind
    return (_UNPAID,) if listed else (_UNPAID, _OF_UNKNOWN_KIND)
