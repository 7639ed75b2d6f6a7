"""``report``: the figures of a span, asked of the providers now."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from unified_checkout.cli.options import (
    Config,
    DeadlineOption,
    EscapeOption,
    Filters,
    MaxRequestsOption,
    OnError,
    OnErrorOption,
    ZoneOption,
    say_slips,
    with_filters,
)
from unified_checkout.cli.watching import Verbose, watched_client
from unified_checkout.report.dimension import Against, Dimension

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from unified_checkout.cli.report_sources import Source
    from unified_checkout.cli.report_table import Answer
    from unified_checkout.client import Sessions
    from unified_checkout.model.query import ListSessions
    from unified_checkout.report.spans import Span
    from unified_checkout.report.table import SessionTable

DEFAULT = [Dimension.PROVIDER]


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"
    PNG = "png"
    SVG = "svg"


DRAWN = (Format.HTML, Format.PNG, Format.SVG)


@with_filters
def report_figures(
    filters: Filters,
    store: Annotated[
        str | None,
        typer.Argument(
            help="The store to report on, which sync keeps: a DuckDB file, or postgresql://...",
            metavar="STORE",
            show_default=False,
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the providers now, instead of a store.")
    ] = False,
    by: Annotated[list[Dimension], typer.Option(help="What to group by; repeat.")] = DEFAULT,
    zone: ZoneOption = "UTC",
    compare: Annotated[
        list[Against] | None,
        typer.Option(
            help="Compare with the span of the same length before it, or with the same span a "
            "year before; repeat. As far as this span has come, if it is not over. A page or picture "
            "of a store shows the span before it unasked, if the store holds it.",
            show_default=False,
        ),
    ] = None,
    rates_file: Annotated[
        Path | None,
        typer.Option(
            "--rates",
            help="Convert gross by the rates in this TOML file, which names their source.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="A table for people; the others for programs.")
    ] = Format.TABLE,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write to this file, which stands under its name only when it is complete.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        str,
        typer.Option(
            help="The language of a page or a picture, such as de or en-GB: its words, numbers "
            "and days."
        ),
    ] = "en",
    max_requests: MaxRequestsOption = None,
    deadline: DeadlineOption = None,
    on_error: OnErrorOption = OnError.RAISE,
    escape: EscapeOption = True,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Report completion, sales, refunds, open value, abandonment and shared buyers.

    Of a store, or with --live of what the providers say now. A store answers for creation times and
    accounts; the other conditions are for --live. It is reported on up to where all its accounts are
    complete.

    Needs the extra: pip install 'unified-checkout[report]'.

    Rates are given twice: of all sessions, open ones included, and of those that have ended. Lists
    of payments alone, which never show an open session, take no part in them. What a provider does
    not tell is said, and is never zero. Net is gross less refunds, where every order tells them;
    fees and disputes are not taken off. Currencies are never added to each other. Days, weeks and
    months, and dates in --created and its like, are those of --tz; a period that does not lie
    wholly in the span is marked as partial.

    How long sessions take to complete, and what came of each week's, is known of a store alone.
    --max-requests and --deadline are for --live: where they end reading, the figures are of what
    was read until then.

    JSON has every figure; CSV has the groups, a row for each currency; HTML is one page that needs no
    network, PNG and SVG its headline numbers and charts.
    """
    from unified_checkout import clocks
    from unified_checkout.cli.formats import write_bytes, write_lines
    from unified_checkout.cli.report_table import Answer
    from unified_checkout.cli.writing import written_to
    from unified_checkout.client.sessions import budget_of
    from unified_checkout.report.comparison import Comparison
    from unified_checkout.report.html import page
    from unified_checkout.report.language import Language
    from unified_checkout.report.picture import drawing, picture
    from unified_checkout.report.rates import read_rates
    from unified_checkout.report.spans import time_zone
    from unified_checkout.report.table import SessionTable

    if live is (store is not None):
        raise typer.BadParameter("name a store, or say --live to ask the providers")
    for option, given in (("--max-requests", max_requests), ("--deadline", deadline)):
        if given is not None and not live:
            raise typer.BadParameter("a store costs no requests", param_hint=option)
    if filters.limit is not None:
        raise typer.BadParameter("a report takes every session", param_hint="--limit")
    if out is not None and form is Format.TABLE:
        raise typer.BadParameter("a file takes csv, json, html, png or svg", param_hint="--format")
    if out is None and form is Format.PNG and sys.stdout.isatty():
        raise typer.BadParameter("name a file for the picture", param_hint="--out")
    place = time_zone(zone)
    if form in DRAWN:
        Language(language)
    query = filters.query(place)
    say_slips(query)
    rates = None if rates_file is None else read_rates(rates_file)
    now = clocks.utc_now()
    asked = _asked(query, now)
    against = {one: _other(asked, one, place) for one in dict.fromkeys(compare or ())}
    question = _Question(query=query, now=now, asked=asked, against=against)
    with written_to(out), SessionTable() as table:
        if store is None:
            budget = budget_of(max_requests, deadline)
            with watched_client(config, verbose) as client:
                found = question.of_providers(client.sessions.within(budget), table, on_error)
        else:
            found = question.of_store(store, table)
            if compare is None and form in DRAWN and asked.start is not None:
                found.add_if_held(Against.PREVIOUS, _other(asked, Against.PREVIOUS, place))
        source, span, spans = found.source, found.span, found.compared
        figures = table.figures(span, by=by, zone=zone, without_open=source.without_open)
        if store is not None and rates is not None:
            rates.check(figures.without_rate(rates))
        comparisons = [
            Comparison(
                against=one,
                span=other,
                now=figures.total,
                then=table.total(other, zone=zone, without_open=source.without_open),
            )
            for one, other in spans.items()
        ]
        match form:
            case Format.PNG:
                write_bytes(picture(figures, comparisons, rates, source.covered(), language))
            case Format.SVG:
                write_lines([drawing(figures, comparisons, rates, source.covered(), language)])
            case Format.HTML:
                write_lines([page(figures, comparisons, rates, source.covered(), language)])
            case _:
                _write(Answer(figures, comparisons, rates), source, form, escape=escape)
    source.end()


