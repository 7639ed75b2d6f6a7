"""``AccountReader``: one account's part of an answer, from its responses to its coverage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from unified_checkout.adapters import Adapter, Direction, Order, Pushdown, Window
from unified_checkout.engine.coverage import AccountCoverage, PageSpan
from unified_checkout.engine.cursor import AccountPosition, Frontier
from unified_checkout.engine.exchange import Effort
from unified_checkout.engine.plan import AccountPlan, early_bound
from unified_checkout.engine.policy import AccountState
from unified_checkout.errors import PagingError, ProviderError, UnifiedCheckoutError
from unified_checkout.model.predicate import Test
from unified_checkout.model.session import Session


@attrs.define
class Tally(Effort):
    """What reading an account came to."""

    rows_read: int = 0
    rows_dropped: int = 0
    rows_later: int = 0
    duplicates: int = 0
    vanished: int = 0
    delivered: int = 0
    pages: list[PageSpan] = attrs.field(factory=list)


class AccountReader:
    """What is common to all the streams of one account while a plan runs."""

    def __init__(
        self,
        plan: AccountPlan,
        adapter: Adapter[Any],
        state: AccountState,
        *,
        direction: Direction,
        ceiling: datetime,
        start: AccountPosition,
    ) -> None:
        self.plan = plan
        self.adapter = adapter
        self.state = state
        self.direction = direction
        self.ceiling = ceiling
        self.tally = Tally()
        self.order_held = start.in_order
        self.lacking = start.lacking
        """Whether others' sessions were handed out where some of this account may be missing."""
        self.failure: UnifiedCheckoutError | None = plan.unsupported_predicate()
        self.latency = 0.0
        self.least_latency = math.inf
        self._tests = [
            (verdict.predicate.test(), verdict.pushdown is Pushdown.INEXACT)
            for verdict in plan.compiled.verdicts
            if verdict.pushdown is not Pushdown.EXACT
        ]
        self._early: Test | None = None
        bound = early_bound(plan.compiled.verdicts, direction)
        if bound is not None and plan.compiled.order is Order.NEWEST_FIRST:
            self._early = bound.test()
        self._is_union = len(plan.compiled.streams) > 1
        self.places_rely_on_order = self._is_union
        """Whether what lies before a place is told by time: in a union, or in windows of time."""
        self._shown: set[str] = set()
        self._start = self._reached = start.frontier
        self.began: Frontier | None = None
        """The moment of the first session that was handed out, for whoever turns round there."""

    @property
    def divisible(self) -> bool:
        """Whether a list may be read in several windows of time: every session is a place."""
        return self.plan.compiled.divisible and self.direction is Direction.FORWARD

    @property
    def window(self) -> Window | None:
        """What is known of the span of time to read, where that may be divided."""
        bounds = [
            math.floor(verdict.predicate.value.timestamp())
            for verdict in self.plan.compiled.verdicts
            if verdict.predicate.field == "created" and verdict.predicate.operator.value[0] == ">"
        ]
        return Window(since=max(bounds)) if bounds and self.divisible else None

    def observe_latency(self, seconds: float) -> None:
        """Take in how long a request took; the last few weigh most."""
        self.least_latency = min(self.least_latency, seconds)
        self.latency = seconds if self.latency == 0.0 else 0.7 * self.latency + 0.3 * seconds

    def matching(self, sessions: Sequence[Session], *, last_stream: bool) -> list[Session]:
        """Those that belong to the answer, as far as the provider could not see to it.

        Args:
            sessions: in reading order.
            last_stream: whether no later stream of the union can show them once more.
        """
        kept = [session for session in sessions if session.created <= self.ceiling]
        self.tally.rows_later += len(sessions) - len(kept)
        read = len(kept)
        for test, believed in self._tests:
            kept = [
                session
                for session in kept
                if (verdict := test(session)) or (verdict is None and believed)
            ]
        self.tally.rows_dropped += read - len(kept)
        return self._not_shown(kept, last_stream) if self._is_union else kept

    def matching_alone(self, session: Session, *, last_stream: bool) -> list[Session]:
        """The same for a session that was fetched by its id, so that nothing was pushed down."""
        self.tally.rows_read += 1
        verdicts = self.plan.compiled.verdicts
        denied = any(verdict.predicate.matches(session) is False for verdict in verdicts)
        if denied and session.created <= self.ceiling:
            self.tally.rows_dropped += 1
            return []
        return self.matching([session], last_stream=last_stream)

    def beyond(self, session: Session) -> bool:
        """Whether nothing that follows a session, in an orderly list, can be in the answer."""
        if not self.order_held or self.plan.compiled.order is not Order.NEWEST_FIRST:
            return False
        if self.direction is Direction.BACKWARD and session.created > self.ceiling:
            return True
        return self._early is not None and not self._early(session)

    def settle(self, used: Sequence[Session]) -> None:
        """Note what of this account was handed out and used."""
        if used and self._is_union:
            began = self.began.created if self.began else used[0].created
            self.began = Frontier.at(began, used, self.began)
            self._reached = self.frontier(used)

    def frontier(self, used: Sequence[Session]) -> Frontier | None:
        """Where the union stands once these too were handed out and used."""
        if not used or not self._is_union:
            return self._reached
        return Frontier.at(used[-1].created, used, self._reached)

    def _not_shown(self, sessions: list[Session], last_stream: bool) -> list[Session]:
        """Without those that another stream of the union, or an earlier page of it, showed."""
        fresh = []
        for session in sessions:
            behind = self._behind_start(session)
            if behind:
                self.check_places()
            if behind or session.id in self._shown:
                self.tally.duplicates += 1
            else:
                fresh.append(session)
                if not last_stream:
                    self._shown.add(session.id)
        return fresh

    def _behind_start(self, session: Session) -> bool:
        if self._start is None:
            return False
        if session.created == self._start.created:
            return session.id in self._start.ids
        forward = self.direction is Direction.FORWARD
        return (session.created > self._start.created) is forward

    def check_places(self) -> None:
        """Make sure that a place in the list tells what lies before it.

        Raises:
            PagingError: if that takes an order which was seen not to hold.
        """
        if self.places_rely_on_order and not self.order_held:
            message = "the list is not in order, so that no place in it can be returned to"
            raise self.malformed(message, PagingError)

    def malformed(self, message: str, kind: type[ProviderError]) -> ProviderError:
        """An error of this account that the engine itself found."""
        return kind(message, account=self.plan.account, provider=self.plan.provider)

    def coverage(self, *, complete: bool, reason: str, unused: int) -> AccountCoverage:
        """What was read of the account so far; ``unused`` sessions nobody took."""
        lower = [
            verdict.predicate.value
            for verdict in self.plan.compiled.verdicts
            if verdict.predicate.field == "created" and verdict.predicate.operator.value[0] == ">"
        ]
        tally = self.tally
        return AccountCoverage(
            account=self.plan.account,
            provider=self.plan.provider,
            complete=complete,
            reason=reason,
            order=self.plan.compiled.order,
            order_held=self.order_held,
            paging=self.plan.compiled.paging,
            created_from=lower[0] if lower else None,
            created_to=self.ceiling,
            requests=tally.requests,
            retries=tally.retries,
            waited=round(tally.waited, 6),
            rows_read=tally.rows_read,
            rows_dropped=tally.rows_dropped,
            rows_later=tally.rows_later,
            duplicates=tally.duplicates,
            vanished=tally.vanished,
            delivered=tally.delivered - unused,
            pages=tuple(tally.pages),
        )
