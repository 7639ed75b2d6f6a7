"""The laws of what an answer says of itself: its coverage, its errors, its end."""

from __future__ import annotations

from collections import defaultdict

from simulation.answers import in_order
from simulation.driver import Arrived, Call, Delivered, Sent
from simulation.faults import Fault, Nature
from simulation.law import Law, Violation, Violations
from simulation.reader import Leg, Run
from simulation.rows import Question, moment
from unified_checkout.adapters import Paging
from unified_checkout.engine.coverage import AccountCoverage, PageSpan
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.errors import PagingError, ProviderError, UnsupportedPredicate


def check(run: Run) -> Violations:
    """What is wrong with what the answer says of itself."""
    if run.broken is not None:
        yield Violation(Law.ENDS, f"{type(run.broken).__name__}: {run.broken}")
    if run.refused is not None and not isinstance(run.refused, UnsupportedPredicate):
        yield Violation(Law.TRULY, f"refused: {run.refused}")
    for leg in run.legs:
        coverage = leg.coverage()
        if leg.lost is not None and coverage[leg.lost.account].order_held:
            yield Violation(Law.TRULY, f"{leg.lost}, of a list in order")
        yield from _attached(leg)
        for plan in leg.machine.plan.accounts:
            said = coverage[plan.account]
            yield from _told(run, leg, plan, said)
            yield from _ordered(run, leg, said)
            yield from _counted(run, leg, said)


def _told(run: Run, leg: Leg, plan: AccountPlan, said: AccountCoverage) -> Violations:
    """Every failure is told, and nothing else."""
    calls = _told_calls(leg, plan.account)
    lasting = [call for call in calls if _fault(call, Nature.TERMINAL)]
    if said.complete and (lasting or plan.refused):
        yield Violation(Law.TOLD, f"{plan.account}: complete, in spite of {lasting}")
    failed = (leg.ended and not said.complete) or (
        isinstance(leg.error, ProviderError) and leg.error.account == plan.account
    )
    if not failed or plan.refused:
        return
    causes = {call.reply.fault for call in calls if call.reply} - {None}
    exhausted = _exhausted(calls, run.schedule.retry.max_attempts)
    blamed = {
        fault.error
        for fault in causes
        if fault is not None and (fault.nature is not Nature.TRANSIENT or fault in exhausted)
    }
    if plan.account in run.schedule.disorderly and not said.order_held:
        blamed.add(PagingError)
    if not blamed:
        yield Violation(Law.TRULY, f"{plan.account}: {said.reason}, without a cause")
    elif leg.error is not None and type(leg.error) not in blamed:
        yield Violation(Law.TRULY, f"{plan.account}: {type(leg.error).__name__}, not {blamed}")


def _told_calls(leg: Leg, account: str) -> list[Call]:
    """The requests of an account that the machine was told the outcome of."""
    return [
        event.call
        for event in leg.journal
        if isinstance(event, Arrived) and event.call.account == account
    ]


def _fault(call: Call, nature: Nature) -> bool:
    fault = call.reply.fault if call.reply else None
    return fault is not None and fault.nature is nature


def _exhausted(calls: list[Call], most: int) -> set[Fault]:
    """The transient faults that ended a request's last attempt."""
    failures: dict[object, int] = defaultdict(int)
    last = set()
    for call in calls:
        assert call.reply is not None
        if call.reply.fault is not None and call.reply.fault.nature is Nature.TRANSIENT:
            failures[call.place] += 1
            if failures[call.place] == most:
                last.add(call.reply.fault)
        else:
            failures[call.place] = 0
    return last


def _attached(leg: Leg) -> Violations:
    """An error says where it comes from, what was covered, and what was read."""
    error = leg.error
    if error is None:
        return
    if not isinstance(error, ProviderError) or error.coverage is None:
        yield Violation(Law.ATTACHED, f"{type(error).__name__} without coverage")
        return
    said = {one.account: one for one in error.coverage.accounts}
    if error.account not in said or error.provider != "simulated":
        yield Violation(Law.ATTACHED, f"the error is of account {error.account!r}")
    elif said[error.account].complete:
        yield Violation(Law.ATTACHED, f"{error.account} failed and is called complete")
    if error.sessions != leg.machine.undelivered:
        yield Violation(Law.ATTACHED, "what was read is not attached")
    created = [session.created for session in error.sessions]
    if created != sorted(created, reverse=True):
        yield Violation(Law.ATTACHED, "what is attached is not newest first")


