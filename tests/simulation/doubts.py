"""The laws of a provider's word: who breaks it is doubted, counted, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import ge, gt, le, lt

from simulation.law import Law, Violation, Violations
from simulation.reader import Leg, Run
from simulation.rows import STATUSES, Row, moment
from unified_checkout.adapters import Pushdown
from unified_checkout.engine.coverage import AccountCoverage
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.model.predicate import Operator, Predicate

_COMPARED: dict[Operator, Callable[[datetime, datetime], bool]] = {
    Operator.GT: gt,
    Operator.GTE: ge,
    Operator.LT: lt,
    Operator.LTE: le,
}


def check(run: Run, leg: Leg, plan: AccountPlan, said: AccountCoverage) -> Violations:
    """What is wrong with what is said of a provider's word."""
    profile = run.schedule.providers[plan.account].profile
    fields = {str(one.predicate): one.predicate.field for one in plan.compiled.verdicts}
    vague = any(row.silent for row in run.schedule.providers[plan.account].rows) and {
        one.predicate.field for one in plan.compiled.verdicts if one.pushdown is Pushdown.INEXACT
    }
    if {fields[name] for name in said.doubted} - profile.ignores - (vague or set()):
        yield Violation(Law.TRULY, f"{said.account}: doubted {said.doubted}, without a cause")
    if (said.contradicting or said.unverified) and not said.doubted:
        yield Violation(Law.DOUBTED, f"{said.account}: {said.contradicting} contradict no doubt")
    if said.unverified and said.complete:
        yield Violation(Law.DOUBTED, f"{said.account}: complete, with {said.unverified} unverified")
    if said.reason.startswith("the provider does not keep to") and not said.unverified:
        yield Violation(Law.TRULY, f"{said.account}: {said.reason}, and all are verified")
    if leg.origin is not None:
        before = leg.origin.coverage()[plan.account].doubted
        if set(before) - set(said.doubted):
            yield Violation(Law.DOUBTED, f"{said.account}: {before} was forgotten at the cursor")
    if profile.ignores and leg.cursor is None and not leg.failed(plan.account):
        yield from _counted(run, leg, plan, said)


def _counted(run: Run, leg: Leg, plan: AccountPlan, said: AccountCoverage) -> Violations:
    """What contradicts is counted, and what does not tell is not taken on a broken word."""
    question = run.question(leg, plan.account)
    rows = [one for call in leg.told(plan.account) for one in call.answered.rows]
    timely = [(row, word) for row, word in rows if row.created <= question.ceiling]
    certain = possible = 0
    for row, word in timely:
        failed = [
            verdict.pushdown
            for verdict in plan.compiled.verdicts
            if _meets(verdict.predicate, row, word) is False
        ]
        possible += Pushdown.EXACT in failed
        certain += bool(failed) and set(failed) == {Pushdown.EXACT}
    if said.duplicates:
        certain = 0
    doubted = any(one.startswith("customer ") for one in said.doubted)
    silent = [one for one in timely if one[0].silent and _only_silent(plan, *one)]
    if doubted and silent and not said.duplicates and not said.unverified:
        yield Violation(
            Law.DOUBTED, f"{said.account}: {silent} do not tell, and none is unverified"
        )
    if not certain <= said.contradicting <= possible:
        yield Violation(
            Law.DOUBTED,
            f"{said.account}: {said.contradicting} contradict, truly {certain} to {possible}",
        )


def _only_silent(plan: AccountPlan, row: Row, word: str) -> bool:
    """Whether a row meets all that it tells of, and the provider was to filter by the rest."""
    verdicts = plan.compiled.verdicts
    return all(
        _meets(one.predicate, row, word) is not False
        and (one.predicate.field != "customer" or one.pushdown is Pushdown.EXACT)
        for one in verdicts
    )


def _meets(predicate: Predicate, row: Row, word: str) -> bool | None:
    """Whether a row that was sent meets a condition; None where it does not tell."""
    match predicate.field:
        case "customer":
            return None if row.silent else row.customer == predicate.value
        case "status":
            return bool(STATUSES[word] in predicate.value)
        case "created":
            return bool(_COMPARED[predicate.operator](moment(row.created), predicate.value))
        case _:
            return True
