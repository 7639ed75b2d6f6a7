"""What a store holds, for a report: its sessions, and how far they can be relied on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.errors import ConfigurationError
from unified_checkout.report.covered import Covered
from unified_checkout.report.spans import Span, plain_moment
from unified_checkout.telltales import quoted

if TYPE_CHECKING:
    from unified_checkout.report.table import SessionTable
    from unified_checkout.store import Store

_ACCOUNTS = """
SELECT
    account, provider, mark, complete_since,
    (
        SELECT coverage FROM runs
        WHERE runs.account = accounts.account AND coverage IS NOT NULL
        ORDER BY ended DESC LIMIT 1
    ) AS coverage,
    (
        SELECT max(began) FROM runs
        WHERE runs.account = accounts.account AND complete AND covers_to IS NOT NULL
    ) AS asked,
    wanted_since,
    (
        SELECT coverage FROM runs
        WHERE runs.account = accounts.account AND complete AND covers_from = complete_since
        AND coverage IS NOT NULL
        ORDER BY ended DESC LIMIT 1
    ) AS earliest
FROM accounts ORDER BY account
"""

_SESSIONS = """
SELECT
    s.account, provider, created, status, payment_status, mode, amount_total, amount_refunded,
    amount_disputed, currency, currency_exponent, currency_assumed, email, customer_email,
    client_reference_id, complete_seen, coalesce(seen_open, false) AS seen_open
FROM sessions AS s LEFT JOIN (
    SELECT account, id, min(read_at) AS complete_seen, bool_and(before IS NOT NULL) AS seen_open
    FROM session_changes
    WHERE field = 'status' AND after = 'complete' GROUP BY account, id
) AS c ON s.account = c.account AND s.id = c.id
WHERE gone_since IS NULL AND kind = 'checkout'
"""

_SLICES = """
SELECT run, account, began, ended, covers_from, covers_to FROM runs WHERE covers_to IS NOT NULL
"""
"""The same in every database, as the others are."""

_BEGINNING = datetime.fromtimestamp(0, UTC)


class Cure(Enum):
    """What brings the sessions that a store does not hold."""

    SYNC = auto()
    """A sync now."""
    EARLIER = auto()
    """A sync that is told to go further back."""
    LATER = auto()
    """A sync once the provider's list is settled there."""
    NONE = auto()
    """Nothing: the provider's list does not go back so far."""


@attrs.frozen(kw_only=True)
class StoredAccount:
    """How far a store is complete for one account."""

    account: str
    provider: str
    mark: datetime | None
    """The creation up to which everything is there; None if no run was complete."""
    complete_since: datetime | None
    """The creation from which on everything is there; 1970 is the beginning of the list."""
    shows_open: bool
    """Whether its list shows sessions that are open."""
    asked: datetime | None = None
    """When the last sync that completed its list began; None if that is not known."""
    wanted_since: datetime | None = None
    """The creation from which on a sync is to read; None if that is not known."""
    goes_back_no_further: bool = False
    """Whether its list was asked for earlier sessions than it reaches back to."""

    def lacks(self, span: Span) -> str | None:
        """Why the store does not hold all of this account's sessions of a span; None if it does."""
        return next((f"{self.account}: {why}" for why, _ in self._gaps(span)), None)

    def cures(self, span: Span) -> set[Cure]:
        """What brings those sessions of a span that the store does not hold."""
        return {cure for _, cure in self._gaps(span)}

    def _gaps(self, span: Span) -> Iterator[tuple[str, Cure]]:
        """Where the store does not hold all sessions of a span, and what brings them."""
        first, last = _first(span), _last(span)
        if self.mark is None or self.complete_since is None:
            yield "no sync was complete", Cure.SYNC
            return
        if self.complete_since > first:
            later = self.wanted_since is not None and self.wanted_since > first
            cure = Cure.EARLIER if later else Cure.SYNC
            cure = Cure.NONE if self.goes_back_no_further else cure
            yield f"complete only from {plain_moment(self.complete_since)} on", cure
        if self.mark < last:
            waits = self.asked is not None and last <= self.asked
            cure = Cure.LATER if waits else Cure.SYNC
            yield f"complete only up to {plain_moment(self.mark)}", cure


