"""``SessionTable``: sessions in an embedded database, and figures by asking it in SQL.

Needs the extra ``report``: ``pip install 'unified-checkout[report]'``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from unified_checkout import database
from unified_checkout.extras import needing
from unified_checkout.model.money import Money
from unified_checkout.report import sql
from unified_checkout.report.clocks import ahead_of_utc
from unified_checkout.report.completion import HORIZONS, Cohort, Completion, within
from unified_checkout.report.dimension import Dimension
from unified_checkout.report.figures import (
    Counts,
    Figures,
    Group,
    Hour,
    Line,
    Missing,
    Sales,
    Shared,
)
from unified_checkout.report.spans import Span, is_partial, period_of, time_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import duckdb
    import pyarrow as pa

    from unified_checkout.model.session import Session
    from unified_checkout.report.stored import Stored

_PERIODS = {
    Dimension.DAY: timedelta(days=45),
    Dimension.WEEK: timedelta(days=400),
}
"""The longest span for which the trend is told by day, and by week."""


class SessionTable:
    """Sessions in an embedded database, in memory: filled once, asked as often as one likes.

    A context manager. What it keeps of a session is what figures need.

    >>> from unified_checkout import Client
    >>> from unified_checkout.sandbox import Sandbox
    >>> with Sandbox(sessions=30, seed=1) as sandbox, Client(sandbox.accounts) as client:
    ...     with SessionTable() as table:
    ...         table.add(client.sessions.list(accounts=["stripe", "flex"]))
    ...         figures = table.figures(by=[Dimension.PROVIDER])
    >>> [(line.group, line.counts.sessions) for line in figures.lines]
    [(('flex',), 30), (('stripe',), 30)]
    """

    def __init__(self) -> None:
        """An empty table.

        Raises:
            ConfigurationError: if the extra is not installed.
        """
        self._database = _connected()
        self._run(sql.TABLE)
        self._run(sql.SESSIONS)
        self._stored: Stored | None = None

    def add(self, sessions: Iterable[Session]) -> None:
        """Read all sessions, and keep what figures need of them.

        An amount that takes more than 64 bits counts as one that is not told, as in a store.
        """
        from unified_checkout.report.kept import tables

        for columns in tables(sessions):
            self.add_columns(columns)

    def add_columns(self, columns: pa.Table) -> None:
        """Keep what figures need of sessions that are columns already, as of ``to_arrow``."""
        self._database.register("added", columns)
        self._run(sql.ADD)
        self._database.unregister("added")

    def add_stored(self, sessions: pa.Table, slices: pa.Table, stored: Stored) -> None:
        """Keep what figures need of a store's sessions, and when each was complete at the latest.

        :func:`read_store` does it.

        Args:
            sessions: those of all accounts.
            slices: what was read when.
            stored: the accounts whose sessions are kept.
        """
        import pyarrow as pa

        self._stored = stored
        accounts = pa.table(
            {"account": pa.array([o.account for o in stored.accounts], pa.string())}
        )
        for name, columns in (
            ("stored_sessions", sessions),
            ("stored_slices", slices),
            ("stored_accounts", accounts),
        ):
            self._database.register(name, columns)
        self._run(sql.SESSIONS_WITH_STORED)

    def figures(
        self,
        span: Span | None = None,
        *,
        by: Sequence[Dimension] = (),
        zone: str = "UTC",
        without_open: Collection[str] = (),
    ) -> Figures:
        """The figures of the sessions that were created in a span.

        Args:
            span: the creation times; all, unless given.
            by: what to group by.
            zone: the time zone of days, weeks, months and hours, such as ``Europe/Berlin``.
            without_open: the accounts whose lists never show an open session.

        Raises:
            ConfigurationError: for a time zone that nobody knows.
        """
        span = span or Span()
        by = tuple(dict.fromkeys(by))
        place = time_zone(zone)
        total = self.total(span, zone=zone, without_open=without_open)
        period = self._period(span)
        return Figures(
            span=span,
            zone=zone,
            by=by,
            lines=tuple(self._lines(by, span, place)),
            total=total,
            period=period,
            trend=tuple(self._lines((period,), span, place)),
            completion=self._completion(),
            cohorts=self._cohorts(span, place),
            hours=tuple(
                Hour(hour=hour, ended=ended, abandoned=abandoned)
                for hour, ended, abandoned in self._run(sql.HOURS)
            ),
            shared=tuple(
                Shared(
                    field=field,
                    providers=tuple(providers),
                    values=values,
                    sessions=sessions,
                    complete_at_several=complete,
                )
                for field, providers, values, sessions, complete in self._run(sql.SHARED)
            ),
            missing=tuple(
                Missing(provider=provider, field=field, sessions=sessions)
                for provider, *counts in self._run(sql.MISSING)
                for field, sessions in zip(sql.UNTOLD, counts, strict=True)
                if sessions
            ),
            currency_assumed=tuple(name for (name,) in self._run(sql.ASSUMED)),
            not_rated=tuple(name for (name,) in self._run(sql.NOT_RATED)),
        )

    def total(
        self, span: Span | None = None, *, zone: str = "UTC", without_open: Collection[str] = ()
    ) -> Line:
        """The figures of all sessions that were created in a span, as one line.

        Raises:
            ConfigurationError: for a time zone that nobody knows.
        """
        span = span or Span()
        place = time_zone(zone)
        self._prepare(span, place, without_open)
        (total,) = self._lines((), span, place) or [_nothing()]
        return total

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, span: Span, zone: ZoneInfo, without_open: Collection[str]) -> None:
        bounds = {"from": _bound(span.start, "-infinity"), "to": _bound(span.end, "infinity")}
        days = self._run(sql.DAYS, bounds)
        facts = sql.facts(*ahead_of_utc((day for (day,) in days), zone))
        self._run(facts, {**bounds, "without_open": list(without_open)})

    def _period(self, span: Span) -> Dimension:
        """Days for a span of weeks, weeks for one of months, months beyond a year."""
        [first, last] = self._run(sql.BETWEEN)[0]
        start, end = span.start or first, span.end or last
        length = timedelta(0) if start is None or end is None else end - start
        return next((one for one, most in _PERIODS.items() if length <= most), Dimension.MONTH)

    def _completion(self) -> Completion | None:
        if self._stored is None:
            return None
        self._run(sql.LIVES)
        [complete, known, seen_open, median, ninth, *counts] = self._run(sql.COMPLETION)[0]
        return Completion(
            complete=complete,
            known=known,
            seen_open=seen_open,
            median=None if median is None else timedelta(microseconds=median),
            ninth_decile=None if ninth is None else timedelta(microseconds=ninth),
            within=within(counts, told=known > 0 or not complete),
        )

    def _cohorts(self, span: Span, zone: ZoneInfo) -> tuple[Cohort, ...] | None:
        """To be asked for behind ``_completion``."""
        if self._stored is None:
            return None
        return tuple(
            Cohort(
                week=week,
                partial=is_partial(Dimension.WEEK, week, span, zone),
                sessions=sessions,
                open=still_open,
                complete=complete,
                known=known,
                seen_open=seen_open,
                within=within(counts, told=known > 0 or not complete),
                passed=self._passed(week, zone),
            )
            for week, sessions, still_open, complete, known, seen_open, *counts in self._run(
                sql.COHORTS
            )
        )

    def _passed(self, week: str, zone: ZoneInfo) -> tuple[str, ...]:
        _, end = period_of(Dimension.WEEK, week, zone)
        until = None if self._stored is None else self._stored.until
        if end is None or until is None:
            return ()
        return tuple(name for name, horizon in HORIZONS.items() if until - end >= horizon)

    def _run(self, query: str, values: database.Values | None = None) -> list[tuple[Any, ...]]:
        return database.rows(self._database, query, values)

    def _lines(self, by: tuple[Dimension, ...], span: Span, zone: ZoneInfo) -> list[Line]:
        sales: dict[Group, list[Sales]] = defaultdict(list)
        for row in self._run(sql.sales(by)):
            sales[row[: len(by)]].append(_sales(*row[len(by) :]))
        lines = []
        for row in self._run(sql.counts(by)):
            group, numbers = row[: len(by)], row[len(by) :]
            lines.append(
                Line(
                    group=group,
                    counts=_counts(*numbers[:4]),
                    rated=_counts(*numbers[4:]),
                    sales=tuple(sales[group]),
                    partial=any(
                        is_partial(dimension, key, span, zone)
                        for dimension, key in zip(by, group, strict=True)
                    ),
                )
            )
        return lines


def _connected() -> duckdb.DuckDBPyConnection:
    with needing("report", "reports need"):
        import duckdb  # noqa: F401
        import pyarrow  # noqa: F401
    return database.connected(sql.SETTINGS)


def _bound(moment: datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else moment.isoformat()


def _nothing() -> Line:
    nothing = _counts(0, 0, 0, 0)
    return Line(group=(), counts=nothing, rated=nothing, sales=())


def _counts(sessions: int, complete: int, expired: int, still_open: int) -> Counts:
    return Counts(sessions=sessions, complete=complete, expired=expired, open=still_open)


def _sales(currency: str, exponent: int, assumed: bool, *row: Any) -> Sales:
    def money(minor_units: int | None) -> Money | None:
        return None if minor_units is None else Money(minor_units, currency, exponent, assumed)

    named: dict[str, Any] = dict(zip(sql.AMOUNTS, map(money, row), strict=False))
    return Sales(**named, **dict(zip(sql.NUMBERS, row[len(sql.AMOUNTS) :], strict=True)))
