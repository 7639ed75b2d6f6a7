"""Every command at its most talkative: no key anywhere, no buyer on standard error or in a report."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import NOW, Run
from clients.test_secrets import EMAIL, PAGE_FAULTS, Echo, found, is_ours

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts, Sandbox, faults
from unified_checkout_flex.sandbox import FlexSandbox
from unified_checkout_stripe.sandbox import StripeSandbox

KEYS = {
    "stripe": "sk_test_planted_and_not_to_be_seen",
    "flex": "fsk_test_planted_and_not_to_be_seen",
}
NAME = "Planted Person"
STREET = "Planted Street 1"
BUYER = (EMAIL, NAME, STREET)
COMMANDS = {
    "list -vv": "buyer",
    "list -vv -o json": "buyer",
    "list -vv -o csv --no-escape": "buyer",
    f"list -vv --email {EMAIL}": "buyer",
    "list -vv --on-error report -o jsonl": "buyer",
    "get -vv {id} --account stripe": "buyer",
    "get -vv {id} --account stripe --raw": "buyer",
    "summary -vv --by account": "",
    f"explain --email {EMAIL}": "",
    "doctor": "",
    "doctor -o json": "",
    "sync -vv --to made.duckdb -o json": "",
    "report -vv --live": "",
    "report -vv --live --format html": "",
    "report -vv --live --format svg": "",
    "report -vv shop.duckdb --format json": "",
    "gateway token laptop --account stripe": "",
    "gateway --listen nowhere": "",
}
"""By command: whose data its output holds, as it is asked to."""
FAULTS = [None, Echo(), faults.Status(401), faults.Html(502), *PAGE_FAULTS]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Two accounts, whose keys and whose buyer are told from all others."""
    monkeypatch.setattr(StripeSandbox, "api_key", KEYS["stripe"])
    monkeypatch.setattr(FlexSandbox, "api_key", KEYS["flex"])
    buyer = Customer(id=None, email=EMAIL, name=NAME, address=Address(line1=STREET, country="DE"))
    held = [
        Facts(
            serial=f"{number}",
            created=NOW - number * 60,
            status="complete",
            payment_status="paid",
            amount_total=1200,
            customer=buyer,
            customer_email=EMAIL,
        )
        for number in range(3)
    ]
    with Sandbox(facts=held, now=NOW, providers=[*KEYS]) as sandbox:
        yield sandbox


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_whatever_a_command_says(
    run: Run, sandbox: Sandbox, config: Path, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    config.write_text(config.read_text().replace("base_url", "max_attempts = 1\nbase_url"))
    id = sandbox.truth("stripe")[0].id
    run("sync", "--to", "shop.duckdb", "--config", config)
    if fault is not None:
        for account in KEYS:
            sandbox.misbehave(account, *([fault] * 200))
    caplog.set_level(logging.DEBUG)
    for command, told in COMMANDS.items():
        given = command.replace("{id}", id).split()
        place = ["gateway", "--config", config, *given[1:]] if given[0] == "gateway" else given
        if given[0] != "gateway" and given[:3] != ["report", "-vv", "shop.duckdb"]:
            place = [*given, "--config", config]
        result = run(*place, code=None)
        assert result.exit_code in (0, 1, 2, 3), command
        assert "Traceback" not in result.stderr, command
        logged = [
            f"{one.getMessage()} {one.exc_text or ''}" for one in filter(is_ours, caplog.records)
        ]
        everything = [result.stdout, result.stderr, repr(result.exception), *logged]
        for key in KEYS.values():
            assert not any(found(key, part) for part in everything), command
        for person in BUYER:
            hidden = everything[1:] if told else everything
            assert not any(found(person, part) for part in hidden), (command, person)
        if "json" in command and told and fault is None:
            assert found(EMAIL, result.stdout), command
        caplog.clear()
