"""Laws of paging: where a list goes on, where it ends, and what it promises meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, cycle, pairwise, repeat

import pytest

from unified_checkout.adapters import (
    Compiled,
    Direction,
    EndOfList,
    Order,
    Paging,
    Place,
    Stream,
    Window,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.sandbox import Facts
from unified_checkout.sandbox.faults import Clamp
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.oracle import matching
from unified_checkout.testing.conformance.specimens import NOW, YEAR


class PagingLaws(Laws):
    """Every way through a list gives the same list."""

    @pytest.mark.parametrize("size", [1, 2, 7, 100])
    def test_pages_of_any_size_give_the_whole_list(self, size: int) -> None:
        """The cursor advances, and the end is recognised: nothing twice, nothing missing."""
        compiled, stream = self.shop.whole()
        ids = self.shop.stream_ids(compiled, stream, sizes=repeat(size))
        held = [facts.id for facts in self.shop.truth()]
        missing = set(held) - set(ids)
        assert not missing, f"pages of {size} end too early: {len(missing)} sessions are missing"
        assert len(ids) == len(held), f"pages of {size} repeat {len(ids) - len(held)} sessions"

    @pytest.mark.parametrize("size", [1, 2, 7, 100])
    def test_a_page_is_no_larger_than_asked_for(self, size: int) -> None:
        """``Place.size`` is what a small question is kept small with."""
        compiled, stream = self.shop.whole()
        page = self.shop.page(compiled, stream, Place(size=min(size, compiled.page_size)))
        assert 1 <= len(page.sessions) <= size

    def test_a_small_question_costs_one_request(self) -> None:
        """Three sessions wanted are three sessions given, from the first page alone."""
        bench = self.shop
        asked: list[int] = []
        answer = bench.answer(ListSessions(limit=3, kind="any"), before_request=asked.append)
        assert [session.id for session in answer] == [facts.id for facts in bench.truth()[:3]]
        assert len(asked) == 1, f"limit=3 took {len(asked)} requests"

    def test_the_page_size_may_change_on_the_way(self) -> None:
        """The engine asks for less when it wants less: places must not depend on the size."""
        compiled, stream = self.shop.whole()
        sizes = [5, 1, 3, 100, 2]
        ids = self.shop.stream_ids(compiled, stream, sizes=cycle(sizes))
        held = [facts.id for facts in self.shop.truth()]
        assert sorted(ids) == sorted(held), f"pages of {sizes} in turn do not give the whole list"

    def test_a_short_page_is_not_the_end(self) -> None:
        """A server may give less than it was asked for, and go on all the same."""
        bench = self.bench(self.specimen(serial=f"held-{number}") for number in range(9))
        compiled, stream = bench.whole()
        if compiled.paging is Paging.OFFSET:
            pytest.skip("where a place is a count, a server that gives less leaves gaps")
        bench.imitation.misbehave([Clamp(limit=2, times=None)])
        ids = bench.stream_ids(compiled, stream, sizes=repeat(5))
        assert len(ids) == 9, f"the server gives 2 sessions a page of 5; {len(ids)} of 9 are read"

    def test_the_end_of_the_list_is_told_as_declared(self) -> None:
        """``more`` is what the provider says; it guesses nothing from the length of a page."""
        compiled, stream = self.shop.whole()
        pages = list(self.shop.walk(compiled, stream, sizes=repeat(9)))
        said = [page.more for page in pages]
        if compiled.end_of_list is EndOfList.SIGNAL:
            assert said == [*repeat(True, len(pages) - 1), False], f"more: {said}"
        else:
            assert set(said) == {None}, f"a provider that never says leaves more None: {said}"
            assert pages[-1].sessions == []

    def test_an_empty_list_is_no_error(self) -> None:
        """No sessions, nothing more, and no place to continue from."""
        bench = self.bench([])
        compiled, stream = bench.whole()
        page = bench.page(compiled, stream, Place(size=compiled.page_size))
        assert page.sessions == []
        assert page.more is not True
        assert page.next is None

    def test_sessions_years_old_are_listed(self) -> None:
        """No default of the provider's hides them, neither in the whole list nor within bounds."""
        bench = self.shop
        old = {facts.id for facts in bench.truth() if facts.created < NOW - YEAR}
        ancient, today = datetime(2001, 1, 1, tzinfo=UTC), datetime.fromtimestamp(NOW, UTC)
        for created in ({}, {"gte": ancient}, {"lt": today}, {"gt": ancient, "lte": today}):
            for status in (None, "complete", "expired", "canceled"):
                fields = {"created": created or None, "status": status, "kind": "any"}
                query = ListSessions.model_validate(fields)
                expected = matching(query.predicates(kind=True), bench.truth()) & old
                lost = expected - {session.id for session in bench.listed(query)}
                held = sorted(facts.created for facts in bench.truth() if facts.id in lost)
                assert not lost, f"{query!r}: sessions years old are not listed: created {held}"

    def test_lists_are_newest_first(self) -> None:
        """What the engine relies on to merge accounts, and to stop early."""
        compiled, stream = self.shop.whole()
        if compiled.order is not Order.NEWEST_FIRST:
            pytest.skip("the provider documents no order")
        pages = self.shop.walk(compiled, stream, sizes=repeat(4))
        created = [session.created for page in pages for session in page.sessions]
        assert created == sorted(created, reverse=True), "the list is not newest first"

    def test_the_list_can_be_resumed_at_any_session(self) -> None:
        """Where a place is a session's id, every id is one, not only a page's last."""
        compiled, stream = self._by_session_id()
        held = [facts.id for facts in self.shop.truth()]
        for index, id in enumerate(held):
            page = self.shop.page(compiled, stream, Place(cursor=id, size=4))
            rest = held[index + 1 : index + 5]
            assert [session.id for session in page.sessions] == rest, f"after {id!r}"

    def test_walking_back_gives_the_same_list(self) -> None:
        """Towards newer sessions: pages are newest first all the same, the nearest page first."""
        compiled, stream = self._by_session_id()
        held = [facts.id for facts in self.shop.truth()]
        for size in (1, 3, 100):
            start = Place(cursor=held[-1], direction=Direction.BACKWARD)
            pages = self.shop.walk(compiled, stream, start=start, sizes=repeat(size))
            back = [[session.id for session in page.sessions] for page in pages]
            assert list(chain.from_iterable(reversed(back))) == held[:-1], f"in pages of {size}"

    def test_sessions_that_arrive_shift_nothing(self) -> None:
        """Where a place is a cursor, what is new does not push what is old over a page's edge."""
        bench = self.bench(self.specimen(serial=f"held-{number}") for number in range(9))
        compiled, stream = bench.whole()
        if compiled.paging is Paging.OFFSET:
            pytest.skip("where a place is a count, arrivals shift what follows")
        held = [facts.id for facts in bench.truth()]
        found: list[str] = []
        for number, page in enumerate(bench.walk(compiled, stream, sizes=repeat(2))):
            found += [session.id for session in page.sessions]
            bench.imitation.hold([self.specimen(serial=f"new-{number}", created=NOW)])
        old = [id for id in found if id in held]
        assert old == held, "with sessions that arrive meanwhile, the others are lost or doubled"

    def test_windows_tile_the_list(self) -> None:
        """Half-open spans of time, side by side: every session is in exactly one."""
        bench = self.shop
        queries = [
            ListSessions(),
            ListSessions(status="open"),
            ListSessions.model_validate({"created": _between(bench.truth())}),
        ]
        if not bench.adapter.compile(queries[0]).reach.windowed:
            pytest.skip("the provider cannot be asked for a span of time")
        moments = sorted({facts.created for facts in bench.truth()})
        for query in queries:
            compiled = bench.adapter.compile(query)
            for stream in compiled.streams:
                whole = bench.stream_ids(compiled, stream)
                for step in (7, 23):
                    cuts = [moment + step % 3 - 1 for moment in moments[::step]]
                    assert self._tiled(compiled, stream, cuts) == whole, f"{query!r}, cut at {cuts}"

    def _tiled(self, compiled: Compiled, stream: Stream, cuts: list[int]) -> list[str]:
        """The ids of all windows between the cuts, the newest window first."""
        found: list[str] = []
        for since, until in reversed(list(pairwise([None, *cuts, None]))):
            start = Place(window=Window(since, until))
            for page in self.shop.walk(compiled, stream, start=start, sizes=repeat(5)):
                for session in page.sessions:
                    second = session.created.timestamp()
                    assert since is None or second >= since, f"before the window from {since}"
                    assert until is None or second < until, f"beyond the window until {until}"
                    found.append(session.id)
        return found

    def _by_session_id(self) -> tuple[Compiled, Stream]:
        compiled, stream = self.shop.whole()
        if compiled.paging is not Paging.SESSION_ID:
            pytest.skip(f"this provider's {compiled.paging.value}")
        return compiled, stream


def _between(truth: Sequence[Facts]) -> dict[str, datetime]:
    """Bounds that lie inside the list, on fractions of seconds."""
    half = timedelta(milliseconds=500)
    newest, oldest = (datetime.fromtimestamp(truth[index].created, UTC) for index in (5, -5))
    return {"gt": oldest - half, "lte": newest + half}
