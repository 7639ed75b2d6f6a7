"""``Lab``: a server of invented sessions and what is measured against it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

import attrs

from benchmarks.machine import cores
from benchmarks.server import Listing
from benchmarks.worker import Job, Readings, measured

ROOT = Path(__file__).parent.parent
SEED = 1


@attrs.frozen(kw_only=True)
class Line:
    """One line of the table."""

    part: str
    """What is compared."""
    name: str
    """Who."""
    figures: dict[str, float]
    """By the heading of a column."""


@attrs.frozen(kw_only=True)
class Verdict:
    """A figure beside what should be reached."""

    what: str
    figure: float
    reach: float
    more_is_better: bool = False

    @property
    def reached(self) -> bool:
        return self.figure >= self.reach if self.more_is_better else self.figure <= self.reach


@attrs.define
class Findings:
    """What was measured."""

    lines: list[Line] = attrs.field(factory=list)
    verdicts: list[Verdict] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class Scale:
    """How much is measured."""

    sessions: int
    """In a listing that our clients and the floor read."""
    few: int
    """In a listing of which each page takes 60 ms and is read after the other."""
    slow: int
    """For contenders that take long."""
    many: int
    """For what must stay flat."""
    columns: int
    """In a listing that becomes a table."""
    rounds: int


FULL = Scale(sessions=50_000, few=10_000, slow=10_000, many=1_000_000, columns=500_000, rounds=5)
QUICK = Scale(sessions=5_000, few=1_000, slow=1_000, many=100_000, columns=20_000, rounds=3)


class Lab:
    """Starts the server on a core of its own; jobs run on another one, or wherever they may."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.findings = Findings()
        mine = cores()
        self._server_cores, self.core = (mine[-1:], tuple(mine[:1])) if len(mine) > 1 else ([], ())
        self._ports: dict[Listing, int] = {}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        self._tell(cores=self._server_cores, sessions=scale.sessions, seed=SEED)

    def address(self, shape: str, sessions: int, **how: float) -> str:
        """Where so many sessions of a provider are listed; ``how`` is what ``Listing`` takes."""
        return f"http://127.0.0.1:{self._port(Listing(shape=shape, sessions=sessions, **how))}"

    def count(self, shape: str, sessions: int, **how: float) -> dict[str, int]:
        """What a listing was asked since it was last counted."""
        with urlopen(self.address(shape, sessions, **how) + "/count") as response:
            counted: dict[str, int] = json.load(response)
        return counted

    def job(self, name: str, contender: str, sessions: int, **options: Any) -> Job:
        """A job on a Stripe-like listing that answers at once, on the core for jobs."""
        return Job(
            name=name,
            contender=contender,
            addresses={"stripe": self.address("stripe", sessions)},
            sessions=sessions,
            cores=self.core,
            **options,
        )

    def measured(
        self, jobs: Sequence[Job], *, rounds: int | None = None, warm: bool = True
    ) -> dict[str, Readings]:
        """The readings of jobs that take turns."""
        return measured(list(jobs), rounds or self.scale.rounds, warm=warm)

    def line(self, part: str, name: str, **figures: float) -> None:
        """Put a line into the table."""
        self.findings.lines.append(Line(part=part, name=name, figures=figures))

    def verdict(self, what: str, figure: float, reach: float, **how: bool) -> None:
        """Put a figure beside what should be reached."""
        self.findings.verdicts.append(Verdict(what=what, figure=figure, reach=reach, **how))

    def _port(self, listing: Listing) -> int:
        if listing not in self._ports:
            self._tell(**attrs.asdict(listing))
            assert self._server.stdout is not None
            self._ports[listing] = int(self._server.stdout.readline())
        return self._ports[listing]

    def _tell(self, **what: Any) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(what) + "\n")
        self._server.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.communicate()