def _ordered(run: Run, leg: Leg, said: AccountCoverage) -> Violations:
    """The order is said to have held where it did, and not where it did not."""
    account, provider = said.account, run.schedule.providers[said.account]
    if not said.order_held:
        shifted = provider.changed and said.paging is Paging.OFFSET
        lied = any(_fault(call, Nature.DECEIT) for call in _told_calls(leg, account))
        if account not in run.schedule.disorderly and not shifted and not lied:
            yield Violation(Law.ORDER, f"{account}: said to be out of order, and is not")
        return
    if any(plan.account == account and plan.compiled.splittable for plan in _plans(leg)):
        return
    lists = defaultdict(list)
    for call in _read(leg, said):
        if not call.single and call.reply is not None and call.reply.fault is None:
            rows = [row for row, _ in call.reply.rows]
            shown = lists[call.stream]
            shown.extend(row for row in (rows if leg.forward else rows[::-1]) if row not in shown)
    if not all(in_order(rows, forward=leg.forward) for rows in lists.values()):
        yield Violation(Law.ORDER, f"{account}: said to be in order, and is not")


def _plans(leg: Leg) -> tuple[AccountPlan, ...]:
    return leg.machine.plan.accounts


def _read(leg: Leg, said: AccountCoverage) -> list[Call]:
    """The requests of an account whose answers were taken in."""
    return [
        call
        for call in _told_calls(leg, said.account)
        if call.reply is not None
        and not call.reply.detour
        and (call.reply.fault is None or call.reply.fault.nature is Nature.DECEIT)
    ]


def _counted(run: Run, leg: Leg, said: AccountCoverage) -> Violations:
    """Every counter is what an onlooker counts."""
    account = said.account
    told, read = _told_calls(leg, account), _read(leg, said)
    failed = any(plan.account == account and plan.refused for plan in _plans(leg)) or not (
        said.complete or said.reason == "not read to the end"
    )
    kept = [one for one in leg.machine.undelivered if one.account == account]
    counts = {
        "requests": (said.requests, sum(_sent_by(event, account) for event in leg.journal)),
        "delivered": (said.delivered, _delivered(leg, account)),
        "vanished": (said.vanished, sum(call.single and _detour(call) for call in told)),
    }
    accounted = (
        said.delivered + len(kept) + said.rows_dropped + said.rows_later + said.duplicates
    )
    if not failed:
        counts["rows_read"] = (said.rows_read, sum(len(_rows(call)) for call in read))
        counts["retries"] = (said.retries, sum(_fault(one, Nature.TRANSIENT) for one in told))
        counts["rows_accounted_for"] = (accounted, said.rows_read)
        spans = tuple(_span(call) for call in read if not call.single)
        if said.pages != spans:
            yield Violation(Law.COUNTED, f"{account}: pages {said.pages}, truly {spans}")
        if not said.duplicates:
            counts.update(_residual(run, leg, said, read))
    elif accounted > said.rows_read:
        yield Violation(Law.COUNTED, f"{account}: {accounted} of {said.rows_read} rows")
    for name, (claimed, truly) in counts.items():
        if claimed != truly:
            yield Violation(Law.COUNTED, f"{account}: {name} {claimed}, truly {truly}")
    if said.created_to != moment(leg.scan):
        yield Violation(Law.COUNTED, f"{account}: the upper bound moved to {said.created_to}")
    weak = said.paging is Paging.OFFSET and len(said.pages) > 1
    if weak is said.promise.startswith("full"):
        yield Violation(Law.COUNTED, f"{account}: promises {said.promise}")


def _residual(
    run: Run, leg: Leg, said: AccountCoverage, read: list[Call]
) -> dict[str, tuple[int, int]]:
    """What was dropped here, counted anew; nothing was read twice."""
    question = Question(run.schedule.query, leg.scan)
    rows = [one for call in read for one in _rows(call)]
    later = [row for row, _ in rows if row.created > leg.scan]
    dropped = [
        row
        for row, word in rows
        if row.created <= leg.scan
        and not (question.asks_for(row) and question.accepts(word))
    ]
    return {
        "rows_later": (said.rows_later, len(later)),
        "rows_dropped": (said.rows_dropped, len(dropped)),
    }


def _rows(call: Call) -> tuple[tuple[object, str], ...]:
    return () if call.reply is None else call.reply.rows


def _sent_by(event: object, account: str) -> bool:
    return isinstance(event, Sent) and event.call.account == account


def _detour(call: Call) -> bool:
    return call.reply is not None and call.reply.detour


def _delivered(leg: Leg, account: str) -> int:
    return sum(
        session.account == account
        for event in leg.journal
        if isinstance(event, Delivered)
        for session in event.sessions
    )


def _span(call: Call) -> PageSpan:
    ids = [row.id for row, _ in _rows(call)]
    return PageSpan(ids[0], ids[-1], len(ids)) if ids else PageSpan(None, None, 0)
