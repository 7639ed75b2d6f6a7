"""Tools for tests: cassettes for those who list sessions, a suite for those who write adapters.

Importing this loads neither pytest nor vcrpy; the names do, each when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unified_checkout.testing.cassettes.cassette import Cassette
    from unified_checkout.testing.cassettes.errors import (
        CassetteError,
        CassetteLeak,
        CassetteMismatch,
    )
    from unified_checkout.testing.conformance import AdapterConformance

__all__ = [
    "AdapterConformance",
    "Cassette",
    "CassetteError",
    "CassetteLeak",
    "CassetteMismatch",
]

_HOMES = {
    "AdapterConformance": "conformance",
    "Cassette": "cassettes.cassette",
    "CassetteError": "cassettes.errors",
    "CassetteLeak": "cassettes.errors",
    "CassetteMismatch": "cassettes.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
