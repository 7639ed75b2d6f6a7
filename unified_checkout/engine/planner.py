"""``Planner``: from questions to machines, and from finished machines to pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

import attrs

from unified_checkout.adapters import Compiled, Direction, Order, Paging
from unified_checkout.adapters.kit.places import check_id
from unified_checkout.engine.anchor import tells_more_than_time
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.cursor import decode_cursor, encode_cursor
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.plan import AccountPlan, Plan, make_plan
from unified_checkout.engine.position import (
    AccountPosition,
    Frontier,
    Position,
    StreamPosition,
    beside,
)
from unified_checkout.engine.single import GetMachine
from unified_checkout.engine.surroundings import Budget, Surroundings
from unified_checkout.errors import (
    BudgetSpent,
    ConfigurationError,
    InvalidCursor,
    InvalidQuery,
    PagingError,
    UnknownAccount,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.printing import OneLine
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import no_id, quoted

MERGED_PAGE = 100
"""How many sessions a page of the merged answer holds unless ``page_size`` says otherwise."""

OnError = Literal["raise", "report"]


@attrs.frozen(kw_only=True, repr=False)
class Page(OneLine):
    """One page of the merged answer."""

    sessions: tuple[Session, ...]
    """Newest first, ``page_size`` or 100 of them unless the answer, or the page's budget, ends here."""
    next_cursor: str | None
    """Leads to the page of older sessions; None where there is none."""
    previous_cursor: str | None
    """Leads to the page of newer sessions of the same answer; None where there is none."""
    coverage: Coverage
    """What reading this page covered."""

    def __repr__(self) -> str:
        ways = [way for way in ("next", "previous") if getattr(self, f"{way}_cursor") is not None]
        leads = f"; cursors: {', '.join(ways)}" if ways else ""
        return f"Page({len(self.sessions)} sessions{leads}; {self.coverage!r})"


@attrs.frozen(kw_only=True)
class Manner:
    """How a question is read: from where, at what cost, and what becomes of failures."""

    cursor: str | None = None
    """Go on from here."""
    after: Session | datetime | None = None
    """Begin after this session, or with what was created before this moment."""
    before: Session | datetime | None = None
    """End before this session, or with what was created after this moment."""
    on_error: OnError = "raise"
    budget: Budget = attrs.field(factory=Budget)

    def __attrs_post_init__(self) -> None:
        allowed = get_args(OnError)
        if self.on_error not in allowed:
            raise InvalidQuery(
                f"on_error: {quoted(self.on_error)} is not known; allowed: {', '.join(allowed)}"
                f"{did_you_mean(self.on_error, allowed)}"
            )
        names = ("cursor", "after", "before")
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) > 1:
            raise InvalidQuery(f"{' and '.join(given)} exclude each other; give one")


