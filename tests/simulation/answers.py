"""The laws of what is handed out: nothing lost, nothing twice, nothing foreign, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import attrs

from simulation.driver import Arrived, Delivered
from simulation.law import Law, Violation, Violations
from simulation.reader import Leg, Run
from simulation.rows import Question, Row
from unified_checkout.adapters import Order, Paging, Pushdown
from unified_checkout.model.session import Session

Key = tuple[str, str]


def key(session: Session) -> Key:
    """What tells a session from all others."""
    return session.account, session.id


@attrs.define
class Walk:
    """What a consumer has before and behind it while it walks through an answer."""

    run: Run
    leg: Leg
    """The leg it is on."""
    before: set[Key] = attrs.field(factory=set)
    """The sessions that lie before the place where it stands."""
    swept: set[Key] = attrs.field(factory=set)
    """Those it took since it last turned round."""
    forward: bool = True
    turned: bool = False
    count: int = 0
    """How many sessions it took going forward, counted against the limit."""
    began: int = 0
    behind: set[Key] = attrs.field(factory=set)
    """The sessions that lay before the place where the last page began."""

    def turn(self) -> None:
        """Go the other way, from where the last page began."""
        self.forward = not self.forward
        self.turned = True
        self.before = set(self.behind)
        self.count = self.began
        self.swept.clear()

    def shifts(self, account: str) -> bool:
        """Whether what arrives or vanishes shifts the pages of an account's list."""
        return self.run.schedule.providers[account].profile.style.paging is Paging.OFFSET

    def adrift(self, account: str) -> bool:
        """Whether a disorderly list was read in windows of time by a leg before this one.

        What was then handed out before a cursor is told by time, and as long as nobody sees
        that the list is not in order, nobody can tell that this is wrong.
        """
        if account not in self.run.schedule.disorderly:
            return False
        before = self.run.legs[: self.run.legs.index(self.leg)]
        return any(leg.divided(account) for leg in before)

    def lost_track(self, row: Row, leg: Leg) -> bool:
        """Whether a row moved between the streams of a union that tells nothing of its place.

        Forward no such row is lost, and none comes twice. Once the consumer turned round, the
        streams are no longer read from their beginnings; and of a list out of order, the moved
        row may be the one that would have shown it.
        """
        moved = any(self.scan < since <= leg.finish for since, _ in row.history)
        elusive = self.turned or row.account in self.run.schedule.disorderly
        return elusive and moved and len(_streams(leg, row.account)) > 1

    @property
    def scan(self) -> float:
        """When the scan began."""
        return self.leg.scan

    @property
    def question(self) -> Question:
        """What is asked."""
        return Question(self.run.schedule.query, self.scan)

    def always(self, row: Row, until: float) -> bool:
        """Whether a row existed and matched from the beginning on."""
        return self.question.always_matched(row, self.scan, until)


def check(run: Run) -> Violations:
    """What is wrong with what was handed out."""
    yield from _same(run)
    walk: Walk | None = None
    for leg in run.legs:
        if walk is None or leg.scan != walk.scan:
            walk = Walk(run, leg)
        walk.leg = leg
        if leg.forward != walk.forward:
            walk.turn()
        walk.behind = started = set(walk.before)
        walk.began = walk.count
        yield from _taken(walk, leg)
        yield from _ordered(run, leg)
        yield from _kept(walk, leg, started)
        yield from _limited(walk, leg)
        yield from _whole(walk, leg)


