"""``GetMachine``: sessions by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from random import Random

import pytest
from simulation.adapter import REFUSAL, Profile, SimulatedAdapter

from unified_checkout.adapters import Request, Response
from unified_checkout.engine.events import Answered, Demand, Failed, Send, Step, Woke
from unified_checkout.engine.planner import Planner
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Observer, Runtime
from unified_checkout.engine.single import GetMachine
from unified_checkout.engine.surroundings import Budget, Surroundings
from unified_checkout.errors import (
    AuthenticationError,
    BudgetSpent,
    ConfigurationError,
    ConnectionFailed,
    InvalidQuery,
    NotFound,
    ProviderError,
    ServerError,
    UnknownAccount,
    UnreadableBody,
)
from unified_checkout.model.session import Session

MISSING = Response(status=404, body=REFUSAL)


def found(id: str) -> Response:
    return Response(status=200, body=f'["{id}", 990, "paid", null]'.encode())


def planner(
    *accounts: str, rate: float = inf, workers: int = 1, observers: tuple[Observer, ...] = ()
) -> Planner:
    return Planner(
        Surroundings(
            adapters={name: SimulatedAdapter(name, Profile()) for name in accounts},
            states={
                name: AccountState(Pace(rate), RetryPolicy(max_attempts=2)) for name in accounts
            },
            runtime=Runtime(
                random=Random(0), workers=lambda rate, latency: workers, observers=observers
            ),
        )
    )


def asked(*ids: str, budget: Budget | None = None, workers: int = 1) -> GetMachine:
    return planner("north", workers=workers).get(ids, None, budget or Budget())


def only(step: Step) -> Send:
    assert step.is_only_to_send()
    return step.requests[0]


def id_of(send: Send) -> str:
    return send.request.path.rpartition("/")[2]


def answered(machine: GetMachine, response: Response) -> None:
    """Let a machine run to its end while every request gets the same answer."""
    now, step = 0.0, machine.step(Demand(), 0.0)
    while not step.finished:
        now = now if step.wake is None else step.wake
        sent = step.requests
        step = machine.step(Answered(sent[0].id, response) if sent else Woke(), now)


def ids(machine: GetMachine) -> dict[str, str]:
    """By the ids that were asked for, those of the sessions that were found."""
    return {id: one.id for id, one in machine.found.items() if isinstance(one, Session)}


def test_one_request_and_its_session() -> None:
    machine = asked("cs_1")
    sent = only(machine.step(Demand(), 0.0))
    assert (sent.account, sent.request.path) == ("north", "/sessions/cs_1")
    assert machine.step(Answered(sent.id, found("cs_1")), 1.0) == Step(finished=True)
    assert ids(machine) == {"cs_1": "cs_1"}
    assert machine.step(Demand(), 2.0) == Step(finished=True)


@pytest.mark.parametrize(
    "event",
    [
        Answered(1, Response(status=503)),
        Answered(1, Response(status=200, body=b"<html>")),
        Failed(1, ConnectionFailed("reset", account="north", provider="simulated")),
    ],
    ids=["server error", "unreadable", "reset"],
)
def test_what_may_pass_is_tried_again(event: Answered | Failed) -> None:
    machine = asked("cs_1")
    machine.step(Demand(), 0.0)
    waiting = machine.step(event, 1.0)
    assert waiting.requests == ()
    assert waiting.wake is not None
    assert waiting.wake > 1.0
    again = only(machine.step(Woke(), waiting.wake))
    assert machine.step(Answered(again.id, found("cs_1")), 9.0).finished
    assert list(machine.found) == ["cs_1"]


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(status=401), AuthenticationError),
        (Response(status=503), ServerError),
        (Response(status=200, body=b"<html>"), UnreadableBody),
    ],
)
def test_what_does_not_pass_is_raised(response: Response, kind: type[ProviderError]) -> None:
    with pytest.raises(kind) as raised:
        answered(asked("cs_1"), response)
    assert type(raised.value) is kind


def test_a_session_that_is_not_there_is_told_beside_the_others() -> None:
    machine = asked("cs_1", "cs_2", "cs_1", "cs_3")
    answers = {"cs_1": found("cs_1"), "cs_2": MISSING, "cs_3": found("cs_3")}
    step, order = machine.step(Demand(), 0.0), []
    while not step.finished:
        (send,) = step.requests
        order.append(id_of(send))
        step = machine.step(Answered(send.id, answers[id_of(send)]), 0.0)
    assert order == ["cs_1", "cs_2", "cs_3"]
    assert list(machine.found) == ["cs_1", "cs_2", "cs_3"]
    assert isinstance(machine.found["cs_2"], NotFound)
    assert ids(machine) == {"cs_1": "cs_1", "cs_3": "cs_3"}


def test_several_are_asked_for_at_once_after_the_first_and_found_in_the_order_asked() -> None:
    machine = asked("cs_1", "cs_2", "cs_3", "cs_4", workers=2)
    first = only(machine.step(Demand(), 0.0))
    two = machine.step(Answered(first.id, found("cs_1")), 1.0)
    assert list(map(id_of, two.requests)) == ["cs_2", "cs_3"]
    third = machine.step(Answered(two.requests[1].id, found("cs_3")), 2.0)
    assert list(map(id_of, third.requests)) == ["cs_4"]
    assert not machine.step(Answered(third.requests[0].id, found("cs_4")), 3.0).finished
    assert machine.step(Answered(two.requests[0].id, found("cs_2")), 4.0).finished
    assert list(machine.found) == ["cs_1", "cs_2", "cs_3", "cs_4"]


class Watching(Observer):
    """Notes what arrived, and by which latency it was asked how much to ask at once."""

    def __init__(self) -> None:
        self.found: list[tuple[str, list[str]]] = []
        self.latencies: list[float] = []
        self.given_up_on: list[tuple[str, str, float]] = []

    def workers(self, rate: float, latency: float) -> int:
        self.latencies.append(latency)
        return 1

    def given_up(self, account: str, request: Request, seconds: float) -> None:
        self.given_up_on.append((account, request.path.rpartition("/")[2], seconds))

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        self.found.append((account, [one.id for one in sessions]))


def test_what_arrives_is_told_and_how_long_it_took_decides_how_much_is_asked() -> None:
    watching = Watching()
    machine = Planner(
        Surroundings(
            adapters={"north": SimulatedAdapter("north", Profile())},
            states={"north": AccountState(Pace(inf), RetryPolicy())},
            runtime=Runtime(workers=watching.workers, observers=(watching,)),
        )
    ).get(["cs_1", "cs_2"], None, Budget())
    now, step = 100.0, machine.step(Demand(), 100.0)
    while not step.finished:
        send, now = only(step), now + 0.25
        step = machine.step(Answered(send.id, found(id_of(send))), now)
    assert watching.found == [("north", ["cs_1"]), ("north", ["cs_2"])]
    assert set(watching.latencies) == {0.25}


def test_what_is_under_way_is_given_up_with_how_long_it_took() -> None:
    watching = Watching()
    machine = planner("north", workers=2, observers=(watching,)).get(
        ["cs_1", "cs_2", "cs_3"], None, Budget()
    )
    first = only(machine.step(Demand(), 100.0))
    two = machine.step(Answered(first.id, found("cs_1")), 101.0)
    machine.step(Answered(two.requests[0].id, found("cs_2")), 102.0)
    machine.give_up(104.5)
    machine.give_up(105.0)
    assert watching.given_up_on == [("north", "cs_3", 3.5)]


def test_nothing_asked_is_nothing_sent() -> None:
    machine = asked()
    assert machine.step(Demand(), 0.0) == Step(finished=True)
    assert machine.found == {}


def test_a_budget_of_requests_ends_it_with_what_was_found() -> None:
    machine = asked("cs_1", "cs_2", "cs_3", budget=Budget(max_requests=2))
    first = only(machine.step(Demand(), 0.0))
    second = only(machine.step(Answered(first.id, found("cs_1")), 0.0))
    with pytest.raises(BudgetSpent, match="stopped at max_requests=2") as raised:
        machine.step(Answered(second.id, MISSING), 0.0)
    assert list(raised.value.found) == ["cs_1", "cs_2"]
    assert raised.value.cursor is None
    assert "cursor" not in str(raised.value)


def test_retries_count_against_the_budget() -> None:
    machine = asked("cs_1", budget=Budget(max_requests=1))
    sent = only(machine.step(Demand(), 0.0))
    with pytest.raises(BudgetSpent):
        machine.step(Answered(sent.id, Response(status=503)), 0.0)


def test_a_budget_that_just_suffices_is_not_spent() -> None:
    machine = asked("cs_1", "cs_2", budget=Budget(max_requests=2))
    first = only(machine.step(Demand(), 0.0))
    second = only(machine.step(Answered(first.id, found("cs_1")), 0.0))
    assert machine.step(Answered(second.id, found("cs_2")), 0.0).finished


def test_a_deadline_ends_it_though_an_answer_is_awaited() -> None:
    machine = asked("cs_1", "cs_2", budget=Budget(deadline=10))
    first = machine.step(Demand(), 100.0)
    assert first.wake == 110.0
    second = machine.step(Answered(first.requests[0].id, found("cs_1")), 105.0)
    assert second.wake == 110.0
    with pytest.raises(BudgetSpent, match="stopped at the deadline of 10 s") as raised:
        machine.step(Woke(), 110.0)
    assert list(raised.value.found) == ["cs_1"]


def test_the_account_is_named_where_there_are_several() -> None:
    assert planner("north", "south").get(["cs_1"], "south", Budget()).needs == ("south",)
    with pytest.raises(ConfigurationError, match="north, south"):
        planner("north", "south").get(["cs_1"], None, Budget())
    with pytest.raises(UnknownAccount, match="west"):
        planner("north", "south").get(["cs_1"], "west", Budget())


def test_a_provider_that_gives_no_single_session_is_not_asked_for_one() -> None:
    class ListsOnly(SimulatedAdapter):
        title = "Listing"
        reads_by_id = False

    surroundings = Surroundings(
        adapters={"north": ListsOnly("north", Profile())},
        states={"north": AccountState(Pace(inf), RetryPolicy())},
        runtime=Runtime(),
    )
    with pytest.raises(InvalidQuery, match="Listing gives no single session by its id"):
        Planner(surroundings).get(["cs_1"], None, Budget())


def test_a_key_is_no_id() -> None:
    with pytest.raises(InvalidQuery, match="looks like a key") as raised:
        planner("north").get(["cs_1", "sk_live_obviously_fake_0000000000"], None, Budget())
    assert "obviously" not in str(raised.value)
