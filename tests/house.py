"""The providers of this house, and what a test must know of each to ask it without an adapter.

A new provider is found by its entry point; what is its own stands in
``tests/providers/<provider>/known.py``, as ``KNOWN``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.adapters import Adapter, load

PROVIDERS = tuple(
    sorted(
        point.name
        for point in distribution("unified-checkout").entry_points
        if point.group == "unified_checkout.providers"
    )
)
"""Every provider that ships with the library."""

CASSETTES = Path(__file__).parents[1] / "cassettes"
"""The recordings, a folder for each provider."""

THREE = ("flex", "leanrails", "stripe")
"""Providers whose lists are paged by session ids: what a test counts, it counts of them."""


@attrs.frozen(kw_only=True)
class Known:
    """What a provider's reference page says, in words that a test compares with."""

    list_path: str
    rows: str
    """The key of a page that holds its rows; dotted, where it is in another."""
    id: str = "id"
    created: str = "created"
    """The key of a row that holds its time of creation."""
    moment: Any = 1_700_000_000
    """A time of creation as the provider writes it."""
    metadata: str | None = "metadata"
    """The key of a row that holds what the merchant noted; None where there is none."""
    unanswerable: frozenset[str] = frozenset()
    """The conditions that it neither filters by nor tells: nobody can answer there."""
    envelope: str | None = None
    """The key that holds a single session, where an envelope is around it."""
    samples: bool = True
    """Whether the recorded samples of this provider are objects or pages of its list."""
    other_samples: frozenset[str] = frozenset()
    """Those that are something else, by the names of their files."""
    sandbox: Mapping[str, Any] = attrs.field(factory=dict)
    """Attributes of its sandbox, for tests that ask for what began just now."""
    page: Mapping[str, Any] = {"has_more": False, "object": "list"}
    """What a page holds beside its rows."""


def known(provider: str) -> Known:
    """What the tests of a provider know of it."""
    found: Known = import_module(f"providers.{provider}.known").KNOWN
    return found


def adapter_of(provider: str, name: str = "shop") -> Adapter[Any]:
    """A provider's adapter with no options but those it cannot do without, for an account."""
    kind = load(provider)
    return kind(name, kind.options_type.model_validate(kind.options_type.examples()))
