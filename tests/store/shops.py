"""A seller with several locations, of which an account lists those that it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from store.tables import column, stored, truth

from unified_checkout import Account, Client
from unified_checkout.engine.runtime import Runtime, running
from unified_checkout.report import SessionTable, Span, read_store
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout.store import Store, sync
from unified_checkout.store.plan import BEGINNING
from unified_checkout.store.settings import fingerprint

SHOPS = ("LMAIN", "LOTHER", "LCLOSED")
MARKS = "SELECT mark, complete_since, settings FROM accounts"
THEN = "SELECT id FROM sessions WHERE kind = 'checkout' AND created = '{}'"
BEFORE = (
    "SELECT before FROM session_changes WHERE field = 'status' AND after = 'complete' "
    f"AND id IN ({THEN})"
)
LATELY = timedelta(minutes=5)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@contextmanager
def at(sandbox: Sandbox, *locations: str) -> Iterator[Client]:
    """The seller's account, with the locations that it lists."""
    [account] = sandbox.accounts
    with Client([Account.model_validate({**account.model_dump(), "locations": locations})]) as one:
        yield one


@contextmanager
def at_the_time(now: datetime) -> Iterator[None]:
    """Let the clock of this process, and not the seller's, stand there."""
    with running(Runtime(now=lambda: now)):
        yield


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


def assert_what_comes_late_was_complete_by_its_reading(shops: Sandbox, store: Store) -> None:
    """Sessions of a location that is added later, which earlier lists have passed in silence."""
    now = datetime.now(UTC).replace(microsecond=0)
    with at(shops, "LMAIN") as client, at_the_time(now - 3 * DAY):
        assert sync(client, store).complete
    created = now - timedelta(days=2, hours=12)
    facts = [
        Facts(serial=f"late {number}", created=int(created.timestamp()), status="failed")
        for number in range(12)
    ]
    ids = [one.id for one in shops.arrive("square", facts)]
    with at(shops, "LMAIN") as client, at_the_time(now - 2 * DAY):
        assert sync(client, store).complete
    seen = column(store, THEN.format(created))
    assert 0 < len(seen) < len(ids)
    for id in ids:
        shops.change("square", id, status="complete", payment_status="paid")
    with at(shops, *SHOPS) as client, at_the_time(now):
        assert sync(client, store).complete
    then = column(store, THEN.format(created))
    changes = column(store, BEFORE.format(created))
    assert sorted(changes, key=str) == [None] * (len(then) - len(seen)) + ["failed"] * len(seen)
    with SessionTable() as table:
        read_store(table, store)
        told = table.figures(Span(created, created + SECOND)).completion
    assert told is not None
    assert (told.complete, told.known, told.seen_open) == (len(then), len(then), len(seen))
    assert told.median is not None
    assert told.median >= now - created
    assert {one.horizon for one in told.within if one.sessions} == {"3d", "7d", "28d"}
    with at(shops, *SHOPS) as client, at_the_time(now + HOUR):
        assert sync(client, store).complete
    assert column(store, BEFORE.format(created)) == changes
