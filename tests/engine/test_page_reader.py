"""``PageReader`` alone: what it asks for next, and where its list goes on."""

from __future__ import annotations

import attrs
import pytest
from engine.alone import SECOND, Alone, Watching, after, at, shop
from engine.handmade import BUSY, EXPIRED, NOT_YET, NOW, Row
from simulation.adapter import REFUSAL
from simulation.made import session

from unified_checkout.adapters import (
    Direction,
    Order,
    Paging,
    Pushdown,
    Reach,
    Request,
    Response,
    Window,
)
from unified_checkout.engine.position import StreamPosition
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.supply import Need
from unified_checkout.errors import NotFound, NotYetListed, PlaceExpired, ServerError
from unified_checkout.model.query import ListSessions

BACKWARD = Direction.BACKWARD
TOKEN, OFFSET = Paging.TOKEN, Paging.OFFSET
WINDOWED = Reach(windowed=True)
ALL = (("list", "sessions"), ("size", "3"))


# What it asks for.


@pytest.mark.parametrize(
    ("paging", "asked"),
    [
        (Paging.SESSION_ID, [{}, {"after": "s-2"}, {"after": "s-5"}]),
        (TOKEN, [{}, {"token": "s-2~0"}, {"token": "s-5~0"}]),
        (OFFSET, [{}, {"offset": "3"}, {"offset": "6"}]),
    ],
)
@pytest.mark.parametrize(
    "window", [None, Window(SECOND - 20, SECOND + 1), Window(None, SECOND + 1)]
)
def test_a_list_is_read_to_its_end_page_after_page(
    paging: Paging, asked: list[dict[str, str]], window: Window | None
) -> None:
    alone = Alone(shop(paging=paging, reach=WINDOWED), {"window": window})
    ends = {}
    if window is not None:
        ends = {"since": window.since, "until": window.until}
    for number, place in enumerate(asked):
        said = {name: str(end) for name, end in ends.items() if end is not None}
        assert alone.reader.wanted(Need(None, now=True)) == (alone.reader,)
        assert alone.reader.pages == number
        assert alone.asks() == {"size": "10", **said, **place}
        alone.read()
    assert alone.reader.done
    assert alone.reader.wanted(Need(None, now=True)) == ()
    assert alone.ready == "s-0 s-1 s-2 s-3 s-4 s-5 s-6"
    assert alone.reader.missing == 0
    assert not alone.reader.left_early


def test_nothing_is_asked_for_that_nobody_waits_for() -> None:
    assert Alone(shop()).reader.wanted(Need(None, now=False)) == ()


def test_a_request_under_way_is_not_made_anew() -> None:
    reader = Alone(shop()).reader
    assert reader.next_exchange(5) is reader.next_exchange(7)


@pytest.mark.parametrize("windowed", [False, True])
def test_a_window_is_sent_only_where_the_list_has_windows(windowed: bool) -> None:
    alone = Alone(shop(reach=Reach(windowed=windowed)), {"window": Window(5, 9)})
    assert ("since" in alone.asks()) is windowed


@pytest.mark.parametrize(
    ("size", "page_size", "asked"),
    [(1, 100, "2"), (10, 100, "11"), (99, 100, "100"), (100, 100, "100"), (1, 1, "2")],
)
def test_where_pages_begin_with_the_session_asked_from_one_more_is_asked_for(
    size: int, page_size: int, asked: str
) -> None:
    """Since that one is known: but for the first page, and no more than a page holds."""
    one = attrs.evolve(shop(inclusive=True), page_size=page_size)
    assert Alone(one).asks(size)["size"] == str(size)
    assert Alone(one, {"start": after(2)}).asks(size)["size"] == asked


def test_a_session_that_a_page_begins_with_again_counts_as_read_twice() -> None:
    alone = Alone(shop(inclusive=True), {"start": after(2)}).read()
    assert alone.ready == "s-3 s-4"
    assert alone.scope.tally.duplicates == 1
    gone = shop(inclusive=True)
    gone.rows[2].stream = ""
    alone = Alone(gone, {"start": after(2)}).read()
    assert alone.ready == "s-3 s-4 s-5"
    assert alone.scope.tally.duplicates == 0


def test_ids_are_compared_with_places_only_where_pages_begin_with_the_session_asked_from() -> None:
    """That a place which is a number looks like an id is chance."""
    one = shop(paging=OFFSET)
    one.rows[3].id = "3"
    assert Alone(one).read(2).ready == "s-0 s-1 s-2 3 s-4 s-5"


