"""Where these tests take place: the sandbox's accounts, and how clients are opened for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from asking import Asker
from house import THREE

from unified_checkout import Account, AsyncSessionList, Observer, Session, SessionList
from unified_checkout.sandbox import Sandbox

ACCOUNTS = THREE
NOW = 1_795_000_000
"""2026-11-18T11:06:40Z: the providers' clock."""


class Open(Protocol):
    """Opens a client of accounts, which observers may watch."""

    def __call__(
        self, accounts: Iterable[Account], observers: Iterable[Observer] = ...
    ) -> Asker: ...


def impatient(sandbox: Sandbox, *names: str, **changes: Any) -> list[Account]:
    """The sandbox's accounts, or those named: they retry without delay, and as changed."""
    return [
        account.model_copy(update={"retry_delay": 0.0, **changes})
        for account in sandbox.accounts
        if account.name in (names or ACCOUNTS)
    ]


def every(listing: SessionList | AsyncSessionList) -> Any:
    """All of a listing's sessions, or what gives them."""
    if isinstance(listing, SessionList):
        return list(listing)

    async def taken() -> list[Session]:
        return [session async for session in listing]

    return taken()
