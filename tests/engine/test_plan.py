"""Plans: compiled once, explained in words, picklable, and without a secret."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import attrs
import pytest
from simulation.adapter import Profile, SimulatedAdapter, Style
from simulation.rows import START, moment

from unified_checkout.adapters import Compiled, Order, Pushdown, Reach, Untold
from unified_checkout.adapters.rules import push_kind
from unified_checkout.engine.plan import Plan, first_size, make_plan
from unified_checkout.errors import AdapterFailed, InvalidQuery, UnknownAccount
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionKind

NOW = moment(START)
RICH = {
    "created": {"gte": "1970-01-01T00:15:00Z", "lt": "1970-01-01T00:16:00.500Z"},
    "status": "complete",
    "customer": "ann",
}


def adapters(*profiles: Profile) -> Mapping[str, SimulatedAdapter]:
    names = ("north", "south", "east")
    return {
        name: SimulatedAdapter(name, profile)
        for name, profile in zip(names, profiles, strict=False)
    }


def plan(fields: dict[str, Any], *profiles: Profile) -> Plan:
    query = ListSessions.model_validate(fields)
    return make_plan(query, adapters(*(profiles or (Profile(),))), NOW)


def test_each_account_is_compiled_by_its_own_adapter() -> None:
    made = plan(RICH, Profile(), Profile(customer=Pushdown.UNSUPPORTED, union=True))
    north, south = made.accounts
    assert [str(one) for one in north.residual] == []
    assert [str(one) for one in south.residual] == ["customer = ann"]
    assert [stream.name for stream in south.compiled.streams] == ["word=paid", "word=complete"]


def test_the_residual_is_all_that_is_not_exact() -> None:
    inexact = plan(RICH, Profile(created=Pushdown.INEXACT, status=Pushdown.UNSUPPORTED))
    assert [str(one) for one in inexact.accounts[0].residual] == [
        "created < 1970-01-01T00:16:00.500000Z",
        "status = complete",
    ]


def test_explaining_says_what_is_believed_of_a_session_that_does_not_tell() -> None:
    made = plan(RICH, Profile(created=Pushdown.INEXACT, customer=Pushdown.INEXACT))
    assert [str(one) for one in made.accounts[0].believable] == ["customer = ann"]
    (line,) = [line for line in str(made).splitlines() if line.split()[:1] == ["believed"]]
    assert "customer = ann: where a session does not tell, on the provider's word" in line
    assert "believed" not in str(plan(RICH))


class Forgetful(SimulatedAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        return attrs.evolve(compiled, verdicts=compiled.verdicts[:-1])


class Disorderly(SimulatedAdapter):
    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        return attrs.evolve(compiled, verdicts=compiled.verdicts[::-1])


@pytest.mark.parametrize("kind", [Forgetful, Disorderly])
def test_an_adapter_that_forgets_or_mixes_up_a_verdict_is_refused(
    kind: type[SimulatedAdapter],
) -> None:
    with pytest.raises(AdapterFailed, match=f"{kind.__name__}.compile must give one verdict per"):
        make_plan(ListSessions.model_validate(RICH), {"north": kind("north", Profile())}, NOW)


def test_a_limit_is_only_pushed_where_nothing_is_left_over() -> None:
    exact = plan({"limit": 3, "customer": "ann"}).accounts[0]
    residual = plan(
        {"limit": 3, "customer": "ann"}, Profile(customer=Pushdown.UNSUPPORTED)
    ).accounts[0]
    assert (first_size(exact, 3), first_size(residual, 3)) == (3, 100)
    assert (first_size(exact, None), first_size(exact, 500)) == (100, 100)
    assert exact.requests == ("GET /sessions?customer=ann&size=3",)


@pytest.mark.parametrize(
    ("asked", "most", "size"), [(None, 250, 250), (None, 20, 20), (30, 250, 30), (1000, 250, 250)]
)
def test_a_page_is_as_large_as_asked_and_as_the_provider_allows(
    asked: int | None, most: int, size: int
) -> None:
    (account,) = plan({"page_size": asked}, Profile(page_size=most)).accounts
    assert account.page_size == size
    assert account.requests == (f"GET /sessions?size={size}",)


def test_explaining_shows_every_request_and_every_verdict() -> None:
    text = str(plan({**RICH, "limit": 9}, Profile(union=True, created=Pushdown.UNSUPPORTED)))
    for expected in (
        "sessions created until 1970-01-01T00:16:40Z, newest first, at most 9",
        "north (simulated)",
        "word=paid",
        "GET /sessions?word=paid&customer=ann&size=100",
        "GET /sessions?word=complete&customer=ann&size=100",
        "union",
        "unsupported",
        "created >= 1970-01-01T00:15:00Z  (the provider has no such filter)",
        "status = complete  (word=paid and word=complete)",
        "customer = ann  (customer)",
        "so reading stops at the first page that ends beyond created >= 1970-01-01T00:15:00Z",
    ):
        assert expected in text, expected


@pytest.mark.parametrize("style", Style)
def test_explaining_says_whether_a_list_is_divided(style: Style) -> None:
    text = str(plan({}, Profile(style=style, splittable=True)))
    assert "or in several windows at once" in text
    assert "cannot be divided" in str(plan({}, Profile(style=style)))


@pytest.mark.parametrize(
    ("order", "reach", "said"),
    [
        (Order.NEWEST_FIRST, Reach(), "page after page: it cannot be divided"),
        (Order.NEWEST_FIRST, Reach(windowed=True), "or in several windows at once"),
        (Order.OLDEST_FIRST, Reach(), "to its end, and then sorted here"),
        (Order.UNDOCUMENTED, Reach(), "to its end, and then sorted here"),
        (Order.OLDEST_FIRST, Reach(windowed=True), "in windows, newest first, sorted"),
        (
            Order.NEWEST_FIRST,
            Reach(windowed=True, longest=timedelta(days=31)),
            "in windows, newest first",
        ),
    ],
)
def test_explaining_says_how_a_list_is_read(order: Order, reach: Reach, said: str) -> None:
    class Reached(SimulatedAdapter):
        def compile(self, query: ListSessions) -> Compiled:
            return attrs.evolve(super().compile(query), order=order, reach=reach)

    made = make_plan(ListSessions(), {"north": Reached("north", Profile())}, NOW)
    (reading,) = [line for line in str(made).splitlines() if line.split()[:1] == ["reading"]]
    assert said in reading


@pytest.mark.parametrize(
    ("disjoint", "said"),
    [
        (False, "the streams are merged, each read ahead of the next"),
        (True, "the streams are read side by side and merged"),
    ],
)
def test_explaining_says_how_streams_are_merged(disjoint: bool, said: str) -> None:
    class Shops(SimulatedAdapter):
        def compile(self, query: ListSessions) -> Compiled:
            return attrs.evolve(super().compile(query), disjoint=disjoint)

    query = ListSessions(status="complete")
    made = make_plan(query, {"north": Shops("north", Profile(union=True))}, NOW)
    assert said in str(made)


def test_explaining_says_what_is_not_told_and_never_seen() -> None:
    class Terse(SimulatedAdapter):
        untold: ClassVar[Mapping[str, Untold]] = {
            "customer": Untold(expand="buyer"),
            "disputed": Untold(),
        }
        rows: ClassVar[str] = "payments"

        def compile(self, query: ListSessions) -> Compiled:
            return attrs.evolve(super().compile(query), excludes=("open checkouts",))

    def asked(**fields: Any) -> str:
        query = ListSessions.model_validate(fields)
        return str(make_plan(query, {"north": Terse("north", Profile())}, NOW))

    assert "rows         payments" in asked()
    assert "customer (give expand=buyer), disputed (no list tells it); None may" in asked()
    assert "untold       disputed (no list tells it)" in asked(expand="buyer")
    assert "customer" not in asked(expand="buyer")
    assert "excludes     open checkouts" in asked()


def test_explaining_a_part_of_a_plan_says_which() -> None:
    whole = plan({})
    since, until = moment(0), moment(3600)
    part = str(whole.within(since, until)).splitlines()[1]
    assert part.startswith("of these, the part created from 1970-01-01T00:00:00Z on and before ")
    assert "of these" not in str(whole)


def test_explaining_shows_the_newest_window_of_a_list_that_is_read_in_windows() -> None:
    class Monthly(SimulatedAdapter):
        def compile(self, query: ListSessions) -> Compiled:
            reach = Reach(windowed=True, required=True, longest=timedelta(seconds=100))
            return attrs.evolve(super().compile(query), reach=reach)

    made = make_plan(ListSessions(), {"north": Monthly("north", Profile())}, NOW)
    assert made.accounts[0].requests == ("GET /sessions?size=100&since=901&until=1001",)


def test_a_part_of_a_plan_is_a_span_of_whole_seconds() -> None:
    made = plan({})
    with pytest.raises(InvalidQuery, match="since must come before until"):
        made.within(moment(5), moment(5))
    with pytest.raises(InvalidQuery, match="since must be an aware datetime at a whole second"):
        made.within(moment(5.5))
    with pytest.raises(InvalidQuery, match="until must be an aware datetime at a whole second"):
        made.within(until=datetime(2026, 1, 1))
    spans = [made, made.within(moment(5)), made.within(moment(5), moment(9))]
    assert len({one.fingerprint for one in spans}) == 3


def test_explaining_says_why_an_account_cannot_answer() -> None:
    made = plan({"customer": "ann"}, Profile(customer=Pushdown.UNANSWERABLE))
    assert "unanswerable" in str(made)
    assert "the provider does not say" in str(made)
    assert "the provider does not say" in str(made.accounts[0].unsupported_predicate())
    assert labels(made) == ["refused", "unanswerable"]


def labels(made: Plan) -> list[str]:
    """The first words of the lines about a single account."""
    return [line.split()[0] for line in str(made).splitlines()[3:]]


def test_explaining_says_nothing_of_reading_where_nothing_is_read() -> None:
    class Barren(SimulatedAdapter):
        def compile(self, query: ListSessions) -> Compiled:
            return attrs.evolve(super().compile(query), streams=())

    query = ListSessions(customer="ann")
    made = make_plan(query, {"north": Barren("north", Profile())}, NOW)
    assert labels(made) == ["request", "exact"]
    assert "none: no session of this provider can match" in str(made)
    with_streams = ["request", "exact", "residual", "order", "end", "reading", "cost"]
    assert labels(plan({"customer": "ann"})) == with_streams


class Mixed(SimulatedAdapter):
    """Its provider lists more than checkouts."""

    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        kinds = [one for one in query.predicates(kind=True) if one.field == "kind"]
        judged = (push_kind(one, SessionKind.CHECKOUT, SessionKind.RENEWAL) for one in kinds)
        verdicts = (*compiled.verdicts, *(one.verdict for one in judged))
        return attrs.evolve(compiled, verdicts=verdicts)


def test_an_adapter_that_says_nothing_of_kinds_has_checkouts_only() -> None:
    usual, any_kind = plan({}), plan({"kind": "any"})
    assert usual.accounts[0].requests == any_kind.accounts[0].requests
    assert (usual.accounts[0].residual, any_kind.accounts[0].compiled.verdicts) == ((), ())
    assert "kind" not in str(usual)
    assert str(usual) == str(any_kind)

    others = plan({"kind": ["renewal", "invoice"], "customer": "ann"})
    assert others.accounts[0].requests == ()
    assert labels(others) == ["request", "exact", "exact"]
    assert "kind in (renewal, invoice)  (every session here is of kind checkout)" in str(others)


def test_an_adapter_that_judges_kinds_is_asked() -> None:
    def asked(**fields: Any) -> Plan:
        query = ListSessions.model_validate(fields)
        return make_plan(query, {"north": Mixed("north", Profile())}, NOW)

    assert [str(one) for one in asked().accounts[0].residual] == ["kind = checkout"]
    assert labels(asked())[:2] == ["request", "unsupported"]
    assert "  (the provider has no such filter; the sessions tell)" in str(asked())
    assert asked(kind="any").accounts[0].compiled.verdicts == ()
    both = asked(kind=["checkout", "renewal"])
    assert both.accounts[0].residual == ()
    assert labels(both)[:2] == ["request", "exact"]


def test_an_address_that_was_asked_for_is_not_printed() -> None:
    class WithEmail(SimulatedAdapter):
        def compile(self, query: ListSessions) -> Compiled:
            compiled = super().compile(query)
            stream = attrs.evolve(compiled.streams[0], parameters=(("email", str(query.email)),))
            return attrs.evolve(compiled, streams=(stream,))

    query = ListSessions(email="jenny@example.com")
    made = make_plan(query, {"north": WithEmail("north", Profile())}, NOW)
    assert made.accounts[0].requests == ("GET /sessions?email=(given)&size=100",)
    assert "jenny" not in str(made)


def test_a_plan_pickles() -> None:
    made = plan(RICH, Profile(), Profile(union=True))
    assert pickle.loads(pickle.dumps(made)) == made


def test_the_fingerprint_tells_queries_and_accounts_apart() -> None:
    different = [
        plan({}),
        plan({"status": "open"}),
        plan({"status": ["open", "complete"]}),
        plan({"last": "1d"}),
        plan({"kind": "any"}),
        plan({"kind": "renewal"}),
        plan({"kind": ["renewal", "checkout"]}),
        plan({}, Profile(), Profile()),
        plan({"accounts": "south"}, Profile(), Profile()),
    ]
    assert len({made.fingerprint for made in different}) == len(different)


def test_the_fingerprint_is_that_of_the_question_not_of_the_moment() -> None:
    query = ListSessions.model_validate({"last": "1d"})
    now, later = (make_plan(query, adapters(Profile()), moment(at)) for at in (1e5, 2e5))
    assert now.fingerprint == later.fingerprint
    assert now.query != later.query
    assert plan({"page_size": 7}).fingerprint == plan({}).fingerprint
    assert plan({"limit": 3}).fingerprint == plan({}).fingerprint
    assert plan({"kind": "checkout"}).fingerprint == plan({}).fingerprint
    kinds = ["renewal", "checkout"]
    assert plan({"kind": kinds}).fingerprint == plan({"kind": kinds[::-1]}).fingerprint
    both = plan({"accounts": "north"}, Profile(), Profile())
    assert both.fingerprint == plan({}).fingerprint


def test_the_upper_bound_is_the_moment_of_asking() -> None:
    assert plan({}).ceiling == NOW


def test_an_unknown_account_is_named() -> None:
    with pytest.raises(UnknownAccount, match="west"):
        plan({"accounts": ["north", "west"]})


def test_options_for_a_provider_that_is_not_asked_are_refused() -> None:
    with pytest.raises(InvalidQuery, match="elsewhere"):
        plan({"provider_options": {"elsewhere": {"x": 1}}})


def test_a_part_of_a_part_lies_in_both() -> None:
    made = plan({})
    part = made.within(moment(5), moment(9))
    assert part.within(moment(3), moment(7)) == made.within(moment(5), moment(7))
    assert part.within(moment(6)) == made.within(moment(6), moment(9))
    assert part.within() == part
    with pytest.raises(InvalidQuery, match="the span is empty"):
        part.within(moment(9))


@pytest.mark.parametrize("given", ["2026-10-01", 5, date(2026, 10, 1), datetime(2026, 10, 1)])
def test_what_is_no_aware_moment_bounds_no_plan(given: Any) -> None:
    made = plan({})
    for name in ("since", "until"):
        with pytest.raises(InvalidQuery, match=f"within: {name} must be an aware datetime"):
            made.within(**{name: given})
