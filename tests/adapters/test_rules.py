"""The rules: a dialect as a table, and what becomes of each predicate."""

from __future__ import annotations

import operator
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import (
    Direction,
    InvalidQuery,
    PaymentStatus,
    Place,
    Pushdown,
    Stream,
    Window,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    inexact,
    narrowed,
    one_path,
    page_parameters,
    push,
    push_created,
    push_kind,
    push_path,
    push_status,
    push_words,
    streams,
    unsupported,
)
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.statuses import SessionKind, SessionStatus

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPEN, COMPLETE, EXPIRED, CANCELED, UNKNOWN = (
    SessionStatus.OPEN,
    SessionStatus.COMPLETE,
    SessionStatus.EXPIRED,
    SessionStatus.CANCELED,
    SessionStatus.UNKNOWN,
)
WORDS = {"new": OPEN, "settled": COMPLETE, "done": COMPLETE, "lapsed": EXPIRED}
NAMES = {
    Operator.GT: "after",
    Operator.GTE: "from",
    Operator.LT: "before",
    Operator.LTE: "until",
}
LIST = Stream(name="things", path="/things", parameters=(("shape", "full"),))
KIND = Predicate("customer", Operator.EQ, "c1")


def status(*words: SessionStatus) -> Pushed:
    return push_status(Predicate("status", Operator.IN, words), "state", WORDS)


def test_a_rule_sends_its_parameter_or_says_why_not() -> None:
    sent = push(KIND, exact("buyer"))
    assert (sent.verdict.pushdown, sent.verdict.note) == (Pushdown.EXACT, "buyer")
    assert sent.alternatives == ((("buyer", "c1"),),)
    kept = push(KIND, unsupported("no such filter"))
    assert (kept.verdict.pushdown, kept.verdict.note) == (Pushdown.UNSUPPORTED, "no such filter")
    assert kept.alternatives == ((),)


def test_a_boolean_is_sent_in_lower_case() -> None:
    disputed = Predicate("has_disputes", Operator.EQ, True)
    assert push(disputed, exact("disputed")).alternatives == ((("disputed", "true"),),)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ((OPEN,), ["new"]),
        ((COMPLETE,), ["settled", "done"]),
        ((OPEN, CANCELED), ["new"]),
        ((CANCELED,), []),
    ],
)
def test_a_single_status_is_pushed_as_all_its_words(
    asked: tuple[SessionStatus, ...], words: list[str]
) -> None:
    pushed = status(*asked)
    assert pushed.verdict.pushdown is Pushdown.EXACT
    assert pushed.alternatives == tuple((("state", word),) for word in words)


@pytest.mark.parametrize("asked", [(OPEN, EXPIRED), (UNKNOWN,), (OPEN, UNKNOWN)])
def test_several_statuses_or_an_unknown_one_are_applied_here(
    asked: tuple[SessionStatus, ...],
) -> None:
    pushed = status(*asked)
    assert pushed.verdict.pushdown is Pushdown.UNSUPPORTED
    assert pushed.alternatives == ((),)


@pytest.mark.parametrize(
    ("held", "asked", "told", "alternatives"),
    [
        (["checkout"], ["checkout"], "every session here is of kind checkout", ((),)),
        (["checkout"], ["renewal", "checkout"], "every session here is of kind checkout", ((),)),
        (["checkout"], ["renewal"], "every session here is of kind checkout", ()),
        (["checkout", "renewal"], ["renewal", "checkout"], "of kind checkout or renewal", ((),)),
        (["checkout", "renewal"], ["invoice", "other"], "of kind checkout or renewal", ()),
    ],
)
def test_a_kind_that_all_or_none_are_of_is_judged_exactly(
    held: list[str], asked: list[str], told: str, alternatives: tuple[tuple[()], ...]
) -> None:
    predicate = Predicate("kind", Operator.IN, tuple(map(SessionKind, asked)))
    pushed = push_kind(predicate, *map(SessionKind, held))
    assert pushed.verdict.pushdown is Pushdown.EXACT
    assert pushed.verdict.note.endswith(told)
    assert pushed.alternatives == alternatives


def test_a_kind_that_some_are_of_is_applied_here() -> None:
    predicate = Predicate("kind", Operator.IN, (SessionKind.CHECKOUT, SessionKind.INVOICE))
    pushed = push_kind(predicate, SessionKind.CHECKOUT, SessionKind.RENEWAL)
    assert pushed.verdict.pushdown is Pushdown.UNSUPPORTED
    assert pushed.alternatives == ((),)


