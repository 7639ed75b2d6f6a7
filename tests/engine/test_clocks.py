"""Clocks that disagree, and lists that settle late: up to when an answer covers everything."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from engine.handmade import NOW, Handmade, rows
from engine.world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation.rows import moment

from unified_checkout.adapters import Order, Paging, Reach, Response
from unified_checkout.engine.clocks import Clocks
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.planner import Manner
from unified_checkout.model.query import ListSessions

TEN_MINUTES = 600.0
AROUND = [NOW + 599, NOW + 300, NOW, NOW - 300, NOW - 599, NOW - 700]
DAILY = Reach(windowed=True, required=True, longest=timedelta(days=1), earliest=timedelta(days=9))


def shop(**style: Any) -> Handmade:
    return Handmade(rows=rows(*AROUND), **style)


STYLES = pytest.mark.parametrize(
    "style",
    [
        {},
        {"order": Order.OLDEST_FIRST},
        {"reach": Reach(windowed=True)},
        {"reach": DAILY},
        {"reach": DAILY, "order": Order.UNDOCUMENTED},
        {"reach": DAILY, "paging": Paging.TOKEN},
    ],
    ids=str,
)


@STYLES
def test_a_clock_that_is_slow_here_leaves_nothing_out(style: dict[str, Any]) -> None:
    """A computer ten minutes behind would take the newest sessions for later ones."""
    answer = World(shop(ahead=TEN_MINUTES, **style)).ask()
    assert answer.ids == ["s-0", "s-1", "s-2", "s-3", "s-4", "s-5"]
    assert answer.said.complete
    assert answer.said.clock_behind == pytest.approx(TEN_MINUTES, abs=2)
    assert answer.said.created_to == moment(NOW + TEN_MINUTES)
    assert "the clock here is 600 s behind the provider's" in str(answer.said)


@STYLES
def test_a_clock_that_is_fast_here_claims_nothing_of_the_future(style: dict[str, Any]) -> None:
    """What is created while the provider's clock comes to the one here may still arrive."""
    answer = World(shop(ahead=-TEN_MINUTES, **style)).ask()
    assert answer.ids == ["s-5"]
    assert answer.said.created_to == moment(NOW - TEN_MINUTES)
    assert answer.said.covers_to == moment(NOW - TEN_MINUTES)
    assert "the clock here is 600 s ahead of the provider's" in str(answer.said)


@pytest.mark.parametrize("ahead", [-1.0, 0.0, 1.0, 2.0, None])
def test_clocks_that_agree_within_two_seconds_change_nothing(ahead: float | None) -> None:
    answer = World(shop(ahead=ahead)).ask()
    assert answer.ids == ["s-2", "s-3", "s-4", "s-5"]
    assert answer.said.clock_behind is None
    assert answer.said.created_to == moment(NOW)


@pytest.mark.parametrize("date", ["yesterday", "", "Thu, 99 Nov 2026 25:00:00 GMT"])
def test_a_date_that_is_none_changes_nothing(date: str) -> None:
    answer = World(shop(headers={"date": date})).ask()
    assert answer.said.clock_behind is None
    assert answer.ids == ["s-2", "s-3", "s-4", "s-5"]


def test_an_answer_that_took_long_does_not_make_a_clock_fast() -> None:
    """Its date may be that of the moment at which the request arrived."""
    slow = shop()
    slow.turns[1] = lambda request: None
    world = World(slow, latency=30.0)
    slow.headers = {"date": "Mon, 21 Sep 2026 14:13:20 GMT"}
    assert moment(NOW).strftime("%a, %d %b %Y %H:%M:%S GMT") == slow.headers["date"]
    assert world.ask().said.clock_behind is None


def test_only_the_first_answer_is_asked_for_its_date() -> None:
    """The upper bound does not move any more once sessions were counted by it."""
    later = Handmade(rows=rows(*(NOW - at for at in range(20))), page_size=5, ahead=0.0)

    def jump(request: object) -> None:
        later.ahead = TEN_MINUTES

    later.turns[2] = jump
    said = World(later).ask().said
    assert (said.clock_behind, said.created_to) == (None, moment(NOW))


