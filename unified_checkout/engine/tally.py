"""``Tally``: what reading an account came to."""

from __future__ import annotations

import attrs

from unified_checkout.engine.exchange import Effort


@attrs.frozen
class PageSpan:
    """One page as it was read: its first and last id and how many sessions it held."""

    first: str | None
    last: str | None
    rows: int


@attrs.define
class Tally(Effort):
    """What reading an account came to."""

    rows_read: int = 0
    rows_dropped: int = 0
    contradicting: int = 0
    rows_later: int = 0
    duplicates: int = 0
    vanished: int = 0
    delivered: int = 0
    pages: list[PageSpan] = attrs.field(factory=list)