def test_a_union_becomes_one_stream_for_each_alternative_in_order() -> None:
    kind = push(KIND, exact("buyer"))
    found = streams([kind, status(COMPLETE)], LIST)
    assert [stream.name for stream in found] == ["state=settled", "state=done"]
    assert found[0].parameters == (("buyer", "c1"), ("state", "settled"), ("shape", "full"))
    assert {stream.path for stream in found} == {"/things"}


def test_one_stream_keeps_its_name_and_no_alternative_leaves_none() -> None:
    assert [stream.name for stream in streams([status(OPEN)], LIST)] == ["things"]
    assert streams([], LIST) == (LIST,)
    assert streams([push(KIND, exact("buyer")), status(CANCELED)], LIST) == ()


def test_a_page_repeats_every_filter_and_the_first_one_adds_its_own() -> None:
    stream = attrs.evolve(LIST, first_page=(("skip", "3"),))
    cursors = {Direction.FORWARD: "after_id", Direction.BACKWARD: "before_id"}

    def sent(place: Place) -> tuple[tuple[str, str], ...]:
        return page_parameters(stream, place, size="size", cursors=cursors)

    assert sent(Place(size=7)) == (("shape", "full"), ("size", "7"), ("skip", "3"))
    assert sent(Place(cursor="x")) == (("shape", "full"), ("size", "100"), ("after_id", "x"))
    back = Place(cursor="x", direction=Direction.BACKWARD)
    assert sent(back)[-1] == ("before_id", "x")


SECONDS = st.integers(0, 12)
COMPARISONS = {
    "after": int.__gt__,
    "from": int.__ge__,
    "before": int.__lt__,
    "until": int.__le__,
}


@settings(deadline=None)
@given(
    lower=st.none() | st.tuples(st.sampled_from(["after", "from"]), SECONDS),
    upper=st.none() | st.tuples(st.sampled_from(["before", "until"]), SECONDS),
    since=st.none() | SECONDS,
    until=st.none() | SECONDS,
)
def test_a_narrowed_stream_is_the_stream_within_the_window(
    lower: tuple[str, int] | None,
    upper: tuple[str, int] | None,
    since: int | None,
    until: int | None,
) -> None:
    bounds = [bound for bound in (lower, upper) if bound is not None]
    repeated = (("expand", "a"), ("expand", "b"))
    stream = attrs.evolve(
        LIST, parameters=(*((name, str(second)) for name, second in bounds), *repeated)
    )
    window = Window(since, until)
    found = narrowed(stream, window, names=NAMES, read=int, write=str).parameters
    sent = [(name, int(value)) for name, value in found if name in COMPARISONS]
    assert tuple(pair for pair in found if pair[0] == "expand") == repeated
    assert len([name for name, _ in sent if name in ("after", "from")]) <= 1
    assert len([name for name, _ in sent if name in ("before", "until")]) <= 1
    for second in range(14):
        wanted = (
            all(COMPARISONS[name](second, bound) for name, bound in bounds)
            and (since is None or since <= second)
            and (until is None or second < until)
        )
        assert wanted == all(COMPARISONS[name](second, bound) for name, bound in sent)


def test_without_a_window_the_stream_stays_as_it_is() -> None:
    assert narrowed(LIST, None, names=NAMES, read=int, write=str) is LIST


BOUNDS = st.sampled_from([Operator.GT, Operator.GTE, Operator.LT, Operator.LTE])
SOME_NAMES = st.sets(st.sampled_from(list(NAMES)), min_size=1).map(
    lambda chosen: {operator: NAMES[operator] for operator in chosen}
)
QUARTERS = st.integers(-6, 10).map(lambda count: EPOCH + timedelta(seconds=count / 4))
MEANT = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


@settings(deadline=None)
@given(
    bound=QUARTERS,
    created=QUARTERS,
    asked=BOUNDS,
    names=SOME_NAMES,
    finer=st.booleans(),
    shown_finer=st.booleans(),
)
@example(
    bound=EPOCH,
    created=EPOCH + timedelta(seconds=0.25),
    asked=Operator.LTE,
    names=NAMES,
    finer=True,
    shown_finer=False,
)
def test_a_bound_returns_every_match_however_it_must_be_asked(
    bound: datetime,
    created: datetime,
    asked: Operator,
    names: dict[Operator, str],
    finer: bool,
    shown_finer: bool,
) -> None:
    """A provider that keeps whole seconds, or finer times that it shows as the second begun."""
    second = created.replace(microsecond=0)
    kept = created if finer else second
    shown = created if finer and shown_finer else second
    predicate = Predicate("created", asked, bound)
    pushed = push_created(predicate, names, finer=finer)
    matches = MEANT[asked](shown, bound)
    if pushed.verdict.pushdown is Pushdown.UNSUPPORTED:
        lower = {Operator.GT, Operator.GTE}
        assert not [name for name in names if (name in lower) == (asked in lower)]
        return
    (((name, value),),) = pushed.alternatives
    sent = next(operator for operator, one in names.items() if one == name)
    returned = MEANT[sent](kept, EPOCH + timedelta(seconds=int(value)))
    assert returned or not matches
    if pushed.verdict.pushdown is Pushdown.EXACT:
        assert returned == matches


