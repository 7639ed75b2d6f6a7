"""What figures do not know, in words."""

from __future__ import annotations

from collections import defaultdict
from gettext import NullTranslations
from typing import TYPE_CHECKING

from unified_checkout.report.figures import Figures
from unified_checkout.report.rates import Rates

if TYPE_CHECKING:
    from unified_checkout.report.language import Language

MARK = "*"
"""Behind an amount whose currency is assumed."""


def _(message: str) -> str:
    """Marks what is translated where it is used."""
    return message


_NOT_TOLD = {
    "status": _("the status of {}"),
    "payment_status": _("whether {} are paid; counted as orders"),
    "amount_total": _("the amount of {}; gross lacks them"),
    "currency": _("the currency of {}; gross lacks them"),
    "currency_exponent": _("the decimals of the currency of {}; gross lacks them"),
    "amount_refunded": _("what was refunded of {}"),
    "amount_disputed": _("what is disputed of {}"),
    "email": _("the buyer's address in {}"),
    "client_reference_id": _("a reference in {}"),
    "refunded_without_order": _("refunds of {} that are no orders are in no figure"),
}
_OF_SESSIONS = ("status", "email", "client_reference_id", "refunded_without_order")


def notes(
    figures: Figures, rates: Rates | None = None, language: Language | None = None
) -> list[str]:
    """What the figures do not know, and by whose rates they are converted, a line each.

    Args:
        figures: what is shown.
        rates: by which they are converted.
        language: of the words and numbers; English, unless given.
    """
    words = NullTranslations() if language is None else language.words
    number = "{:,}".format if language is None else language.number
    _ = words.gettext
    periods = [one.partial for one in (*figures.lines, *figures.trend)]
    partial = any([*periods, *(week.partial for week in figures.cohorts or ())])
    lines = [_("partial: the period does not lie wholly in the span")] if partial else []
    lines += [
        _(
            "{provider} takes no part in rates, hours and open values: "
            "its list shows no open sessions"
        ).format(provider=provider)
        for provider in figures.not_rated
    ]
    told: dict[str, list[str]] = defaultdict(list)
    for missing in figures.missing:
        count = missing.sessions
        things = (
            words.ngettext("{count} session", "{count} sessions", count)
            if missing.field in _OF_SESSIONS
            else words.ngettext("{count} order", "{count} orders", count)
        )
        counted = things.format(count=number(count))
        told[missing.provider].append(_(_NOT_TOLD[missing.field]).format(counted))
    lines += [
        _("not known at {provider}: {what}").format(provider=provider, what="; ".join(whats))
        for provider, whats in told.items()
    ]
    lines += [
        _("{mark} the currency is assumed at {provider}, which names none").format(
            mark=MARK, provider=provider
        )
        for provider in figures.currency_assumed
    ]
    if figures.completion is None:
        lines.append(
            _("time to complete, weeks: not known from lists; ask a store that sync keeps")
        )
    if rates is not None:
        lines.append(_converted(figures, rates, words))
    return lines


def _converted(figures: Figures, rates: Rates, words: NullTranslations) -> str:
    _ = words.gettext
    told = _("converted to {currency} by the rates of: {source}").format(
        currency=rates.currency.upper(), source=rates.source
    )
    if not (lacking := figures.without_rate(rates)):
        return told
    none = _("it has none for {currencies}").format(currencies=", ".join(map(str.upper, lacking)))
    return f"{told}; {none}"
