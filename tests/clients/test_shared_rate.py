"""Several processes of one machine keep to an account's rate together."""

from __future__ import annotations

import asyncio
import json
import math
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clients.setting import NOW

from unified_checkout import (
    Account,
    AsyncClient,
    BudgetSpent,
    Client,
    ConfigurationError,
    ListSessions,
    RateLimited,
)
from unified_checkout.client import pacing
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Status

RATE = 40.0
PROCESSES = 3
LISTING = """
import json, sys
from unified_checkout import Account, Client, ListSessions

account = Account(**json.loads(sys.argv[1]))
with Client([account]) as client:
    sessions = client.sessions.list(ListSessions(page_size=5))
    found = len(list(sessions))
print(json.dumps([found, sessions.coverage.accounts[0].retries]))
"""
DYING = """
import os, signal, sys
from filelock import FileLock

FileLock(sys.argv[1]).acquire()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A provider that refuses what is beyond its rate."""
    with Sandbox(
        sessions=150, now=NOW, providers=["leanrails"], requests_per_second=RATE
    ) as sandbox:
        yield sandbox


Configured = Callable[..., Account]


@pytest.fixture
def configured(sandbox: Sandbox, tmp_path: Path) -> Configured:
    """The account, which shares its rate through a folder."""

    def configured(**changes: object) -> Account:
        [account] = sandbox.accounts
        return account.model_copy(update={"share_rate": tmp_path / "rates", **changes})

    return configured


def as_arguments(account: Account) -> str:
    told = account.model_dump(mode="json") | {"api_key": account.api_key.get_secret_value()}
    return json.dumps(told)


def listed_at_once(account: Account) -> list[list[int]]:
    """How many sessions each process found, and how often it was refused a request."""
    command = [sys.executable, "-c", LISTING, as_arguments(account)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(PROCESSES)]
    return [json.loads(process.communicate()[0]) for process in running]


def test_together_they_are_refused_nothing(configured: Configured) -> None:
    assert listed_at_once(configured()) == [[150, 0]] * PROCESSES


def test_each_by_itself_would_be_refused(configured: Configured) -> None:
    told = listed_at_once(configured(share_rate=False))
    assert [found for found, _ in told] == [150] * PROCESSES
    assert sum(retries for _, retries in told) > 0


def test_the_file_tells_no_key_and_is_the_users_own(configured: Configured, tmp_path: Path) -> None:
    account = configured()
    with Client([account]) as client:
        client.sessions.page()
    files = sorted((tmp_path / "rates").iterdir())
    assert [file.suffix for file in files] == ["", ".lock"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    key = account.api_key.get_secret_value()
    assert not any(key in str(file) or key.encode() in file.read_bytes() for file in files)


def test_explaining_needs_no_file(configured: Configured, tmp_path: Path) -> None:
    with Client([configured()]) as client:
        client.sessions.explain(ListSessions())
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_leaves_the_lock_to_the_others(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_PATIENCE", math.inf)
    with Client([configured()]) as client:
        client.sessions.page()
        [lock] = (tmp_path / "rates").glob("*.lock")
        died = subprocess.run([sys.executable, "-c", DYING, str(lock)], check=False)
        assert died.returncode == -signal.SIGKILL
        assert len(client.sessions.page(ListSessions(page_size=100)).sessions) == 100


def test_a_process_that_is_stopped_with_the_lock_is_not_waited_for(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filelock = pytest.importorskip("filelock")
    monkeypatch.setattr(pacing, "_PATIENCE", 0.01)
    with Client([configured()]) as client:
        client.sessions.page()
        [lock] = (tmp_path / "rates").glob("*.lock")
        with filelock.FileLock(lock):
            assert len(client.sessions.page(ListSessions(page_size=100)).sessions) == 100


def test_who_holds_the_lock_keeps_no_other_task_from_going_on(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filelock = pytest.importorskip("filelock")
    monkeypatch.setattr(pacing, "_PATIENCE", math.inf)

    async def main() -> None:
        async with AsyncClient([configured()]) as client:
            await client.sessions.page()
            [lock] = (tmp_path / "rates").glob("*.lock")
            with filelock.FileLock(lock):
                waiting = asyncio.create_task(client.sessions.page(page_size=100))
                for _ in range(50):
                    await asyncio.sleep(0)  # until it asks for the file
            assert len((await waiting).sessions) == 100

    asyncio.run(main())


def test_what_the_provider_asked_one_for_is_kept_by_who_waits_that_long(
    sandbox: Sandbox, configured: Configured
) -> None:
    """A process that waits for less asks all the same, and takes nothing from the others."""
    sandbox.misbehave("leanrails", Status(429, retry_after=3600))
    patient = configured(max_wait=7200.0, max_attempts=1)
    with Client([patient]) as client, pytest.raises(RateLimited):
        client.sessions.page()
    with Client([configured(max_wait=0.0)]) as client:
        assert len(client.sessions.page(page_size=100).sessions) == 100
    asked = len(sandbox.requests("leanrails"))
    with Client([patient]) as client, pytest.raises(BudgetSpent):
        client.sessions.page(deadline=0.2)
    assert len(sandbox.requests("leanrails")) == asked


def test_a_folder_that_cannot_be_used_is_named_before_anything_is_sent(
    sandbox: Sandbox, configured: Configured, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        Client([configured(share_rate=tmp_path / "file" / "rates")]) as client,
        pytest.raises(ConfigurationError, match=r'share_rate: the folder .* share_rate = "PATH"'),
    ):
        client.sessions.page()
    assert sandbox.requests("leanrails") == []


def test_without_the_extra_it_is_said(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "filelock", None)
    with (
        Client([configured()]) as client,
        pytest.raises(ConfigurationError, match=r"pip install 'unified-checkout\[shared-rate\]'"),
    ):
        client.sessions.page()


@pytest.mark.parametrize("told", [True, False, "true", "~/rates", "/var/lib/rates"])
def test_it_is_a_word_or_a_folder(told: object) -> None:
    account = Account(name="us", provider="leanrails", api_key="sk_test_x", share_rate=told)  # type: ignore[arg-type]
    assert account.share_rate in (True, False) or isinstance(account.share_rate, Path)
