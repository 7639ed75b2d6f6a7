"""The charts of a report, drawn to SVG: nothing in them is fetched or run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.report.completion import HORIZONS
from unified_checkout.report.dimension import Dimension
from unified_checkout.report.slim import slim

if TYPE_CHECKING:
    from unified_checkout.report.figures import Figures, Line
    from unified_checkout.report.language import Language

WIDTH, HEIGHT = 400, 220
_MOST_BARS = 12
_MOST_CURRENCIES = 4
_MOST_DOTS = 31
_TICKS = 6
_LARGE = 10_000
_PALE = 0.45

Colours = Mapping[str, str]
"""What is painted in which colour: ``ink``, ``faint``, ``line``, and the series' own."""

NAMES = ("ink", "faint", "line", "complete", "expired", "open", "other", "accent")
ON_THE_PAGE: Colours = {name: f"var(--{name})" for name in NAMES}
"""The page's style says what they are, by day and by night."""
ON_PAPER: Colours = {
    "ink": "#1b1f24",
    "faint": "#59636e",
    "line": "#d1d9e0",
    "complete": "#1f7a5c",
    "expired": "#c9822b",
    "open": "#4f86c6",
    "other": "#7d8792",
    "accent": "#3457b2",
}


@attrs.frozen(kw_only=True)
class Chart:
    """A chart, and what it shows in words."""

    name: str
    title: str
    told: str
    """What it comes to, in a line."""
    table: str
    """The table that has its numbers."""
    svg: str
    points: str = ""
    """What is to be told to somebody who does not see it, beyond that."""


def charts(figures: Figures, language: Language, colours: Colours) -> list[Chart]:
    """The charts that the figures give rise to, the most telling first."""
    draw = _Draughtsman(language, colours)
    made = [_sessions(figures, draw), _rates(figures, draw), *_gross(figures, draw)]
    made += [_groups(figures, draw), _hours(figures, draw), _times(figures, draw)]
    made.append(_weeks(figures, draw))
    return [chart for chart in made if chart is not None]