def test_each_account_goes_by_its_own_provider_s_clock() -> None:
    world = World({"north": shop(ahead=TEN_MINUTES), "south": shop(ahead=0.0)})
    answer = world.ask()
    north, south = answer.machine.coverage().accounts
    assert (len(answer.ids), north.created_to, south.created_to) == (
        10,
        moment(NOW + TEN_MINUTES),
        moment(NOW),
    )


@pytest.mark.parametrize("paging", Paging)
@pytest.mark.parametrize("reach", [Reach(), DAILY], ids=["whole", "windows"])
def test_the_provider_s_own_now_stays_the_bound_beyond_a_cursor(
    paging: Paging, reach: Reach
) -> None:
    slow = shop(ahead=TEN_MINUTES, paging=paging, page_size=2, reach=reach)
    world = World(slow)
    first = world.ask(ListSessions(limit=2))
    assert first.ids == ["s-0", "s-1"]
    if paging is not Paging.OFFSET:
        slow.rows += rows(NOW + 650, prefix="later")
    world.now += 100
    rest = world.ask(manner=Manner(cursor=encode_cursor(first.machine.position(0))))
    assert rest.ids == ["s-2", "s-3", "s-4", "s-5"]
    assert rest.said.created_to == moment(NOW + TEN_MINUTES)


@settings(deadline=None)
@given(
    st.sampled_from([-TEN_MINUTES, -30.0, -1.0, 0.0, 1.0, 30.0, TEN_MINUTES]),
    st.integers(1, 6),
    st.sampled_from(Paging),
    st.sampled_from(Order),
    st.sampled_from([Reach(), Reach(windowed=True), DAILY]),
)
def test_whatever_the_clocks_no_session_is_lost_or_repeated_at_cursors(
    ahead: float, limit: int, paging: Paging, order: Order, reach: Reach
) -> None:
    skewed = shop(ahead=ahead, paging=paging, order=order, reach=reach, page_size=2)
    found: list[str] = []
    cursor = None
    for _ in range(9):
        answer = World(skewed).ask(ListSessions(limit=limit), Manner(cursor=cursor))
        found += answer.ids
        if answer.machine.exhausted:
            break
        cursor = encode_cursor(answer.machine.position(0))
    bound = NOW + ahead if abs(ahead) > 2 else NOW
    assert found == [f"s-{index}" for index, at in enumerate(AROUND) if at <= bound]


# What settles late.


def test_younger_sessions_than_settle_are_not_covered() -> None:
    late = shop(reach=Reach(settles=timedelta(minutes=3)))
    said = World(late).ask().said
    assert said.complete
    assert said.covers_to == moment(NOW - 180)
    assert said.created_to == moment(NOW)
    assert "covers what was created until 2026-09-21T14:10:20Z" in str(said)
    assert said.promise.startswith("part: ")
    assert "created until 2026-09-21T14:10:20Z" in said.promise


def test_a_list_that_says_up_to_when_it_is_settled_covers_no_more() -> None:
    said = World(shop(settled=NOW - 400)).ask().said
    assert said.covers_to == moment(NOW - 400)
    assert said.promise.startswith("part: ")


def test_of_several_pages_the_one_that_is_settled_least_counts() -> None:
    late = shop(settled=NOW - 400, page_size=2)

    def less(request: object) -> None:
        late.settled = NOW - 500

    def more(request: object) -> None:
        late.settled = NOW - 100

    late.turns = {2: less, 3: more}
    assert World(late).ask().said.covers_to == moment(NOW - 500)


def test_a_provider_settled_beyond_the_upper_bound_covers_up_to_that() -> None:
    said = World(shop(settled=NOW + 5)).ask().said
    assert said.covers_to == moment(NOW)
    assert said.promise.startswith("full: ")


@STYLES
def test_whoever_begins_at_a_moment_goes_by_the_clock_of_the_provider_too(
    style: dict[str, Any],
) -> None:
    """What was created between the clock here and the moment is not later than now."""
    slow = World(shop(ahead=TEN_MINUTES, **style))
    answer = slow.ask(manner=Manner(after=moment(NOW + 400)))
    assert answer.ids == ["s-1", "s-2", "s-3", "s-4", "s-5"]
    assert answer.said.complete
    newer = slow.ask(manner=Manner(before=moment(NOW - 300)))
    assert sorted(newer.ids) == ["s-0", "s-1", "s-2"]
    assert newer.said.complete
    assert newer.said.created_to == moment(NOW + TEN_MINUTES)


