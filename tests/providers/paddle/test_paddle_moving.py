"""Transactions that arrive, are paid and are canceled while the list is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asking import AskAsync, Asker, AskSync, Reading

from unified_checkout import AsyncClient, Client, ListSessions
from unified_checkout.sandbox import Facts, Sandbox

NOW = 1_795_000_000
HELD = 40


def fact(serial: str, ago: int, **fields: Any) -> Facts:
    return Facts(serial=serial, created=NOW - ago, amount_total=900, **fields)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    facts = [fact(f"held-{ago}", ago) for ago in range(10, 10 + HELD)]
    with Sandbox(facts=facts, now=NOW, providers=["paddle"]) as sandbox:
        yield sandbox


@pytest.fixture(params=["Client", "AsyncClient"])
def ask(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Asker]:
    accounts = [one.model_copy(update={"max_attempts": 1}) for one in sandbox.accounts]
    if request.param == "Client":
        with Client(accounts) as client:
            yield AskSync(client)
        return
    with asyncio.Runner() as runner:
        asynchronous = AsyncClient(accounts)
        yield AskAsync(asynchronous, runner)
        runner.run(asynchronous.close())


def reading(
    ask: Asker, sandbox: Sandbox, happening: Callable[[int], object], **query: Any
) -> Reading:
    """What is read while something happens before each request from the second on."""
    sandbox.on_request("paddle", lambda number: happening(number) if number > 1 else None)
    wanted = {"kind": "any", "page_size": 4, **query}
    return ask.read(ListSessions.model_validate(wanted), on_error="report")


def by_kind(sandbox: Sandbox, word: str) -> list[str]:
    return [facts.id for facts in sandbox.truth("paddle") if facts.status == word]


def test_what_arrives_is_of_a_later_answer(ask: Asker, sandbox: Sandbox) -> None:
    held = [facts.id for facts in sandbox.truth("paddle")]
    found = reading(
        ask, sandbox, lambda number: sandbox.arrive("paddle", [fact(f"new-{number}", 1)])
    )
    assert [session.id for session in found.sessions] == held
    assert found.coverage.complete


@pytest.mark.parametrize("status", ["open", "complete"])
def test_what_is_paid_meanwhile_is_there_once_or_not(
    ask: Asker, sandbox: Sandbox, status: str
) -> None:
    """One is paid and another begins before each page: the count stays, and the list moves."""
    before = by_kind(sandbox, status)
    oldest = [facts.id for facts in sandbox.truth("paddle")][::-1]
    paid: list[str] = []

    def happens(number: int) -> None:
        paid.append(oldest[number])
        sandbox.change("paddle", oldest[number], status="complete")
        sandbox.arrive("paddle", [fact(f"new-{number}", 1)])

    found = reading(ask, sandbox, happens, status=status)
    ids = [session.id for session in found.sessions]
    assert len(ids) == len(set(ids))
    assert set(before) - set(paid) <= set(ids)
    assert found.coverage.complete
    assert found.error is None


def test_the_checkouts_are_all_there_while_some_are_canceled(ask: Asker, sandbox: Sandbox) -> None:
    held = [facts.id for facts in sandbox.truth("paddle") if facts.kind == "checkout"]

    def happens(number: int) -> None:
        sandbox.change("paddle", held[-number], status="canceled")
        sandbox.arrive("paddle", [fact(f"new-{number}", 1)])

    found = reading(ask, sandbox, happens, kind="checkout")
    assert [session.id for session in found.sessions] == held
    assert found.coverage.complete
