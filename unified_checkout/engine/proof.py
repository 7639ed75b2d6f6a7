"""``Proof``: what the reading of one account proves, from what was read to its coverage."""

from __future__ import annotations

from datetime import datetime

from unified_checkout.adapters import Direction, Paging, Window
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.position import beside
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.seconds import moment_of
from unified_checkout.model.predicate import LOWER_BOUNDS


class Proof:
    """What speaks for an account's part of an answer, and against it.

    Args:
        reading: how it was read.
    """

    def __init__(self, reading: AccountReading) -> None:
        self._reading = reading
        self._plan, self._scope, self._tally = reading.plan, reading.scope, reading.tally

    def coverage(self, *, remaining: int | None, unused: int, stopped: str) -> AccountCoverage:
        """What was read so far, and what that proves.

        Args:
            remaining: how many sessions the answer may still need; None for all.
            unused: how many sessions were handed out that nobody took.
            stopped: what the reading was stopped at before its end, if it was.
        """
        compiled, tally, scope = self._plan.compiled, self._tally, self._scope
        complete, reason = self._verdict(remaining, unused, stopped)
        return AccountCoverage(
            account=self._plan.account,
            provider=self._plan.provider,
            complete=complete,
            reason=reason,
            began="the beginning" if self._reading.at_the_top else "a place",
            more=self._more(unused),
            covers_from=self._covers_from(unused),
            covers_to=self._covers_to(),
            order=compiled.order,
            order_held=scope.in_order,
            paging=compiled.paging,
            shifting=self._shifting,
            created_from=self._lower_bound,
            created_to=scope.ceiling,
            clock_behind=scope.clocks.behind or None,
            requests=tally.requests,
            retries=tally.retries,
            waited=round(tally.waited, 6),
            rows_read=tally.rows_read,
            rows_dropped=tally.rows_dropped,
            contradicting=tally.contradicting,
            doubted=scope.residual.doubted,
            believed=scope.residual.believed,
            unverified=scope.residual.unverified,
            rows_later=tally.rows_later,
            duplicates=tally.duplicates,
            vanished=tally.vanished,
            delivered=tally.delivered - unused,
            excludes=compiled.excludes,
            shows_open=self._plan.shows_open,
            untold=tuple(self._plan.untold),
            pages=tuple(tally.pages),
        )

    def _verdict(self, remaining: int | None, unused: int, stopped: str) -> tuple[bool, str]:
        if self._reading.failure is not None:
            return False, str(self._reading.failure)
        if self._reading.supply is None:
            return True, "no session of it can match"
        flaw = self._flaw()
        if flaw:
            return False, flaw
        if unused:
            return False, "not taken to the end"
        if stopped and not self._reading.exhausted:
            return False, stopped
        if remaining == 0 and not self._reading.done:
            return self._verdict_at_limit()
        if remaining != 0 and self._reading.waiting:
            return False, "not taken to the end"
        return (True, "read to the end") if self._reading.done else (False, "not read to the end")

    def _flaw(self) -> str:
        """What speaks against the answer however far it was read; nothing, in most."""
        assert self._reading.supply is not None
        scope = self._scope
        if not scope.in_order and self._reading.supply.left_early:
            return "left early, and then seen not to be in order"
        if not scope.in_order and (self._reading.relies_on_order or scope.begun_again):
            return "told by time what was read, and then seen not to be in order"
        if scope.strays and self._plan.compiled.grows_at_front:
            return "the list is to grow only, and the sessions after which it was to go on are gone"
        if unverified := scope.residual.unverified:
            doubted = ", ".join(scope.residual.doubted)
            return f"the provider does not keep to {doubted}, and {unverified} do not tell"
        if self._plan.counts_back and scope.clocks.behind < 0:
            ahead = f"{-scope.clocks.behind:.0f} s ahead of the provider's"
            return f"last was counted back from the clock here, which is {ahead}"
        if scope.outrun:
            return "sessions are updated faster than they can be read"
        missing = sum(reader.missing for reader in self._reading.supply.readers())
        return f"the provider counts {missing} more than it lists" if missing else ""

    def _verdict_at_limit(self) -> tuple[bool, str]:
        if self._reading.lacking:
            return False, "an earlier failure left sessions out, and the limit is used up"
        if not self._scope.in_order:
            return False, "read as far as the limit needs, and seen not to be in order"
        return True, "read as far as the limit needs"

    def _more(self, unused: int) -> bool | None:
        if unused or self._reading.waiting:
            return True
        return False if self._reading.done and self._reading.failure is None else None

    @property
    def _shifting(self) -> bool:
        compiled = self._plan.compiled
        counted_off = compiled.paging is Paging.OFFSET and not compiled.grows_at_front
        begun = any(place.cursor or place.skip for place in self._reading.start.streams)
        return counted_off and len(self._tally.pages) + begun > 1

    @property
    def _lower_bound(self) -> datetime | None:
        """The lower bound of creation, as asked."""
        return next(iter(self._plan.bounds_of_creation(LOWER_BOUNDS)), None)

    def _covers_from(self, unused: int) -> datetime | None:
        """The creation down to which everything was handed out."""
        bounds = [self._lower_bound]
        if self._scope.direction is Direction.BACKWARD:
            bounds.append(self._begun)
        elif unused or not self._reading.exhausted:
            bounds.append(self._handed_out_to(unused))
        if (earliest := self._plan.compiled.reach.earliest) is not None:
            bounds.append(self._scope.ceiling - earliest)
        bounds.append(self._span_ends[0])
        return max((bound for bound in bounds if bound is not None), default=None)

    def _covers_to(self) -> datetime:
        """The creation up to which everything was handed out, as far as the list is settled."""
        scope = self._scope
        bounds = [scope.ceiling - self._plan.compiled.reach.settles, scope.settled]
        if scope.direction is Direction.FORWARD:
            bounds.append(self._begun)
        elif not self._reading.exhausted:
            bounds.append(self._handed_out_to(unused=0))
        if (until := self._span_ends[1]) is not None:
            bounds.append(beside(until, Direction.FORWARD, 1))
        return min(bound for bound in bounds if bound is not None)

    def _handed_out_to(self, unused: int) -> datetime:
        """The last moment up to which everything was handed out, in reading order."""
        reached = self._reading.frontier(self._reading.delivering - unused)
        scope = self._scope
        return scope.ceiling if reached is None else reached.last_behind(scope.direction)

    @property
    def _begun(self) -> datetime | None:
        """The first moment of which no session lies behind where this began, if that is known."""
        if self._reading.at_the_top:
            return None
        direction, place = self._scope.direction, self._place_moment
        if (start := self._reading.start.frontier) is not None:
            if self._reading.start.anchor is not None:
                return beside(start.created, direction, 1)
            return start.first_ahead(direction)
        return None if place is None else beside(place, direction, 1)

    @property
    def _span_ends(self) -> tuple[datetime | None, datetime | None]:
        """The ends of the part of the answer that the plan is restricted to."""
        span = self._plan.span or Window()
        return moment_of(span.since), moment_of(span.until)

    @property
    def _place_moment(self) -> datetime | None:
        """The creation of the session at whose place this began, if that is known."""
        moments = [
            place.created for place in self._reading.start.streams if place.created is not None
        ]
        return max(moments, default=None)
