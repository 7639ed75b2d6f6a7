"""Thousands of schedules, each drawn from one seed, and not one broken law."""

from __future__ import annotations

import os

import pytest
from simulation.laws import judged
from simulation.reader import Reader
from simulation.schedule import drawn
from simulation.trace import trace

SCHEDULES = int(os.environ.get("UNIFIED_CHECKOUT_SCHEDULES", "10000"))
CHUNKS = 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_schedule_keeps_every_law(chunk: int) -> None:
    for seed in range(chunk, SCHEDULES, CHUNKS):
        run = Reader(drawn(seed)).read()
        broken = judged(run)
        if broken:
            laws = "\n".join(map(str, broken))
            pytest.fail(f"make seed SEED={seed}\n{laws}\n\n{trace(run)}", pytrace=False)


def test_a_seed_is_a_whole_schedule() -> None:
    for seed in range(100):
        assert trace(Reader(drawn(seed)).read()) == trace(Reader(drawn(seed)).read())
