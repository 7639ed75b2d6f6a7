"""How long sessions take to complete, and what came of each week's, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unified_checkout.cli.terminal import cell, column, plain_table, show, show_note
from unified_checkout.report.completion import rounded_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from unified_checkout.report.completion import Cohort, Completion
    from unified_checkout.report.figures import Figures

_COUNTS = ("sessions", "open", "complete", "time known", "seen open")


def show_completion(figures: Figures) -> None:
    """Print how long sessions took to complete, and the weeks; nothing where nobody knows."""
    if figures.completion is None:
        return
    print("\ntime to complete, at most: when a sync read it")
    show(_times(figures.completion))
    if figures.cohorts:
        print("\nby the week of creation, complete within")
        show(_weeks(figures.cohorts))
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


def _weeks(cohorts: Sequence[Cohort]) -> Table:
    horizons = [one.horizon for one in cohorts[0].within]
    names = (*_COUNTS, *horizons)
    table = plain_table(column("week"), *(column(name, right=True) for name in names))
    for one in cohorts:
        counts = (one.sessions, one.open, one.complete, one.known, one.seen_open)
        within = (
            "not known"
            if each.sessions is None
            else f"{each.sessions:,}{'' if each.horizon in one.passed else '+'}"
            for each in one.within
        )
        week = f"{one.week} (partial)" if one.partial else one.week
        table.add_row(cell(week), *(cell(f"{count:,}") for count in counts), *map(cell, within))
    return table