@attrs.frozen
class Stored:
    """The accounts of a store."""

    accounts: tuple[StoredAccount, ...]

    @property
    def until(self) -> datetime | None:
        """Up to which creation all accounts are complete, so far as any run was; exclusive."""
        marks = [one.mark for one in self.accounts if one.mark is not None]
        return min(marks) + timedelta(microseconds=1) if marks else None

    @property
    def without_open(self) -> set[str]:
        """The accounts whose lists never show an open session."""
        return {one.account for one in self.accounts if not one.shows_open}

    def lacks(self, spans: Collection[Span]) -> list[str]:
        """Why the store does not hold all sessions of the spans; nothing if it does."""
        if not self.accounts:
            return ["no account was ever synced"]
        reasons = [one.lacks(span) for one in self.accounts for span in spans]
        return list(dict.fromkeys(reason for reason in reasons if reason is not None))

    def cures(self, spans: Collection[Span]) -> set[Cure]:
        """What brings those sessions of the spans that the store does not hold."""
        if not self.accounts:
            return {Cure.SYNC}
        return set().union(*(one.cures(span) for one in self.accounts for span in spans))

    def covered(self, spans: Collection[Span]) -> list[Covered]:
        """How far each account is complete, and why it does not hold all sessions of the spans."""
        told = []
        for one in self.accounts:
            lacking = [reason for span in spans if (reason := one.lacks(span)) is not None]
            told.append(
                Covered(
                    account=one.account,
                    provider=one.provider,
                    complete=not lacking,
                    since=None if one.complete_since == _BEGINNING else one.complete_since,
                    until=one.mark,
                    reason=lacking[0].partition(": ")[2] if lacking else "in the store",
                )
            )
        return told

    def to_dict(self, spans: Collection[Span]) -> dict[str, Any]:
        """Whether it holds all sessions of the spans, why not, and its accounts, as plain data."""
        lacking = self.lacks(spans)
        return {
            "complete": not lacking,
            "lacks": lacking,
            "accounts": [
                attrs.asdict(one, filter=lambda field, _: field.name not in _UNSAID)
                | {
                    "mark": plain_moment(one.mark),
                    "complete_since": plain_moment(one.complete_since),
                }
                for one in self.accounts
            ],
        }


_UNSAID = ("asked", "wanted_since", "goes_back_no_further")
"""What tells of an account how it is cured, and is no part of what it holds."""


def _first(span: Span) -> datetime:
    """The first moment of a span that a store has to be complete for."""
    return max(span.start or _BEGINNING, _BEGINNING)


def _last(span: Span) -> datetime:
    """The last moment of a span that a store has to be complete for."""
    end = _BEGINNING if span.end is None else span.end - timedelta(microseconds=1)
    return max(end, _first(span))


def read_store(table: SessionTable, store: Store, accounts: Collection[str] = ()) -> Stored:
    """Put a store's checkouts into a table, but for those that their provider no longer has.

    Args:
        table: where they are put.
        store: where they are read.
        accounts: whose; all, unless given.

    Raises:
        ConfigurationError: for an account that the store does not have.
        StoreError: if it cannot be read.
    """
    found = store.query(_ACCOUNTS).to_pylist()
    names = {one["account"] for one in found}
    for name in accounts:
        if name not in names:
            raise ConfigurationError(
                f"the store holds no account {quoted(name)}; it holds: {', '.join(sorted(names))}"
            )
    chosen = set(accounts) or names
    stored = Stored(tuple(_account(one) for one in found if one["account"] in chosen))
    table.add_stored(store.query(_SESSIONS), store.query(_SLICES), stored)
    return stored


def _account(found: dict[str, Any]) -> StoredAccount:
    newest, earliest = (json.loads(found.pop(name) or "{}") for name in ("coverage", "earliest"))
    began, reached = (earliest.get(name) for name in ("created_from", "covers_from"))
    return StoredAccount(
        **found,
        shows_open=newest.get("shows_open", True),
        goes_back_no_further=reached is not None and began != reached,
    )
