"""The laws of what an answer says of itself: its coverage, its errors, its end."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from math import inf

from simulation import doubts
from simulation.driver import Call, Sent
from simulation.faults import TWINS, Fault, Nature
from simulation.law import Law, Violation, Violations
from simulation.reader import Leg, Run
from simulation.rows import moment
from simulation.walk import shifted
from unified_checkout.adapters import Paging
from unified_checkout.engine.coverage import AccountCoverage, PageSpan
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.errors import BudgetSpent, PagingError, ProviderError, UnsupportedPredicate


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
            yield from _ordered(run, leg, plan, said)
            yield from doubts.check(run, leg, plan, said)
            yield from _stopped(leg, said)
            yield from _counted(leg, said)
            yield from _bounded(run, leg, said)
            if not leg.failed(plan.account):
                yield from _accounted(run, leg, said)


def _told(run: Run, leg: Leg, plan: AccountPlan, said: AccountCoverage) -> Violations:
    """Every failure is told, and nothing else."""
    calls = leg.told(plan.account)
    twins = any(call.answered.fault is TWINS for call in calls) and not leg.divided(plan.account)
    if twins and leg.streams(plan.account) == 1 and not leg.failed(plan.account):
        yield Violation(Law.TOLD, f"{plan.account}: two rows with one id, and nobody was told")
    if said.complete and (plan.refused or any(_met(call, Nature.TERMINAL) for call in calls)):
        yield Violation(Law.TOLD, f"{plan.account}: complete, in spite of a failure")
    if said.reason.startswith("left early") and leg.streams(plan.account) == 1:
        yield Violation(Law.TRULY, f"{plan.account}: left early, though seen out of order before")
    raised = leg.error if isinstance(leg.error, ProviderError) else None
    if raised is not None and raised.account != plan.account:
        raised = None
    failed = raised is not None or (leg.ended and not said.complete)
    if not failed or plan.refused:
        return
    if said.reason.startswith(("stopped at", "the provider does not keep to")):
        return
    provider = run.schedule.providers[plan.account]
    if said.reason.startswith("the provider counts"):
        hidden = any(row.hidden for row in provider.rows)
        if not (hidden or provider.changed or _causes(calls, run.schedule.retry.max_attempts)):
            yield Violation(Law.TRULY, f"{plan.account}: {said.reason}, and it does not")
        return
    if said.reason.startswith("sessions are updated faster"):
        if not (provider.profile.updates and provider.unrest.rate):
            yield Violation(Law.TRULY, f"{plan.account}: {said.reason}, and they are not")
        return
    if said.reason.startswith("an earlier failure"):
        earlier = run.legs[: run.legs.index(leg)]
        if not any(one.failed(plan.account) for one in earlier):
            yield Violation(Law.TRULY, f"{plan.account}: {said.reason}, and none failed")
        return
    blamed = {fault.error for fault in _causes(calls, run.schedule.retry.max_attempts)}
    disorder = plan.account in run.schedule.disorderly or shifted(provider)
    if (disorder and not said.order_held) or provider.profile.flips:
        blamed.add(PagingError)
    if not blamed:
        yield Violation(Law.TRULY, f"{plan.account}: {said.reason}, without a cause")
    elif raised is not None and type(raised) not in blamed:
        yield Violation(Law.TRULY, f"{plan.account}: {type(raised).__name__}, not {blamed}")


def _met(call: Call, nature: Nature) -> bool:
    fault = call.answered.fault
    return fault is not None and fault.nature is nature


def _causes(calls: list[Call], most: int) -> set[Fault]:
    """The faults that may end the reading of an account: of the transient, a last attempt's."""
    attempts: dict[object, int] = defaultdict(int)
    causes = set()
    for call in calls:
        fault = call.answered.fault
        transient = _met(call, Nature.TRANSIENT)
        attempts[call.place] = attempts[call.place] + 1 if transient else 0
        if fault is not None and (not transient or attempts[call.place] == most):
            causes.add(fault)
    return causes


def _attached(leg: Leg) -> Violations:
    """An error says where it comes from, what was covered, and what was read."""
    error = leg.error
    if error is None:
        return
    if isinstance(error, BudgetSpent):
        if not leg.machine.stopped or error.coverage is None or error.coverage.complete:
            yield Violation(Law.STOPPED, f"{error}, of what is called complete")
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


def _ordered(run: Run, leg: Leg, plan: AccountPlan, said: AccountCoverage) -> Violations:
    """The order is said to have held where it did, and not where it did not."""
    account = plan.account
    if not said.order_held:
        provider = run.schedule.providers[account]
        lied = any(_met(call, Nature.DECEIT) for call in leg.told(account))
        if account not in run.schedule.disorderly and not shifted(provider) and not lied:
            yield Violation(Law.ORDER, f"{account}: said to be out of order, and is not")
    elif _must_know_the_order(leg, account) and not leg.in_order(account):
        yield Violation(Law.ORDER, f"{account}: said to be in order, and is not")


def _must_know_the_order(leg: Leg, account: str) -> bool:
    """Whether all that was read of an account was read in one go, so that its order is seen."""
    whole = not (leg.failed(account) or leg.divided(account) or leg.expired(account))
    return whole and leg.streams(account) == 1 and leg.ordered(account)


