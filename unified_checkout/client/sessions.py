"""What is asked of a client: listings, pages, single sessions, plans."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Unpack, cast

import attrs

from unified_checkout.client.bound import Bound
from unified_checkout.client.listings import AsyncSessionList, SessionList, all_of, all_of_async
from unified_checkout.engine.plan import Plan
from unified_checkout.engine.planner import Manner, OnError, Page, Planner, page_of
from unified_checkout.engine.runtime import Observer, ambient
from unified_checkout.engine.surroundings import Budget, Surroundings
from unified_checkout.errors import (
    InvalidQuery,
    NotFound,
)
from unified_checkout.frames import frameless
from unified_checkout.model.query import ListSessions, QueryFields
from unified_checkout.model.session import Session
from unified_checkout.model.times import midnight, moment
from unified_checkout.telltales import quoted
from unified_checkout.transport import (
    AsyncDriver,
    ThreadedDriver,
)

_MOST = sys.maxsize
Place = Session | datetime | str
"""A session, or a moment: an aware datetime, or an ISO 8601 string."""


class Questions(Bound):
    """What both clients make of a question before anything is sent."""

    def __init__(self, surroundings: Surroundings, observers: tuple[Observer, ...]) -> None:
        self._surroundings = surroundings
        self._observers = observers

    def __repr__(self) -> str:
        return f"{type(self).__name__}(accounts: {', '.join(self._surroundings.adapters)})"

    @property
    def _planner(self) -> Planner:
        """A planner for one question, with the runtime of this moment."""
        runtime = ambient().watched_by(self._observers)
        return Planner(attrs.evolve(self._surroundings, runtime=runtime))

    def explain(self, query: ListSessions | None = None, **fields: Unpack[QueryFields]) -> Plan:
        """What would be asked of each account, and what would be applied here. Sends nothing.

        The plan can be printed, pickled, restricted to a span of time, and given to ``list`` and
        ``page`` in place of a query, by this client or by another one with the same accounts.
        """
        return self._planner.plan(_query(query, fields))


class Sessions(Questions):
    """The checkout sessions of a client's accounts."""

    def __init__(
        self,
        surroundings: Surroundings,
        observers: tuple[Observer, ...],
        driver: ThreadedDriver,
        budget: Budget | None = None,
    ) -> None:
        super().__init__(surroundings, observers)
        self._driver = driver
        self._shared = budget

    def watched(self, observer: Observer) -> Sessions:
        """The same, where another observer is told of what is asked."""
        observers = (*self._observers, observer)
        return Sessions(self._surroundings, observers, self._driver, self._shared)

    def within(self, budget: Budget) -> Sessions:
        """The same, where all that is asked is paid from one budget; what else it may cost is not
        looked at."""
        return Sessions(self._surroundings, self._observers, self._driver, budget)

    def list(
        self,
        question: ListSessions | Plan | None = None,
        *,
        cursor: str | None = None,
        after: Place | None = None,
        before: Place | None = None,
        on_error: OnError = "raise",
        max_requests: int | None = None,
        deadline: float | timedelta | None = None,
        **fields: Unpack[QueryFields],
    ) -> SessionList:
        """All sessions that answer a query, newest first; pages are read as they are needed.

        Args:
            question: the query or a plan of it, or else the query's fields as keyword arguments.
            cursor: go on from here, as given by ``cursor`` of an earlier listing.
            after: begin after this session, or with what was created before this moment.
            before: end before this session, or with what was created after this moment.
            on_error: ``"raise"`` what an account fails with, with what was read attached;
                ``"report"`` reads the other accounts on and says it in ``coverage``.
            max_requests: how many requests may be sent in all, retries included.
            deadline: how long reading may take in all, in seconds.

        Raises:
            InvalidQuery: if the query is malformed.
            UnsupportedPredicate: if an account cannot answer it.
            InvalidCursor: if the cursor is not of this query.

        While it is iterated, what an account fails with, and ``BudgetSpent`` at ``max_requests``
        or the deadline.
        """
        asked = _asked(question, fields)
        budget = self._budget(max_requests, deadline)
        manner = _manner(cursor, after, before, on_error, budget)
        machine = self._planner.listing(asked, manner)
        return SessionList(machine, self._driver, on_error)

    def page(
        self,
        question: ListSessions | Plan | None = None,
        *,
        cursor: str | None = None,
        after: Place | None = None,
        before: Place | None = None,
        on_error: OnError = "raise",
        max_requests: int | None = None,
        deadline: float | timedelta | None = None,
        **fields: Unpack[QueryFields],
    ) -> Page:
        """One page of the answer, ``page_size`` or 100 sessions, with cursors to its neighbours.

        Takes and raises what :meth:`list` does, and what an account fails with; that includes
        ``PagingError`` for a list out of order, in which no cursor could name the page's end.
        At ``max_requests`` or the deadline the page ends early, its ``next_cursor`` leads on, and
        ``coverage`` says it; where that got nowhere at all, ``BudgetSpent`` is raised.
        """
        asked = _asked(question, fields)
        budget = self._budget(max_requests, deadline)
        manner = _manner(cursor, after, before, on_error, budget)
        machine = self._planner.page(asked, manner)
        return page_of(machine, all_of(machine, self._driver))

    def get(self, id: str, *, account: str | None = None) -> Session:
        """One session by its id.

        Args:
            id: the provider's id of the session.
            account: the account's name; may be left out where there is only one, or where the form
                of the id tells it.

        Raises:
            NotFound: if the account has no such session.
        """
        return _only(self.get_many([id], account=account)[id])

    def get_many(
        self,
        ids: Iterable[str],
        *,
        account: str | None = None,
        max_requests: int | None = None,
        deadline: float | timedelta | None = None,
    ) -> dict[str, Session | NotFound]:
        """Sessions of one account by their ids, several asked for at once.

        Args:
            ids: the provider's ids.
            account: the account's name; may be left out where there is only one, or where the form
                of the id tells it.
            max_requests: how many requests may be sent in all, retries included.
            deadline: how long it may take in all, in seconds.

        Returns:
            By id, in the order given: the session, or ``NotFound`` where there is none.

        Raises:
            ProviderError: what a request failed with, if not that there is no such session.
            BudgetSpent: if the budget does not suffice; its ``found`` holds what was read.
        """
        machine = self._planner.get(_ids(ids), account, self._budget(max_requests, deadline))
        for _ in self._driver.run(machine):
            pass
        return machine.found

    def _budget(self, max_requests: int | None, deadline: float | timedelta | None) -> Budget:
        return self._shared or budget_of(max_requests, deadline)


