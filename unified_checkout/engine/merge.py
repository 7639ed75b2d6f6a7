"""Merging accounts: newest first over all of them, ties in the order of the accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from operator import gt, lt

import attrs

from unified_checkout.engine.reading import AccountReading
from unified_checkout.model.session import Session


@attrs.frozen
class Batch:
    """Sessions to hand out together, and the reading that each came from."""

    sessions: list[Session] = attrs.field(factory=list)
    owners: list[AccountReading] = attrs.field(factory=list)


def merged(readings: Sequence[AccountReading], limit: int | None, *, forward: bool) -> Batch:
    """All that may be handed out now: as far as every reading has come, or to the limit.

    Going forward the newest comes first and ties go to the earlier account; going backward both
    are turned round, so that the two directions give the same sequence.
    """
    if len(readings) == 1:
        sessions = list(islice(readings[0].ready, limit))
        return Batch(sessions, [readings[0]] * len(sessions))
    precedes = gt if forward else lt
    heads: list[_Head] = []
    bounds: list[_Bound] = []
    for rank, one in enumerate(readings if forward else readings[::-1]):
        if one.ready:
            heads.append(_Head(one, rank))
        elif not one.done:
            bounds.append(_Bound(one.reach, rank))
    batch = Batch()
    while heads and (limit is None or len(batch.sessions) < limit):
        best = heads[0]
        for other in heads[1:]:
            if precedes(other.created, best.created):
                best = other
        if any(
            precedes(bound.reach, best.created)
            or (bound.reach == best.created and bound.rank < best.rank)
            for bound in bounds
        ):
            break
        batch.sessions.append(best.next)
        batch.owners.append(best.reading)
        if not best.advance():
            heads.remove(best)
            if not best.reading.done:
                bounds.append(_Bound(best.reading.reach, best.rank))
    return batch


@attrs.frozen
class _Bound:
    """How far a reading has come that has nothing to hand out, and its rank among equals."""

    reach: datetime
    rank: int


class _Head:
    """A reading in a merge, its rank among equals, and its session that comes next."""

    def __init__(self, reading: AccountReading, rank: int) -> None:
        self.reading = reading
        self.rank = rank
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
