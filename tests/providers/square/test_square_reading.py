"""Square through both clients: whatever it does where nobody says, the answer is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from asking import AskAsync, Asker, AskSync, Fields, expected, names
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import Account, AsyncClient, Client, ListSessions
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout_square.sandbox import SquareSandbox

NOW = 1_795_000_000
HOUR = 3600
SHOPS = ("LMAIN", "LOTHER", "LCLOSED")
EITHER = pytest.mark.parametrize("client", ["Client", "AsyncClient"])

relaxed = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Opened = tuple[Sandbox, Asker]


@contextmanager
def opened(
    client: str = "Client", locations: tuple[str, ...] = (), **options: Any
) -> Iterator[Opened]:
    """A seller's account, and somebody who asks it for the locations that are named."""
    sandbox_options = {"locations": SHOPS, **options} if locations else options
    with ExitStack() as stack:
        sandbox = stack.enter_context(
            Sandbox(
                sessions=60,
                seed=5,
                now=NOW,
                providers=["square"],
                options={"square": sandbox_options},
            )
        )
        (account,) = sandbox.accounts
        named = Account.model_validate({**account.model_dump(), "locations": locations})
        if client == "Client":
            yield sandbox, AskSync(stack.enter_context(Client([named])))
            return
        runner = stack.enter_context(asyncio.Runner())
        asking = AskAsync(AsyncClient([named]), runner)
        stack.callback(asking.close)
        yield sandbox, asking


def asked(fields: Fields) -> ListSessions:
    return ListSessions.model_validate(dict(fields))


def wanted_of(sandbox: Sandbox, fields: Fields) -> list[tuple[str, str]]:
    """What answers a query: newest first, those of the same second location by location."""
    truth = sandbox.truth("square")
    shops = SquareSandbox(locations=SHOPS)
    moments = {facts.id: (-facts.created, SHOPS.index(shops.location(facts))) for facts in truth}
    found = expected({"square": truth}, fields)
    several = sandbox.options["square"].get("locations")
    return sorted(found, key=lambda one: moments[one[1]]) if several else found


def check(opening: Opened, fields: Fields) -> None:
    sandbox, ask = opening
    conditions = {name: value for name, value in fields.items() if name != "page_size"}
    assert names(ask.all(asked(fields))) == wanted_of(sandbox, conditions)


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"kind": ("any",)},
    {"kind": ("in_person", "unknown")},
    {"status": ("complete",), "payment_status": ("paid",)},
    {"status": ("failed", "open")},
    {"status": ("open",)},
    {"currency": ("jpy", "gbp")},
    {"livemode": False},
    {"livemode": True},
]


def bounded(truth: list[Facts]) -> Iterator[dict[str, Any]]:
    """Bounds on the very seconds of payments, of which the provider may include the last."""
    times = [datetime.fromtimestamp(truth[index].created, UTC) for index in (10, 30, 50)]
    for upper in ("lt", "lte"):
        for lower in ("gt", "gte"):
            yield {"created": {lower: times[2], upper: times[0]}, "kind": ("any",)}
        yield {"created": {upper: times[1]}, "kind": ("any",)}