@attrs.define
class _Found:
    """Where sessions come from, the span they are of, and those that it is compared with."""

    source: Source
    span: Span
    compared: dict[Against, Span]

    def add_if_held(self, against: Against, other: Span) -> None:
        """Compare with another span too, if the store holds it."""
        from unified_checkout.cli.report_sources import FromStore

        assert isinstance(self.source, FromStore)
        shortened = other.as_far_as(self.span, self.span.sides()[1])
        if shortened.start != shortened.end and not self.source.stored.lacks([shortened]):
            self.compared[against] = shortened


@attrs.frozen(kw_only=True)
class _Question:
    """What is asked, when, of which creation times, and which others they are compared with."""

    query: ListSessions
    now: datetime
    asked: Span
    against: dict[Against, Span]

    def of_providers(self, sessions: Sessions, table: SessionTable, on_error: OnError) -> _Found:
        """Fill the table with what the providers list."""
        from unified_checkout.cli.report_sources import ask
        from unified_checkout.report.spans import Span

        spans = {one: span.as_far_as(self.asked, self.now) for one, span in self.against.items()}
        questions = [self.query, *_earlier(self.query, spans.values(), self.now)]
        source = ask(sessions, questions, table, on_error=on_error)
        newest = max(one.created_to for one in source.coverage.accounts)
        span = Span(self.asked.start, _end(self.query)).until(_next(newest))
        return _Found(source, span, spans)

    def of_store(self, store: str, table: SessionTable) -> _Found:
        """Fill the table with what a store holds."""
        from unified_checkout.cli.report_sources import take

        asked = self.asked
        source = take(store, self.query, table)
        until = min(self.now, source.stored.until or self.now)
        spans = {one: span.as_far_as(asked, until) for one, span in self.against.items()}
        span = asked.until(until)
        end = _end(self.query)
        source.needed = [asked if end is not None and end <= self.now else span, *spans.values()]
        return _Found(source, span, spans)


