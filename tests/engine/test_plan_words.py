"""What a plan says of itself: its texts as a whole, and how many requests it takes at least."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta, timezone
from typing import Any, ClassVar

import attrs
import pytest
from simulation.adapter import Profile, SimulatedAdapter
from simulation.rows import START, moment

from unified_checkout.adapters import (
    Compiled,
    Direction,
    Order,
    Place,
    Pushdown,
    Reach,
    Request,
    Stream,
    Untold,
    Verdict,
)
from unified_checkout.engine.plan import Plan, early_bound, make_plan
from unified_checkout.errors import AdapterFailed, InvalidQuery
from unified_checkout.model.predicate import LOWER_BOUNDS, UPPER_BOUNDS, Operator, Predicate
from unified_checkout.model.query import ListSessions

NOW = moment(START)
ASKED = {"created": {"gte": "1970-01-01T00:05:00.500Z", "lt": "1970-01-01T00:15:00.500Z"}}
TWO = ("north", "south")
SHORT = timedelta(seconds=100)
PIECES = Reach(windowed=True, longest=SHORT, earliest=timedelta(seconds=950))
BY_UPDATE = attrs.evolve(PIECES, by="updated")
BOUNDS = (*LOWER_BOUNDS, *UPPER_BOUNDS)


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


def test_a_fingerprint_is_short() -> None:
    """It is in every cursor."""
    assert len(plan().fingerprint) == 12


GTE, GT, LTE, LT = Operator.GTE, Operator.GT, Operator.LTE, Operator.LT
FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


@pytest.mark.parametrize(
    ("field", "operator", "pushdown", "direction", "stops"),
    [
        *(("created", one, Pushdown.UNSUPPORTED, FORWARD, one in (GT, GTE)) for one in BOUNDS),
        *(("created", one, Pushdown.UNSUPPORTED, BACKWARD, one in (LT, LTE)) for one in BOUNDS),
        ("created", GTE, Pushdown.EXACT, FORWARD, False),
        ("created", GTE, Pushdown.INEXACT, FORWARD, False),
        ("amount_total", GTE, Pushdown.UNSUPPORTED, FORWARD, False),
    ],
)
def test_reading_stops_at_a_bound_that_lies_ahead_and_is_not_sent(
    field: str, operator: Operator, pushdown: Pushdown, direction: Direction, stops: bool
) -> None:
    verdict = Verdict(Predicate(field, operator, moment(5)), pushdown)
    assert early_bound([verdict], direction) == (verdict.predicate if stops else None)


class Bare(SimulatedAdapter):
    """An adapter that asks for nothing but a path, which shows where it begins."""

    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), start="s-3", direction=BACKWARD)

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        return Request(path=f"/{compiled.start}/{place.direction.name}/{place.cursor}")


def test_the_first_request_is_shown_as_it_will_be_sent() -> None:
    [account] = make_plan(ListSessions(), {"north": Bare("north", Profile())}, NOW).accounts
    assert account.requests == ("GET /s-3/BACKWARD/s-3",)
    day = plan({}, reach=Reach(windowed=True, required=True))
    assert day.accounts[0].requests == ("GET /sessions?size=100&since=-85399&until=1001",)


class Careless(SimulatedAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), verdicts=())


def test_an_adapter_that_forgets_a_verdict_is_told_by_its_account() -> None:
    with pytest.raises(AdapterFailed) as failed:
        make_plan(ListSessions(status="open"), {"north": Careless("north", Profile())}, NOW)
    assert (failed.value.account, failed.value.provider) == ("north", "simulated")


class Terse(Styled):
    """An adapter whose lists do not tell everything."""

    rows = "payments"
    untold: ClassVar[Mapping[str, Untold]] = {
        "customer": Untold(expand="buyer", cost="larger answers"),
        "invoice": Untold(joined=True),
        "disputed": Untold(),
        "refunded": Untold(),
    }


@pytest.mark.parametrize(
    ("joins", "expand", "untold"),
    [
        (False, [], ["customer", "invoice", "disputed", "refunded"]),
        (True, [], ["customer", "disputed", "refunded"]),
        (False, ["buyer"], ["invoice", "disputed", "refunded"]),
    ],
)
def test_a_plan_knows_what_its_lists_do_not_tell(
    joins: bool, expand: list[str], untold: list[str]
) -> None:
    adapter = Terse("north", Profile())
    adapter.style = {"joins": joins, "order": Order.UNDOCUMENTED}
    [account] = make_plan(ListSessions(expand=expand), {"north": adapter}, NOW).accounts
    assert list(account.untold) == untold


def explained(fields: dict[str, Any], profile: Profile, **style: Any) -> str:
    """What is explained of a single account, without its name."""
    adapter = Terse("north", profile)
    adapter.style = style
    made = make_plan(ListSessions.model_validate(fields), {"north": adapter}, NOW)
    return str(made).partition("north (simulated)\n")[2]


RICH = {**ASKED, "status": "complete", "customer": "ann"}
UNSUPPORTED, INEXACT = Pushdown.UNSUPPORTED, Pushdown.INEXACT


def test_a_union_is_explained_as_a_whole() -> None:
    profile = Profile(union=True, created=UNSUPPORTED, customer=INEXACT)
    style = {"excludes": ("drafts", "tests"), "notes": ("slow on Mondays",)}
    assert (
        explained(RICH, profile, **style)
        == """\
  rows           payments
  word=paid      GET /sessions?word=paid&customer_like=ann&size=100
  word=complete  GET /sessions?word=complete&customer_like=ann&size=100
  union          the streams are merged, each read ahead of the next
  unsupported    created >= 1970-01-01T00:05:00.500000Z  (the provider has no such filter)
  unsupported    created < 1970-01-01T00:15:00.500000Z  (the provider has no such filter)
  exact          status = complete  (word=paid and word=complete)
  inexact        customer = ann  (customer_like: letter case does not count)
  residual       created >= 1970-01-01T00:05:00.500000Z, created < 1970-01-01T00:15:00.500000Z, customer = ann
  believed       customer = ann: where a session does not tell, on the provider's word; coverage counts it
  order          newest first, so reading stops at the first page that ends beyond created >= 1970-01-01T00:05:00.500000Z
  end of list    the provider says that there is no more; cursor is a session id
  reading        page after page: it cannot be divided into windows
  cost           at least 2 requests; one for each 100 rows that are read
  untold         customer (give expand=buyer: larger answers), invoice (other rows tell it), disputed, refunded (no list tells it); None may mean unknown
  excludes       drafts: never seen here
  excludes       tests: never seen here
  note           slow on Mondays"""
    )


def test_what_is_sorted_here_is_explained_as_a_whole() -> None:
    profile = Profile(status=INEXACT, customer=INEXACT)
    assert (
        explained(RICH, profile, order=Order.UNDOCUMENTED)
        == """\
  rows         payments
  request      GET /sessions?created>==300.5&created<=900.5&words_or_so=paid,complete&customer_like=ann&size=100
  exact        created >= 1970-01-01T00:05:00.500000Z  (created>==300.5)
  exact        created < 1970-01-01T00:15:00.500000Z  (created<=900.5)
  inexact      status = complete  (words_or_so: some others too)
  inexact      customer = ann  (customer_like: letter case does not count)
  residual     status = complete, customer = ann
  believed     status = complete, customer = ann: where a session does not tell, on the provider's word; coverage counts it
  order        undocumented
  end of list  the provider says that there is no more; cursor is a session id
  reading      to its end, and then sorted here
  cost         at least 1 request; one for each 100 rows that are read
  untold       customer (give expand=buyer: larger answers), invoice (other rows tell it), disputed, refunded (no list tells it); None may mean unknown"""
    )


def test_pieces_are_explained_as_a_whole() -> None:
    assert (
        explained(ASKED, Profile(union=True), reach=PIECES)
        == """\
  rows         payments
  request      GET /sessions?created>==300.5&created<=900.5&size=100&since=901&until=1001
  exact        created >= 1970-01-01T00:05:00.500000Z  (created>==300.5)
  exact        created < 1970-01-01T00:15:00.500000Z  (created<=900.5)
  residual     nothing: the provider evaluates every condition
  order        newest first
  end of list  the provider says that there is no more; cursor is a session id
  reading      in windows, newest first, sorted here where that is needed
  cost         at least 7 requests; one for each 100 rows that are read
  untold       customer (give expand=buyer: larger answers), invoice (other rows tell it), disputed, refunded (no list tells it); None may mean unknown"""
    )


def test_a_verdict_without_a_note_is_explained_without_one() -> None:
    [predicate] = ListSessions(status="open").predicates()
    told = explained({"status": "open"}, Profile(), verdicts=(Verdict(predicate, INEXACT),))
    assert "\n  inexact      status = open\n" in told


def test_what_cannot_be_answered_is_explained_as_a_whole() -> None:
    profile = Profile(customer=Pushdown.UNANSWERABLE)
    assert (
        explained({"customer": "ann"}, profile)
        == """\
  refused       this account cannot answer, and nothing is sent to it
  unanswerable  customer = ann  (the provider does not say)"""
    )
    assert (
        explained({"status": "open"}, Profile(), streams=())
        == """\
  request  none: no session of this provider can match
  exact    status = open  (words)"""
    )
    disjoint = explained({"status": "complete"}, Profile(union=True), disjoint=True)
    assert "the streams are read side by side and merged\n" in disjoint
    windowed = explained({}, Profile(), reach=Reach(windowed=True))
    assert "page after page, or in several windows at once when it is long\n" in windowed
    assert "least 2 requests; " in explained(
        {"created": {"gte": moment(900)}}, Profile(), reach=PIECES
    )


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
