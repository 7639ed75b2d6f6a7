"""Tools for tests: the conformance suite for adapter authors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unified_checkout.testing.conformance import AdapterConformance

__all__ = ["AdapterConformance"]


def __getattr__(name: str) -> Any:
    if name == "AdapterConformance":
        from unified_checkout.testing.conformance import AdapterConformance

        return AdapterConformance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
