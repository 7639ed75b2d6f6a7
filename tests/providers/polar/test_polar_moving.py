"""While Polar's pages are counted sessions begin, change and finish, and nobody is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import attrs
import pytest
from asking import AskAsync, Asker, AskSync, matches
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import AsyncClient, Client, Customer, ListSessions
from unified_checkout.sandbox import Facts, Sandbox

NOW = 1_795_000_000
PEOPLE = [Customer(id=f"cus_{number}", email=f"buyer_{number}@example.com") for number in range(2)]
LATER = ("complete", "expired", "failed")

LAW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@attrs.frozen
class Shop:
    """A sandbox, and one way of asking it."""

    sandbox: Sandbox
    ask: Asker


@pytest.fixture(scope="module", params=["Client", "AsyncClient"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(facts=[], now=NOW, providers=["polar"]))
        if request.param == "Client":
            yield Shop(sandbox, AskSync(stack.enter_context(Client(sandbox.accounts))))
            return
        runner = stack.enter_context(asyncio.Runner())
        client = AsyncClient(sandbox.accounts)
        stack.callback(lambda: runner.run(client.close()))
        yield Shop(sandbox, AskAsync(client, runner))


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"status": ("open",)},
    {"status": ("complete",)},
    {"status": ("complete", "expired")},
    {"status": ("failed", "open")},
    {"status": ("complete",), "email": PEOPLE[0].email},
    {"email": PEOPLE[0].email},
    {"status": ("open", "complete"), "email": PEOPLE[0].email},
    {"payment_status": ("unpaid",)},
]
CHANGE = st.tuples(st.integers(0, 9), st.sampled_from(("arrives", "types", *LATER)))
STATUS = st.sampled_from(("open", "open", "open", *LATER))


@LAW
@given(
    statuses=st.lists(STATUS, min_size=12, max_size=24),
    changes=st.lists(st.lists(CHANGE, min_size=1, max_size=4), min_size=2, max_size=8),
    fields=st.sampled_from(QUESTIONS),
    size=st.integers(1, 5),
)
def test_who_matches_all_the_time_is_found_once(
    shop: Shop,
    statuses: list[str],
    changes: list[list[tuple[int, str]]],
    fields: dict[str, Any],
    size: int,
) -> None:
    sandbox = shop.sandbox
    for gone in sandbox.truth("polar"):
        sandbox.vanish("polar", gone.id)
    sandbox.arrive("polar", reversed([*held(statuses)]))
    seen: dict[str, list[bool]] = {}

    def note() -> None:
        for one in sandbox.truth("polar"):
            seen.setdefault(one.id, []).append(matches(one, fields))

    def meanwhile(number: int) -> None:
        for index, what in changes[number - 2] if 2 <= number < len(changes) + 2 else ():
            truth = sandbox.truth("polar")
            if what == "arrives":
                sandbox.arrive("polar", held(["open"], f"new-{number}-{index}-{len(truth)}", NOW))
                continue
            one = truth[index % len(truth)]
            if what == "types":
                sandbox.change("polar", one.id, customer_email="another@example.com")
            elif one.status == "open":
                sandbox.change("polar", one.id, status=what)
        note()

    note()
    at_first = set(seen)
    sandbox.on_request("polar", meanwhile)
    reading = shop.ask.read(ListSessions.model_validate({**fields, "page_size": size}))
    sandbox.on_request("polar", None)
    found = [session.id for session in reading.sessions]
    assert len(found) == len(set(found))
    assert {id for id in at_first if all(seen[id])} <= set(found)
    assert set(found) <= {id for id, matched in seen.items() if any(matched)}
    assert reading.coverage.complete


def held(statuses: list[str], name: str = "held", now: int = NOW - 60) -> Iterator[Facts]:
    """The newest first."""
    for number, status in enumerate(statuses):
        yield Facts(
            serial=f"{name}-{number}",
            created=now - 5 * number,
            status=status,
            amount_total=100,
            customer=PEOPLE[number % 2],
            customer_email=PEOPLE[number % 2].email,
        )
