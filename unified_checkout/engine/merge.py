"""Merging accounts: newest first over all of them, ties in the order of the accounts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from operator import gt, lt

import attrs

from unified_checkout.engine.reading import AccountReading
from unified_checkout.model.session import Session


@attrs.frozen
class Batch:
    """Sessions to hand out together, and the reading that each came from."""

    sessions: list[Session]
    owners: list[AccountReading]


def merged(readings: Sequence[AccountReading], limit: int | None, *, forward: bool) -> Batch:
    """All that may be handed out now: as far as every reading has come, or to the limit.

    Going forward the newest comes first and ties go to the earlier account; going backward both
    are turned round, so that the two directions give the same sequence.
    """
    if limit == 0 or not readings:
        return Batch([], [])
    if len(readings) == 1:
        sessions = list(islice(readings[0].ready, limit))
        return Batch(sessions, [readings[0]] * len(sessions))
    precedes = gt if forward else lt
    first = max if forward else min
    heads = [_Head(one) for one in (readings if forward else readings[::-1]) if one.ready]
    bounds = [one.reach for one in readings if not one.ready and not one.done]
    batch = Batch([], [])
    while heads and (limit is None or len(batch.sessions) < limit):
        best = heads[0]
        for other in heads[1:]:
            if precedes(other.created, best.created):
                best = other
        if bounds and not precedes(best.created, first(bounds)):
            break
        batch.sessions.append(best.next)
        batch.owners.append(best.reading)
        if not best.advance():
            heads.remove(best)
            if not best.reading.done:
                bounds.append(best.reading.reach)
    return batch


class _Head:
    """A reading in a merge, and its session that comes next."""

    def __init__(self, reading: AccountReading) -> None:
        self.reading = reading
        self._rows = iter(reading.ready)
        self.next = next(self._rows)
        self.created = self.next.created

    def advance(self) -> bool:
        """Go on to the reading's next session; False if it has none."""
        following = next(self._rows, None)
        if following is None:
            return False
        self.next, self.created = following, following.created
        return True
