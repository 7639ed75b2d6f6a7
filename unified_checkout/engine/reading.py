"""``AccountReading``: one run of a plan over one account, from its responses to its coverage."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from unified_checkout.adapters import Direction, Paging, Response, Window
from unified_checkout.engine.clocks import Clocks
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.events import Answered, Failed
from unified_checkout.engine.exchange import Access
from unified_checkout.engine.making import Maker
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.plan import AccountPlan, first_size
from unified_checkout.engine.position import (
    AccountPosition,
    Frontier,
    StreamPosition,
    before,
    beginning,
    beside,
    ending,
)
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.seconds import moment_of
from unified_checkout.engine.supply import Need, Supply
from unified_checkout.engine.tally import Tally
from unified_checkout.errors import (
    PagingError,
    ProviderError,
    UnifiedCheckoutError,
    WindowTooFull,
)
from unified_checkout.model.predicate import LOWER_BOUNDS
from unified_checkout.model.session import Session

_NOTHING: deque[Session] = deque()


class AccountReading:
    """Reads one account's part of an answer, and says what it proves.

    Args:
        plan: what to read.
        access: how to ask for it; its ``effort`` is the tally.
        direction: which way the answer is read.
        ceiling: the upper bound.
        start: where to begin.
        accounts: how many accounts are read together.
        thrifty: whether places tell what was seen beyond them, so that nothing is asked twice.
    """

    def __init__(
        self,
        plan: AccountPlan,
        access: Access,
        *,
        direction: Direction,
        ceiling: datetime,
        start: AccountPosition,
        accounts: int,
        thrifty: bool,
    ) -> None:
        assert isinstance(access.effort, Tally)
        self.plan = plan
        self.tally = access.effort
        self.failure: UnifiedCheckoutError | None = plan.unsupported_predicate()
        self.lacking = start.lacking
        """Whether it failed, and sessions of other accounts were handed out from beyond there."""
        self._handed_out, self._start = 0, start
        self._accounts = accounts
        self._scope = Scope(
            plan=plan,
            access=access,
            tally=self.tally,
            residual=Residual(plan.compiled.verdicts, access.runtime, self.tally, start.doubted),
            direction=direction,
            ceiling=start.ceiling or ceiling,
            start=start.frontier,
            in_order=start.in_order,
            thrifty=thrifty,
            clocks=Clocks(moves=start.is_untouched and start.ceiling is None),
        )
        self._supply: Supply | None = None
        self._relies_on_order = self._sorts = self._ends_elsewhere = False
        if plan.compiled.streams and not plan.refused:
            self._make()
        self._reached = start.frontier

    # What it supplies.

    @property
    def ready(self) -> deque[Session]:
        """Read, matching, and next to be handed out."""
        return _NOTHING if self._supply is None else self._supply.ready

    @property
    def delivering(self) -> int:
        """How many of ``ready`` are being handed out, and may yet turn out not to be taken."""
        return 0 if self._supply is None else self._handed_out - self._supply.taken

    @property
    def waiting(self) -> int:
        """How many sessions could be handed out now."""
        return len(self.ready) - self.delivering

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self._supply is None or self._start.done or self._supply.done

    @property
    def exhausted(self) -> bool:
        """Whether nothing lies ahead of what is being handed out, or ever will."""
        return self.done and not self.waiting

    @property
    def cut_off(self) -> bool:
        """Whether it failed, and all that can be handed out in order was."""
        return self.failure is not None and not self.waiting and not self.done

    @property
    def reach(self) -> datetime:
        """No session still to be read comes before this; in pieces only the first page tells."""
        if self._supply is None or self._start.done:
            return ending(self._scope.direction)
        unread = self.plan.compiled.in_pieces and not (self._supply.done or self.tally.pages)
        if unread and self._start.frontier is None:
            return beginning(self._scope.direction)
        return self._supply.reach

    @property
    def undelivered(self) -> list[Session]:
        """All that was read and matches and is not being handed out."""
        if self._supply is None:
            return []
        delivering = {session.id for session in islice(self.ready, self.delivering)}
        return [one for one in self._supply.kept() if one.id not in delivering]

    def wanted(self, remaining: int | None, *, now: bool) -> Sequence[PageReader]:
        """The page readers that should have a request under way.

        Args:
            remaining: how many sessions the answer may still need; None for all.
            now: whether the next session is being waited for.
        """
        if self.failure is not None or self.done or self._supply is None:
            return ()
        if remaining is not None and self.waiting >= remaining:
            return ()
        rows = None if remaining is None else remaining + self.delivering
        return self._supply.wanted(Need(rows, now))

    def page_size(self, remaining: int | None) -> int:
        """How many sessions to ask for at once.

        Args:
            remaining: how many the answer may still need; None for all.
        """
        return first_size(self.plan, None if self._sorts else remaining)

    def receive(self, reader: PageReader, event: Answered | Failed, now: float) -> None:
        """Take in what came of a page reader's request."""
        if self.failure is not None or self._supply is None:
            return
        sent = reader.exchange.sent_at if reader.exchange is not None else now
        if isinstance(event, Answered):
            self._compare_clocks(event.response, now - sent)
        try:
            reader.receive(event, now)
        except WindowTooFull as error:
            if not self._supply.narrow(reader):
                self.failure = error
        except ProviderError as error:
            self.failure = error
        self._scope.observe_latency(now - sent)
        self._supply.refresh()
        if self._ends_elsewhere and self.failure is None:
            self._ends_elsewhere = False
            self.tally.duplicates += len(self._supply.kept())
            self._make()

    def hand_out(self, count: int) -> None:
        """Let the next so many of ``ready`` be handed out."""
        self._handed_out += count
        self.tally.delivered += count

    def settle(self) -> None:
        """Note that what was being handed out was used."""
        if not self.delivering or self._supply is None:
            return
        used = list(islice(self.ready, self.delivering))
        self._reached = Frontier.at(used[-1].created, used, self._reached)
        self._supply.take(self.delivering)

    # Where it stands.

    def position(self, used: int) -> AccountPosition:
        """Where to go on in the same direction, once the first ``used`` of ``ready`` are used.

        Raises:
            PagingError: if a list is not in order and a place in it can therefore not be named.
        """
        self._check_places()
        if self._supply is None or self._start.done:
            return self._start if self._start.done else self._place(done=True)
        done = self._supply.done and used == len(self.ready)
        places, frontier = self._supply.places(used), self._frontier(used)
        unread = not (self.tally.pages or self.tally.rows_read)
        if self._at_the_top and (unread or (frontier is None and not (places or done))):
            return self._place(streams=self._start.streams)
        if not (self._several_by_time or self._places_hold(places, frontier)):
            places = ()
        if places and self._places_suffice:
            return self._place(streams=places, done=done)
        return self._place(streams=places, frontier=frontier, done=done)

    @property
    def _several_by_time(self) -> bool:
        """Whether time tells in each of several lists, whatever its place, what was handed out."""
        forward = self._scope.direction is Direction.FORWARD
        several = len(self.plan.compiled.streams) > 1
        return several and (forward or not self.plan.compiled.reach.windowed)

    def _places_hold(self, places: Sequence[StreamPosition], frontier: Frontier | None) -> bool:
        """Whether places hold without the moment at which this began.

        They do where reading has passed that moment or they tell it, unless the list was asked for
        from that moment on: a count of 30 is then the thirtieth of that list, and of no other.
        """
        start, compiled = self._start.frontier, self.plan.compiled
        if start is None:
            return True
        if not all(place.cursor or place.skip for place in places):
            return False
        bound = compiled.reach.windowed and compiled.paging is not Paging.SESSION_ID
        passed = frontier is not None and frontier.created != start.created
        told = self._scope.thrifty and not (start.ids or start.others)
        return bool(self._start.streams) or ((passed or told) and not bound)

    def turned_position(self) -> AccountPosition:
        """Where to go on in the other direction, from where this began.

        Raises:
            PagingError: as :meth:`position` does.
        """
        if self._supply is None:
            return self._place(done=True)
        lists = len(self.plan.compiled.streams)
        if self._at_the_top:
            return self._place(streams=(StreamPosition(done=True),) * lists, done=True)
        if self._looks_back_at_the_top:
            return self._place(streams=(StreamPosition(),) * lists)
        self._check_places()
        start = self._start.frontier
        began = None if start is None else start.turned()
        places = () if self._start.done and not self._start.streams else self._supply.turned()
        if places:
            done = all(place.done for place in places)
            frontier = None if self._places_suffice else began
            return self._place(streams=places, frontier=frontier, done=done)
        return self._place(frontier=began, done=began is None)

    def _place(self, **where: object) -> AccountPosition:
        scope = self._scope
        return AccountPosition(
            ceiling=scope.ceiling if scope.clocks.behind else self._start.ceiling,
            in_order=scope.in_order,
            lacking=self.lacking and not self.done,
            begins=self._start.begins and not self.tally.pages,
            doubted=scope.residual.doubted,
            **where,  # type: ignore[arg-type]
        )

    @property
    def _places_suffice(self) -> bool:
        """Whether a session's id tells all there is to know about a place."""
        compiled = self.plan.compiled
        single = len(compiled.streams) == 1 and not compiled.reach.windowed
        return compiled.paging is Paging.SESSION_ID and single

    @property
    def _at_the_top(self) -> bool:
        """Whether this began where the answer does."""
        start = self._start
        fresh = start.frontier is None and not start.done
        top = all(place.cursor is None and not place.done for place in start.streams)
        return fresh and top and self._scope.direction is Direction.FORWARD

    @property
    def _looks_back_at_the_top(self) -> bool:
        """Whether this began where the answer does, towards newer sessions, which are none."""
        start = self._start
        nothing = start.frontier is None and all(place.cursor is None for place in start.streams)
        return start.done and nothing and self._scope.direction is Direction.BACKWARD

    def _frontier(self, used: int) -> Frontier | None:
        """By time, the place after the first ``used`` of ``ready``."""
        rows = list(islice(self.ready, used))
        direction = self._scope.direction
        moment = self.ready[used].created if used < len(self.ready) else self.reach
        if moment in (beginning(direction), ending(direction)):
            return Frontier.at(rows[-1].created, rows, self._reached) if rows else self._reached
        if self._reached is not None and before(moment, self._reached.created, direction):
            return self._reached
        return Frontier.at(moment, rows, self._reached)

    def _check_places(self) -> None:
        """Make sure that a place in the list tells what lies before it."""
        divided = self._supply is not None and not self._supply.places(0)
        relies = self._relies_on_order or (divided and self._scope.ordered)
        if relies and not self._scope.in_order:
            message = "the list is not in order, so that no place in it can be returned to"
            raise self._scope.malformed(message, PagingError)

    def _make(self) -> None:
        maker = Maker(self._scope, self._start, accounts=self._accounts)
        self._relies_on_order, self._sorts = maker.relies_on_order, maker.sorts
        self._supply = maker.make()

    def _compare_clocks(self, response: Response, latency: float) -> None:
        """Move the upper bound to the provider's now, where its clock and the one here disagree.

        A computer that is ten minutes behind would else leave out the newest ten minutes.
        """
        now = self._scope.access.runtime.now()
        date = self._scope.clocks.compare(response, now, latency)
        if date is not None:
            self._scope.ceiling = date
            self._ends_elsewhere = self.plan.compiled.in_pieces

    # What it proves.

    def coverage(self, *, remaining: int | None, unused: int, stopped: str) -> AccountCoverage:
        """What was read so far, and what that proves.

        Args:
            remaining: how many sessions the answer may still need; None for all.
            unused: how many sessions were handed out that nobody took.
            stopped: what the reading was stopped at before its end, if it was.
        """
        compiled, tally, scope = self.plan.compiled, self.tally, self._scope
        complete, reason = self._verdict(remaining, unused, stopped)
        return AccountCoverage(
            account=self.plan.account,
            provider=self.plan.provider,
            complete=complete,
            reason=reason,
            began="the beginning" if self._at_the_top else "a place",
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
            shows_open=self.plan.shows_open,
            untold=tuple(self.plan.untold),
            pages=tuple(tally.pages),
        )

    def _verdict(self, remaining: int | None, unused: int, stopped: str) -> tuple[bool, str]:
        if self.failure is not None:
            return False, str(self.failure)
        if self._supply is None:
            return True, "no session of it can match"
        flaw = self._flaw()
        if flaw:
            return False, flaw
        if unused:
            return False, "not taken to the end"
        if stopped and not self.exhausted:
            return False, stopped
        if remaining == 0 and not self.done:
            return self._verdict_at_limit()
        if remaining != 0 and self.waiting:
            return False, "not taken to the end"
        return (True, "read to the end") if self.done else (False, "not read to the end")

    def _flaw(self) -> str:
        """What speaks against the answer however far it was read; nothing, in most."""
        assert self._supply is not None
        scope = self._scope
        if not scope.in_order and self._supply.left_early:
            return "left early, and then seen not to be in order"
        if not scope.in_order and self._relies_on_order:
            return "told by time what was read, and then seen not to be in order"
        if unverified := scope.residual.unverified:
            doubted = ", ".join(scope.residual.doubted)
            return f"the provider does not keep to {doubted}, and {unverified} do not tell"
        if scope.outrun:
            return "sessions are updated faster than they can be read"
        missing = sum(reader.missing for reader in self._supply.readers())
        return f"the provider counts {missing} more than it lists" if missing else ""

    def _verdict_at_limit(self) -> tuple[bool, str]:
        if self.lacking:
            return False, "an earlier failure left sessions out, and the limit is used up"
        if not self._scope.in_order:
            return False, "read as far as the limit needs, and seen not to be in order"
        return True, "read as far as the limit needs"

    def _more(self, unused: int) -> bool | None:
        if unused or self.waiting:
            return True
        return False if self.done and self.failure is None else None

    @property
    def _shifting(self) -> bool:
        compiled = self.plan.compiled
        counted_off = compiled.paging is Paging.OFFSET and not compiled.grows_at_front
        return counted_off and len(self.tally.pages) > 1

    @property
    def _lower_bound(self) -> datetime | None:
        """The lower bound of creation, as asked."""
        return next(iter(self.plan.bounds_of_creation(LOWER_BOUNDS)), None)

    def _covers_from(self, unused: int) -> datetime | None:
        """The creation down to which everything was handed out."""
        bounds = [self._lower_bound]
        if self._scope.direction is Direction.BACKWARD:
            bounds.append(self._begun)
        elif unused or not self.exhausted:
            bounds.append(self._handed_out_to(unused))
        if (earliest := self.plan.compiled.reach.earliest) is not None:
            bounds.append(self._scope.ceiling - earliest)
        bounds.append(self._span_ends[0])
        return max((bound for bound in bounds if bound is not None), default=None)

    def _covers_to(self) -> datetime:
        """The creation up to which everything was handed out, as far as the list is settled."""
        scope = self._scope
        bounds = [scope.ceiling - self.plan.compiled.reach.settles, scope.settled]
        if scope.direction is Direction.FORWARD:
            bounds.append(self._begun)
        elif not self.exhausted:
            bounds.append(self._handed_out_to(unused=0))
        if (until := self._span_ends[1]) is not None:
            bounds.append(beside(until, Direction.FORWARD, 1))
        return min(bound for bound in bounds if bound is not None)

    def _handed_out_to(self, unused: int) -> datetime:
        """The last moment up to which everything was handed out, in reading order."""
        reached = self._frontier(self.delivering - unused)
        scope = self._scope
        return scope.ceiling if reached is None else reached.last_behind(scope.direction)

    @property
    def _begun(self) -> datetime | None:
        """The first moment of which no session lies behind where this began, if that is known."""
        if self._at_the_top:
            return None
        direction, place = self._scope.direction, self._place_moment
        if (start := self._start.frontier) is not None:
            return start.first_ahead(direction)
        return None if place is None else beside(place, direction, 1)

    @property
    def _span_ends(self) -> tuple[datetime | None, datetime | None]:
        """The ends of the part of the answer that the plan is restricted to."""
        span = self.plan.span or Window()
        return moment_of(span.since), moment_of(span.until)

    @property
    def _place_moment(self) -> datetime | None:
        """The creation of the session at whose place this began, if that is known."""
        moments = [place.created for place in self._start.streams if place.created is not None]
        return max(moments, default=None)
