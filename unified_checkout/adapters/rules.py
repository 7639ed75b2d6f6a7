"""Tools for adapter authors: a dialect as a table from predicate to parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, product
from typing import TYPE_CHECKING

import attrs

from unified_checkout.adapters.contract import Direction, Place, Pushdown, Stream, Verdict, Window
from unified_checkout.adapters.http import Parameters
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.statuses import SessionKind, SessionStatus

if TYPE_CHECKING:
    from unified_checkout.model.query import ListSessions

__all__ = [
    "Pushed",
    "Rule",
    "exact",
    "inexact",
    "narrowed",
    "page_parameters",
    "page_size",
    "push",
    "push_bound",
    "push_kind",
    "push_status",
    "streams",
    "unanswerable",
    "unsupported",
]


@attrs.frozen
class Rule:
    """How a provider treats one field of the query: a line of a dialect's table."""

    pushdown: Pushdown
    parameter: str | None = None
    """The parameter that carries the value; None where none is sent."""
    note: str = ""
    """What explain says, if not the parameter alone."""


def exact(parameter: str, note: str = "") -> Rule:
    """The provider returns precisely the sessions that match."""
    return Rule(Pushdown.EXACT, parameter, note)


def inexact(parameter: str, note: str) -> Rule:
    """The provider returns all that match and perhaps more."""
    return Rule(Pushdown.INEXACT, parameter, note)


def unsupported(note: str) -> Rule:
    """The provider cannot evaluate it; the sessions tell."""
    return Rule(Pushdown.UNSUPPORTED, None, note)


def unanswerable(reason: str) -> Rule:
    """Neither the provider nor the sessions tell."""
    return Rule(Pushdown.UNANSWERABLE, None, reason)


@attrs.frozen
class Pushed:
    """What becomes of one predicate, and the parameters that ask for it."""

    verdict: Verdict
    alternatives: tuple[Parameters, ...] = ((),)
    """Sets of parameters whose answers make up the whole. Normally one; several make a union of
    streams; none at all means that no session can match."""


def push(predicate: Predicate, rule: Rule) -> Pushed:
    """Apply a line of the table to a predicate that compares for equality."""
    if rule.parameter is None:
        return Pushed(Verdict(predicate, rule.pushdown, rule.note))
    value = predicate.value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    note = f"{rule.parameter}: {rule.note}" if rule.note else rule.parameter
    return Pushed(Verdict(predicate, rule.pushdown, note), (((rule.parameter, text),),))


def push_bound(predicate: Predicate, pushdown: Pushdown, parameter: str, value: str) -> Pushed:
    """Push one bound of a range."""
    note = f"{parameter}={value}" + (", rounded outward" if pushdown is Pushdown.INEXACT else "")
    return Pushed(Verdict(predicate, pushdown, note), (((parameter, value),),))


def push_status(predicate: Predicate, parameter: str, words: Mapping[str, SessionStatus]) -> Pushed:
    """Push a choice of statuses, as far as the provider's single-valued parameter allows.

    ``words`` holds every word of the provider's, earlier states first. A status without a word
    is one that no session has.
    """
    asked: tuple[SessionStatus, ...] = predicate.value
    possible = [status for status in asked if status in words.values()]
    if SessionStatus.UNKNOWN in asked or len(possible) > 1:
        note = "the provider takes one status at a time; all are read"
        return Pushed(Verdict(predicate, Pushdown.UNSUPPORTED, note))
    alternatives = tuple(
        ((parameter, word),) for word, status in words.items() if status in possible
    )
    sent = " and ".join(f"{name}={word}" for ((name, word),) in alternatives)
    note = sent or "no session of this provider is ever in that state"
    return Pushed(Verdict(predicate, Pushdown.EXACT, note), alternatives)


def push_kind(predicate: Predicate, *kinds: SessionKind) -> Pushed:
    """Judge a choice of kinds where the list holds sessions of these kinds only. Sends nothing."""
    asked = frozenset(predicate.value)
    if asked.isdisjoint(kinds) or asked.issuperset(kinds):
        note = f"every session here is of kind {' or '.join(kinds)}"
        alternatives: tuple[Parameters, ...] = () if asked.isdisjoint(kinds) else ((),)
        return Pushed(Verdict(predicate, Pushdown.EXACT, note), alternatives)
    note = "the provider has no such filter; the sessions tell"
    return Pushed(Verdict(predicate, Pushdown.UNSUPPORTED, note))


def page_size(query: ListSessions, most: int) -> int:
    """How many sessions to ask for in one request, of which a provider allows so many.

    >>> from unified_checkout import ListSessions
    >>> [page_size(ListSessions(page_size=asked), most=250) for asked in (None, 20, 1000)]
    [250, 20, 250]
    """
    return min(query.page_size or most, most)


def streams(pushed: Sequence[Pushed], template: Stream) -> tuple[Stream, ...]:
    """The lists whose union answers the pushed predicates; ``template`` is what all share."""
    return tuple(
        attrs.evolve(
            template,
            name=_choice(pushed, chosen) or template.name,
            parameters=(*chain.from_iterable(chosen), *template.parameters),
        )
        for chosen in product(*(one.alternatives for one in pushed))
    )


def page_parameters(
    stream: Stream, place: Place, *, size: str, cursors: Mapping[Direction, str]
) -> Parameters:
    """All parameters of one page, given the names of those for its size and its cursor."""
    paging = (*stream.parameters, (size, str(place.size)))
    if place.cursor is None:
        return (*paging, *stream.first_page)
    return (*paging, (cursors[place.direction], place.cursor))


def narrowed(
    stream: Stream,
    window: Window | None,
    *,
    names: Mapping[Operator, str],
    read: Callable[[str], int],
    write: Callable[[int], str],
) -> Stream:
    """The stream within a window of creation times: on each side the tighter bound is sent.

    ``names`` are the parameters that carry bounds; ``read`` and ``write`` turn their values
    into Unix seconds and back.
    """
    if window is None:
        return stream
    operators = {name: operator for operator, name in names.items()}
    bounds = [
        (read(text), operators[name]) for name, text in stream.parameters if name in operators
    ]
    if window.since is not None:
        bounds.append((window.since, Operator.GTE))
    if window.until is not None:
        bounds.append((window.until, Operator.LT))
    lower = [bound for bound in bounds if bound[1] in (Operator.GTE, Operator.GT)]
    upper = [bound for bound in bounds if bound[1] in (Operator.LTE, Operator.LT)]
    tightest = [
        *sorted(lower, key=lambda bound: (bound[0], bound[1] is Operator.GT))[-1:],
        *sorted(upper, key=lambda bound: (bound[0], bound[1] is Operator.LTE))[:1],
    ]
    others = [parameter for parameter in stream.parameters if parameter[0] not in operators]
    created = [(names[operator], write(second)) for second, operator in tightest]
    return attrs.evolve(stream, parameters=(*others, *created))


def _choice(pushed: Sequence[Pushed], chosen: Sequence[Parameters]) -> str:
    """The parameters that tell a stream of a union from the others."""
    return "&".join(
        f"{name}={value}"
        for one, parameters in zip(pushed, chosen, strict=True)
        if len(one.alternatives) > 1
        for name, value in parameters
    )
