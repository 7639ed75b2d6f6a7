"""Laws of paging: every way through a list gives the same list, and it ends where it ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import chain, cycle, repeat

import attrs
import pytest

from unified_checkout.adapters import (
    Compiled,
    Direction,
    EndOfList,
    Order,
    Paging,
    Place,
    PlaceExpired,
    Stream,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.sandbox.facts import DAY
from unified_checkout.sandbox.faults import Clamp
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.oracle import matching
from unified_checkout.testing.conformance.specimens import NOW, YEAR

_LONG_AFTER = 45 * DAY


class PagingLaws(Laws):
    """Every way through a list gives the same list."""

    @pytest.mark.parametrize("size", [1, 2, 7, 100])
    def test_pages_of_any_size_give_the_whole_list(self, size: int) -> None:
        """The cursor advances, and the end is recognised: nothing twice, nothing missing."""
        self._check_whole(repeat(size), f"pages of {size}")

    def test_the_page_size_may_change_on_the_way(self) -> None:
        """The engine asks for less when it wants less: places must not depend on the size."""
        sizes = [5, 1, 3, 100, 2]
        self._check_whole(cycle(sizes), f"pages of {sizes} in turn")

    @pytest.mark.parametrize("size", [1, 2, 7, 100, 1000])
    def test_a_page_is_no_larger_than_asked_for(self, size: int) -> None:
        """``Place.size`` is what a small question is kept small with."""
        compiled = self.shop.whole()
        for stream in compiled.streams:
            pages = list(self.shop.pages(compiled, stream, sizes=repeat(size)))
            largest = max(len(page.sessions) for page in pages)
            assert largest <= size, f"asked for {size}, and given {largest}"

    def test_a_query_may_ask_for_small_pages(self) -> None:
        """``ListSessions.page_size`` is the most that is asked for, but for a repeated row."""
        compiled = self.shop.compile(ListSessions(page_size=3))
        most = 3 + compiled.inclusive
        assert compiled.page_size <= most, f"page_size=3 is compiled to {compiled.page_size}"

    def test_a_small_question_costs_one_request(self) -> None:
        """Three sessions wanted are three sessions given, from the first page alone."""
        bench = self.shop
        compiled = bench.whole()
        stream, *others = compiled.streams
        if others or compiled.order is not Order.NEWEST_FIRST:
            pytest.skip("this provider's newest sessions are not at the beginning of one list")
        if compiled.reach.required:
            pytest.skip("the first window may hold less than is wanted")
        first = bench.page(compiled, stream, Place(size=3))
        if len(first.sessions) < 3:
            pytest.skip("among this provider's rows are some that are no sessions")
        path = bench.first_request().path
        bench.imitation.clear_requests()
        answer = bench.answer(ListSessions(limit=3, kind="any"))
        asked = [one for one in bench.imitation.requests() if one.path == path]
        newest = bench.stream_ids(compiled, stream)[:3]
        assert [session.id for session in answer] == newest
        assert len(asked) == 1, f"limit=3 took {len(asked)} requests"

    def test_a_short_page_is_not_the_end(self) -> None:
        """A server may give less than it was asked for, and go on all the same."""
        bench = self.bench(self.specimen(serial=f"held-{number}") for number in range(9))
        compiled = bench.whole()
        if compiled.paging is Paging.OFFSET:
            pytest.skip("where a place is a count, a server that gives less leaves gaps")
        bench.imitation.misbehave([Clamp(limit=2, times=None)])
        ids = bench.ids(compiled, sizes=repeat(5))
        assert len(set(ids)) == 9, f"the server gives 2 a page of 5; {len(set(ids))} of 9 are read"

    def test_the_end_of_the_list_is_told_as_declared(self) -> None:
        """``more`` is what the provider says; it guesses nothing from the length of a page."""
        compiled = self.shop.whole()
        for stream in compiled.streams:
            for pages in self.shop.way(compiled, stream).runs(Place(), repeat(9)):
                said = [page.more for page in pages]
                if compiled.end_of_list is EndOfList.SIGNAL:
                    assert said == [*repeat(True, len(pages) - 1), False], f"more: {said}"
                else:
                    assert set(said) == {None}, f"a provider that never says leaves None: {said}"
                    assert pages[-1].sessions == []

    def test_an_empty_list_is_no_error(self) -> None:
        """No sessions, nothing more, and no place to continue from."""
        bench = self.bench([])
        compiled = bench.whole()
        for stream in compiled.streams:
            for pages in bench.way(compiled, stream).runs(Place(), repeat(7)):
                assert [page.sessions for page in pages] == [[] for _ in pages]
                assert pages[-1].more is not True
                assert pages[-1].next is None

    def test_sessions_years_old_are_listed(self) -> None:
        """No default of the provider's hides them, neither in the whole list nor within bounds.

        Those that are older than ``Reach.earliest`` are not expected.
        """
        bench = self.shop
        old = {facts.id for facts in bench.promised() if facts.created < NOW - YEAR}
        ancient, today = datetime(2001, 1, 1, tzinfo=UTC), datetime.fromtimestamp(NOW, UTC)
        for created in ({}, {"gte": ancient}, {"lt": today}, {"gt": ancient, "lte": today}):
            for status in (None, "complete", "expired", "canceled"):
                fields = {"created": created or None, "status": status, "kind": "any"}
                query = ListSessions.model_validate(fields)
                expected = matching(query.predicates(kind=True), bench.truth()) & old
                lost = expected - {session.id for session in bench.listed(query)}
                held = sorted(facts.created for facts in bench.truth() if facts.id in lost)
                assert not lost, f"{query!r}: sessions years old are not listed: created {held}"

    def test_lists_are_in_the_order_declared(self) -> None:
        """What the engine relies on to merge accounts, and to stop early."""
        for query in (ListSessions(kind="any"), ListSessions(status="complete", kind="any")):
            compiled = self.shop.compile(query)
            if compiled.order is Order.UNDOCUMENTED:
                pytest.skip("the provider documents no order, or not that of creation")
            for stream in compiled.streams:
                pages = self.shop.pages(compiled, stream, sizes=repeat(4))
                created = [session.created for page in pages for session in page.sessions]
                newest_first = compiled.order is Order.NEWEST_FIRST
                assert created == sorted(created, reverse=newest_first), (
                    f"the list {stream.name!r} is not {compiled.order}"
                )

    def test_the_list_can_be_resumed_at_any_session(self) -> None:
        """Where a place is a session's id, every id is one, not only a page's last."""
        compiled, stream = self._by_session_id()
        listed = self.shop.stream_ids(compiled, stream)
        for index, id in enumerate(listed):
            found = self._page_at(compiled, stream, Place(cursor=id, size=5))
            rest = listed[index + 1 : index + 5]
            assert found[:4] == rest, f"after {id!r}"

    def test_reading_back_gives_the_same_list(self) -> None:
        """Towards newer sessions: pages are newest first all the same, the nearest page first."""
        compiled, stream = self._by_session_id()
        listed = self.shop.stream_ids(compiled, stream)
        for size in (1, 3, 100):
            start = Place(cursor=listed[-1], direction=Direction.BACKWARD)
            pages = self.shop.pages(compiled, stream, start=start, sizes=repeat(size))
            back = [[session.id for session in page.sessions] for page in pages]
            assert list(chain.from_iterable(reversed(back))) == listed[:-1], f"in pages of {size}"

    def test_a_page_begins_with_its_place_as_declared(self) -> None:
        """Where ``Compiled.inclusive``, a page shows once more the session that its place names."""
        compiled = self.shop.whole()
        for stream in compiled.streams:
            place = next(self.shop.way(compiled, stream).beginnings(Place(size=4)))
            page = self.shop.page(compiled, stream, place)
            if page.more is False or page.next is None or not page.sessions:
                continue
            following = self.shop.page(compiled, stream, attrs.evolve(place, cursor=page.next))
            first = following.sessions[0].id if following.sessions else None
            own = first == (page.next if compiled.inclusive else page.sessions[-1].id)
            assert own is compiled.inclusive, (
                f"a page of {stream.name!r} {'begins' if own else 'does not begin'} with the "
                f"session before it, and Compiled.inclusive is {compiled.inclusive}"
            )

    def test_a_place_that_is_no_longer_known_says_so(self) -> None:
        """Long after, a place is good still, or the error is ``PlaceExpired``: begin again."""
        bench = self.bench(self.specimen(serial=f"held-{number}") for number in range(9))
        compiled = bench.whole()
        for stream in compiled.streams:
            place = next(bench.way(compiled, stream).beginnings(Place(size=2)))
            page = bench.page(compiled, stream, place)
            if page.more is False or page.next is None:
                continue
            later = attrs.evolve(place, cursor=page.next)
            request = bench.adapter.page_request(compiled, stream, later)
            bench.clock.now += _LONG_AFTER
            response = bench.send(request, token=bench.token())
            error = bench.failure(response, partial(bench.adapter.parse_page, place=later))
            assert error is None or isinstance(error, PlaceExpired), (
                f"{_LONG_AFTER // DAY} days later, going on at a place fails with "
                f"{type(error).__name__}: {error}"
            )

    def test_a_total_is_that_of_the_whole_list(self) -> None:
        """``total`` is the same on every page; where some rows are no sessions, there is none."""
        compiled = self.shop.whole()
        found: list[int | None] = []
        for stream in compiled.streams:
            for pages in self.shop.way(compiled, stream).runs(Place(), repeat(7)):
                totals = {page.total for page in pages}
                found += totals
                sessions = sum(len(page.sessions) for page in pages)
                assert totals in ({None}, {sessions}), f"of {sessions} sessions, total: {totals}"
        if set(found) == {None}:
            pytest.skip("no page tells how many sessions there are")

    def _check_whole(self, sizes: Iterable[int], said: str) -> None:
        bench = self.shop
        ids = bench.ids(bench.whole(), sizes=sizes)
        missing = {facts.id for facts in bench.promised()} - set(ids)
        assert not missing, f"{said} end too early: {len(missing)} sessions are missing"
        unknown = set(ids) - {facts.id for facts in bench.truth()}
        assert not unknown, f"{said} show what the provider does not hold: {unknown}"
        assert len(ids) == len(set(ids)), f"{said} repeat {len(ids) - len(set(ids))} sessions"

    def _by_session_id(self) -> tuple[Compiled, Stream]:
        compiled = self.shop.whole()
        if compiled.paging is not Paging.SESSION_ID:
            pytest.skip(f"this provider's {compiled.paging.value}")
        stream, *others = compiled.streams
        if others or compiled.reach.required:
            pytest.skip("this provider's sessions are not in one list")
        return compiled, stream

    def _page_at(self, compiled: Compiled, stream: Stream, place: Place) -> list[str]:
        """The ids of a page, without the one that its place names."""
        page = self.shop.page(compiled, stream, place)
        return [session.id for session in page.sessions if session.id != place.cursor]