@pytest.mark.parametrize("window", [Window(5, 9), None])
def test_a_place_between_pages_is_asked_for_with_the_window_that_it_belongs_to(
    window: Window | None,
) -> None:
    """However little is left of it: the place counts in the list as it was asked for first."""
    place = StreamPosition(cursor="3")
    alone = Alone(shop(paging=OFFSET, reach=WINDOWED), {"window": window, "start": place})
    alone.reader.shrink(Window(7, None))
    said = {} if window is None else {"since": "5", "until": "9"}
    assert alone.asks() == {"size": "10", **said, "offset": "3"}


def test_a_session_is_a_place_in_whatever_is_left_of_a_window() -> None:
    one = shop(reach=WINDOWED)
    alone = Alone(one, {"window": Window(SECOND - 50, SECOND + 1)}).read()
    alone.reader.shrink(Window(SECOND - 5, None))
    asked = alone.asks()
    assert (asked["since"], asked["until"]) == (str(SECOND - 5), str(SECOND + 1))


# Beginning with a session that is fetched.


def test_a_place_that_includes_its_session_begins_with_it() -> None:
    alone = Alone(shop(), {"start": after(2, inclusive=True), "direction": BACKWARD})
    assert alone.asks() == {"path": "/sessions/s-2"}
    alone.read()
    assert alone.ready == "s-2"
    assert alone.asks() == {"size": "10", "before": "s-2"}
    assert (alone.scope.tally.rows_read, alone.scope.tally.vanished) == (1, 0)
    alone.read()
    assert alone.ready == "s-2 s-1 s-0"
    assert alone.reader.done


def test_a_session_to_begin_with_that_is_gone_is_counted() -> None:
    one = shop()
    one.rows[2].stream = ""
    alone = Alone(one, {"start": after(2, inclusive=True), "direction": BACKWARD}).read()
    assert alone.scope.tally.vanished == 1
    assert alone.place(0) == after(2)
    assert alone.asks() == {"size": "10", "before": "s-2"}
    assert alone.read().ready == "s-1 s-0"


def test_without_an_id_there_is_no_session_to_begin_with() -> None:
    assert Alone(shop(), {"start": StreamPosition(inclusive=True)}).asks() == {"size": "10"}


def test_the_path_of_a_list_is_remembered_and_that_of_a_session_is_not() -> None:
    alone = Alone(shop(), {"start": after(2, inclusive=True)}).read()
    paths = alone.scope.access.state.working_paths
    assert paths == {}
    alone.read()
    assert paths == {"/sessions": "/sessions"}


def test_a_session_that_was_fetched_contradicts_no_list() -> None:
    """Nobody was asked whether it meets the conditions."""
    one = shop(claims={"status": Pushdown.EXACT})
    one.rows[2].status = "open"
    place = after(2, inclusive=True)
    alone = Alone(one, {"start": place}, query=ListSessions(status=("complete",))).read()
    assert alone.ready == ""
    tally = alone.scope.tally
    assert (tally.rows_dropped, tally.contradicting) == (1, 0)
    assert alone.scope.residual.doubted == ()


# What it counts and tells.


def test_what_it_reads_is_counted_up() -> None:
    one = shop(inclusive=True)
    one.rows[2].stream = ""
    place = after(2, inclusive=True)
    alone = Alone(one, {"start": place})
    alone.scope.tally.vanished = 4
    alone.read()
    assert alone.scope.tally.vanished == 5
    alone = Alone(shop(inclusive=True), {"start": place})
    alone.scope.tally.rows_read = 4
    alone.read()
    assert alone.scope.tally.rows_read == 5
    alone.read(2)
    assert (alone.scope.tally.rows_read, alone.scope.tally.duplicates) == (11, 2)


def test_what_arrivals_have_shifted_counts_as_read_twice() -> None:
    alone = Alone(shop(paging=OFFSET)).read()
    alone.shop.rows.insert(0, Row(id="new", created=NOW))
    alone.read()
    assert alone.ready == "s-0 s-1 s-2 s-3 s-4"
    assert alone.scope.tally.duplicates == 1


def test_observers_are_told_of_each_page() -> None:
    watching = Watching()
    one = shop()
    one.rows[1].status = "complete"
    Alone(one, query=ListSessions(status=("complete",)), observers=(watching,)).read(2)
    assert watching.told == [("north", 3, 1), ("north", "s-1"), ("north", 3, 0), ("north",)]


def test_what_rows_tell_of_others_is_kept() -> None:
    one = shop(order=Order.OLDEST_FIRST, joins=True)
    one.rows[5].note = "s-6"
    alone = Alone(one).read()
    [joined] = alone.scope.told.joined([session("s-6", NOW - 6)])
    assert joined.invoice == "s-5"


