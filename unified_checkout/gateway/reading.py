"""``Reader``: pages and single sessions of a client's accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from unified_checkout import clocks
from unified_checkout.adapters import Adapter
from unified_checkout.client import AsyncClient
from unified_checkout.engine.plan import Plan
from unified_checkout.errors import InvalidQuery, InvalidRequest, NotFound, PlaceExpired
from unified_checkout.gateway.identity import Identity
from unified_checkout.gateway.kept import Kept
from unified_checkout.gateway.parameters import Question, cannot_expand
from unified_checkout.gateway.refusals import missing
from unified_checkout.gateway.walk import Deadline, Listed, Walk
from unified_checkout.gateway.wire import DIALECT
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

_MOST_PLACES = 20_000
_MOST_CURSORS = 4_096
_MOST_PLANS = 256
_NO_SESSION = "resource_missing"
_ILL_FORMED = 422
"""The status of providers for an id that can be none of theirs."""


class Reader:
    """Reads pages and single sessions of a client's accounts.

    What it remembers only saves requests: any other process answers the same.
    """

    def __init__(self, client: AsyncClient) -> None:
        self._sessions = client.sessions
        self._adapters = {account.name: account.adapter() for account in client.accounts}
        self._created: Kept[tuple[str, str], datetime] = Kept(_MOST_PLACES)
        self._plans: Kept[tuple[object, ...], Plan] = Kept(_MOST_PLANS)
        self._cursors: Kept[tuple[str, ...], str] = Kept(_MOST_CURSORS)

    def adapter(self, account: str) -> Adapter[Any]:
        """What speaks for an account."""
        return self._adapters[account]

    async def page(
        self,
        question: Question,
        accounts: tuple[str, ...],
        place: Identity | None,
        deadline: Deadline,
    ) -> Listed:
        """The page that a question asks for.

        Raises:
            Refusal: if the place names no session, or nobody expands what is to be expanded.
            TimeoutError: if the deadline came before any session was found.
            UnifiedCheckoutError: what an account failed with.
        """
        self._check_expandable(question.expand, accounts)
        beside = None if place is None else await self._beside(place, question, deadline)
        if question.nothing:
            return Listed(sessions=(), more=False)
        plan = self._plan(question, accounts)
        cold = False
        while True:
            walk = Walk(
                sessions=self._sessions,
                plan=plan,
                limit=question.limit,
                place=beside,
                forward=question.before is None,
                cursors=self._cursors,
                deadline=deadline,
                cold=cold,
            )
            try:
                listed = await walk.page()
                break
            except (NotFound, InvalidRequest, PlaceExpired) as error:
                if place is not None and error.account == place.account:
                    gone = _names_no_session(error)
                    if gone or await self.session(place, (), deadline) is None:
                        raise missing(question.place or "", question.param, status=400) from None
                if walk.warm is None:
                    raise
                cold = True  # a session that was kept as a place has vanished
        for session in listed.sessions:
            self._created.put((session.account, session.id), session.created)
        return listed

    def _plan(self, question: Question, accounts: tuple[str, ...]) -> Plan:
        """What is asked of each account; made anew where time is a part of it."""
        key = (repr(question.fields), question.expand, accounts)
        plan = self._plans.get(key)
        if plan is not None:
            return attrs.evolve(plan, ceiling=clocks.utc_now())
        query = ListSessions(**question.fields, expand=question.expand, accounts=accounts)
        plan = self._sessions.explain(query)
        if not any(account.compiled.in_pieces for account in plan.accounts):
            self._plans.put(key, plan)
        return plan

    async def session(
        self, identity: Identity, expand: tuple[str, ...], deadline: Deadline
    ) -> Session | None:
        """A session by its id; None if there is none.

        What is to be expanded is only expanded in lists, so the session is then listed.

        Raises:
            Refusal: if the account does not expand what is to be expanded.
            UnifiedCheckoutError: what the account failed with.
        """
        account, id = identity.account, identity.id
        self._check_expandable(expand, (account,))
        created = identity.created or self._created.get((account, id))
        if self._adapters[account].reads_by_id and (created is None or not expand):
            single = await self._single(account, id, deadline)
            if single is None or not expand:
                return single
            created = single.created
        return await self._found(account, id, created, expand, deadline)

    async def _single(self, account: str, id: str, deadline: Deadline) -> Session | None:
        try:
            found = await self._sessions.get_many([id], account=account, deadline=deadline.left)
        except InvalidRequest as error:
            if _names_no_session(error) or error.status == _ILL_FORMED:
                return None
            raise
        except InvalidQuery:  # no provider has such an id
            return None
        session = found[id]
        return None if isinstance(session, NotFound) else session

    async def _found(
        self,
        account: str,
        id: str,
        created: datetime | None,
        expand: tuple[str, ...],
        deadline: Deadline,
    ) -> Session | None:
        """A session found by listing: at its moment, or else from the newest on."""
        fields: dict[str, Any] = {"accounts": account, "kind": "any", "expand": expand}
        if created is not None:
            fields["created"] = {"gte": created, "lte": created}
        listing = self._sessions.list(ListSessions(**fields), deadline=deadline.left)
        async for session in listing:
            if session.id == id:
                self._created.put((account, id), session.created)
                return session
        return None

    async def _beside(self, place: Identity, question: Question, deadline: Deadline) -> Session:
        """As much of a session as a place needs."""
        created = place.created or self._created.get((place.account, place.id))
        if created is None:
            session = await self.session(place, (), deadline)
            if session is None:
                raise missing(question.place or "", question.param, status=400)
            created = session.created
            self._created.put((place.account, place.id), created)
        provider = self._adapters[place.account].name
        return Session(
            account=place.account, provider=provider, id=place.id, created=created, raw_bytes=b"{}"
        )

    def _check_expandable(self, expand: tuple[str, ...], accounts: Sequence[str]) -> None:
        """Make sure that each account sends something for each path.

        Raises:
            Refusal: naming the account that does not.
        """
        for path in expand:
            for account in accounts:
                adapter = self._adapters[account]
                plain, expanded = ListSessions(), ListSessions(expand=path)
                sent = adapter.compile(plain).streams != adapter.compile(expanded).streams
                if not sent or (adapter.name != DIALECT and path != "customer"):
                    why = f" The account {account!r} ({adapter.title}) offers no such thing."
                    raise cannot_expand(path, why)


def _names_no_session(error: NotFound | InvalidRequest | PlaceExpired) -> bool:
    """Whether a failure says that an id names nothing."""
    return isinstance(error, NotFound) or error.code == _NO_SESSION
