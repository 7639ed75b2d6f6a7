"""A seller with several locations, of which an account lists those that it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from store.tables import column, stored, truth

from unified_checkout import Account, Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, sync
from unified_checkout.store.plan import BEGINNING
from unified_checkout.store.settings import fingerprint

SHOPS = ("LMAIN", "LOTHER", "LCLOSED")
MARKS = "SELECT mark, complete_since, settings FROM accounts"
LATELY = timedelta(minutes=5)


@contextmanager
def at(sandbox: Sandbox, *locations: str) -> Iterator[Client]:
    """The seller's account, with the locations that it lists."""
    [account] = sandbox.accounts
    with Client([Account.model_validate({**account.model_dump(), "locations": locations})]) as one:
        yield one


def requests_of(sandbox: Sandbox, client: Client, store: Store) -> int:
    """How many a further sync makes."""
    sandbox.clear_requests()
    assert sync(client, store).complete
    return len(sandbox.requests("square"))


def assert_another_location_is_read_from_the_beginning(
    shops: Sandbox, store: Store, fresh: Store
) -> None:
    with at(shops, "LMAIN") as client:
        sync(client, store)
        few = stored(store)
        assert few == truth(client)
    with at(shops, "LMAIN", "LOTHER") as client:
        began = datetime.now(UTC)
        run = sync(client, store)
        assert run.complete
        assert stored(store) == truth(client)
        assert len(stored(store)) > len(few)
        [mark] = store.query(MARKS).to_pylist()
        assert mark["complete_since"] == BEGINNING
        assert mark["mark"] > began - LATELY
        assert mark["settings"] == fingerprint(client.accounts[0].adapter())
        sync(client, fresh)
        usual = requests_of(shops, client, fresh)
        assert requests_of(shops, client, store) == usual
    assert column(store, "SELECT count(*) FROM session_changes") == [0]
