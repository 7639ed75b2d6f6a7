"""A request that nobody waits for any more: it is given up, and that is told as an answer would be."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any

import pytest
from asking import Asker
from clients.setting import ACCOUNTS, Open, every, impatient
from telemetry import Telemetry

from unified_checkout import (
    AsyncClient,
    BudgetSpent,
    Client,
    ClientClosed,
    ListSessions,
    Observer,
    PermissionDenied,
)
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Latency, Status

PAGED = ListSessions(page_size=10)
WITHIN: dict[str, Any] = {"page_size": 10, "deadline": 0.3}


class Ends(Observer):
    """Counts how requests ended, by account."""

    def __init__(self) -> None:
        self.sent_to: list[str] = []
        self.answered_by: list[str] = []
        self.given_up_on: list[str] = []

    def sent(self, account: str, *more: Any, **others: Any) -> None:
        self.sent_to.append(account)

    def answered(self, account: str, *more: Any, **others: Any) -> None:
        self.answered_by.append(account)

    def given_up(self, account: str, *more: Any, **others: Any) -> None:
        self.given_up_on.append(account)

    def check(self) -> None:
        """Each request that was sent has come to one end."""
        assert sorted(self.sent_to) == sorted(self.answered_by + self.given_up_on)


@pytest.fixture
def ends() -> Ends:
    return Ends()


@pytest.mark.parametrize("names", [["stripe"], ACCOUNTS])
def test_at_a_deadline(open_client: Open, sandbox: Sandbox, names: list[str], ends: Ends) -> None:
    sandbox.misbehave("stripe", Latency(600))
    ask = open_client(impatient(sandbox, *names), [ends])
    with pytest.raises(BudgetSpent):
        ask.finished(every(ask.client.sessions.list(**WITHIN)))
    assert ends.given_up_on == ["stripe"]
    ends.check()


def test_where_sessions_are_asked_for_by_id(
    open_client: Open, sandbox: Sandbox, ends: Ends
) -> None:
    sandbox.misbehave("stripe", Latency(600))
    ask = open_client(impatient(sandbox, "stripe"), [ends])
    with pytest.raises(BudgetSpent):
        ask.finished(ask.client.sessions.get_many(["cs_test_1"], account="stripe", deadline=0.3))
    assert ends.given_up_on == ["stripe"]
    ends.check()


def test_where_another_account_failed(open_client: Open, sandbox: Sandbox, ends: Ends) -> None:
    sandbox.misbehave("stripe", Latency(600))
    sandbox.misbehave("flex", Status(403, times=None))
    open_client(impatient(sandbox), [ends]).read(PAGED).failure(PermissionDenied)
    assert "stripe" in ends.given_up_on
    ends.check()


def test_where_a_listing_is_left_early(sandbox: Sandbox, ends: Ends) -> None:
    with Client(impatient(sandbox), observers=[ends]) as client:
        for taken, _ in enumerate(client.sessions.list(PAGED)):
            if taken == 12:
                sandbox.misbehave("stripe", Latency(600))
            if len(ends.sent_to) > len(ends.answered_by) and taken > 12:
                break
    gc.collect()
    assert ends.given_up_on
    ends.check()


def test_where_a_task_is_cancelled(sandbox: Sandbox, ends: Ends) -> None:
    async def ask() -> None:
        async with AsyncClient(impatient(sandbox), observers=[ends]) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.sessions.page(PAGED), 0.3)

    sandbox.misbehave("stripe", Latency(600))
    asyncio.run(ask())
    assert ends.given_up_on == ["stripe"]
    ends.check()


def test_where_the_client_is_closed(sandbox: Sandbox, ends: Ends) -> None:
    async def ask() -> None:
        client = AsyncClient(impatient(sandbox, "stripe"), observers=[ends])
        reading = asyncio.create_task(client.sessions.page(PAGED))
        while not sandbox.requests("stripe"):
            await asyncio.sleep(0)
        await client.close()
        with pytest.raises(ClientClosed):
            await reading

    sandbox.misbehave("stripe", Latency(600))
    asyncio.run(ask())
    assert ends.given_up_on == ["stripe"]
    ends.check()


def test_the_log_and_opentelemetry_are_told(
    open_client: Open, sandbox: Sandbox, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.misbehave("stripe", Latency(600))
    ask = open_client(impatient(sandbox, "stripe"), [telemetry.observer])
    with caplog.at_level(logging.DEBUG, "unified_checkout"), pytest.raises(BudgetSpent):
        ask.finished(every(ask.client.sessions.list(**WITHIN)))
    said = [record.getMessage() for record in caplog.records]
    assert len([line for line in said if line.startswith("stripe: given up after ")]) == 1
    [span] = telemetry.requests
    assert span.attributes["unified_checkout.given_up"] is True
    assert "error.type" not in span.attributes
    [point] = telemetry.points("http.client.request.duration")
    assert point.attributes["unified_checkout.given_up"] is True
    ask.close()


def test_what_an_observer_raises_then_leaves_nothing_behind(
    ask: Asker, open_client: Open, sandbox: Sandbox
) -> None:
    class Slip(Exception):
        pass

    class Slipping(Observer):
        def given_up(self, *told: Any, **others: Any) -> None:
            raise Slip

    sandbox.misbehave("stripe", Latency(600))
    watched = open_client(impatient(sandbox), [Slipping()])
    listing = watched.client.sessions.list(**WITHIN)
    with pytest.raises(Slip):
        watched.finished(every(listing))
    assert not listing.coverage.complete
    assert ask.all(PAGED)
