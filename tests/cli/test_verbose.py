"""What is told on standard error while a command waits."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from unified_checkout.cli import watching
from unified_checkout.observers import LOG
from unified_checkout.sandbox import Sandbox, faults

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


def test_data_and_what_is_told_do_not_mix(ask: Ask) -> None:
    assert ask("list", "-vv", "-o", "jsonl").stdout == ask("list", "-o", "jsonl").stdout


def test_a_log_of_the_programs_own_is_left_alone_without_it(ask: Ask) -> None:
    handler: Any = logging.NullHandler()
    LOG.handlers = [handler]
    ask("list", "-o", "jsonl")
    assert LOG.handlers == [handler]
