"""A report as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.cli.report_completion import show_completion
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
from unified_checkout.report.notes import notes

if TYPE_CHECKING:
    from datetime import datetime
    from fractions import Fraction

    from rich.table import Table
    from rich.text import Text

    from unified_checkout.model.money import Money
    from unified_checkout.report.comparison import Comparison
    from unified_checkout.report.figures import Figures, Line, Sales, Shared
    from unified_checkout.report.rates import Rates
    from unified_checkout.report.spans import Span

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

_COMPARED = {"previous": "beside the span before", "year": "beside the year before"}
_PARTIAL = " (partial)"
_MOST_SHARED = 20
"""How many lines of what several providers share a table shows."""

_SHARED = {"email": "buyer", "client_reference_id": "reference"}


@attrs.frozen
class Answer:
    """What is shown: figures, what they are compared with, and rates to convert them by."""

    figures: Figures
    comparisons: Sequence[Comparison] = ()
    rates: Rates | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers."""
        compared = [one.to_dict() for one in self.comparisons]
        return {**self.figures.to_dict(self.rates), "comparisons": compared}


def show_figures(answer: Answer) -> None:
    """Print a report: its groups, its hours, what providers share, and what is not known."""
    figures = answer.figures
    show_note(_heading(figures))
    print()
    names = _FIGURES if answer.rates is None else (*_FIGURES, _in(answer.rates))
    show_what_fits(lambda columns: _groups(answer, columns), names, _DISPENSABLE)
    for comparison in answer.comparisons:
        print(f"\n{_COMPARED[comparison.against]}, {_between(comparison.span)}")
        show(_comparison(comparison))
    if figures.hours:
        print("\nabandoned by the hour in which the session began")
        show(_hours(figures))
    show_completion(figures)
    if figures.shared:
        print("\nseen at several providers")
        most = sorted(figures.shared, key=lambda one: -one.sessions)
        show(_shared(most[:_MOST_SHARED]))
        if more := len(most[_MOST_SHARED:]):
            show_note(f"{counted(more, 'line')} of fewer sessions left out; --format json has them")
    print()
    for note in notes(figures, answer.rates):
        show_note(note)


def _in(rates: Rates) -> str:
    return f"gross in {rates.currency.upper()}"


def _heading(figures: Figures) -> str:
    return f"created {_between(figures.span)}; days and hours of {figures.zone}"


def _between(span: Span) -> str:
    start = "the first session" if span.start is None else _moment(span.start)
    return f"from {start} to {'now' if span.end is None else _moment(span.end)}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _comparison(comparison: Comparison) -> Table:
    now, then = comparison.now, comparison.then
    table = plain_table(
        column("all sessions"), *(column(name, right=True) for name in ("now", "then", "change"))
    )

    def add(name: str, *values: object) -> None:
        table.add_row(cell(name), *map(cell, values))

    for name in ("sessions", "complete"):
        numbers = [f"{getattr(line.counts, name):,}" for line in (now, then)]
        add(name, *numbers, _signed(getattr(comparison, name)))
    for name, field in (("rate", "completion_rate"), ("rate of ended", "completion_rate_of_ended")):
        shown = [_percent(getattr(line.rated, field), line) for line in (now, then)]
        add(name, *shown, _signed(getattr(comparison, field), " points"))
    for currency, grown in comparison.gross.items():
        add("gross", *(_gross(line, currency) for line in (now, then)), _signed(grown))
    return table


def _gross(line: Line, currency: str) -> str | None:
    known = [sales.gross for sales in line.sales if sales.currency == currency]
    return f"{known[0]}{MARK if known[0].assumed else ''}" if known else None


def _signed(change: Fraction | None, unit: str = "%") -> str | None:
    return None if change is None else f"{float(change) * 100:+.1f}{unit}"


def _groups(answer: Answer, columns: Sequence[str]) -> Table:
    figures, rates = answer.figures, answer.rates
    table = plain_table(
        *(column(dimension) for dimension in figures.by),
        *(column(name, right=True) for name in columns),
    )
    for line in figures.lines:
        _add(table, line, rates, columns)
    if len(figures.lines) != 1 and figures.by:
        table.add_section()
        names = ("all", *[""] * (len(figures.by) - 1))
        _add(table, attrs.evolve(figures.total, group=names), rates, columns)
    return table


def _add(table: Table, line: Line, rates: Rates | None, columns: Sequence[str]) -> None:
    """One row for the counts and the first currency, more for the other currencies."""
    group = list(line.group)
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
        cells = first | _amounts(sales, rates)
        shown = [cell("" if number else value) for value in group]
        table.add_row(*shown, *(cells[name] for name in columns))


def _amounts(sales: Sales | None, rates: Rates | None) -> dict[str, Text]:
    converted = {} if rates is None else {_in(rates): cell(None)}
    if sales is None:
        return {name: cell(None) for name in _FIGURES[4:]} | converted
    if rates is not None:
        converted = {_in(rates): _amount(rates.convert(sales.gross))}
    return converted | {
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
        column("what"),
        column("providers", narrow="fold"),
        *(column(name, right=True) for name in names),
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
