"""Cursors that nobody was given: their digest is right, and what they say is anything."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import attrs
import pytest
from engine import styles
from engine.handmade import Handmade
from engine.test_cursor import ACCOUNTS, MOMENTS, POSITIONS, planner
from engine.world import World
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from simulation.adapter import Profile

from unified_checkout.adapters import Request, Response
from unified_checkout.engine import cursor
from unified_checkout.engine.cursor import decode_cursor, encode_cursor
from unified_checkout.engine.planner import Manner, begin_at
from unified_checkout.engine.position import AccountPosition, Frontier, Position, StreamPosition
from unified_checkout.engine.surroundings import Budget
from unified_checkout.errors import InvalidCursor, ProviderError, UnifiedCheckoutError
from unified_checkout.model.query import ListSessions

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EVER = st.datetimes(timezones=st.just(UTC)) | st.sampled_from([FIRST, LAST])
QUERIES = st.sampled_from(
    [
        ListSessions(),
        ListSessions.model_validate({"last": "24h"}),
        ListSessions.model_validate({"created": "2026", "status": "complete"}),
    ]
)


class Refusing(Handmade):
    """A provider that refuses a place which it never gave."""

    def serve(
        self, request: Request, now: float, token: SecretStr | None
    ) -> Response | ProviderError:
        try:
            return super().serve(request, now, token)
        except (AssertionError, KeyError, StopIteration, ValueError):
            return Response(status=400)


REFUSING = styles.providers("north").map(lambda one: Refusing(**attrs.asdict(one, recurse=False)))


@given(
    REFUSING,
    QUERIES,
    POSITIONS,
    ACCOUNTS,
    MOMENTS | EVER,
    st.none() | EVER,
    st.none() | EVER.map(Frontier),
)
def test_a_position_that_nobody_was_given_is_read_or_refused(
    provider: Refusing,
    query: ListSessions,
    position: Position,
    account: AccountPosition,
    ceiling: datetime,
    own: datetime | None,
    frontier: Frontier | None,
) -> None:
    world = World(provider)
    with suppress(UnifiedCheckoutError):
        forged = attrs.evolve(
            position,
            fingerprint=world.planner().plan(query).fingerprint,
            ceiling=ceiling,
            accounts=(attrs.evolve(account, ceiling=own, frontier=frontier or account.frontier),),
        )
        budget = Budget(max_requests=30)
        world.ask(query, Manner(cursor=encode_cursor(forged), budget=budget))


def given_cursor() -> Position:
    return begin_at(planner(Profile()).plan(ListSessions()), Manner())


@pytest.mark.parametrize("accounts", [(), (AccountPosition(),) * 2], ids=["none", "two"])
def test_a_cursor_of_another_number_of_accounts_is_refused(
    accounts: tuple[AccountPosition, ...],
) -> None:
    forged = encode_cursor(attrs.evolve(given_cursor(), accounts=accounts))
    with pytest.raises(InvalidCursor, match="other accounts"):
        planner(Profile()).listing(ListSessions(), Manner(cursor=forged))


@pytest.mark.parametrize("ceiling", [FIRST, LAST, datetime(9000, 1, 1, tzinfo=UTC)])
def test_a_cursor_made_when_none_was_is_refused(ceiling: datetime) -> None:
    for forged in (
        attrs.evolve(given_cursor(), ceiling=ceiling),
        attrs.evolve(given_cursor(), accounts=(AccountPosition(ceiling=ceiling),)),
    ):
        with pytest.raises(InvalidCursor, match="at a time when none was"):
            decode_cursor(encode_cursor(forged))


NO_ZONE = datetime(2200, 1, 1)
"""Written as text, of which a zone may be missing."""


@pytest.mark.parametrize(
    "account",
    [
        AccountPosition(ceiling=NO_ZONE),
        AccountPosition(frontier=Frontier(NO_ZONE)),
        AccountPosition(streams=(StreamPosition(created=NO_ZONE),)),
        AccountPosition(streams=(StreamPosition(seen=NO_ZONE),)),
    ],
    ids=["ceiling", "frontier", "created", "seen"],
)
def test_a_time_without_a_zone_is_refused(account: AccountPosition) -> None:
    forged = attrs.evolve(given_cursor(), accounts=(account,))
    with pytest.raises(InvalidCursor, match="edited or cut short"):
        decode_cursor(encode_cursor(forged))


@pytest.mark.parametrize("one_deeper", [b"\x91", b"\x81\x00"], ids=["lists", "maps"])
@pytest.mark.parametrize("depth", [100, 700, 100_000])
def test_a_cursor_is_as_deep_as_it_likes(one_deeper: bytes, depth: int) -> None:
    with pytest.raises(InvalidCursor, match="edited or cut short"):
        decode_cursor(cursor._sealed(b"\x00" + one_deeper * depth + b"\x00"))
