"""Laws of windows: lists that are asked for by time, how far back, and how soon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, repeat

import pytest

from unified_checkout.adapters import Compiled, Place, Stream, Window
from unified_checkout.model.query import ListSessions
from unified_checkout.sandbox import Facts
from unified_checkout.sandbox.facts import DAY
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.specimens import NOW
from unified_checkout.testing.conformance.ways import floor_of

_AGES = (1, 30, 200, 1800, 4000, 8000, 12_000, 20_000, 50_000, DAY, 2 * DAY, 4 * DAY, 40 * DAY)
"""Seconds, and so the delays that a provider may have."""
_ROUNDED = 2 * DAY
"""Further than this no window is rounded outward."""


class WindowLaws(Laws):
    """A span of time is asked for as it is meant, and what it cannot show is declared."""

    def test_windows_tile_the_list(self) -> None:
        """Half-open spans of time, side by side: every session is in exactly one.

        A window may be rounded outward: what is created beyond it is left out here.
        """
        bench = self.shop
        queries = [
            ListSessions(kind="any"),
            ListSessions(status="open", kind="any"),
            ListSessions.model_validate({"created": _between(bench.truth()), "kind": "any"}),
        ]
        if not bench.whole().reach.windowed:
            pytest.skip("the provider cannot be asked for a span of time")
        moments = sorted({facts.created for facts in bench.truth()})
        for query in queries:
            compiled = bench.compile(query)
            for stream in compiled.streams:
                whole = bench.stream_ids(compiled, stream)
                for step in (7, 23):
                    cuts = [moment + step % 3 - 1 for moment in moments[::step]]
                    if query.created is None and cuts[-1] < NOW - 1:
                        cuts.append(NOW - 1)
                    tiled = self._tiled(compiled, stream, cuts)
                    lost, odd = set(whole) - set(tiled), set(tiled) - set(whole)
                    assert not lost | odd, f"{query!r}, cut at {cuts}: loses {lost}, adds {odd}"
                    assert len(tiled) == len(set(tiled)), f"{query!r}, cut at {cuts}: doubles"

    def test_lists_begin_where_declared(self) -> None:
        """Before ``Reach.earliest`` there is nothing to be had."""
        bench = self.bench(
            self.specimen(serial=f"aged-{days}", created=NOW - days * DAY)
            for days in range(10, 15 * 365, 50)
        )
        compiled = bench.whole()
        reach = compiled.reach
        if reach.earliest is None:
            pytest.skip("the provider's lists begin with its first session")
        floor = floor_of(reach, NOW, 0) - DAY
        longest = 400 * DAY if reach.longest is None else int(reach.longest.total_seconds())
        for stream in compiled.streams:
            place = Place(window=Window(floor - longest, floor), size=compiled.page_size)
            response = bench.send(
                bench.adapter.page_request(compiled, stream, place), token=bench.token()
            )
            if bench.failure(response, lambda one: None) is not None:
                continue
            found = [
                session.created
                for session in bench.adapter.parse_page(response, place).sessions
                if session.created.timestamp() < floor
            ]
            assert not found, f"lists are said to begin {reach.earliest} ago, and show {found}"

    def test_what_should_be_settled_is_listed(self) -> None:
        """Only sessions younger than ``Reach.settles`` may be missing, or than a page says."""
        bench = self.bench(self.specimen(serial=f"aged-{age}", created=NOW - age) for age in _AGES)
        compiled = bench.whole()
        found = set(bench.ids(compiled))
        missing = [NOW - facts.created for facts in bench.promised() if facts.id not in found]
        assert not missing, f"created {missing} seconds ago, and not listed; see Reach.settles"
        for stream in compiled.streams:
            for page in bench.pages(compiled, stream, sizes=repeat(4)):
                if page.settled is None:
                    continue
                assert page.settled.utcoffset() == timedelta(0), "settled is in UTC"
                settled = page.settled.timestamp()
                assert settled <= NOW, f"settled up to {page.settled}, which is to come"
                lost = [
                    facts.created
                    for facts in bench.truth()
                    if facts.created < settled and facts.id not in found
                ]
                assert not lost, f"said to be settled up to {settled:.0f}, and without {lost}"

    def _tiled(self, compiled: Compiled, stream: Stream, cuts: list[int]) -> list[str]:
        """The ids of all windows between the cuts, the newest window first."""
        found: list[str] = []
        by_creation = compiled.reach.by == "created"
        for since, until in reversed(list(pairwise([None, *cuts, None]))):
            start = Place(window=Window(since, until))
            for page in self.shop.pages(compiled, stream, start=start, sizes=repeat(5)):
                for session in page.sessions:
                    second = session.created.timestamp()
                    early = since is not None and second < since
                    late = until is not None and second >= until
                    if not by_creation or not (early or late):
                        found.append(session.id)
                        continue
                    near = second >= (since or 0) - _ROUNDED and second < (until or NOW) + _ROUNDED
                    assert near, (
                        f"asked for the window from {since} until {until}, and given what was "
                        f"created at {second:.0f}; is Place.window sent?"
                    )
        return found


def _between(truth: Sequence[Facts]) -> dict[str, datetime]:
    """Bounds that lie inside the list, on fractions of seconds."""
    half = timedelta(milliseconds=500)
    newest, oldest = (datetime.fromtimestamp(truth[index].created, UTC) for index in (5, -5))
    return {"gt": oldest - half, "lte": newest + half}
