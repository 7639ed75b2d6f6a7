"""Processes that measure: one for each contender, kept for all rounds, one at work at a time."""

from __future__ import annotations

import gc
import math
import multiprocessing
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import attrs

from benchmarks import contenders
from benchmarks.machine import pin


@attrs.frozen(kw_only=True)
class Job:
    """One contender and what it is to do."""

    name: str
    """What the table calls it."""
    contender: str
    """The name of a function of ``contenders``."""
    addresses: dict[str, str]
    sessions: int
    """How many it must find."""
    kept: bool = False
    """Whether to keep all sessions in a list."""
    traced: bool = False
    """Whether to weigh what was kept, which takes its time."""
    cores: tuple[int, ...] = ()
    rate: float = math.inf
    query: dict[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Reading:
    """What one run came to, in seconds and bytes."""

    wall: float
    cpu: float
    peak: int
    """The process's peak memory so far."""
    start: int
    """The process's peak memory before this run."""
    weight: int
    """The memory of what was kept, if it was traced; or what the contender says that it built."""


class Readings(list[Reading]):
    """One job's, round after round."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job

    def each(self, what: str) -> list[float]:
        """One figure of each round, for one session."""
        return [getattr(reading, what) / self.job.sessions for reading in self]

    def microseconds(self, what: str) -> float:
        """The median of a figure, for one session."""
        return 1e6 * median(self.each(what))

    def ratio(self, other: Readings, what: str = "cpu") -> float:
        """The median of the rounds' ratios of a figure to another job's."""
        pairs = zip(self.each(what), other.each(what), strict=True)
        return median(mine / theirs for mine, theirs in pairs)

    @property
    def peak(self) -> int:
        """The process's peak memory."""
        return max(reading.peak for reading in self)


def measured(jobs: list[Job], rounds: int, *, warm: bool = True) -> dict[str, Readings]:
    """The readings of jobs that take turns, in an order that is rotated and reversed each round.

    Args:
        jobs: with names that tell them apart.
        rounds: how often each job runs and counts.
        warm: whether each job runs once before, and does not count.
    """
    readings = {job.name: Readings(job) for job in jobs}
    with _workers(jobs) as workers:
        if warm:
            for worker in workers:
                worker.run()
        for number in range(rounds):
            turn = workers[number % len(workers) :] + workers[: number % len(workers)]
            for worker in reversed(turn) if number % 2 else turn:
                readings[worker.job.name].append(worker.run())
    return readings


class Worker:
    """A process that runs one job whenever it is told to."""

    def __init__(self, job: Job) -> None:
        self.job = job
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(job, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def run(self) -> Reading:
        """Run the job once.

        Raises:
            RuntimeError: if the job failed, or did not find all sessions.
        """
        self._pipe.send(True)
        answer = self._pipe.recv()
        if isinstance(answer, Reading):
            return answer
        raise RuntimeError(f"{self.job.name}: {answer}")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


@contextmanager
def _workers(jobs: list[Job]) -> Iterator[list[Worker]]:
    workers = [Worker(job) for job in jobs]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


class _Taker:
    """Takes sessions and counts them; lets go of each one, or keeps all in a list."""

    def __init__(self, job: Job) -> None:
        self.kept: list[Any] = []
        self.count = 0
        self.take: Callable[[Iterable[Any]], None] = self._keep if job.kept else self._let_go

    def _keep(self, sessions: Iterable[Any]) -> None:
        self.kept.extend(sessions)
        self.count = len(self.kept)

    def _let_go(self, sessions: Iterable[Any]) -> None:
        count = 0
        for _ in sessions:
            count += 1
        self.count += count


def _work(job: Job, pipe: Connection) -> None:
    pin(job.cores)
    takers: list[_Taker] = []
    task = contenders.Task(
        addresses=job.addresses,
        take=lambda sessions: takers[-1].take(sessions),
        rate=job.rate,
        query=job.query,
    )
    run = getattr(contenders, job.contender)(task)
    while pipe.recv():
        takers[:] = [_Taker(job)]
        gc.collect()
        try:
            pipe.send(_reading(run, job, takers[0]))
        except Exception as error:  # noqa: BLE001  (told to whoever measures)
            pipe.send(f"{type(error).__name__}: {error}")


def _reading(run: contenders.Run, job: Job, taker: _Taker) -> Reading:
    if job.traced:
        tracemalloc.start()
    start = _peak()
    wall, cpu = time.perf_counter(), time.process_time()
    built = run()
    reading = Reading(
        wall=time.perf_counter() - wall,
        cpu=time.process_time() - cpu,
        peak=_peak(),
        start=start,
        weight=tracemalloc.get_traced_memory()[0] if job.traced else built or 0,
    )
    if taker.count != job.sessions:
        raise RuntimeError(f"found {taker.count} sessions instead of {job.sessions}")
    return reading


def _peak() -> int:
    """The peak memory of this process, in bytes.

    ``getrusage`` would tell that of the process that started this one, where that has more.
    """
    with open("/proc/self/status", encoding="ascii") as status:
        [peak] = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    return int(peak) * 1024
