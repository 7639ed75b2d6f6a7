"""Plans: a query compiled for each account, with what remains to be applied here."""

from __future__ import annotations

import json
import math
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import attrs

from unified_checkout.adapters import (
    Adapter,
    Compiled,
    Direction,
    Order,
    Place,
    Pushdown,
    Untold,
    Verdict,
    Window,
)
from unified_checkout.adapters.currencies import currency_notes
from unified_checkout.adapters.rules import push_kind
from unified_checkout.engine.seconds import after, second
from unified_checkout.errors import (
    AdapterFailed,
    InvalidQuery,
    UnknownAccount,
    UnsupportedPredicate,
)
from unified_checkout.model.predicate import LOWER_BOUNDS, UPPER_BOUNDS, Operator, Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionKind, SessionStatus
from unified_checkout.printing import OneLine
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import quoted

_OF_COURSE = push_kind(
    Predicate("kind", Operator.IN, (SessionKind.CHECKOUT,)), SessionKind.CHECKOUT
).verdict
"""Checkouts are asked for, and there is nothing else."""


@attrs.frozen(kw_only=True)
class AccountPlan:
    """What is asked of one account, and what is applied here to its answer."""

    account: str
    provider: str
    compiled: Compiled
    page_size: int
    requests: tuple[str, ...] = ()
    """The first request of each stream, as people read it."""
    outer: Window | None = None
    """The span of time to be read, where that is known and read in windows of some length."""
    rows: str = Adapter.rows
    """What the provider lists."""
    untold: Mapping[str, Untold] = attrs.field(factory=dict)
    """Fields of a session that this list does not tell as it is asked, by name."""
    shows_open: bool = True
    """Whether the provider lists sessions that are still open, and not only what became of some."""
    span: Window | None = None
    """The part of the answer that this plan is restricted to; None for all of it."""
    counts_back: bool = False
    """Whether its lower bound of creation was counted back from what the clock here shows."""
    limited: bool = False
    """Whether so few sessions may be asked for that the first window holds them."""

    @property
    def residual(self) -> tuple[Predicate, ...]:
        """The predicates still to apply here."""
        return tuple(
            verdict.predicate
            for verdict in self.compiled.verdicts
            if verdict.pushdown in (Pushdown.INEXACT, Pushdown.UNSUPPORTED)
        )

    @property
    def believable(self) -> tuple[Predicate, ...]:
        """The predicates of which a session that does not tell is taken on the provider's word,
        though the provider may return more than what matches; coverage counts those sessions."""
        return tuple(
            verdict.predicate
            for verdict in self.compiled.verdicts
            if verdict.pushdown is Pushdown.INEXACT and verdict.predicate.field != "created"
        )

    @property
    def least_requests(self) -> int:
        """Requests that reading takes if nothing matches; with a limit, if one window is enough."""
        return 0 if self.refused else len(self.compiled.streams) * self._least_windows

    @property
    def _least_windows(self) -> int:
        reach, outer, part = self.compiled.reach, self.outer, self.span or Window()
        if outer is None or outer.since is None or outer.until is None or reach.longest is None:
            return 1
        if self.limited:
            return 1
        since, until = max(outer.since, part.since or outer.since), outer.until
        if reach.by == "created" and part.until is not None:
            until = min(until, part.until)
        return max(1, math.ceil((until - since) / reach.longest.total_seconds()))

    @property
    def refused(self) -> tuple[Verdict, ...]:
        """The verdicts that make the account unable to answer."""
        verdicts = self.compiled.verdicts
        return tuple(one for one in verdicts if one.pushdown is Pushdown.UNANSWERABLE)

    @property
    def told(self) -> tuple[Verdict, ...]:
        """The verdicts, but for the one that goes without saying."""
        return tuple(verdict for verdict in self.compiled.verdicts if verdict != _OF_COURSE)

    def bounds_of_creation(self, operators: Sequence[Operator]) -> list[datetime]:
        """The query's bounds of ``created`` that compare by one of these operators."""
        return [
            verdict.predicate.value
            for verdict in self.compiled.verdicts
            if verdict.predicate.field == "created" and verdict.predicate.operator in operators
        ]

    def unsupported_predicate(self) -> UnsupportedPredicate | None:
        """The error for the first predicate that this account cannot answer, if there is one."""
        for verdict in self.refused:
            return UnsupportedPredicate(
                account=self.account,
                provider=self.provider,
                predicate=str(verdict.predicate),
                reason=verdict.note,
            )
        return None


