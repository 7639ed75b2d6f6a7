"""Every style of listing, drawn by hypothesis, and what a listing should give, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import attrs
from engine.handmade import DAY, NOW, Handmade, Row
from hypothesis import strategies as st

from unified_checkout.adapters import EndOfList, Order, Paging, Reach
from unified_checkout.model.session import Session

SPAN = 20
"""Seconds before now in which the rows were created."""
_SHORT = timedelta(seconds=5)
_EARLIEST = timedelta(seconds=2 * SPAN)

REACHES = (
    Reach(),
    Reach(windowed=True),
    Reach(windowed=True, by="updated"),
    Reach(windowed=True, required=True),
    Reach(windowed=True, longest=_SHORT, earliest=_EARLIEST),
    Reach(windowed=True, required=True, longest=_SHORT, earliest=_EARLIEST),
    Reach(windowed=True, by="updated", required=True, longest=_SHORT, earliest=_EARLIEST),
)

Key = tuple[str, str]


@st.composite
def rows(draw: st.DrawFn, account: str, streams: Sequence[str]) -> list[Row]:
    """Rows of an account, some of one moment, some within a second, some created later."""
    moments = st.integers(-SPAN, 3).map(float) | st.sampled_from([-3.5, -3.25, -7.5])
    found = []
    for number, at in enumerate(draw(st.lists(moments, max_size=12))):
        found.append(
            Row(
                id=f"{account}-{number}",
                created=NOW + at,
                stream=draw(st.sampled_from(streams)),
                updated=max(NOW + at, min(NOW, NOW + at + draw(st.sampled_from([0, 2, 9])))),
            )
        )
    return found


@st.composite
def providers(draw: st.DrawFn, account: str) -> Handmade:
    """A provider that lists in any style that the contract knows."""
    paging = draw(st.sampled_from(Paging))
    order = draw(st.sampled_from(Order))
    by_id = paging is Paging.SESSION_ID
    streams = ("one",) if order is not Order.NEWEST_FIRST else draw(st.sampled_from(STREAMS))
    return Handmade(
        rows=draw(rows(account, streams)),
        streams=streams,
        paging=paging,
        order=order,
        end_of_list=draw(st.sampled_from(EndOfList)) if by_id else EndOfList.SIGNAL,
        page_size=draw(st.integers(1, 5)),
        reach=draw(st.sampled_from(REACHES)),
        disjoint=draw(st.booleans()),
        inclusive=by_id and draw(st.booleans()),
        blanks=draw(st.integers(0, 2)) if paging is Paging.TOKEN else 0,
    )


STREAMS = (("one",), ("one", "two"), ("one", "two", "three"))


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Handmade]:
    """One account or two, each in a style of its own."""
    names = draw(st.sampled_from((("north",), ("north", "south"))))
    return {name: draw(providers(name)) for name in names}


def belonging(world: Mapping[str, Handmade]) -> list[tuple[str, Row]]:
    """Every row that was created until now with its account, newest first."""
    found = [
        (account, row)
        for account, provider in world.items()
        for row in provider.rows
        if row.created <= NOW and row.stream
    ]
    return sorted(found, key=lambda one: -one[1].created)


def keys(found: Sequence[tuple[str, Row]]) -> list[Key]:
    """What tells the rows of all accounts apart."""
    return [(account, row.id) for account, row in found]


def is_the_answer(
    world: Mapping[str, Handmade],
    sessions: Sequence[Session],
    wanted: Callable[[str, Row], bool] = lambda account, row: True,
) -> None:
    """Make sure that sessions are all that is wanted, once each, in the order promised.

    Of one moment, the accounts come in their order; where an account has a single list that comes
    newest first and need not be put together, its sessions in the order of that list.
    """
    expected = [(account, row) for account, row in belonging(world) if wanted(account, row)]
    found = [(one.account, one.id) for one in sessions]
    assert sorted(found) == sorted(keys(expected))
    accounts = list(world)
    order = [(-one.created.timestamp(), accounts.index(one.account)) for one in sessions]
    assert order == sorted(order)
    for account, provider in world.items():
        whole = len(provider.streams) == 1 and provider.reach.by == "created"
        if provider.order is Order.NEWEST_FIRST and whole:
            own = [key for key in found if key[0] == account]
            assert own == [key for key in keys(expected) if key[0] == account]


def spelled(world: Mapping[str, Handmade]) -> list[str]:
    """The styles of the accounts, for a message."""
    left_out = attrs.filters.exclude("rows", "turns", "requests", "headers", "untold", "claims")
    return [str(attrs.asdict(one, filter=left_out)) for one in world.values()]


__all__ = [
    "DAY",
    "SPAN",
    "belonging",
    "is_the_answer",
    "keys",
    "providers",
    "rows",
    "spelled",
    "worlds",
]
