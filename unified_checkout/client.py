"""``Client`` and ``AsyncClient``: the same questions, waiting in their two ways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from operator import length_hint
from os import PathLike
from random import Random
from types import TracebackType
from typing import Self, Unpack

from unified_checkout import forks
from unified_checkout.config import Account, credentials_of, load_accounts
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.machine import ListMachine, Surroundings
from unified_checkout.engine.plan import Plan
from unified_checkout.engine.planner import OnError, Page, Planner, page_of
from unified_checkout.engine.policy import AccountState, RetryPolicy
from unified_checkout.errors import (
    ConfigurationError,
    IncompleteAnswer,
    InvalidCursor,
    InvalidQuery,
    ProviderError,
)
from unified_checkout.model.query import ListSessions, QueryFields
from unified_checkout.model.session import Session
from unified_checkout.transport import (
    AsyncBaseTransport,
    AsyncDriver,
    BaseTransport,
    ThreadedDriver,
)
from unified_checkout.transport.http import AsyncHttpSender, Channel, HttpSender


class Reading:
    """What was read for a listing, and how much of it was taken."""

    def __init__(self, machine: ListMachine) -> None:
        self.machine = machine
        self.batch: list[Session] = []
        self.failure: BaseException | None = None
        self._untaken = iter(self.batch)

    def taking(self, batch: list[Session]) -> Iterator[Session]:
        """The batch's sessions; how many were taken can be told without counting each."""
        self.batch, self._untaken = batch, iter(batch)
        return self._untaken

    def left(self) -> list[Session]:
        """The batch's sessions that were not taken."""
        return self.batch[len(self.batch) - length_hint(self._untaken) :]

    @contextmanager
    def remembering_failure(self) -> Iterator[None]:
        """A listing that was broken off is not an empty one when it is iterated once more."""
        try:
            yield
        except GeneratorExit:
            raise
        except BaseException as error:
            self.failure = error
            raise

    def sessions(self, driver: ThreadedDriver, needed: Sequence[str]) -> Iterator[Session]:
        """The sessions, as they are read."""
        with self.remembering_failure():
            if not self.machine.forward:
                yield from self.taking(_all(self.machine, driver, needed)[::-1])
                return
            for batch in driver.run(self.machine, *needed):
                yield from self.taking(batch)

    async def sessions_async(
        self, driver: AsyncDriver, needed: Sequence[str]
    ) -> AsyncIterator[Session]:
        """The sessions, as they are read."""
        with self.remembering_failure():
            if not self.machine.forward:
                for session in self.taking((await _all_async(self.machine, driver, needed))[::-1]):
                    yield session
                return
            async with aclosing(driver.run(self.machine, *needed)) as batches:
                async for batch in batches:
                    for session in self.taking(batch):
                        yield session


class Answer:
    """What a running listing can tell of itself, whichever way it is iterated.

    What iterates it knows nothing of it, so that it ends where nobody holds the answer any more.
    """

    def __init__(self, machine: ListMachine) -> None:
        self._machine = machine
        self._reading = Reading(machine)

    @property
    def plan(self) -> Plan:
        """What is asked of each account."""
        return self._machine.plan

    @property
    def coverage(self) -> Coverage:
        """What was read so far; after the last session, what that proves."""
        return self._machine.coverage(self._reading.left())

    @property
    def cursor(self) -> str:
        """Leads to the sessions after the last one that was taken.

        Raises:
            InvalidCursor: for a listing that ends before a place, which has no such cursor.
            PagingError: if a list is not in order, so that a place in it cannot be named.
        """
        if not self._machine.forward:
            raise InvalidCursor("a listing that reads towards newer sessions has no cursor")
        taken = self._machine.taken(self._reading.batch, len(self._reading.left()))
        return encode_cursor(self._machine.position(taken))

    def _check_unbroken(self) -> None:
        if self._reading.failure is not None:
            raise IncompleteAnswer(
                "this listing was broken off; go on from its cursor with another", self.coverage
            ) from self._reading.failure


class SessionList(Answer):
    """The sessions that answer a query, newest first. Iterating reads pages as needed."""

    def __init__(
        self, machine: ListMachine, driver: ThreadedDriver, needed: Sequence[str] = ()
    ) -> None:
        super().__init__(machine)
        self._sessions = self._reading.sessions(driver, needed)

    def __iter__(self) -> Iterator[Session]:
        self._check_unbroken()
        return self._sessions

    def __next__(self) -> Session:
        self._check_unbroken()
        return next(self._sessions)


class AsyncSessionList(Answer):
    """The sessions that answer a query, newest first. Iterating reads pages as needed."""

    def __init__(
        self, machine: ListMachine, driver: AsyncDriver, needed: Sequence[str] = ()
    ) -> None:
        super().__init__(machine)
        self._sessions = self._reading.sessions_async(driver, needed)

    def __aiter__(self) -> AsyncIterator[Session]:
        self._check_unbroken()
        return self._sessions

    async def __anext__(self) -> Session:
        self._check_unbroken()
        return await anext(self._sessions)


