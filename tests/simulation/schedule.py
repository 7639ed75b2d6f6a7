"""Drawing everything that happens in one simulated schedule from one integer."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Any, Literal

import attrs

from simulation.adapter import Profile, Style
from simulation.begin import Begin
from simulation.faults import Weather
from simulation.oddities import (
    APART,
    LAST,
    LATE,
    ODDITIES,
    ODDNESS,
    RESTLESS,
    among_siblings,
    apart,
    beginning,
    beside,
    hide,
    hush,
    pointed,
    strange,
    stranger,
)
from simulation.provider import SimulatedProvider, Unrest
from simulation.rows import CUSTOMERS, START, STATUSES, Question, Row, moment
from unified_checkout.adapters import Order, Pushdown
from unified_checkout.engine.planner import MERGED_PAGE, OnError
from unified_checkout.engine.policy import RetryPolicy
from unified_checkout.model.query import ListSessions

OLDEST = 960
_INFINITE = float("inf")

_STATUSES: tuple[tuple[str, ...] | None, ...] = (
    *(None,) * 3,
    *(("complete",),) * 5,
    ("open",),
    ("expired",),
    ("open", "complete"),
)
"""What is asked for; most of all the status that a union has to answer."""


@attrs.frozen(kw_only=True)
class Conduct:
    """How the consumer reads."""

    mode: Literal["list", "resume", "pages"]
    on_error: OnError
    recovers: bool
    """After a failure the consumer goes on, in better weather, from its last cursor."""
    restarts: bool
    """Each leg is read in another process, which remembers no rate."""
    thinks: float
    """The probability of a pause after a session."""
    thrift: float = 0.0
    """The probability that a leg may cost only so much."""
    most: int | None = None
    """How many requests each leg may cost at first; where that gets nowhere, twice as many."""


@attrs.frozen(kw_only=True)
class Schedule:
    """One simulated schedule, as drawn."""

    seed: int
    start: float
    query: ListSessions
    providers: dict[str, SimulatedProvider]
    rates: dict[str, float]
    latencies: dict[str, float]
    disorderly: frozenset[str]
    """The accounts whose lists are not in order."""
    oddities: frozenset[str] = frozenset()
    """What is strange about it."""
    begins: Begin | None = None
    """Where the consumer begins; None for the beginning of the answer."""
    clock: float = 0.0
    """How many seconds the clock here is ahead of the providers'."""
    calm: bool
    """Whether nothing fails, changes or lies."""
    retry: RetryPolicy
    conduct: Conduct
    random: Random
    """What is still to be drawn while it runs."""

    @property
    def page_size(self) -> int:
        """How many sessions a page of the answer holds."""
        return self.query.page_size or MERGED_PAGE


def drawn(seed: int, *, kinds: Collection[str] = (*ODDITIES, *LATE, *APART, *LAST)) -> Schedule:
    """The schedule of a seed.

    Args:
        seed: what all is drawn from.
        kinds: the oddities that may be drawn; more were added over time.
    """
    random, odd, last = Random(seed), Random(f"odd {seed}"), Random(f"late {seed}")
    odds = {kind for kind in ODDITIES if odd.random() < ODDNESS}
    odds |= {kind for kind in LATE if last.random() < ODDNESS and kind in kinds}
    others = {kind: drawn for kind, drawn in apart(seed).items() if kind in kinds}
    odds |= set(others)
    begins = beginning(seed)
    names = ("north", "south", "east")[: random.choice((1, 1, 2, 2, 3))]
    calm = random.random() < 0.25
    providers: dict[str, SimulatedProvider] = {}
    disorderly = set()
    for name in names:
        profile = stranger(strange(_profile(random), odds, odd), others)
        disorder = not calm and random.random() < 0.2
        if disorder or profile.flips:
            disorderly.add(name)
        rows = _rows(name, profile, random, disorder=disorder)
        if profile.ignores:
            hush(rows, profile, odd)
        hide(rows, profile, others)
        weather = Weather() if calm else _weather(random)
        if "stale" in odds:
            weather.deceit = 0.3
        if "expiry" in odds and last.random() < 0.8:
            weather.expiry = last.choice((0.1, 0.4))
        unrest = Unrest() if calm else _unrest(random)
        if profile.updates and "window" in profile.ignores:
            unrest.rate = min(unrest.rate, 0.2)  # more would be read for ever
        providers[name] = SimulatedProvider(name, profile, rows, weather, unrest)
    everything = [row for provider in providers.values() for row in provider.rows]
    schedule = Schedule(
        seed=seed,
        start=START + random.random(),
        query=_query(random) if "ignores" not in odds else pointed(_query(random), odd),
        providers=providers,
        rates={name: random.choice((_INFINITE, _INFINITE, 20.0, 2.0)) for name in names},
        latencies={name: random.choice((0.01, 0.2, 0.2, 3.0)) for name in names},
        disorderly=frozenset(disorderly),
        oddities=frozenset(odds),
        begins=begins,
        clock=odd.choice((-3600.0, -600.0, -90.0, 90.0, 600.0)) if "clock" in odds else 0.0,
        calm=not disorderly
        and not odds & RESTLESS
        and begins is None
        and not odds & {"beside", "siblings"}
        and not any(row.hidden for row in everything)
        and all(one.weather.clear and one.unrest.still for one in providers.values()),
        retry=RetryPolicy(max_attempts=random.choice((1, 2, 3, 5))),
        conduct=Conduct(
            most=odd.choice((None, 1, 1, 2)) if "thrift" in odds else None,
            mode=random.choice(("list", "resume", "resume", "pages")),
            on_error=random.choice(("raise", "report")),
            recovers=random.random() < 0.6,
            restarts=random.random() < 0.5,
            thinks=random.choice((0.0, 0.0, 0.1)),
            thrift=0.5 if "thrift" in odds else 0.0,
        ),
        random=random,
    )
    pages = schedule.conduct.mode == "pages"
    if "siblings" in others:
        question = Question(schedule.query, START)
        begins = among_siblings(question, everything, others["siblings"])
        return attrs.evolve(schedule, begins=begins)
    if "beside" in odds:
        return attrs.evolve(schedule, begins=beside(everything, last, both_ways=pages))
    return attrs.evolve(schedule, begins=None) if pages else schedule


