"""Coverage: what a finished answer can prove about its own completeness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.adapters import Order, Paging
from unified_checkout.errors import IncompleteAnswer

if TYPE_CHECKING:
    from datetime import datetime


@attrs.frozen
class PageSpan:
    """One page as it was read: its first and last id and how many sessions it held."""

    first: str | None
    last: str | None
    rows: int


@attrs.frozen(kw_only=True)
class AccountCoverage:
    """What was read of one account, and what that proves."""

    account: str
    provider: str
    complete: bool
    """Whether the answer holds all it should of this account."""
    reason: str
    """Why it is complete, or why it is not."""
    order: Order
    """The order that the provider documents and that reading relied on."""
    order_held: bool
    """Whether every page that was read, here or before the cursor, kept that order."""
    paging: Paging
    """How the list was walked; an offset promises less, see ``promise``."""
    created_from: datetime | None
    """The lower bound of creation, as asked."""
    created_to: datetime
    """The frozen upper bound: later sessions are not part of the answer."""
    requests: int
    retries: int
    waited: float
    """Seconds that requests were held back by the rate or after failures."""
    rows_read: int
    rows_dropped: int
    """Sessions that were read and did not match what is evaluated here."""
    rows_later: int
    """Sessions that were read and were created after ``created_to``."""
    duplicates: int
    """Sessions that were read again and removed."""
    vanished: int
    """Sessions that a cursor names and that are no longer there."""
    delivered: int
    pages: tuple[PageSpan, ...]

    @property
    def promise(self) -> str:
        """What the way of paging allows to promise."""
        if self.paging is Paging.OFFSET and len(self.pages) > 1:
            return (
                "weaker: pages were counted off, so sessions that arrived or vanished "
                "while they were read may have shifted others out of sight"
            )
        return "full: every session that matched throughout is here exactly once"

    def __str__(self) -> str:
        facts = [
            f"{self.account}: {'complete' if self.complete else 'INCOMPLETE'}, {self.reason}",
            f"{self.delivered} of {self.rows_read} rows in {_counted(self.requests, 'request')}",
        ]
        for count, what in (
            (self.retries, "retried"),
            (self.duplicates, "duplicates removed"),
            (self.rows_later, "created later"),
            (self.vanished, "vanished"),
        ):
            if count:
                facts.append(f"{count} {what}")
        if not self.order_held:
            facts.append("not newest first")
        return "; ".join(facts)


@attrs.frozen
class Coverage:
    """What was read of all accounts. Small, printable, serializable."""

    accounts: tuple[AccountCoverage, ...]

    @property
    def complete(self) -> bool:
        """Whether every account is."""
        return all(account.complete for account in self.accounts)

    def raise_if_incomplete(self) -> None:
        """Raise unless the answer is complete.

        Raises:
            IncompleteAnswer: naming the accounts that are not, and why.
        """
        if not self.complete:
            raise IncompleteAnswer(str(self), self)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, strings and numbers."""
        plain = attrs.asdict(self, value_serializer=_plain)
        return {"complete": self.complete, **plain}

    def __str__(self) -> str:
        verdict = "complete" if self.complete else "INCOMPLETE"
        return f"{verdict} | " + " | ".join(str(account) for account in self.accounts)


def _plain(_: Any, __: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return value


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
