"""A sieve of one account's list, and the sessions that it goes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from engine.alone import SECOND, at, scope_of, shop
from engine.handmade import NOW
from simulation.made import session

from unified_checkout.adapters import Paging, Window
from unified_checkout.engine.position import Frontier, StreamPosition
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.sieve import Sieve
from unified_checkout.errors import PagingError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

STUCK = r": the provider sent a page of sessions already seen\."

Age = float | str
"""How many seconds ago a session was created, or its id: ``s-3b`` is another one of three."""


def one(age: Age) -> Session:
    """A session named after its age."""
    id = age if isinstance(age, str) else f"s-{age:g}"
    return session(id, NOW - float(id[2:].rstrip("abcdefghij")))


def many(*ages: Age) -> list[Session]:
    return [one(age) for age in ages]


def names(sessions: Sequence[Session]) -> str:
    return " ".join(one.id for one in sessions)


def frontier(age: float, *ids: str) -> Frontier:
    return Frontier(at(age), frozenset(ids or {f"s-{age:g}"}))


def window(since: float | None, until: float | None) -> Window:
    """A window, of which the ends are so many seconds ago."""
    ends = [None if age is None else int(SECOND - age) for age in (since, until)]
    return Window(*ends)


class Sifting:
    """A sieve of an account's first list, and the pages that it goes through."""

    def __init__(
        self,
        stretch: dict[str, Any] | None = None,
        *,
        query: ListSessions | None = None,
        shown: Shown | None = None,
        known: dict[str, Any] | None = None,
        **style: Any,
    ) -> None:
        self.scope: Scope = scope_of(
            shop(**{"paging": Paging.TOKEN, **style}), query, **(known or {})
        )
        stream = self.scope.plan.compiled.streams[0]
        stretch = {"direction": self.scope.direction, **(stretch or {})}
        self.sieve = Sieve(self.scope, Stretch(stream=stream, **stretch), shown)

    def shows(self, *ages: Age, beyond: int = 0) -> str:
        """What is unseen of a page, of which the first rows may have been relied on before."""
        rows = many(*ages)
        return names(self.sieve.unseen(rows[beyond:], rows))

    def belonging(self, *ages: Age, **fetched: bool) -> str:
        return names(self.sieve.belonging(many(*ages), **fetched))

    def begin_again(self, *behind: Frontier, place: StreamPosition | None = None) -> Sifting:
        self.sieve.begin_again(behind, place or StreamPosition())
        return self

    def is_stuck_at(self, *ages: Age) -> None:
        with pytest.raises(PagingError, match=STUCK) as raised:
            self.shows(*ages)
        assert (raised.value.account, raised.value.provider) == ("north", "handmade")
