"""What a walk must find, as the library itself lists it."""

from __future__ import annotations

from itertools import groupby

from unified_checkout import Account, Client, Session

BY_IDS = {"paypal", "paystack", "polar", "square"}
"""Providers whose sessions of one moment the gateway orders by their ids."""


def truth(accounts: list[Account], *names: str, **fields: object) -> list[tuple[str, str]]:
    """Account and id of every session that matches, in the order that the gateway promises."""
    with Client(accounts) as client:
        listed = list(client.sessions.list(accounts=names or None, **fields))  # type: ignore[arg-type]
    found: list[Session] = []
    for (account, _), group in groupby(listed, key=lambda one: (one.account, one.created)):
        same = list(group)
        found += sorted(same, key=lambda one: one.id) if account in BY_IDS else same
    return [(one.account, one.id) for one in found]
