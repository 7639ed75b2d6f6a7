"""What an object shows of itself, it shows to every printer."""

from __future__ import annotations

import sys

import attrs

import unified_checkout.client.clients
import unified_checkout.sandbox.sandbox  # noqa: F401  (with the first, all rooms that have some)
from unified_checkout.model.session import Customer, SessionDraft
from unified_checkout.printing import OneLine


def leaving_out() -> list[type]:
    """The library's attrs classes that say for themselves what is shown of them."""
    named = [name for name in sys.modules if name.startswith("unified_checkout.")]
    found = {one for name in named for one in vars(sys.modules[name]).values() if attrs_class(one)}
    return [one for one in found if not made_by_attrs(one)]


def attrs_class(one: object) -> bool:
    return isinstance(one, type) and attrs.has(one) and "unified_checkout" in one.__module__


def made_by_attrs(kind: type) -> bool:
    code = getattr(kind.__repr__, "__code__", None)
    return code is not None and code.co_filename.startswith("<attrs generated")


def test_rich_is_shown_no_more_than_the_rest() -> None:
    """Left alone, rich shows all fields of an attrs object, whatever its representation is."""
    kinds = leaving_out()
    assert {Customer, SessionDraft} <= set(kinds)
    assert [kind for kind in kinds if not issubclass(kind, OneLine)] == []