class Sessions:
    """The checkout sessions of a client's accounts."""

    def __init__(self, planner: Planner, driver: ThreadedDriver) -> None:
        self._planner = planner
        self._driver = driver

    def list(
        self,
        query: ListSessions | None = None,
        *,
        cursor: str | None = None,
        on_error: OnError = "raise",
        **fields: Unpack[QueryFields],
    ) -> SessionList:
        """All sessions that answer a query, newest first; pages are read as they are needed.

        Args:
            query: the query, or else its fields as keyword arguments.
            cursor: go on from here, as given by ``cursor`` of an earlier listing.
            on_error: ``"raise"`` what an account fails with, with what was read attached;
                ``"report"`` reads the other accounts on and says it in ``coverage``.

        Raises:
            InvalidQuery: if the query is malformed.
            UnsupportedPredicate: if an account cannot answer it.
            InvalidCursor: if the cursor is not of this query.
        """
        asked = _asked(query, fields)
        machine = self._planner.listing(asked, _now(), cursor=cursor, on_error=on_error)
        return SessionList(machine, self._driver, _needed(machine, on_error))

    def page(
        self,
        query: ListSessions | None = None,
        *,
        cursor: str | None = None,
        on_error: OnError = "raise",
        **fields: Unpack[QueryFields],
    ) -> Page:
        """One page of the answer, ``page_size`` or 100 sessions, with cursors to its neighbours.

        Takes and raises what :meth:`list` does, and what an account fails with; that includes
        ``PagingError`` for a list out of order, in which no cursor could name the page's end.
        """
        asked = _asked(query, fields)
        machine = self._planner.page(asked, _now(), cursor=cursor, on_error=on_error)
        return page_of(machine, _all(machine, self._driver, _needed(machine, on_error)))

    def get(self, id: str, *, account: str | None = None) -> Session:
        """One session by its id.

        Args:
            id: the provider's id of the session.
            account: the account's name; may be left out where there is only one.

        Raises:
            NotFound: if the account has no such session.
        """
        machine = self._planner.get(id, account)
        return next(iter(self._driver.run(machine, machine.account)))[0]

    def explain(self, query: ListSessions | None = None, **fields: Unpack[QueryFields]) -> Plan:
        """What would be asked of each account, and what would be applied here. Sends nothing."""
        return self._planner.plan(_asked(query, fields), _now())


class AsyncSessions:
    """The checkout sessions of a client's accounts."""

    def __init__(self, planner: Planner, driver: AsyncDriver) -> None:
        self._planner = planner
        self._driver = driver

    def list(
        self,
        query: ListSessions | None = None,
        *,
        cursor: str | None = None,
        on_error: OnError = "raise",
        **fields: Unpack[QueryFields],
    ) -> AsyncSessionList:
        """As :meth:`Sessions.list`, to be iterated with ``async for``."""
        asked = _asked(query, fields)
        machine = self._planner.listing(asked, _now(), cursor=cursor, on_error=on_error)
        return AsyncSessionList(machine, self._driver, _needed(machine, on_error))

    async def page(
        self,
        query: ListSessions | None = None,
        *,
        cursor: str | None = None,
        on_error: OnError = "raise",
        **fields: Unpack[QueryFields],
    ) -> Page:
        """As :meth:`Sessions.page`."""
        asked = _asked(query, fields)
        machine = self._planner.page(asked, _now(), cursor=cursor, on_error=on_error)
        return page_of(machine, await _all_async(machine, self._driver, _needed(machine, on_error)))

    async def get(self, id: str, *, account: str | None = None) -> Session:
        """As :meth:`Sessions.get`."""
        machine = self._planner.get(id, account)
        async with aclosing(self._driver.run(machine, machine.account)) as found:
            return (await anext(found))[0]

    def explain(self, query: ListSessions | None = None, **fields: Unpack[QueryFields]) -> Plan:
        """As :meth:`Sessions.explain`."""
        return self._planner.plan(_asked(query, fields), _now())


