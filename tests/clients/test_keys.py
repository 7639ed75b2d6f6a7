"""A key is looked for when it is first needed, and one that is missing stops no other account."""

from __future__ import annotations

import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clients.setting import Open, impatient

from unified_checkout import (
    Account,
    Client,
    ConfigurationError,
    ListSessions,
    MissingEnvironmentVariable,
)
from unified_checkout.config import load_accounts
from unified_checkout.sandbox import Sandbox

Make = Callable[..., list[Account]]


@pytest.fixture
def accounts(sandbox: Sandbox) -> Make:
    """Stripe's and Flex's account, the key of the first as given."""

    def accounts(key: Any) -> list[Account]:
        [stripe] = impatient(sandbox, "stripe")
        fields = stripe.model_dump(exclude={"api_key"})
        return [Account.model_validate({**fields, "api_key": key}), *impatient(sandbox, "flex")]

    return accounts


@pytest.fixture
def real_key(sandbox: Sandbox) -> str:
    [stripe] = impatient(sandbox, "stripe")
    return stripe.api_key.get_secret_value()


def test_a_missing_key_blocks_only_questions_that_need_it(
    open_client: Open, accounts: Make, sandbox: Sandbox
) -> None:
    ask = open_client(accounts({"env": "NO_SUCH_KEY"}))
    assert [plan.account for plan in ask.explain(ListSessions()).accounts] == ["stripe", "flex"]
    assert len(ask.read(ListSessions(accounts="flex")).sessions) == 60
    sandbox.clear_requests()
    for asked in (
        lambda: ask.read(ListSessions()).failure(MissingEnvironmentVariable),
        lambda: ask.page(ListSessions()),
        lambda: ask.get("cs_test_1", "stripe"),
    ):
        try:
            error = asked()
        except MissingEnvironmentVariable as raised:
            error = raised
        assert str(error) == (
            "account 'stripe': api_key: the environment variable NO_SUCH_KEY is not set"
        )
    assert sandbox.requests("flex") == []


def test_with_report_the_others_are_read_on(open_client: Open, accounts: Make) -> None:
    ask = open_client(accounts({"env": "NO_SUCH_KEY"}))
    reading = ask.read(ListSessions(), on_error="report")
    assert {one.account for one in reading.sessions} == {"flex"}
    [stripe, flex] = reading.coverage.accounts
    assert flex.complete
    assert not stripe.complete
    assert "api_key: the environment variable NO_SUCH_KEY is not set" in stripe.reason
    assert stripe.requests == 0


def test_from_config_too(sandbox: Sandbox, tmp_path: Path) -> None:
    text = sandbox.config_toml().replace('api_key = "sk_', 'api_key.env = "NO_', 1)
    path = tmp_path / "checkout.toml"
    path.write_text(text)
    with Client.from_config(path) as client:
        assert len(list(client.sessions.list(accounts="flex"))) == 60


def test_what_is_looked_for_in_the_environment(
    open_client: Open, accounts: Make, monkeypatch: pytest.MonkeyPatch, real_key: str
) -> None:
    ask = open_client(accounts({"env": "A_KEY"}))
    monkeypatch.setenv("A_KEY", real_key)
    assert len(ask.read(ListSessions(accounts="stripe")).sessions) == 60
    monkeypatch.delenv("A_KEY")
    assert len(ask.read(ListSessions(accounts="stripe")).sessions) == 60


def test_in_a_file(open_client: Open, accounts: Make, tmp_path: Path, real_key: str) -> None:
    path = tmp_path / "key"
    path.write_text(f"{real_key}\n")
    path.chmod(stat.S_IRUSR)
    ask = open_client(accounts({"file": str(path)}))
    assert len(ask.read(ListSessions(accounts="stripe")).sessions) == 60


def test_from_a_command_that_is_run_once(
    open_client: Open, accounts: Make, tmp_path: Path, real_key: str
) -> None:
    runs = tmp_path / "runs"
    program = f"open({str(runs)!r}, 'a').write('x'); print({real_key!r})"
    ask = open_client(accounts({"command": [sys.executable, "-c", program]}))
    ask.explain(ListSessions())
    assert not runs.exists()
    for _ in range(2):
        assert len(ask.read(ListSessions(accounts="stripe")).sessions) == 60
    assert runs.read_text() == "x"


def test_in_the_keyring(
    open_client: Open, accounts: Make, monkeypatch: pytest.MonkeyPatch, real_key: str
) -> None:
    held = {("checkout", "me"): real_key}
    fake = SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", fake)
    ask = open_client(accounts({"keyring": "checkout", "user": "me"}))
    assert len(ask.read(ListSessions(accounts="stripe")).sessions) == 60


def test_threads_share_one_finding(accounts: Make, real_key: str) -> None:
    found: list[str] = []

    def get_password(service: str, user: str) -> str:
        found.append(service)
        return real_key

    sys.modules["keyring"] = SimpleNamespace(get_password=get_password)  # type: ignore[assignment]
    try:
        with Client(accounts({"keyring": "checkout", "user": "me"})[:1]) as client:
            threads = [
                threading.Thread(target=lambda: list(client.sessions.list(limit=1)))
                for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        del sys.modules["keyring"]
    assert found == ["checkout"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("pk_live_obviously_fake", "api_key: this is Stripe's publishable key"),
        ("'sk_live_obviously_fake'", "a key holds no quotation marks"),
        ("STRIPE_API_KEY=sk_live_fake", 'a key holds no "="'),
    ],
)
def test_one_that_does_not_fit_is_told_when_it_is_found(
    open_client: Open, accounts: Make, monkeypatch: pytest.MonkeyPatch, key: str, said: str
) -> None:
    monkeypatch.setenv("A_KEY", key)
    error = open_client(accounts({"env": "A_KEY"})).read(ListSessions()).failure(ConfigurationError)
    assert str(error).startswith("account 'stripe': api_key: ")
    assert said in str(error)
    assert "fake" not in str(error)


def test_a_live_key_that_is_found_is_not_sent_over_plain_http(
    open_client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "sk_live_obviously_fake")
    account = Account(
        name="us", provider="stripe", api_key={"env": "A_KEY"}, base_url="http://192.0.2.1"
    )
    error = open_client([account]).read().failure(ConfigurationError)
    assert "account 'us': base_url: a live key over plain http" in str(error)


def test_a_failure_to_be_reported_says_that_nothing_was_sent(
    open_client: Open, accounts: Make
) -> None:
    ask = open_client(accounts({"file": "/nowhere/key"}))
    reason = ask.read(ListSessions(), on_error="report").coverage.accounts[0].reason
    assert "the key's file /nowhere/key: No such file or directory" in reason


def test_the_variables_of_the_environment_name_a_source_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("sk_test_obviously_fake")
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER", "stripe")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY__FILE", "key")
    [account] = load_accounts()
    assert account.api_key.get_secret_value() == "sk_test_obviously_fake"
