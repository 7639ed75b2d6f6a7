"""What is told on standard error while a command waits."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allowances import UsedUp
from typer.testing import Result

from unified_checkout import Account, Client, RateLimited
from unified_checkout.cli import watching
from unified_checkout.observers import LOG
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.testing import Cassette

Ask = Callable[..., Result]


def lines(result: Result) -> list[str]:
    return result.stderr.splitlines()


def test_nothing_but_the_coverage_without_it(ask: Ask) -> None:
    assert [line.split(":")[0] for line in lines(ask("list", "-o", "jsonl"))] == ["coverage"]


def test_a_long_wait_is_told_unasked(
    ask: Ask, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_LONG", 0.0)
    sandbox.misbehave("flex", faults.Status(429, retry_after=0))
    told = lines(ask("list", "-o", "jsonl"))
    assert told[0] == "flex: waiting 0 s: the provider asked for it"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "leanrails: waiting 5 s: the provider asked for it"),
        (("-v",), "leanrails: waiting 5.0 s: the provider asked for it"),
    ],
)
def test_a_wait_that_an_answer_imposes_is_told_before_the_next_page(
    ask: Ask, sandbox: Sandbox, options: tuple[str, ...], told: str
) -> None:
    sandbox.misbehave("leanrails", UsedUp())
    what = ("--account", "leanrails", "--page-size", "10", "--deadline", "0.2", "-o", "jsonl")
    assert lines(ask("list", *what, *options, code=None))[0] == told
    assert len(sandbox.requests("leanrails")) == 1


@pytest.mark.parametrize("fault", [faults.Status(429, retry_after=0), faults.Reset()])
def test_drift_asks_as_a_client_does(
    ask: Ask,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: faults.Fault,
) -> None:
    monkeypatch.setattr(watching, "_LONG", 0.0)
    with Cassette(tmp_path / "flex.yaml"), Client(sandbox.accounts) as client:
        list(client.sessions.list(accounts=["flex"], limit=10))
    sandbox.misbehave("flex", fault)
    told = lines(ask("cassettes", "drift", tmp_path, "--account", "flex"))
    assert told[0].startswith("flex: waiting 0 s: ")
    assert told[-1] == "1 request compared, 0 differences"


@pytest.mark.parametrize("command", [("doctor",), ("cassettes", "drift", ".", "--account", "flex")])
def test_whoever_asks_keeps_to_the_rate_that_is_shared(
    run: Ask,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setattr(watching, "_LONG", 0.0)
    [account] = [one for one in sandbox.accounts if one.name == "flex"]
    with Cassette(Path("flex.yaml")), Client([account]) as client:
        client.sessions.page()
    sandbox.misbehave("flex", faults.Status(429, retry_after=60))
    config = refused_elsewhere(sandbox, account, tmp_path, "max_wait = 0.1")
    told = lines(run(*command, "--config", config))
    assert "flex: waiting 0 s: the provider asked another process for it" in told


def refused_elsewhere(sandbox: Sandbox, account: Account, folder: Path, options: str) -> Path:
    """Have an account refused that shares its rate, and give a configuration that shares it, too."""
    rates = folder / "rates"
    other = account.model_copy(update={"share_rate": rates, "max_attempts": 1})
    with Client([other]) as client, pytest.raises(RateLimited):
        client.sessions.page()
    config = folder / "shared.toml"
    sharing = f"{options}\nshare_rate = {str(rates)!r}"
    config.write_text(sandbox.config_toml().replace("requests_per_second = inf", sharing))
    config.chmod(0o600)
    return config


@pytest.mark.parametrize("options", [(), ("-v",)])
@pytest.mark.parametrize(
    ("rate", "fault", "reason"),
    [
        (10.0, faults.Status(429, retry_after=5), "the provider asked another process for it"),
        (0.2, faults.Status(429), "the rate is shared with other processes"),
    ],
)
def test_a_wait_for_another_process_is_told(
    run: Ask,
    sandbox: Sandbox,
    tmp_path: Path,
    options: tuple[str, ...],
    rate: float,
    fault: faults.Fault,
    reason: str,
) -> None:
    sandbox.misbehave("leanrails", fault)
    [account] = [one for one in sandbox.accounts if one.name == "leanrails"]
    paced = account.model_copy(update={"requests_per_second": rate})
    config = refused_elsewhere(sandbox, paced, tmp_path, f"requests_per_second = {rate}")
    what = ("--account", "leanrails", "--deadline", "0.2", "-o", "jsonl", "--config", config)
    told = lines(run("list", *what, *options, code=None))
    assert re.fullmatch(rf"leanrails: waiting [45](\.\d)? s: {reason}", told[0])


def test_a_short_wait_is_told_if_asked_for(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.misbehave("flex", faults.Status(429, retry_after=0))
    assert not any("waiting" in line for line in lines(ask("list", "-o", "jsonl")))
    sandbox.misbehave("flex", faults.Status(429, retry_after=0))
    told = lines(ask("list", "-v", "-o", "jsonl"))
    assert re.fullmatch(r"flex: waiting 0\.\d s: the provider asked for it", told[0])


@pytest.mark.parametrize("command", [("list", "-o", "jsonl"), ("summary",), ("get", "ID")])
def test_every_request_is_told_if_asked_for(
    ask: Ask, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    id = sandbox.truth("stripe")[0].id
    words = [word.replace("ID", id) for word in command]
    account = ["--account", "stripe"]
    told = lines(ask(*words, *account, "-vv"))
    assert told[0].startswith("stripe: GET /v1/checkout/sessions")
    assert told[1].startswith("stripe: HTTP 200 in ")


@pytest.mark.parametrize("command", [("doctor",), ("cassettes", "drift", ".", "--account", "flex")])
def test_so_it_is_by_whoever_asks_without_listing(
    ask: Ask, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    with Cassette(Path("flex.yaml")), Client(sandbox.accounts) as client:
        list(client.sessions.list(accounts=["flex"], limit=10))
    told = [line for line in lines(ask(*command, "-vv")) if line.startswith("flex: ")]
    assert re.match("flex: GET /.*", told[0])
    assert told[1].startswith("flex: HTTP 200 in ")
    sandbox.misbehave("flex", faults.Status(503))
    told = [line for line in lines(ask(*command, "-v", code=None)) if line.startswith("flex: ")]
    assert all("HTTP 200" not in line for line in told)


def test_data_and_what_is_told_do_not_mix(ask: Ask) -> None:
    assert ask("list", "-vv", "-o", "jsonl").stdout == ask("list", "-o", "jsonl").stdout


def test_a_log_of_the_programs_own_is_left_alone_without_it(ask: Ask) -> None:
    handler: Any = logging.NullHandler()
    LOG.handlers = [handler]
    ask("list", "-o", "jsonl")
    assert LOG.handlers == [handler]
