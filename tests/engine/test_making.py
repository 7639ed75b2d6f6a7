"""``Maker``: which supply the lists of an account take, from which place on, in which span."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import attrs
import pytest
from simulation.rows import moment

from unified_checkout.adapters import Compiled, Direction, Order, Paging, Reach, Stream, Window
from unified_checkout.engine import making
from unified_checkout.engine.making import Maker
from unified_checkout.engine.position import AccountPosition, Frontier, StreamPosition
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.model.predicate import LOWER_BOUNDS, UPPER_BOUNDS


@attrs.define
class Made:
    """What stands for a supply: what it was made of, in words."""

    said: str


def spelled(window: Window | None) -> str:
    ends = "" if window is None else f" {window.since}..{window.until}"
    return ends.replace("None", "")


def remembered(shown: Any) -> str:
    return "" if shown is None else f", {shown.said}"


def a_list(scope: object, stretch: Stretch, known: Any) -> Made:
    way = "" if stretch.direction is Direction.FORWARD else " back"
    place = f" after {stretch.start.cursor}" if stretch.start.cursor else ""
    place += " done" if stretch.start.done else ""
    time = " by time" if stretch.by_time else ""
    span = spelled(stretch.window)
    return Made(f"{stretch.stream.name}{way}{place}{span}{time}{remembered(known)}")


def a_union(readers: Sequence[Made], shown: Any, direction: Direction) -> Made:
    way = "" if direction is Direction.FORWARD else " back"
    return Made(f"union{way}({'; '.join(one.said for one in readers)}{remembered(shown)})")


def windows(
    scope: object,
    span: Window,
    make: Callable[[Window], Made],
    divider: object,
    follower: object | None,
) -> Made:
    kind = type(divider).__name__.lower()
    catching_up = "" if follower is None else " catching up"
    newest = Window(45, None if span.until is None else 54)
    return Made(
        f"{kind}{spelled(span)}{catching_up} [{make(newest).said} | {make(Window(20, 29)).said}]"
    )


@pytest.fixture
def supplies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PageReader", a_list)
    monkeypatch.setattr(making, "Union", a_union)
    monkeypatch.setattr(making, "Windows", windows)
    monkeypatch.setattr(making, "Sorted", lambda scope, supply: Made(f"sorted({supply.said})"))
    monkeypatch.setattr(making, "CatchUp", lambda scope: "follower")
    monkeypatch.setattr(
        making,
        "Shown",
        lambda *, forgets: Made({True: "forgets", False: "keeps"}[forgets()]),
    )


BACK = Direction.BACKWARD
MONTHLY = Reach(windowed=True, required=True, longest=timedelta(seconds=60))
BY_CREATION = Reach(windowed=True)
BY_UPDATE = Reach(windowed=True, by="updated")
PIECES_BY_UPDATE = attrs.evolve(BY_UPDATE, longest=timedelta(seconds=60))
TWO, THREE = ("one", "two"), ("one", "two", "three")
TOP = AccountPosition()
FROM_50 = AccountPosition(frontier=Frontier(moment(49.5)))
AFTER_A = AccountPosition(streams=(StreamPosition(cursor="a"),))
AFTER_A_AT_50 = attrs.evolve(AFTER_A, frontier=Frontier(moment(49.5)))
AFTER_A_AND_TOP_AT_50 = AccountPosition(
    streams=(StreamPosition(cursor="a"), StreamPosition()), frontier=Frontier(moment(49.5))
)
AFTER_A_AND_B = AccountPosition(streams=(StreamPosition(cursor="a"), StreamPosition(cursor="b")))


def maker(
    start: AccountPosition = TOP,
    direction: Direction = Direction.FORWARD,
    *,
    streams: tuple[str, ...] = ("one",),
    bounds: tuple[float | None, float | None] = (None, None),
    span: Window | None = None,
    ceiling: float = 99.5,
    may_move: bool = False,
    in_order: bool = True,
    **style: Any,
) -> Maker:
    compiled = Compiled(
        streams=tuple(Stream(name=name, path="/") for name in streams), verdicts=(), **style
    )
    asked = dict(zip((LOWER_BOUNDS, UPPER_BOUNDS), bounds, strict=True))

    def bounds_of_creation(which: object) -> list[datetime]:
        at = asked[cast(Any, which)]
        return [] if at is None else [moment(at)]

    plan = SimpleNamespace(
        compiled=compiled, page_size=10, span=span, bounds_of_creation=bounds_of_creation
    )
    scope = SimpleNamespace(
        plan=plan,
        direction=direction,
        ceiling=moment(ceiling),
        start=start.frontier,
        ordered=compiled.order is Order.NEWEST_FIRST,
        in_order=in_order,
        clocks=SimpleNamespace(may_move=may_move),
    )
    return Maker(cast(Scope, scope), start, accounts=1)


def made(*args: Any, **style: Any) -> str:
    return cast(Made, maker(*args, **style).make()).said


@pytest.mark.usefixtures("supplies")
@pytest.mark.parametrize(
    ("where", "style", "supply"),
    [
        # Lists that come newest first and cannot be asked for by time.
        ((), {}, "one .."),
        ((AFTER_A,), {}, "one after a .."),
        ((AFTER_A, BACK), {}, "one back after a"),
        ((AFTER_A, BACK), {"span": Window(30, 60)}, "one back after a 30..60"),
        ((FROM_50,), {}, "one ..50 by time"),
        ((FROM_50, BACK), {}, "sorted(one 49.. by time)"),
        ((), {"bounds": (10.5, 80.5)}, "one 10.."),
        ((), {"streams": TWO}, "union(one .., forgets; two .., forgets, forgets)"),
        (
            (),
            {"streams": TWO, "paging": Paging.OFFSET},
            "union(one .., keeps; two .., keeps, keeps)",
        ),
        ((), {"streams": TWO, "in_order": False}, "union(one .., keeps; two .., keeps, keeps)"),
        ((), {"streams": TWO, "disjoint": True}, "union(one ..; two ..)"),
        (
            (AFTER_A_AND_B,),
            {"streams": TWO, "disjoint": True},
            "union(one after a ..; two after b ..)",
        ),
        (
            (AFTER_A_AND_TOP_AT_50,),
            {"streams": TWO},
            "union(one after a .. by time, forgets; two .. by time, forgets, forgets)",
        ),
        ((), {"order": Order.UNDOCUMENTED}, "sorted(one ..)"),
        ((), {"order": Order.OLDEST_FIRST}, "sorted(one ..)"),
        # By creation.
        ((), {"reach": BY_CREATION}, "splitter .. [one 45.. | one 20..29]"),
        ((AFTER_A,), {"reach": BY_CREATION}, "splitter .. [one after a 45.. | one 20..29]"),
        (
            (AFTER_A_AT_50,),
            {"reach": BY_CREATION},
            "splitter .. [one after a 45.. | one 20..29 by time]",
        ),
        (
            (FROM_50,),
            {"reach": BY_CREATION},
            "splitter ..50 [one 45..50 by time | one 20..29 by time]",
        ),
        (
            (FROM_50, BACK),
            {"reach": BY_CREATION},
            "sorted(splitter 49.. [one 45.. by time | one 20..29 by time])",
        ),
        ((FROM_50,), {"reach": BY_CREATION, "bounds": (50, None)}, "one done by time"),
        (
            (),
            {"reach": BY_CREATION, "span": Window(30, 60)},
            "splitter 30..60 [one 45..54 | one 20..29]",
        ),
        (
            (),
            {"reach": BY_CREATION, "span": Window(None, 60), "bounds": (10, None)},
            "splitter 10..60 [one 45..54 | one 20..29]",
        ),
        (
            (),
            {"reach": BY_CREATION, "span": Window(30, None)},
            "splitter 30.. [one 45.. | one 20..29]",
        ),
        (
            (FROM_50,),
            {"reach": BY_CREATION, "span": Window(30, 60)},
            "splitter 30..50 [one 45..50 by time | one 20..29 by time]",
        ),
        ((), {"reach": BY_CREATION, "span": Window(30, 31), "bounds": (60, None)}, "one done"),
        (
            (AFTER_A_AND_TOP_AT_50,),
            {"reach": BY_CREATION, "streams": TWO, "disjoint": True},
            (
                "splitter .. ["
                "union(one after a 45.. by time; "
                "two 45..50 by time) | "
                "union(one 20..29 by time; "
                "two 20..29 by time)]"
            ),
        ),
        (
            (AFTER_A_AND_TOP_AT_50,),
            {"reach": BY_CREATION, "streams": TWO, "span": Window(30, 45)},
            (
                "splitter 30..45 ["
                "union(one after a 45..54 by time, forgets; "
                "two 45..50 by time, forgets, forgets) | "
                "union(one 20..29 by time, forgets; "
                "two 20..29 by time, forgets, forgets)]"
            ),
        ),
        (
            (FROM_50,),
            {"reach": BY_CREATION, "streams": TWO},
            (
                "splitter ..50 ["
                "union(one 45..50 by time, forgets; "
                "two 45..50 by time, forgets, forgets) | "
                "union(one 20..29 by time, forgets; "
                "two 20..29 by time, forgets, forgets)]"
            ),
        ),
        (
            (FROM_50, BACK),
            {"reach": BY_CREATION, "streams": TWO},
            (
                "sorted(splitter 49.. ["
                "union(one 45.. by time, forgets; "
                "two 45.. by time, forgets, forgets) | "
                "union(one 20..29 by time, forgets; "
                "two 20..29 by time, forgets, forgets)])"
            ),
        ),
        # In pieces.
        ((), {"reach": MONTHLY}, "pieces ..100 [one 45..54 | one 20..29]"),
        ((), {"reach": MONTHLY, "bounds": (10.5, 80.5)}, "pieces 10..81 [one 45..54 | one 20..29]"),
        ((), {"reach": MONTHLY, "bounds": (150, None)}, "one done"),
        (
            (),
            {"reach": MONTHLY, "bounds": (150, None), "may_move": True},
            "pieces 150..151 [one 45..54 | one 20..29]",
        ),
        (
            (),
            {"reach": MONTHLY, "order": Order.OLDEST_FIRST},
            "pieces ..100 [sorted(one 45..54) | sorted(one 20..29)]",
        ),
        (
            (),
            {"reach": attrs.evolve(MONTHLY, earliest=timedelta(seconds=70))},
            "pieces 29..100 [one 45..54 | one 20..29]",
        ),
        ((AFTER_A,), {"reach": MONTHLY}, "pieces ..100 [one 45..54 | one 20..29]"),
        ((FROM_50,), {"reach": MONTHLY}, "pieces ..50 [one 45..50 by time | one 20..29 by time]"),
        (
            (FROM_50, BACK),
            {"reach": MONTHLY},
            "sorted(pieces 49..100 [one 45..54 by time | one 20..29 by time])",
        ),
        # By update.
        ((), {"reach": BY_UPDATE}, "one .."),
        ((), {"reach": BY_UPDATE, "span": Window(30, 60)}, "one 30.."),
        ((FROM_50,), {"reach": BY_UPDATE}, "one .. by time"),
        (
            (),
            {"reach": PIECES_BY_UPDATE, "streams": TWO},
            (
                "sorted(pieces ..100 catching up ["
                "union(one 45..54, keeps; "
                "two 45..54, keeps, keeps) | "
                "union(one 20..29, keeps; "
                "two 20..29, keeps, keeps)])"
            ),
        ),
        (
            (),
            {"reach": PIECES_BY_UPDATE, "streams": TWO, "disjoint": True},
            (
                "sorted(pieces ..100 catching up ["
                "union(one 45..54, keeps; "
                "two 45..54, keeps) | "
                "union(one 20..29, keeps; "
                "two 20..29, keeps)])"
            ),
        ),
        (
            (),
            {"reach": PIECES_BY_UPDATE, "bounds": (10.5, 80.5), "span": Window(30, 60)},
            "sorted(pieces 30..100 catching up [one 45..54, keeps | one 20..29, keeps])",
        ),
        (
            (FROM_50, BACK),
            {"reach": PIECES_BY_UPDATE},
            (
                "sorted(pieces ..100 catching up ["
                "one 45..54 by time, keeps | "
                "one 20..29 by time, keeps])"
            ),
        ),
    ],
)
def test_what_a_supply_is_made_of(
    where: tuple[Any, ...], style: dict[str, Any], supply: str
) -> None:
    assert made(*where, **style) == supply


@pytest.mark.parametrize(
    ("start", "streams", "style", "relies"),
    [
        (TOP, ("one",), {}, False),
        (AFTER_A, ("one",), {}, False),
        (AFTER_A_AT_50, ("one",), {}, False),
        (FROM_50, ("one",), {}, True),
        (TOP, TWO, {}, True),
        (TOP, TWO, {"disjoint": True}, False),
        (AFTER_A_AND_B, TWO, {"disjoint": True}, False),
        (AFTER_A_AND_TOP_AT_50, TWO, {"disjoint": True}, True),
        (FROM_50, TWO, {"disjoint": True}, True),
        (FROM_50, ("one",), {"order": Order.UNDOCUMENTED}, False),
    ],
)
def test_where_time_tells_what_was_handed_out_an_answer_relies_on_the_order(
    start: AccountPosition, streams: tuple[str, ...], style: dict[str, Any], relies: bool
) -> None:
    assert maker(start, streams=streams, **style).relies_on_order is relies
