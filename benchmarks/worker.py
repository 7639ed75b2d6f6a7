"""Processes that measure: one for each contender, kept for all rounds, one at work at a time."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
import tracemalloc
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from typing import Any

import attrs

from benchmarks import contenders


@attrs.frozen(kw_only=True)
class Job:
    """One contender and what it is to do."""

    name: str
    """What the table calls it."""
    contender: str
    """The name of a function of ``contenders``."""
    addresses: dict[str, str]
    sessions: int
    """How many it should find."""
    kept: bool = False
    """Whether to keep all sessions in a list."""
    traced: bool = False
    """Whether to count the memory of what was kept, which slows it down."""
    cores: tuple[int, ...] = ()
    options: dict[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Reading:
    """What one run came to."""

    wall: float
    cpu: float
    peak: int
    """The process's peak memory so far, in bytes."""
    held: int = 0
    """The memory of what was kept, in bytes, if it was traced."""


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
        """Run the job once."""
        self._pipe.send(True)
        answer = self._pipe.recv()
        if isinstance(answer, Reading):
            return answer
        raise RuntimeError(f"{self.job.name}: {answer}")

    def close(self) -> None:
        """End the process."""
        self._pipe.send(False)
        self._process.join(timeout=10)
        self._process.kill()


class _Kept:
    """Takes sessions and counts them; lets go of them, or not."""

    def __init__(self, kept: bool) -> None:
        self.count = 0
        self.list: list[Any] = []
        self.take: Callable[[Iterable[Any]], None] = self._keep if kept else self._let_go

    def _keep(self, sessions: Iterable[Any]) -> None:
        self.list.extend(sessions)
        self.count = len(self.list)

    def _let_go(self, sessions: Iterable[Any]) -> None:
        for _ in sessions:
            self.count += 1


def _work(job: Job, pipe: Connection) -> None:
    if job.cores:
        os.sched_setaffinity(0, job.cores)
    kept = _Kept(job.kept)
    task = contenders.Task(
        addresses=job.addresses,
        keep=lambda sessions: kept.take(sessions),
        options=job.options,
    )
    run = getattr(contenders, job.contender)(task)
    while pipe.recv():
        kept.__init__(job.kept)
        try:
            pipe.send(_measured(run, job, kept))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")


def _measured(run: contenders.Run, job: Job, kept: _Kept) -> Reading:
    if job.traced:
        tracemalloc.start()
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    reading = Reading(
        wall=time.perf_counter() - wall,
        cpu=time.process_time() - cpu,
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        held=tracemalloc.get_traced_memory()[0] if job.traced else 0,
    )
    if kept.count != job.sessions:
        raise AssertionError(f"found {kept.count} sessions of {job.sessions}")
    return reading
