"""``Planner``: from questions to machines, and from finished machines to pages."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import attrs

from unified_checkout.adapters import Direction
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.cursor import CursorState, decode_cursor, encode_cursor
from unified_checkout.engine.machine import ListMachine, Surroundings, first_position
from unified_checkout.engine.plan import Plan, make_plan
from unified_checkout.engine.single import GetMachine
from unified_checkout.errors import (
    ConfigurationError,
    InvalidCursor,
    InvalidQuery,
    PagingError,
    UnknownAccount,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.telltales import looks_like_a_key, quoted

MERGED_PAGE = 100
"""How many sessions a page of the merged answer holds unless ``page_size`` says otherwise."""

OnError = Literal["raise", "report"]


@attrs.frozen(kw_only=True)
class Page:
    """One page of the merged answer."""

    sessions: tuple[Session, ...]
    """Newest first, ``page_size`` or 100 of them unless the answer ends here."""
    next_cursor: str | None
    """Leads to the page of older sessions; None where there is none."""
    previous_cursor: str | None
    """Leads to the page of newer sessions of the same answer; None where there is none."""
    coverage: Coverage
    """What reading this page covered."""


class Planner:
    """Makes the machines that answer questions about a set of accounts."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def plan(self, query: ListSessions, now: datetime) -> Plan:
        """The plan of a query asked at ``now``."""
        return make_plan(query, self._surroundings.adapters, now)

    def listing(
        self, query: ListSessions, now: datetime, *, cursor: str | None, on_error: OnError
    ) -> ListMachine:
        """A machine for all that lies ahead of a cursor, or for the whole answer.

        Raises:
            InvalidCursor: if the cursor is not one of this query.
            UnsupportedPredicate: if an account cannot answer and ``on_error`` is ``"raise"``.
        """
        plan, state = self._begin(query, now, cursor, on_error)
        return self._machine(plan, state, _ahead(plan, state), on_error)

    def page(
        self, query: ListSessions, now: datetime, *, cursor: str | None, on_error: OnError
    ) -> ListMachine:
        """A machine for one page; see :func:`page_of`."""
        plan, state = self._begin(query, now, cursor, on_error)
        ahead = _ahead(plan, state)
        size = query.page_size or MERGED_PAGE
        if ahead is not None:
            size = min(size, ahead)
        return self._machine(plan, state, size, on_error)

    def get(self, id: str, account: str | None) -> GetMachine:
        """A machine for one session.

        Raises:
            UnknownAccount: if there is no such account.
            ConfigurationError: if no account is named and there are several.
        """
        names = list(self._surroundings.adapters)
        if account is None:
            if len(names) != 1:
                raise ConfigurationError(
                    f"name the account to read the session from: {', '.join(names)}"
                )
            account = names[0]
        if account not in names:
            raise UnknownAccount(account, names)
        if isinstance(id, str) and looks_like_a_key(id):
            raise InvalidQuery("the id looks like a key; it is neither sent nor shown")
        return GetMachine(self._surroundings, account, id)

    def _begin(
        self, query: ListSessions, now: datetime, cursor: str | None, on_error: OnError
    ) -> tuple[Plan, CursorState]:
        if on_error not in ("raise", "report"):
            raise InvalidQuery(f"on_error: {quoted(on_error)} is not known; allowed: raise, report")
        if cursor is None:
            plan = self.plan(query, now)
            state = first_position(plan)
        else:
            state = decode_cursor(cursor)
            plan = self.plan(query, state.ceiling)
            _check_bound(plan, state)
        if on_error == "raise":
            for account in plan.accounts:
                error = account.unsupported_predicate()
                if error is not None:
                    raise error
        return plan, state

    def _machine(
        self, plan: Plan, state: CursorState, limit: int | None, on_error: OnError
    ) -> ListMachine:
        return ListMachine(
            plan,
            self._surroundings,
            start=state,
            limit=limit,
            report_failures=on_error == "report",
        )


def _ahead(plan: Plan, state: CursorState) -> int | None:
    """How many sessions of the answer lie ahead at the most; None where that is not bound.

    Towards its beginning the answer ends by itself, unless provider options say where it begins.
    """
    behind = state.delivered if plan.direction is Direction.FORWARD else -state.delivered
    if state.direction is plan.direction:
        limit = plan.query.limit
        return None if limit is None else max(0, limit - behind)
    return max(0, behind) if plan.anchored else None


def _check_bound(plan: Plan, state: CursorState) -> None:
    """Make sure that a cursor belongs to a plan, and knows its lists.

    Raises:
        InvalidCursor: if it belongs to another query or to other accounts, or if a newer version
            reads other lists for the same query.
    """
    if state.fingerprint != plan.fingerprint:
        raise InvalidCursor(
            "the cursor belongs to another query or to other accounts; "
            "use it with exactly the query, limit and accounts it came from"
        )
    lists = [len(account.compiled.streams) for account in plan.accounts]
    if [len(account.lanes) for account in state.accounts] != lists:
        raise InvalidCursor("the cursor is stale: the same query is read from other lists now")


def page_of(machine: ListMachine, sessions: list[Session]) -> Page:
    """The page that a machine made by :meth:`Planner.page` has delivered, once it finished.

    Raises:
        PagingError: if a list is not in order and the place after the page cannot be named.
    """
    if not machine.forward:
        sessions = sessions[::-1]
    try:
        ahead = None if machine.exhausted else machine.position(0)
        back = machine.turned_position()
    except PagingError as error:
        error.sessions, error.coverage = tuple(sessions), machine.coverage()
        raise
    older, newer = (ahead, back) if machine.forward else (back, ahead)
    return Page(
        sessions=tuple(sessions),
        next_cursor=_cursor(machine.plan, older),
        previous_cursor=_cursor(machine.plan, newer),
        coverage=machine.coverage(),
    )


def _cursor(plan: Plan, state: CursorState | None) -> str | None:
    """The cursor of a place, if anything lies ahead of it."""
    return None if state is None or _ahead(plan, state) == 0 else encode_cursor(state)
