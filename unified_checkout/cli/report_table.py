"""A report as a person reads it in a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from unified_checkout.cli.terminal import (
    MARK,
    amount_cell,
    cell,
    column,
    counted,
    plain_table,
    show,
    show_note,
    show_what_fits,
)

if TYPE_CHECKING:
    from fractions import Fraction

    from rich.table import Table
    from rich.text import Text

    from unified_checkout.model.money import Money
    from unified_checkout.report.figures import Figures, Line, Sales, Shared

_FIGURES = (
    "sessions",
    "complete",
    "of ended",
    "expired",
    "orders",
    "gross",
    "refunded",
    "net",
    "disputed",
    "average",
    "median",
    "9 in 10",
    "open value",
)
_DISPENSABLE = (
    "9 in 10",
    "disputed",
    "median",
    "orders",
    "expired",
    "open value",
    "of ended",
    "average",
    "refunded",
    "net",
    "complete",
    "sessions",
)
"""The figures that a terminal may be too narrow for, the first to be left out first."""

_PARTIAL = " (partial)"

_NOT_TOLD = {
    "status": "the status of {}",
    "payment_status": "whether {} are paid; counted as orders",
    "amount_total": "the amount of {}; gross lacks them",
    "currency": "the currency of {}; gross lacks them",
    "currency_exponent": "the decimals of the currency of {}; gross lacks them",
    "amount_refunded": "what was refunded of {}",
    "amount_disputed": "what is disputed of {}",
    "email": "the buyer's address in {}",
    "client_reference_id": "a reference in {}",
    "refunded_without_order": "refunds of {} that are no orders are in no figure",
}
_OF_SESSIONS = ("status", "email", "client_reference_id", "refunded_without_order")
_SHARED = {"email": "buyer", "client_reference_id": "reference"}


def show_figures(figures: Figures) -> None:
    """Print a report: its groups, its hours, what providers share, and what is not known."""
    show_note(_heading(figures))
    print()
    show_what_fits(lambda columns: _groups(figures, columns), _FIGURES, _DISPENSABLE)
    if figures.hours:
        print("\nabandoned by the hour in which the session began")
        show(_hours(figures))
    if figures.shared:
        print("\nseen at several providers")
        show(_shared(figures.shared))
    print()
    for note in notes(figures):
        show_note(note)


def notes(figures: Figures) -> list[str]:
    """What the figures do not know, a line each."""
    partial = any(line.partial for line in figures.lines)
    lines = ["partial: the period does not lie wholly in the span"] if partial else []
    lines += [
        f"{provider} takes no part in rates, hours and open values: its list shows no open sessions"
        for provider in figures.not_rated
    ]
    told: dict[str, list[str]] = defaultdict(list)
    for missing in figures.missing:
        thing = "session" if missing.field in _OF_SESSIONS else "order"
        what = _NOT_TOLD[missing.field].format(counted(missing.sessions, thing))
        told[missing.provider].append(what)
    lines += [f"not known at {name}: {'; '.join(whats)}" for name, whats in told.items()]
    lines += [
        f"{MARK} the currency is assumed at {provider}, which names none"
        for provider in figures.currency_assumed
    ]
    return lines


def _heading(figures: Figures) -> str:
    span = figures.span
    start = "the first session" if span.start is None else f"{span.start:%Y-%m-%dT%H:%M:%SZ}"
    end = "now" if span.end is None else f"{span.end:%Y-%m-%dT%H:%M:%SZ}"
    return f"created from {start} to {end}; days and hours of {figures.zone}"


def _groups(figures: Figures, columns: Sequence[str]) -> Table:
    table = plain_table(
        *(column(dimension) for dimension in figures.by),
        *(column(name, right=True) for name in columns),
    )
    for line in figures.lines:
        _add(table, line, columns)
    if len(figures.lines) != 1 and figures.by:
        table.add_section()
        _add(table, figures.total, columns, ("all", *[""] * (len(figures.by) - 1)))
    return table


def _add(
    table: Table, line: Line, columns: Sequence[str], names: Sequence[str | None] | None = None
) -> None:
    """One row for the counts and the first currency, more for the other currencies."""
    group = list(line.group if names is None else names)
    if line.partial:
        group[-1] = f"{group[-1]}{_PARTIAL}"
    rated = line.rated
    counts = {
        "sessions": cell(f"{line.counts.sessions:,}"),
        "complete": cell(_percent(rated.completion_rate, line)),
        "of ended": cell(_percent(rated.completion_rate_of_ended, line)),
        "expired": cell(_percent(rated.expiry_rate, line)),
    }
    for number, sales in enumerate(line.sales or [None]):
        first = dict.fromkeys(counts, cell("")) if number else counts
        cells = first | _amounts(sales)
        shown = [cell("" if number else value) for value in group]
        table.add_row(*shown, *(cells[name] for name in columns))


def _amounts(sales: Sales | None) -> dict[str, Text]:
    if sales is None:
        return {name: cell(None) for name in _FIGURES[4:]}
    return {
        "orders": cell(f"{sales.orders:,}"),
        "gross": _amount(sales.gross),
        "refunded": _partly(sales.refunded, sales.refunds_told, sales.orders),
        "net": _amount(sales.net),
        "disputed": _partly(sales.disputed, sales.disputes_told, sales.orders),
        "average": _amount(sales.average),
        "median": _amount(sales.median),
        "9 in 10": _amount(sales.ninth_decile),
        "open value": _amount(sales.open_value),
    }


def _amount(amount: Money | None) -> Text:
    return amount_cell(amount, marked=amount is not None and amount.assumed)


def _partly(amount: Money | None, told: int, orders: int) -> Text:
    """An amount, and of how many of the orders it is known where it is not known of all."""
    if amount is None or told == orders:
        return _amount(amount)
    return cell(f"{amount}{MARK if amount.assumed else ''} of {told:,}")


def _hours(figures: Figures) -> Table:
    names = ("ended", "abandoned", "rate")
    table = plain_table(column("hour"), *(column(name, right=True) for name in names))
    for hour in figures.hours:
        rate = hour.abandonment_rate
        shown = None if rate is None else f"{float(rate):.1%}"
        cells = (f"{hour.hour:02}", f"{hour.ended:,}", f"{hour.abandoned:,}", shown)
        table.add_row(*map(cell, cells))
    return table


def _shared(shared: Sequence[Shared]) -> Table:
    names = ("how many", "sessions", "complete at several")
    table = plain_table(
        column("what"), column("providers"), *(column(name, right=True) for name in names)
    )
    for one in shared:
        numbers = (one.values, one.sessions, one.complete_at_several)
        table.add_row(
            cell(_SHARED[one.field]),
            cell(", ".join(one.providers)),
            *(cell(f"{number:,}") for number in numbers),
        )
    return table


def _percent(rate: Fraction | None, line: Line) -> str | None:
    if rate is None:
        return "not known" if line.counts.sessions else None
    return f"{float(rate):.1%}"
