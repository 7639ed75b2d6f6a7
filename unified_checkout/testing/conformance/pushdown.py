"""Laws of pushdown: what a provider is asked for, and what is left to do here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, ClassVar

from hypothesis import assume, given
from hypothesis import strategies as st

from unified_checkout.adapters import Compiled, Order, Pushdown
from unified_checkout.engine.support import PROBES, probe
from unified_checkout.model.query import ListSessions
from unified_checkout.testing.conformance.bench import Bench, answerable
from unified_checkout.testing.conformance.laws import ENOUGH, Laws
from unified_checkout.testing.conformance.oracle import matching
from unified_checkout.testing.conformance.queries import OFFSETS, queries

_ODD_ID = "a/b?c=d#e %2F"


class PushdownLaws(Laws):
    """What is pushed down may return too much, never too little; and what is exact, is."""

    _questions: ClassVar[st.SearchStrategy[ListSessions]]

    @given(st.data())
    @ENOUGH
    def test_there_is_one_verdict_per_condition_in_order(self, data: st.DataObject) -> None:
        """The engine derives from the verdicts what to apply here, so none may be missing.

        The one on the kind is given where there are other sessions than checkouts.
        """
        query = data.draw(queries(self.shop.truth()))
        compiled = self.shop.adapter.compile(query)
        judged = tuple(verdict.predicate for verdict in compiled.verdicts)
        assert judged in (query.predicates(), query.predicates(kind=True))

    @given(st.data())
    @ENOUGH
    def test_nothing_that_matches_is_lost(self, data: st.DataObject) -> None:
        """The superset law: all that match every condition are among what is returned."""
        bench, query = self.shop, self._query(data)
        compiled = bench.compile(query)
        promised = matching(query.predicates(kind=True), bench.promised())
        lost = promised - bench.pushed_ids(compiled)
        assert not lost, f"{_asked(query)} loses {_shown(bench, lost)}; sent: {_sent(compiled)}"

    @given(st.data())
    @ENOUGH
    def test_an_exact_verdict_is_exact(self, data: st.DataObject) -> None:
        """What is returned meets every condition whose verdict is ``EXACT``."""
        bench, query = self.shop, self._query(data)
        compiled = bench.compile(query)
        exact = [one.predicate for one in compiled.verdicts if one.pushdown is Pushdown.EXACT]
        wrong = bench.pushed_ids(compiled) - matching(exact, bench.truth())
        assert not wrong, (
            f"{', '.join(map(str, exact))}: called exact, and yet {_shown(bench, wrong)} came back; "
            f"sent: {_sent(compiled)}"
        )

    def test_bounds_are_rounded_outward(self) -> None:
        """A bound between two values that the provider can express must not cut off a session."""
        bench = self.shop
        for facts in bench.truth()[::27]:
            for offset in OFFSETS:
                moment = datetime.fromtimestamp(facts.created, UTC) + offset
                for bound in ("gt", "gte", "lt", "lte"):
                    self._check_bound(bench, {bound: moment})

    def test_bounds_beyond_all_sessions_are_understood(self) -> None:
        """The first and the last year of the calendar are bounds too."""
        bench = self.shop
        first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
        for moment in (first, last):
            for bound in ("gt", "gte", "lt", "lte"):
                self._check_bound(bench, {bound: moment})

    @given(st.data())
    @ENOUGH
    def test_the_answer_is_what_the_conditions_say(self, data: st.DataObject) -> None:
        """Through the engine: exactly the sessions that match, each once, newest first.

        A condition that the provider does not evaluate must be told by the sessions themselves;
        one that nobody can tell is ``UNANSWERABLE``.
        """
        bench, query = self.shop, self._query(data)
        page_size = data.draw(st.sampled_from([2, 7, 100]))
        answer = bench.answer(query.model_copy(update={"page_size": page_size}))
        ids = [session.id for session in answer]
        conditions = query.predicates(kind=True)
        promised, right = (
            matching(conditions, those) for those in (bench.promised(), bench.truth())
        )
        assert len(ids) == len(set(ids)), f"{_asked(query)}: a session appears twice"
        lost, wrong = promised - set(ids), set(ids) - right
        assert not lost, f"{_asked(query)}: {_shown(bench, lost)} is missing from the answer"
        assert not wrong, f"{_asked(query)}: {_shown(bench, wrong)} does not match"
        if bench.compile(query).order is Order.NEWEST_FIRST:
            created = [session.created for session in answer]
            assert created == sorted(created, reverse=True), f"{_asked(query)}: not newest first"

    @given(st.data())
    @ENOUGH
    def test_every_page_repeats_the_conditions(self, data: st.DataObject) -> None:
        """A place is no more than a place: what is asked goes with every page."""
        bench, query = self.shop, self._query(data)
        compiled = bench.compile(query)
        for stream in compiled.streams:
            at_once = bench.stream_ids(compiled, stream)
            assert bench.stream_ids(compiled, stream, sizes=repeat(2)) == at_once, (
                f"{_asked(query)}: pages of 2 give another list than pages of 100"
            )

    def test_a_value_stays_one_part_of_the_path(self) -> None:
        """Where a filter is a path, an id with a slash in it is another id, and no other path."""
        adapter = self.new_adapter()
        fields = ("customer", "customer_account", "payment_intent", "payment_link", "subscription")
        for field in (*fields, "client_reference_id"):
            paths = [
                [stream.path for stream in adapter.compile(_with(field, id)).streams]
                for id in ("harmless", _ODD_ID)
            ]
            for harmless, odd in zip(*paths, strict=True):
                assert odd.count("/") == harmless.count("/"), f"{field}: {odd}"
                assert not set("?# ") & set(odd), f"{field}: percent-encode the value: {odd}"

    def _check_bound(self, bench: Bench, created: dict[str, datetime]) -> None:
        query = ListSessions.model_validate({"created": created, "kind": "any"})
        compiled = bench.compile(query)
        (verdict,) = compiled.verdicts
        conditions, returned = query.predicates(kind=True), bench.pushed_ids(compiled)
        lost = matching(conditions, bench.promised()) - returned
        assert not lost, f"{_asked(query)} loses {_shown(bench, lost)}; sent: {_sent(compiled)}"
        if verdict.pushdown is Pushdown.EXACT:
            wrong = returned - matching(conditions, bench.truth())
            assert not wrong, f"{_asked(query)} is called exact: {_shown(bench, wrong)} came back"

    def _query(self, data: st.DataObject) -> ListSessions:
        """A random query that the provider can answer."""
        if "_questions" not in vars(type(self)):
            type(self)._questions = queries(self.shop.truth(), self._refused())
        query = data.draw(self._questions)
        assume(answerable(self.shop.adapter, query))
        return query

    def _refused(self) -> set[str]:
        """The fields that the provider cannot answer."""
        support = probe(self.shop.adapter).predicates
        return {
            field
            for name, fields in PROBES.items()
            for field in fields
            if support[name].pushdown is Pushdown.UNANSWERABLE
        }


def _with(field: str, id: str) -> ListSessions:
    return ListSessions.model_validate({field: id})


def _asked(query: ListSessions) -> str:
    return " and ".join(str(predicate) for predicate in query.predicates(kind=True)) or "everything"


def _shown(bench: Bench, ids: set[str]) -> str:
    """One of the sessions, as the provider holds it."""
    facts = next(facts for facts in bench.truth() if facts.id in ids)
    return f"{facts.id!r} (created {facts.created}, {facts.status})"


def _sent(compiled: Compiled) -> Sequence[Any]:
    return [list(stream.parameters) for stream in compiled.streams]
