"""``Residual``: every condition is tested on every session that can tell, whoever claims what."""

from __future__ import annotations

from typing import Any

import attrs
from engine.handmade import NOW, Handmade, Row
from engine.world import World
from hypothesis import given
from hypothesis import strategies as st
from simulation.made import session
from simulation.rows import START, moment

from unified_checkout.adapters import Pushdown, Verdict
from unified_checkout.engine.cursor import decode_cursor, encode_cursor
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.tally import Tally
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Customer, Session
from unified_checkout.model.statuses import PaymentStatus, SessionStatus

PUSHDOWNS = st.sampled_from([Pushdown.EXACT, Pushdown.INEXACT, Pushdown.UNSUPPORTED])
ADA = "ada@example.com"
BOB = "bob@example.com"


def with_email(id: str, email: str | None) -> Session:
    return attrs.evolve(session(id, START), customer=Customer(email=email))


class Trial:
    """A residual of one condition on the e-mail address."""

    def __init__(self, pushdown: Pushdown, *, doubted: tuple[str, ...] = ()) -> None:
        verdict = Verdict(Predicate("email", Operator.EQ, ADA), pushdown)
        self.tally = Tally()
        self.residual = Residual([verdict], Runtime(), self.tally, doubted)

    def keeps(self, *emails: str | None, alone: bool = False) -> list[str | None]:
        """Which of a page of sessions with these addresses are kept."""
        page = [with_email(f"s-{number}", email) for number, email in enumerate(emails)]
        kept = self.residual.matching_alone(page) if alone else self.residual.matching(page)
        return [one.customer.email if one.customer else None for one in kept]

    @property
    def counted(self) -> dict[str, int]:
        """Whatever was counted, if it was."""
        counts = {
            "dropped": self.tally.rows_dropped,
            "contradicting": self.tally.contradicting,
            "believed": self.residual.believed,
            "unverified": self.residual.unverified,
        }
        return {name: count for name, count in counts.items() if count}


def test_what_contradicts_an_exact_verdict_is_left_out_and_counted() -> None:
    trial = Trial(Pushdown.EXACT)
    assert trial.keeps(ADA, BOB, ADA) == [ADA, ADA]
    assert trial.counted == {"contradicting": 1}
    assert trial.residual.doubted == ("email = (given)",)
    assert not trial.residual.keeps("email")
    assert trial.residual.keeps("created")


def test_what_does_not_fit_an_inexact_verdict_is_dropped_and_breaks_no_word() -> None:
    trial = Trial(Pushdown.INEXACT)
    assert trial.keeps(ADA, BOB) == [ADA]
    assert trial.counted == {"dropped": 1}
    assert trial.residual.doubted == ()


def test_but_from_then_on_silence_is_no_proof_there_either() -> None:
    trial = Trial(Pushdown.INEXACT)
    assert trial.keeps(ADA, None) == [ADA, None]
    assert trial.keeps(ADA, BOB, None) == [ADA]
    assert trial.counted == {"dropped": 2, "unverified": 2}
    assert trial.residual.doubted == ("email = (given)",)


def test_silence_is_believed_of_whoever_was_asked() -> None:
    trial = Trial(Pushdown.EXACT)
    assert trial.keeps(None, ADA) == [None, ADA]
    assert trial.keeps(None, None) == [None, None]
    assert trial.counted == {"believed": 3}


def test_silence_proves_nothing_where_nobody_was_asked() -> None:
    trial = Trial(Pushdown.UNSUPPORTED)
    assert trial.keeps(None, ADA, BOB) == [ADA]
    assert trial.counted == {"dropped": 2}


def test_belief_ends_with_the_first_contradiction() -> None:
    trial = Trial(Pushdown.EXACT)
    assert trial.keeps(None, ADA) == [None, ADA]
    assert trial.keeps(None, BOB) == []
    assert trial.keeps(None, ADA) == [ADA]
    assert trial.counted == {"contradicting": 1, "dropped": 2, "unverified": 3}


def test_a_provider_that_was_doubted_before_is_not_believed() -> None:
    trial = Trial(Pushdown.EXACT, doubted=("email = (given)",))
    assert trial.keeps(None, ADA) == [ADA]
    assert trial.counted == {"dropped": 1, "unverified": 1}


def test_whoever_is_not_asked_any_more_is_not_doubted_for_silence() -> None:
    trial = Trial(Pushdown.UNSUPPORTED, doubted=("email = (given)",))
    assert trial.keeps(None, ADA, BOB) == [ADA]
    assert trial.counted == {"dropped": 2}


