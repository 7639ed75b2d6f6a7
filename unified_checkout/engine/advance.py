"""``Advance``: whether a list goes on, and whether it truly gets anywhere."""

from __future__ import annotations

from unified_checkout.adapters import Direction, Paging, Place, ProviderPage
from unified_checkout.engine.position import beside
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.seconds import second
from unified_checkout.errors import NotYetListed, PagingError, ProviderError
from unified_checkout.model.session import Session

MOST_EMPTY_PAGES = 500
"""Pages without a row, one after the other, of a list that still goes on."""


class Advance:
    """Watches the pages of one stretch: each must lead on, by the provider's own rule.

    Args:
        scope: what is known of the account.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._empty_pages = 0

    def check(self, page: ProviderPage, rows: list[Session], place: str | None) -> None:
        """Make sure that a page which is not the last one names another place than its own.

        Raises:
            PagingError: if it does not.
        """
        if rows:
            self._empty_pages = 0
        by_session = self._scope.plan.compiled.paging is Paging.SESSION_ID
        if page.more and not rows and (by_session or page.next is None):
            raise self._broken("the provider says that there is more, and sends no session")
        if page.more is False or (not rows and not page.more):
            return
        if page.next is None:
            raise self._broken("the provider names no place to continue from")
        if page.next == place:
            raise self._broken("the provider's cursor does not advance")

    def goes_on(self, page: ProviderPage) -> bool:
        """Whether the list goes on after a page without a row, as lists of tokens may.

        Raises:
            PagingError: if there were too many of them.
        """
        lawful = self._scope.plan.compiled.paging is not Paging.SESSION_ID
        if not (lawful and page.more and page.next is not None):
            return False
        self._empty_pages += 1
        if self._empty_pages > MOST_EMPTY_PAGES:
            raise self._broken(f"the provider sent {MOST_EMPTY_PAGES} pages without a row")
        return True

    def _broken(self, message: str) -> ProviderError:
        return self._scope.malformed(message, PagingError)


def nothing_yet(place: Place, error: NotYetListed) -> ProviderPage:
    """The page of a window that begins after all that the provider lists by now: it is empty.

    The list is then settled up to before the window at the most.

    Raises:
        NotYetListed: if the place is not the beginning of a window.
    """
    if place.cursor is not None or place.window is None or place.window.since is None:
        raise error
    settled = beside(second(place.window.since), Direction.FORWARD, 1)
    return ProviderPage(sessions=[], next=None, more=False, settled=settled)