@settings(deadline=None)
@given(names=SOME_NAMES, since=SECONDS, length=st.integers(0, 5))
def test_a_window_is_asked_for_with_the_bounds_that_there_are(
    names: dict[Operator, str], since: int, length: int
) -> None:
    window = Window(since, since + length)
    found = narrowed(LIST, window, names=names, read=int, write=str).parameters
    sent = [(name, int(value)) for name, value in found if name in COMPARISONS]
    sides = {name in (Operator.GT, Operator.GTE) for name in names}
    assert len(sent) == len(sides)
    for second in range(since, since + length):
        assert all(COMPARISONS[name](second, bound) for name, bound in sent)
    for second in (since - 1, since + length + 1) if len(sides) == 2 else ():
        assert not all(COMPARISONS[name](second, bound) for name, bound in sent)


@given(st.lists(st.sampled_from(list(SessionStatus)), min_size=1, unique=True), st.booleans())
def test_several_words_go_into_one_request(asked: list[SessionStatus], repeated: bool) -> None:
    predicate = Predicate("status", Operator.IN, tuple(asked))
    join = None if repeated else "|".join
    pushed = push_words(predicate, exact("state"), WORDS, join=join)
    chosen = [word for word, status in WORDS.items() if status in asked]
    if UNKNOWN in asked:
        assert pushed.verdict.pushdown is Pushdown.UNSUPPORTED
        assert pushed.alternatives == ((),)
    elif not chosen:
        assert (pushed.verdict.pushdown, pushed.alternatives) == (Pushdown.EXACT, ())
    else:
        assert pushed.verdict.pushdown is Pushdown.EXACT
        values = chosen if repeated else ["|".join(chosen)]
        assert pushed.alternatives == (tuple(("state", value) for value in values),)


def test_several_words_may_be_inexact_or_not_asked_for_at_all() -> None:
    paid = Predicate("payment_status", Operator.IN, (PaymentStatus.PAID,))
    words = {"paid": PaymentStatus.PAID, "completed": PaymentStatus.PAID}
    pushed = push_words(paid, inexact("status", "free ones are told apart here"), words)
    assert pushed.verdict.pushdown is Pushdown.INEXACT
    assert pushed.verdict.note == "status=paid,completed: free ones are told apart here"
    kept = push_words(paid, unsupported("no such filter"), words)
    assert (kept.verdict.pushdown, kept.alternatives) == (Pushdown.UNSUPPORTED, ((),))


def in_a_list(field: str, path: str, value: str = "x") -> Pushed:
    return push_path(Predicate(field, Operator.EQ, value), path, unsupported("the rows tell"))


def test_a_condition_may_be_a_list_of_its_own() -> None:
    pushed = one_path([in_a_list("customer", "/customers/{}/things", "c/1"), status(COMPLETE)])
    found = streams(pushed, LIST)
    assert {stream.path for stream in found} == {"/customers/c%2F1/things"}
    assert [stream.parameters[0] for stream in found] == [("state", "settled"), ("state", "done")]
    assert pushed[0].verdict.pushdown is Pushdown.EXACT
    assert pushed[0].verdict.note == "/customers/customer/things"


def test_of_two_lists_the_first_is_asked_and_the_other_condition_is_applied_here() -> None:
    links = in_a_list("payment_link", "/links/{}/things")
    theirs = in_a_list("customer", "/customers/{}/things")
    pushed = one_path([links, status(OPEN), theirs])
    assert [one.verdict.pushdown for one in pushed] == [
        Pushdown.EXACT,
        Pushdown.EXACT,
        Pushdown.UNSUPPORTED,
    ]
    assert [stream.path for stream in streams(pushed, LIST)] == ["/links/x/things"]
    with pytest.raises(ValueError, match="two conditions choose the list"):
        streams([links, theirs], LIST)


@pytest.mark.parametrize("id", ["", ".", "..", " "])
def test_an_id_that_would_name_another_list_is_refused(id: str) -> None:
    with pytest.raises(InvalidQuery, match="is not the id"):
        in_a_list("customer", "/customers/{}/things", id)