class AsyncSessions(Questions):
    """The checkout sessions of a client's accounts."""

    def __init__(
        self, surroundings: Surroundings, observers: tuple[Observer, ...], driver: AsyncDriver
    ) -> None:
        super().__init__(surroundings, observers)
        self._driver = driver

    def list(
        self,
        question: ListSessions | Plan | None = None,
        *,
        cursor: str | None = None,
        after: Place | None = None,
        before: Place | None = None,
        on_error: OnError = "raise",
        max_requests: int | None = None,
        deadline: float | timedelta | None = None,
        **fields: Unpack[QueryFields],
    ) -> AsyncSessionList:
        """As :meth:`Sessions.list`, to be iterated with ``async for``."""
        asked = _asked(question, fields)
        manner = _manner(cursor, after, before, on_error, budget_of(max_requests, deadline))
        machine = self._planner.listing(asked, manner)
        return AsyncSessionList(machine, self._driver, on_error)

    async def page(
        self,
        question: ListSessions | Plan | None = None,
        *,
        cursor: str | None = None,
        after: Place | None = None,
        before: Place | None = None,
        on_error: OnError = "raise",
        max_requests: int | None = None,
        deadline: float | timedelta | None = None,
        **fields: Unpack[QueryFields],
    ) -> Page:
        """As :meth:`Sessions.page`."""
        asked = _asked(question, fields)
        manner = _manner(cursor, after, before, on_error, budget_of(max_requests, deadline))
        machine = self._planner.page(asked, manner)
        return page_of(machine, await all_of_async(machine, self._driver))

    async def get(self, id: str, *, account: str | None = None) -> Session:
        """As :meth:`Sessions.get`."""
        return _only((await self.get_many([id], account=account))[id])

    async def get_many(
        self,
        ids: Iterable[str],
        *,
        account: str | None = None,
        max_requests: int | None = None,
        deadline: float | timedelta | None = None,
    ) -> dict[str, Session | NotFound]:
        """As :meth:`Sessions.get_many`."""
        machine = self._planner.get(_ids(ids), account, budget_of(max_requests, deadline))
        async with aclosing(self._driver.run(machine)) as batches:
            async for _ in batches:
                pass
        return machine.found


