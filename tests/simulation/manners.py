"""The laws of what is sent: no faster than allowed, no more than needed, and then no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import inf
from operator import attrgetter

import attrs

from simulation.adapter import SINGLE
from simulation.begin import Begin
from simulation.driver import Arrived, Call, Delivered, Sent
from simulation.faults import Nature
from simulation.law import Law, Violation, Violations
from simulation.reader import Leg, Run
from simulation.walk import Key, key
from unified_checkout.adapters import Order, Pushdown
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.policy import LATENESS
from unified_checkout.errors import RateLimited

_BLINK = 1e-9


def check(run: Run) -> Violations:
    """What is wrong with what was sent."""
    for _, legs in groupby(run.legs, key=attrgetter("process")):
        together = list(legs)
        for account in run.schedule.providers:
            yield from _paced(run, together, account)
            yield from _advised(together, account)
    for leg in run.legs:
        for plan in leg.machine.plan.accounts:
            yield from _attempted(run, leg, plan.account)
            yield from Onlooker(run, leg, plan).watch()


def _calls(legs: Sequence[Leg], account: str) -> list[Call]:
    """All requests of an account, in the order in which they were sent."""
    return [
        event.call
        for leg in legs
        for event in leg.journal
        if isinstance(event, Sent) and event.call.account == account
    ]


def _paced(run: Run, legs: Sequence[Leg], account: str) -> Violations:
    """In no span of time are more requests sent than the rate allows."""
    rates = {"": run.schedule.rates[account]}
    rates[SINGLE] = run.schedule.providers[account].profile.single_rate or inf
    earliest = dict.fromkeys(rates, -inf)
    for call in _calls(legs, account):
        budget = call.request.budget
        if call.sent < earliest[budget] - _BLINK:
            yield Violation(Law.RATE, f"{account}: {earliest[budget] - call.sent:.4f} s too early")
        earliest[budget] = max(earliest[budget], call.sent - LATENESS) + 1.0 / rates[budget]


def _advised(legs: Sequence[Leg], account: str) -> Violations:
    """Nothing is sent while advice to wait that is not too long holds."""
    calls = _calls(legs, account)
    for leg in legs:
        for call in _heeded(leg, account):
            fault = call.answered.fault
            if fault is None or fault.nature is not Nature.TRANSIENT:
                continue
            heard, advice = call.arrived or 0.0, fault.retry_after or 0.0
            if any(
                heard < other.sent < heard + advice - _BLINK
                for other in calls
                if other.request.budget == call.request.budget
            ):
                yield Violation(Law.ADVICE, f"{account}: asked before {heard + advice:.3f}")


def _heeded(leg: Leg, account: str) -> Iterator[Call]:
    """The requests of an account that were answered, up to the one that made it fail."""
    for call in leg.told(account):
        yield call
        if leg.failed(account) and call.answered.fault is not None:
            return


def _attempted(run: Run, leg: Leg, account: str) -> Violations:
    """What may pass is tried as often as agreed, what will not is not tried again.

    Where the first answer of all tells that the clock here is wrong, be it a failure, what is read
    in pieces is asked for anew, up to the provider's now.
    """
    attempts: dict[object, int] = defaultdict(int)
    plans = {plan.account: plan.compiled for plan in leg.machine.plan.accounts}
    anew = bool(run.schedule.clock) and plans[account].in_pieces
    most = run.schedule.retry.max_attempts * (2 if anew else 1)
    over = False
    for event in leg.journal:
        if not isinstance(event, Sent | Arrived) or event.call.account != account:
            continue
        place = event.call.place
        if isinstance(event, Sent):
            attempts[place] += 1
            if over:
                yield Violation(Law.ATTEMPTS, f"{account}: asked again after a lasting failure")
            if attempts[place] > most:
                yield Violation(Law.ATTEMPTS, f"{account}: {attempts[place]} attempts")
            continue
        fault = event.call.answered.fault
        if fault is None or fault.nature in (Nature.DECEIT, Nature.EXPIRY):
            attempts[place] = 0
        over = over or (fault is not None and fault.nature is Nature.TERMINAL)


@attrs.define
class Onlooker:
    """Watches one account through a leg, to tell which of its pages nobody needed."""

    run: Run
    leg: Leg
    plan: AccountPlan
    ended: set[object] = attrs.field(factory=set)
    """The lists that were read to their ends."""
    passed: set[object] = attrs.field(factory=set)
    """The lists of which the last row read lies beyond the bound that ends reading early."""
    read: set[Key] = attrs.field(factory=set)
    asked: set[object] = attrs.field(factory=set)
    """The places that were asked for; of what is asked again, nothing can be chosen anew."""

    def watch(self) -> Violations:
        """Follow the journal."""
        left = self.leg.asked
        waiting = list(map(key, self.leg.handed))
        for event in self.leg.journal:
            match event:
                case Delivered(_, sessions):
                    del waiting[: len(sessions)]
                    left = None if left is None else left - len(sessions)
                case Arrived(call) if call.account == self.plan.account and _is_page(call):
                    self._arrived(call)
                case Sent(call) if call.account == self.plan.account and not call.single:
                    yield from self._sent(call, left, self.read.intersection(waiting))

    def _arrived(self, call: Call) -> None:
        reply = call.answered
        if reply.ended and reply.fault is None:
            self.ended.add(call.stream)
        self.read.update((self.plan.account, row.id) for row, _ in reply.rows)
        bound = self._early_bound()
        if reply.rows and bound is not None:
            beyond = reply.rows[-1][0].created < bound
            (self.passed.add if beyond else self.passed.discard)(call.stream)

    def _sent(self, call: Call, left: int | None, waiting: set[Key]) -> Violations:
        account = self.plan.account
        single = len(self.plan.compiled.streams) == 1
        again = self.run.schedule.clock and self.plan.compiled.in_pieces
        if call.stream in self.ended and single and not again:
            yield Violation(Law.FRUGAL, f"{account}: asked on after the end of the list")
        if call.stream in self.passed and single and self.leg.coverage()[account].order_held:
            yield Violation(Law.FRUGAL, f"{account}: asked on beyond the bound")
        if left is None:
            return
        if left == 0:
            yield Violation(Law.FRUGAL, f"{account}: asked on after the limit")
        sorts = self.leg.sorts(account)
        if {one for one in waiting if not self._undecided(one)} and single and not sorts:
            yield Violation(Law.FRUGAL, f"{account}: asked on while {waiting} waited")
        if call.place in self.asked:
            return
        self.asked.add(call.place)
        most = self.plan.page_size
        least = most if self.plan.residual or sorts else min(most, left)
        if call.size == least:
            return
        prompt = not (self._waits or self._sought)
        if not (1 if self._sought else least) <= call.size <= (least if prompt else most):
            yield Violation(Law.FRUGAL, f"{account}: asked for {call.size}, wanted {least}")

    @property
    def _waits(self) -> bool:
        """Whether requests wait to be sent, for the rate or since too many were sent.

        More may be handed out meanwhile, and less is needed then than when they were made.
        """
        throttled = (
            call.answered.fault is not None and call.answered.fault.error is RateLimited
            for leg in self.run.legs[: self.run.legs.index(self.leg) + 1]
            for call in leg.told(self.plan.account)
        )
        return self.run.schedule.rates[self.plan.account] < inf or any(throttled)

    @property
    def _sought(self) -> Begin | None:
        """Where a consumer began beside a session: how many are needed is known once it was found."""
        begins = self.run.schedule.begins
        return None if begins is None or begins.row is None else begins

    def _undecided(self, one: Key) -> bool:
        """Whether another session has to tell first on which side one stands.

        Until the session was found where a consumer began, or what lies beyond its moment, nobody
        knows that. Windows are then read at once, and what the older ones hold waits for the newer.
        """
        row = self.run.schedule.providers[self.plan.account].row(one[1])
        compiled, beside = self.plan.compiled, False
        if (begins := self._sought) is not None:
            near = row.created >= begins.at if self.leg.forward else row.created <= begins.at
            beside = near or compiled.divisible or compiled.in_pieces
        return beside or self.leg.expired(self.plan.account)

    def _early_bound(self) -> float | None:
        """The lower bound of creation, where it alone ends reading."""
        bounds = self.leg.machine.plan.query.created
        lower = None if bounds is None else bounds.gt or bounds.gte
        relies = self.plan.compiled.order is Order.NEWEST_FIRST and self.leg.forward
        pushed = any(
            verdict.predicate.field == "created" and verdict.pushdown is not Pushdown.UNSUPPORTED
            for verdict in self.plan.compiled.verdicts
        )
        return None if lower is None or pushed or not relies else lower.timestamp()


def _is_page(call: Call) -> bool:
    """Whether a page came that could be read, be it true or not."""
    if call.single or call.answered.detour:
        return False
    return call.answered.fault is None or call.answered.fault.nature is Nature.DECEIT