@EITHER
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"end_included": False},
        {"same_limit": True},
        {"hollow": True},
        {"empty_key": True},
        {"future_refused": True},
        {"cursor_lasts": -1},
        {"cursor_lasts": -1, "end_included": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("locations", [(), SHOPS], ids=["main", "all"])
def test_what_nobody_says_makes_no_difference(
    client: str, options: dict[str, Any], locations: tuple[str, ...]
) -> None:
    with opened(client, locations, **options) as opening:
        questions = (*QUESTIONS, *bounded(opening[0].truth("square")))
        for fields, size in zip(questions, cycle((13, 100, 29)), strict=False):
            check(opening, {**fields, "page_size": size})


@EITHER
def test_several_locations_are_read_as_one_account(client: str) -> None:
    with opened(client, SHOPS) as (sandbox, ask):
        sandbox.clear_requests()
        reading = ask.read(ListSessions(kind="any"))
        shops = [dict(one.parameters)["location_id"] for one in sandbox.requests("square")]
        assert sorted({*shops}) == sorted(SHOPS)
        assert len(reading.sessions) == 60
        assert reading.coverage.complete
        assert "locations other than those named" in str(reading.coverage)


@EITHER
def test_without_them_the_main_location_is_read_and_coverage_says_so(client: str) -> None:
    with opened(client, locations=SHOPS[:1]) as (sandbox, ask):
        main = names(ask.all(ListSessions(kind="any")))
        sandbox.clear_requests()
    with ExitStack() as stack:
        options = {"square": {"locations": SHOPS}}
        sandbox = stack.enter_context(
            Sandbox(sessions=60, seed=5, now=NOW, providers=["square"], options=options)
        )
        ask = AskSync(stack.enter_context(Client(sandbox.accounts)))
        reading = ask.read(ListSessions(kind="any"))
        assert names(reading.sessions) == main
        assert 0 < len(main) < 60
        assert "locations other than the main one" in str(reading.coverage)
        assert "the main location only" in str(ask.explain(ListSessions()))


@EITHER
@pytest.mark.parametrize("locations", [(), SHOPS], ids=["main", "all"])
@pytest.mark.parametrize(("lasts", "size"), [(900, 9), (-1, 40)], ids=["lasting", "expired"])
def test_resumed_at_every_cursor_and_page_by_page_both_ways(
    client: str, locations: tuple[str, ...], lasts: float, size: int
) -> None:
    with opened(client, locations, cursor_lasts=lasts) as (sandbox, ask):
        query = ListSessions(kind="any", page_size=size)
        wanted = wanted_of(sandbox, {"kind": ("any",)})
        limit = 25 if lasts > 0 else None
        limited = query.model_copy(update={"limit": limit})
        for position, cursor in enumerate(ask.cursors(limited)):
            assert names(ask.all(limited, cursor)) == wanted[position:][:limit]
        pages = [ask.page(query)]
        while (following := pages[-1].next_cursor) is not None:
            pages.append(ask.page(query, following))
        assert [row for page in pages for row in names(page.sessions)] == wanted
        back = [pages[-1]]
        while (previous := back[0].previous_cursor) is not None:
            back.insert(0, ask.page(query, previous))
        assert [row for page in back for row in names(page.sessions)] == wanted


MOVES = st.tuples(st.sampled_from(["arrive", "change", "vanish", "nothing"]), st.integers(0, 59))


@pytest.mark.parametrize("locations", [(), SHOPS], ids=["main", "all"])
@relaxed
@given(
    moves=st.lists(MOVES, max_size=12),
    lasts=st.sampled_from([900, -1]),
    size=st.integers(5, 40),
)
def test_nobody_is_missed_while_payments_arrive_change_and_vanish(
    locations: tuple[str, ...], moves: list[tuple[str, int]], lasts: float, size: int
) -> None:
    with opened("Client", locations, cursor_lasts=lasts) as (sandbox, ask):
        before = [facts.id for facts in sandbox.truth("square")]
        touched: set[str] = set()

        def meanwhile(number: int) -> None:
            what, index = moves[number - 1] if number <= len(moves) else ("nothing", 0)
            id = before[index]
            if what == "arrive":
                sandbox.arrive("square", 2)
            elif what != "nothing" and id not in touched:
                touched.add(id)
                if what == "change":
                    sandbox.change("square", id, status="failed")
                else:
                    sandbox.vanish("square", id)

        sandbox.on_request("square", meanwhile)
        if lasts < 0:  # places that are never good lead on by time, where a page holds a second
            size += 30
        found = [session.id for session in ask.all(ListSessions(kind="any", page_size=size))]
        assert len(found) == len({*found})
        assert {*before} - touched <= {*found}


ORDERS: list[dict[str, Any]] = [
    {"sort_order": "ASC"},
    {"sort_field": "UPDATED_AT"},
    {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
    {"sort_field": "OFFLINE_CREATED_AT"},
]


@EITHER
@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_whatever_order_is_asked_for_the_answer_is_newest_first(
    client: str, order: dict[str, Any]
) -> None:
    with opened(client, SHOPS) as (sandbox, ask):
        found = ask.all(asked({"provider_options": {"square": order}, "kind": "any"}))
        wanted = expected({"square": sandbox.truth("square")}, {"kind": ("any",)})
        assert sorted(names(found)) == sorted(wanted)
        created = [session.created for session in found]
        assert created == sorted(created, reverse=True)


def test_payments_that_are_hidden_offline_are_told_of_and_can_be_asked_for() -> None:
    with opened("Client", SHOPS, offline_hidden=True) as (sandbox, ask):
        reading = ask.read(ListSessions(kind="in_person"))
        offline = asked({"kind": "in_person", "provider_options": {"square": OFFLINE}})
        hidden = names(ask.all(offline))
        wanted = expected({"square": sandbox.truth("square")}, {"kind": ("in_person",)})
        assert hidden
        assert sorted([*names(reading.sessions), *hidden]) == sorted(wanted)
        assert "payments taken offline" in str(reading.coverage)


OFFLINE = {"is_offline_payment": True}


def test_a_payment_that_is_listed_late_is_not_said_to_be_settled() -> None:
    with opened("Client", lag=30) as (sandbox, ask):
        late = Facts(serial="late", created=NOW - 10, status="complete", amount_total=1)
        sandbox.arrive("square", [late])
        reading = ask.read(ListSessions(kind="any"))
        assert len(reading.sessions) == 60
        account = reading.coverage.accounts[0]
        assert account.created_to - account.covers_to == timedelta(minutes=1)
