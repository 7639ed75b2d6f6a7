"""One schedule shown, or many run: ``python -m simulation`` from ``tests/``."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pool, cpu_count

from simulation.laws import judged, violations
from simulation.reader import Reader
from simulation.schedule import drawn
from simulation.trace import trace

_CHUNK = 500
_MOST_SHOWN = 20


def main() -> int:
    """Run what the command line asks for; 1 if any law was broken."""
    parser = argparse.ArgumentParser(prog="python -m simulation")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int, help="run this schedule and show all that happens")
    what.add_argument("--schedules", type=int, help="run this many schedules")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--processes", type=int, default=cpu_count())
    asked = parser.parse_args()
    if asked.seed is not None:
        return show(asked.seed)
    return soak(asked.first, asked.schedules, asked.processes)


def show(seed: int) -> int:
    """Print the trace of a schedule and the laws that it breaks."""
    run = Reader(drawn(seed)).read()
    broken = judged(run)
    print(trace(run))
    print(*(f"BROKEN {violation}" for violation in broken), sep="\n")
    return 1 if broken else 0


def soak(first: int, schedules: int, processes: int) -> int:
    """Run many schedules over several processes, printing how far it is."""
    last = first + schedules
    chunks = [range(start, min(start + _CHUNK, last)) for start in range(first, last, _CHUNK)]
    started = time.monotonic()
    done = broken = 0
    with Pool(processes) as pool:
        for number, chunk in enumerate(pool.imap_unordered(_broken, chunks), 1):
            for seed, what in chunk:
                broken += 1
                if broken <= _MOST_SHOWN:
                    print(f"seed {seed}: {what}", flush=True)
            done = min(number * _CHUNK, schedules)
            if sys.stderr.isatty() or number % 20 == 0 or number == len(chunks):
                rate = done / (time.monotonic() - started)
                text = f"{done:,} of {schedules:,} schedules, {broken} broken, {rate:,.0f} a second"
                print(text, file=sys.stderr, end="\r" if sys.stderr.isatty() else "\n", flush=True)
    seconds = time.monotonic() - started
    print(f"\n{done:,} schedules in {seconds:,.0f} s, {broken} of them broke a law")
    return 1 if broken else 0


def _broken(seeds: range) -> list[tuple[int, str]]:
    gc.set_threshold(100_000)
    return list(_first_violations(seeds))


def _first_violations(seeds: range) -> Iterator[tuple[int, str]]:
    for seed in seeds:
        for violation in violations(seed):
            yield seed, str(violation)
            break


if __name__ == "__main__":
    sys.exit(main())
