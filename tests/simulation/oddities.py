"""Strange providers, clocks and consumers, drawn apart so that what else a seed draws stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import attrs

from simulation.adapter import Profile, Style
from simulation.begin import Begin
from simulation.rows import CUSTOMERS, START, Question, Row
from unified_checkout.adapters import Order, Pushdown
from unified_checkout.model.query import ListSessions

ODDITIES = ("ignores", "clock", "settles", "order", "flips", "thrift", "twins", "updates")
"""What may be strange about a schedule, several things at once now and then."""
LATE = ("beside", "expiry")
"""The same of what was added later, so that kept seeds stay what they were without it."""
APART = ("stale", "counts", "budgets", "unlisted", "siblings")
"""The same of what was added after that, each drawn by itself."""
LAST = ("timeless",)
"""The same, added last."""
ODDNESS = 0.06
"""How likely each is."""
RESTLESS = frozenset(
    ("ignores", "settles", "flips", "thrift", "twins", "updates", "expiry", "stale", "unlisted")
)
"""What keeps an answer from being told in advance."""


def beginning(seed: int) -> Begin | None:
    """The moment after which a consumer begins; None for the beginning of the answer."""
    random = Random(f"begins {seed}")
    return Begin(random.randint(1950, 2000) / 2) if random.random() < ODDNESS else None


def beside(rows: Sequence[Row], late: Random, *, both_ways: bool) -> Begin:
    """A session or a moment beside which a consumer begins."""
    onward = late.random() < 0.6 or not both_ways
    known = [row for row in rows if row.created <= START]
    if not known or late.random() < 0.3:
        return Begin(late.randint(1950, 2000) / 2, onward)
    row = late.choice(known)
    return Begin(row.created, onward, row)


def strange(profile: Profile, odds: set[str], odd: Random) -> Profile:
    """A provider of a schedule with such oddities: most have them, some have not."""
    if "ignores" in odds and odd.random() < 0.8:
        profile = attrs.evolve(profile, ignores=_some(odd))
    if "settles" in odds and odd.random() < 0.8:
        profile = attrs.evolve(profile, settles=odd.choice((5.0, 20.0)))
    if "order" in odds and odd.random() < 0.8:
        order = odd.choice((Order.OLDEST_FIRST, Order.UNDOCUMENTED))
        profile = attrs.evolve(profile, order=order)
    if "flips" in odds and odd.random() < 0.8:
        profile = attrs.evolve(profile, flips=True)
    if "updates" in odds and odd.random() < 0.8:
        longest = odd.choice((None, 300.0))
        profile = attrs.evolve(profile, updates=True, splittable=True, longest=longest)
    if "twins" in odds and odd.random() < 0.8:
        profile = attrs.evolve(profile, twins=True)
    return profile


def apart(seed: int) -> dict[str, Random]:
    """Of the oddities that are drawn by themselves, those of a seed, and what draws the rest."""
    randoms = {kind: Random(f"{kind} {seed}") for kind in (*APART, *LAST)}
    return {kind: random for kind, random in randoms.items() if random.random() < ODDNESS}


def stranger(profile: Profile, drawn: Mapping[str, Random]) -> Profile:
    """A provider with what is drawn apart."""
    if "stale" in drawn:
        profile = attrs.evolve(profile, stale=True, union=True)
    if "counts" in drawn:
        profile = attrs.evolve(profile, counts=True)
    if "budgets" in drawn:
        profile = attrs.evolve(profile, single_rate=drawn["budgets"].choice((0.3, 2.0, 20.0)))
    if "siblings" in drawn:
        style = drawn["siblings"].choice((Style.TOKEN, Style.OFFSET))
        profile = attrs.evolve(profile, style=style, union=False)
    if "timeless" in drawn:
        profile = attrs.evolve(profile, timeless=True)
    if "unlisted" in drawn and profile.splittable:
        profile = attrs.evolve(profile, settles=20.0, unlisted=True)
    return profile


def among_siblings(question: Question, rows: Sequence[Row], drawn: Random) -> Begin | None:
    """After a session of the answer that has others of its moment, if there is any."""
    wanted = [row for row in rows if question.asks_for(row) and question.accepts(row.word)]
    moments = Counter((row.account, row.created) for row in wanted)
    among = [row for row in wanted if moments[row.account, row.created] > 1]
    row = drawn.choice(among) if among else None
    return None if row is None else Begin(row.created, True, row)


def hide(rows: list[Row], profile: Profile, drawn: Mapping[str, Random]) -> None:
    """Let a provider that counts its sessions keep some back."""
    if profile.counts and drawn["counts"].random() < 0.5:
        for row in rows:
            row.hidden = drawn["counts"].random() < 0.1


def _some(odd: Random) -> frozenset[str]:
    every = ("created", "status", "customer", "window")
    return frozenset(odd.sample(every, odd.choice((1, 1, 2, 4))))


def hush(rows: list[Row], profile: Profile, odd: Random) -> None:
    """Let some sessions not tell their customer, of a provider that was to filter by it."""
    if profile.customer not in (Pushdown.EXACT, Pushdown.INEXACT) or odd.random() < 0.5:
        return
    for row in rows:
        row.silent = odd.random() < 0.3


def pointed(query: ListSessions, odd: Random) -> ListSessions:
    """A query that more often asks for a customer."""
    if odd.random() < 0.5:
        return query
    return query.model_copy(update={"customer": odd.choice(CUSTOMERS[:2])})
