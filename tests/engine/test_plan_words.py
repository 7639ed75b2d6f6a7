"""What a plan says of itself: its texts as a whole, and how many requests it takes at least."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import Any

import attrs
import pytest
from simulation.adapter import Profile, SimulatedAdapter
from simulation.rows import START, moment

from unified_checkout.adapters import Compiled, Direction, Order, Reach
from unified_checkout.engine.plan import Plan, make_plan
from unified_checkout.errors import InvalidQuery
from unified_checkout.model.query import ListSessions

NOW = moment(START)
ASKED = {"created": {"gte": "1970-01-01T00:05:00.500Z", "lt": "1970-01-01T00:15:00.500Z"}}
TWO = ("north", "south")


class Styled(SimulatedAdapter):
    """An adapter whose lists are as a test wants them."""

    style: dict[str, Any]

    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        if query.status is not None and self.style.get("streams") == ():
            return attrs.evolve(compiled, streams=())
        return attrs.evolve(
            compiled, **{name: value for name, value in self.style.items() if name != "streams"}
        )


def plan(fields: dict[str, Any] | None = None, *names: str, **style: Any) -> Plan:
    adapters = {name: Styled(name, Profile()) for name in names or ("north",)}
    for adapter in adapters.values():
        adapter.style = style
    return make_plan(ListSessions.model_validate(fields or {}), adapters, NOW)


def test_a_plan_is_shown_in_a_line() -> None:
    assert repr(plan({}, *TWO)) == "Plan(all; accounts: north, south)"
    asked = plan({**ASKED, "status": "open"})
    assert repr(asked) == (
        "Plan(created >= 1970-01-01T00:05:00.500000Z, created < 1970-01-01T00:15:00.500000Z, "
        "status = open; accounts: north)"
    )


ACCOUNTS = """

north (simulated)
  request      GET /sessions?size=100
  residual     nothing: the provider evaluates every condition
  order        newest first
  end of list  the provider says that there is no more; cursor is a session id
  reading      page after page: it cannot be divided into windows
  cost         at least 1 request; one for each 100 rows that are read"""


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (None, None, "at any time"),
        (5, None, "from 1970-01-01T00:00:05Z on"),
        (None, 9, "before 1970-01-01T00:00:09Z"),
        (5, 9, "from 1970-01-01T00:00:05Z on and before 1970-01-01T00:00:09Z"),
    ],
)
def test_a_part_is_explained_as_a_whole(since: int | None, until: int | None, said: str) -> None:
    ends = [None if end is None else moment(end) for end in (since, until)]
    first = "sessions created until 1970-01-01T00:16:40Z, newest first"
    part = f"of these, the part created {said}"
    assert str(plan().within(*ends)) == f"{first}\n{part}{ACCOUNTS}"
    assert str(plan()) == f"{first}{ACCOUNTS}"
    assert str(plan({"limit": 7})).startswith(f"{first}, at most 7\n")


def test_a_part_is_a_part_of_its_own_question() -> None:
    """A cursor of one must not lead on in another."""
    paid, unpaid = (plan({"payment_status": one}) for one in ("paid", "unpaid"))
    part = paid.within(moment(5), moment(9))
    assert part.fingerprint == f"{paid.fingerprint}/5-9"
    assert part.within(until=moment(7)).fingerprint == f"{paid.fingerprint}/5-7"
    assert part.fingerprint != unpaid.within(moment(5), moment(9)).fingerprint


def test_an_empty_part_is_refused() -> None:
    with pytest.raises(InvalidQuery) as refused:
        plan().within(moment(9), moment(9))
    assert str(refused.value) == "within: the span is empty; since must come before until"


def test_options_of_a_provider_that_is_not_asked_are_refused() -> None:
    with pytest.raises(InvalidQuery) as refused:
        make_plan(
            ListSessions(provider_options={"simulatd": {}}),
            {"north": SimulatedAdapter("north", Profile()), "east": Eastern("east", Profile())},
            NOW,
        )
    assert str(refused.value) == (
        "provider_options: no account asked is at provider 'simulatd'; "
        "allowed: eastern, simulated; did you mean 'simulated'?"
    )


class Eastern(SimulatedAdapter):
    """An adapter of another provider, which reads towards newer sessions."""

    name = "eastern"

    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), direction=Direction.BACKWARD)


def test_all_accounts_are_read_in_one_direction() -> None:
    adapters = {
        "north": SimulatedAdapter("north", Profile()),
        "east": Eastern("east", Profile()),
    }
    with pytest.raises(InvalidQuery) as refused:
        make_plan(ListSessions(), adapters, NOW)
    assert str(refused.value) == (
        "provider_options: reading towards newer sessions works for one provider at a time; "
        "name its accounts with accounts=..."
    )
    east = make_plan(ListSessions(accounts=["east"]), adapters, NOW)
    assert east.direction is Direction.BACKWARD


def test_wherever_it_is_asked_a_plan_tells_the_time_in_utc() -> None:
    elsewhere = timezone(timedelta(hours=9))
    adapters = {"north": SimulatedAdapter("north", Profile())}
    made = make_plan(ListSessions(), adapters, NOW.astimezone(elsewhere))
    assert made.ceiling.tzinfo is UTC
    assert made == make_plan(ListSessions(), adapters, NOW)


SHORT = timedelta(seconds=100)
PIECES = Reach(windowed=True, longest=SHORT, earliest=timedelta(seconds=950))
BY_UPDATE = attrs.evolve(PIECES, by="updated")


@pytest.mark.parametrize(
    ("fields", "style", "least"),
    [
        ({}, {}, 1),
        ({}, {"reach": Reach(windowed=True)}, 1),
        (ASKED, {"reach": Reach(longest=SHORT)}, 1),  # read as a list, whatever it may be asked
        ({}, {"reach": attrs.evolve(PIECES, earliest=None)}, 1),
        ({}, {"reach": PIECES}, 10),  # 951 s
        (ASKED, {"reach": PIECES}, 7),  # 601 s
        ({"created": {"gte": "1970-01-01T00:15:00.500Z"}}, {"reach": PIECES}, 2),
        ({"created": {"lt": "1970-01-01T00:15:00.500Z"}}, {"reach": PIECES}, 9),
        ({"status": "complete"}, {"reach": PIECES}, 10),
        (ASKED, {"reach": BY_UPDATE}, 8),  # what was created until then may be updated until now
        (ASKED, {"reach": attrs.evolve(PIECES, earliest=None)}, 7),
        (ASKED | {"limit": 5}, {"reach": PIECES}, 1),
        (
            ASKED,
            {"reach": Reach(windowed=True, required=True), "order": Order.OLDEST_FIRST},
            1,
        ),
    ],
)
def test_a_plan_knows_how_many_requests_it_takes_at_least(
    fields: dict[str, Any], style: dict[str, Any], least: int
) -> None:
    made = plan(fields, *TWO, **style)
    assert made.least_requests == 2 * least
    assert [one.least_requests for one in made.accounts] == [least, least]


def test_of_a_part_only_that_is_read() -> None:
    whole = plan({}, reach=PIECES)
    assert whole.within(moment(500), moment(700)).least_requests == 2
    assert whole.within(until=moment(700)).least_requests == 7
    assert whole.within(since=moment(0)).least_requests == 10
    updated = plan({}, reach=BY_UPDATE)
    assert updated.within(moment(500), moment(700)).least_requests == 6


def test_a_plan_knows_whether_what_is_open_is_listed() -> None:
    [listed] = plan().accounts
    [left_out] = plan({}, streams=()).accounts
    assert (listed.shows_open, left_out.shows_open) == (True, False)
