"""What only LeanRails asks of a client: two paths for the list, and no filter by creation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clients.setting import NOW, Open, impatient

from unified_checkout import ListSessions, NotFound
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout.sandbox.faults import Fault, Status

OLDER, NEWER = "/v1/checkout_sessions", "/v1/checkout/sessions"
PAGED = ListSessions(page_size=20)


def paths(sandbox: Sandbox) -> list[str]:
    return [request.path for request in sandbox.requests("leanrails")]


class TestPaths:
    @pytest.fixture
    def moved(self) -> Iterator[Sandbox]:
        """The list is where the newer documents say."""
        options = {"leanrails": {"list_path": NEWER}}
        with Sandbox(sessions=60, now=NOW, options=options, providers=["leanrails"]) as sandbox:
            yield sandbox

    def test_the_other_path_is_tried_once_and_remembered(
        self, open_client: Open, moved: Sandbox
    ) -> None:
        ask = open_client(impatient(moved, "leanrails"))
        first = ask.read(PAGED)
        assert [session.id for session in first.sessions] == [
            facts.id for facts in moved.truth("leanrails")
        ]
        assert paths(moved) == [OLDER, NEWER, NEWER, NEWER]
        assert (first.coverage.accounts[0].requests, first.coverage.accounts[0].retries) == (4, 0)
        moved.clear_requests()
        assert len(ask.read(PAGED).sessions) == 60
        assert len(ask.page(PAGED).sessions) == 20
        assert paths(moved) == [NEWER] * 4

    def test_another_client_finds_out_for_itself(self, open_client: Open, moved: Sandbox) -> None:
        for _ in range(2):
            moved.clear_requests()
            open_client(impatient(moved, "leanrails")).page(PAGED)
            assert paths(moved) == [OLDER, NEWER]

    def test_the_path_may_be_configured(self, open_client: Open, moved: Sandbox) -> None:
        ask = open_client(impatient(moved, "leanrails", list_path=NEWER))
        assert len(ask.page(PAGED).sessions) == 20
        assert paths(moved) == [NEWER]

    def test_a_path_of_ones_own_has_the_documented_ones_to_fall_back_on(
        self, open_client: Open, moved: Sandbox
    ) -> None:
        ask = open_client(impatient(moved, "leanrails", list_path="/v2/sessions"))
        assert len(ask.page(PAGED).sessions) == 20
        assert paths(moved) == ["/v2/sessions", OLDER, NEWER]

    def test_a_path_that_works_is_never_left(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, "leanrails"))
        sandbox.misbehave("leanrails", Fault(), Status(404))
        reading = ask.read(PAGED)
        assert isinstance(reading.error, NotFound)
        assert len(reading.sessions) == 20
        assert paths(sandbox) == [OLDER, OLDER]
        assert len(ask.read(PAGED).sessions) == 60

    def test_neither_path(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, "leanrails"))
        sandbox.misbehave("leanrails", Status(404, times=2))
        assert isinstance(ask.read(PAGED).error, NotFound)
        assert paths(sandbox) == [OLDER, NEWER]

    def test_a_failure_on_the_way_does_not_settle_it(
        self, open_client: Open, moved: Sandbox
    ) -> None:
        ask = open_client(impatient(moved, "leanrails", max_attempts=2))
        moved.misbehave("leanrails", Status(500), Fault(), Status(500))
        assert len(ask.read(PAGED).sessions) == 60
        assert paths(moved) == [OLDER, OLDER, NEWER, NEWER, NEWER, NEWER]


class TestEarlyStop:
    """A lower bound that cannot be pushed down ends the reading of a list in order."""

    @pytest.fixture
    def hourly(self) -> Iterator[Sandbox]:
        """A session every hour for five hundred hours."""
        told = [Facts(serial=str(hour), created=NOW - 3600 * hour) for hour in range(500)]
        with Sandbox(facts=told, now=NOW, providers=["leanrails"]) as sandbox:
            yield sandbox

    @pytest.mark.parametrize(
        ("hours", "requests"), [(0, 1), (18, 1), (19, 2), (20, 2), (38, 2), (39, 3), (40, 3)]
    )
    def test_no_page_is_read_in_vain(
        self, open_client: Open, hourly: Sandbox, hours: int, requests: int
    ) -> None:
        """A page that ends at the very bound may be followed by others of that second."""
        ask = open_client(impatient(hourly, "leanrails"))
        since = datetime.fromtimestamp(NOW, UTC) - timedelta(hours=hours)
        query = ListSessions(created={"gte": since}, page_size=20)
        reading = ask.read(query)
        assert len(reading.sessions) == hours + 1
        assert len(paths(hourly)) == requests
        [covered] = reading.coverage.accounts
        assert covered.complete
        assert covered.created_from == since

    def test_a_bound_and_a_residual_together(self, open_client: Open, hourly: Sandbox) -> None:
        ask = open_client(impatient(hourly, "leanrails"))
        since = datetime.fromtimestamp(NOW, UTC) - timedelta(hours=30)
        reading = ask.read(ListSessions(created={"gt": since}, mode="order", page_size=20))
        assert reading.sessions == []
        assert reading.coverage.complete
        assert len(paths(hourly)) == 2

    def test_an_upper_bound_alone_has_to_be_read_up_to(
        self, open_client: Open, hourly: Sandbox
    ) -> None:
        ask = open_client(impatient(hourly, "leanrails"))
        until = datetime.fromtimestamp(NOW, UTC) - timedelta(hours=490)
        reading = ask.read(ListSessions(created={"lt": until}, page_size=100))
        assert len(reading.sessions) == 9
        assert len(paths(hourly)) == 5

    def test_a_limit(self, open_client: Open, hourly: Sandbox) -> None:
        ask = open_client(impatient(hourly, "leanrails"))
        assert len(ask.read(ListSessions(limit=7)).sessions) == 7
        assert [dict(one.parameters)["limit"] for one in hourly.requests("leanrails")] == ["7"]
