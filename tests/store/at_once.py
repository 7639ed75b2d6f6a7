"""Two syncs of one store at the same time, while sessions change with each request."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import count

from store.killing import ROUNDS, assert_whole
from store.tables import stored, truth

from unified_checkout import Client, Session
from unified_checkout.engine.runtime import Observer
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Manner, Store, sync

PAIRS = [
    [["stripe", "flex"], ["flex", "stripe"]],
    [["stripe"], ["flex"]],
]
"""Which accounts two syncs read at once: the same, and others."""


class Latest(Observer):
    """The largest amount that was told of each session; amounts only grow here."""

    def __init__(self) -> None:
        self.amounts: dict[tuple[str, str], int] = {}

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        for one in sessions:
            key = one.account, one.id
            self.amounts[key] = max(self.amounts.get(key, 0), one.amount_total or 0)


def assert_two_syncs_lose_nothing(
    place: str, sandbox: Sandbox, pair: Sequence[Sequence[str]]
) -> None:
    """Run them again and again: no row is lost, no later value gives way, no error is shown."""
    latest, failures, amounts = Latest(), list[BaseException](), count(10**6)
    moving = {
        account: next(one.id for one in sandbox.truth(account) if one.status == "open")
        for account in ("stripe", "flex")
    }

    def run(accounts: Sequence[str]) -> None:
        try:
            with Client(sandbox.accounts, observers=[latest]) as client:
                for _ in range(ROUNDS):
                    manner = Manner(slice_rows=11)
                    assert sync(
                        client, Store.open(place), accounts=accounts, manner=manner
                    ).complete
        except BaseException as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    for account, id in moving.items():
        sandbox.on_request(
            account,
            lambda _, account=account, id=id: (  # type: ignore[misc]
                sandbox.change(account, id, amount_total=next(amounts)) and None
            ),
        )
    threads = [threading.Thread(target=run, args=[accounts]) for accounts in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    store = Store.open(place)
    held = stored(store)
    for key in moving.items():
        assert held[key]["amount_total"] == latest.amounts[key] >= 10**6
        sandbox.on_request(key[0], None)
    assert_whole(store)
    with Client(sandbox.accounts) as client:
        there = truth(client)
        assert held.keys() == there.keys()
        sync(client, store)
        assert stored(store) == there
