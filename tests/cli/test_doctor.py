"""``doctor``: every mistake is found, says what to do, and hides no other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unified_checkout.sandbox import Sandbox, faults

Run = Callable[..., Result]
Examine = Callable[..., dict[tuple[str | None, str], tuple[str, str]]]

LIVE = "sk_live_obviouslyfake"


@pytest.fixture
def examine(run: Run, tmp_path: Path) -> Examine:
    """What doctor says of a configuration: outcome and detail, by account and check."""

    def examine(toml: str, *options: str, code: int = 0) -> Any:
        config = tmp_path / "checkout.toml"
        config.write_text(toml, encoding="utf-8")
        told = json.loads(
            run("doctor", "-o", "json", "--config", config, *options, code=code).stdout
        )
        assert told["ok"] is (code == 0)
        return {
            (one["account"], one["check"]): (one["outcome"], one["detail"])
            for one in told["checks"]
        }

    return examine


def account(sandbox: Sandbox, name: str, **changes: str) -> str:
    """A table of the configuration for an account of the sandbox."""
    (made,) = [one for one in sandbox.accounts if one.name == name]
    options = {
        "provider": name,
        "api_key": json.dumps(made.api_key.get_secret_value()),
        "base_url": json.dumps(made.base_url),
    }
    options["provider"] = json.dumps(name)
    lines = [f"{option} = {value}" for option, value in (options | changes).items()]
    return "\n".join([f"[accounts.{name}]", *lines, ""])


def test_all_is_well(examine: Examine, sandbox: Sandbox) -> None:
    checks = examine(sandbox.config_toml())
    assert {outcome for outcome, _ in checks.values()} == {"ok"}
    assert [place for place in checks if place[0] == "stripe"] == [
        ("stripe", "options"),
        ("stripe", "key"),
        ("stripe", "read"),
    ]
    assert "untold: customer (give expand=customer" in checks["flex", "list"][1]
    assert checks["stripe", "key"][1] == "a test key"
    assert checks["stripe", "options"][1] == f"Stripe at {sandbox.url('stripe')}"
    assert "2026-11-" in checks["stripe", "read"][1]


def test_it_reads_one_row_of_each_account(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.clear_requests()
    examine(sandbox.config_toml())
    for one in sandbox.accounts:
        (request,) = sandbox.requests(one.name)
        assert ("limit", "1") in request.parameters


def test_offline_sends_nothing(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.clear_requests()
    checks = examine(sandbox.config_toml(), "--offline")
    assert checks["flex", "read"][0] == "skipped"
    assert [sandbox.requests(one.name) for one in sandbox.accounts] == [[], [], []]


def test_no_mistake_hides_another(
    examine: Examine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", LIVE)
    tables = [
        "[accounts.nobody]\nprovider = 'nobody'\napi_key = {env = 'THE_KEY'}\n",
        "[accounts.lost]\nprovider = 'stripe'\napi_key = {env = 'NO_SUCH_KEY'}\n",
        f"[accounts.written]\nprovider = 'stripe'\napi_key = '{LIVE}'\n",
        "[accounts.pages]\nprovider = 'stripe'\napi_key = 'pk_test_obviouslyfake'\n",
        "[accounts.typo]\nprovider = 'stripe'\napi_key = 'sk_test_x'\nbase_ulr = 'x'\n",
        account(sandbox, "stripe", api_key="{env = 'THE_KEY'}", base_url="'http://192.0.2.1'"),
        account(sandbox, "flex"),
    ]
    checks = examine("\n".join(tables), code=1)
    failed = {place: detail for place, (outcome, detail) in checks.items() if outcome == "failed"}
    assert "no adapter for provider 'nobody'" in failed.pop(("nobody", "options"))
    assert "NO_SUCH_KEY is not set" in failed.pop(("lost", "key"))
    assert "only a test key may be written" in failed.pop(("written", "options"))
    assert "publishable key" in failed.pop(("pages", "options"))
    assert re.search("base_ulr: .* allowed: api_key, ", failed.pop(("typo", "options")))
    assert "a live key over plain http" in failed.pop(("stripe", "key"))
    assert failed == {}
    assert ("stripe", "read") not in checks
    assert checks["flex", "read"][0] == "ok"


def test_a_refused_key_is_told_at_once(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.clear_requests()
    checks = examine(account(sandbox, "stripe", api_key="'sk_test_wrong'"), code=1)
    outcome, detail = checks["stripe", "read"]
    assert outcome == "failed"
    assert "HTTP 401" in detail
    assert "api_key" in detail


def test_a_failure_that_may_pass_is_not_waited_for(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", faults.Status(503, times=None))
    sandbox.clear_requests()
    checks = examine(account(sandbox, "stripe"), code=1)
    assert "HTTP 503" in checks["stripe", "read"][1]
    assert len(sandbox.requests("stripe")) == 1


def test_an_address_where_nobody_answers(examine: Examine, sandbox: Sandbox) -> None:
    checks = examine(account(sandbox, "stripe", base_url="'http://127.0.0.1:9'"), code=1)
    assert "check base_url and the network" in checks["stripe", "read"][1].lower()


def test_it_does_not_advise_itself(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", faults.Status(401))
    said = examine(account(sandbox, "stripe"), code=1)["stripe", "read"][1]
    assert said.endswith("Check the account's api_key")


@pytest.mark.parametrize("toml", ["accounts = [", "[accounts]", "[account.us]"])
def test_a_file_that_cannot_be_read(examine: Examine, toml: str) -> None:
    checks = examine(toml, code=1)
    assert checks[None, "configuration"][0] == "failed"


def test_without_a_file_it_says_where_it_looked(run: Run) -> None:
    told = run("doctor", code=1).stdout
    assert "no accounts are configured; looked for" in told


def test_it_names_the_file_it_found(run: Run, sandbox: Sandbox) -> None:
    Path("checkout.toml").write_text(sandbox.config_toml(), encoding="utf-8")
    assert str(Path("checkout.toml").absolute()) in run("doctor", "--offline").stdout


def test_accounts_of_the_environment_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER", "stripe")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", LIVE)
    told = run("doctor", "--offline").stdout
    assert "in environment variables alone" in told
    assert "a live key" in told


@pytest.mark.parametrize("output", ["table", "json"])
def test_no_key_is_printed(
    run: Run, tmp_path: Path, sandbox: Sandbox, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", LIVE)
    tables = [
        "[accounts.env]\nprovider = 'stripe'\napi_key = {env = 'THE_KEY'}\nnonsense = 1",
        f"[accounts.written]\nprovider = 'stripe'\napi_key = '{LIVE}'",
        account(sandbox, "stripe", api_key="'sk_test_wrong'"),
    ]
    config = tmp_path / "checkout.toml"
    config.write_text("\n".join(tables), encoding="utf-8")
    result = run("doctor", "-o", output, "--config", config, code=1)
    assert "obviouslyfake" not in result.output
    assert "sk_" not in result.output