def test_a_session_fetched_by_its_id_contradicts_nobody() -> None:
    trial = Trial(Pushdown.EXACT)
    assert trial.keeps(BOB, alone=True) == []
    assert trial.counted == {"dropped": 1}
    assert trial.residual.doubted == ()
    assert trial.keeps(ADA, BOB, BOB, alone=True) == [ADA]
    assert trial.counted == {"dropped": 3}


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "created": st.integers(-2, 2).map(lambda second: moment(START + second)),
    "status": st.none() | st.sampled_from([SessionStatus.OPEN, SessionStatus.COMPLETE]),
    "payment_status": st.none() | st.sampled_from([PaymentStatus.PAID, PaymentStatus.UNPAID]),
    "currency": st.none() | st.sampled_from(["usd", "eur"]),
    "customer": st.none() | st.builds(Customer, id=st.none() | st.sampled_from("ab")),
    "payment_intents": st.sampled_from([(), ("a",), ("a", "b")]),
    "livemode": st.none() | st.booleans(),
    "disputed": st.none() | st.booleans(),
}
SESSIONS = st.fixed_dictionaries(VALUES).map(
    lambda fields: attrs.evolve(session("s", START), **fields)
)
PREDICATES = st.one_of(
    st.builds(
        Predicate,
        st.just("created"),
        st.sampled_from([Operator.GT, Operator.GTE, Operator.LT, Operator.LTE]),
        VALUES["created"],
    ),
    st.builds(
        Predicate,
        st.just("status"),
        st.just(Operator.IN),
        st.sampled_from([(SessionStatus.OPEN,), (SessionStatus.OPEN, SessionStatus.COMPLETE)]),
    ),
    st.builds(
        Predicate,
        st.just("currency"),
        st.just(Operator.IN),
        st.sampled_from([("usd",), ("usd", "eur")]),
    ),
    *(
        st.builds(Predicate, st.just(field), st.just(Operator.EQ), values)
        for field, values in {
            "customer": st.sampled_from("ab"),
            "payment_intent": st.sampled_from("ab"),
            "livemode": st.booleans(),
            "has_disputes": st.booleans(),
        }.items()
    ),
)


@given(PREDICATES, st.lists(SESSIONS, min_size=1, max_size=6))
def test_a_look_at_a_whole_page_agrees_with_a_look_at_each_row(
    predicate: Predicate, page: list[Session]
) -> None:
    """What costs nothing may only say that all is well where every row says so."""
    if predicate.test_of_all()(page):
        assert all(predicate.matches(one) is True for one in page)
    elif predicate.field != "payment_intent":
        assert not all(predicate.matches(one) is True for one in page)


@given(
    st.lists(st.tuples(PREDICATES, PUSHDOWNS), max_size=4),
    st.lists(st.lists(SESSIONS, max_size=5), max_size=4),
)
def test_what_is_kept_is_what_the_plain_filter_keeps(
    conditions: list[tuple[Predicate, Pushdown]], pages: list[list[Session]]
) -> None:
    """No row that contradicts a condition is kept, and each that says that it meets them all is."""
    tally = Tally()
    verdicts = [Verdict(predicate, pushdown) for predicate, pushdown in conditions]
    residual = Residual(verdicts, Runtime(), tally)

    def believed(one: Session) -> bool:
        return all(
            predicate.matches(one)
            or (predicate.matches(one) is None and pushdown is not Pushdown.UNSUPPORTED)
            for predicate, pushdown in conditions
        )

    kept = 0
    for page in pages:
        found = residual.matching(page)
        kept += len(found)
        sure = [one for one in page if all(predicate.matches(one) for predicate, _ in conditions)]
        assert [id(one) for one in sure] == [id(one) for one in found if one in sure]
        assert all(believed(one) for one in found)
        if not residual.doubted:
            assert [id(one) for one in found] == [id(one) for one in page if believed(one)]
    assert kept + tally.rows_dropped + tally.contradicting == sum(map(len, pages))


def shop(*emails: str | None, **style: Any) -> Handmade:
    """A shop that claims to evaluate an address, and does not."""
    listed = [
        Row(id=f"s-{number}", created=NOW - number, email=email)
        for number, email in enumerate(emails)
    ]
    return Handmade(rows=listed, claims={"email": Pushdown.EXACT}, **style)


def test_an_answer_that_rests_on_a_broken_word_is_not_complete() -> None:
    said = World(shop(ADA, None, BOB, None)).ask(ListSessions(email=ADA)).said
    assert not said.complete
    assert said.reason == "the provider does not keep to email = (given), and 2 do not tell"
    assert (said.contradicting, said.unverified, said.believed) == (1, 2, 0)
    assert said.doubted == ("email = (given)",)
    assert "does not keep to email = (given)" in str(said)
    assert ADA not in str(said)


def test_an_answer_is_complete_where_a_broken_word_hides_nothing() -> None:
    said = World(shop(ADA, BOB)).ask(ListSessions(email=ADA)).said
    assert said.complete
    assert (said.contradicting, said.unverified, said.delivered) == (1, 0, 1)


def test_what_was_believed_is_told() -> None:
    said = World(shop(ADA, None)).ask(ListSessions(email=ADA)).said
    assert said.complete
    assert (said.believed, said.delivered) == (1, 2)


def test_what_was_believed_before_the_word_was_broken_is_told_as_unverified() -> None:
    answer = World(shop(None, ADA, BOB, page_size=2)).ask(ListSessions(email=ADA))
    assert answer.ids == ["s-0", "s-1"]
    assert (answer.said.believed, answer.said.unverified) == (0, 1)
    assert not answer.said.complete


def test_a_doubt_survives_a_cursor() -> None:
    world = World(shop(BOB, ADA, None, ADA, page_size=2))
    query = ListSessions(email=ADA)
    first = world.ask(query, take=1)
    assert first.ids == ["s-1"]
    cursor = encode_cursor(first.machine.position(1))
    assert decode_cursor(cursor).accounts[0].doubted == ("email = (given)",)
    rest = world.ask(query, Manner(cursor=cursor))
    assert rest.ids == ["s-3"]
    assert (rest.said.unverified, rest.said.complete) == (1, False)
    assert rest.said.doubted == ("email = (given)",)
