"""The laws of what is handed out: nothing lost, nothing twice, nothing foreign, in order."""

from __future__ import annotations

from itertools import pairwise

from simulation.driver import Arrived
from simulation.law import Law, Violation, Violations
from simulation.reader import Leg, Run
from simulation.rows import Row
from simulation.walk import Key, Walk, key, shifted
from unified_checkout.adapters import Compiled, Order, Pushdown


def check(run: Run) -> Violations:
    """What is wrong with what was handed out."""
    yield from _foretold(run)
    walk: Walk | None = None
    for leg in run.legs:
        if walk is None or leg.scan != walk.leg.scan:
            walk = Walk(run, leg)
        walk.enter(leg)
        yield from _taken(walk)
        yield from _ordered(run, leg)
        yield from _kept(walk)
        yield from _limited(walk)
        yield from _whole(walk)


def _taken(walk: Walk) -> Violations:
    """Each session that was taken belongs to the answer, and was not taken before."""
    handed: set[Key] = set()
    for session in walk.leg.taken:
        one = key(session)
        row = walk.run.schedule.providers[session.account].row(session.id)
        if not walk.ever_matched(row) and not _is_believed(walk, row):
            yield Violation(Law.BELONGS, f"{one} never matched")
        excused = walk.adrift(session.account) or walk.elusive(row)
        new = not walk.leg.forward and one not in walk.before
        shifting = walk.shifting(session.account)
        if new and not excused and not shifting and walk.always_matched(row):
            yield Violation(Law.BACK, f"{one} came going back, and was not shown before")
        twice = one in walk.swept or (walk.leg.forward and walk.lies_before(row))
        if twice and not excused and (one in handed or not shifting):
            yield Violation(Law.ONCE, f"{one} was handed out twice")
        handed.add(one)
        walk.take(session)


def _is_believed(walk: Walk, row: Row) -> bool:
    """Whether a row does not tell its customer, and nothing but the provider's word can."""
    profile = walk.run.schedule.providers[row.account].profile
    exact = profile.customer is Pushdown.EXACT
    said = walk.leg.coverage()[row.account]
    if not row.silent or (exact and "customer" not in profile.ignores):
        return False
    return bool(said.believed or said.unverified)


def _ordered(run: Run, leg: Leg) -> Violations:
    """Newest first, and ties by account and by the provider's own order."""
    if not all(one.order_held for one in leg.coverage().values()):
        return
    handed = leg.handed if leg.forward else leg.handed[::-1]
    accounts = list(run.schedule.providers)
    for newer, older in pairwise(handed):
        ranks = accounts.index(newer.account), accounts.index(older.account)
        if newer.created < older.created:
            yield Violation(Law.ORDER, f"{key(older)} is newer than {key(newer)} before it")
        elif newer.created == older.created and ranks[0] > ranks[1]:
            yield Violation(Law.TIES, f"{key(newer)} before {key(older)}, of one moment")
    for account, provider in run.schedule.providers.items():
        places = [provider.row(one.id).place for one in handed if one.account == account]
        orderly = places == sorted(places, reverse=True)
        excused = account in run.schedule.disorderly or shifted(provider)
        stays = provider.profile.order is Order.NEWEST_FIRST and not provider.profile.settles
        moved = leg.expired(account) and (provider.changed or not stays)
        excused = excused or provider.profile.updates or moved
        if not orderly and leg.streams(account) == 1 and not excused:
            yield Violation(Law.TIES, f"{account}: not in the provider's order")


def _kept(walk: Walk) -> Violations:
    """What was read and matches is handed out, or attached to the error, or was before.

    Of several lists, a page counts only as far as the list before was read, and what lies beyond
    is asked for again. Where a spoilt answer then says that the list has ended, it never comes.
    """
    leg = walk.leg
    handed = {key(one) for one in (*leg.handed, *leg.machine.undelivered)} | walk.swept
    coverage = leg.coverage()
    arrived = [event for event in leg.journal if isinstance(event, Arrived)]
    spoilt = {one.call.account for one in arrived if one.call.answered.fault is not None}
    troubled: set[str] = set()
    for event in arrived:
        account, reply = event.call.account, event.call.answered
        if reply.fault is not None:
            troubled.add(account)
            continue
        halfway = leg.divided(account) and coverage[account].more is not False
        complete = coverage[account].complete and not halfway
        waits = account in troubled or walk.disorderly(account) or leg.divided(account)
        waits = waits or bool(leg.machine.stopped)
        settled = complete or ((leg.ended or leg.error is not None) and not waits)
        shown_again = leg.machine.exhausted and (complete or account not in spoilt)
        held_back = leg.streams(account) > 1 and not shown_again
        lost = walk.adrift(account)
        if not settled or held_back or lost or walk.shifting(account):
            continue
        for row, _ in reply.rows:
            one = account, row.id
            known = (one in walk.began) is leg.forward
            if one not in handed and not known and walk.always_matched(row):
                law = Law.COMPLETE if complete else Law.ATTACHED
                if not walk.elusive(row) and not walk.unverifiable(row):
                    yield Violation(law, f"{one} was read and is nowhere")


