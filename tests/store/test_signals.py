"""A signal is heeded while a store is at work, and what its handler raises comes out."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest
from store.struck import RAISED, TimeIsUpError, assert_heeded, needs_timers, struck
from typer.testing import CliRunner

from unified_checkout import database
from unified_checkout.cli import Terminated
from unified_checkout.cli.app import app
from unified_checkout.report import SessionTable
from unified_checkout.signals import heeding_signals
from unified_checkout.store import Store

pytestmark = needs_timers
HOURS = "SELECT count(*) AS n FROM range(100000000) AS a, range(100000000) AS b WHERE a = -b - 1"


@pytest.mark.parametrize("raised", RAISED[:2])
def test_while_a_question_is_answered(store: Store, raised: type[BaseException]) -> None:
    assert_heeded(lambda: store.query(HOURS), raised, store)


@pytest.mark.parametrize("raised", RAISED)
def test_while_a_slice_is_written_which_is_taken_back(
    store: Store, raised: type[BaseException]
) -> None:
    def write() -> None:
        with store._opened() as connection:  # type: ignore[attr-defined]
            database.rows(connection, "BEGIN")
            database.rows(connection, "INSERT INTO sessions (account, id) VALUES ('a', 'b')")
            database.rows(connection, HOURS)

    assert_heeded(write, raised, store)


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
def test_a_report_ends_as_every_command_does(
    tmp_path: Path, raised: type[BaseException], code: int
) -> None:
    place = tmp_path / "slow.duckdb"
    Store.open(place).close()
    with duckdb.connect(place) as slow:
        names = ", ".join(f"{column[0]} AS {column[0]}" for column in columns(slow))
        slow.execute("ALTER TABLE sessions RENAME TO kept")
        slow.execute(f"CREATE VIEW sessions AS SELECT {names} FROM kept, ({HOURS}) WHERE n = 1")
    with struck(raised, after=3.0):  # the command has begun to ask by then
        result = CliRunner().invoke(app, ["report", str(place)])
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


def columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
    return connection.execute("SELECT column_name FROM (DESCRIBE sessions)").fetchall()


def test_a_report_s_own_table_is_left_soon() -> None:
    with SessionTable() as table, pytest.raises(TimeIsUpError), struck(TimeIsUpError):
        table._run(HOURS)


def test_another_thread_works_by_itself() -> None:
    """No signal is handled there, so that nobody need wait for it in its place."""
    worked: list[threading.Thread] = []
    asking = threading.Thread(
        target=lambda: heeding_signals(
            lambda: worked.append(threading.current_thread()), lambda: None
        )
    )
    asking.start()
    asking.join()
    assert worked == [asking]


def test_what_the_work_raises_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        heeding_signals(lambda: 1 // 0, lambda: None)
    assert heeding_signals(lambda: 42, lambda: None) == 42


def test_whoever_strikes_again_is_heeded_already() -> None:
    """And does not leave the work behind, which may use what is closed next."""
    over = threading.Event()

    def interrupt() -> None:
        if not struck_again:
            struck_again.append(True)
            raise KeyboardInterrupt
        over.set()

    struck_again: list[bool] = []
    with pytest.raises(TimeIsUpError), struck(TimeIsUpError):
        heeding_signals(over.wait, interrupt)
    assert over.is_set()


def test_work_that_cannot_be_interrupted_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unified_checkout.signals._TRIES", 3)
    over = threading.Event()
    tried: list[bool] = []
    with pytest.raises(TimeIsUpError), struck(TimeIsUpError):
        heeding_signals(over.wait, lambda: tried.append(True))
    over.set()
    assert tried == [True] * 3
