"""Laws of lists that change while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, repeat

import pytest

from unified_checkout.adapters import Compiled, Paging
from unified_checkout.model.query import ListSessions
from unified_checkout.sandbox.facts import DAY
from unified_checkout.testing.conformance.bench import Bench
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.oracle import STATUSES
from unified_checkout.testing.conformance.specimens import NOW

_HELD = 9
_LATER = 2 * DAY
_QUERIES = [ListSessions(kind="any")] + [
    ListSessions(status=status, kind="any") for status in dict.fromkeys(STATUSES.values())
]


class MovingLaws(Laws):
    """Nobody is missed because somebody else arrives, leaves or changes meanwhile."""

    def test_sessions_that_arrive_shift_nothing(self) -> None:
        """Where a place is a cursor, what is new does not push what is old over a page's edge."""
        bench = self.bench(self.specimen(serial=f"held-{number}") for number in range(_HELD))
        compiled = bench.whole()
        if compiled.paging is Paging.OFFSET:
            pytest.skip("where a place is a count, arrivals shift what follows")
        held = bench.ids(compiled)
        found: list[str] = []
        for stream in compiled.streams:
            for number, page in enumerate(bench.pages(compiled, stream, sizes=repeat(2))):
                found += [session.id for session in page.sessions]
                new = self.specimen(serial=f"new-{stream.name}-{number}", created=NOW)
                bench.imitation.hold([new])
        old = [id for id in found if id in held]
        assert old == held, "with sessions that arrive meanwhile, the others are lost or doubled"

    def test_a_listing_outlives_its_token(self) -> None:
        """Through the engine: a token that is refused on the way is fetched anew."""
        if self.new_adapter().token_request() is None:
            pytest.skip("the key alone signs")
        self._check_interrupted("its token is refused")

    def test_a_listing_outlives_its_places(self) -> None:
        """Through the engine: where a place is no longer known, the list is begun again."""
        if self.shop.whole().reach.earliest is not None:
            pytest.skip("where this provider's lists begin moves on with the time")
        self._check_interrupted("its places are forgotten")

    def test_a_list_that_grows_at_its_front_hides_nobody(self) -> None:
        """Where ``Compiled.grows_at_front``, no session ever leaves the list, whatever its state.

        A filter that a session may cease to pass makes a list from which sessions leave.
        """
        growing = [one for one in _QUERIES if self._grows(self.shop.compile(one))]
        if not growing:
            pytest.skip("no list of this provider's is said to grow at its front alone")
        for query in growing:
            for early, late in combinations(STATUSES, 2):
                self._check_growth(query, early, late)
                self._check_growth(query, early, early)

    def test_no_session_moves_between_disjoint_lists(self) -> None:
        """Where ``Compiled.disjoint``, each is in one of the lists, and stays there."""
        bench = self.bench(
            self.specimen(serial=f"{status}-{number}", status=status)
            for status in STATUSES
            for number in range(2)
        )
        apart = [one for one in _QUERIES if bench.compile(one).disjoint]
        if not apart:
            pytest.skip("this provider's lists are not said to be disjoint")
        for query in apart:
            before = dict(self._memberships(bench, query))
            for status in STATUSES:
                for facts in bench.truth():
                    bench.imitation.change(facts.id, {"status": status})
                for id, stream in self._memberships(bench, query):
                    was = before.setdefault(id, stream)
                    assert stream == was, f"{id!r} was in {was!r}, and is in {stream!r} now"

    def _check_interrupted(self, what: str) -> None:
        """Days pass between two requests."""
        for requests in range(1, _HELD):
            bench = self.bench(self.specimen(serial=f"held-{number}") for number in range(_HELD))
            bench.clock.leap = (requests, _LATER)
            answer = bench.answer(ListSessions(page_size=2, kind="any"))
            found = sorted(session.id for session in answer)
            held = sorted(facts.id for facts in bench.truth())
            assert found == held, f"{what} after {requests} requests: {len(found)} of {len(held)}"

    def _grows(self, compiled: Compiled) -> bool:
        return compiled.paging is Paging.OFFSET and compiled.grows_at_front

    def _check_growth(self, query: ListSessions, early: str, late: str) -> None:
        """While the list is read, sessions that were read become others, or else some arrive."""
        bench = self.bench(
            self.specimen(serial=f"held-{number}", status=early) for number in range(_HELD)
        )
        compiled = bench.compile(query)
        held = bench.ids(compiled)
        found: set[str] = set()
        changed: set[str] = set()
        for stream in compiled.streams:
            for number, page in enumerate(bench.pages(compiled, stream, sizes=repeat(2))):
                found |= {session.id for session in page.sessions}
                if early == late:
                    new = self.specimen(serial=f"new-{number}", created=NOW, status=early)
                    bench.imitation.hold([new])
                    continue
                for session in page.sessions:
                    bench.imitation.change(session.id, {"status": late})
                    changed.add(session.id)
        lost = set(held) - found - changed
        meanwhile = "others arrive" if early == late else f"some of them become {late}"
        assert not lost, (
            f"{query!r}: while {meanwhile}, {len(lost)} of {len(held)} {early} sessions are missed "
            "in a list that is said to grow at its front alone"
        )

    def _memberships(self, bench: Bench, query: ListSessions) -> Iterator[tuple[str, str]]:
        """Each session, with the name of the list it is in."""
        compiled = bench.compile(query)
        seen: dict[str, str] = {}
        for stream in compiled.streams:
            for id in bench.stream_ids(compiled, stream):
                other = seen.setdefault(id, stream.name)
                assert other == stream.name, f"{id!r} is in {other!r} and in {stream.name!r}"
                yield id, stream.name
