"""``summary``: what the sessions come to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unified_checkout.cli.ending import report
from unified_checkout.cli.options import (
    Config,
    DeadlineOption,
    EscapeOption,
    Filters,
    MaxRequestsOption,
    OnError,
    OnErrorOption,
    Output,
    OutputOption,
    ZoneOption,
    say_slips,
    with_filters,
)
from unified_checkout.cli.watching import Verbose, watched_client
from unified_checkout.report.dimension import Dimension

if TYPE_CHECKING:
    from fractions import Fraction

    from rich.table import Table

    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.report.summary import Line, Summary

DEFAULT = [Dimension.PROVIDER, Dimension.CURRENCY]

_COUNTS = (
    "sessions",
    "complete",
    "expired",
    "rated_sessions",
    "completion_rate",
    "expiry_rate",
)
_SALES = (
    "currency",
    "currency_assumed",
    "orders",
    "orders_payment_unknown",
    "gross",
    "average_order_value",
)
_FIGURES = ("sessions", "complete", "expired", "gross", "average")
_DISPENSABLE = ("expired", "complete", "average", "sessions")
"""The figures that a terminal may be too narrow for, the first to be left out first."""
_NOT_KNOWN = {
    "status": ("the status of {}", "session"),
    "payment_status": ("the payment status of {}; counted as orders", "complete session"),
    "amount_total": ("the amount of {}; gross lacks it", "order"),
    "currency": ("the currency of {}; gross lacks the amount", "order"),
    "currency_exponent": ("the decimals of the currency of {}; gross lacks the amount", "order"),
}


@with_filters
def summarize_sessions(
    filters: Filters,
    by: Annotated[list[Dimension], typer.Option(help="What to group by; repeat.")] = DEFAULT,
    zone: ZoneOption = "UTC",
    max_requests: MaxRequestsOption = None,
    deadline: DeadlineOption = None,
    on_error: OnErrorOption = OnError.RAISE,
    output: OutputOption = Output.TABLE,
    escape: EscapeOption = True,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Report sessions, completion and expiry rate, gross and average order value.

    Rates are shares of all sessions of the group, open ones included; lists that never show an open
    session take no part in them. Gross is the sum of the
    totals of orders: complete sessions that are paid or needed no payment, and those whose
    provider does not tell; setup sessions do not count. Currencies are never added to each
    other. Days, weeks and months, and dates in --created and its like, are those of --tz.

    Where --max-requests or --deadline ends reading, the figures are of what was read until then.
    """
    from unified_checkout.cli.sessions import within_budget
    from unified_checkout.cli.terminal import reading
    from unified_checkout.report.spans import time_zone
    from unified_checkout.report.summary import summarize

    place = time_zone(zone)
    query = filters.query(place)
    say_slips(query)
    with watched_client(config, verbose) as client:
        answer = client.sessions.list(
            query, on_error=on_error.value, max_requests=max_requests, deadline=deadline
        )
        with reading(within_budget(answer), output_waits=True) as sessions:
            without_open = answer.coverage.without_open
            summary = summarize(sessions, by, without_open=without_open, zone=place)
    _write(summary, answer.coverage, output, escape=escape)
    report(answer.coverage)


def show_summary(summary: Summary) -> None:
    """Print a summary as a table, and below it what its figures do not know."""
    from unified_checkout.cli.terminal import MARK, counted, show_note, show_what_fits

    show_what_fits(lambda figures: _table(summary, figures), _FIGURES, _DISPENSABLE)
    for unknown in summary.unknown:
        mark = f"{MARK} " if unknown.field == "payment_status" else ""
        what, thing = _NOT_KNOWN[unknown.field]
        told = what.format(counted(unknown.sessions, thing))
        show_note(f"{mark}not known at {unknown.provider}: {told}")
    for provider in summary.rates_unknown:
        show_note(f"{provider} takes no part in rates: its list shows no open sessions")
    for provider in summary.currency_assumed:
        show_note(f"{MARK} the currency is assumed at {provider}, which names none")


def _write(summary: Summary, coverage: Coverage, output: Output, *, escape: bool) -> None:
    from unified_checkout.cli.formats import plain_json, write_csv, write_document, write_lines

    plain = summary.to_dict()
    match output:
        case Output.TABLE:
            show_summary(summary)
        case Output.JSON:
            write_document({**plain, "coverage": coverage.to_dict()})
        case Output.JSONL:
            write_lines(
                plain_json(json.dumps(group, ensure_ascii=False)) for group in plain["groups"]
            )
        case Output.CSV:
            names = [name for name in plain["by"] if name not in _SALES]
            header = [*names, *_COUNTS, *_SALES]
            write_csv(
                header, ([row.get(name) for name in header] for row in _rows(plain)), escape=escape
            )


def _rows(plain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each group and currency; a group's counts are in the first, to add up right."""
    for group in plain["groups"]:
        names = {name: group[name] for name in plain["by"]}
        counts = {name: group[name] for name in _COUNTS}
        for number, sales in enumerate(group["sales"] or [{}]):
            yield {**names, **({} if number else counts), **sales}


def _table(summary: Summary, figures: Sequence[str]) -> Table:
    from unified_checkout.cli.terminal import column, plain_table

    table = plain_table(
        *(column(dimension) for dimension in summary.by),
        *(column(name, right=True) for name in figures),
    )
    for line in summary.lines:
        _add(table, line.group, line, figures)
    if len(summary.lines) > 1:
        table.add_section()
        _add(table, ("all", *[""] * (len(summary.by) - 1)), summary.total, figures)
    return table


def _add(table: Table, group: Sequence[str | None], line: Line, figures: Sequence[str]) -> None:
    """One row for the counts and the first currency, more for the other currencies."""
    from unified_checkout.cli.terminal import amount_cell, cell

    counts = {
        "sessions": cell(f"{line.sessions:,}"),
        "complete": cell(_percent(line.completion_rate, line)),
        "expired": cell(_percent(line.expiry_rate, line)),
    }
    for number, sales in enumerate(line.sales or [None]):
        marked = sales is not None and bool(sales.gross.assumed or sales.payment_unknown)
        gross = None if sales is None else sales.gross
        average = None if sales is None else sales.average_order_value
        cells = dict.fromkeys(counts, cell("")) if number else counts
        cells = cells | {
            "gross": amount_cell(gross, marked=marked),
            "average": amount_cell(average, marked=marked),
        }
        names = [cell("" if number else value) for value in group]
        table.add_row(*names, *(cells[figure] for figure in figures))


def _percent(rate: Fraction | None, line: Line) -> str | None:
    if rate is None:
        return "not known" if line.sessions else None
    return f"{float(rate):.1%}"