def _asked(query: ListSessions, now: datetime) -> Span:
    from unified_checkout.report.spans import Span

    created = query.created
    start = None if query.last is None else now - query.last
    if created is not None:
        start = created.gte or (created.gt and _next(created.gt)) or start
    return Span(start, _end(query)).until(_end(query) or now)


def _other(asked: Span, against: Against, zone: ZoneInfo) -> Span:
    """The span to compare with."""
    return asked.previous(zone) if against is Against.PREVIOUS else asked.year_before(zone)


def _earlier(query: ListSessions, spans: Iterable[Span], now: datetime) -> list[ListSessions]:
    """The same question about all that lies in the spans and ahead of its own, once."""
    from unified_checkout.model.query import CreatedRange

    ceiling = _asked(query, now).start
    queries, reached = [], None
    for start, end in sorted(span.sides() for span in spans):
        begin, stop = max(start, reached or start), min(end, ceiling or end)
        if begin < stop:
            created = CreatedRange(gte=begin, lt=stop)
            queries.append(query.model_copy(update={"created": created, "last": None}))
            reached = stop
    return queries


def _end(query: ListSessions) -> datetime | None:
    created = query.created
    if created is None:
        return None
    return created.lt if created.lte is None else _next(created.lte)


def _next(moment: datetime) -> datetime:
    latest = moment.max.replace(tzinfo=UTC)
    return moment if moment == latest else moment + timedelta(microseconds=1)


def _write(answer: Answer, source: Source, form: Format, *, escape: bool) -> None:
    from unified_checkout.cli.formats import write_csv, write_document
    from unified_checkout.cli.report_table import show_figures

    plain = answer.to_dict()
    match form:
        case Format.TABLE:
            show_figures(answer)
        case Format.JSON:
            write_document({"report": "unified-checkout", **plain, **source.to_dict()})
        case Format.CSV:
            header = _columns(answer)
            rows = ([row.get(name) for name in header] for row in _rows(answer))
            write_csv(header, rows, escape=escape)


_SPAN = ("span_from", "span_to", "time_zone")
_COUNTS = (
    "partial",
    "sessions",
    "complete",
    "expired",
    "open",
    "rated_sessions",
    "completion_rate",
    "completion_rate_of_ended",
    "expiry_rate",
    "expiry_rate_of_ended",
)
_SALES = (
    "currency",
    "currency_assumed",
    "orders",
    "orders_payment_unknown",
    "gross",
    "refunded",
    "orders_telling_refunds",
    "net",
    "disputed",
    "orders_telling_disputes",
    "average_order_value",
    "median_order_value",
    "ninth_decile_order_value",
    "open_with_amount",
    "open_value",
)


def _columns(answer: Answer) -> list[str]:
    """The span, what is grouped by, counts, a currency's sales, and those converted."""
    from unified_checkout.report.figures import gross_in

    names = [str(name) for name in answer.figures.by if name not in _SALES]
    converted = [] if answer.rates is None else [gross_in(answer.rates), "rates_source"]
    return [*_SPAN, *names, *_COUNTS, *_SALES, *converted]


def _rows(answer: Answer) -> Iterator[dict[str, Any]]:
    """A row for each group and currency; a group's counts are in the first, to add up right."""
    plain, rates = answer.to_dict(), answer.rates
    every = {f"span_{side}": moment for side, moment in plain["span"].items()}
    every["time_zone"] = plain["time_zone"]
    if rates is not None:
        every["rates_source"] = rates.source
    for group in plain["groups"]:
        names = {name: group[name] for name in plain["by"]}
        counts = {name: group[name] for name in _COUNTS}
        for number, sales in enumerate(group["sales"] or [{}]):
            yield {**every, **names, **({} if number else counts), **sales}
