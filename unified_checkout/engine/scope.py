"""``Scope``: what all the page readers of one account share while a plan runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from unified_checkout.adapters import Direction, Order, Stream, Window
from unified_checkout.engine.clocks import Clocks
from unified_checkout.engine.exchange import Access
from unified_checkout.engine.joining import Told
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.position import Frontier, StreamPosition
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.tally import Tally
from unified_checkout.errors import ProviderError
from unified_checkout.model.predicate import LOWER_BOUNDS, UPPER_BOUNDS
from unified_checkout.model.session import Session


@attrs.define(kw_only=True, eq=False)
class Scope:
    """What is asked of an account, and what was found out about its lists while reading."""

    plan: AccountPlan
    access: Access
    tally: Tally
    residual: Residual
    direction: Direction
    """Which way the answer is read."""
    ceiling: datetime
    """The upper bound: later sessions are not part of the answer."""
    start: Frontier | None
    """What lies behind it was handed out before this reading began."""
    outer: Window = attrs.field(factory=Window)
    """The span of time that all windows of the account lie in."""
    in_order: bool = True
    """Whether every list kept to its documented order, as far as it was read."""
    thrifty: bool = False
    """Whether places tell what was seen beyond them."""
    windows_hold: bool = True
    """Whether the provider kept to every window that it was asked for."""
    latency: float = 0.0
    """Seconds that a request takes; the last few weigh most."""
    least_latency: float = math.inf
    settled: datetime | None = None
    """Up to when the provider said that its lists are up to date."""
    clocks: Clocks = attrs.field(factory=lambda: Clocks(moves=False))
    begun_again: bool = False
    """Whether a list was begun again, and time told what was read of it before."""
    strays: bool = False
    """Whether a list does not show any more the sessions after which it was to go on."""
    outrun: bool = False
    """Whether sessions are updated faster than what was updated can be read."""
    told: Told = attrs.field(init=False)
    """What rows tell of other sessions."""

    def __attrs_post_init__(self) -> None:
        self.told = Told(self.access.adapter, joins=self.plan.compiled.joins)

    def now(self) -> datetime:
        """What the provider's clock shows, as far as that is known."""
        return self.access.runtime.now() + timedelta(seconds=self.clocks.behind)

    def observe_latency(self, seconds: float) -> None:
        """Take in how long a request took."""
        self.least_latency = min(self.least_latency, seconds)
        self.latency = seconds if self.latency == 0.0 else 0.7 * self.latency + 0.3 * seconds

    def tell_of_page(self, rows: int, matching: Sequence[Session]) -> None:
        """Tell observers of a page, and of its sessions that match."""
        for observer in self.access.runtime.observers:
            observer.page(self.plan.account, rows, len(matching))
            observer.arrived(self.plan.account, matching)

    @property
    def ordered(self) -> bool:
        """Whether the lists are documented to come newest first."""
        return self.plan.compiled.order is Order.NEWEST_FIRST

    def beyond(self, session: Session, direction: Direction) -> bool:
        """Whether nothing that follows a session, in an orderly list, can be in the answer.

        A list that is asked for ``created >= Monday``, ignores that and comes newest first need
        not be read past Monday.
        """
        if not (self.in_order and self.ordered):
            return False
        if direction is Direction.BACKWARD and session.created > self.ceiling:
            return True
        bounds = LOWER_BOUNDS if direction is Direction.FORWARD else UPPER_BOUNDS
        return any(
            verdict.predicate.field == "created"
            and verdict.predicate.operator in bounds
            and verdict.predicate.matches(session) is False
            for verdict in self.plan.compiled.verdicts
        )

    def behind(self, session: Session) -> bool:
        """Whether a session was handed out before this reading began, going by time."""
        return self.start is not None and self.start.behind(session, self.direction)

    def is_tied(self, session: Session) -> bool:
        """Whether a session was created at the very moment at which this reading began."""
        return self.start is not None and session.created == self.start.created

    def malformed(self, message: str, kind: type[ProviderError]) -> ProviderError:
        """An error of this account that the engine itself found."""
        return kind(message, account=self.plan.account, provider=self.plan.provider)


@attrs.frozen(kw_only=True)
class Stretch:
    """A part of a stream to be read."""

    stream: Stream
    start: StreamPosition = attrs.field(factory=StreamPosition)
    direction: Direction = Direction.FORWARD
    window: Window | None = None
    """The span of time that it covers; None for all."""
    by_time: bool = False
    """Whether time tells, and not the place alone, what was handed out before it."""
