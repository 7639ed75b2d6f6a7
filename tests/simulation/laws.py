"""Judging a run by all laws, and running a seed."""

from __future__ import annotations

from simulation import answers, manners, proofs
from simulation.law import Violation
from simulation.reader import Reader, Run
from simulation.schedule import drawn


def judged(run: Run) -> list[Violation]:
    """Every law that a run broke."""
    return [*proofs.check(run), *answers.check(run), *manners.check(run)]


def violations(seed: int) -> list[Violation]:
    """Every law that the schedule of a seed breaks."""
    return judged(Reader(drawn(seed)).read())
