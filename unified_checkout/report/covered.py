"""``Covered``: how far the sessions of an account can be relied on."""

from __future__ import annotations

from datetime import datetime

import attrs


@attrs.frozen(kw_only=True)
class Covered:
    """How far the sessions of one account can be relied on."""

    account: str
    provider: str
    complete: bool
    """Whether all that was asked for is there."""
    since: datetime | None
    """The creation from which on everything is there; None for the beginning."""
    until: datetime | None
    """The creation up to which everything is there; None where nothing is."""
    reason: str
    """Why it is not complete, or why that is known; in English."""

    def joined(self, other: Covered) -> Covered:
        """The same account, of which two questions were asked: about earlier sessions, and later."""
        froms = [one.since for one in (self, other)]
        untils = [one.until for one in (self, other)]
        broken = self if not self.complete else other
        return Covered(
            account=self.account,
            provider=self.provider,
            complete=self.complete and other.complete,
            since=None if None in froms else min(one for one in froms if one is not None),
            until=None if None in untils else max(one for one in untils if one is not None),
            reason=broken.reason,
        )
