"""A report as one HTML file that needs nothing else: no network, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction

import attrs

from unified_checkout import clocks
from unified_checkout.report.charts import ON_THE_PAGE, charts
from unified_checkout.report.comparison import Comparison
from unified_checkout.report.completion import HORIZONS, rounded_up
from unified_checkout.report.covered import Covered
from unified_checkout.report.dimension import Against, Dimension
from unified_checkout.report.extra import beside, held, template
from unified_checkout.report.figures import Figures, Line, Sales, gross_in, plain_rate
from unified_checkout.report.language import ENGLISH, Language
from unified_checkout.report.notes import notes
from unified_checkout.report.rates import Rates
from unified_checkout.report.reasons import reason_in

MOST_CURRENCIES = 6
"""How many of them have a headline number."""


def page(
    figures: Figures,
    comparisons: Sequence[Comparison] = (),
    rates: Rates | None = None,
    covered: Iterable[Covered] | None = None,
    language: str = ENGLISH,
) -> str:
    """The figures as HTML: headline numbers with their changes, charts, tables, what is not known.

    A Content-Security-Policy forbids whatever a browser might fetch, and every script and style but
    the page's own. Without its script, tables do not sort, and everything else is there. The digits
    of a cell are the exact number, an amount's its minor units, a rate's its thousandths; a cell that
    tells less carries the number as ``data-value``. It suits light and dark screens, phones, and
    paper.

    Args:
        figures: what is shown.
        comparisons: the changes of the headline numbers.
        rates: for a column of converted gross, and its sum.
        covered: how far each account's sessions can be relied on; None is not shown, and of no
            account it is said that there is none.
        language: of its words, numbers and days; see :func:`languages`.

    Raises:
        ConfigurationError: if the extra ``report`` is not installed, or for a language whose words
            nobody wrote.
    """
    told = Language(language, figures.zone)
    style, script = (beside(name) for name in ("page.css", "page.js"))
    accounts = None if covered is None else list(covered)
    html = template("page.html.jinja").render(
        _=told.words.gettext,
        ngettext=told.words.ngettext,
        figures=figures,
        rates=rates,
        notes=notes(figures, rates, told),
        covered=accounts,
        verdict=None if accounts is None else verdict(accounts, told),
        reason_of=lambda one: reason_in(told.words, one.reason),
        until=min((one.until for one in accounts or () if one.until is not None), default=None),
        made=clocks.utc_now(),
        tiles=tiles(figures.total, comparisons, told, rates),
        charts=charts(figures, told, ON_THE_PAGE),
        told=told,
        names_of=lambda dimensions, line: _names(told, dimensions, line),
        by=_by(figures, told),
        more_currencies=len(figures.total.sales) - len(headline_sales(figures.total)),
        week=Dimension.WEEK,
        periods=(Dimension.DAY, Dimension.WEEK, Dimension.MONTH),
        spans=[("number", told.at_most(horizon)) for horizon in HORIZONS.values()],
        beyond_tenths=_beyond_tenths,
        plain_rate=plain_rate,
        rounded_up=rounded_up,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return held(html)


def _beyond_tenths(share: Fraction) -> bool:
    """Whether a rate is more exact than tenths of a percent, which are what is shown."""
    exact = plain_rate(share)
    return exact is not None and exact != round(exact, 3)


def verdict(covered: Sequence[Covered], told: Language) -> str:
    """How many of the accounts can be relied on."""
    _ = told.words.gettext
    if not covered:
        return _("Incomplete: no account was ever synced")
    if lacking := sum(not one.complete for one in covered):
        return _("Incomplete: {lacking} of {all} accounts").format(
            lacking=told.number(lacking), all=told.number(len(covered))
        )
    return _("Complete: all {all} accounts").format(all=told.number(len(covered)))


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _by(figures: Figures, told: Language) -> str:
    _ = told.words.gettext
    if not figures.by:
        return _("All sessions")
    return _("By {names}").format(names=", ".join(_(str(one)) for one in figures.by))


def _names(told: Language, dimensions: Sequence[Dimension], line: Line) -> list[str]:
    """What a group is called; a period that does not lie wholly in the span is marked."""
    names = [
        told.group(dimension, key) for dimension, key in zip(dimensions, line.group, strict=True)
    ]
    if line.partial:
        names[-1] = f"{names[-1]} ({told.words.gettext('partial')})"
    return names


@attrs.frozen(kw_only=True)
class Change:
    """How a headline number changed."""

    text: str
    rises: bool | None
    """None where it stayed, or there is nothing to compare with."""


@attrs.frozen(kw_only=True)
class Tile:
    """A headline number."""

    name: str
    value: str
    field: str
    exact: str
    """The number itself, as JSON has it, or an amount's minor units."""
    changes: tuple[Change, ...]


def headline_sales(total: Line) -> list[Sales]:
    """The sales of the currencies with most orders."""
    return sorted(total.sales, key=lambda sales: (-sales.orders, sales.currency))[:MOST_CURRENCIES]


def tiles(
    total: Line, comparisons: Sequence[Comparison], told: Language, rates: Rates | None = None
) -> list[Tile]:
    """The headline numbers, and how they changed."""
    _ = told.words.gettext
    rated = total.rated
    shown = []
    for field, name in (("sessions", _("Sessions")), ("complete", _("Complete"))):
        count = getattr(total.counts, field)
        changes = [(getattr(one, field), one.against) for one in comparisons]
        shown.append((field, name, told.number(count), str(count), changes, False))
    for field, name in (
        ("completion_rate_of_ended", _("Completed, of those that ended")),
        ("completion_rate", _("Completed, open ones included")),
    ):
        rate = getattr(rated, field)
        changes = [(getattr(one, field), one.against) for one in comparisons]
        exact = "" if rate is None else str(plain_rate(rate))
        shown.append((field, name, told.rate(rate), exact, changes, True))
    for sales in headline_sales(total):
        name = _("Gross, {currency}").format(currency=sales.currency.upper())
        changes = [(one.gross[sales.currency], one.against) for one in comparisons]
        exact = str(sales.gross.minor_units)
        field = f"gross-{sales.currency}"
        shown.append((field, name, told.amount(sales.gross), exact, changes, False))
    if rates is not None:
        name = _("Gross in {currency}").format(currency=rates.currency.upper())
        gross = total.gross(rates)
        changes = [(one.gross_by(rates), one.against) for one in comparisons]
        value = _("not known") if gross is None else told.amount(gross)
        exact = "" if gross is None else str(gross.minor_units)
        shown.append((gross_in(rates), name, value, exact, changes if gross else [], False))
    return [
        Tile(
            field=field,
            name=name,
            value=value,
            exact=exact,
            changes=tuple(
                _change(change, against, told, points=points) for change, against in changes
            ),
        )
        for field, name, value, exact, changes, points in shown
    ]


def _change(change: Fraction | None, against: Against, told: Language, *, points: bool) -> Change:
    _ = told.words.gettext
    previous = against is Against.PREVIOUS
    if change is None:
        text = (
            _("nothing to compare with in the span before")
            if previous
            else _("nothing to compare with in the year before")
        )
        return Change(text=text, rises=None)
    by = told.change(change, points=points)
    text = _("{change} to the span before") if previous else _("{change} to the year before")
    return Change(text=text.format(change=by), rises=change > 0 if change else None)
