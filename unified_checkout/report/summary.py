"""``summarize``: how many sessions, how many of them complete, and what they came to.

Counts are exact and amounts are sums of integers: each currency by itself, never two added. This
needs no database and keeps no session; where there is one, ``SessionTable`` gives more figures, and
the same ones where both do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, tzinfo
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.model.money import Money
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus
from unified_checkout.report.dimension import Dimension
from unified_checkout.report.figures import Group, plain_rate, share

if TYPE_CHECKING:
    from unified_checkout.model.session import Session


@attrs.frozen(kw_only=True)
class Sales:
    """What the orders of one currency came to.

    An order is a complete session that took money or needed none: its payment status is ``paid``
    or ``no_payment_required``, or its provider does not tell, and its mode is not ``setup``.
    """

    currency: str
    orders: int
    """The orders whose amount is known."""
    gross: Money
    """The sum of their ``amount_total``."""
    payment_unknown: int
    """How many of them count although their provider does not say whether the money is there."""

    @property
    def average_order_value(self) -> Money:
        """``gross`` by ``orders``, to the nearest minor unit, halves to the even one."""
        return attrs.evolve(
            self.gross, minor_units=round(Fraction(self.gross.minor_units, self.orders))
        )

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, strings and numbers."""
        return {
            "currency": self.currency,
            "currency_assumed": self.gross.assumed,
            "orders": self.orders,
            "orders_payment_unknown": self.payment_unknown,
            "gross": str(self.gross.amount),
            "average_order_value": str(self.average_order_value.amount),
        }


@attrs.frozen(kw_only=True)
class Line:
    """The figures of one group."""

    group: Group
    sessions: int
    complete: int
    expired: int
    sales: tuple[Sales, ...]
    """One for each currency, in alphabetical order."""
    rated: int
    """How many of the sessions come from lists that show open ones: rates are theirs."""
    rated_complete: int
    rated_expired: int

    @property
    def completion_rate(self) -> Fraction | None:
        """Complete sessions by all sessions, open ones included; None where none is rated."""
        return share(self.rated_complete, self.rated)

    @property
    def expiry_rate(self) -> Fraction | None:
        """Expired sessions by all sessions, open ones included; None where none is rated."""
        return share(self.rated_expired, self.rated)


@attrs.frozen(kw_only=True)
class Unknown:
    """What the sessions of one provider do not tell, and how many of them it concerns."""

    provider: str
    field: str
    """The field of ``Session``: ``status`` of any session, ``payment_status`` of complete ones,
    ``amount_total`` or ``currency`` of orders, ``currency_exponent`` of those that tell both."""
    sessions: int