def _taken(walk: Walk, leg: Leg) -> Violations:
    """Laws of each session that was taken; moves the consumer on."""
    providers = walk.run.schedule.providers
    handed: set[Key] = set()
    for session in leg.taken:
        one = key(session)
        row = providers[session.account].row(session.id)
        if not walk.question.ever_matched(row, walk.scan, leg.finish):
            yield Violation(Law.BELONGS, f"{one} never matched")
        twice = one in walk.swept or (leg.forward and one in walk.before)
        excused = walk.adrift(session.account) or walk.lost_track(row, leg)
        shifted = walk.shifts(session.account) and providers[session.account].changed
        if twice and not excused and not (shifted and one not in handed):
            yield Violation(Law.ONCE, f"{one} was handed out twice")
        if not leg.forward and one not in walk.before and walk.always(row, leg.finish):
            yield Violation(Law.BACK, f"{one} came going back, and was not shown before")
        handed.add(one)
        walk.swept.add(one)
        if leg.forward:
            walk.before.add(one)
            walk.count += 1
        else:
            walk.before.discard(one)
            walk.count -= 1


def _ordered(run: Run, leg: Leg) -> Violations:
    """Newest first, and ties by account and by the provider's own order."""
    coverage = leg.coverage()
    if not all(one.order_held for one in coverage.values()):
        return
    handed = _handed(leg) if leg.forward else _handed(leg)[::-1]
    accounts = list(run.schedule.providers)
    for newer, older in pairwise(handed):
        if newer.created < older.created:
            yield Violation(Law.ORDER, f"{key(older)} is newer than {key(newer)} before it")
        elif newer.created == older.created and (
            accounts.index(newer.account) > accounts.index(older.account)
        ):
            yield Violation(Law.TIES, f"{key(newer)} before {key(older)}, of one moment")
    for account, provider in run.schedule.providers.items():
        if coverage and len(_streams(leg, account)) == 1 and provider.profile.style.paging:
            places = [provider.row(one.id).place for one in handed if one.account == account]
            if account not in run.schedule.disorderly and places != sorted(places, reverse=True):
                yield Violation(Law.TIES, f"{account}: not in the provider's order")


def _streams(leg: Leg, account: str) -> Sequence[object]:
    for plan in leg.machine.plan.accounts:
        if plan.account == account:
            return plan.compiled.streams
    return ()


def _handed(leg: Leg) -> list[Session]:
    """All that the machine handed out, taken or not."""
    return [one for event in leg.journal if isinstance(event, Delivered) for one in event.sessions]


def _kept(walk: Walk, leg: Leg, started: set[Key]) -> Violations:
    """What was read and matches is handed out, or attached, or kept for later."""
    kept = {key(one) for one in (*_handed(leg), *leg.machine.undelivered)}
    coverage = leg.coverage()
    for event in leg.journal:
        if not isinstance(event, Arrived) or event.call.reply is None or event.call.reply.fault:
            continue
        account = event.call.account
        if not coverage[account].complete and leg.error is None and not leg.ended:
            continue
        if account in walk.run.schedule.disorderly and walk.shifts(account):
            continue
        for row, _ in event.call.reply.rows:
            one = account, row.id
            known = one in started if leg.forward else one not in started
            if one in kept or known or one in walk.swept or not walk.always(row, leg.finish):
                continue
            if walk.lost_track(row, leg):
                continue
            if coverage[account].complete:
                yield Violation(Law.COMPLETE, f"{one} was read and is nowhere")
            elif not _after_failure(leg, event) and _in_one_piece(walk.run, leg, account):
                yield Violation(Law.ATTACHED, f"{one} was read before the failure and is nowhere")


def _in_one_piece(run: Run, leg: Leg, account: str) -> bool:
    """Whether a list is in order and was read page after page, so that no row had to wait."""
    return account not in run.schedule.disorderly and not leg.divided(account)


def _after_failure(leg: Leg, event: Arrived) -> bool:
    """Whether an answer came when its account may have failed already."""
    earlier = leg.journal[: leg.journal.index(event)]
    return any(
        isinstance(other, Arrived)
        and other.call.account == event.call.account
        and other.call.reply is not None
        and other.call.reply.fault is not None
        for other in earlier
    )


