"""Coverage: whether the answer is complete, why, and what it took."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from asking import Asker, Reading, expected, names
from clients.setting import ACCOUNTS, NOW, Open, impatient

from unified_checkout import Client, IncompleteAnswer, ListSessions
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Clamp, Status

every_account = pytest.mark.parametrize("account", ACCOUNTS)
BARELY = 61
"""A limit that leaves nothing out, and keeps lists from being read in several windows at once."""


def reasons(reading: Reading) -> set[str]:
    return {account.reason for account in reading.coverage.accounts}


class TestComplete:
    def test_read_to_the_end(self, ask: Asker) -> None:
        reading = ask.read()
        assert reading.coverage.complete
        assert reasons(reading) == {"read to the end"}
        reading.coverage.raise_if_incomplete()

    def test_read_as_far_as_the_limit_needs(self, ask: Asker, sandbox: Sandbox) -> None:
        reading = ask.read(ListSessions(limit=25, page_size=10))
        assert len(reading.sessions) == 25
        assert reading.coverage.complete
        assert reasons(reading) == {"read as far as the limit needs"}
        assert sum(account.delivered for account in reading.coverage.accounts) == 25

    def test_provably_empty(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, "leanrails", "stripe"))
        reading = ask.read(ListSessions(status="canceled"))
        assert reading.sessions == []
        assert reading.coverage.complete
        assert reasons(reading) == {"no session of it can match"}
        assert sandbox.requests("stripe") == sandbox.requests("leanrails") == []

    def test_nobody_matches(self, ask: Asker) -> None:
        reading = ask.read(ListSessions(client_reference_id="no such order"))
        assert reading.sessions == []
        assert reading.coverage.complete
        assert reasons(reading) == {"read to the end"}
        assert all(account.requests for account in reading.coverage.accounts)


class TestIncomplete:
    def test_before_anything_was_asked_for(self, ask: Asker, sandbox: Sandbox) -> None:
        reading = ask.read(take=0)
        assert not reading.coverage.complete
        assert reasons(reading) == {"not read to the end"}
        assert all(account.requests == 0 for account in reading.coverage.accounts)
        assert sandbox.requests("stripe") == []

    @every_account
    @pytest.mark.parametrize("page_size", [10, 100])
    def test_a_consumer_that_stops_early(
        self, open_client: Open, sandbox: Sandbox, account: str, page_size: int
    ) -> None:
        ask = open_client(impatient(sandbox, account))
        reading = ask.read(ListSessions(page_size=page_size, limit=BARELY), take=5)
        [covered] = reading.coverage.accounts
        assert not covered.complete
        assert covered.reason == "not taken to the end"
        assert covered.delivered == 5
        assert covered.rows_read == min(page_size, 60)
        with pytest.raises(IncompleteAnswer, match="not taken to the end") as caught:
            reading.coverage.raise_if_incomplete()
        assert caught.value.coverage == reading.coverage

    def test_between_two_pages(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, "stripe"))
        reading = ask.read(ListSessions(page_size=10, limit=BARELY), take=20)
        assert reasons(reading) == {"not read to the end"}
        assert reading.coverage.accounts[0].delivered == 20

    def test_a_limit_that_was_not_taken(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, "stripe"))
        assert reasons(ask.read(ListSessions(limit=9), take=8)) == {"not taken to the end"}
        assert ask.read(ListSessions(limit=9), take=9).coverage.complete


class TestCounters:
    @every_account
    def test_rows_and_requests(self, open_client: Open, sandbox: Sandbox, account: str) -> None:
        ask = open_client(impatient(sandbox, account))
        query = ListSessions(mode="payment", page_size=25, limit=BARELY)
        reading = ask.read(query)
        [covered] = reading.coverage.accounts
        assert covered.rows_read == 60
        assert covered.delivered == len(reading.sessions)
        assert covered.rows_dropped == 60 - len(reading.sessions) > 0
        assert (covered.rows_later, covered.duplicates, covered.vanished) == (0, 0, 0)
        assert covered.requests == len(sandbox.requests(account))
        assert (covered.retries, covered.waited) == (0, 0)

    @every_account
    def test_pages(self, open_client: Open, sandbox: Sandbox, account: str) -> None:
        ask = open_client(impatient(sandbox, account))
        [covered] = ask.read(ListSessions(page_size=25, limit=BARELY)).coverage.accounts
        ids = [facts.id for facts in sandbox.truth(account)]
        spans = [(page.first, page.last, page.rows) for page in covered.pages]
        assert spans[:3] == [
            (ids[0], ids[24], 25),
            (ids[25], ids[49], 25),
            (ids[50], ids[59], 10),
        ]
        assert spans[3:] == ([(None, None, 0)] if account == "flex" else [])
        assert len(spans) == covered.requests

    @every_account
    def test_order(self, open_client: Open, sandbox: Sandbox, account: str) -> None:
        ask = open_client(impatient(sandbox, account))
        [covered] = ask.read().coverage.accounts
        assert (covered.order, covered.order_held) == ("newest first", True)
        assert covered.promise.startswith("full")
        unsettled = attrs.evolve(covered, covers_to=covered.created_to - timedelta(minutes=5))
        assert unsettled.promise.startswith("part")
        begun_late = attrs.evolve(covered, covers_from=covered.created_to - timedelta(days=30))
        assert begun_late.promise.startswith("part")

    @every_account
    def test_a_part_of_a_plan_covers_no_more_than_its_span(
        self, sandbox: Sandbox, account: str
    ) -> None:
        middle = datetime.fromtimestamp(NOW, UTC) - timedelta(days=15)
        with Client(impatient(sandbox, account)) as client:
            plan = client.sessions.explain(last="30d")
            newer = client.sessions.list(plan.within(since=middle))
            older = client.sessions.list(plan.within(until=middle))
            assert [*newer, *older] == list(client.sessions.list(plan))
        [[new], [old]] = newer.coverage.accounts, older.coverage.accounts
        assert (new.covers_from, old.covers_to) == (middle, middle - timedelta(microseconds=1))
        assert (new.covers_to, old.covers_from) == (plan.ceiling, old.created_from)
        assert {new.promise[:4], old.promise[:4]} == {"part"}
        assert "covers what was created from" in str(new)

    @every_account
    def test_bounds(self, open_client: Open, sandbox: Sandbox, account: str) -> None:
        ask = open_client(impatient(sandbox, account))
        since = datetime.fromtimestamp(NOW, UTC) - timedelta(days=30)
        before = datetime.now(UTC)
        [covered] = ask.read(ListSessions(created={"gte": since})).coverage.accounts
        assert covered.created_from == since
        assert before <= covered.created_to <= datetime.now(UTC)


class TestTelling:
    def test_one_line(self, ask: Asker, sandbox: Sandbox) -> None:
        sandbox.misbehave("leanrails", Status(500))
        told = str(ask.read(ListSessions(limit=181)).coverage)
        assert told.startswith("complete | flex: complete, read to the end; 60 of 60 rows in 2 req")
        assert (
            "| leanrails: complete, read to the end; 60 of 60 rows in 2 requests; 1 retried |"
            in told
        )
        assert "\n" not in told
        assert str(ask.read(take=1).coverage).startswith("INCOMPLETE | flex: INCOMPLETE, not ")

    def test_as_json(self, ask: Asker, sandbox: Sandbox) -> None:
        sandbox.misbehave("flex", Clamp(limit=9, times=None))
        coverage = ask.read(ListSessions(created={"gte": "2026-01-01"})).coverage
        told = json.loads(json.dumps(coverage.to_dict()))
        assert told == coverage.to_dict()
        assert told["complete"] is True
        assert [account["account"] for account in told["accounts"]] == [*ACCOUNTS]
        assert told["accounts"][0]["created_from"] == "2026-01-01T00:00:00Z"
        assert told["accounts"][0]["rows_read"] >= 60
        assert told["accounts"][0]["pages"][0]["rows"] == 9

    def test_of_a_page(self, ask: Asker, sandbox: Sandbox) -> None:
        page = ask.page(ListSessions(page_size=10))
        truth = {name: sandbox.truth(name) for name in ACCOUNTS}
        assert names(page.sessions) == expected(truth, {"limit": 10})
        assert page.coverage.complete
        assert sum(account.delivered for account in page.coverage.accounts) == 10


def test_explaining_says_what_reading_costs_at_least(sandbox: Sandbox) -> None:
    with Client(impatient(sandbox)) as client:
        plan = client.sessions.explain(status="complete")
        assert plan.least_requests == 4
        assert "cost             at least 2 requests; one for each 100 rows" in str(plan)
        nothing = client.sessions.list(customer="cus_nobody", expand="customer")
        sandbox.clear_requests()
        assert list(nothing) == []
        asked = sum(len(sandbox.requests(name)) for name in ACCOUNTS)
        assert asked >= nothing.plan.least_requests == 3
