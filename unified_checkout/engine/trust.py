"""``Trust``: which rows of a page may be relied on, and which of them were before."""

from __future__ import annotations

from datetime import datetime
from itertools import compress, dropwhile, pairwise, takewhile

from unified_checkout.engine.position import before, ending
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.model.session import Session


class Trust:
    """How far the pages of a stretch may be relied on.

    In a union that is as far as the earlier stream was read, from which sessions come. The rest of
    a page is held back, and asked for once more.

    Args:
        scope: what is known of the account.
        stretch: what is read.
    """

    def __init__(self, scope: Scope, stretch: Stretch) -> None:
        self._scope = scope
        self._direction = stretch.direction
        self._began = stretch.start.created
        self.until = ending(stretch.direction)
        """The moment up to which the next page may be relied on."""
        self.until_for_page = self.until
        """The same for the page that was asked for."""
        self.passed = stretch.start.seen
        """The moment up to which everything was relied on, though a page may show it again."""
        self.shows_again = False
        """Whether pages still show what was relied on of one that was held back."""
        self.held_back: datetime | None = None
        """How far the last page reached, where it could not be relied on to its end."""

    def note_asked(self) -> None:
        """Note that a page is asked for: what is trusted later does not count for it."""
        self.until_for_page = self.until

    @property
    def is_partial(self) -> bool:
        """Whether the page that was asked for may be relied on only up to some moment."""
        return self.until_for_page != ending(self._direction)

    def within(self, rows: list[Session]) -> list[Session]:
        """The rows up to the first one beyond the moment up to which the page may be relied on.

        The rest is asked for once more. Rows behind that one that lie before the moment, which
        only a list out of order has, may be missed then.
        """
        known = rows
        if self.is_partial:
            inside = [before(one.created, self.until_for_page, self._direction) for one in rows]
            known = list(compress(rows, takewhile(bool, inside)))
            if sum(inside) > len(known) and self._scope.ordered:
                self._scope.in_order = False
        self._scope.tally.duplicates += len(rows) - len(known)
        return known

    def after_passed(self, rows: list[Session]) -> list[Session]:
        """The rows behind the moment up to which the same page was relied on before.

        A page that was held back is asked for again. What it shows from before that moment was
        handed out then, or came to this list only since.
        """
        passed, direction = self.passed, self._direction
        out_of_place = rows and self._began and before(rows[0].created, self._began, direction)
        if passed is None or out_of_place:
            return rows
        if any(before(two.created, one.created, direction) for one, two in pairwise(rows)):
            self._scope.in_order = self._scope.in_order and not self._scope.ordered
        return list(dropwhile(lambda one: before(one.created, passed, direction), rows))
