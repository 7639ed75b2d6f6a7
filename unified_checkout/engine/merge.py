"""Merging lanes: newest first over all of them, ties in the order of the lanes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import attrs

from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.lane import Lane
from unified_checkout.model.session import Session


@attrs.frozen
class Batch:
    """Sessions to hand out together, and the lane that each came from."""

    sessions: list[Session]
    lanes: list[Lane]

    def take(self) -> None:
        """Take the sessions from their lanes. Until then they stand in both, and none is lost."""
        for lane in self.lanes:
            lane.rows.popleft()

    def of(self, account: AccountReader, used: int) -> list[Session]:
        """An account's among the first ``used`` sessions."""
        pairs = zip(self.lanes[:used], self.sessions[:used], strict=True)
        return [session for lane, session in pairs if lane.account is account]

    def last(self, used: int) -> dict[int, Session]:
        """By ``id`` of its lane, the last of each lane's among the first ``used`` sessions."""
        return dict(zip(map(id, self.lanes[:used]), self.sessions[:used], strict=True))

    def first(self, used: int) -> dict[int, Session]:
        """By ``id`` of its lane, the first of each lane's after the first ``used`` sessions."""
        pairs = zip(self.lanes[used:][::-1], self.sessions[used:][::-1], strict=True)
        return {id(lane): session for lane, session in pairs}


def merged(lanes: Sequence[Lane], limit: int | None, *, forward: bool) -> Batch:
    """All that may be handed out now: until some lane runs dry, or the limit.

    Going forward the newest comes first and ties go to the earlier lane; going backward both are
    turned round, so that the two directions give the same sequence.
    """
    if limit == 0 or not lanes or not all(lane.rows for lane in lanes):
        return Batch([], [])
    if len(lanes) == 1:
        return _all_of(lanes[0], limit)
    sessions: list[Session] = []
    owners: list[Lane] = []
    candidates = [_Candidate(lane) for lane in (lanes if forward else reversed(lanes))]
    while limit is None or len(sessions) < limit:
        best = candidates[0]
        for other in candidates[1:]:
            ahead = other.next.created > best.next.created
            if ahead if forward else other.next.created < best.next.created:
                best = other
        sessions.append(best.next)
        owners.append(best.lane)
        if not best.advance():
            candidates.remove(best)
            if not best.lane.done or not candidates:
                break
    return Batch(sessions, owners)


class _Candidate:
    """A lane in a merge, and its session that comes next."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._rows = iter(lane.rows)
        self.next = next(self._rows)

    def advance(self) -> bool:
        """Go on to the lane's next session; False if it has none."""
        following = next(self._rows, None)
        if following is not None:
            self.next = following
        return following is not None


def _all_of(lane: Lane, limit: int | None) -> Batch:
    sessions = list(islice(lane.rows, limit))
    return Batch(sessions, [lane] * len(sessions))