class _Draughtsman:
    """Draws in one language and one set of colours."""

    def __init__(self, language: Language, colours: Colours) -> None:
        import altair
        import vl_convert

        self.alt: Any = altair
        """Its classes take far more than their annotations say."""
        self.language = language
        self.colours = colours
        self.words = language.words.gettext
        self._draw = vl_convert.vegalite_to_svg

    def chart(self, rows: Iterable[Mapping[str, Any]]) -> Any:
        """An empty chart of rows."""
        return self.alt.Chart(self.alt.InlineData(values=[dict(row) for row in rows]))

    def places(self, labels: Mapping[str, str]) -> Any:
        """The x axis for ``key``, whose labels are few enough to be read."""
        alt = self.alt
        ticks = list(labels)[:: -(-len(labels) // _TICKS)]
        axis = alt.Axis(
            title=None,
            labelAngle=0,
            values=ticks,
            labelExpr=_labels({key: labels[key] for key in ticks}),
            labelOverlap=True,
        )
        return alt.X("key:O", sort=None, axis=axis)

    def numbers(self, form: str, *, title: str | None = None) -> Any:
        """The y axis for ``number``."""
        alt = self.alt
        axis = alt.Axis(title=title, format=form, tickCount=4)
        return alt.Y("number:Q", axis=axis, scale=alt.Scale(nice=True, zero=True))

    def series(self, words: Mapping[str, str]) -> Any:
        """The colours of ``series``, whose words are the legend."""
        alt = self.alt
        scale = alt.Scale(domain=list(words.values()), range=[self.colours[name] for name in words])
        legend = alt.Legend(title=None, orient="top", columns=4)
        return alt.Color("series:N", scale=scale, legend=legend, sort=None)

    def opacity(self) -> Any:
        """How pale what is partial is, as ``opacity`` says."""
        return self.alt.Opacity("opacity:Q", scale=None, legend=None)

    def stacked(
        self,
        rows: Iterable[Mapping[str, Any]],
        labels: Mapping[str, str],
        series: Mapping[str, str],
        form: str,
    ) -> Any:
        """A bar for each key, of one part for each series, as ``order`` says."""
        return (
            self.chart(rows)
            .mark_bar()
            .encode(
                x=self.places(labels),
                y=self.numbers(form),
                color=self.series(series),
                order=self.alt.Order("order:Q"),
                opacity=self.opacity(),
            )
        )

    def svg(self, chart: Any) -> str:
        """The chart drawn, for screens without its own names and roles."""
        alt, colours = self.alt, self.colours
        sized = chart.properties(
            width=WIDTH,
            height=HEIGHT,
            autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        )
        spec = sized.configure(
            aria=False,
            background="transparent",
            font="system-ui, sans-serif",
            padding=2,
        ).to_dict()
        spec["config"] |= {
            "view": {"stroke": None},
            "axis": {
                "domainColor": colours["line"],
                "gridColor": colours["line"],
                "labelColor": colours["faint"],
                "labelFontSize": 11,
                "tickColor": colours["line"],
                "titleColor": colours["faint"],
                "titleFontSize": 11,
                "titleFontWeight": "normal",
            },
            "axisX": {"grid": False},
            "axisY": {"domain": False, "ticks": False},
            "legend": {
                "labelColor": colours["ink"],
                "labelFontSize": 11,
                "symbolType": "M-1,-1H1V1H-1Z",  # four sides: their word is a provider's name, too
                "offset": 4,
            },
        }
        return slim(self._draw(spec, format_locale=self.language.format_locale()))


def _sessions(figures: Figures, draw: _Draughtsman) -> Chart | None:
    if not figures.trend:
        return None
    words, language = draw.words, draw.language
    series = {name: words(name) for name in ("complete", "expired", "open", "other")}
    rows = []
    for key, line in _periods(figures):
        counts = None if line is None else line.counts
        parts = dict.fromkeys(series, 0)
        if counts is not None:
            known = {name: getattr(counts, name) for name in ("complete", "expired", "open")}
            parts = {**known, "other": counts.sessions - sum(known.values())}
        rows += [
            {
                "key": key,
                "number": count,
                "series": series[name],
                "order": order,
                "opacity": _opacity(line),
            }
            for order, (name, count) in enumerate(parts.items())
        ]
    drawn = draw.stacked(rows, _ticks(figures, language), series, ",d")
    total = figures.total.counts
    told = words("{sessions} sessions, of which {complete} are complete").format(
        sessions=language.number(total.sessions), complete=language.number(total.complete)
    )
    return Chart(
        name="sessions",
        title=words(f"Sessions by {figures.period}"),
        told=_paler(figures, draw, told),
        table="trend",
        svg=draw.svg(drawn),
    )


def _rates(figures: Figures, draw: _Draughtsman) -> Chart | None:
    rates = [
        (key, None if line is None else line.rated.completion_rate_of_ended)
        for key, line in _periods(figures)
    ]
    if sum(rate is not None for _, rate in rates) < 2:
        return None
    language = draw.language
    rows = [{"key": key, "number": None if rate is None else float(rate)} for key, rate in rates]
    colour = draw.colours["complete"]
    x, y = draw.places(_ticks(figures, language)), draw.numbers(".0%")
    line = draw.chart(rows).mark_line(color=colour, strokeWidth=2).encode(x=x, y=y)
    dots = draw.chart(_dotted(rows)).mark_point(color=colour, size=18, filled=True, opacity=1)
    drawn = line + dots.encode(x=x, y=y)
    whole = language.rate(figures.total.rated.completion_rate_of_ended)
    return Chart(
        name="completion",
        title=draw.words("Completed, of those that ended"),
        told=draw.words("{rate} over the whole span").format(rate=whole),
        table="trend",
        svg=draw.svg(drawn),
    )


def _dotted(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What a line has a dot for: everything, or of many those that it does not reach."""
    if len(rows) <= _MOST_DOTS:
        return list(rows)
    known = [False, *(row["number"] is not None for row in rows), False]
    return [row for place, row in enumerate(rows) if not (known[place] or known[place + 2])]


def _gross(figures: Figures, draw: _Draughtsman) -> Iterator[Chart]:
    """One for each currency, since no two are added; those with most orders."""
    language = draw.language
    ranked = sorted(figures.total.sales, key=lambda sales: (-sales.orders, sales.currency))
    for sales in ranked[:_MOST_CURRENCIES]:
        if not sales.orders:
            continue
        rows = []
        for key, line in _periods(figures):
            own = (
                [one.gross for one in line.sales if one.currency == sales.currency] if line else []
            )
            number = float(own[0].amount) if own else 0
            rows.append({"key": key, "number": number, "opacity": _opacity(line)})
        drawn = (
            draw.chart(rows)
            .mark_bar(color=draw.colours["accent"])
            .encode(
                x=draw.places(_ticks(figures, language)),
                y=draw.numbers(_money_form(rows)),
                opacity=draw.opacity(),
            )
        )
        told = draw.words("{amount} {currency} from {orders} orders").format(
            amount=language.amount(sales.gross),
            currency=sales.currency.upper(),
            orders=language.number(sales.orders),
        )
        yield Chart(
            name=f"gross-{sales.currency}",
            title=draw.words("Gross, {currency}").format(currency=sales.currency.upper()),
            told=_paler(figures, draw, told),
            table="trend-sales",
            svg=draw.svg(drawn),
        )


def _money_form(rows: Sequence[Mapping[str, Any]]) -> str:
    """In thousands or millions only where amounts are large."""
    return "~s" if max(row["number"] for row in rows) >= _LARGE else ",.0f"


def _groups(figures: Figures, draw: _Draughtsman) -> Chart | None:
    """Completion by provider, or whatever single thing the report is grouped by."""
    if len(figures.by) != 1 or figures.by[0] in (
        *(Dimension.DAY, Dimension.WEEK, Dimension.MONTH, Dimension.STATUS),
    ):
        return None
    [by], language = figures.by, draw.language
    rows = [
        {
            "label": language.group(by, line.group[0]),
            "number": float(line.rated.completion_rate_of_ended),
            "shown": language.rate(line.rated.completion_rate_of_ended),
        }
        for line in figures.lines
        if line.rated.completion_rate_of_ended is not None
    ][:_MOST_BARS]
    if len(rows) < 2:
        return None
    return _levels(
        rows,
        draw,
        name="groups",
        title=draw.words(f"Completed by {by}, of those that ended"),
        told=draw.words("{rate} of all").format(
            rate=language.rate(figures.total.rated.completion_rate_of_ended)
        ),
        table="groups",
    )


def _hours(figures: Figures, draw: _Draughtsman) -> Chart | None:
    if not figures.hours:
        return None
    known = {f"{hour.hour:02}": hour.abandonment_rate for hour in figures.hours}
    hours = [f"{hour:02}" for hour in range(24)]
    rates = [(hour, known.get(hour)) for hour in hours]
    rows = [{"key": hour, "number": None if rate is None else float(rate)} for hour, rate in rates]
    drawn = (
        draw.chart(rows)
        .mark_bar(color=draw.colours["expired"])
        .encode(x=draw.places(dict(zip(hours, hours, strict=True))), y=draw.numbers(".0%"))
    )
    return Chart(
        name="hours",
        title=draw.words("Abandoned, by the hour in which the session began"),
        told=draw.words("of the sessions that ended, by hour of the day"),
        table="hours",
        svg=draw.svg(drawn),
    )


def _times(figures: Figures, draw: _Draughtsman) -> Chart | None:
    told = figures.completion
    if told is None or not told.known:
        return None
    language = draw.language
    rows = [
        {
            "label": language.at_most(HORIZONS[one.horizon]),
            "number": one.sessions / told.known,
            "shown": language.rate(Fraction(one.sessions, told.known)),
        }
        for one in told.within
        if one.sessions is not None
    ]
    return _levels(
        rows,
        draw,
        name="times",
        title=draw.words("How long it takes to complete"),
        told=draw.words("of {known} complete sessions whose time is known, at least").format(
            known=language.number(told.known)
        ),
        table="times",
    )


def _weeks(figures: Figures, draw: _Draughtsman) -> Chart | None:
    cohorts = figures.cohorts
    if not cohorts or not any(one.known for one in cohorts):
        return None
    language, words = draw.language, draw.words
    series = {
        "complete": words("within a day"),
        "open": words("within a week"),
        "accent": words("later"),
        "other": words("time not known"),
    }
    rows = []
    for one in cohorts:
        within = {each.horizon: each.sessions or 0 for each in one.within}
        parts = (
            within["1d"],
            within["7d"] - within["1d"],
            one.known - within["7d"],
            one.complete - one.known,
        )
        rows += [
            {
                "key": one.week,
                "number": part / one.sessions,
                "series": name,
                "order": order,
                "opacity": _PALE if one.partial else 1,
            }
            for order, (name, part) in enumerate(zip(series.values(), parts, strict=True))
        ]
    labels = language.ticks(Dimension.WEEK, [one.week for one in cohorts])
    drawn = draw.stacked(rows, labels, series, ".0%")
    return Chart(
        name="weeks",
        title=words("Complete so far, by the week of creation"),
        told=words("as a share of the week's sessions, by how long it took at most"),
        table="cohorts",
        svg=draw.svg(drawn),
    )


def _levels(rows: Sequence[Mapping[str, Any]], draw: _Draughtsman, **named: str) -> Chart:
    """Bars that lie, each with its share written behind it."""
    alt = draw.alt
    keyed = {str(place): row for place, row in enumerate(rows)}
    axis = alt.Axis(
        title=None,
        labelExpr=_labels({key: row["label"] for key, row in keyed.items()}),
        labelLimit=120,
        minExtent=84,
        ticks=False,
        domain=False,
    )
    scale = alt.Scale(domain=[0, 1.3])
    base = draw.chart({"key": key, **row} for key, row in keyed.items()).encode(
        y=alt.Y("key:N", sort=None, axis=axis), x=alt.X("number:Q", axis=None, scale=scale)
    )
    bars = base.mark_bar(color=draw.colours["complete"], height={"band": 0.7})
    ends = base.mark_text(align="left", dx=4, color=draw.colours["ink"], fontSize=11)
    points = "; ".join(f"{row['label']}: {row['shown']}" for row in rows)
    return Chart(**named, svg=draw.svg(bars + ends.encode(text="shown:N")), points=points)


def _periods(figures: Figures) -> Iterator[tuple[str, Line | None]]:
    """Every day, week or month from the first to the last, those without a session too."""
    lines = {line.group[0]: line for line in figures.trend}
    known = [key for key in lines if key is not None]
    if not known:
        return
    key = min(known)
    while key <= max(known):
        yield key, lines.get(key)
        key = _next(figures.period, key)


def _ticks(figures: Figures, language: Language) -> dict[str, str]:
    """What each day, week or month of the trend is called."""
    return language.ticks(figures.period, [key for key, _ in _periods(figures)])


def _labels(labels: Mapping[str, str]) -> str:
    """What tells an axis the label of each key, of which two may have the same one."""
    return f"({json.dumps(labels)})[datum.value]"


def _opacity(line: Line | None) -> float:
    return _PALE if line is not None and line.partial else 1


def _paler(figures: Figures, draw: _Draughtsman, told: str) -> str:
    """What a chart comes to, and that what is partial is paler, where it is."""
    partial = any(line.partial for line in figures.trend)
    return f"{told}; {draw.words('paler: partial')}" if partial else told


def _next(period: Dimension, key: str) -> str:
    """The day, week or month behind one.

    >>> _next(Dimension.WEEK, "2026-W53"), _next(Dimension.MONTH, "2026-12")
    ('2027-W01', '2027-01')
    """
    if period is Dimension.WEEK:
        year, _, week = key.partition("-W")
        return f"{date.fromisocalendar(int(year), int(week), 1) + timedelta(days=7):%G-W%V}"
    if period is Dimension.MONTH:
        return f"{date.fromisoformat(f'{key}-01') + timedelta(days=31):%Y-%m}"
    return f"{date.fromisoformat(key) + timedelta(days=1):%Y-%m-%d}"
