"""``Comparison``: a span's figures beside those of another one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import attrs

from unified_checkout.model.money import Money
from unified_checkout.report.dimension import Against
from unified_checkout.report.figures import Line, plain_rate
from unified_checkout.report.rates import Rates
from unified_checkout.report.spans import Span


@attrs.frozen(kw_only=True)
class Comparison:
    """What all sessions of a span came to, and those of another span."""

    against: Against
    span: Span
    """The other span; where this one is not over yet, as much of it."""
    now: Line
    then: Line

    @property
    def sessions(self) -> Fraction | None:
        """The change of the number of sessions, as a share of what it was."""
        return _change(self.now.counts.sessions, self.then.counts.sessions)

    @property
    def complete(self) -> Fraction | None:
        """The change of the number of complete sessions, as a share of what it was."""
        return _change(self.now.counts.complete, self.then.counts.complete)

    @property
    def completion_rate(self) -> Fraction | None:
        """The rate less what it was, open sessions included in both."""
        return _difference(self.now.rated.completion_rate, self.then.rated.completion_rate)

    @property
    def completion_rate_of_ended(self) -> Fraction | None:
        """The rate less what it was, open sessions left out of both."""
        return _difference(
            self.now.rated.completion_rate_of_ended, self.then.rated.completion_rate_of_ended
        )

    @property
    def gross(self) -> dict[str, Fraction | None]:
        """By currency of either span, the change of gross as a share of what it was."""
        now = {sales.currency: sales.gross for sales in self.now.sales}
        then = {sales.currency: sales.gross for sales in self.then.sales}
        return {
            currency: _change(_exact(now.get(currency)), _exact(then.get(currency)))
            for currency in sorted({*now, *then})
        }

    def gross_by(self, rates: Rates) -> Fraction | None:
        """The change of gross of all currencies, converted, as a share of what it was.

        None from nothing, and where there is no rate for a currency of either span.
        """
        now, then = self.now.gross(rates), self.then.gross(rates)
        return None if now is None or then is None else _change(_exact(now), _exact(then))

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers."""
        return {
            "against": str(self.against),
            "span": self.span.to_dict(),
            "total": self.then.to_dict(),
            "change": {
                "sessions": plain_rate(self.sessions),
                "complete": plain_rate(self.complete),
                "completion_rate": plain_rate(self.completion_rate),
                "completion_rate_of_ended": plain_rate(self.completion_rate_of_ended),
                "gross": {name: plain_rate(change) for name, change in self.gross.items()},
            },
        }


def _exact(money: Money | None) -> Fraction:
    return Fraction(0) if money is None else Fraction(money.amount)


def _change(now: Fraction | int, then: Fraction | int) -> Fraction | None:
    """None from nothing."""
    return Fraction(now) / Fraction(then) - 1 if then else None


def _difference(now: Fraction | None, then: Fraction | None) -> Fraction | None:
    return None if now is None or then is None else now - then
