"""How long sessions take to complete, and what came of each week's, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unified_checkout.cli.terminal import cell, column, plain_table, show, show_note, show_what_fits
from unified_checkout.report.completion import rounded_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from unified_checkout.report.completion import Cohort, Completion
    from unified_checkout.report.figures import Figures

_COUNTS = ("sessions", "open", "complete", "time known", "seen open")
_DISPENSABLE = ("6h", "3d", "seen open", "time known", "28d", "1h", "open", "7d", "1d")
"""What of a week a terminal may be too narrow for, the first to be left out first."""


def show_completion(figures: Figures) -> None:
    """Print how long sessions took to complete, and the weeks; nothing where nobody knows."""
    if figures.completion is None:
        return
    print("\ntime to complete, at most: when a sync read it")
    show(_times(figures.completion))
    if weeks := figures.cohorts:
        print("\nby the week of creation, complete within")
        names = (*_COUNTS, *(one.horizon for one in weeks[0].within))
        show_what_fits(lambda shown: _weeks(weeks, shown), names, _DISPENSABLE)
        show_note("+ the time has not passed for the whole week yet; there may be more to come")


def _times(told: Completion) -> Table:
    names = ("complete", "time known", "seen open", "median", "9 in 10")
    table = plain_table(*(column(name, right=True) for name in names))
    counts = (f"{one:,}" for one in (told.complete, told.known, told.seen_open))
    times = (
        "not known" if time is None else rounded_up(time)
        for time in (told.median, told.ninth_decile)
    )
    table.add_row(*map(cell, counts), *map(cell, times))
    return table


def _weeks(cohorts: Sequence[Cohort], names: Sequence[str]) -> Table:
    table = plain_table(column("week"), *(column(name, right=True) for name in names))
    for one in cohorts:
        counts = (one.sessions, one.open, one.complete, one.known, one.seen_open)
        told: dict[str, str] = dict(zip(_COUNTS, (f"{count:,}" for count in counts), strict=True))
        for each in one.within:
            more = "" if each.horizon in one.passed else "+"
            told[each.horizon] = (
                "not known" if each.sessions is None else f"{each.sessions:,}{more}"
            )
        week = f"{one.week} (partial)" if one.partial else one.week
        table.add_row(cell(week), *(cell(told[name]) for name in names))
    return table
