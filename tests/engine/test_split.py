"""Where a list is cut into windows of time: never where no session can be."""

from __future__ import annotations

from itertools import chain
from random import Random
from typing import Any

import pytest
from simulation.adapter import Profile, SimulatedAdapter, Style
from simulation.driver import Clock, Sent, SimulatedDriver
from simulation.faults import Weather
from simulation.provider import SimulatedProvider, Unrest
from simulation.rows import Row, moment

from unified_checkout.engine.planner import Manner, Planner
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.surroundings import Surroundings
from unified_checkout.model.query import ListSessions

NOW = 1_790_000_000.0
SIX_YEARS = 6 * 365 * 86_400.0
PROFILE = Profile(style=Style.SILENT, splittable=True)

SPARSE = [NOW - SIX_YEARS * number / 250 for number in range(250)]
DENSE = [NOW - 60.0 * number for number in range(250)]
ANCIENT = [*DENSE[:50], *(float(second) for second in range(99, -1, -1))]


class Listing:
    """What was listed of an account that holds these sessions, and where its list was cut."""

    def __init__(self, created: list[float], query: ListSessions, seed: int) -> None:
        random = Random(seed)
        rows = [
            Row(f"north-{number}", at, (at, -number), "ann", [(0.0, "paid")])
            for number, at in enumerate(created)
        ]
        provider = SimulatedProvider("north", PROFILE, rows, Weather(), Unrest())
        driver = SimulatedDriver(
            clock=Clock(NOW), providers={"north": provider}, latencies={"north": 1.0}, random=random
        )
        planner = Planner(
            Surroundings(
                adapters={"north": SimulatedAdapter("north", PROFILE)},
                states={"north": AccountState(Pace(100.0), RetryPolicy())},
                runtime=Runtime(
                    now=lambda: moment(NOW), monotonic=lambda: driver.clock.now, random=random
                ),
            )
        )
        machine = planner.listing(query, Manner())
        listed = chain.from_iterable(driver.run(machine))
        self.created = [session.created.timestamp() for session in listed]
        self.cuts = {
            int(value)
            for event in driver.journal
            if isinstance(event, Sent)
            for name, value in event.call.request.parameters
            if name == "until"
        }


@pytest.mark.parametrize("query", [{}, {"created": {"gte": "0001-01-01"}}], ids=["all", "bounded"])
@pytest.mark.parametrize(
    "created",
    [SPARSE, [*DENSE, 7.0], ANCIENT],
    ids=["sparse", "one ancient row", "many ancient rows"],
)
def test_no_cut_is_at_the_beginning_of_time_or_before(
    created: list[float], query: dict[str, Any]
) -> None:
    for seed in range(6):
        listing = Listing(created, ListSessions.model_validate(query), seed)
        assert listing.created == created
        assert all(cut > 0 for cut in listing.cuts)


def test_a_sparse_list_is_cut_all_the_same() -> None:
    assert Listing(SPARSE, ListSessions(), 0).cuts
