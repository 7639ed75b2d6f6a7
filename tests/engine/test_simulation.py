"""Thousands of schedules, each drawn from one seed, and not one broken law."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from simulation import faults
from simulation.adapter import Style
from simulation.laws import judged
from simulation.oddities import APART, LAST, LATE, ODDITIES
from simulation.reader import Leg, Reader, Run
from simulation.schedule import drawn
from simulation.trace import trace

from unified_checkout.adapters import Order

SCHEDULES = int(os.environ.get("UNIFIED_CHECKOUT_SCHEDULES", "4000"))
CHUNKS = 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_schedule_keeps_every_law(chunk: int) -> None:
    for seed in range(chunk, SCHEDULES, CHUNKS):
        run = Reader(drawn(seed)).read()
        broken = judged(run)
        if broken:
            laws = "\n".join(map(str, broken))
            pytest.fail(f"make seed SEED={seed}\n{laws}\n\n{trace(run)}", pytrace=False)


KEPT = [
    *(191, 247, 253, 872, 887, 1032, 4056, 7807, 7816, 8695, 9191, 10781, 13264, 17498, 19526),
    *(24036, 28001, 61519, 71302, 138588, 153297, 313706, 479764, 688272, 752849, 854747),
]


KEPT_LATE = [
    *(300530, 302273, 302842, 302945, 402631, 410178, 508666, 600540, 606343, 614416),
    *(623403, 623710, 802620, 803483),
]
"""The same, with what was added to the draw later."""


KEPT_APART = [
    3201,
    719648,
    740136,
    751050,
    920233,
    930390,
    1007412,
    1009304,
    1012117,
    1013677,
    1025599,
    2003113,
    2007282,
    3010126,
    3010557,
    3012033,
    4000870,
    4001430,
    4006604,
    4006620,
    5013432,
    5013717,
    5015359,
    5016311,
    5079824,
    9156361,
    9168461,
]
"""The same, with what was added after that."""


KEPT_LAST = [
    *(
        5054556,
        5139787,
        5150976,
        5213658,
        5218085,
        5225968,
        5226290,
        5245882,
        5347697,
        5396656,
        5421341,
        5475008,
        5516949,
        5577776,
        5607011,
        5632942,
        5714537,
        5731983,
        5776121,
        5777534,
        5860456,
        5897408,
        11010811,
    ),
]
"""The same, with all that is drawn."""


SHOWING = (
    *(1, 6, 9, 27, 68, 84, 89, 105, 140, 186, 219, 263, 349, 390, 415, 421, 424, 467, 499, 506),
    *(544, 610, 615, 629, 673, 683, 733, 752, 792, 793, 837, 861, 871, 938),
)
"""Seeds that showed all that may happen: they are tried first, whatever they show now."""


@pytest.mark.parametrize("seed", KEPT)
def test_a_seed_that_once_broke_a_law_keeps_it(seed: int) -> None:
    assert not judged(Reader(drawn(seed, kinds=ODDITIES)).read())


@pytest.mark.parametrize("seed", KEPT_LATE)
def test_so_does_a_seed_with_what_was_added_later(seed: int) -> None:
    assert not judged(Reader(drawn(seed, kinds=(*ODDITIES, *LATE, *APART))).read())


@pytest.mark.parametrize("seed", KEPT_APART)
def test_so_does_a_seed_with_what_was_added_after_that(seed: int) -> None:
    assert not judged(Reader(drawn(seed, kinds=(*ODDITIES, *LATE, *APART))).read())


@pytest.mark.parametrize("seed", KEPT_LAST)
def test_so_does_a_seed_with_all_that_is_drawn(seed: int) -> None:
    assert not judged(Reader(drawn(seed)).read())


def test_a_seed_is_a_whole_schedule() -> None:
    for seed in range(50):
        assert trace(Reader(drawn(seed)).read()) == trace(Reader(drawn(seed)).read())


def test_schedules_hold_all_that_may_happen() -> None:
    """What the laws are about does occur, and more than once in a blue moon."""
    seen: Counter[str] = Counter()
    rare = set(_ALL)
    for seed in dict.fromkeys((*SHOWING, *range(2500))):
        seen.update(set(_features(Reader(drawn(seed)).read())))
        rare = {feature for feature in rare if seen[feature] < 3}
        if not rare:
            return
    assert rare == set()


_ALL = (
    *(fault.name for fault in (*faults.TRANSIENT, *faults.TERMINAL, *faults.DECEIT)),
    *(style.name for style in Style),
    *(f"oddity: {one}" for one in (*ODDITIES, *LATE, *LAST)),
    faults.TWINS.name,
    faults.EXPIRED.name,
    "a beginning at a moment",
    "a beginning at a session",
    "an end at a session",
    "a calm run",
    "a clock that disagrees",
    "a doubt",
    "a leg stopped by its budget",
    "a list that comes oldest first",
    "a disorder seen",
    "a failure raised",
    "a failure reported",
    "a limit reached",
    "a list in windows of time",
    "a page going back",
    "a place that cannot be named",
    "a refused query",
    "a resumed listing",
    "a session fetched by its id",
    "a session that vanished",
    "a union",
    "another path",
    "duplicates",
    "rows dropped",
    "rows later",
)


def _features(run: Run) -> Iterator[str]:
    yield from (f"oddity: {one}" for one in run.schedule.oddities)
    for provider in run.schedule.providers.values():
        yield provider.profile.style.name
        if provider.profile.order is Order.OLDEST_FIRST:
            yield "a list that comes oldest first"
    if (begins := run.schedule.begins) is not None:
        way = "a beginning" if begins.onward else "an end"
        yield f"{way} at a {'moment' if begins.row is None else 'session'}"
    if run.schedule.calm:
        yield "a calm run"
    if run.refused is not None:
        yield "a refused query"
    if run.schedule.conduct.mode == "resume" and len(run.legs) > 1:
        yield "a resumed listing"
    for leg in run.legs:
        yield from _happenings(leg)


def _happenings(leg: Leg) -> Iterator[str]:
    happened = {
        "a page going back": not leg.forward,
        "a failure raised": leg.error is not None,
        "a place that cannot be named": leg.lost is not None,
    }
    for account, said in leg.coverage().items():
        calls = leg.told(account)
        yield from (call.answered.fault.name for call in calls if call.answered.fault is not None)
        singles = [call for call in calls if call.single]
        happened |= {
            "a disorder seen": not said.order_held,
            "a failure reported": leg.error is None and leg.failed(account),
            "a limit reached": said.reason == "read as far as the limit needs",
            "a list in windows of time": leg.divided(account),
            "a session fetched by its id": bool(singles),
            "a session that vanished": said.vanished > 0,
            "a clock that disagrees": said.clock_behind is not None,
            "a doubt": bool(said.doubted),
            "a leg stopped by its budget": bool(leg.machine.stopped),
            "a union": leg.streams(account) > 1,
            "another path": any(one.answered.detour for one in calls if not one.single),
            "duplicates": said.duplicates > 0,
            "rows dropped": said.rows_dropped > 0,
            "rows later": said.rows_later > 0,
        }
        yield from (name for name, true in happened.items() if true)
