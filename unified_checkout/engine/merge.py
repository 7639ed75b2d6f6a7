"""Merging lanes: newest first over all of them, ties in the order of the lanes."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from unified_checkout.engine.account import AccountReader
from unified_checkout.engine.lane import Lane
from unified_checkout.model.session import Session


@attrs.frozen
class Batch:
    """Sessions to hand out together, and the lane that each came from."""

    sessions: list[Session]
    lanes: list[Lane]

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
    """Take all that may be handed out now: until some lane runs dry, or the limit.

    Going forward the newest comes first and ties go to the earlier lane; going backward both are
    turned round, so that the two directions give the same sequence.
    """
    if limit == 0 or not lanes or not all(lane.rows for lane in lanes):
        return Batch([], [])
    if len(lanes) == 1:
        return _all_of(lanes[0], limit)
    sessions: list[Session] = []
    owners: list[Lane] = []
    candidates = list(lanes) if forward else list(reversed(lanes))
    while limit is None or len(sessions) < limit:
        lane = candidates[0]
        for other in candidates[1:]:
            ahead = other.rows[0].created > lane.rows[0].created
            if ahead if forward else other.rows[0].created < lane.rows[0].created:
                lane = other
        sessions.append(lane.rows.popleft())
        owners.append(lane)
        if not lane.rows:
            candidates.remove(lane)
            if not lane.done or not candidates:
                break
    return Batch(sessions, owners)


def _all_of(lane: Lane, limit: int | None) -> Batch:
    if limit is None or limit >= len(lane.rows):
        sessions = list(lane.rows)
        lane.rows.clear()
    else:
        sessions = [lane.rows.popleft() for _ in range(limit)]
    return Batch(sessions, [lane] * len(sessions))
