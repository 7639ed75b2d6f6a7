"""Clocks that tests let stand still: a listing ends all the same, and its cursors are cursors."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import freezegun
import pytest
import time_machine
from asking import Asker, names
from clients.setting import NOW, Open, impatient
from filelock import FileLock
from store.holding import held_by_another

from unified_checkout import Client, ListSessions, RequestTimeout, StoreInUse
from unified_checkout.gateway.visits import Visit
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.store import Store
from unified_checkout.testing import Cassette
from unified_checkout.testing.cassettes import tape
from unified_checkout.transport import alarms

Freezing = Callable[[datetime], AbstractContextManager[Any]]

QUERY = ListSessions(page_size=5, accounts=("stripe", "leanrails"))
EXPORTS = {
    "to_arrow": "listed().to_arrow(); listed().to_parquet('sessions.parquet')",
    "to_pandas": "listed().to_pandas()['created'].max(); listed().to_polars()",
    "sync": "sync(client, Store.open('s.duckdb')); read_store('s.duckdb').to_pandas()",
    "report": "table = SessionTable(); table.add(listed()); table.figures(); check_drawing()",
}
"""What imports libraries that are compiled against the classes of ``datetime``."""
EXPORTING = """
import datetime, freezegun
from unified_checkout import Client, read_store
from unified_checkout.sandbox import Sandbox

with Sandbox(sessions=5, providers=["stripe"]) as sandbox, Client(sandbox.accounts) as client:
    with freezegun.freeze_time("2026-11-20T12:00:00Z"):
        from unified_checkout.report import SessionTable
        from unified_checkout.report.extra import check_drawing
        from unified_checkout.store import Store, sync
        replaced = datetime.datetime, datetime.date
        listed = client.sessions.list
        {}
        assert (datetime.datetime, datetime.date) == replaced
    assert datetime.datetime not in replaced
"""
IMPORTING = """
import contextlib, freezegun
from datetime import UTC, datetime

def asked():
    from unified_checkout import Client
    from unified_checkout.sandbox import Sandbox
    from unified_checkout.store import Store, sync
    from unified_checkout.store.plan import LeftOff, Window
    from unified_checkout.testing import Cassette

    query = {"created": {"gte": datetime(2020, 1, 1, tzinfo=UTC)}, "limit": 3}
    with Sandbox(sessions=5, seed=1, providers=["stripe", "paypal"]) as sandbox:
        for _ in "recorded", "replayed":
            with Cassette("cassette.yaml"), Client(sandbox.accounts) as client:
                page = client.sessions.page(**query)
                assert client.sessions.page(**query, cursor=page.next_cursor).sessions
        with Client(sandbox.accounts) as client, Store.open("s.duckdb") as store:
            assert sync(client, store).complete
            listed = client.sessions.list
            assert listed().to_arrow().num_rows == len(list(listed()))
    left = LeftOff(listed=False, window=Window(since=datetime.now(UTC)))
    assert LeftOff.from_json(left.to_json()) == left

frozen = lambda: freezegun.freeze_time("2026-11-20T12:00:00Z")
for time in frozen(), contextlib.nullcontext(), frozen():
    with time:
        asked()