def _profile(random: Random) -> Profile:
    style = random.choice(tuple(Style) if random.random() < 0.5 else (Style.SIGNAL, Style.SILENT))
    created = random.choice((Pushdown.EXACT, Pushdown.INEXACT, Pushdown.UNSUPPORTED))
    return Profile(
        style=style,
        created=created,
        status=random.choice((Pushdown.EXACT, Pushdown.INEXACT, Pushdown.UNSUPPORTED)),
        union=random.random() < 0.4,
        customer=random.choice(
            (Pushdown.EXACT, Pushdown.INEXACT, Pushdown.UNSUPPORTED, Pushdown.EXACT)
            if random.random() < 0.9
            else (Pushdown.UNANSWERABLE,)
        ),
        order=Order.UNDOCUMENTED if random.random() < 0.1 else Order.NEWEST_FIRST,
        page_size=random.choice((100, 100, 100, 4)),
        moved=random.random() < 0.15,
        splittable=created is Pushdown.EXACT and random.random() < 0.7,
        clamp=random.choice((100, 100, 5, 3)),
        short_pages=random.random() < 0.15,
        forgetful=random.random() < 0.3,
    )


def _rows(account: str, profile: Profile, random: Random, *, disorder: bool) -> list[Row]:
    number = random.choice((0, 1, 2, random.randint(3, 12), random.randint(3, 12), 25, 40))
    span = random.choice((3, 15, 40))
    words = tuple(STATUSES) if random.random() < 0.6 else ("paid", "complete")
    rows = []
    for index in range(number):
        created = START - random.randint(0, span)
        if random.random() < 0.1:
            created += 0.5
        if random.random() < 0.05:
            created = START + random.randint(1, 20)
        standing = created
        if disorder and random.random() < 0.3:
            standing += random.randint(-span, span)
        word = random.choice(words)
        rows.append(
            Row(
                id=f"{account}-{index}",
                created=created,
                place=(standing, index),
                customer=random.choice(CUSTOMERS),
                history=[(0.0, word)],
            )
        )
    return rows


def _weather(random: Random) -> Weather:
    kind = random.random()
    if kind < 0.4:
        return Weather()
    if kind < 0.6:
        return Weather(transient=random.choice((0.1, 0.3)))
    if kind < 0.75:
        return Weather(terminal_at=random.randint(1, 6))
    if kind < 0.8:
        return Weather(down_from=random.randint(1, 6))
    return Weather(deceit=0.3, transient=random.choice((0.0, 0.1)))


def _unrest(random: Random) -> Unrest:
    rate = random.choice((0.0, 0.2, 0.8))
    return Unrest(rate=rate, skew=random.choice((0.0, 0.0, -5.0, 5.0)))


def _query(random: Random) -> ListSessions:
    fields: dict[str, Any] = {"page_size": random.choice((1, 2, 3, 5, 10))}
    bounds: dict[str, Any] = {}
    if random.random() < 0.45:
        bounds[random.choice(("gt", "gte"))] = _bound(random, OLDEST, START - 1)
    if random.random() < 0.3:
        bounds[random.choice(("lt", "lte"))] = _bound(random, START, START + 10)
    if random.random() < 0.15:
        bounds = {random.choice(("lt", "lte")): _bound(random, OLDEST, START)}
    if bounds:
        fields["created"] = bounds
    status = random.choice(_STATUSES)
    if status is not None:
        fields["status"] = status
    if random.random() < 0.15:
        fields["customer"] = random.choice(CUSTOMERS[:2])
    if random.random() < 0.35:
        fields["limit"] = random.randint(1, 12)
    return ListSessions.model_validate(fields)


def _bound(random: Random, oldest: float, newest: float) -> Any:
    return moment(random.randint(int(oldest), int(newest)) + random.choice((0.0, 0.0, 0.5)))
