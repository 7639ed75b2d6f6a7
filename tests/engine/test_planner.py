"""``Planner``: where a reading begins, which account an id is of, and what is refused in which words."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any, cast

import attrs
import msgspec
import pytest
from engine.handmade import NOW, Handmade, rows
from engine.world import World
from simulation.adapter import Profile, SimulatedAdapter
from simulation.made import session as made
from simulation.rows import moment

from unified_checkout.adapters import (
    Compiled,
    Order,
    Paging,
    Pushdown,
    Reach,
    Response,
    Stream,
)
from unified_checkout.engine.planner import (
    Manner,
    Page,
    Planner,
    begin_at,
    has_sessions_as_places,
    page_of,
)
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.position import AccountPosition, Frontier, StreamPosition
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.surroundings import Budget, Surroundings
from unified_checkout.errors import (
    ConfigurationError,
    InvalidCursor,
    InvalidQuery,
    PagingError,
    UnknownAccount,
    UnsupportedPredicate,
)
from unified_checkout.model.query import ListSessions

EVERYTHING = ListSessions()


def shop(number: int = 25, **style: Any) -> Handmade:
    return Handmade(rows=rows(*(NOW - at for at in range(number))), page_size=10, **style)


def page(world: World, cursor: str | None = None, **query: Any) -> Page:
    machine = world.planner().page(ListSessions(**query), Manner(cursor=cursor))
    return page_of(machine, world.read(machine).sessions)


def test_a_page_is_shown_by_its_size_and_where_it_leads() -> None:
    world, pages = World(shop()), list[Page]()
    while not pages or pages[-1].next_cursor is not None:
        pages.append(page(world, pages[-1].next_cursor if pages else None, page_size=10))
    assert [repr(one) for one in pages] == [
        "Page(10 sessions; cursors: next; Coverage(north: complete))",
        "Page(10 sessions; cursors: next, previous; Coverage(north: complete))",
        "Page(5 sessions; cursors: previous; Coverage(north: complete))",
    ]
    assert repr(page(world)) == "Page(25 sessions; Coverage(north: complete))"


@pytest.mark.parametrize(
    ("query", "size"),
    [({}, 100), ({"page_size": 7}, 7), ({"limit": 3}, 3), ({"page_size": 7, "limit": 9}, 7)],
)
def test_a_page_holds_as_many_as_asked(query: dict[str, Any], size: int) -> None:
    assert len(page(World(shop(120)), **query).sessions) == size


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ({"on_error": "ignore"}, "on_error: 'ignore' is not known; allowed: raise, report"),
        (
            {"cursor": "x", "before": moment(0)},
            "cursor and before exclude each other; give one",
        ),
        (
            {"cursor": "x", "after": moment(0), "before": moment(0)},
            "cursor and after and before exclude each other; give one",
        ),
    ],
)
def test_a_manner_that_is_none_is_refused(manner: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        Manner(**manner)
    assert str(refused.value) == said


class Prefixed(SimulatedAdapter):
    """An adapter whose sessions have ids that begin so."""

    def __init__(self, account: str, *prefixes: str) -> None:
        super().__init__(account, Profile())
        self.id_prefixes = prefixes  # type: ignore[misc]


SILENT: dict[str, tuple[str, ...]] = {"north": ("cs_",), "south": ("cs_test_",), "quiet": ()}


def planner(prefixes: dict[str, tuple[str, ...]] = SILENT) -> Planner:
    return Planner(
        Surroundings(
            adapters={name: Prefixed(name, *own) for name, own in prefixes.items()},
            states={name: AccountState(Pace(100.0), RetryPolicy()) for name in prefixes},
            runtime=Runtime(random=Random(0), now=lambda: moment(NOW)),
        )
    )


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (["cs_live_1"], "north"),
        (["cs_test_1"], "south"),
        (["cs_test_1", "cs_test_2"], "south"),
        (["tr_1"], "quiet"),
        (["tr_1", "tr_2"], "quiet"),
        (["cs_live_1", "cs_test_1"], None),
        (["cs_live_1", "tr_1"], "north"),
        (["tr_1", "cs_live_1"], None),
        ([], None),
    ],
)
def test_ids_tell_whose_they_are(ids: list[str], found: str | None) -> None:
    if found is None:
        with pytest.raises(ConfigurationError) as refused:
            planner().get(ids, None, Budget())
        told = "name with account=... the account to read the session from: north, south, quiet"
        assert str(refused.value) == told
    else:
        assert planner().get(ids, None, Budget()).needs == (found,)


def test_where_several_may_have_an_id_these_are_told() -> None:
    several = planner({"north": ("cs_",), "south": ("cs_",), "east": ("tr_",)})
    with pytest.raises(ConfigurationError) as refused:
        several.get(["cs_1"], None, Budget())
    told = "name with account=... the account to read the session from: north, south"
    assert str(refused.value) == told
    assert several.get(["cs_1"], "south", Budget()).needs == ("south",)
    assert several.get(["tr_1"], None, Budget()).needs == ("east",)


def test_ids_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InvalidQuery) as refused:
        planner().get(["ada@example.com"], "north", Budget())
    told = "the id looks like an e-mail address; it is neither sent nor shown"
    assert str(refused.value) == told
    with pytest.raises(UnknownAccount, match=r"'west'.*north, south, quiet"):
        planner().get(["cs_1"], "west", Budget())
    with pytest.raises(InvalidQuery):
        planner().get([cast(str, 5), "cs_test_1"], None, Budget())
    with pytest.raises(ConfigurationError, match=r"^name with account="):
        planner({}).get(["cs_1"], None, Budget())


def test_a_provider_that_gives_no_single_session_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Prefixed, "reads_by_id", False)
    with pytest.raises(InvalidQuery) as refused:
        planner().get(["cs_1"], "north", Budget())
    told = f"{SimulatedAdapter.title} gives no single session by its id; list them"
    assert str(refused.value) == told


def test_nor_is_it_one_of_those_that_may_be_meant() -> None:
    two = planner({"north": ("cs_",), "south": ("cs_",)})
    lists_only: Any = two._surroundings.adapters["south"]
    lists_only.reads_by_id = False
    assert two.get(["cs_1"], None, Budget()).needs == ("north",)


def test_a_listing_ends_at_the_limit() -> None:
    assert World(shop()).ask(ListSessions(limit=3)).ids == ["s-0", "s-1", "s-2"]


def test_what_an_account_cannot_answer_is_refused_before_anything_is_asked() -> None:
    world = World(shop(claims={"email": Pushdown.UNANSWERABLE}))
    query = ListSessions(email="ada@example.com")
    with pytest.raises(UnsupportedPredicate):
        world.planner().listing(query, Manner())
    machine = world.planner().listing(query, Manner(on_error="report"))
    assert world.read(machine).sessions == []
    [failure] = machine.failures
    assert isinstance(failure, UnsupportedPredicate)


def test_beside_a_session_each_account_begins_as_its_list_allows() -> None:
    by_time: dict[str, Any] = {"streams": ("one", "two")}
    world = World({"north": shop(), "south": shop(paging=Paging.TOKEN), "east": shop(**by_time)})
    plan = world.planner().plan(EVERYTHING)
    created, microsecond = moment(NOW - 5), timedelta(microseconds=1)
    behind, ahead = Frontier(created - microsecond), Frontier(created)
    for account, begins in {
        "north": AccountPosition(
            streams=(StreamPosition.beside(made("s-5", NOW - 5)),),
            frontier=Frontier(created, frozenset({"s-5"})),
        ),
        "south": AccountPosition(frontier=Frontier(created), anchor="s-5"),
        "east": AccountPosition(frontier=Frontier(created, frozenset({"s-5"}))),
    }.items():
        one = attrs.evolve(made("s-5", NOW - 5), account=account)
        places = {
            name: AccountPosition(
                frontier=behind if index < list(world.providers).index(account) else ahead
            )
            for index, name in enumerate(world.providers)
        }
        expected = {name: attrs.evolve(at, begins=True) for name, at in places.items()}
        expected[account] = attrs.evolve(begins, begins=True)
        assert begin_at(plan, Manner(after=one)).accounts == tuple(expected.values())


def test_a_page_whose_end_cannot_be_named_is_told_with_what_was_read() -> None:
    shop = Handmade(rows=rows(NOW - 1, NOW - 3, NOW - 2, NOW - 4), streams=("sessions", "other"))
    mixed = {"rows": [row.to_json() for row in shop.rows], "more": False}
    shop.turns[1] = lambda request: Response(status=200, body=msgspec.json.encode(mixed))
    world = World(shop)
    machine = world.planner().page(ListSessions(page_size=2), Manner())
    found = world.read(machine).sessions
    with pytest.raises(PagingError) as raised:
        page_of(machine, found)
    assert raised.value.sessions == tuple(found)
    assert raised.value.coverage == machine.coverage()


@pytest.mark.parametrize(
    ("names", "style", "are_places"),
    [
        (("one",), {}, True),
        (("one",), {"paging": Paging.TOKEN}, False),
        (("one", "two"), {}, False),
        (("one",), {"order": Order.OLDEST_FIRST}, False),
        (("one",), {"reach": Reach(windowed=True)}, True),
        (("one",), {"reach": Reach(windowed=True, required=True)}, False),
    ],
)
def test_in_one_list_read_as_it_comes_a_session_is_a_place(
    names: tuple[str, ...], style: dict[str, Any], are_places: bool
) -> None:
    streams = tuple(Stream(name=one, path="/") for one in names)
    compiled = Compiled(streams=streams, verdicts=(), **style)
    assert has_sessions_as_places(compiled) is are_places


NAMES = ("north", "south", "east")
TIES = [NOW, NOW - 1, NOW - 1, NOW - 2]


@pytest.mark.parametrize(
    "style",
    [
        {},
        {"paging": Paging.TOKEN},
        {"streams": ("one", "sessions")},
        {"reach": Reach(windowed=True, required=True)},
    ],
    ids=str,
)
def test_a_listing_begins_and_ends_beside_each_session(style: dict[str, Any]) -> None:
    """Of one moment, what earlier accounts have of it lies behind, and that of later ones ahead."""
    world = World({name: Handmade(rows=rows(*TIES), page_size=2, **style) for name in NAMES})
    whole = world.ask().sessions
    for index, one in enumerate(whole):
        rest = world.ask(manner=Manner(after=one)).sessions
        first = world.ask(manner=Manner(before=one)).sessions[::-1]
        assert one not in (*rest, *first)
        others = [session for session in whole if session != one]
        if style.get("reach") is None and "streams" not in style:
            assert (first, rest) == (whole[:index], whole[index + 1 :])
        accounts = NAMES.index(one.account)
        for session in others:
            if session.created != one.created:
                lies_ahead = session.created < one.created
            elif session.account != one.account:
                lies_ahead = NAMES.index(session.account) > accounts
            else:
                continue
            assert (session in rest, session in first) == (lies_ahead, not lies_ahead)


@pytest.mark.parametrize("where", ["after", "before"])
def test_a_listing_begins_beside_a_moment(where: str) -> None:
    world = World({name: Handmade(rows=rows(*TIES), page_size=2) for name in NAMES})
    begins: dict[str, Any] = {where: moment(NOW - 1)}
    found = world.ask(manner=Manner(**begins)).sessions
    assert {one.created for one in found} == {moment(NOW - 2 if where == "after" else NOW)}
    assert [one.account for one in found] == list(NAMES if where == "after" else NAMES[::-1])


def test_where_options_say_where_to_begin_nothing_else_may() -> None:
    plan = World(shop()).planner().plan(EVERYTHING)
    [account] = plan.accounts
    compiled = attrs.evolve(account.compiled, start="s-3")
    begun = attrs.evolve(plan, accounts=(attrs.evolve(account, compiled=compiled),))
    [position] = begin_at(begun, Manner()).accounts
    assert position == AccountPosition(streams=(StreamPosition(cursor="s-3"),))
    with pytest.raises(InvalidQuery) as refused:
        begin_at(begun, Manner(after=moment(NOW)))
    told = "after, before and provider_options each say where to begin; give one"
    assert str(refused.value) == told
    [beside] = begin_at(plan, Manner(after=moment(NOW))).accounts
    assert beside == AccountPosition(frontier=Frontier(moment(NOW - 1e-6)), begins=True)


def test_a_session_to_begin_at_is_of_an_account_that_is_asked() -> None:
    world = World({name: shop() for name in NAMES})
    one = attrs.evolve(world.ask(take=1).sessions[0], account="west")
    with pytest.raises(InvalidQuery) as refused:
        world.ask(manner=Manner(after=one))
    assert str(refused.value) == (
        "the session to begin at is of account 'west', which is not asked; "
        "asked: north, south, east"
    )


def test_a_plan_is_read_where_its_accounts_are() -> None:
    plan = World(shop()).planner().plan(EVERYTHING)
    with pytest.raises(UnknownAccount) as unknown:
        World({"west": shop(), "east": shop()}).ask(plan)
    assert str(unknown.value) == "no account named 'north'; configured: west, east"
    [account] = plan.accounts
    elsewhere = attrs.evolve(plan, accounts=(attrs.evolve(account, provider="elsewhere"),))
    with pytest.raises(InvalidQuery) as refused:
        World(shop()).ask(elsewhere)
    assert str(refused.value) == (
        "the plan was made for account 'north' at elsewhere, which is at handmade here"
    )


@pytest.mark.parametrize(
    ("world", "query", "said"),
    [
        (
            World(shop()),
            {"email": "ada@example.com"},
            (
                "the cursor belongs to another query or to other accounts; "
                "use it with exactly the query and accounts it came from"
            ),
        ),
        (
            World(shop(streams=("one", "two"))),
            {},
            "the cursor is stale: the same query is read from other lists now",
        ),
        (World(shop()), {}, None),
        (World(shop(reach=Reach(windowed=True, required=True))), {}, None),
    ],
    ids=["another query", "other lists", "the same", "in windows now"],
)
def test_a_cursor_belongs_to_its_question(
    world: World, query: dict[str, Any], said: str | None
) -> None:
    cursor = page(World(shop()), page_size=5).next_cursor
    assert cursor is not None
    manner = Manner(cursor=cursor)
    if said is None:
        assert world.ask(ListSessions(**query), manner).sessions
        return
    with pytest.raises(InvalidCursor) as refused:
        world.ask(ListSessions(**query), manner)
    assert str(refused.value) == said
