"""The rules: a dialect as a table, and what becomes of each predicate."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import Direction, Place, Pushdown, Stream, Window
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    narrowed,
    page_parameters,
    push,
    push_kind,
    push_status,
    streams,
    unsupported,
)
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.statuses import SessionKind, SessionStatus

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
