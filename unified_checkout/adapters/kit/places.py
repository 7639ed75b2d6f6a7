"""Tools for adapter authors: where an object is, and where a list goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from unified_checkout.adapters.contract import Direction
from unified_checkout.errors import InvalidQuery
from unified_checkout.telltales import quoted

if TYPE_CHECKING:
    from unified_checkout.model.session import Session


def item_path(collection: str, id: str) -> str:
    """The path of one object of a collection, its id percent-encoded.

    >>> item_path("/v1/things", "a/b")
    '/v1/things/a%2Fb'

    Raises:
        InvalidQuery: for an id that would name the collection itself.
    """
    if not isinstance(id, str) or not id.isprintable() or not id.strip(". "):
        raise InvalidQuery(
            f"{quoted(id)} is not the id of a session; give the provider's id in full"
        )
    return f"{collection}/{quote(id, safe='')}"


def end_of(sessions: Sequence[Session], direction: Direction) -> str | None:
    """The id to continue from: the last session's going forward, the first's going backward."""
    if not sessions:
        return None
    return sessions[-1 if direction is Direction.FORWARD else 0].id
