"""What a report says: counts and rates, sales by currency, hours, what two providers share.

Counts are exact and amounts are sums of integers: each currency by itself, never two added.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.model.money import Money
from unified_checkout.report.completion import Cohort, Completion
from unified_checkout.report.dimension import Dimension
from unified_checkout.report.spans import Span

if TYPE_CHECKING:
    from unified_checkout.report.rates import Rates

Group = tuple[str | None, ...]
"""What a line's sessions share, in the order of the dimensions; None where they do not say."""


def share(part: int, whole: int) -> Fraction | None:
    """A part of a whole; None where there is none."""
    return Fraction(part, whole) if whole else None


@attrs.frozen(kw_only=True)
class Counts:
    """How many sessions there are, by what became of them."""

    sessions: int
    complete: int
    expired: int
    open: int

    @property
    def ended(self) -> int:
        """The sessions that are not open."""
        return self.sessions - self.open

    @property
    def completion_rate(self) -> Fraction | None:
        """Complete sessions by all sessions, open ones included."""
        return share(self.complete, self.sessions)

    @property
    def completion_rate_of_ended(self) -> Fraction | None:
        """Complete sessions by those that are not open."""
        return share(self.complete, self.ended)

    @property
    def expiry_rate(self) -> Fraction | None:
        """Expired sessions by all sessions, open ones included."""
        return share(self.expired, self.sessions)

    @property
    def expiry_rate_of_ended(self) -> Fraction | None:
        """Expired sessions by those that are not open."""
        return share(self.expired, self.ended)

    def to_dict(self) -> dict[str, int]:
        """The counts by name."""
        return attrs.asdict(self)


@attrs.frozen(kw_only=True)
class Sales:
    """What the sessions of one currency came to.

    An order is a complete session that took money or needed none: its payment status is ``paid``
    or ``no_payment_required``, or its provider does not tell, and its mode is not ``setup``.
    """

    orders: int
    """The orders whose amount is known."""
    gross: Money
    """The sum of their ``amount_total``."""
    median: Money | None
    """The least order value that half of the orders do not exceed; None without an order."""
    ninth_decile: Money | None
    """The least order value that nine in ten orders do not exceed."""
    refunds_told: int
    """How many of the orders tell what was refunded."""
    refunded: Money | None
    """What was refunded of them; None where none tells."""
    disputes_told: int
    """How many of the orders tell what is disputed."""
    disputed: Money | None
    """What is disputed of them; None where none tells."""
    open: int | None
    """The open sessions whose amount is known; those in ``setup`` mode do not count. None where
    all sessions of the currency come from lists that never show an open one."""
    open_value: Money | None
    """The sum of their ``amount_total``; None where ``open`` is."""
    payment_unknown: int
    """How many of the orders count although their provider does not say whether they are paid."""

    @property
    def currency(self) -> str:
        """The lower-case code."""
        return self.gross.currency

    @property
    def average(self) -> Money | None:
        """``gross`` by ``orders``, to the nearest minor unit, halves to the even one."""
        if not self.orders:
            return None
        return attrs.evolve(
            self.gross, minor_units=round(Fraction(self.gross.minor_units, self.orders))
        )

    @property
    def net(self) -> Money | None:
        """``gross`` less ``refunded``; None unless every order tells what was refunded.

        Fees and disputes are not taken off.
        """
        if self.refunded is None or self.refunds_told < self.orders:
            return None
        return self.gross - self.refunded

    def to_dict(self, rates: Rates | None = None) -> dict[str, Any]:
        """The same as plain strings and numbers; amounts are decimals, None where not known.

        With rates, ``gross_in_eur`` and the like is gross in their currency.
        """
        converted = {} if rates is None else {gross_in(rates): _amount(rates.convert(self.gross))}
        return {
            **converted,
            "currency": self.currency,
            "currency_assumed": self.gross.assumed,
            "orders": self.orders,
            "orders_payment_unknown": self.payment_unknown,
            "gross": _amount(self.gross),
            "refunded": _amount(self.refunded),
            "orders_telling_refunds": self.refunds_told,
            "net": _amount(self.net),
            "disputed": _amount(self.disputed),
            "orders_telling_disputes": self.disputes_told,
            "average_order_value": _amount(self.average),
            "median_order_value": _amount(self.median),
            "ninth_decile_order_value": _amount(self.ninth_decile),
            "open_with_amount": self.open,
            "open_value": _amount(self.open_value),
        }


