"""``Anchor``: the session beside which a list is read on, where its id is no place of the provider's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from unified_checkout.adapters import Compiled, Direction, Order
from unified_checkout.engine.position import before
from unified_checkout.model.session import Session


@attrs.frozen
class Anchor:
    """A session that lies behind, and with it all that the list shows before it.

    A, B and C are of one second, and reading goes on after B. Read from its top the list shows A,
    of which time does not tell that it lies behind; B, which comes next, does. If B is gone, A is
    shown, be it once more: nothing is lost.
    """

    created: datetime
    id: str
    ahead: bool = False
    """Whether it lies ahead itself, since somebody turned round there."""

    def behind(
        self, sessions: Iterable[Session], direction: Direction, *, passed: bool = False
    ) -> int | None:
        """How many sessions of a list, the first ones, lie behind with it; None if unknown.

        Args:
            sessions: in reading order.
            direction: which way they are read.
            passed: whether nothing of its moment comes any more.
        """
        for number, session in enumerate(sessions, 1):
            if session.id == self.id:
                return number - self.ahead
            if before(self.created, session.created, direction):
                return 0
        return 0 if passed else None


def tells_more_than_time(compiled: Compiled) -> bool:
    """Whether lists that are read anew show the sessions of one moment in the order of before.

    They do unless sessions move between them, or they come in no order.
    """
    by_update = compiled.in_pieces and compiled.reach.by == "updated"
    return not compiled.moves and not by_update and compiled.order is not Order.UNDOCUMENTED
