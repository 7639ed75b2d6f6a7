"""One program, one shop: the provider is a line of its configuration."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import orders
from clients.setting import NOW
from house import THREE

from unified_checkout import Client
from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts, Sandbox

PROVIDERS = ("stripe", "leanrails", "flex")


def fact(number: int) -> Facts:
    """An order that all three providers can hold: dollars, and a mode and a status all have."""
    complete = number % 3 == 1
    return Facts(
        serial=str(number),
        created=NOW - 40_000 * (number - number % 2),
        status=("open", "complete", "expired")[number % 3],
        payment_status="paid" if complete else "unpaid",
        amount_subtotal=1000 + number,
        amount_discount=100,
        amount_shipping=None if number % 4 else 0,
        amount_tax=7 * number,
        amount_total=900 + 8 * number,
        customer=Customer(
            id=f"cus_{number % 5}", email=f"buyer{number % 4}@example.com", name="Zoë Müster"
        ),
        customer_email="prefilled@example.net" if number % 2 else None,
        payment_intents=(f"pi_{number}",) if complete else (),
        client_reference_id=f"order-{number}" if number % 7 else None,
        success_url="https://shop.example.com/thanks",
        metadata={"order": str(number), "note": "Grüße 🎁"},
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(facts=[fact(number) for number in range(40)], now=NOW, providers=THREE) as sandbox:
        yield sandbox


def configuration(sandbox: Sandbox, provider: str) -> str:
    """The shop's ``checkout.toml`` when its account is at a provider."""
    [account] = [account for account in sandbox.accounts if account.name == provider]
    return (
        "[accounts.shop]\n"
        f'provider = "{provider}"\n'
        f'api_key = "{account.api_key.get_secret_value()}"\n'
        f'base_url = "{account.base_url}"\n'
        "requests_per_second = inf\n"
        "timeout = 20\n"
    )


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_it_prints_the_same_rows_whatever_the_provider(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    printed = {}
    for provider in PROVIDERS:
        config = tmp_path / f"{provider}.toml"
        config.write_text(configuration(sandbox, provider))
        command = [sys.executable, "-X", "utf8", orders.__file__, kind, str(config)]
        printed[provider] = subprocess.check_output(command, encoding="utf-8")
    assert printed["stripe"] == printed["leanrails"] == printed["flex"]

    told = printed["stripe"].splitlines()
    assert [line for line in told if not line.startswith(" ")] == [*orders.QUESTIONS]
    assert told[1] == (
        "  shop | 2026-11-18 11:06:40+00:00 | 2026-11-19 11:06:40+00:00 | open | payment | False"
        " | None | 9.00 USD | 10.00 USD | 1.00 USD | 0.00 USD | 0.00 USD | usd | None | ()"
        " | https://shop.example.com/thanks | {'order': '0', 'note': 'Grüße 🎁'} | None"
    )


def test_every_question_but_one_has_an_answer(sandbox: Sandbox, tmp_path: Path) -> None:
    """Otherwise the comparison would compare nothing."""
    config = tmp_path / "checkout.toml"
    config.write_text(configuration(sandbox, "leanrails"))
    with Client.from_config(config) as client:
        counts = {
            name: len(list(client.sessions.list(**question)))
            for name, question in orders.QUESTIONS.items()
        }
    assert [name for name, count in counts.items() if not count] == ["canceled orders"]
    assert len(set(counts.values())) > 5
