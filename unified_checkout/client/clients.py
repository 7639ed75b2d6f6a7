"""The clients: accounts, and the way to their providers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Self

from unified_checkout.adapters import Adapter, KeyKind
from unified_checkout.client.bound import Bound
from unified_checkout.client.pacing import Pacing, counted_together
from unified_checkout.client.sessions import AsyncSessions, Sessions
from unified_checkout.config import Account, credentials_of, load_accounts
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Observer, ambient
from unified_checkout.engine.surroundings import Surroundings
from unified_checkout.errors import (
    ConfigurationError,
)
from unified_checkout.frames import frameless
from unified_checkout.observers import LogObserver
from unified_checkout.transport import (
    AsyncBaseTransport,
    AsyncDriver,
    BaseTransport,
    ThreadedDriver,
)
from unified_checkout.transport.http import AsyncHttpSender, Channel, HttpSender
from unified_checkout.transport.loops import Home


class Client(Bound):
    """Lists the checkout sessions of several accounts, synchronously. Safe to share by threads.

    Args:
        accounts: in the order that breaks ties between sessions of one second.
        transport: any ``httpx.BaseTransport``, used for all accounts instead of the network.
        observers: are told of every request, retry, wait and page; what one of them raises breaks
            the reading off, as it is.
        rate_share: the part of each account's rates that this client may use, above 0 and at most
            1; for programs on several machines that read the same account at the same time.

    Raises:
        ConfigurationError: if two accounts share a name, or an account's options are wrong.
    """

    @frameless  # a key may have been given instead of an account
    def __init__(
        self,
        accounts: Iterable[Account],
        *,
        transport: BaseTransport | None = None,
        observers: Iterable[Observer] = (),
        rate_share: float = 1.0,
    ) -> None:
        _check_transport(transport, "handle_request", "BaseTransport")
        self.accounts = _several(accounts)
        channels = channels_of(self.accounts)
        self._driver = ThreadedDriver(
            {name: HttpSender(channel, transport) for name, channel in channels.items()}
        )
        surroundings = surroundings_of(self.accounts, channels, rate_share)
        self._sessions = Sessions(surroundings, with_log(observers, channels), self._driver)

    @property
    def sessions(self) -> Sessions:
        """What is asked: ``list``, ``page``, ``get``, ``get_many``, ``explain``."""
        return self._sessions

    def __repr__(self) -> str:
        return _shown(self)

    @classmethod
    def from_config(
        cls, path: str | PathLike[str] | None = None, *, observers: Iterable[Observer] = ()
    ) -> Self:
        """A client for the accounts of a ``checkout.toml`` and of the environment.

        Args:
            path: the file; None looks in the usual places, see :func:`load_accounts`.
            observers: are told of every request, retry, wait and page.
        """
        return cls(load_accounts(path), observers=observers)

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


class AsyncClient(Bound):
    """Lists the checkout sessions of several accounts, for asyncio.

    Takes and raises what :class:`Client` does; ``transport`` is an ``httpx.AsyncBaseTransport``.
    """

    @frameless  # a key may have been given instead of an account
    def __init__(
        self,
        accounts: Iterable[Account],
        *,
        transport: AsyncBaseTransport | None = None,
        observers: Iterable[Observer] = (),
        rate_share: float = 1.0,
    ) -> None:
        _check_transport(transport, "handle_async_request", "AsyncBaseTransport")
        self.accounts = _several(accounts)
        channels = channels_of(self.accounts)
        home = Home()
        self._driver = AsyncDriver(
            {name: AsyncHttpSender(channel, transport, home) for name, channel in channels.items()},
            home,
        )
        surroundings = surroundings_of(self.accounts, channels, rate_share)
        self._sessions = AsyncSessions(surroundings, with_log(observers, channels), self._driver)

    @property
    def sessions(self) -> AsyncSessions:
        """What is asked, as ``Client.sessions``."""
        return self._sessions

    def __repr__(self) -> str:
        return _shown(self)

    @classmethod
    def from_config(
        cls, path: str | PathLike[str] | None = None, *, observers: Iterable[Observer] = ()
    ) -> Self:
        """As :meth:`Client.from_config`."""
        return cls(load_accounts(path), observers=observers)

    async def close(self) -> None:
        """Close all connections; what still waits for an answer gets ``ClientClosed``.

        Raises:
            ConfigurationError: in another event loop than that of the client, unless that is closed.
        """
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


def _shown(client: Client | AsyncClient) -> str:
    accounts = getattr(client, "accounts", ())  # none while it is being made
    names = ", ".join(account.name for account in accounts if isinstance(account, Account))
    return f"{type(client).__name__}(accounts: {names})"


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


def _check_transport(transport: object, method: str, kind: str) -> None:
    """Refuse what cannot send, or only in the other manner, before anything is to be sent."""
    if transport is not None and not hasattr(transport, method):
        raise ConfigurationError(
            f"transport is of type {type(transport).__name__}; allowed: an httpx.{kind}"
        )


def with_log(
    observers: Iterable[Observer], channels: Mapping[str, Channel]
) -> tuple[Observer, ...]:
    """The log and the observers that were given, told which accounts there are."""
    if isinstance(observers, str) or not isinstance(observers, Iterable):
        raise ConfigurationError(
            f"observers is of type {type(observers).__name__}; allowed: a list of Observer"
        )
    watching = (LogObserver(), *observers)
    for observer in watching:
        if not isinstance(observer, Observer):
            raise ConfigurationError(
                f"{type(observer).__name__} is no observer; give a list of Observer"
            )
        observer.opened({name: channel.base_url for name, channel in channels.items()})
    return watching


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


def surroundings_of(
    accounts: Sequence[Account], channels: Mapping[str, Channel], rate_share: float = 1.0
) -> Surroundings:
    """How to treat each account: its rates, and how often it is asked again."""
    if not isinstance(rate_share, int | float) or not 0 < rate_share <= 1:
        raise ConfigurationError("rate_share is a part of the rate: above 0, and at most 1")
    adapters = {name: channel.adapter for name, channel in channels.items()}
    own = {one.name: one.requests_per_second or _rate(adapters[one.name]) for one in accounts}
    paces: dict[tuple[Hashable, ...], Pace] = {}
    states = {}
    for account in sorted(accounts, key=lambda one: own[one.name]):  # the slowest counts for all
        adapter = adapters[account.name]
        pacing = Pacing(account, channels[account.name])
        budgets: dict[str, Pace] = {}
        for name, rate in {"": own[account.name], **adapter.budgets}.items():
            whose = (*counted_together(account, adapter), account.share_rate, name)
            budgets[name] = paces.setdefault(whose, pacing.pace(rate * rate_share, name))
        retry = RetryPolicy(
            max_attempts=account.max_attempts,
            first_delay=account.retry_delay,
            max_wait=account.max_wait,
        )
        states[account.name] = AccountState(budgets.pop(""), retry, budgets)
    return Surroundings(adapters=adapters, states=states, runtime=ambient())


def _rate(adapter: Adapter[Any]) -> float:
    """The rate to keep to, which may be another one for test keys."""
    test = adapter.test_requests_per_second
    return test if test and adapter.key_shape is KeyKind.TEST else adapter.requests_per_second
