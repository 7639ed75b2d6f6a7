"""The same questions to ``Client`` and to ``AsyncClient``, and their answers in plain Python."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

import attrs

from unified_checkout import (
    AsyncClient,
    AsyncSessionList,
    Client,
    Coverage,
    ListSessions,
    Page,
    Plan,
    Session,
    SessionList,
    UnifiedCheckoutError,
)
from unified_checkout.sandbox import Facts

Fields = Mapping[str, Any]
OnError = Literal["raise", "report"]
AnyError = TypeVar("AnyError", bound=UnifiedCheckoutError)


@attrs.frozen
class Reading:
    """What was taken of one answer, and how that ended."""

    answer: SessionList | AsyncSessionList
    sessions: list[Session]
    error: UnifiedCheckoutError | None

    @property
    def coverage(self) -> Coverage:
        return self.answer.coverage

    def failure(self, kind: type[AnyError]) -> AnyError:
        """The error that ended it, which has to be of precisely this type."""
        assert isinstance(self.error, kind)
        assert type(self.error) is kind
        return self.error


class Asker(Protocol):
    """Either client, asked synchronously."""

    @property
    def client(self) -> Client | AsyncClient: ...

    def read(
        self,
        query: ListSessions | None = None,
        *,
        cursor: str | None = None,
        on_error: OnError = "raise",
        take: int | None = None,
    ) -> Reading:
        """Read an answer to its end, to its failure, or so many sessions of it."""
        ...

    def explain(self, query: ListSessions) -> Plan: ...

    def close(self) -> None: ...

    def all(self, query: ListSessions, cursor: str | None = None) -> list[Session]: ...

    def page(
        self, query: ListSessions, cursor: str | None = None, on_error: OnError = "raise"
    ) -> Page: ...

    def get(self, id: str, account: str | None = None) -> Session: ...

    def cursors(self, query: ListSessions) -> list[str]: ...

    def finished(self, called: Any) -> Any:
        """What a call of the client's gives in the end."""
        ...


class AskSync:
    """``Client``."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def read(
        self,
        query: ListSessions | None = None,
        *,
        cursor: str | None = None,
        on_error: OnError = "raise",
        take: int | None = None,
    ) -> Reading:
        answer = self.client.sessions.list(query, cursor=cursor, on_error=on_error)
        sessions: list[Session] = []
        try:
            while take is None or len(sessions) < take:
                sessions.append(next(answer))
        except StopIteration:
            pass
        except UnifiedCheckoutError as error:
            return Reading(answer, sessions, error)
        return Reading(answer, sessions, None)

    def explain(self, query: ListSessions) -> Plan:
        return self.client.sessions.explain(query)

    def close(self) -> None:
        self.client.close()

    def all(self, query: ListSessions, cursor: str | None = None) -> list[Session]:
        answer = self.client.sessions.list(query, cursor=cursor)
        sessions = list(answer)
        answer.coverage.raise_if_incomplete()
        return sessions

    def page(
        self, query: ListSessions, cursor: str | None = None, on_error: OnError = "raise"
    ) -> Page:
        return self.client.sessions.page(query, cursor=cursor, on_error=on_error)

    def get(self, id: str, account: str | None = None) -> Session:
        return self.client.sessions.get(id, account=account)

    def cursors(self, query: ListSessions) -> list[str]:
        """The cursor before each session of the answer, and the one after the last."""
        answer = self.client.sessions.list(query)
        return [answer.cursor, *(answer.cursor for _ in answer)]

    def finished(self, called: Any) -> Any:
        return called


class AskAsync:
    """``AsyncClient``."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self.client = client
        self._runner = runner

    def read(
        self,
        query: ListSessions | None = None,
        *,
        cursor: str | None = None,
        on_error: OnError = "raise",
        take: int | None = None,
    ) -> Reading:
        async def ask() -> Reading:
            answer = self.client.sessions.list(query, cursor=cursor, on_error=on_error)
            sessions: list[Session] = []
            try:
                while take is None or len(sessions) < take:
                    sessions.append(await anext(answer))
            except StopAsyncIteration:
                pass
            except UnifiedCheckoutError as error:
                return Reading(answer, sessions, error)
            return Reading(answer, sessions, None)

        return self._runner.run(ask())

    def explain(self, query: ListSessions) -> Plan:
        return self.client.sessions.explain(query)

    def close(self) -> None:
        self._runner.run(self.client.close())

    def all(self, query: ListSessions, cursor: str | None = None) -> list[Session]:
        async def ask() -> list[Session]:
            answer = self.client.sessions.list(query, cursor=cursor)
            sessions = [session async for session in answer]
            answer.coverage.raise_if_incomplete()
            return sessions

        return self._runner.run(ask())

    def page(
        self, query: ListSessions, cursor: str | None = None, on_error: OnError = "raise"
    ) -> Page:
        return self._runner.run(self.client.sessions.page(query, cursor=cursor, on_error=on_error))

    def get(self, id: str, account: str | None = None) -> Session:
        return self._runner.run(self.client.sessions.get(id, account=account))

    def cursors(self, query: ListSessions) -> list[str]:
        async def ask() -> list[str]:
            answer = self.client.sessions.list(query)
            return [answer.cursor, *[answer.cursor async for _ in answer]]

        return self._runner.run(ask())

    def finished(self, called: Any) -> Any:
        return self._runner.run(called)


def matches(facts: Facts, fields: Fields) -> bool:
    """Whether a fact meets every condition of a query, in plain Python."""
    created = datetime.fromtimestamp(facts.created, UTC)
    bounds = fields.get("created", {})
    return (
        all(
            {"gt": created > at, "gte": created >= at, "lt": created < at, "lte": created <= at}[
                bound
            ]
            for bound, at in bounds.items()
        )
        and all(
            have in fields.get(name, (have,))
            for name, have in (
                ("status", normalized_status(facts)),
                ("payment_status", facts.payment_status),
                ("mode", facts.mode),
                ("currency", facts.currency),
            )
        )
        and all(
            fields.get(name, have) == have
            for name, have in (
                ("customer", facts.customer_id),
                ("email", facts.email),
                ("customer_account", facts.customer_account),
                ("payment_link", facts.payment_link),
                ("subscription", facts.subscription),
                ("client_reference_id", facts.client_reference_id),
                ("livemode", facts.livemode),
                ("has_disputes", facts.disputed),
            )
        )
        and fields.get("payment_intent") in (None, *facts.payment_intents)
        and {facts.kind, "any"} & {*fields.get("kind", ("checkout",))} != set()
    )


def normalized_status(facts: Facts) -> str | None:
    return "complete" if facts.status == "paid" else facts.status


TWO_LISTS = ("flex", "gocardless")
"""Those that list what is complete in two lists, the first of which holds what is paid."""


def expected(truth: Mapping[str, Sequence[Facts]], fields: Fields) -> list[tuple[str, str]]:
    """Account and id of what answers a query: newest first, ties in the order of the accounts.

    Within one second of one account the provider's order counts, in a union that of its streams.
    """
    complete = tuple(fields.get("status", ())) == ("complete",)
    unions = TWO_LISTS if complete else ()
    rows = [
        (
            *(-facts.created, place, account in unions and facts.status != "paid", index),
            *(account, facts.id),
        )
        for place, (account, held) in enumerate(truth.items())
        for index, facts in enumerate(held)
        if matches(facts, fields)
    ]
    return [(account, id) for *_, account, id in sorted(rows)][: fields.get("limit")]


def names(sessions: Iterable[Session]) -> list[tuple[str, str]]:
    return [(session.account, session.id) for session in sessions]
