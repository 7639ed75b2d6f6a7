"""Cursors: opaque, whole, and of one query."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import inf
from random import Random
from string import ascii_letters, digits
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation.adapter import Profile, SimulatedAdapter
from simulation.made import session
from simulation.rows import START, moment

from unified_checkout.adapters import Direction
from unified_checkout.engine.cursor import decode_cursor, encode_cursor
from unified_checkout.engine.planner import Manner, Planner, begin_at
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.position import (
    AccountPosition,
    Frontier,
    Position,
    StreamPosition,
)
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.surroundings import Surroundings
from unified_checkout.errors import InvalidCursor
from unified_checkout.model.query import ListSessions

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
IDS = st.text(min_size=1, max_size=40) | st.text(ascii_letters + digits + "-_", min_size=7)
PLACES = st.builds(
    StreamPosition,
    cursor=st.none() | IDS,
    created=st.none() | MOMENTS,
    skip=st.frozensets(IDS, max_size=4),
    inclusive=st.booleans(),
    done=st.booleans(),
    early=st.booleans(),
    inside=st.booleans(),
)
FRONTIERS = st.builds(Frontier, MOMENTS, st.frozensets(IDS, max_size=3), others=st.booleans())
ACCOUNTS = st.builds(
    AccountPosition,
    streams=st.lists(PLACES, max_size=3).map(tuple),
    frontier=st.none() | FRONTIERS,
    done=st.booleans(),
    ceiling=st.none() | MOMENTS,
    in_order=st.booleans(),
    lacking=st.booleans(),
    doubted=st.lists(IDS, max_size=3).map(tuple),
)
BESIDE = st.builds(
    lambda place, ids, others: AccountPosition(
        streams=(place,),
        frontier=Frontier(place.created, frozenset({place.cursor, *ids}), others=others),
    ),
    st.builds(StreamPosition, cursor=IDS, created=MOMENTS),
    st.frozensets(IDS, max_size=3),
    st.booleans(),
)
"""Right behind the session of a place, which then tells the moment."""
POSITIONS = st.builds(
    Position,
    fingerprint=st.text("0123456789abcdef/-", min_size=24, max_size=60),
    ceiling=MOMENTS,
    direction=st.sampled_from(Direction),
    accounts=st.lists(ACCOUNTS | BESIDE, max_size=3).map(tuple),
)


def test_a_cursor_leaves_out_what_goes_without_saying() -> None:
    assert len(some_cursor()) < 250


def some_cursor() -> str:
    return encode_cursor(begin_at(planner(Profile()).plan(ListSessions()), Manner()))


def planner(profile: Profile) -> Planner:
    return Planner(
        Surroundings(
            adapters={"north": SimulatedAdapter("north", profile)},
            states={"north": AccountState(Pace(inf), RetryPolicy())},
            runtime=Runtime(now=lambda: moment(START), random=Random(0)),
        )
    )


@given(POSITIONS)
def test_a_cursor_gives_back_what_it_was_made_of(position: Position) -> None:
    text = encode_cursor(position)
    assert decode_cursor(text) == position
    assert re.fullmatch(r"[\w.-]+", text, re.ASCII)


def test_a_cursor_that_names_each_id_is_read_as_ever() -> None:
    """As one of before a frontier kept marks, and a place inside a page left time to tell."""
    text = (
        "uc3.WR0uaX3EUFoIAWtmWJOYlJySmpaekZmVncN4LpvBzIF5UhPDxCaGJcYVhgZMkzblF6WkFsUbIIAhppARYyMD"
        "UC-PAFjnluTi-JLU4hJUFeey_v9jYGxigNCTsCrCJmgIAA"
    )
    eight, nine, noon = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (8, 9, 12))
    first, second = "cs_test_000000000001", "cs_test_000000000002"
    skip = frozenset({"order_000000000001", "order_000000000002"})
    assert decode_cursor(text) == Position(
        fingerprint="abcdefghijkl",
        ceiling=noon,
        accounts=(
            AccountPosition(
                streams=(StreamPosition(cursor="3x10", skip=skip),), frontier=Frontier(nine)
            ),
            AccountPosition(
                streams=(StreamPosition(cursor=second, created=eight),),
                frontier=Frontier(eight, frozenset({first, second})),
            ),
        ),
    )


EIGHT, NOON = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (8, 12))
FAR = datetime(2250, 1, 2, tzinfo=UTC)
LONG = "cs_test_a1Sv6L0hZ5pQ"


def at_noon(*accounts: AccountPosition) -> Position:
    return Position(fingerprint="a/b", ceiling=NOON, accounts=accounts)


def beside(*ids: str, created: datetime = EIGHT) -> AccountPosition:
    """Right behind a session of a long id, where these were handed out of its moment."""
    place = StreamPosition(cursor=LONG, created=EIGHT)
    return AccountPosition(
        streams=(place, StreamPosition(done=True)), frontier=Frontier(created, frozenset(ids))
    )


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (at_noon(), "uc3.N8c572WLSBJiAIMAo2EvYgHOawA2QAOQ"),
        (
            at_noon(beside(created=datetime(1970, 1, 1, tzinfo=UTC))),
            "uc3.XEWbcyp5uUqlAoMAo2EvYgHOawA2QAORggCSggDED1CaZyG96K9Ua3_Leu3PcgHOav_-AIEEwwGBAAA",
        ),
        (
            at_noon(beside(LONG)),
            "uc3.fBYCBklgb_3DAoMAo2EvYgHOawA2QAORggCSggDED1CaZyG96K9Ua3_Leu3PcgHOav_-AIEEwwGBAMM",
        ),
        (
            attrs.evolve(
                at_noon(AccountPosition(done=True)),
                ceiling=NOON.replace(microsecond=500_000),
                direction=Direction.BACKWARD,
            ),
            "uc3.UddkBRq2GyKlAoQAo2EvYgHLQdrADZAgAAACxAbdqsEkp20DkYECww",
        ),
        (
            at_noon(beside("b")),
            "uc3.RFY7zk-MY61yAoMAo2EvYgHOawA2QAORggCSggDED1CaZyG96K9Ua3_Leu3PcgHOav_-AIEEwwGCAM5q__4AAZGhYg",
        ),
        (
            at_noon(beside("b", LONG)),
            "uc3.bvyKaeYVTc-5AoMAo2EvYgHOawA2QAORggCSggDED1CaZyG96K9Ua3_Leu3PcgHOav_-AIEEwwGCAMMBkaFi",
        ),
        (
            at_noon(beside(LONG, created=NOON)),
            "uc3.OOa5vR6Tv0tSAoMAo2EvYgHOawA2QAORggCSggDED1CaZyG96K9Ua3_Leu3PcgHOav_-AIEEwwGCAM5rADZAAcQG-b0WuR8P",
        ),
        (
            at_noon(beside(LONG, created=FAR)),
            "uc3.lcSQFGwce6_8AoMAo2EvYgHOawA2QAORggCSggDED1CaZyG96K9Ua3_Leu3PcgHOav_-AIEEwwGCALkyMjUwLTAxLTAyVDAwOjAwOjAwKzAwOjAwAcQG-b0WuR8P",
        ),
        (
            at_noon(beside("12345678", "a2345678")),
            "uc3.fZRAgzjDLki4AoMAo2EvYgHOawA2QAORggCSggDED1CaZyG96K9Ua3_Leu3PcgHOav_-AIEEwwGCAM5q__4AAcQM_K7n-G1r_K7n-G3X",
        ),
    ],
)
def test_a_cursor_is_written_as_ever(position: Position, text: str) -> None:
    """What one says, another version reads; of the two ways to write it, it takes the shorter."""
    assert encode_cursor(position) == text
    assert decode_cursor(text) == position


@pytest.mark.parametrize(
    ("id", "text"),
    [
        ("Kq7Zx2", "B-mS3E3Wngy"),
        ("Kq7Zx2v", "B-nS3E3Wngydg"),
        ("Kq7Zx2vX", "B_EBtdrx9muKg"),
        ("Kq7Zx2v-", "B-oS3E3Wngydi0"),
        ("Kq7Zx2v_", "B-oS3E3Wngydl8"),
        ("Kq7Zx2vB9w", "B-qS3E3WngydkI5dw"),
        ("Kq7Zx2vB9wT", "B_ECf4E98Frx9muKg"),
        ("Kq7Zx2vB9wTeMc", "B_EDL_PMd4E98Frx9muKg"),
        ("Kq7Zx2vB9wTeMcU0g", "B_ED__vgzTFMd4E98Frx9muKg"),
        ("Kq7Zx2vB9w=d", "B-sS3E3WngydkI5dz1k"),
        ("Kq7Zx2vB9wéd", "B-tS3E3WngydkI5d8OpZA"),
    ],
)
def test_text_is_packed_where_that_is_shorter(id: str, text: str) -> None:
    """Six bits a letter, and as many again as mark its end where it does not show."""
    position = at_noon(AccountPosition(doubted=("H4jRs8YpLnE3aQfV", id)))
    cursor = encode_cursor(position)
    head = "AoMAo2EvYgHOawA2QAORgQaSxAzVB2k3cS4pxrPRi"
    assert cursor == f"{cursor[:16]}{head}{text}"
    assert decode_cursor(cursor) == position


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2200, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_every_moment_is_told_to_the_microsecond(moment: datetime) -> None:
    position = at_noon(AccountPosition(frontier=Frontier(moment)))
    assert decode_cursor(encode_cursor(position)) == position


@pytest.mark.parametrize("year", [1000, 1969, 1970, 2200, 8999])
def test_a_cursor_is_made_in_any_year_that_a_clock_shows(year: int) -> None:
    ceiling = datetime(year, 1, 1, tzinfo=UTC)
    for made in (
        attrs.evolve(at_noon(), ceiling=ceiling),
        at_noon(AccountPosition(ceiling=ceiling)),
    ):
        assert decode_cursor(encode_cursor(made)) == made


@pytest.mark.parametrize("year", [999, 9000])
def test_and_in_no_other(year: int) -> None:
    ceiling = datetime(year, 1, 1, tzinfo=UTC)
    said = r"^the cursor says that it was made at a time when none was$"
    for made in (
        attrs.evolve(at_noon(), ceiling=ceiling),
        at_noon(AccountPosition(ceiling=ceiling)),
    ):
        with pytest.raises(InvalidCursor, match=said):
            decode_cursor(encode_cursor(made))


def test_a_cursor_that_unfolds_into_more_than_any_position_is_refused() -> None:
    endless = at_noon(AccountPosition(doubted=("a" * (1 << 22),)))
    assert len(encode_cursor(endless)) < 10_000
    with pytest.raises(InvalidCursor, match=r"^the cursor was edited or cut short$"):
        decode_cursor(encode_cursor(endless))


@pytest.mark.parametrize("text", ["", "uc2.", "xuc3.", None, 3, b"uc3."])
def test_what_is_no_cursor_of_this_version_is_said_to_be_none(text: Any) -> None:
    said = r"^this is not a cursor of this version of unified_checkout$"
    with pytest.raises(InvalidCursor, match=said):
        decode_cursor(text)


@pytest.mark.parametrize("cut", [1, 9, 12, 20])
def test_what_was_cut_off_or_added_is_called_so(cut: int) -> None:
    said = r"^the cursor was edited or cut short$"
    for text in (some_cursor()[:-cut], some_cursor() + "A" * cut, "uc3.A", "uc3."):
        with pytest.raises(InvalidCursor, match=said):
            decode_cursor(text)


@given(POSITIONS, st.data())
def test_an_edited_cursor_is_refused(position: Position, data: st.DataObject) -> None:
    text = encode_cursor(position)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_.=~é ").filter(lambda one: one != text[at]))
    with pytest.raises(InvalidCursor):
        decode_cursor(text[:at] + other + text[at + 1 :])


@given(POSITIONS, st.data())
def test_a_cut_cursor_is_refused(position: Position, data: st.DataObject) -> None:
    text = encode_cursor(position)
    with pytest.raises(InvalidCursor):
        decode_cursor(text[: data.draw(st.integers(0, len(text) - 1))])


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text)
    with pytest.raises(InvalidCursor):
        decode_cursor(f"uc3.{text}")


def test_a_cursor_with_something_after_it_is_refused() -> None:
    for rest in ("=", "==", "A", "\n", " "):
        with pytest.raises(InvalidCursor):
            decode_cursor(some_cursor() + rest)


@pytest.mark.parametrize(
    "query",
    [
        ListSessions(status=("open",)),
        ListSessions.model_validate({"created": {"gte": "2026-01-01"}}),
    ],
    ids=["status", "created"],
)
def test_a_cursor_of_another_query_is_refused(query: ListSessions) -> None:
    with pytest.raises(InvalidCursor, match="another query"):
        planner(Profile()).listing(query, Manner(cursor=some_cursor()))


@pytest.mark.parametrize("query", [ListSessions(page_size=7), ListSessions(limit=5)])
def test_a_cursor_serves_pages_of_another_size_and_another_limit(query: ListSessions) -> None:
    planner(Profile()).page(query, Manner(cursor=some_cursor()))
    planner(Profile()).listing(query, Manner(cursor=some_cursor()))


def test_a_cursor_of_a_part_of_a_plan_is_none_of_the_whole() -> None:
    plan = planner(Profile()).plan(ListSessions())
    spans = [plan.within(until=moment(950)), plan.within(since=moment(950))]
    for other in (plan, *spans):
        cursor = encode_cursor(begin_at(other, Manner()))
        for one in (plan, *spans):
            if one is other:
                planner(Profile()).listing(one, Manner(cursor=cursor))
                continue
            with pytest.raises(InvalidCursor, match="another query"):
                planner(Profile()).listing(one, Manner(cursor=cursor))


def test_a_cursor_of_an_earlier_version_is_refused() -> None:
    with pytest.raises(InvalidCursor, match="this version"):
        decode_cursor("uc1." + some_cursor().removeprefix("uc3."))


def test_a_cursor_of_lists_that_are_read_otherwise_now_is_refused() -> None:
    query = ListSessions.model_validate({"status": "complete"})
    cursor = encode_cursor(planner(Profile()).listing(query, Manner()).position(0))
    with pytest.raises(InvalidCursor, match="stale"):
        planner(Profile(union=True)).listing(query, Manner(cursor=cursor))


def test_a_place_turned_round_twice_is_the_same_place() -> None:
    for inclusive in (False, True):
        place = attrs.evolve(StreamPosition.beside(session("a", START)), inclusive=inclusive)
        assert place.turned().inclusive is not inclusive
        assert place.turned().turned() == place


def test_the_last_session_belongs_to_what_is_read_back_from_the_end() -> None:
    end = attrs.evolve(StreamPosition.beside(session("a", START)), done=True)
    assert end.turned() == attrs.evolve(end, done=False, inclusive=True)


def test_before_the_beginning_lies_nothing() -> None:
    assert StreamPosition().turned().done
    assert StreamPosition().turned().turned() == StreamPosition()


@given(FRONTIERS, IDS, st.integers(-1, 1), st.sampled_from(Direction))
def test_what_lies_behind_lies_ahead_once_turned_round(
    frontier: Frontier, id: str, second: int, direction: Direction
) -> None:
    one = session(id, frontier.created.timestamp() + second)
    other = Direction.FORWARD if direction is Direction.BACKWARD else Direction.BACKWARD
    assert frontier.behind(one, direction) is not frontier.turned().behind(one, other)
    assert frontier.turned().turned() == frontier


@given(st.lists(st.text(ascii_letters + digits, min_size=14, max_size=70), min_size=1, max_size=3))
def test_no_id_is_read_in_a_cursor(ids: list[str]) -> None:
    """Wherever it stands in it: who looks for lines with ids finds none of a cursor."""
    places = tuple(
        AccountPosition(
            streams=(StreamPosition(cursor=id, created=datetime(2026, 11, 20, tzinfo=UTC)),)
        )
        for id in ids
    )
    text = encode_cursor(
        Position(fingerprint="0/0", ceiling=datetime.max.replace(tzinfo=UTC), accounts=places)
    )
    assert not any(id[:8] in text for id in ids)