def _limited(walk: Walk) -> Violations:
    leg = walk.leg
    if leg.asked is not None and len(leg.handed) > leg.asked:
        yield Violation(Law.LIMIT, f"{len(leg.handed)} sessions, at most {leg.asked}")
    whole = leg.ended and all(said.complete for said in leg.coverage().values())
    goes_on = whole and not leg.machine.exhausted
    if leg.asked is not None and goes_on and len(leg.handed) < leg.asked:
        yield Violation(Law.LIMIT, f"{len(leg.handed)} sessions, and more of {leg.asked} lie ahead")


def _whole(walk: Walk) -> Violations:
    """No session that belongs to the part walked so far is missing."""
    leg, at_end = walk.leg, walk.leg.last
    if not at_end and not leg.taken:
        return
    horizon = leg.taken[-1].created.timestamp() if leg.taken else 0.0
    coverage = leg.coverage()
    for account, provider in walk.run.schedule.providers.items():
        incomplete = leg.ended and not coverage[account].complete
        if leg.error is None and (incomplete or leg.failed(account)):
            continue
        if walk.shifting(account) or walk.adrift(account):
            continue
        if walk.disorderly(account) and not at_end:
            continue
        for row in provider.rows:
            passed = at_end or (row.created > horizon if leg.forward else row.created < horizon)
            missing = ((account, row.id) not in walk.before) is leg.forward
            if not (passed and missing and walk.always_matched(row)):
                continue
            excused = walk.elusive(row) or walk.out_of_sight(row) or walk.unverifiable(row)
            excused = excused or walk.kept_back(row)
            if not excused:
                yield Violation(Law.COMPLETE, f"{account, row.id} is missing")


def _foretold(run: Run) -> Violations:
    """In calm weather everything can be told in advance."""
    schedule = run.schedule
    if not schedule.calm or run.refused is not None or not run.legs:
        return
    plans = run.legs[0].machine.plan.accounts
    if any(plan.refused or _ties_are_mixed(plan.compiled) for plan in plans):
        return
    expected = _expected(run)
    size = run.legs[0].asked or 0
    first = last = 0
    for leg in run.legs:
        if leg.ended and not leg.machine.coverage().complete:
            yield Violation(Law.SAME, "the answer is not complete")
        taken = [key(one) for one in leg.taken]
        if leg.forward:
            first, last = last, last + (len(taken) if leg.page is None else size)
            last = min(last, len(expected))
        else:
            first, last = max(0, first - size), first
        wanted = expected[first:last]
        if taken != (wanted if leg.forward else wanted[::-1]):
            law = Law.SAME if leg.forward else Law.BACK
            yield Violation(law, f"took {taken}, expected {wanted}")
            return
        if leg.last and (last < len(expected) if leg.forward else first > 0):
            yield Violation(Law.SAME, f"{first} to {last} of {len(expected)} is not the end")
        if leg is run.legs[0] and leg.page and leg.page.previous_cursor is not None:
            yield Violation(Law.BACK, "the first page has a page before it")


def _ties_are_mixed(compiled: Compiled) -> bool:
    """Whether sessions of one moment come in any order, from lists that come oldest first."""
    return len(compiled.streams) > 1 and compiled.order is Order.OLDEST_FIRST


def _expected(run: Run) -> list[Key]:
    """The answer, filtered and sorted in plain Python."""
    ranked = []
    for number, (account, provider) in enumerate(run.schedule.providers.items()):
        question = run.question(run.legs[-1], account)
        union = run.legs[0].streams(account) > 1
        for row in provider.rows:
            if question.asks_for(row) and question.accepts(row.word):
                stream = 1 if union and row.word == "complete" else 0
                rank = (-row.created, number, stream, -row.place[0], -row.place[1])
                ranked.append((rank, (account, row.id)))
    return [one for _, one in sorted(ranked)]