def _manner(
    cursor: str | None,
    after: Place | None,
    before: Place | None,
    on_error: OnError,
    budget: Budget,
) -> Manner:
    return Manner(
        cursor=cursor,
        after=_place("after", after),
        before=_place("before", before),
        on_error=on_error,
        budget=budget,
    )


def _place(name: str, place: Place | None) -> Session | datetime | None:
    if place is None or isinstance(place, Session):
        return place
    try:
        written = moment(place)
    except ValueError as error:
        raise InvalidQuery(f"{name}: {error}; or give a Session") from None
    return written if isinstance(written, datetime) else midnight(written)


def budget_of(max_requests: int | None, deadline: float | timedelta | None) -> Budget:
    """What may be spent.

    Raises:
        InvalidQuery: if that is no number of requests or of seconds.
    """
    seconds = deadline.total_seconds() if isinstance(deadline, timedelta) else deadline
    if max_requests is not None and (type(max_requests) is not int or max_requests < 1):
        shown = _shown(max_requests)
        raise InvalidQuery(f"max_requests: {shown} is not a number of requests from 1 on")
    if seconds is not None and (type(seconds) not in (int, float) or not seconds > 0):
        raise InvalidQuery(f"deadline: {_shown(deadline)} is not a number of seconds above 0")
    for name, number in (("max_requests", max_requests), ("deadline", seconds)):
        if isinstance(number, int) and number > _MOST:
            raise InvalidQuery(f"{name}: so large a number bounds nothing; leave it out")
    return Budget(max_requests=max_requests, deadline=seconds)


def _shown(given: object) -> str:
    """What was given, unless it is so long that it would hide the rest of a sentence."""
    if isinstance(given, int):
        return str(given) if -_MOST <= given <= _MOST else "so large a number"
    return repr(given) if isinstance(given, float | timedelta) else quoted(given)


def _ids(ids: Iterable[str]) -> Sequence[str]:
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise InvalidQuery("ids: give a list of ids; a single one goes to get")
    return tuple(ids)


def _only(found: Session | NotFound) -> Session:
    if isinstance(found, NotFound):
        raise found
    return found


def _asked(question: ListSessions | Plan | None, fields: QueryFields) -> ListSessions | Plan:
    if not isinstance(question, Plan):
        return _query(question, fields)
    if names := _taken(fields):
        raise InvalidQuery(f"a plan is asked as it is; fields given: {', '.join(names)}")
    return question


def _query(query: ListSessions | None, fields: QueryFields) -> ListSessions:
    if query is None:
        return _of_fields(fields)
    names = _taken(fields)
    if not isinstance(query, ListSessions):
        raise InvalidQuery(
            f"{type(query).__name__} is no query; give a ListSessions, or its fields by name"
        )
    if names:
        raise InvalidQuery(
            f"give a ListSessions or its fields, not both; fields given: {', '.join(names)}"
        )
    return query


@frameless
def _of_fields(fields: QueryFields) -> ListSessions:
    try:
        return ListSessions.model_validate({**fields})
    finally:
        _taken(fields)


def _taken(fields: QueryFields) -> Sequence[str]:
    """The names of fields, whose values are forgotten.

    They may name a buyer, and stand in the frames of all that is then done for who gave them.
    """
    names = tuple(fields)
    cast("dict[str, object]", fields).clear()
    return names
