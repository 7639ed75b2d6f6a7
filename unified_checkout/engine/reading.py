"""``AccountReading``: one run of a plan over one account, from its responses to its sessions."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import attrs

from unified_checkout.adapters import Direction, Paging, Response
from unified_checkout.engine.anchor import Anchor, tells_more_than_time
from unified_checkout.engine.clocks import Clocks
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
    earlier,
    ending,
)
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.supply import Need, Supply
from unified_checkout.engine.tally import Tally
from unified_checkout.errors import (
    PagingError,
    ProviderError,
    UnifiedCheckoutError,
    WindowTooFull,
)
from unified_checkout.model.session import Session

_NOTHING: deque[Session] = deque()


class AccountReading:
    """Reads one account's part of an answer, and says where it stands.

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
        self._handed_out, self.start = 0, start
        self._last_taken: str | None = None
        self._anchor = _anchor(start)
        self._accounts = accounts
        self.scope = Scope(
            plan=plan,
            access=access,
            tally=self.tally,
            residual=Residual(plan.compiled.verdicts, access.runtime, self.tally, start.doubted),
            direction=direction,
            ceiling=start.ceiling or ceiling,
            start=start.frontier,
            in_order=start.in_order,
            thrifty=thrifty or _begins_by_time(plan, start),
            clocks=Clocks(moves=start.is_untouched and start.ceiling is None),
        )
        self.supply: Supply | None = None
        self.relies_on_order = self._sorts = self._ends_elsewhere = False
        self._reached = start.frontier
        if plan.compiled.streams and not plan.refused:
            self._make()

    # What it supplies.

    @property
    def ready(self) -> deque[Session]:
        """Read, matching, and next to be handed out."""
        if self.supply is None or self._anchor is not None:
            return _NOTHING
        return self.supply.ready

    @property
    def delivering(self) -> int:
        """How many of ``ready`` are being handed out, and may yet turn out not to be taken."""
        return 0 if self.supply is None else self._handed_out - self.supply.taken

    @property
    def waiting(self) -> int:
        """How many sessions could be handed out now."""
        return len(self.ready) - self.delivering

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self.supply is None or self.start.done or self.supply.done

    @property
    def shows_late(self) -> bool:
        """Whether more must be read before it can hand out anything, as all is sorted first."""
        return self._sorts and not (self.ready or self.done or self.failure)

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
        if self.supply is None or self.start.done:
            return ending(self.scope.direction)
        reach, start = self.supply.reach, self.start.frontier
        if not self.plan.compiled.in_pieces or self.supply.done or self.tally.pages:
            return reach
        direction = self.scope.direction
        began = beginning(direction) if start is None else start.created
        return earlier(reach, began, direction)

    @property
    def undelivered(self) -> list[Session]:
        """All that was read and matches and is not being handed out."""
        if self.supply is None:
            return []
        delivering = {session.id for session in islice(self.ready, self.delivering)}
        return [one for one in self.supply.kept() if one.id not in delivering]

    def wanted(self, remaining: int | None, *, now: bool) -> Sequence[PageReader]:
        """The page readers that should have a request under way.

        Args:
            remaining: how many sessions the answer may still need; None for all.
            now: whether the next session is being waited for.
        """
        if self.failure is not None or self.done or self.supply is None:
            return ()
        if remaining is not None and self.waiting >= remaining:
            return ()
        if remaining is None or self._anchor is not None:
            return self.supply.wanted(Need(None, now))
        return self.supply.wanted(Need(remaining + self.delivering, now))

    def page_size(self, remaining: int | None) -> int:
        """How many sessions to ask for at once.

        Args:
            remaining: how many the answer may still need; None for all.
        """
        return first_size(self.plan, None if self._sorts else remaining)

    def receive(self, reader: PageReader, event: Answered | Failed, now: float) -> None:
        """Take in what came of a page reader's request."""
        if self.failure is not None or self.supply is None:
            return
        sent = reader.exchange.sent_at if reader.exchange is not None else now
        if isinstance(event, Answered):
            self._compare_clocks(event.response, now - sent)
        try:
            reader.receive(event, now)
        except WindowTooFull as error:
            if not self.supply.narrow(reader):
                self.failure = error
        except ProviderError as error:
            self.failure = error
        self.scope.observe_latency(now - sent)
        self.supply.refresh()
        if self._ends_elsewhere:
            self._ends_elsewhere = False
            self.tally.duplicates += len(self.supply.kept())
            self._make()
        self._leave_behind()

    def hand_out(self, count: int) -> None:
        """Let the next so many of ``ready`` be handed out."""
        self._handed_out += count
        self.tally.delivered += count

    def settle(self) -> None:
        """Note that what was being handed out was used."""
        if not self.delivering or self.supply is None:
            return
        used = list(islice(self.ready, self.delivering))
        self._reached = Frontier.at(used[-1].created, used, self._reached)
        self._last_taken = used[-1].id
        self.supply.take(self.delivering)

    # Where it stands.

    def position(self, used: int) -> AccountPosition:
        """Where to go on in the same direction, once the first ``used`` of ``ready`` are used.

        Raises:
            PagingError: if a list is not in order and a place in it can therefore not be named.
        """
        self._check_places()
        if self.supply is None or self.start.done:
            return self.start if self.start.done else self._place(done=True)
        done = self.supply.done and used == len(self.ready)
        places, frontier = self.supply.places(used), self.frontier(used)
        if self.at_the_top and (self._is_unread or (frontier is None and not (places or done))):
            return self._place(streams=self.start.streams)
        if not (self._several_by_time or self._places_hold(places, frontier)):
            places = ()
        if places and self._places_suffice and not any(place.short for place in places):
            return self._place(streams=places, done=done)
        if places or frontier is None or not self._among_siblings(frontier):
            return self._place(streams=places, frontier=frontier, done=done)
        anchor = self._last_used(used) or self.start.streams[0].cursor
        place = self._place(frontier=frontier.without(anchor), done=done)
        return attrs.evolve(place, anchor=anchor)

    def _among_siblings(self, frontier: Frontier) -> bool:
        """Whether others of a frontier's moment lie behind, that only a place told until now.

        A, B and C are of one second, and reading went on after A. Once it is read in windows only
        time tells, which of B, handed out, does not tell that A lies before it; B's place does.
        """
        compiled, began = self.plan.compiled, self.start.streams
        told = compiled.paging is Paging.SESSION_ID and tells_more_than_time(compiled)
        one = told and len(began) == 1 and not frontier.others
        return one and began[0].created == frontier.created

    def _last_used(self, used: int) -> str | None:
        """The id of the last session that was used, if any was."""
        return self.ready[used - 1].id if used else self._last_taken

    @property
    def _is_unread(self) -> bool:
        return not (self.tally.pages or self.tally.rows_read)

    @property
    def _several_by_time(self) -> bool:
        """Whether time tells in each of several lists, whatever its place, what was handed out."""
        forward = self.scope.direction is Direction.FORWARD
        several = len(self.plan.compiled.streams) > 1
        return several and (forward or not self.plan.compiled.reach.windowed)

    def _places_hold(self, places: Sequence[StreamPosition], frontier: Frontier | None) -> bool:
        """Whether places hold without the moment at which this began.

        They do where reading has passed that moment or they tell it, unless the list was asked for
        from that moment on: a count of 30 is then the thirtieth of that list, and of no other.
        """
        start, compiled = self.start.frontier, self.plan.compiled
        if start is None:
            return True
        if not all(place.cursor or place.skip for place in places):
            return False
        bound = compiled.reach.windowed and compiled.paging is not Paging.SESSION_ID
        passed = frontier is not None and frontier.created != start.created
        told = self.scope.thrifty and not (start.ids or start.others)
        return bool(self.start.streams) or ((passed or told) and not bound)

    def turned_position(self) -> AccountPosition:
        """Where to go on in the other direction, from where this began.

        Raises:
            PagingError: as :meth:`position` does.
        """
        if self.supply is None:
            return self._place(done=True)
        lists = len(self.plan.compiled.streams)
        if self.at_the_top:
            return self._place(streams=(StreamPosition(done=True),) * lists, done=True)
        if self._looks_back_at_the_top:
            return self._place(streams=(StreamPosition(),) * lists)
        self._check_places()
        start = self.start.frontier
        if self._anchor is not None:
            return attrs.evolve(self._place(frontier=start), anchor_ahead=not self._anchor.ahead)
        began = None if start is None else start.turned()
        places = () if self.start.done and not self.start.streams else self.supply.turned()
        if places:
            done = all(place.done for place in places)
            frontier = None if self._places_suffice else began
            return self._place(streams=places, frontier=frontier, done=done)
        return self._place(frontier=began, done=began is None)

    def _place(self, **where: object) -> AccountPosition:
        scope = self.scope
        return AccountPosition(
            ceiling=scope.ceiling if scope.clocks.behind else self.start.ceiling,
            in_order=scope.in_order,
            lacking=self.lacking and not self.done,
            begins=self.start.begins and not self.tally.pages,
            anchor=None if self._anchor is None else self._anchor.id,
            anchor_ahead=self._anchor is not None and self._anchor.ahead,
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
    def at_the_top(self) -> bool:
        """Whether this began where the answer does."""
        start = self.start
        fresh = start.frontier is None and not start.done
        top = all(place.cursor is None and not place.done for place in start.streams)
        return fresh and top and self.scope.direction is Direction.FORWARD

    @property
    def _looks_back_at_the_top(self) -> bool:
        """Whether this began where the answer does, towards newer sessions, which are none."""
        start = self.start
        nothing = start.frontier is None and all(place.cursor is None for place in start.streams)
        return start.done and nothing and self.scope.direction is Direction.BACKWARD

    def frontier(self, used: int) -> Frontier | None:
        """By time, the place after the first ``used`` of ``ready``."""
        rows = list(islice(self.ready, used))
        direction = self.scope.direction
        moment = self.ready[used].created if used < len(self.ready) else self.reach
        if moment in (beginning(direction), ending(direction)):
            return Frontier.at(rows[-1].created, rows, self._reached) if rows else self._reached
        if self._reached is not None and before(moment, self._reached.created, direction):
            return self._reached
        return Frontier.at(moment, rows, self._reached)

    def _check_places(self) -> None:
        """Make sure that a place in the list tells what lies before it."""
        divided = self.supply is not None and not self.supply.places(0)
        relies = self.relies_on_order or (divided and self.scope.ordered)
        if relies and not self.scope.in_order:
            message = "the list is not in order, so that no place in it can be returned to"
            raise self.scope.malformed(message, PagingError)

    def _make(self) -> None:
        maker = Maker(self.scope, self.start, accounts=self._accounts)
        self.relies_on_order, self._sorts = maker.relies_on_order, maker.sorts
        self.supply = maker.make()
        self._leave_behind()

    def _leave_behind(self) -> None:
        """Leave out what lies behind the session at which somebody began, once that is known.

        With a clock that is slow the upper bound may lie before that session until the first answer
        tells the provider's now.
        """
        if self._anchor is None or self.supply is None:
            return
        if self._is_unread and self.scope.clocks.may_move:
            return
        moment, direction = self._anchor.created, self.scope.direction
        passed = before(moment, self.supply.reach, direction)
        count = self._anchor.behind(self.supply.ready, direction, passed=passed)
        if count is None:
            return
        frontier = Frontier.at(moment, islice(self.supply.ready, count), self.start.frontier)
        if not self._anchor.ahead:
            frontier = frontier.with_behind(self._anchor.id)
        self.start = attrs.evolve(self.start, frontier=frontier, anchor=None, anchor_ahead=False)
        self.scope.start = self._reached = frontier
        self._anchor = None
        self._handed_out = count
        self.supply.take(count)
        self.tally.duplicates += count

    def _compare_clocks(self, response: Response, latency: float) -> None:
        """Move the upper bound to the provider's now, where its clock and the one here disagree.

        A computer that is ten minutes behind would else leave out the newest ten minutes.
        """
        now = self.scope.access.runtime.now()
        date = self.scope.clocks.compare(response, now, latency)
        if date is not None:
            self.scope.ceiling = date
            self._ends_elsewhere = self.plan.compiled.in_pieces


def _begins_by_time(plan: AccountPlan, start: AccountPosition) -> bool:
    """Whether a single list is read from a moment on, so that its next places must tell it too.

    After noon, asked for page by page: a session of one o'clock that arrives late, in a page that
    began at one, lies before the answer however often that page is asked for.
    """
    single = len(plan.compiled.streams) == 1
    by_time = start.frontier is not None and not start.streams
    return single and (by_time or any(place.seen is not None for place in start.streams))


def _anchor(start: AccountPosition) -> Anchor | None:
    """The session at which somebody begins, where no place tells what of its moment lies behind."""
    if start.frontier is None or start.anchor is None:
        return None
    return Anchor(start.frontier.created, start.anchor, start.anchor_ahead)
