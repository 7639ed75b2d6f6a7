"""``ProviderSandbox``: the imitation of one provider, as a pure function of what it holds.

It is written from the provider's documentation and not from the adapter, so that a
misunderstanding which both would share cannot hide.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

import attrs
import msgspec

from unified_checkout.errors import ConfigurationError
from unified_checkout.sandbox.exchange import Answer, Received
from unified_checkout.sandbox.facts import Facts

Key = tuple[int, int]
"""A place in the newest-first order: the time of creation, then who came last."""


class Refused(Exception):
    """Raised while a request is read: the provider's documented error."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"HTTP {answer.status}")


@attrs.define(eq=False)
class Row:
    """One session's place, its facts as told and as held, and its JSON in every shape so far."""

    key: Key
    told: Facts
    facts: Facts
    rendered: dict[Hashable, bytes] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Page:
    """What one list request selects, newest first."""

    ids: tuple[str, ...]
    rows: tuple[bytes, ...]
    """Each session's JSON."""
    more: bool
    """Whether the filter selects more, in the direction asked."""
    backward: bool = False
    """Whether the page was asked for with a cursor towards newer sessions."""


class Shelf:
    """All the facts a provider holds: newest first, ties in the order they came.

    A cursor is a position in this order, whatever filter is asked with it.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._keys: dict[str, Key] = {}
        self._gone: dict[str, Key] = {}
        self._arrivals = 0

    def __iter__(self) -> Iterator[Facts]:
        return (row.facts for row in self._rows)

    def add(self, told: Facts, facts: Facts) -> None:
        """Hold one more; among those of the same second it comes first.

        Raises:
            ConfigurationError: if a session with this id is held already.
        """
        if facts.id in self._keys:
            raise ConfigurationError(f"two facts share the serial {facts.serial!r}")
        self._arrivals += 1
        self._put(Row((-facts.created, -self._arrivals), told, facts))

    def remove(self, id: str) -> None:
        """Hold it no longer.

        Raises:
            KeyError: if no session with this id is held.
        """
        key = self._gone[id] = self._keys.pop(id)
        del self._rows[self._index(key)]

    def replace(self, row: Row, told: Facts, facts: Facts) -> None:
        """Hold other facts in the place of a session."""
        del self._rows[self._index(self._keys.pop(row.facts.id))]
        self._put(Row((-facts.created, row.key[1]), told, facts))

    def row(self, id: str) -> Row | None:
        """The session with this id."""
        key = self._keys.get(id)
        return None if key is None else self._rows[self._index(key)]

    def position(self, id: str, *, even_gone: bool) -> Key | None:
        """Where a session stands; or where it stood before it vanished, if that counts."""
        return self._keys.get(id) or (self._gone.get(id) if even_gone else None)

    def after(self, key: Key | None) -> Iterator[Row]:
        """The sessions behind a position, newest first; all of them without one."""
        start = 0 if key is None else bisect_right(self._rows, key, key=_key)
        return (self._rows[index] for index in range(start, len(self._rows)))

    def before(self, key: Key) -> Iterator[Row]:
        """The sessions ahead of a position, the nearest first."""
        stop = bisect_left(self._rows, key, key=_key)
        return (self._rows[index] for index in range(stop - 1, -1, -1))

    def _put(self, row: Row) -> None:
        insort(self._rows, row, key=_key)
        self._keys[row.facts.id] = row.key

    def _index(self, key: Key) -> int:
        return bisect_left(self._rows, key, key=_key)


def _key(row: Row) -> Key:
    return row.key


@attrs.define(kw_only=True, eq=False)
class ProviderSandbox(ABC):
    """The imitation of one provider: requests in, answers out; no sockets, no waiting.

    Subclasses may add attributes with defaults: they are what ``Sandbox(options=...)`` sets.
    """

    api_key: ClassVar[str]
    """The one secret key that is accepted: invented, and of the shape of a test key."""
    currencies: ClassVar[frozenset[str] | None] = None
    """The currencies that sessions are made up in; None is all there are."""
    vanished_cursors: ClassVar[bool] = False
    """Whether the id of a session that has vanished still serves as a cursor."""

    clock: Callable[[], float] = time.time
    """Unix seconds: the provider's idea of now."""
    shelf: Shelf = attrs.field(init=False, factory=Shelf)

    @abstractmethod
    def adopt(self, facts: Facts) -> Facts:
        """The facts as this provider would hold them, under the id it gives them."""

    @abstractmethod
    def read(self, request: Received) -> Page | Answer:
        """What a request selects.

        Raises:
            Refused: with the provider's documented error.
        """

    @abstractmethod
    def render(self, facts: Facts, shape: Any) -> Mapping[str, object]:
        """A session as the provider's JSON object; ``shape`` is what ``select`` was given."""

    @abstractmethod
    def envelope(self, page: Page) -> Answer:
        """The answer that holds a page."""

    @abstractmethod
    def failure(self, status: int) -> Answer:
        """The error that the provider documents, or is expected, to send with a status."""

    def headers(self, request: Received) -> Mapping[str, str]:
        """What every answer to this request carries besides."""
        return {}

    def hold(self, facts: Iterable[Facts]) -> list[Facts]:
        """Adopt facts, the earlier first: each comes before those of the same second.

        Raises:
            ConfigurationError: if two of them share a serial.
        """
        held = []
        for told in facts:
            held.append(self.adopt(told))
            self.shelf.add(told, held[-1])
        return held

    def change(self, id: str, **fields: Any) -> Facts:
        """Change fields of a session as it was told; it is then adopted anew.

        Raises:
            KeyError: if no session with this id is held.
        """
        row = self.shelf.row(id)
        if row is None:
            raise KeyError(id)
        told = attrs.evolve(row.told, **fields)
        facts = self.adopt(told)
        self.shelf.replace(row, told, facts)
        return facts

    def answer(self, request: Received) -> Page | Answer:
        """What a request selects, or the error it deserves."""
        try:
            return self.read(request)
        except Refused as refusal:
            return refusal.answer

    def select(
        self,
        tests: Iterable[Callable[[Facts], bool]],
        shape: Hashable,
        *,
        limit: int,
        after: Key | None = None,
        before: Key | None = None,
        offset: int = 0,
    ) -> Page:
        """The page of the sessions that pass every test, from a position on."""
        checks = tuple(tests)
        ahead = before is not None
        rows = self.shelf.before(before) if before is not None else self.shelf.after(after)
        wanted = (row for row in rows if all(check(row.facts) for check in checks))
        found = list(islice(wanted, offset, offset + limit + 1))
        chosen = found[:limit][::-1] if ahead else found[:limit]
        return Page(
            ids=tuple(row.facts.id for row in chosen),
            rows=tuple(self.rendered(row, shape) for row in chosen),
            more=len(found) > limit,
            backward=ahead,
        )

    def position(self, id: str) -> Key | None:
        """The position that a cursor names; None if it names none."""
        return self.shelf.position(id, even_gone=self.vanished_cursors)

    def rendered(self, row: Row, shape: Hashable) -> bytes:
        """A session's JSON, rendered once for each shape."""
        if shape not in row.rendered:
            row.rendered[shape] = msgspec.json.encode(self.render(row.facts, shape))
        return row.rendered[shape]
