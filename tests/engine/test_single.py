"""``GetMachine``: one session by its id."""

from __future__ import annotations

from math import inf
from random import Random

import pytest
from simulation.adapter import Profile, SimulatedAdapter

from unified_checkout.adapters import Response
from unified_checkout.engine.events import (
    Action,
    Answered,
    Deliver,
    Demand,
    Fail,
    Failed,
    Finish,
    Send,
    Wait,
    Woke,
)
from unified_checkout.engine.machine import Surroundings
from unified_checkout.engine.planner import Planner
from unified_checkout.engine.policy import AccountState, RetryPolicy
from unified_checkout.errors import (
    ConfigurationError,
    ConnectionFailed,
    NotFound,
    ProviderError,
    ServerError,
    UnknownAccount,
    UnreadableBody,
)

FOUND = Response(status=200, body=b'["cs_1", 990, "paid", null]')


def planner(*accounts: str) -> Planner:
    return Planner(
        Surroundings(
            adapters={name: SimulatedAdapter(name, Profile()) for name in accounts},
            states={name: AccountState(inf, RetryPolicy(max_attempts=2)) for name in accounts},
            random=Random(0),
        )
    )


def only(actions: list[Action]) -> Action:
    assert len(actions) == 1
    return actions[0]


def test_one_request_and_its_session() -> None:
    machine = planner("north").get("cs_1", None)
    sent = only(machine.step(Demand(), 0.0))
    assert isinstance(sent, Send)
    assert (sent.account, sent.request.path) == ("north", "/sessions/cs_1")
    delivered = only(machine.step(Answered(sent.id, FOUND), 1.0))
    assert isinstance(delivered, Deliver)
    assert [session.id for session in delivered.sessions] == ["cs_1"]
    assert machine.step(Demand(), 2.0) == [Finish()]


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
    machine = planner("north").get("cs_1", None)
    machine.step(Demand(), 0.0)
    wait = only(machine.step(event, 1.0))
    assert isinstance(wait, Wait)
    assert wait.until > 1.0
    assert isinstance(only(machine.step(Woke(), wait.until)), Send)
    assert isinstance(only(machine.step(Answered(1, FOUND), 9.0)), Deliver)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(status=404), NotFound),
        (Response(status=503), ServerError),
        (Response(status=200, body=b"<html>"), UnreadableBody),
    ],
)
def test_what_does_not_pass_is_raised(response: Response, kind: type[ProviderError]) -> None:
    machine = planner("north").get("cs_1", None)
    now, action = 0.0, only(machine.step(Demand(), 0.0))
    while not isinstance(action, Fail):
        now = action.until if isinstance(action, Wait) else now
        event = Woke() if isinstance(action, Wait) else Answered(1, response)
        action = only(machine.step(event, now))
    assert type(action.error) is kind
    assert machine.step(Demand(), now) == [Finish()]


def test_the_account_is_named_where_there_are_several() -> None:
    assert planner("north", "south").get("cs_1", "south")
    with pytest.raises(ConfigurationError, match="north, south"):
        planner("north", "south").get("cs_1", None)
    with pytest.raises(UnknownAccount, match="west"):
        planner("north", "south").get("cs_1", "west")