def _stopped(leg: Leg, said: AccountCoverage) -> Violations:
    """A leg that could not afford to go on says so, of each account that had more to tell."""
    told, _, advice = said.reason.partition("; allow ")
    if told.startswith("stopped at") and told != leg.machine.stopped:
        yield Violation(Law.STOPPED, f"{said.account}: {said.reason}, and was not")
    if advice and not leg.machine.got_nowhere:
        yield Violation(Law.STOPPED, f"{said.account}: {said.reason}, and got further")
    unread = leg.ended and said.more is not False and leg.machine.stopped
    if unread and said.complete and said.reason != "read as far as the limit needs":
        yield Violation(Law.STOPPED, f"{said.account}: {said.reason}, in spite of the budget")
    if leg.page is not None and leg.machine.stopped:
        ahead = leg.page.next_cursor if leg.forward else leg.page.previous_cursor
        if ahead == encode_cursor(leg.machine.start):
            yield Violation(Law.STOPPED, f"the page leads to itself, {leg.budget}")
    sent = [event.call for event in leg.journal if isinstance(event, Sent)]
    if leg.budget.max_requests is not None and len(sent) > leg.budget.max_requests:
        yield Violation(Law.STOPPED, f"{len(sent)} requests, {leg.budget}")
    late = leg.began + (inf if leg.budget.deadline is None else leg.budget.deadline)
    if any(call.sent > late for call in sent):
        yield Violation(Law.STOPPED, f"asked after the deadline at {late:.3f}, {leg.budget}")


def _counted(leg: Leg, said: AccountCoverage) -> Violations:
    """What was asked and taken is what an onlooker counts."""
    account = said.account
    sent = [event for event in leg.journal if isinstance(event, Sent)]
    gone = [call for call in leg.told(account) if call.single and call.answered.detour]
    yield from _equal(
        account,
        requests=(said.requests, sum(event.call.account == account for event in sent)),
        delivered=(said.delivered, _of(account, leg.taken if _has_taken(leg) else leg.handed)),
        vanished=(said.vanished, len(gone)),
    )


def _has_taken(leg: Leg) -> bool:
    """Whether the consumer holds what was handed out: of a page that failed it holds nothing."""
    return leg.page is not None or leg.error is None or bool(leg.taken)


def _bounded(run: Run, leg: Leg, said: AccountCoverage) -> Violations:
    """The upper bound stays, and the promise is no more than the paging allows."""
    if said.created_to != moment(run.ceiling(leg, said.account)):
        yield Violation(Law.COUNTED, f"{said.account}: the bound moved to {said.created_to}")
    settles = timedelta(seconds=run.schedule.providers[said.account].profile.settles)
    if said.covers_to > said.created_to - settles:
        yield Violation(Law.COUNTED, f"{said.account}: covers to {said.covers_to}")
    weak = said.paging is Paging.OFFSET and len(said.pages) > 1
    first = leg.forward and leg.cursor is None and run.schedule.begins is None
    top = said.began == "the beginning"
    settled = said.covers_to == said.created_to
    whole = top and settled and said.complete and said.more is False and not weak
    if whole is not said.promise.startswith("full"):
        yield Violation(Law.COUNTED, f"{said.account}: promises {said.promise}")
    if first and not top:
        yield Violation(Law.COUNTED, f"{said.account}: begun at {said.began}")
    before = [one for one in run.legs[: run.legs.index(leg)] if one.scan == leg.scan]
    onward = leg.forward and all(one.forward for one in before)
    if top and onward and any(_of(said.account, one.taken) for one in before):
        yield Violation(Law.COUNTED, f"{said.account}: begun at {said.began}, which was shown")


def _accounted(run: Run, leg: Leg, said: AccountCoverage) -> Violations:
    """Every row that was read is accounted for."""
    account = said.account
    told = leg.told(account)
    read = [call for call in told if not call.answered.detour and not _met(call, Nature.TRANSIENT)]
    rows = [one for call in read for one in call.answered.rows]
    untaken = _of(account, leg.handed) - said.delivered
    kept = _of(account, leg.machine.undelivered)
    left_out = said.rows_dropped + said.rows_later + said.duplicates + said.contradicting
    yield from _equal(
        account,
        rows_read=(said.rows_read, len(rows)),
        retries=(said.retries, sum(_met(call, Nature.TRANSIENT) for call in told)),
        accounted=(said.delivered + untaken + kept + left_out, said.rows_read),
    )
    spans = tuple(_span(call) for call in read if not call.single)
    if said.pages != spans:
        yield Violation(Law.COUNTED, f"{account}: pages {said.pages}, truly {spans}")
    if not said.duplicates:
        question = run.question(leg, account)
        timely = [(row, word) for row, word in rows if row.created <= question.ceiling]
        fitting = [row for row, word in timely if question.asks_for(row) and question.accepts(word)]
        silent = any(row.silent for row, _ in timely)
        yield from _equal(
            account,
            rows_later=(said.rows_later, len(rows) - len(timely)),
        )
        dropped = said.rows_dropped + said.contradicting
        if not silent:
            yield from _equal(account, rows_dropped=(dropped, len(timely) - len(fitting)))


def _equal(account: str, **counts: tuple[int, int]) -> Violations:
    for name, (claimed, truly) in counts.items():
        if claimed != truly:
            yield Violation(Law.COUNTED, f"{account}: {name} {claimed}, truly {truly}")


def _of(account: str, sessions: object) -> int:
    assert isinstance(sessions, list | tuple)
    return sum(session.account == account for session in sessions)


def _span(call: Call) -> PageSpan:
    ids = [row.id for row, _ in call.answered.rows]
    return PageSpan(ids[0], ids[-1], len(ids)) if ids else PageSpan(None, None, 0)