"""
NOON = datetime.fromtimestamp(NOW, UTC)


def frozen(moment: datetime) -> AbstractContextManager[Any]:
    return freezegun.freeze_time(moment, real_asyncio=True)


def frozen_loops_too(moment: datetime) -> AbstractContextManager[Any]:
    return freezegun.freeze_time(moment)


def travelled(moment: datetime) -> AbstractContextManager[Any]:
    return time_machine.travel(moment, tick=False)


@pytest.fixture(
    params=[frozen, frozen_loops_too, travelled],
    ids=["freezegun", "freezegun with loops", "time-machine"],
)
def freezing(request: pytest.FixtureRequest) -> Freezing:
    """A way to let the clock stand still."""
    found: Freezing = request.param
    return found


def test_a_listing_ends(ask: Asker, freezing: Freezing) -> None:
    whole = names(ask.all(QUERY))
    with freezing(NOON):
        reading = ask.read(QUERY)
    assert reading.error is None
    assert names(reading.sessions) == whole


def test_a_cursor_leads_on(ask: Asker, freezing: Freezing) -> None:
    whole = names(ask.all(QUERY))
    with freezing(NOON):
        begun = ask.read(QUERY, take=7)
        cursor = begun.answer.cursor
        rest = ask.read(QUERY, cursor=cursor)
        page = ask.page(QUERY)
        assert names(ask.page(QUERY, page.next_cursor).sessions) == whole[5:10]
    assert names([*begun.sessions, *rest.sessions]) == whole
    assert names(ask.all(QUERY, cursor)) == whole[7:]


def test_what_is_recorded_is_of_the_moment_that_is_shown(
    sandbox: Sandbox, freezing: Freezing, tmp_path: Path
) -> None:
    file = tmp_path / "cassette.yaml"
    with freezing(NOON):
        for replaying in (False, True):
            with Cassette(file) as cassette, Client(sandbox.accounts) as client:
                assert cassette.replaying is replaying
                assert len(client.sessions.page(limit=3).sessions) == 3
    assert tape.read(file).recorded_at == NOON


def test_a_rate_is_kept_to_by_a_clock_that_goes(
    open_client: Open, sandbox: Sandbox, freezing: Freezing
) -> None:
    accounts = [
        account.model_copy(update={"requests_per_second": 50.0})
        for account in impatient(sandbox, "leanrails")
    ]
    with freezing(NOON):
        reading = open_client(accounts).read(ListSessions(page_size=20))
    assert reading.error is None
    assert reading.coverage.complete


def test_an_answer_that_drips_ends_in_time(
    open_client: Open, sandbox: Sandbox, freezing: Freezing
) -> None:
    with freezing(NOON):
        sandbox.misbehave("stripe", faults.Drip(chunk=50, pause=0.02, times=None))
        ask = open_client(impatient(sandbox, "stripe", timeout=0.1, max_attempts=1))
        error = ask.read().failure(RequestTimeout)
    assert "within 0.1 s" in str(error)


@pytest.mark.parametrize("loops_too", [False, True])
def test_a_clock_that_leaps_at_each_look_ends_nothing(
    open_client: Open, sandbox: Sandbox, loops_too: bool
) -> None:
    whole = names(open_client(sandbox.accounts).all(QUERY))
    with freezegun.freeze_time(NOON, auto_tick_seconds=600, real_asyncio=not loops_too):
        reading = open_client(sandbox.accounts).read(QUERY)
    assert reading.error is None
    assert names(reading.sessions) == whole


def test_the_library_may_be_imported_first_while_the_clock_stands_still(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", IMPORTING]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_imports_what_it_needs_under_the_real_dates(export: str, tmp_path: Path) -> None:
    """Such a library, imported first where they are replaced, ends the process."""
    program = EXPORTING.format(EXPORTS[export])
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_request_to_the_gateway_takes_time_all_the_same(freezing: Freezing) -> None:
    with freezing(NOON):
        assert 0 < Visit().seconds < 3600


def test_a_store_that_is_held_is_waited_for_no_longer_than_asked(
    tmp_path: Path, freezing: Freezing
) -> None:
    path = tmp_path / "checkout.duckdb"
    store = Store.open(path, wait=0.1)
    with freezing(NOON):
        with held_by_another(path), pytest.raises(StoreInUse, match="another program"):
            Store.open(path, wait=0.1)
        lock = FileLock(f"{path}.lock")
        with lock, pytest.raises(StoreInUse, match="another sync"), store.for_one_sync():
            pass


@pytest.mark.parametrize("fault", [faults.Status(429, retry_after=0), faults.Latency(60.0)])
def test_waits_and_limits_end_while_the_loop_s_clock_stands_still(
    open_client: Open, sandbox: Sandbox, fault: faults.Fault
) -> None:
    sandbox.misbehave("stripe", fault)
    threads = threading.active_count()
    with frozen_loops_too(NOON):
        ask = open_client(impatient(sandbox, "stripe", timeout=0.2, retry_delay=0.01))
        assert ask.finished(ask.client.sessions.page(limit=1)).sessions
        ask.close()
    assert alarms.ALARM_THREAD not in {one.name for one in threading.enumerate()}
    assert threading.active_count() <= threads
