"""Where a consumer stands in an answer, and what nobody could know of it there."""

from __future__ import annotations

import attrs

from simulation.provider import SimulatedProvider
from simulation.reader import Leg, Run
from simulation.rows import Row
from unified_checkout.adapters import Order, Paging
from unified_checkout.model.session import Session

Key = tuple[str, str]


def key(session: Session) -> Key:
    """What tells a session from all others."""
    return session.account, session.id


def shifted(provider: SimulatedProvider) -> bool:
    """Whether pages were counted off while sessions arrived or vanished: the weaker promise."""
    return provider.changed and provider.profile.style.paging is Paging.OFFSET


@attrs.define
class Walk:
    """What a consumer has before and behind it while it walks through an answer."""

    run: Run
    leg: Leg
    """The leg it is on."""
    before: set[Key] = attrs.field(factory=set)
    """The sessions that lie before the place where it stands."""
    began: set[Key] = attrs.field(factory=set)
    """Those that lay before the place where this leg began."""
    assumed: set[Key] = attrs.field(factory=set)
    """Those that lie before it only since it began after them."""
    swept: set[Key] = attrs.field(factory=set)
    """Those it took since it last turned round."""
    count: int = 0
    """How many sessions lie before it, as far as the limit is concerned."""
    counted: int = 0
    """How many lay before the place where this leg began."""
    turned: bool = False
    """Whether it ever turned round."""

    def __attrs_post_init__(self) -> None:
        begins = self.run.schedule.begins
        if begins is not None:
            self.before = {
                (account, row.id)
                for account, provider in self.run.schedule.providers.items()
                for row in provider.rows
                if begins.is_newer(row, list(self.run.schedule.providers))
            }
            self.began, self.assumed = set(self.before), set(self.before)

    def enter(self, leg: Leg) -> None:
        """Go on to the next leg, turning round where that one leads the other way."""
        if leg.forward != self.leg.forward:
            self.before, self.count = set(self.began), self.counted
            self.swept.clear()
            self.turned = True
        self.leg = leg
        self.began, self.counted = set(self.before), self.count

    def take(self, session: Session) -> None:
        """Take the next session."""
        self.swept.add(key(session))
        if self.leg.forward:
            self.before.add(key(session))
            self.count += 1
        else:
            self.before.discard(key(session))
            self.count -= 1

    def ever_matched(self, row: Row) -> bool:
        """Whether there was a moment since the scan began at which a row matched."""
        question = self.run.question(self.leg, row.account)
        return question.ever_matched(row, self.leg.scan, self.leg.finish)

    def always_matched(self, row: Row) -> bool:
        """Whether a row was there, settled, and matched from the beginning of the scan on.

        What is settled a provider's clock tells. With one that tells no time, and a clock here that
        is ahead, nobody knows.
        """
        question = self.run.question(self.leg, row.account)
        settles = self.run.schedule.providers[row.account].profile.settles
        now = min(question.ceiling, self.leg.scan)
        return (not settles or row.created <= now - settles) and (
            question.always_matched(row, self.leg.scan, self.leg.finish)
        )

    def lies_before(self, row: Row) -> bool:
        """Whether a row lies before the place where the consumer stands.

        What lay before its beginning and was not there to be shown, or did not match, need not lie
        there any more once the consumer went back beyond it.
        """
        one = row.account, row.id
        assumed = one in self.assumed and self.turned and not self.always_matched(row)
        return one in self.before and not assumed

    def disorderly(self, account: str) -> bool:
        """Whether an account's list is not in the order that its provider documents."""
        return account in self.run.schedule.disorderly

    def shifting(self, account: str) -> bool:
        """Whether pages are counted off that shift, or of which the order tells nothing."""
        provider = self.run.schedule.providers[account]
        counted = provider.profile.style.paging is Paging.OFFSET
        return shifted(provider) or (counted and self.disorderly(account))

    def adrift(self, account: str) -> bool:
        """Whether a place in a disorderly list was told by time: in windows, in a union or turning round.

        So it is where a place expired, and the list was read from its top again. So it is where
        nothing was taken of a list whose places are no sessions: it is read from its top again, and
        how far others were read tells what lies before.

        So it is where the consumer began at a moment, and across a cursor where pages come the
        other way round now and then. What was then handed out before a cursor is told by time, and as long as nobody sees
        that the list is not in order, nobody can tell that this is wrong.
        """
        if not self.disorderly(account):
            return False
        profile = self.run.schedule.providers[account].profile
        if self.leg.cursor and (profile.flips or self._bounded()):
            return True
        if self.run.schedule.begins is not None:
            return True
        by_session = profile.style.paging is Paging.SESSION_ID
        if self.leg.cursor and not by_session and not self._ever_taken(account):
            return True
        by_time = self.leg.streams(account) > 1 or (profile.splittable and not by_session)
        if (by_time and self.leg.cursor) or (self.turned and not by_session):
            return True
        before = self.run.legs[: self.run.legs.index(self.leg)]
        return any(leg.divided(account) for leg in before) or any(
            leg.expired(account) for leg in (*before, self.leg)
        )

    def _ever_taken(self, account: str) -> bool:
        """Whether the consumer took anything of an account before this leg."""
        before = self.run.legs[: self.run.legs.index(self.leg)]
        return any(one.account == account for leg in before for one in leg.taken)

    def _bounded(self) -> bool:
        """Whether a budget may have cut off a page, of which the cursor tells what was seen."""
        before = self.run.legs[: self.run.legs.index(self.leg)]
        return any(leg.budget.is_bounded for leg in before)

    def elusive(self, row: Row) -> bool:
        """Whether a union cannot tell where a row stands.

        Forward no row that moves between its streams is lost, and none comes twice. Once the
        consumer turned round, the streams are no longer read from their beginnings; and in a
        list out of order, what moved or vanished may be the very row that would have shown it.
        """
        if self._unclear(row) or self._lost_its_place(row):
            return True
        if self.leg.streams(row.account) == 1:
            return False
        moved = any(self.leg.scan < since <= self.leg.finish for since, _ in row.history)
        changed = self.run.schedule.providers[row.account].changed
        return (self.turned and moved) or (self.disorderly(row.account) and changed)

    def _unclear(self, row: Row) -> bool:
        """Whether nobody knows on which side of the session it stands at which the consumer began.

        Of that session's moment its account shows others once more, unless its list shows the
        session itself as well, and shows the sessions of one moment always in one order. Across a
        cursor it shows what arrived meanwhile, or matches only now: a cursor holds what was seen.
        """
        begins = self.run.schedule.begins
        beside = None if begins is None else begins.row
        if beside is None or (row.account, row.created) != (beside.account, beside.created):
            return False
        profile = self.run.schedule.providers[row.account].profile
        told = profile.order is not Order.UNDOCUMENTED and not profile.flips
        fixed = self.leg.streams(row.account) == 1 and told
        shown = self.always_matched(beside) and not (beside.silent or beside.hidden)
        clear = fixed and shown and self.always_matched(row) and not profile.updates
        return row is not beside and not clear

    def _lost_its_place(self, row: Row) -> bool:
        """Whether a place of the row's moment may have expired whose session is not shown any more.

        Then nothing tells which sessions of that moment lie before it, and all are shown.
        """
        before = self.run.legs[: self.run.legs.index(self.leg)]
        if not any(leg.expired(row.account) for leg in (*before, self.leg)):
            return False
        rows = self.run.schedule.providers[row.account].rows
        siblings = [one for one in rows if one.created == row.created and one is not row]
        return not all(self.always_matched(one) for one in siblings)

    def kept_back(self, row: Row) -> bool:
        """Whether a row is never listed, and the answer did not read all that would tell."""
        leg, account = self.leg, row.account
        if not row.hidden:
            return False
        whole = leg.ended and leg.coverage()[account].more is False and leg.streams(account) == 1
        begun = leg.forward and leg.cursor is None and self.run.schedule.begins is None
        calls = [call for call in leg.told(account) if not call.answered.detour]
        quiet = all(call.answered.fault is None for call in calls)
        ended = any(call.answered.ended for call in calls)
        changed = self.run.schedule.providers[account].changed or leg.expired(account)
        apart = leg.divided(account) or changed or not (quiet and ended)
        return not (whole and begun) or apart

    def unverifiable(self, row: Row) -> bool:
        """Whether nothing but a word that its provider was seen to break speaks for a row.

        It is left out, and where it was read the answer is not called complete.
        """
        doubted = self.leg.coverage()[row.account].doubted
        return row.silent and any(one.startswith("customer ") for one in doubted)

    def out_of_sight(self, row: Row) -> bool:
        """Whether a disorderly list hides a row behind an early stop, where nobody looked.

        All that was read of the account was in order, reading stopped at a bound as documented,
        and the row stands out of order behind it, unread.
        """
        profile = self.run.schedule.providers[row.account].profile
        stops_early = profile.order is Order.NEWEST_FIRST
        if not stops_early or not self.disorderly(row.account):
            return False
        return not any(row in rows for rows in self.leg.lists(row.account).values()) and all(
            leg.in_order(row.account) for leg in self._heard()
        )

    def _heard(self) -> list[Leg]:
        """This leg, and those before it whose cursors led to it."""
        legs = self.run.legs[: self.run.legs.index(self.leg)]
        led = [leg for leg in legs if leg.error is None or (leg.page is None and leg.taken)]
        return [*(leg for leg in led if leg.scan == self.leg.scan), self.leg]