@attrs.frozen(kw_only=True, repr=False)
class Plan(OneLine):
    """A compiled query. Plain data: it pickles, prints, and holds no credential."""

    query: ListSessions
    """The query, resolved: ``last`` has become a bound."""
    ceiling: datetime
    """The frozen upper bound: sessions created later are not part of the answer."""
    fingerprint: str
    """What a cursor is bound to: the query as asked, and the accounts in their order."""
    accounts: tuple[AccountPlan, ...]

    def __repr__(self) -> str:
        conditions = ", ".join(map(str, self.query.predicates())) or "all"
        return f"Plan({conditions}; accounts: {', '.join(one.account for one in self.accounts)})"

    @property
    def direction(self) -> Direction:
        """Which way the answer is read: forward, unless a provider option says otherwise."""
        return self.accounts[0].compiled.direction if self.accounts else Direction.FORWARD

    @property
    def span(self) -> Window | None:
        """The part of the answer that it is restricted to; None for all of it."""
        return self.accounts[0].span if self.accounts else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What may be a slip in the query, which is asked all the same: an unknown currency."""
        return currency_notes(self.query.currency or ())

    @property
    def least_requests(self) -> int:
        """How many requests reading takes, if no session matches; for a budget, add the pages."""
        return sum(account.least_requests for account in self.accounts)

    def within(self, since: datetime | None = None, until: datetime | None = None) -> Plan:
        """The part of the plan that reads ``since <= created < until``.

        Plans of spans that adjoin give the whole answer together, each session once, wherever
        they run: the upper bound is frozen in all of them. Of a part it gives a part.

        Args:
            since: where the span begins: aware, a whole second; None for no bound.
            until: where it ends, excluded.

        Raises:
            InvalidQuery: for a moment without a time zone or within a second, or an empty span.
        """
        outer = self.span or Window()
        begins = [one for one in (_second("since", since), outer.since) if one is not None]
        ends = [one for one in (_second("until", until), outer.until) if one is not None]
        span = Window(max(begins, default=None), min(ends, default=None))
        if span.since is not None and span.until is not None and span.since >= span.until:
            raise InvalidQuery("within: the span is empty; since must come before until")
        whole = self.fingerprint.partition("/")[0]
        return attrs.evolve(
            self,
            fingerprint=f"{whole}/{span.since}-{span.until}",
            accounts=tuple(attrs.evolve(account, span=span) for account in self.accounts),
        )

    def __str__(self) -> str:
        return explain(self)


def _second(name: str, moment: datetime | None) -> int | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime) or moment.utcoffset() is None or moment.microsecond:
        raise InvalidQuery(f"within: {name} must be an aware datetime at a whole second")
    return int(moment.timestamp())


def make_plan(query: ListSessions, adapters: Mapping[str, Adapter[Any]], now: datetime) -> Plan:
    """Compile a query for the accounts it names, in the order of ``adapters``.

    Raises:
        UnknownAccount: if the query names an account that is not there.
        InvalidQuery: if provider options are for no account's provider, or wrong.
    """
    chosen = _chosen(query, adapters)
    for provider in query.provider_options:
        if not any(adapter.name == provider for adapter in chosen.values()):
            providers = sorted({adapter.name for adapter in chosen.values()})
            raise InvalidQuery(
                f"provider_options: no account asked is at provider {quoted(provider)}; "
                f"allowed: {', '.join(providers)}{did_you_mean(provider, providers)}"
            )
    now = now.astimezone(UTC)
    resolved = query.resolved(now)
    counts_back = query.last is not None
    plans = tuple(
        attrs.evolve(_account_plan(resolved, name, adapter, now), counts_back=counts_back)
        for name, adapter in chosen.items()
    )
    if len({plan.compiled.direction for plan in plans}) > 1:
        raise InvalidQuery(
            "provider_options: reading towards newer sessions works for one provider at a time; "
            "name its accounts with accounts=..."
        )
    return Plan(
        query=resolved,
        ceiling=now,
        fingerprint=_fingerprint(query, chosen),
        accounts=plans,
    )


def explain(plan: Plan) -> str:
    """The plan as text: per account the requests, the verdicts, the residual and the rules."""
    lines = [f"sessions created until {_iso(plan.ceiling)}, newest first"]
    if plan.query.limit is not None:
        lines[0] += f", at most {plan.query.limit}"
    if plan.span is not None:
        lines.append(f"of these, the part created {_between(plan.span)}")
    lines += [f"note: {note}" for note in plan.notes]
    for account in plan.accounts:
        lines += ["", f"{account.account} ({account.provider})", *_explained(account)]
    return "\n".join(lines)


def _between(span: Window) -> str:
    ends = [] if span.since is None else [f"from {_iso(second(span.since))} on"]
    ends += [] if span.until is None else [f"before {_iso(second(span.until))}"]
    return " and ".join(ends) or "at any time"


_OPEN = ListSessions(status=SessionStatus.OPEN, kind="any")


def _account_plan(
    query: ListSessions, name: str, adapter: Adapter[Any], now: datetime
) -> AccountPlan:
    compiled = compiled_by(adapter, query)
    plan = AccountPlan(
        account=name,
        provider=adapter.name,
        compiled=compiled,
        page_size=min(query.page_size or compiled.page_size, compiled.page_size),
        outer=_outer(compiled, now),
        rows=adapter.rows,
        untold={
            field: untold
            for field, untold in adapter.untold.items()
            if not (compiled.joins and untold.joined)
            and (untold.expand is None or untold.expand not in (*query.expand, *compiled.expanded))
        },
        shows_open=bool(compiled_by(adapter, _OPEN).streams),
        limited=query.limit is not None,
    )
    return attrs.evolve(plan, requests=_first_requests(query, adapter, plan, now))


def _outer(compiled: Compiled, now: datetime) -> Window | None:
    """The span of time to be read by now, where it is bounded and read in windows."""
    reach = compiled.reach
    if not compiled.in_pieces or reach.longest is None:
        return None
    bounds = [
        (verdict.predicate.operator, verdict.predicate.value)
        for verdict in compiled.verdicts
        if verdict.predicate.field == "created"
    ]
    since = [math.floor(at.timestamp()) for operator, at in bounds if operator in LOWER_BOUNDS]
    until = [after(at) for operator, at in bounds if operator in UPPER_BOUNDS]
    if reach.earliest is not None:
        since.append(math.floor((now - reach.earliest).timestamp()))
    ends = [after(now), *(until if reach.by == "created" else ())]
    return Window(max(since, default=None), min(ends))


def compiled_by(adapter: Adapter[Any], query: ListSessions) -> Compiled:
    """A query in an adapter's dialect, with a verdict on every predicate.

    Where the adapter gives none on the kind, all its sessions are checkouts.

    Raises:
        AdapterFailed: if another verdict is missing, or they are not in order.
    """
    compiled = adapter.compile(query)
    predicates = query.predicates(kind=True)
    judged = tuple(verdict.predicate for verdict in compiled.verdicts)
    if judged == predicates:
        return compiled
    if judged != query.predicates():
        told = f"{type(adapter).__name__}.compile must give one verdict per predicate, in order"
        raise AdapterFailed(told, account=adapter.account, provider=adapter.name)
    kind = push_kind(predicates[-1], SessionKind.CHECKOUT)
    streams = compiled.streams if kind.alternatives else ()
    return attrs.evolve(compiled, streams=streams, verdicts=(*compiled.verdicts, kind.verdict))


def first_size(plan: AccountPlan, limit: int | None) -> int:
    """How many sessions to ask for: no more than wanted, unless some will be dropped here."""
    return plan.page_size if limit is None or plan.residual else min(plan.page_size, limit)


def _newest_window(compiled: Compiled, now: datetime) -> Window:
    until = after(now)
    longest = compiled.reach.longest or timedelta(days=1)
    return Window(until - math.floor(longest.total_seconds()), until)


def _first_requests(
    query: ListSessions, adapter: Adapter[Any], plan: AccountPlan, now: datetime
) -> tuple[str, ...]:
    compiled = plan.compiled
    place = Place(
        cursor=compiled.start,
        direction=compiled.direction,
        size=first_size(plan, query.limit),
        window=_newest_window(compiled, now) if compiled.in_pieces else None,
    )
    shown = []
    for stream in compiled.streams:
        request = adapter.page_request(compiled, stream, place)
        parameters = "&".join(
            f"{name}={'(given)' if query.email is not None and value == query.email else value}"
            for name, value in request.parameters
        )
        shown.append(f"{request.method} {request.path}{'?' if parameters else ''}{parameters}")
    return tuple(shown)


def _chosen(query: ListSessions, adapters: Mapping[str, Adapter[Any]]) -> dict[str, Adapter[Any]]:
    if query.accounts is None:
        return dict(adapters)
    for name in query.accounts:
        if name not in adapters:
            raise UnknownAccount(name, list(adapters))
    return {name: adapter for name, adapter in adapters.items() if name in query.accounts}


_CHOICES = ("status", "payment_status", "mode", "kind", "currency", "expand")
"""The fields whose values may be named in any order."""


def _fingerprint(query: ListSessions, adapters: Mapping[str, Adapter[Any]]) -> str:
    """A digest of what decides which sessions belong to the answer, and in which order.

    ``page_size`` and ``limit`` are not part of it: another page may be of another size.
    """
    asked = query.model_dump(
        mode="json", exclude={"page_size", "limit", "accounts"}, exclude_none=True
    )
    choices = {name: sorted(asked[name]) for name in _CHOICES if name in asked}
    accounts = [[name, adapter.name] for name, adapter in adapters.items()]
    text = json.dumps([{**asked, **choices}, accounts])
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=9).digest()).decode()


def _explained(plan: AccountPlan) -> list[str]:
    if plan.refused:
        rows = [("refused", "this account cannot answer, and nothing is sent to it")]
        rows += _verdicts(plan)
    else:
        rows = _steps(plan)
    width = max(len(label) for label, _ in rows)
    return [f"  {label:<{width}}  {text}" for label, text in rows]


def _verdicts(plan: AccountPlan) -> list[tuple[str, str]]:
    rows = []
    for verdict in plan.told:
        note = f"  ({verdict.note})" if verdict.note else ""
        rows.append((verdict.pushdown.value, f"{verdict.predicate}{note}"))
    return rows


def _steps(plan: AccountPlan) -> list[tuple[str, str]]:
    """What is done to read an account that can answer."""
    compiled = plan.compiled
    rows = [] if plan.rows == Adapter.rows else [("rows", plan.rows)]
    for stream, request in zip(compiled.streams, plan.requests, strict=True):
        rows.append(("request" if len(compiled.streams) == 1 else stream.name, request))
    if not compiled.streams:
        return [("request", "none: no session of this provider can match"), *_verdicts(plan)]
    if len(compiled.streams) > 1:
        rows.append(("union", _union(compiled)))
    rows += _verdicts(plan)
    applied = ", ".join(str(predicate) for predicate in plan.residual)
    rows.append(("residual", applied or "nothing: the provider evaluates every condition"))
    believed = ", ".join(str(predicate) for predicate in plan.believable)
    if believed:
        why = "where a session does not tell, on the provider's word; coverage counts it"
        rows.append(("believed", f"{believed}: {why}"))
    rows.append(("order", f"{compiled.order.value}{_early_stop(compiled)}"))
    rows.append(("end of list", f"{compiled.end_of_list.value}; {compiled.paging.value}"))
    rows.append(("reading", _reading(compiled)))
    least = f"at least {plan.least_requests} request{'s' if plan.least_requests > 1 else ''}"
    rows.append(("cost", f"{least}; one for each {plan.page_size} rows that are read"))
    if plan.untold:
        rows.append(("untold", f"{', '.join(untold_fields(plan.untold))}; None may mean unknown"))
    rows.extend(("excludes", f"{what}: never seen here") for what in compiled.excludes)
    rows.extend(("note", note) for note in compiled.notes)
    return rows


def untold_fields(untold: Mapping[str, Untold]) -> list[str]:
    """What a list leaves out, and how to have it told.

    >>> untold_fields({"customer": Untold("customer", "larger answers"), "invoice": Untold()})
    ['customer (give expand=customer: larger answers)', 'invoice (no list tells it)']
    """
    ways: dict[str, list[str]] = {}
    for field, one in untold.items():
        ways.setdefault(_way(one), []).append(field)
    return [f"{', '.join(fields)} ({way})" for way, fields in ways.items()]


def _way(untold: Untold) -> str:
    if untold.joined:
        way = "other rows tell it"
    else:
        way = "no list tells it" if untold.expand is None else f"give expand={untold.expand}"
    return f"{way}: {untold.cost}" if untold.cost else way


def _early_stop(compiled: Compiled) -> str:
    bound = early_bound(compiled.verdicts, compiled.direction)
    if bound is None or compiled.order is not Order.NEWEST_FIRST:
        return ""
    return f", so reading stops at the first page that ends beyond {bound}"


def early_bound(verdicts: Sequence[Verdict], direction: Direction) -> Predicate | None:
    """The bound of creation, not pushed down, past which a list in order need not be read."""
    wanted = (">", ">=") if direction is Direction.FORWARD else ("<", "<=")
    for verdict in verdicts:
        predicate = verdict.predicate
        if (
            predicate.field == "created"
            and verdict.pushdown is Pushdown.UNSUPPORTED
            and predicate.operator.value in wanted
        ):
            return predicate
    return None


def _union(compiled: Compiled) -> str:
    if compiled.disjoint:
        return "the streams are read side by side and merged"
    return "the streams are merged, each read ahead of the next"


def _reading(compiled: Compiled) -> str:
    if compiled.in_pieces:
        return "in windows, newest first, sorted here where that is needed"
    if compiled.order is not Order.NEWEST_FIRST:
        return "to its end, and then sorted here"
    if compiled.divisible:
        return "page after page, or in several windows at once when it is long"
    return "page after page: it cannot be divided into windows"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
