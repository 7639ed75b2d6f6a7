"""Coverage: what an answer can prove about its own completeness: from where, and up to when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import attrs

from unified_checkout.adapters import Order, Paging
from unified_checkout.engine.tally import PageSpan
from unified_checkout.errors import IncompleteAnswer
from unified_checkout.printing import OneLine

__all__ = ["AccountCoverage", "Coverage", "PageSpan"]


@attrs.frozen(kw_only=True, repr=False)
class AccountCoverage(OneLine):
    """What was read of one account, and what that proves."""

    account: str
    provider: str
    complete: bool
    """Whether the answer holds all it should of this account."""
    reason: str
    """Why it is complete, or why it is not."""
    began: Literal["the beginning", "a place"]
    """Where reading began: at the answer's beginning, or at a place in it, such as a cursor's."""
    more: bool | None
    """Whether more sessions match beyond those handed out; None where that is not known."""
    covers_from: datetime | None
    """The creation down to which everything is here; None where nothing bounds it."""
    covers_to: datetime
    """The creation up to which everything is here: the frozen upper bound, or the place where
    reading began, or up to where the provider's list is settled."""
    order: Order
    """The order that the provider documents and that reading relied on."""
    order_held: bool
    """Whether every page that was read, here or before the cursor, kept that order."""
    paging: Paging
    """What a place in the list is; a count promises less, see ``promise``."""
    shifting: bool
    """Whether pages were counted off, here or before the cursor, that arrivals may have shifted."""
    created_from: datetime | None
    """The lower bound of creation, as asked."""
    created_to: datetime
    """The frozen upper bound: later sessions are not part of the answer."""
    clock_behind: float | None
    """Seconds that the clock here is behind the provider's, if that is more than a few; below
    zero where it is ahead. The upper bound is then the provider's own now."""
    requests: int
    retries: int
    waited: float
    """Seconds that requests were held back by the rate or after failures."""
    rows_read: int
    rows_dropped: int
    """Sessions that were read and did not match what is evaluated here."""
    contradicting: int
    """Sessions that were read and contradict a condition that the provider claims to evaluate."""
    doubted: tuple[str, ...]
    """The conditions that the provider was seen not to keep to."""
    believed: int
    """Sessions that do not tell themselves whether they meet a condition, and were handed out
    on the provider's word."""
    unverified: int
    """The same, where the provider was seen not to keep its word: handed out until it was seen,
    and left out from then on."""
    rows_later: int
    """Sessions that were read and were created after ``created_to``."""
    duplicates: int
    """Sessions that were read again and removed."""
    vanished: int
    """Sessions that a cursor names and that are no longer there."""
    delivered: int
    excludes: tuple[str, ...]
    """What this reading can never see."""
    shows_open: bool
    """Whether its list shows sessions that are still open. Where it does not, what share of all
    sessions was completed is not known."""
    untold: tuple[str, ...]
    """Fields that may be None though the provider knows them, since nobody asked for them."""
    pages: tuple[PageSpan, ...]

    @property
    def promise(self) -> str:
        """What the answer is worth, as far as this account goes."""
        if not self.complete:
            return f"none: {self.reason}"
        if self.shifting:
            return (
                "weaker: pages were counted off, so sessions that arrived or vanished "
                "while they were read may have shifted others out of sight"
            )
        but = f", but for {', '.join(self.excludes)}" if self.excludes else ""
        if self.began == "the beginning" and self.more is False and not self._is_narrower:
            return f"full: every session that matched throughout is here exactly once{but}"
        return (
            f"part: every session that matched throughout and was created {self._span} "
            f"is here exactly once{but}"
        )

    @property
    def _is_narrower(self) -> bool:
        """Whether less is covered than was asked: a part of a plan, or what lists can show."""
        later = self.covers_from is not None and self.covers_from != self.created_from
        return later or self.covers_to < self.created_to

    @property
    def _span(self) -> str:
        until = _iso(self.covers_to)
        if self.covers_from is not None and self.covers_from > self.covers_to:
            return "in no span of time"
        if self.covers_from is None:
            return f"until {until}"
        return f"from {_iso(self.covers_from)} to {until}"

    @property
    def outcome(self) -> str:
        """Whether the account's part of the answer is complete, in a word."""
        return f"{self.account}: {'complete' if self.complete else 'INCOMPLETE'}"

    def __repr__(self) -> str:
        return f"AccountCoverage({self.outcome}, {self.reason})"

    def __str__(self) -> str:
        facts = [
            f"{self.outcome}, {self.reason}",
            f"{self.delivered} of {self.rows_read} rows in {_counted(self.requests, 'request')}",
        ]
        for count, what in (
            (self.retries, "retried"),
            (self.duplicates, "read twice and shown once"),
            (self.rows_later, "created later"),
            (self.vanished, "vanished"),
            (self.contradicting, "contradicting what the provider was asked"),
            (self.believed, "taken on the provider's word"),
            (self.unverified, "unverified"),
        ):
            if count:
                facts.append(f"{count} {what}")
        if self.doubted and not self.unverified:
            facts.append(f"the provider does not keep to {', '.join(self.doubted)}")
        if not self.order_held:
            facts.append("not newest first")
        if self.began == "a place":
            facts.append("begun at a place in the answer")
        elif self.more is False and self._is_narrower:
            facts.append(f"covers what was created {self._span}")
        if self.clock_behind is not None:
            where = "behind" if self.clock_behind > 0 else "ahead of"
            facts.append(f"the clock here is {abs(self.clock_behind):.0f} s {where} the provider's")
        if self.excludes:
            facts.append(f"without {', '.join(self.excludes)}")
        if self.untold:
            facts.append(f"untold: {', '.join(self.untold)}")
        return "; ".join(facts)


@attrs.frozen(repr=False)
class Coverage(OneLine):
    """What was read of all accounts. Small, printable, serializable."""

    accounts: tuple[AccountCoverage, ...]

    @property
    def complete(self) -> bool:
        """Whether every account is."""
        return all(account.complete for account in self.accounts)

    @property
    def more(self) -> bool | None:
        """Whether more sessions match beyond those handed out; None where that is not known."""
        known = {account.more for account in self.accounts}
        return True if True in known else None if None in known else False

    @property
    def without_open(self) -> set[str]:
        """The accounts whose lists never show an open session."""
        return {account.account for account in self.accounts if not account.shows_open}

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
        return {"complete": self.complete, "more": self.more, **plain}

    def __repr__(self) -> str:
        told = ", ".join(one.outcome for one in self.accounts)
        return f"Coverage({told})"

    def __str__(self) -> str:
        verdict = "complete" if self.complete else "INCOMPLETE"
        return f"{verdict} | " + " | ".join(str(account) for account in self.accounts)


def _plain(_: Any, __: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return _iso(value) if hasattr(value, "isoformat") else value


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