class Planner:
    """Makes the machines that answer questions about a set of accounts."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def plan(self, query: ListSessions) -> Plan:
        """The plan of a query asked now."""
        return self._plan(query, self._surroundings.runtime.now())

    def listing(self, question: ListSessions | Plan, manner: Manner) -> ListMachine:
        """A machine for all of the answer that lies ahead of where it begins.

        Raises:
            InvalidCursor: if the cursor is not one of this question.
            InvalidQuery: if it cannot begin where it should.
            UnsupportedPredicate: if an account cannot answer and failures are raised.
        """
        plan, position = self._begin(question, manner)
        return self._machine(plan, position, plan.query.limit, manner)

    def page(self, question: ListSessions | Plan, manner: Manner) -> ListMachine:
        """A machine for one page; see :func:`page_of`."""
        plan, position = self._begin(question, manner)
        size, limit = plan.query.page_size or MERGED_PAGE, plan.query.limit
        return self._machine(plan, position, size if limit is None else min(size, limit), manner)

    def get(self, ids: Sequence[str], account: str | None, budget: Budget) -> GetMachine:
        """A machine for sessions of one account, by their ids.

        Raises:
            UnknownAccount: if there is no such account.
            ConfigurationError: if no account is named and there are several.
            InvalidQuery: if the provider gives no session by its id, or an id cannot be one.
        """
        for id in ids:
            check_id(id)
            if seen := no_id(id):
                raise InvalidQuery(f"the id looks like {seen}; it is neither sent nor shown")
        names = list(self._surroundings.adapters)
        if account is None:
            possible = self._accounts_of(ids)
            if len(possible) != 1:
                raise ConfigurationError(
                    "name with account=... the account to read the session from: "
                    + ", ".join(possible or names)
                )
            [account] = possible
        if account not in names:
            raise UnknownAccount(account, names)
        adapter = self._surroundings.adapters[account]
        if not adapter.reads_by_id:
            raise InvalidQuery(f"{adapter.title} gives no single session by its id; list them")
        return GetMachine(self._surroundings, account, ids, budget)

    def _accounts_of(self, ids: Sequence[str]) -> list[str]:
        """The accounts whose provider gives its sessions such ids, as far as the ids tell.

        Where an id begins as no provider says that its own do, it is one of those that say nothing.
        """
        every = self._surroundings.adapters
        adapters = {name: one for name, one in every.items() if one.reads_by_id} or every
        silent = [name for name, adapter in adapters.items() if not adapter.id_prefixes]
        possible = list(adapters)
        for id in ids:
            fitting = {
                name: max(
                    (len(one) for one in adapter.id_prefixes if id.startswith(one)), default=0
                )
                for name, adapter in adapters.items()
            }
            closest = max(fitting.values(), default=0)
            fit = [name for name in possible if fitting[name] == closest]
            if closest == 0:
                fit = [name for name in fit if name in silent] or fit
            possible = fit
        return possible

    def _plan(self, query: ListSessions, now: datetime) -> Plan:
        return make_plan(query, self._surroundings.adapters, now)

    def _begin(self, question: ListSessions | Plan, manner: Manner) -> tuple[Plan, Position]:
        if manner.cursor is not None:
            position = decode_cursor(manner.cursor)
            plan = self._plan_of(question, position.ceiling)
            _check_bound(plan, position)
        else:
            plan = self._plan_of(question, self._surroundings.runtime.now())
            position = begin_at(plan, manner)
        if manner.on_error == "raise":
            for account in plan.accounts:
                error = account.unsupported_predicate()
                if error is not None:
                    raise error
        return plan, position

    def _plan_of(self, question: ListSessions | Plan, now: datetime) -> Plan:
        if not isinstance(question, Plan):
            return self._plan(question, now)
        known = self._surroundings.adapters
        for account in question.accounts:
            if account.account not in known:
                raise UnknownAccount(account.account, list(known))
            provider = known[account.account].name
            if provider != account.provider:
                raise InvalidQuery(
                    f"the plan was made for account {account.account!r} at {account.provider}, "
                    f"which is at {provider} here"
                )
        return question

    def _machine(
        self, plan: Plan, position: Position, limit: int | None, manner: Manner
    ) -> ListMachine:
        return ListMachine(
            plan,
            self._surroundings,
            start=position,
            limit=limit,
            budget=manner.budget,
            report_failures=manner.on_error == "report",
        )


def begin_at(plan: Plan, manner: Manner) -> Position:
    """Where a plan's answer begins: at its beginning, or beside a session or a moment.

    Raises:
        InvalidQuery: if the session is of an account that the plan does not ask.
    """
    place, direction = manner.after, Direction.FORWARD
    if manner.before is not None:
        place, direction = manner.before, Direction.BACKWARD
    if place is None:
        accounts = tuple(map(_first_position, plan.accounts))
        direction = plan.direction
    elif any(account.compiled.start is not None for account in plan.accounts):
        raise InvalidQuery("after, before and provider_options each say where to begin; give one")
    elif isinstance(place, Session):
        accounts = _beside(plan, place, direction)
    else:
        at = AccountPosition(frontier=Frontier(beside(place, direction, 1)))
        accounts = (at,) * len(plan.accounts)
    if place is not None:
        accounts = tuple(attrs.evolve(account, begins=True) for account in accounts)
    return Position(
        fingerprint=plan.fingerprint,
        ceiling=plan.ceiling,
        direction=direction,
        accounts=accounts,
    )


def _first_position(account: AccountPlan) -> AccountPosition:
    start = StreamPosition(cursor=account.compiled.start)
    return AccountPosition(streams=(start,) * len(account.compiled.streams))


def _beside(plan: Plan, session: Session, direction: Direction) -> tuple[AccountPosition, ...]:
    """Beside a session in the merged order, in which ties go to the earlier account.

    After a session of the second account, what the first one has of that moment is behind, and
    what the third one has of it lies ahead.
    """
    names = [account.account for account in plan.accounts]
    if session.account not in names:
        raise InvalidQuery(
            f"the session to begin at is of account {session.account!r}, "
            f"which is not asked; asked: {', '.join(names)}"
        )
    own = names.index(session.account)
    forward = direction is Direction.FORWARD
    places = []
    for index, account in enumerate(plan.accounts):
        if index == own and has_sessions_as_places(account.compiled):
            places.append(place_beside(session))
        elif index == own and tells_more_than_time(account.compiled):
            at = Frontier(session.created)
            places.append(AccountPosition(frontier=at, anchor=session.id))
        elif index == own:
            places.append(AccountPosition(frontier=_at(session)))
        else:
            behind = (index < own) is forward
            moment = beside(session.created, direction, 1 if behind else 0)
            places.append(AccountPosition(frontier=Frontier(moment)))
    return tuple(places)


def place_beside(session: Session) -> AccountPosition:
    """Where its account stands beside a session, if the ids of its sessions are places."""
    return AccountPosition(streams=(StreamPosition.beside(session),), frontier=_at(session))


def _at(session: Session) -> Frontier:
    return Frontier(session.created, frozenset({session.id}))


def has_sessions_as_places(compiled: Compiled) -> bool:
    """Whether the id of a session is a place in the answer: in one list, read as it comes."""
    by_session = compiled.paging is Paging.SESSION_ID and len(compiled.streams) == 1
    return by_session and compiled.order is Order.NEWEST_FIRST and not compiled.in_pieces


def _check_bound(plan: Plan, position: Position) -> None:
    """Make sure that a cursor belongs to a plan, and knows its lists.

    Raises:
        InvalidCursor: if it belongs to another query or to other accounts, or if a newer version
            reads other lists for the same query.
    """
    if position.fingerprint != plan.fingerprint or len(position.accounts) != len(plan.accounts):
        raise InvalidCursor(
            "the cursor belongs to another query or to other accounts; "
            "use it with exactly the query and accounts it came from"
        )
    lists = [len(account.compiled.streams) for account in plan.accounts]
    places = [len(account.streams) for account in position.accounts]
    if any(one and one != number for one, number in zip(places, lists, strict=True)):
        raise InvalidCursor("the cursor is stale: the same query is read from other lists now")


def page_of(machine: ListMachine, sessions: list[Session]) -> Page:
    """The page that a machine made by :meth:`Planner.page` has delivered, once it finished.

    Raises:
        PagingError: if a list is not in order and the place after the page cannot be named.
        BudgetSpent: if the budget did not suffice to get anywhere.
    """
    if not machine.forward:
        sessions = sessions[::-1]
    try:
        ahead = None if machine.exhausted else machine.position(0)
        back = machine.turned_position()
    except PagingError as error:
        error.sessions, error.coverage = tuple(sessions), machine.coverage()
        raise
    if machine.got_nowhere:
        raise BudgetSpent(machine.stopped, machine.coverage(), None, machine.enough)
    older, newer = (ahead, back) if machine.forward else (back, ahead)
    return Page(
        sessions=tuple(sessions),
        next_cursor=None if older is None else encode_cursor(older),
        previous_cursor=None if newer is None else encode_cursor(newer),
        coverage=machine.coverage(),
    )
