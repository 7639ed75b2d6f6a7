"""Laws of unions: several lists that together answer one question."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

from unified_checkout.adapters import Paging
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionStatus
from unified_checkout.sandbox import Facts
from unified_checkout.testing.conformance import oracle
from unified_checkout.testing.conformance.bench import Bench
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.oracle import STATUSES, matching

_KNOWN = tuple(dict.fromkeys(STATUSES.values()))
_CHOICES = [(one,) for one in _KNOWN] + list(combinations(_KNOWN, 2))
_LIVES = [
    (early, late)
    for early, late in combinations(STATUSES, 2)
    if early == "open" or (early, late) == ("paid", "complete")
]
"""How a session's status may change."""
_EACH = 3


class UnionLaws(Laws):
    """The streams of a union leave nothing out, however sessions move between them."""

    @pytest.mark.parametrize("status", _KNOWN)
    def test_the_streams_cover_a_status(self, status: SessionStatus) -> None:
        """Every word of the provider's that means a status is asked for."""
        query = ListSessions(status=status)
        compiled = self.shop.compile(query)
        names = [stream.name for stream in compiled.streams]
        assert len(names) == len(set(names)), "streams need names that tell them apart"
        promised = matching(query.predicates(kind=True), self.shop.promised())
        lost = promised - self.shop.pushed_ids(compiled)
        words = {facts.status for facts in self.shop.truth() if facts.id in lost}
        assert not lost, f"status = {status}: sessions held as {words} are in none of {names}"

    def test_a_session_that_moves_between_streams_appears_once(self) -> None:
        """The earlier state is read first, so that nobody slips through on the way."""
        for choice, (early, late) in self._unions():
            for mover in range(_EACH):
                for moment in range(1, 4 * _EACH):
                    self._check_move(choice, (early, late), mover=mover, moment=moment)

    def _unions(self) -> Iterator[tuple[tuple[SessionStatus, ...], tuple[str, str]]]:
        """Choices of statuses that take several streams, and the moves that stay within one."""
        unions = [
            choice
            for choice in _CHOICES
            if len(self.shop.compile(ListSessions(status=choice)).streams) > 1
        ]
        if not unions:
            pytest.skip("no status takes more than one stream at this provider")
        meaning = {status: self._held_as(status) for status in STATUSES}
        for choice in unions:
            for early, late in _LIVES:
                if {meaning[early], meaning[late]} <= set(choice):
                    yield choice, (early, late)

    def _held_as(self, status: str) -> SessionStatus | None:
        """What becomes of a status at a provider that may not have it."""
        (facts,) = self.bench([self.specimen(status=status)]).truth()
        return oracle.status(facts)

    def _check_move(
        self,
        choice: tuple[SessionStatus, ...],
        life: tuple[str, str],
        *,
        mover: int,
        moment: int,
    ) -> None:
        early, late = life
        bench = self.bench([*self._facts(late), *self._facts(early)])
        ids = [facts.id for facts in bench.truth()]
        moving = ids[mover]

        def move(number: int) -> None:
            if number == moment:
                bench.imitation.change(moving, {"status": late})

        query = ListSessions(status=choice, page_size=2, kind="any")
        answer = bench.answer(query, before_request=move)
        found = [session.id for session in answer]
        told = f"status {choice}, {early} becomes {late} before request {moment}"
        assert found.count(moving) == 1, f"{told}: it appears {found.count(moving)} times"
        if self._promises_the_rest(bench):
            assert sorted(found) == sorted(ids), f"{told}: another session is lost or doubled"

    def _facts(self, status: str) -> list[Facts]:
        return [
            self.specimen(serial=f"{status}-{number}", status=status, created=1_789_000_000)
            for number in range(_EACH)
        ]

    def _promises_the_rest(self, bench: Bench) -> bool:
        """Where places are counts, a session that leaves a list shifts those behind it."""
        return bench.whole().paging is not Paging.OFFSET
