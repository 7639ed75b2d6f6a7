"""Tools for adapter authors: a dialect as a table from predicate to parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, product
from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.adapters.contract import Direction, Place, Pushdown, Stream, Verdict, Window
from unified_checkout.adapters.http import Parameters
from unified_checkout.adapters.kit.places import item_path
from unified_checkout.adapters.kit.times import whole_seconds
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
    "one_path",
    "page_parameters",
    "page_size",
    "push",
    "push_bound",
    "push_created",
    "push_kind",
    "push_path",
    "push_status",
    "push_words",
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
    path: str | None = None
    """The list to ask instead of the usual one, where that is how the provider filters."""
    otherwise: Pushed | None = None
    """What becomes of the predicate where another one has chosen the list."""


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


def push_created(
    predicate: Predicate,
    names: Mapping[Operator, str],
    write: Callable[[int], str] = str,
    *,
    finer: bool = False,
) -> Pushed:
    """Push one bound on the time of creation in whole seconds, rounded outward.

    >>> from datetime import UTC, datetime
    >>> noon = Predicate("created", Operator.LTE, datetime(2026, 3, 4, 12, tzinfo=UTC))
    >>> push_created(noon, {Operator.LTE: "until"}).verdict.note
    'until=1772625600'
    >>> push_created(noon, {Operator.LT: "before"}).verdict.note
    'before=1772625601, rounded outward'

    Args:
        predicate: the bound.
        names: the provider's parameters by what they compare. Where the one for this bound is
            missing, the other one on its side takes its place.
        write: Unix seconds as the provider takes them.
        finer: whether the provider may compare finer than the seconds that it shows.
    """
    floor, ceiling = whole_seconds(predicate.value)
    aligned = floor == ceiling
    wanted = predicate.operator
    ways: Mapping[Operator, tuple[tuple[Operator, int, bool], ...]] = {
        Operator.GT: ((Operator.GT, floor, aligned and not finer), (Operator.GTE, floor, False)),
        Operator.GTE: ((Operator.GTE, floor, aligned), (Operator.GT, floor - 1, False)),
        Operator.LT: ((Operator.LT, ceiling, aligned), (Operator.LTE, ceiling, False)),
        Operator.LTE: (
            (Operator.LTE, floor + 1 if finer else ceiling, aligned and not finer),
            (Operator.LT, floor + 1, False),
        ),
    }
    for operator, second, precisely in ways[wanted]:
        if operator in names:
            pushdown = Pushdown.EXACT if precisely else Pushdown.INEXACT
            return push_bound(predicate, pushdown, names[operator], write(second))
    return push(predicate, unsupported("the provider has no bound on this side"))


def push_words(
    predicate: Predicate,
    rule: Rule,
    words: Mapping[str, Any],
    join: Callable[[Sequence[str]], str] | None = ",".join,
) -> Pushed:
    """Push a choice of words where one request may name several, so that no union is needed.

    >>> from unified_checkout.model.statuses import SessionStatus
    >>> words = {"paid": SessionStatus.COMPLETE, "completed": SessionStatus.COMPLETE}
    >>> complete = Predicate("status", Operator.IN, (SessionStatus.COMPLETE,))
    >>> push_words(complete, exact("status"), words).alternatives
    ((('status', 'paid,completed'),),)
    >>> push_words(complete, exact("status"), words, join=None).alternatives
    ((('status', 'paid'), ('status', 'completed')),)

    Args:
        predicate: a choice, such as that of statuses.
        rule: how exactly the provider evaluates it, and the parameter.
        words: every word of the provider's, and what it means in the common language.
        join: what makes one value of several words; None repeats the parameter.
    """
    if rule.parameter is None:
        return push(predicate, rule)
    if "unknown" in predicate.value:
        note = "words that are not known cannot be asked for; all are read"
        return push(predicate, unsupported(note))
    chosen = [word for word, meaning in words.items() if meaning in predicate.value]
    if not chosen:
        note = "no session of this provider is ever in that state"
        return Pushed(Verdict(predicate, Pushdown.EXACT, note), ())
    values = chosen if join is None else [join(chosen)]
    parameters = tuple((rule.parameter, value) for value in values)
    note = "&".join(f"{name}={value}" for name, value in parameters)
    note = f"{note}: {rule.note}" if rule.note else note
    return Pushed(Verdict(predicate, rule.pushdown, note), (parameters,))


def push_path(predicate: Predicate, path: str, otherwise: Rule) -> Pushed:
    """Push a condition that is a list of its own at the provider, such as a customer's payments.

    >>> theirs = Predicate("customer", Operator.EQ, "c/1")
    >>> push_path(theirs, "/customers/{}/payments", unsupported("the sessions tell")).path
    '/customers/c%2F1/payments'

    Args:
        predicate: a condition on an id.
        path: the path of that list, with ``{}`` for the id.
        otherwise: the rule for where another condition has chosen the list; see ``one_path``.

    Raises:
        InvalidQuery: for an id that would name another path.
    """
    before, _, after = path.partition("/{}")
    chosen = item_path(before, predicate.value) + after
    verdict = Verdict(predicate, Pushdown.EXACT, path.format(predicate.field))
    return Pushed(verdict, path=chosen, otherwise=push(predicate, otherwise))


def one_path(pushed: Iterable[Pushed]) -> tuple[Pushed, ...]:
    """The same, of which only the first chooses the list; the others become their ``otherwise``.

    To be called before ``streams`` and the verdicts are taken, wherever ``push_path`` is used.
    """
    found: list[Pushed] = []
    for one in pushed:
        taken = any(other.path is not None for other in found)
        found.append(one.otherwise if taken and one.otherwise is not None else one)
    return tuple(found)


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


def page_size(query: ListSessions, most: int, *, inclusive: bool = False) -> int:
    """How many sessions to ask for in one request, of which a provider allows so many.

    >>> from unified_checkout import ListSessions
    >>> [page_size(ListSessions(page_size=asked), most=250) for asked in (None, 20, 1000)]
    [250, 20, 250]
    >>> page_size(ListSessions(page_size=20), most=250, inclusive=True)
    21

    Args:
        query: the query.
        most: how many the provider allows.
        inclusive: whether it is ``Compiled.inclusive``: the session that a page repeats is then
            asked for besides, or each page would be one short and take a second request.
    """
    return min((query.page_size or most) + inclusive, most)


def streams(pushed: Sequence[Pushed], template: Stream) -> tuple[Stream, ...]:
    """The lists whose union answers the pushed predicates; ``template`` is what all share.

    Raises:
        ValueError: if two of them choose the list; see ``one_path``.
    """
    path, *others = [one.path for one in pushed if one.path is not None] or [template.path]
    if others:
        raise ValueError("two conditions choose the list; call one_path before")
    return tuple(
        attrs.evolve(
            template,
            path=path,
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

    A window begins with its first second and ends before its last; a provider that has other
    bounds is asked for a second more.

    Args:
        stream: the stream, its own bounds among its parameters.
        window: the window; None leaves the stream as it is.
        names: the parameters that carry bounds, by what they compare. One on each side will do.
        read: the Unix seconds of a parameter's value.
        write: Unix seconds as the provider takes them.
    """
    if window is None:
        return stream
    operators = {name: operator for operator, name in names.items()}
    bounds = [
        (read(text), operators[name]) for name, text in stream.parameters if name in operators
    ]
    if window.since is not None:
        lowest = (window.since, Operator.GTE), (window.since - 1, Operator.GT)
        bounds += [bound for bound in lowest if bound[1] in names][:1]
    if window.until is not None:
        highest = (window.until, Operator.LT), (window.until, Operator.LTE)
        bounds += [bound for bound in highest if bound[1] in names][:1]
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
