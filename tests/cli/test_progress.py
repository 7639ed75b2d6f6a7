"""How far a sync is, as it is told while it goes on."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from unified_checkout import Client, Session
from unified_checkout.cli.progress import Progress, showing
from unified_checkout.cli.terminal import note
from unified_checkout.errors import RateLimited
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Manner, Store, sync
from unified_checkout.store.plan import BEGINNING, Gets, Window

NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@attrs.define
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> Progress:
    return Progress(clock)


def sessions(number: int) -> list[Session]:
    return [
        Session(account="us", provider="acme", id=f"cs_{n}", created=NOON, raw_bytes=b"{}")
        for n in range(number)
    ]


def words(progress: Progress) -> str:
    [line] = progress.lines()
    return " ".join(line.split())


def test_rows_pages_rate_and_the_time_left_of_a_bounded_list(
    progress: Progress, clock: Clock
) -> None:
    progress.begins("us", Window(NOON - 10 * DAY, NOON))
    assert words(progress) == "us 0 sessions 0 pages -"
    clock.now += 10
    progress.page("us", 100, 100)
    progress.arrived("us", sessions(100))
    progress.reached("us", NOON - 2 * DAY)
    assert words(progress) == "us 100 sessions 1 page 10/s about 40 s left"


def test_of_a_list_without_a_known_beginning_no_time_left_is_told(
    progress: Progress, clock: Clock
) -> None:
    progress.begins("us", Window(BEGINNING))
    clock.now += 10
    progress.arrived("us", sessions(50))
    progress.reached("us", NOON)
    assert words(progress) == "us 50 sessions 0 pages 5/s"


def test_of_ids_the_rest_is_known(progress: Progress, clock: Clock) -> None:
    progress.begins("us", Gets(tuple(map(str, range(40)))))
    clock.now += 60
    progress.arrived("us", sessions(10))
    assert words(progress).endswith("about 3 min left")


def test_a_wait_for_the_provider_counts_down_until_something_comes(
    progress: Progress, clock: Clock
) -> None:
    progress.begins("us", Window(BEGINNING))
    limited = RateLimited("slow down", retry_after=15.0, account="us", provider="acme")
    progress.retried("us", limited, 15.0)
    clock.now += 5
    assert words(progress).endswith("waiting 10 s: the provider asked for it")
    progress.waited("us", 15.0)
    assert words(progress).endswith("at the provider's rate")
    progress.arrived("us", sessions(1))
    assert "waiting" not in words(progress)


def test_a_wait_that_an_answer_imposed_counts_down_too_and_one_for_the_rate_is_no_news(
    progress: Progress, clock: Clock
) -> None:
    progress.begins("us", Window(BEGINNING))
    progress.waiting("us", 0.1, "the account's rate")
    assert "waiting" not in words(progress)
    progress.waiting("us", 5.0, "the provider asked for it")
    progress.waiting("us", 2.0, "the account's rate")
    clock.now += 1
    assert words(progress).endswith("waiting 4 s: the provider asked for it")


def test_a_log_is_told_of_each_account_once_a_minute(progress: Progress, clock: Clock) -> None:
    progress.begins("us", Window(BEGINNING))
    clock.now += 59
    assert progress.lines(due_only=True) == []
    clock.now += 1
    assert len(progress.lines(due_only=True)) == 1
    assert progress.lines(due_only=True) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_sync_shows_each_account_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("TERM", "xterm")
    progress = Progress()
    manner = Manner(begins=progress.begins, reached=progress.reached, told=progress.told)
    with (
        Sandbox(sessions=120, seed=1, providers=["stripe", "flex"]) as sandbox,
        Client(sandbox.accounts, observers=[progress]) as client,
        Store.open(tmp_path / "shown.duckdb") as store,
        showing(progress),
    ):
        sync(client, store, manner=manner)
        note("a line beside it")
        lines = progress.lines()
    assert sorted(line.split()[0] for line in lines) == ["flex", "stripe"]
    assert all(" 120 sessions " in line and line.endswith("  read") for line in lines)
    shown = terminal.getvalue()
    assert "120 sessions" in shown
    assert "a line beside it" in shown
    assert shown.rstrip("\r\n").endswith("\x1b[2K")


def test_without_a_terminal_a_short_sync_says_nothing(
    progress: Progress, capsys: pytest.CaptureFixture[str]
) -> None:
    with showing(progress):
        progress.begins("us", Window(BEGINNING))
    assert capsys.readouterr().err == ""