@STYLES
def test_what_is_counted_back_from_a_fast_clock_is_not_called_complete(
    style: dict[str, Any],
) -> None:
    """Of the last five minutes, a clock that is ten minutes ahead asks for nothing at all."""
    answer = World(shop(ahead=-TEN_MINUTES, **style)).ask(ListSessions(last="5m"))
    assert answer.ids == []
    assert answer.said.reason.startswith(
        "last was counted back from the clock here, which is 600 s"
    )
    assert not answer.said.complete
    slow = World(shop(ahead=TEN_MINUTES, **style)).ask(ListSessions(last="5m"))
    assert slow.ids == ["s-0", "s-1", "s-2", "s-3"]
    assert slow.said.complete
    assert World(shop(ahead=0.0, **style)).ask(ListSessions(last="5m")).said.complete


@STYLES
@pytest.mark.parametrize("paging", [Paging.TOKEN, Paging.OFFSET])
@pytest.mark.parametrize("ahead", [None, 0.0, TEN_MINUTES])
def test_whoever_begins_beside_a_session_begins_right_there(
    style: dict[str, Any], paging: Paging, ahead: float | None
) -> None:
    """Whether or not the provider tells the time: of one moment, others stand before and after."""
    moments = [NOW + 300, *[NOW - 300] * 3, *[NOW - 599] * 3]
    pages = {"paging": paging, "page_size": 2}
    listed = Handmade(rows=rows(*moments), ahead=ahead, **(style | pages))
    sessions = World(listed).ask().sessions
    ids = [session.id for session in sessions]
    assert len(ids) == (7 if ahead else 6)
    fixed = listed.order is not Order.UNDOCUMENTED
    for number, session in enumerate(sessions):
        older = World(listed).ask(manner=Manner(after=session))
        assert older.said.complete
        siblings = [one.id for one in sessions if one.created == session.created]
        wanted = ids[number + 1 :] if fixed else [*siblings, *ids[number + 1 :]]
        assert set(older.ids) <= set(wanted)
        assert set(ids[number + 1 :]) <= set(older.ids)


@STYLES
def test_what_is_asked_from_beyond_a_slow_clock_s_now_is_found(style: dict[str, Any]) -> None:
    """Asked from five minutes ahead of the clock here, which is ten minutes behind."""
    answer = World(shop(ahead=TEN_MINUTES, **style)).ask(
        ListSessions.model_validate({"created": {"gte": moment(NOW + 300)}})
    )
    assert answer.ids == ["s-0", "s-1"]
    assert answer.said.complete


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("behind", "latency", "agree"),
    [(2.0, 0.5, True), (2.1, 0.5, False), (-3.5, 0.5, True), (-3.6, 0.5, False)],
)
def test_clocks_agree_within_two_seconds_and_what_whole_ones_hide(
    behind: float, latency: float, agree: bool
) -> None:
    """``Date`` may be up to a second older than the moment at which a request was sent."""
    clocks = Clocks(moves=True)
    date = format_datetime(NOON, usegmt=True)
    here = NOON - timedelta(seconds=behind)
    told = clocks.compare(Response(status=200, headers={"date": date}), here, latency)
    assert told == (None if agree else NOON)
    assert clocks.behind == (0 if agree else pytest.approx(behind))
    assert not clocks.may_move


def test_only_a_date_that_names_its_zone_tells_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first that does is given in UTC, wherever this is; no later one is looked at."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    clocks = Clocks(moves=True)
    for date in ("Fri, 20 Nov 2026 09:00:00 -0000", "yesterday", "Fri, 20 Nov 2026 12:00:00 GMT"):
        assert clocks.may_move
        told = clocks.compare(
            Response(status=200, headers={"date": date}), NOON - timedelta(hours=1), 0.0
        )
    monkeypatch.undo()
    time.tzset()
    assert told is not None
    assert (told, told.utcoffset()) == (NOON, timedelta(0))
    assert clocks.compare(Response(status=200, headers={"date": date}), NOON, 0.0) is None
    assert clocks.behind == 3600
