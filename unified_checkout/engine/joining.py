"""``Told``: what rows of an account's lists tell of other sessions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from unified_checkout.adapters import Adapter
from unified_checkout.model.session import Session


class Told:
    """Keeps the rows that tell of other sessions, and completes these once all was read.

    A row that is read again, since it changed meanwhile, counts as it was read last.

    Args:
        adapter: knows what tells of what.
        joins: whether anything does; else sessions stay as they are.
    """

    def __init__(self, adapter: Adapter[Any], *, joins: bool) -> None:
        self._adapter = adapter
        self._joins = joins
        self._rows: dict[str, tuple[str, Session]] = {}

    def note(self, rows: Iterable[Session]) -> None:
        """Take in a page, all its rows, whichever belong to the answer."""
        if not self._joins:
            return
        for row in rows:
            if (key := self._adapter.tells_of(row)) is not None:
                self._rows[row.id] = key, row
            else:
                self._rows.pop(row.id, None)

    def joined(self, sessions: list[Session]) -> list[Session]:
        """The sessions, each with what was told of it."""
        if not self._joins:
            return sessions
        told: dict[str, list[Session]] = {}
        for key, row in self._rows.values():
            told.setdefault(key, []).append(row)
        return [self._adapter.joined(session, told) for session in sessions]
