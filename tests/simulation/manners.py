"""The laws of what is sent: no faster than allowed, no more than needed, and then no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import inf
from operator import attrgetter

from simulation.answers import Key, in_order, key
from simulation.driver import Arrived, Call, Delivered, Sent
from simulation.faults import Nature
from simulation.law import Law, Violation, Violations
from simulation.reader import Leg, Run
from unified_checkout.adapters import Order, Pushdown
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.policy import LATENESS

_BLINK = 1e-9


def check(run: Run) -> Violations:
    """What is wrong with what was sent."""
    for _, legs in groupby(run.legs, key=attrgetter("process")):
        together = list(legs)
        for account in run.schedule.providers:
            yield from _paced(run, together, account)
    for leg in run.legs:
        for plan in leg.machine.plan.accounts:
            yield from _attempted(run, leg, plan.account)
            yield from _frugal(run, leg, plan)


def _calls(legs: Sequence[Leg], account: str) -> Iterator[Call]:
    for leg in legs:
        for event in leg.journal:
            if isinstance(event, Sent) and event.call.account == account:
                yield event.call


def _paced(run: Run, legs: Sequence[Leg], account: str) -> Violations:
    interval = 1.0 / run.schedule.rates[account]
    calls = list(_calls(legs, account))
    heeded = [call for leg in legs for call in _heeded(leg, account)]
    earliest = -inf
    for call in calls:
        if call.sent < earliest - _BLINK:
            yield Violation(Law.RATE, f"{account}: {earliest - call.sent:.4f} s too early")
        earliest = max(earliest, call.sent - LATENESS) + interval
    for call in heeded:
        fault = call.reply.fault if call.reply else None
        if call.arrived is None or fault is None or fault.retry_after is None:
            continue
        free = call.arrived + fault.retry_after
        if fault.nature is Nature.TRANSIENT and any(call.arrived < other.sent < free - _BLINK for other in calls):
            yield Violation(Law.ADVICE, f"{account}: asked again before {free:.3f}")


def _heeded(leg: Leg, account: str) -> Iterator[Call]:
    """The requests of an account that were answered, up to the one that made it fail."""
    for event in leg.journal:
        if isinstance(event, Arrived) and event.call.account == account:
            yield event.call
            if leg.failed(account) and event.call.reply and event.call.reply.fault:
                return


def _attempted(run: Run, leg: Leg, account: str) -> Violations:
    attempts: dict[object, int] = defaultdict(int)
    over = False
    for event in leg.journal:
        if not isinstance(event, Sent | Arrived) or event.call.account != account:
            continue
        place = event.call.place
        if isinstance(event, Sent):
            attempts[place] += 1
            if over:
                yield Violation(Law.ATTEMPTS, f"{account}: asked again after a failure for good")
            if attempts[place] > run.schedule.retry.max_attempts:
                yield Violation(Law.ATTEMPTS, f"{account}: {attempts[place]} attempts")
            continue
        assert event.call.reply is not None
        fault = event.call.reply.fault
        if fault is None or fault.nature is Nature.DECEIT:
            attempts[place] = 0
        over = over or (fault is not None and fault.nature is Nature.TERMINAL)


def _frugal(run: Run, leg: Leg, plan: AccountPlan) -> Violations:
    """No page without need, and pages of the right size."""
    account, remaining = plan.account, leg.asked
    prompt = run.schedule.rates[account] == inf
    orderly = leg.coverage()[account].order_held
    handed = _handed_at(leg)
    ended: set[object] = set()
    waiting: set[Key] = set()
    lists: dict[object, list[Call]] = defaultdict(list)
    for now, event in enumerate(leg.journal):
        match event:
            case Delivered(_, sessions):
                remaining = None if remaining is None else remaining - len(sessions)
            case Arrived(call) if call.account == account and _whole(call):
                assert call.reply is not None
                lists[call.stream].append(call)
                if call.reply.fault is not None:
                    continue
                if call.reply.ended and not call.single:
                    ended.add(call.stream)
                for row, _ in call.reply.rows:
                    waiting.add((account, row.id))
            case Sent(call) if call.account == account and not call.single:
                if call.stream in ended:
                    yield Violation(Law.FRUGAL, f"{account}: asked on after the end of the list")
                if orderly and _beyond(leg, plan, lists, call):
                    yield Violation(Law.FRUGAL, f"{account}: asked on beyond the bound")
                if remaining is not None:
                    kept = [one for one in waiting if handed.get(one, -1) > now]
                    yield from _needed(plan, call, remaining, kept, prompt=prompt)


def _needed(
    plan: AccountPlan, call: Call, remaining: int, kept: Sequence[Key], *, prompt: bool
) -> Violations:
    """Laws of a request when only so many more sessions are wanted."""
    if remaining == 0:
        yield Violation(Law.FRUGAL, f"{plan.account}: asked on after the limit")
    least = plan.page_size if plan.residual else min(plan.page_size, remaining)
    if not least <= call.size <= (least if prompt else plan.page_size):
        yield Violation(Law.FRUGAL, f"{plan.account}: asked for {call.size}, wanted {least}")
    if kept and len(plan.compiled.streams) == 1:
        yield Violation(Law.FRUGAL, f"{plan.account}: asked on while {kept} waited")


def _whole(call: Call) -> bool:
    """Whether a page came that could be read, be it true or not."""
    if call.reply is None or call.reply.detour:
        return False
    return call.reply.fault is None or call.reply.fault.nature is Nature.DECEIT


def _handed_at(leg: Leg) -> dict[Key, int]:
    """When each session was handed out, as an index of the journal."""
    return {
        key(session): now
        for now, event in enumerate(leg.journal)
        if isinstance(event, Delivered)
        for session in event.sessions
    }


def _beyond(
    leg: Leg, plan: AccountPlan, lists: Mapping[object, Sequence[Call]], call: Call
) -> bool:
    """Whether the pages read of a list show that nothing more of it can be in the answer."""
    read = {
        stream: [row for one in calls if one.reply for row, _ in one.reply.rows]
        for stream, calls in lists.items()
    }
    rows = read.get(call.stream)
    if not rows or not leg.forward or plan.compiled.order is not Order.NEWEST_FIRST:
        return False
    bounds = leg.machine.plan.query.created
    lower = bounds and (bounds.gt or bounds.gte)
    pushed = any(
        verdict.predicate.field == "created" and verdict.pushdown is not Pushdown.UNSUPPORTED
        for verdict in plan.compiled.verdicts
    )
    if lower is None or pushed:
        return False
    orderly = all(in_order(one, forward=True) for one in read.values())
    return orderly and rows[-1].created < lower.timestamp()
