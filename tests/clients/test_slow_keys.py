"""A key that takes its time is waited for no longer than a question may take, and holds up no other."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clients.setting import Open, impatient

from unified_checkout import Account, BudgetSpent, ConfigurationError, ListSessions
from unified_checkout.sandbox import Sandbox

NAMES = ("stripe", "flex", "leanrails")
FOR_EVER = 60
"""Seconds: what waits for so long has failed."""


class Vault:
    """A keyring that gives its keys when it is told to."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.keys = keys
        self.unlocked = threading.Event()
        self.asked: set[str] = set()
        self.at_once = threading.Barrier(len(keys))

    def get_password(self, service: str, user: str) -> str | None:
        self.asked.add(user)
        self.unlocked.wait(FOR_EVER)
        return self.keys.get(user)


@pytest.fixture
def vault(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    keys = {one.name: one.api_key.get_secret_value() for one in impatient(sandbox, *NAMES)}
    vault = Vault(keys)
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=vault.get_password))
    yield vault
    vault.unlocked.set()


def kept_in_vault(sandbox: Sandbox, *names: str, **options: Any) -> list[Account]:
    """Accounts, of which these have their key in the vault."""
    made = []
    for account in impatient(sandbox, *NAMES):
        fields = {**account.model_dump(exclude={"api_key"}), **options}
        key: Any = account.api_key
        if account.name in names:
            key = {"keyring": "checkout", "user": account.name}
        made.append(Account.model_validate({**fields, "api_key": key}))
    return made


@pytest.mark.parametrize("names", [NAMES, ("stripe",)])
def test_a_deadline_ends_the_waiting_for_keys(
    open_client: Open, sandbox: Sandbox, vault: Vault, names: tuple[str, ...]
) -> None:
    ask = open_client(kept_in_vault(sandbox, *names))
    with pytest.raises(BudgetSpent, match=r"stopped at the deadline of 0\.2 s"):
        ask.finished(ask.client.sessions.page(deadline=0.2))
    assert vault.asked == set(names)
    assert [sandbox.requests(name) for name in NAMES] == [[], [], []]


def test_several_keys_are_found_side_by_side(
    open_client: Open, sandbox: Sandbox, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_password(service: str, user: str) -> str:
        vault.at_once.wait(FOR_EVER)
        return vault.keys[user]

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    ask = open_client(kept_in_vault(sandbox, *NAMES))
    assert {one.account for one in ask.read(ListSessions()).sessions} == set(NAMES)


def test_one_that_is_not_there_ends_the_question_before_anything_is_sent(
    open_client: Open, sandbox: Sandbox, vault: Vault
) -> None:
    del vault.keys["flex"]
    vault.unlocked.set()
    ask = open_client(kept_in_vault(sandbox, *NAMES))
    with pytest.raises(ConfigurationError, match="account 'flex': api_key: the system's keyring"):
        ask.finished(ask.client.sessions.page())
    assert [sandbox.requests(name) for name in NAMES] == [[], [], []]


@pytest.mark.parametrize("shared", [False, True])
def test_with_report_the_others_are_read_meanwhile(
    open_client: Open, sandbox: Sandbox, vault: Vault, tmp_path: Path, shared: bool
) -> None:
    options = {"share_rate": tmp_path / "rates"} if shared else {}
    ask = open_client(kept_in_vault(sandbox, "stripe", **options))
    page = ask.finished(ask.client.sessions.page(on_error="report", deadline=2))
    told = {one.account: one for one in page.coverage.accounts}
    assert not told["stripe"].complete
    assert min(told["flex"].requests, told["leanrails"].requests) > 0
    assert sandbox.requests("stripe") == []


@pytest.mark.parametrize("shared", [False, True])
def test_with_report_one_that_is_missing_stops_no_other(
    open_client: Open, sandbox: Sandbox, vault: Vault, tmp_path: Path, shared: bool
) -> None:
    del vault.keys["stripe"]
    vault.unlocked.set()
    options = {"share_rate": tmp_path / "rates"} if shared else {}
    ask = open_client(kept_in_vault(sandbox, "stripe", **options))
    reading = ask.read(ListSessions(), on_error="report")
    assert {one.account for one in reading.sessions} == {"flex", "leanrails"}
    [stripe] = [one for one in reading.coverage.accounts if one.account == "stripe"]
    assert "api_key: the system's keyring holds no password" in stripe.reason