def test_what_another_list_has_shown_is_not_shown_again() -> None:
    shown = Shown(forgets=lambda: False)
    shown.fresh([session("s-1", NOW - 1)])
    assert Alone(shop(), shown=shown).read().ready == "s-0 s-2"


def test_a_provider_that_does_not_keep_to_a_window_is_noticed() -> None:
    asked = {"window": Window(SECOND, SECOND + 1)}
    assert Alone(shop(reach=WINDOWED), asked).read().scope.windows_hold
    alone = Alone(shop(reach=WINDOWED), asked)
    alone.asks()
    alone.take_in(shop().serve(Request(path="/sessions", parameters=ALL), NOW, None))
    assert not alone.scope.windows_hold


# Failures.


def test_a_list_that_is_not_found_says_what_to_look_at() -> None:
    with pytest.raises(NotFound) as raised:
        Alone(shop()).take_in(Response(status=404, body=REFUSAL))
    said = "check base_url, and the ids that the query, its place and the account's options name"
    assert raised.value.hint == said
    told = NotFound("no", account="north", provider="handmade", hint="ask again")
    with pytest.raises(NotFound) as raised:
        Alone(shop()).take_in(told)
    assert raised.value.hint == "ask again"


def test_a_failure_that_may_pass_leaves_the_request_to_be_sent_again() -> None:
    down = ServerError("down", account="north", provider="handmade")
    for failure in (down, Response(status=500), BUSY):
        alone = Alone(shop())
        exchange = alone.reader.next_exchange(10)
        exchange.start(NOW)
        alone.take_in(failure)
        assert alone.reader.exchange is exchange
        assert not exchange.sent
        assert alone.scope.tally.retries == 1
        alone.read()
        assert alone.ready == "s-0 s-1 s-2"


def test_a_window_that_is_not_listed_yet_has_ended_and_is_settled_up_to_it() -> None:
    window = Window(SECOND - 5, SECOND + 1)
    alone = Alone(shop(reach=WINDOWED), {"window": window})
    alone.asks()
    alone.take_in(NOT_YET)
    assert alone.reader.done
    assert alone.reader.exchange is None
    assert alone.scope.settled is not None
    assert alone.scope.settled < at(5)
    alone = Alone(shop())
    alone.asks()
    with pytest.raises(NotYetListed):
        alone.take_in(NOT_YET)


def test_a_list_is_settled_up_to_the_least_that_its_pages_say() -> None:
    one = shop(settled=NOW - 4)
    alone = Alone(one).read()
    assert alone.scope.settled == at(4)
    one.settled = NOW - 9
    assert alone.read().scope.settled == at(9)
    one.settled = NOW - 1
    assert alone.read().scope.settled == at(9)


# Places that expire.


def test_the_first_page_has_no_place_that_could_expire() -> None:
    alone = Alone(shop())
    alone.asks()
    with pytest.raises(PlaceExpired):
        alone.take_in(EXPIRED)


@pytest.mark.parametrize("paging", Paging)
def test_a_place_may_expire_three_times_before_something_new_is_read(paging: Paging) -> None:
    alone = Alone(shop(paging=paging)).read()
    for _ in range(3):
        alone.asks()
        alone.take_in(EXPIRED)
        assert alone.asks() == {"size": "10"}
        alone.read()
        assert set(alone.asks()) - {"size"}
    with pytest.raises(PlaceExpired):
        alone.take_in(EXPIRED)
    assert alone.ready == "s-0 s-1 s-2"
    alone = Alone(shop(paging=paging)).read()
    for _ in range(3):
        alone.asks()
        alone.take_in(EXPIRED)
        alone.read(2)
        if alone.reader.done:
            break
    assert alone.ready == "s-0 s-1 s-2 s-3 s-4 s-5"


def test_towards_newer_sessions_no_list_is_begun_again() -> None:
    alone = Alone(shop(), {"start": after(6), "direction": BACKWARD})
    alone.asks()
    with pytest.raises(PlaceExpired):
        alone.take_in(EXPIRED)


@pytest.mark.parametrize("paging", Paging)
def test_a_place_of_which_nobody_knows_the_time_cannot_be_found_again(paging: Paging) -> None:
    alone = Alone(shop(paging=paging), {"start": StreamPosition(cursor="3")})
    alone.asks()
    with pytest.raises(PlaceExpired):
        alone.take_in(EXPIRED)


def test_where_time_alone_tells_what_was_read_no_place_between_pages_is_named() -> None:
    for paging in Paging:
        alone = Alone(shop(paging=paging)).read()
        alone.asks()
        alone.take_in(EXPIRED)
        assert (alone.place(0) is None) is (paging is not Paging.SESSION_ID)
