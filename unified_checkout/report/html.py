"""A report as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from importlib.resources import files
from typing import Any

from unified_checkout.errors import ConfigurationError
from unified_checkout.report.comparison import Comparison
from unified_checkout.report.dimension import Against
from unified_checkout.report.figures import Figures, Line
from unified_checkout.report.rates import Rates
from unified_checkout.report.spans import Span

_COUNTS = ("sessions", "complete", "completed", "of ended", "expired")
_MONEY = (
    "currency",
    "orders",
    "gross",
    "refunded",
    "net",
    "disputed",
    "average",
    "median",
    "open value",
)
_THEN = {Against.PREVIOUS: "the span before", Against.YEAR: "the year before"}


def page(
    figures: Figures,
    comparisons: Sequence[Comparison] = (),
    rates: Rates | None = None,
    notes: Iterable[str] = (),
) -> str:
    """The figures as HTML: headline numbers with their changes, tables, notes.

    A Content-Security-Policy forbids whatever a browser might fetch or run. Cells of amounts carry
    their minor units as ``data-minor``. It suits light and dark screens, phones, and paper.

    Args:
        figures: what is shown.
        comparisons: the changes of the headline numbers.
        rates: for a column of converted gross.
        notes: lines below the tables, such as what is not known.

    Raises:
        ConfigurationError: if the extra ``report`` is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ModuleNotFoundError:
        raise ConfigurationError(
            "a page needs jinja2; run: pip install 'unified-checkout[report]'"
        ) from None
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("unified_checkout.report").joinpath("page.html.jinja")
    converted = () if rates is None else (f"gross in {rates.currency.upper()}",)
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        figures=figures,
        rates=rates,
        notes=list(notes),
        tiles=_tiles(figures.total, comparisons),
        count_columns=_COUNTS,
        money_columns=(*_MONEY, *converted),
        names_of=_names,
        total_names=("all", *[""] * (len(figures.by) - 1)) if figures.by else (),
        between=_between,
    )


def _names(line: Line) -> list[str]:
    """What a group is called; what its sessions do not say is a dash."""
    names = ["-" if name is None else name for name in line.group]
    if line.partial:
        names[-1] += " (partial)"
    return names


def _between(span: Span) -> str:
    start = "the first session" if span.start is None else _second(span.start)
    return f"from {start} to {'now' if span.end is None else _second(span.end)}"


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _tiles(total: Line, comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The headline numbers, and how they changed."""
    rated = total.rated
    tiles = [
        ("sessions", f"{total.counts.sessions:,}", "sessions", "%"),
        ("complete", f"{total.counts.complete:,}", "complete", "%"),
        ("completed, open ones in", _rate(rated.completion_rate), "completion_rate", " points"),
        (
            "completed of ended ones",
            _rate(rated.completion_rate_of_ended),
            "completion_rate_of_ended",
            " points",
        ),
    ]
    shown: list[dict[str, Any]] = [
        {
            "name": name,
            "value": value,
            "changes": [_change(getattr(one, field), unit, one.against) for one in comparisons],
        }
        for name, value, field, unit in tiles
    ]
    shown += [
        {
            "name": f"gross in {sales.currency.upper()}",
            "value": f"{sales.gross}{'*' if sales.gross.assumed else ''}",
            "changes": [
                _change(one.gross[sales.currency], "%", one.against) for one in comparisons
            ],
        }
        for sales in total.sales
    ]
    return shown


def _rate(rate: Fraction | None) -> str:
    return "not known" if rate is None else f"{float(rate):.1%}"


def _change(change: Fraction | None, unit: str, against: Against) -> str:
    if change is None:
        return f"nothing to compare with in {_THEN[against]}"
    return f"{float(change) * 100:+.1f}{unit} to {_THEN[against]}"