@attrs.frozen(kw_only=True)
class Line:
    """The figures of one group."""

    group: Group
    counts: Counts
    """All sessions of the group."""
    rated: Counts
    """Those from lists that show open sessions: rates are theirs. A list of payments alone, which
    never shows what was not finished, takes no part."""
    sales: tuple[Sales, ...]
    """One for each currency, in alphabetical order."""
    partial: bool = False
    """Whether the group is a day, week or month that does not lie wholly in the span."""

    @property
    def open(self) -> int | None:
        """The open sessions; None where all come from lists that never show one."""
        return self.rated.open if self.rated.sessions or not self.counts.sessions else None

    def gross(self, rates: Rates) -> Money | None:
        """Gross of all currencies, converted; None where there is no rate for one of them.

        It is the sum of what each currency's gross is when it is converted.
        """
        amounts = [rates.convert(sales.gross) for sales in self.sales]
        nothing = Money(0, rates.currency, rates.digits)
        known = [amount for amount in amounts if amount is not None]
        return sum(known, nothing) if len(known) == len(amounts) else None

    def to_dict(self, by: tuple[Dimension, ...] = (), rates: Rates | None = None) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers."""
        rated = self.rated
        converted = {} if rates is None else {gross_in(rates): _amount(self.gross(rates))}
        return {
            **{str(name): value for name, value in zip(by, self.group, strict=True)},
            "partial": self.partial,
            **converted,
            **self.counts.to_dict(),
            "open": self.open,
            "rated_sessions": rated.sessions,
            "completion_rate": plain_rate(rated.completion_rate),
            "completion_rate_of_ended": plain_rate(rated.completion_rate_of_ended),
            "expiry_rate": plain_rate(rated.expiry_rate),
            "expiry_rate_of_ended": plain_rate(rated.expiry_rate_of_ended),
            "sales": [sales.to_dict(rates) for sales in self.sales],
        }


@attrs.frozen(kw_only=True)
class Hour:
    """What became of the sessions that began in one hour of the day, in the report's time zone."""

    hour: int
    """0 to 23."""
    ended: int
    """Those that are not open; from lists that show open sessions only."""
    abandoned: int
    """Those of them that are expired, canceled or failed."""

    @property
    def abandonment_rate(self) -> Fraction | None:
        """``abandoned`` by ``ended``."""
        return share(self.abandoned, self.ended)

    def to_dict(self) -> dict[str, Any]:
        """The same by name."""
        return {**attrs.asdict(self), "abandonment_rate": plain_rate(self.abandonment_rate)}


@attrs.frozen(kw_only=True)
class Shared:
    """Buyers, or references, that were seen at the same two or more providers."""

    field: str
    """``email``: the buyer's address, or the prefilled one; ``client_reference_id``."""
    providers: tuple[str, ...]
    values: int
    """How many different ones."""
    sessions: int
    """The sessions that have them."""
    complete_at_several: int
    """How many of the values have a complete session at two providers or more."""

    def to_dict(self) -> dict[str, Any]:
        """The same by name."""
        return {**attrs.asdict(self), "providers": list(self.providers)}


@attrs.frozen(kw_only=True)
class Missing:
    """What the sessions of one provider do not tell, and how many of them it concerns."""

    provider: str
    field: str
    """``status`` of any session; ``payment_status``, ``amount_total``, ``currency``,
    ``currency_exponent``, ``amount_refunded`` and ``amount_disputed`` of orders; ``email`` and
    ``client_reference_id`` of any session. ``refunded_without_order`` counts sessions that are
    no orders and of which something was refunded, which is in no figure."""
    sessions: int


@attrs.frozen(kw_only=True)
class Figures:
    """The figures of all groups, of everything, and what limits them."""

    span: Span
    zone: str
    """The time zone that days, weeks, months and hours are those of."""
    by: tuple[Dimension, ...]
    lines: tuple[Line, ...]
    """Ordered by their groups, what is not known last."""
    total: Line
    period: Dimension
    """What the trend is told by: days, weeks or months, as suits the length of the span."""
    trend: tuple[Line, ...]
    """The periods of the span in which sessions were created, in their order."""
    completion: Completion | None
    """How long sessions take to complete; None where no store was asked: lists do not tell it."""
    cohorts: tuple[Cohort, ...] | None
    """What became of each week's sessions; None where ``completion`` is."""
    hours: tuple[Hour, ...]
    """The hours in which a session began that has ended."""
    shared: tuple[Shared, ...]
    missing: tuple[Missing, ...]
    currency_assumed: tuple[str, ...]
    """The providers that name no currency, so that one was assumed."""
    not_rated: tuple[str, ...]
    """The providers of whose sessions some come from lists that never show an open one; those take
    no part in rates and hours."""

    def without_rate(self, rates: Rates) -> list[str]:
        """The currencies of these figures that the rates lack."""
        return [one.currency for one in self.total.sales if rates.convert(one.gross) is None]

    def to_dict(self, rates: Rates | None = None) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers.

        With rates, their source and the currencies that they lack are named.
        """
        used = {} if rates is None else {"rates": rates.to_dict(self.without_rate(rates))}
        return {
            **used,
            "span": self.span.to_dict(),
            "time_zone": self.zone,
            "by": [str(dimension) for dimension in self.by],
            "groups": [line.to_dict(self.by, rates) for line in self.lines],
            "total": self.total.to_dict(rates=rates),
            "trend": {
                "by": str(self.period),
                "groups": [line.to_dict((self.period,), rates) for line in self.trend],
            },
            "completion": None if self.completion is None else self.completion.to_dict(),
            "cohorts": None
            if self.cohorts is None
            else [cohort.to_dict() for cohort in self.cohorts],
            "hours": [hour.to_dict() for hour in self.hours],
            "shared": [shared.to_dict() for shared in self.shared],
            "missing": [attrs.asdict(missing) for missing in self.missing],
            "currency_assumed": list(self.currency_assumed),
            "not_rated": list(self.not_rated),
        }


def plain_rate(rate: Fraction | None) -> float | None:
    """A rate as a number between 0 and 1, to four decimals."""
    return None if rate is None else round(float(rate), 4)


def gross_in(rates: Rates) -> str:
    """What converted gross is called: ``gross_in_eur``."""
    return f"gross_in_{rates.currency}"


def _amount(money: Money | None) -> str | None:
    return None if money is None else str(money.amount)