class Client:
    """Lists the checkout sessions of several accounts, synchronously. Safe to share by threads.

    Args:
        accounts: in the order that breaks ties between sessions of one second.
        transport: any ``httpx.BaseTransport``, used for all accounts instead of the network.

    Raises:
        ConfigurationError: if two accounts share a name, or an account's options are wrong.
    """

    def __init__(
        self, accounts: Iterable[Account], *, transport: BaseTransport | None = None
    ) -> None:
        self.accounts = _several(accounts)
        channels = channels_of(self.accounts)
        self._driver = ThreadedDriver(
            {name: HttpSender(channel, transport) for name, channel in channels.items()}
        )
        self.sessions = Sessions(_planner(self.accounts, channels), self._driver)

    @classmethod
    def from_config(cls, path: str | PathLike[str] | None = None) -> Self:
        """A client for the accounts of a ``checkout.toml`` and of the environment.

        Args:
            path: the file; None looks in the usual places, see :func:`load_accounts`.
        """
        return cls(load_accounts(path))

    def close(self) -> None:
        """Close all connections; what still waits for an answer gets ``ClientClosed``."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient:
    """Lists the checkout sessions of several accounts, for asyncio.

    Takes and raises what :class:`Client` does; ``transport`` is an ``httpx.AsyncBaseTransport``.
    """

    def __init__(
        self, accounts: Iterable[Account], *, transport: AsyncBaseTransport | None = None
    ) -> None:
        self.accounts = _several(accounts)
        channels = channels_of(self.accounts)
        self._driver = AsyncDriver(
            {name: AsyncHttpSender(channel, transport) for name, channel in channels.items()}
        )
        self.sessions = AsyncSessions(_planner(self.accounts, channels), self._driver)

    @classmethod
    def from_config(cls, path: str | PathLike[str] | None = None) -> Self:
        """As :meth:`Client.from_config`."""
        return cls(load_accounts(path))

    async def close(self) -> None:
        """Close all connections; what still waits for an answer gets ``ClientClosed``."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _needed(machine: ListMachine, on_error: OnError) -> list[str]:
    """The accounts that must be ready before anything is sent; none where failures are reported."""
    if on_error == "report":
        return []
    return [plan.account for plan in machine.plan.accounts if plan.compiled.streams]


def _all(machine: ListMachine, driver: ThreadedDriver, needed: Sequence[str]) -> list[Session]:
    """All that a machine delivers, in reading order."""
    sessions: list[Session] = []
    with _attached_on_failure(sessions, machine):
        for batch in driver.run(machine, *needed):
            sessions += batch
    return sessions


async def _all_async(
    machine: ListMachine, driver: AsyncDriver, needed: Sequence[str]
) -> list[Session]:
    """All that a machine delivers, in reading order."""
    sessions: list[Session] = []
    with _attached_on_failure(sessions, machine):
        async with aclosing(driver.run(machine, *needed)) as batches:
            async for batch in batches:
                sessions += batch
    return sessions


@contextmanager
def _attached_on_failure(sessions: list[Session], machine: ListMachine) -> Iterator[None]:
    """Nobody was handed these sessions yet, so a failure has to carry them."""
    try:
        yield
    except ProviderError as error:
        if machine.forward:
            error.sessions = (*sessions, *error.sessions)
        else:
            error.sessions = (*error.sessions, *reversed(sessions))
        raise


def _several(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """The accounts that were given; neither one alone nor a file is a list of them."""
    if isinstance(accounts, Account):
        raise ConfigurationError("a client takes a list of accounts: write [account]")
    if isinstance(accounts, str | bytes | PathLike) or not isinstance(accounts, Iterable):
        raise ConfigurationError(
            f"{type(accounts).__name__} is no list of accounts; give a list of Account, "
            "or a file to from_config"
        )
    return tuple(accounts)


def channels_of(accounts: Sequence[Account]) -> dict[str, Channel]:
    """How to reach each account, by name."""
    if not accounts:
        raise ConfigurationError("there is no account; give at least one")
    channels: dict[str, Channel] = {}
    for account in accounts:
        if not isinstance(account, Account):
            raise ConfigurationError(
                f"{type(account).__name__} is no account; give a list of Account"
            )
        if account.name in channels:
            raise ConfigurationError(f"two accounts are named {account.name!r}; names are unique")
        adapter = account.adapter()
        channels[account.name] = Channel(
            adapter=adapter,
            credentials=credentials_of(account, adapter),
            base_url=adapter.options.base_url,
            timeout=account.timeout,
            max_body_bytes=account.max_body_bytes,
        )
    return channels


def _planner(accounts: Sequence[Account], channels: Mapping[str, Channel]) -> Planner:
    adapters = {name: channel.adapter for name, channel in channels.items()}
    states = {
        account.name: AccountState(
            account.requests_per_second or adapters[account.name].requests_per_second,
            RetryPolicy(
                max_attempts=account.max_attempts,
                first_delay=account.retry_delay,
                max_wait=account.max_wait,
            ),
        )
        for account in accounts
    }
    surroundings = Surroundings(adapters=adapters, states=states, random=Random())  # noqa: S311
    forks.in_children(surroundings.random, Random.seed)
    return Planner(surroundings)


def _asked(query: ListSessions | None, fields: QueryFields) -> ListSessions:
    if query is None:
        return ListSessions.model_validate(fields)
    if not isinstance(query, ListSessions):
        raise InvalidQuery(
            f"{type(query).__name__} is no query; give a ListSessions, or its fields by name"
        )
    if fields:
        raise InvalidQuery(
            f"give a ListSessions or its fields, not both; fields given: {', '.join(fields)}"
        )
    return query


def _now() -> datetime:
    return datetime.now(UTC)