def _limited(walk: Walk, leg: Leg) -> Violations:
    query = walk.run.schedule.query
    if query.limit is not None and leg.forward and walk.count > query.limit:
        if walk.run.schedule.calm or not any(not other.forward for other in walk.run.legs):
            yield Violation(Law.LIMIT, f"{walk.count} sessions, at most {query.limit}")
    if leg.page is not None and len(leg.taken) > query.page_size:
        yield Violation(Law.LIMIT, f"{len(leg.taken)} on a page of {query.page_size}")


def _whole(walk: Walk, leg: Leg) -> Violations:
    """No session that belongs to the part walked so far is missing."""
    if leg.error is not None:
        return
    limit = walk.run.schedule.query.limit
    cut = leg.forward and limit is not None and walk.count >= limit
    reached = leg.last and not cut
    if not reached and not leg.taken:
        return
    horizon = leg.taken[-1].created.timestamp() if leg.taken else 0.0
    coverage = leg.coverage()
    for account, provider in walk.run.schedule.providers.items():
        if leg.failed(account) or (leg.ended and not coverage[account].complete):
            continue
        disorder = account in walk.run.schedule.disorderly
        if walk.shifts(account) and (provider.changed or disorder):
            continue
        if disorder and not reached:
            continue
        for row in provider.rows:
            passed = reached or (
                row.created > horizon if leg.forward else row.created < horizon
            )
            missing = ((account, row.id) not in walk.before) is leg.forward
            if not (passed and missing and walk.always(row, leg.finish)):
                continue
            excused = walk.lost_track(row, leg) or walk.adrift(account)
            if not excused and not _out_of_sight(walk.run, leg, account, row):
                yield Violation(Law.COMPLETE, f"{account, row.id} is missing")


def _out_of_sight(run: Run, leg: Leg, account: str, row: Row) -> bool:
    """Whether a disorderly list hides a row behind an early stop, where nobody looked.

    The one thing that no reader can find out: all that was read of the account was in order,
    reading stopped at a bound as documented, and the row stands out of order behind it.
    """
    provider = run.schedule.providers[account]
    stops_early = provider.profile.order is Order.NEWEST_FIRST and (
        provider.profile.created is Pushdown.UNSUPPORTED or not leg.forward
    )
    if account not in run.schedule.disorderly or not stops_early:
        return False
    lists: dict[object, list[Row]] = {}
    for event in leg.journal:
        if isinstance(event, Arrived) and event.call.account == account and event.call.reply:
            rows = [read for read, _ in event.call.reply.rows]
            if row in rows:
                return False
            lists.setdefault(event.call.stream, []).extend(rows if leg.forward else rows[::-1])
    return all(in_order(rows, forward=leg.forward) for rows in lists.values())


def in_order(rows: Iterable[Row], *, forward: bool) -> bool:
    """Whether rows as read are newest first going forward, oldest first going backward."""
    created = [row.created for row in rows]
    return created == sorted(created, reverse=forward)


def _same(run: Run) -> Violations:
    """In calm weather everything can be told in advance."""
    schedule = run.schedule
    if not schedule.calm or run.refused is not None or not run.legs:
        return
    if any(plan.refused for plan in run.legs[0].machine.plan.accounts):
        return
    expected = _expected(run, Question(schedule.query, schedule.start))
    size = schedule.query.page_size
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


def _expected(run: Run, question: Question) -> list[Key]:
    """The answer, filtered and sorted in plain Python."""
    ranked = []
    for number, (account, provider) in enumerate(run.schedule.providers.items()):
        for row in provider.rows:
            if question.asks_for(row) and question.accepts(row.word):
                union = provider.profile.union and len(_streams(run.legs[0], account)) > 1
                late = 1 if union and row.word == "complete" else 0
                rank = (-row.created, number, late, -row.place[0], -row.place[1])
                ranked.append((rank, (account, row.id)))
    return [one for _, one in sorted(ranked)][: run.schedule.query.limit]
