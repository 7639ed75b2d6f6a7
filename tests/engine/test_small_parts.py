"""The engine's smallest modules, each by itself: what a wider test would let pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import ClassVar, cast

import attrs
import pytest
from engine.exchanging import FAILED, MISSING, Trial
from simulation.adapter import Profile, SimulatedAdapter
from simulation.made import sessions
from simulation.rows import moment

from unified_checkout.adapters import (
    Compiled,
    Direction,
    NotYetListed,
    Order,
    Paging,
    Place,
    ProviderError,
    ProviderPage,
    Reach,
    Request,
    Stream,
    Window,
)
from unified_checkout.engine.advance import MOST_EMPTY_PAGES, Advance, nothing_yet
from unified_checkout.engine.anchor import Anchor, tells_more_than_time
from unified_checkout.engine.events import Send, Step
from unified_checkout.engine.joining import Told
from unified_checkout.engine.pieces import Pieces
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.seconds import after, moment_of, second
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.surroundings import Budget
from unified_checkout.engine.updates import CatchUp
from unified_checkout.engine.windows import Part
from unified_checkout.errors import NotReady, PagingError
from unified_checkout.model.session import Session

UNLISTED = NotYetListed("not yet", account="north", provider="handmade")


def test_a_window_that_is_not_listed_yet_is_an_empty_page_settled_before_it() -> None:
    page = nothing_yet(Place(window=Window(100, 200)), UNLISTED)
    assert (page.sessions, page.next, page.more) == ([], None, False)
    assert page.settled == moment(100) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    "place",
    [
        Place(),
        Place(window=Window(None, 200)),
        Place(window=Window(100, 200), cursor="next"),
    ],
)
def test_what_is_no_beginning_of_a_window_is_not_taken_for_one(place: Place) -> None:
    with pytest.raises(NotYetListed):
        nothing_yet(place, UNLISTED)


@pytest.mark.parametrize("window", [Window(), Window(100, None), Window(None, 100)])
def test_a_window_without_an_end_says_nothing_of_how_long_pieces_may_be(window: Window) -> None:
    pieces = Pieces(timedelta(seconds=60), 100)
    pieces.learn_too_full(window)
    assert pieces.begin(Window(0, 1000)) == (Window(940, 1000), Window(0, 940))
    pieces.learn_too_full(Window(0, 60))
    assert pieces.begin(Window(0, 1000)) == (Window(970, 1000), Window(0, 970))


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.BACKWARD])
def test_what_all_streams_have_passed_is_forgotten_and_nothing_else(direction: Direction) -> None:
    read = sessions([5, 4, 3, 2, 1])
    if direction is Direction.BACKWARD:
        read.reverse()
    shown = Shown(forgets=lambda: True)
    assert shown.fresh(read) == read
    shown.forget(moment(3), direction)
    assert shown.fresh(read) == read[:2]


def test_what_may_come_again_is_not_forgotten() -> None:
    read = sessions([5, 4])
    shown = Shown(forgets=lambda: False)
    shown.fresh(read)
    shown.forget(moment(0), Direction.FORWARD)
    assert shown.fresh(read) == []


def advance(paging: Paging) -> Advance:
    """Of an account whose places are such."""

    def malformed(message: str, kind: type[ProviderError]) -> ProviderError:
        return kind(message, account="north", provider="handmade")

    plan = SimpleNamespace(compiled=SimpleNamespace(paging=paging))
    return Advance(cast(Scope, SimpleNamespace(plan=plan, malformed=malformed)))


def page(next: str | None, more: bool | None) -> ProviderPage:  # noqa: A002
    return ProviderPage(sessions=[], next=next, more=more)


@pytest.mark.parametrize("paging", Paging)
@pytest.mark.parametrize("next", [None, "b"])
@pytest.mark.parametrize("more", [None, False, True])
def test_behind_a_page_without_a_row_a_list_goes_on_if_it_may_and_says_so(
    paging: Paging,
    next: str | None,  # noqa: A002
    more: bool | None,
) -> None:
    lawful = paging is not Paging.SESSION_ID
    assert advance(paging).goes_on(page(next, more)) is bool(lawful and more and next)


def test_so_many_pages_without_a_row_are_too_many_unless_rows_come_between() -> None:
    patient, checked = page("b", True), sessions([1])
    for paging in (Paging.TOKEN, Paging.OFFSET):
        reader = advance(paging)
        for _ in range(MOST_EMPTY_PAGES):
            assert reader.goes_on(patient)
        with pytest.raises(PagingError, match=f"sent {MOST_EMPTY_PAGES} pages without a row"):
            reader.goes_on(patient)
        reader.check(patient, checked, "a")
        for _ in range(MOST_EMPTY_PAGES):
            assert reader.goes_on(patient)


@pytest.mark.parametrize(
    ("paging", "given", "rows", "said"),
    [
        (
            Paging.SESSION_ID,
            page("b", True),
            0,
            "the provider says that there is more, and sends no session",
        ),
        (
            Paging.TOKEN,
            page(None, True),
            0,
            "the provider says that there is more, and sends no session",
        ),
        (Paging.TOKEN, page(None, True), 1, "the provider names no place to continue from"),
        (Paging.TOKEN, page(None, None), 1, "the provider names no place to continue from"),
        (Paging.TOKEN, page("a", True), 1, "the provider's cursor does not advance"),
        (Paging.TOKEN, page("a", True), 0, "the provider's cursor does not advance"),
        (Paging.TOKEN, page("b", True), 0, None),
        (Paging.SESSION_ID, page("b", True), 1, None),
        (Paging.SESSION_ID, page("a", False), 1, None),
        (Paging.SESSION_ID, page(None, None), 0, None),
        (Paging.OFFSET, page("a", False), 0, None),
    ],
)
def test_a_page_that_is_not_the_last_names_another_place(
    paging: Paging, given: ProviderPage, rows: int, said: str | None
) -> None:
    with pytest.raises(PagingError, match=f": {said}\\. ") if said else nullcontext():
        advance(paging).check(given, sessions(range(rows)), "a")


class Clock:
    """What a catching up knows of its account: the time, and how long a window may be."""

    def __init__(self, longest: timedelta | None, ceiling: float = 1000) -> None:
        self.plan = SimpleNamespace(
            compiled=SimpleNamespace(reach=SimpleNamespace(longest=longest))
        )
        self.ceiling, self.seconds = moment(ceiling), ceiling
        self.outrun = False

    def now(self) -> datetime:
        return moment(self.seconds)

    def follower(self) -> CatchUp:
        return CatchUp(cast(Scope, self))


FIVE_MINUTES = timedelta(minutes=5)


@pytest.mark.parametrize(("later", "more"), [(293, False), (294, True)])
def test_what_was_updated_meanwhile_is_read_until_the_time_is_caught_up(
    later: int, more: bool
) -> None:
    clock = Clock(FIVE_MINUTES)
    follower = clock.follower()
    assert follower.following() == Window(997, 1297)
    clock.seconds += later
    assert follower.following() == (Window(1297, 1597) if more else None)
    assert not clock.outrun


def test_a_window_of_any_length_ends_ten_minutes_from_now() -> None:
    assert Clock(None).follower().following() == Window(997, 1600)


@pytest.mark.parametrize("taken", [300, 360])
def test_who_gains_nothing_five_times_gives_up_and_says_so(taken: int) -> None:
    clock = Clock(FIVE_MINUTES)
    follower, read = clock.follower(), 0
    while read < 20 and follower.following() is not None:
        read += 1
        clock.seconds += taken
    assert (read, clock.outrun) == (5, True)


def test_who_gains_on_the_time_reads_on_however_far_behind() -> None:
    clock = Clock(FIVE_MINUTES)
    follower, ends = clock.follower(), [997]
    clock.seconds = 3000
    while (window := follower.following()) is not None:
        assert window.since == ends[-1]
        assert window.until is not None
        ends.append(window.until)
        clock.seconds += 240
    assert not clock.outrun
    assert len(ends) > 20
    assert ends[-1] > clock.seconds


ONE, OTHER = (Stream(name=name, path="/sessions") for name in ("one", "other"))
BY_UPDATE = Reach(windowed=True, by="updated", longest=FIVE_MINUTES)


@pytest.mark.parametrize(
    ("compiled", "tells"),
    [
        (Compiled(streams=(ONE,), verdicts=()), True),
        (Compiled(streams=(ONE, OTHER), verdicts=()), False),
        (Compiled(streams=(ONE, OTHER), verdicts=(), disjoint=True), True),
        (Compiled(streams=(ONE,), verdicts=(), order=Order.OLDEST_FIRST), True),
        (Compiled(streams=(ONE,), verdicts=(), order=Order.UNDOCUMENTED), False),
        (Compiled(streams=(ONE,), verdicts=(), reach=BY_UPDATE), False),
        (Compiled(streams=(ONE,), verdicts=(), reach=attrs.evolve(BY_UPDATE, longest=None)), True),
        (Compiled(streams=(ONE,), verdicts=(), reach=attrs.evolve(BY_UPDATE, by="created")), True),
    ],
)
def test_a_list_read_anew_tells_more_than_time_where_nothing_moves(
    compiled: Compiled, tells: bool
) -> None:
    assert tells_more_than_time(compiled) is tells


@pytest.mark.parametrize(
    ("id", "created", "ahead", "passed", "behind"),
    [
        ("north-1", 4, False, False, 2),
        ("north-1", 4, True, False, 1),
        ("north-0", 5, True, False, 0),
        ("gone", 4.5, False, False, 0),
        ("gone", 6, False, True, 0),
        ("gone", 2, False, False, None),
        ("gone", 3, False, False, None),
        ("gone", 2, False, True, 0),
    ],
)
@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.BACKWARD])
def test_what_lies_behind_with_a_session(
    id: str,
    created: float,
    ahead: bool,
    passed: bool,
    behind: int | None,
    direction: Direction,
) -> None:
    turned = direction is Direction.BACKWARD
    read = sessions([-at if turned else at for at in (5, 4, 3)])
    anchor = Anchor(moment(-created if turned else created), id, ahead)
    assert anchor.behind(read, direction, passed=passed) == behind


def test_nobody_knows_what_lies_behind_unless_it_is_said_that_all_has_passed() -> None:
    assert Anchor(moment(2), "gone").behind(sessions([5, 4]), Direction.FORWARD) is None


def test_a_whole_second_is_a_moment_and_back() -> None:
    assert (moment_of(None), moment_of(5)) == (None, moment(5))
    assert second(5) == moment(5)
    assert (after(moment(5)), after(moment(5.25))) == (6, 6)


def test_pieces_begin_at_a_day_and_end_where_the_span_does() -> None:
    pieces = Pieces(None, 30)
    assert pieces.most_kept == 3000
    assert pieces.coming(cast("list[Part]", ["newest", "rest"])) == [0.0, 0.0]
    assert pieces.begin(Window(None, 200_000)) == (Window(113_600, 200_000), Window(0, 113_600))
    assert pieces.begin(Window(113_600, 200_000)) == (Window(113_600, 200_000), None)
    assert pieces.begin(Window(113_599, 200_000))[1] == Window(113_599, 113_600)
    with pytest.raises(ValueError, match=r"^a span that is read in pieces has an end$"):
        pieces.begin(Window(0, None))


SEND = Send(1, "north", Request(path="/sessions"))


@pytest.mark.parametrize(
    ("step", "only"),
    [
        (Step(requests=(SEND,)), True),
        (Step(requests=(SEND,), wake=5.0), False),
        (Step(requests=(SEND,), sessions=[]), False),
        (Step(requests=(SEND, SEND)), False),
        (Step(wake=5.0), False),
        (Step(), False),
    ],
)
def test_one_request_is_all_there_is_to_do_or_not(step: Step, only: bool) -> None:
    assert step.is_only_to_send() is only


def test_a_request_that_a_key_was_missing_for_costs_nothing() -> None:
    """It was never sent."""
    trial = Trial()
    for response in (FAILED, FAILED, MISSING):
        trial.send()
        trial.answer(response)
    trial.send()
    with pytest.raises(NotReady):
        trial.exchange.fail(NotReady("no key", account="north", provider="handmade"), trial.now)
    assert (trial.effort.requests, trial.effort.retries) == (3, 2)


AT_REQUESTS, AT_DEADLINE = "stopped at max_requests=3", "stopped at the deadline of 2.5 s"
TIME, REQUESTS = "a deadline of more than 2.5 s", "max_requests=4 or more"


@pytest.mark.parametrize(
    ("budget", "stopped", "least", "enough"),
    [
        (Budget(max_requests=3), AT_REQUESTS, 0, REQUESTS),
        (Budget(max_requests=3), AT_REQUESTS, 9, "max_requests=9 or more"),
        (Budget(deadline=2.5), AT_DEADLINE, 9, TIME),
        (Budget(max_requests=3, deadline=2.5), AT_REQUESTS, 0, REQUESTS),
        (Budget(max_requests=3, deadline=2.5), AT_DEADLINE, 0, TIME),
    ],
)
def test_more_is_to_be_allowed_of_what_a_reading_was_stopped_at(
    budget: Budget, stopped: str, least: int, enough: str
) -> None:
    assert budget.enough(stopped, least) == enough


def test_the_time_of_day_is_told_in_utc() -> None:
    assert Runtime().now().tzinfo is UTC


class Telling(SimulatedAdapter):
    """An adapter some rows of which tell of another, while they are marked so."""

    told_of: ClassVar[dict[str, str]] = {}

    def tells_of(self, session: Session) -> str | None:
        return self.told_of.get(session.id)

    def joined(self, session: Session, told: Mapping[str, Collection[Session]]) -> Session:
        for row in told.get(session.id, ()):
            session = attrs.evolve(session, provider_status=row.id)
        return session


def test_a_row_that_tells_no_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    payment, refund = sessions([1, 2])
    told = Told(Telling("north", Profile()), joins=True)
    monkeypatch.setattr(Telling, "told_of", {refund.id: payment.id})
    told.note([payment, refund])
    assert told.joined([payment])[0].provider_status == refund.id
    monkeypatch.setattr(Telling, "told_of", {})
    told.note([refund])
    assert told.joined([payment]) == [payment]


def test_where_nothing_is_joined_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    payment, refund = sessions([1, 2])
    told = Told(Telling("north", Profile()), joins=False)
    monkeypatch.setattr(Telling, "told_of", {refund.id: payment.id})
    told.note([refund])
    assert told.joined([payment]) == [payment]