@attrs.frozen(kw_only=True)
class Summary:
    """The figures of all groups, of everything, and what limits them."""

    by: tuple[Dimension, ...]
    lines: tuple[Line, ...]
    """Ordered by their groups, what is not known last."""
    total: Line
    unknown: tuple[Unknown, ...]
    currency_assumed: tuple[str, ...]
    """The providers that name no currency, so that one was assumed."""
    rates_unknown: tuple[str, ...] = ()
    """The providers of whose sessions some come from lists that never show an open one; those take
    no part in rates."""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers."""
        return {
            "by": [str(dimension) for dimension in self.by],
            "groups": [self._plain(line) for line in self.lines],
            "total": self._plain(self.total),
            "unknown": [attrs.asdict(unknown) for unknown in self.unknown],
            "currency_assumed": list(self.currency_assumed),
            "rates_unknown": list(self.rates_unknown),
        }

    def _plain(self, line: Line) -> dict[str, Any]:
        group = {str(name): value for name, value in zip(self.by, line.group, strict=False)}
        return {
            **group,
            "sessions": line.sessions,
            "complete": line.complete,
            "expired": line.expired,
            "rated_sessions": line.rated,
            "completion_rate": plain_rate(line.completion_rate),
            "expiry_rate": plain_rate(line.expiry_rate),
            "sales": [sales.to_dict() for sales in line.sales],
        }


_Key = Callable[["Session", tzinfo], str | None]
"""What a session is grouped by, in a time zone."""


def summarize(
    sessions: Iterable[Session],
    by: Sequence[Dimension],
    *,
    without_open: Collection[str] = (),
    zone: tzinfo = UTC,
) -> Summary:
    """Read all sessions, once and one at a time, and add up each group's figures.

    Args:
        sessions: what to add up.
        by: what to group by.
        without_open: the accounts whose lists never show an open session.
        zone: the time zone of days, weeks and months.
    """
    by = tuple(dict.fromkeys(by))
    keys = [_KEYS[dimension] for dimension in by]
    groups: dict[Group, _Tally] = {}
    total = _Tally()
    unknown: Counter[tuple[str, str]] = Counter()
    assumed: set[str] = set()
    unrated: set[str] = set()
    for session in sessions:
        group = tuple(key(session, zone) for key in keys)
        tally = groups.setdefault(group, _Tally())
        rated = session.account not in without_open
        for counted in (tally, total):
            counted.add(session, rated=rated)
        if not rated:
            unrated.add(session.provider)
        unknown.update((session.provider, field) for field in _untold(session))
        if session.currency_assumed:
            assumed.add(session.provider)
    return Summary(
        by=by,
        lines=tuple(groups[group].line(group) for group in sorted(groups, key=_none_last)),
        total=total.line(()),
        unknown=tuple(
            Unknown(provider=provider, field=field, sessions=unknown[provider, field])
            for provider, field in sorted(unknown)
        ),
        currency_assumed=tuple(sorted(assumed)),
        rates_unknown=tuple(sorted(unrated)),
    )


@attrs.define
class _Orders:
    count: int = 0
    minor_units: int = 0
    assumed: bool = False
    payment_unknown: int = 0

    def add(self, session: Session, amount: Money) -> None:
        self.count += 1
        self.minor_units += amount.minor_units
        self.assumed |= amount.assumed
        self.payment_unknown += session.payment_status in _UNTOLD_PAYMENT


@attrs.define
class _Tally:
    sessions: int = 0
    complete: int = 0
    expired: int = 0
    rated: int = 0
    rated_complete: int = 0
    rated_expired: int = 0
    orders: dict[tuple[str, int], _Orders] = attrs.field(factory=dict)
    """By currency and exponent: providers may differ on a currency's exponent."""

    def add(self, session: Session, *, rated: bool) -> None:
        complete = session.status is SessionStatus.COMPLETE
        expired = session.status is SessionStatus.EXPIRED
        self.sessions += 1
        self.complete += complete
        self.expired += expired
        self.rated += rated
        self.rated_complete += rated and complete
        self.rated_expired += rated and expired
        if _is_order(session) and (amount := session.total) is not None:
            place = (amount.currency, amount.exponent)
            self.orders.setdefault(place, _Orders()).add(session, amount)

    def line(self, group: Group) -> Line:
        currencies = sorted({currency for currency, _ in self.orders})
        return Line(
            group=group,
            sessions=self.sessions,
            complete=self.complete,
            expired=self.expired,
            sales=tuple(self._sales(currency) for currency in currencies),
            rated=self.rated,
            rated_complete=self.rated_complete,
            rated_expired=self.rated_expired,
        )

    def _sales(self, currency: str) -> Sales:
        same = {
            exponent: orders for (code, exponent), orders in self.orders.items() if code == currency
        }
        finest = max(same)
        return Sales(
            currency=currency,
            orders=sum(orders.count for orders in same.values()),
            gross=Money(
                sum(
                    orders.minor_units * 10 ** (finest - exponent)
                    for exponent, orders in same.items()
                ),
                currency,
                finest,
                any(orders.assumed for orders in same.values()),
            ),
            payment_unknown=sum(orders.payment_unknown for orders in same.values()),
        )


_UNTOLD_PAYMENT = (None, PaymentStatus.UNKNOWN)
_SETTLED = (PaymentStatus.PAID, PaymentStatus.NO_PAYMENT_REQUIRED, *_UNTOLD_PAYMENT)


def _is_order(session: Session) -> bool:
    return (
        session.status is SessionStatus.COMPLETE
        and session.payment_status in _SETTLED
        and session.mode is not SessionMode.SETUP
    )


def _untold(session: Session) -> list[str]:
    """The fields that figures need and that this session does not tell."""
    if session.status in (None, SessionStatus.UNKNOWN):
        return ["status"]
    if not _is_order(session):
        return []
    fields = {
        "payment_status": session.payment_status in _UNTOLD_PAYMENT,
        "amount_total": session.amount_total is None,
        "currency": session.currency is None,
        "currency_exponent": None not in (session.amount_total, session.currency)
        and session.total is None,
    }
    return [field for field, untold in fields.items() if untold]


def _moments(form: str) -> _Key:
    return lambda session, zone: session.created.astimezone(zone).strftime(form)


def _words(field: str) -> _Key:
    return lambda session, zone: getattr(session, field)


_KEYS: dict[Dimension, _Key] = {
    Dimension.DAY: _moments("%Y-%m-%d"),
    Dimension.WEEK: _moments("%G-W%V"),
    Dimension.MONTH: _moments("%Y-%m"),
} | {
    dimension: _words(dimension)
    for dimension in Dimension
    if dimension not in (Dimension.DAY, Dimension.WEEK, Dimension.MONTH)
}


def _none_last(group: Group) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in group]
