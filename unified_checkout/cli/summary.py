"""``summary``: what the sessions come to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unified_checkout.cli.ending import report
from unified_checkout.cli.options import (
    Config,
    Filters,
    OnError,
    OnErrorOption,
    Output,
    OutputOption,
    with_filters,
)
from unified_checkout.report.dimension import Dimension

if TYPE_CHECKING:
    from fractions import Fraction

    from rich.table import Table

    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.report.summary import Line, Summary

DEFAULT = [Dimension.PROVIDER, Dimension.CURRENCY]

_COUNTS = ("sessions", "complete", "expired", "completion_rate", "expiry_rate")
_SALES = (
    "currency",
    "currency_assumed",
    "orders",
    "orders_payment_unknown",
    "gross",
    "average_order_value",
)
_NOT_KNOWN = {
    "status": "the status of {} sessions",
    "payment_status": "whether {} complete sessions are paid; they count as orders",
    "amount_total": "the amount of {} orders; gross lacks it",
    "currency": "the currency of {} orders; gross lacks them",
}


@with_filters
def summarize_sessions(
    filters: Filters,
    by: Annotated[list[Dimension], typer.Option(help="What to group by; repeat.")] = DEFAULT,
    on_error: OnErrorOption = OnError.RAISE,
    output: OutputOption = Output.TABLE,
    config: Config = None,
) -> None:
    """Report sessions, completion and expiry rate, gross and average order value.

    Rates are shares of all sessions of the group, open ones included. Gross is the sum of the
    totals of orders: complete sessions that are paid or needed no payment, and those whose
    provider does not tell; setup sessions do not count. Currencies are never added to each
    other. Days, weeks and months are those of UTC.
    """
    from unified_checkout.cli.terminal import reading
    from unified_checkout.client import Client
    from unified_checkout.report.summary import summarize

    query = filters.query()
    with Client.from_config(config) as client:
        answer = client.sessions.list(query, on_error=on_error.value)
        with reading(answer, output_waits=True) as sessions:
            summary = summarize(sessions, by)
    _write(summary, answer.coverage, output)
    report(answer.coverage)


def show_summary(summary: Summary) -> None:
    """Print a summary as a table, and below it what its figures do not know."""
    from unified_checkout.cli.terminal import MARK, output_console, show_note

    output_console().print(_table(summary))
    for unknown in summary.unknown:
        mark = f"{MARK} " if unknown.field == "payment_status" else ""
        count = _NOT_KNOWN[unknown.field].format(f"{unknown.sessions:,}")
        show_note(f"{mark}not known at {unknown.provider}: {count}")
    for provider in summary.currency_assumed:
        show_note(f"{MARK} the currency is assumed at {provider}, which names none")


def _write(summary: Summary, coverage: Coverage, output: Output) -> None:
    from unified_checkout.cli.formats import write_csv, write_document, write_lines

    plain = summary.to_dict()
    match output:
        case Output.TABLE:
            show_summary(summary)
        case Output.JSON:
            write_document({**plain, "coverage": coverage.to_dict()})
        case Output.JSONL:
            write_lines(json.dumps(group, ensure_ascii=False) for group in plain["groups"])
        case Output.CSV:
            names = [name for name in plain["by"] if name not in _SALES]
            header = [*names, *_COUNTS, *_SALES]
            write_csv(header, ([row.get(name) for name in header] for row in _rows(plain)))


def _rows(plain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each group and currency; a group's counts are in the first, to add up right."""
    for group in plain["groups"]:
        names = {name: group[name] for name in plain["by"]}
        counts = {name: group[name] for name in _COUNTS}
        for number, sales in enumerate(group["sales"] or [{}]):
            yield {**names, **({} if number else counts), **sales}


def _table(summary: Summary) -> Table:
    from unified_checkout.cli.terminal import column, plain_table

    table = plain_table(
        *(column(dimension, narrow="cut") for dimension in summary.by),
        column("sessions", right=True),
        column("complete", right=True),
        column("expired", right=True),
        column("gross", right=True),
        column("average", right=True),
    )
    for line in summary.lines:
        _add(table, line.group, line)
    if len(summary.lines) > 1:
        table.add_section()
        _add(table, ("all", *[""] * (len(summary.by) - 1)), summary.total)
    return table


def _add(table: Table, group: Sequence[str | None], line: Line) -> None:
    """One row for the counts and the first currency, more for the other currencies."""
    from unified_checkout.cli.terminal import amount_cell, cell

    first = [
        *(cell(value) for value in group),
        cell(f"{line.sessions:,}"),
        cell(_percent(line.completion_rate)),
        cell(_percent(line.expiry_rate)),
    ]
    for number, sales in enumerate(line.sales or [None]):
        start = [cell("")] * len(first) if number else first
        marked = sales is not None and bool(sales.gross.assumed or sales.payment_unknown)
        gross = None if sales is None else sales.gross
        average = None if sales is None else sales.average_order_value
        table.add_row(
            *start, amount_cell(gross, marked=marked), amount_cell(average, marked=marked)
        )


def _percent(rate: Fraction | None) -> str | None:
    return None if rate is None else f"{float(rate):.1%}"
