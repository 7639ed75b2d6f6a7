"""Observers: told of each request, answer, retry, wait and page, and of the end."""

from __future__ import annotations

from typing import Any

import pytest
from engine.handmade import BUSY, NOW, Handmade, Row, rows
from engine.world import World

from unified_checkout.adapters import Pushdown, Request, Response
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.runtime import Observer, Runtime, ambient, running
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import ConnectionFailed, PermissionDenied, ProviderError
from unified_checkout.model.query import ListSessions


class Diary(Observer):
    """Writes down all that it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.coverages: list[Coverage] = []

    def sent(self, account: str, request: Request, attempt: int) -> None:
        self.told.append(("sent", account, request.path, attempt))

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        came = outcome.status if isinstance(outcome, Response) else type(outcome).__name__
        self.told.append(("answered", account, came, seconds))

    def given_up(self, account: str, request: Request, seconds: float) -> None:
        self.told.append(("given_up", account, request.path, seconds))

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        self.told.append(("retried", account, type(error).__name__, round(delay, 1)))

    def waiting(self, account: str, seconds: float, reason: str) -> None:
        self.told.append(("waiting", account, round(seconds, 1), reason))

    def waited(self, account: str, seconds: float) -> None:
        self.told.append(("waited", account, round(seconds, 1)))

    def page(self, account: str, rows: int, matching: int) -> None:
        self.told.append(("page", account, rows, matching))

    def finished(self, coverage: Coverage) -> None:
        self.told.append(("finished", coverage.complete))
        self.coverages.append(coverage)

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        """What was told of one kind."""
        return [one[1:] for one in self.told if one[0] == kind]


def shop(number: int = 15, **style: Any) -> Handmade:
    return Handmade(rows=rows(*(NOW - at for at in range(number))), page_size=10, **style)


def test_a_listing_is_told_from_its_first_request_to_its_end() -> None:
    diary = Diary()
    answer = World(shop(), latency=0.25).ask(None, None, None, diary)
    assert diary.told == [
        ("sent", "north", "/sessions", 1),
        ("answered", "north", 200, 0.25),
        ("page", "north", 10, 10),
        ("sent", "north", "/sessions", 1),
        ("answered", "north", 200, 0.25),
        ("page", "north", 5, 5),
        ("finished", True),
    ]
    assert diary.coverages == [answer.machine.coverage()]


def test_a_page_tells_how_many_of_its_rows_match() -> None:
    listed = [Row(id=f"s-{at}", created=NOW - at, email=f"{at % 3}@example.com") for at in range(9)]
    diary = Diary()
    query = ListSessions(email="1@example.com")
    World(Handmade(rows=listed)).ask(query, None, None, diary)
    assert diary.of("page") == [("north", 9, 3)]


def test_retries_and_waits_are_told() -> None:
    busy = shop(5)
    busy.turns[1] = lambda request: Response(status=429, headers={"retry-after": "7"})
    busy.turns[2] = lambda request: BUSY
    busy.turns[3] = lambda request: ConnectionFailed("cut", account="north", provider="handmade")
    diary = Diary()
    answer = World(busy).ask(None, None, None, diary)
    assert diary.of("sent") == [("north", "/sessions", attempt) for attempt in (1, 2, 3, 4)]
    came = [one[1] for one in diary.of("answered")]
    assert came == [429, 200, "ConnectionFailed", 200]
    kinds = [one[1] for one in diary.of("retried")]
    assert kinds == ["RateLimited", "ServerError", "ConnectionFailed"]
    delays = [one[2] for one in diary.of("retried")]
    assert [one[1] for one in diary.of("waited")] == delays
    assert delays[0] >= 7
    assert answer.said.retries == 3
    assert answer.said.waited == pytest.approx(sum(delays), abs=0.2)


def test_waiting_for_the_rate_is_told() -> None:
    diary = Diary()
    World(shop(rate=1.0)).ask(None, None, None, diary)
    assert diary.of("waiting") == [("north", 1.0, "the account's rate")]
    assert diary.of("waited") == [("north", 1.0)]


def test_a_token_is_a_request_too() -> None:
    diary = Diary()
    World(shop(5, token="obviously-fake")).ask(None, None, None, diary)
    assert [one[1] for one in diary.of("sent")] == ["/token", "/sessions"]
    assert "obviously" not in str(diary.told)


def test_a_listing_that_fails_is_told_once() -> None:
    refused = shop()
    refused.turns[2] = lambda request: PermissionDenied("no", account="north", provider="x")
    diary = Diary()
    with pytest.raises(PermissionDenied) as raised:
        World(refused).ask(None, None, None, diary)
    assert diary.of("answered")[-1][1] == "PermissionDenied"
    assert diary.of("finished") == [(False,)]
    assert diary.coverages == [raised.value.coverage]


@pytest.mark.parametrize(
    "manner", [Manner(budget=Budget(max_requests=1)), Manner(on_error="report")]
)
def test_a_listing_that_ends_early_is_told_once(manner: Manner) -> None:
    refused = shop()
    refused.turns[2] = lambda request: PermissionDenied("no", account="north", provider="x")
    diary = Diary()
    World(refused).ask(None, manner, None, diary)
    assert diary.of("finished") == [(False,)]


def test_of_several_accounts_each_is_told_by_its_name() -> None:
    diary = Diary()
    World({"north": shop(3), "south": shop(4)}).ask(None, None, None, diary)
    assert sorted(diary.of("page")) == [("north", 3, 3), ("south", 4, 4)]
    assert diary.of("finished") == [(True,)]


def test_what_is_under_way_at_a_deadline_is_given_up() -> None:
    diary = Diary()
    manner = Manner(budget=Budget(deadline=3.0))
    World({"north": shop(3), "south": shop(30)}, latency=2.0).ask(None, manner, None, diary)
    assert len(diary.of("sent")) == 3
    assert len(diary.of("answered")) == 2
    assert diary.of("given_up") == [("south", "/sessions", 1.0)]


def test_all_observers_are_told_and_none_need_care() -> None:
    first, second = Diary(), Diary()
    World(shop()).ask(None, None, None, first, Observer(), second)
    assert first.told == second.told


def test_nothing_that_is_told_shows_what_was_asked() -> None:
    """A request's parameters may name a person; its representation does not."""
    seen: list[str] = []

    class Curious(Observer):
        def sent(self, account: str, request: Request, attempt: int) -> None:
            seen.append(repr(request))

    claims = {"email": Pushdown.EXACT}
    World(shop(claims=claims)).ask(ListSessions(email="jenny@example.com"), None, None, Curious())
    assert seen
    assert "jenny" not in "".join(seen)


def test_the_ambient_runtime_is_another_one_for_a_while() -> None:
    before, other = ambient(), Runtime()
    with running(other):
        assert ambient() is other
    assert ambient() is before
    with pytest.raises(ZeroDivisionError), running(other):
        raise ZeroDivisionError
    assert ambient() is before
