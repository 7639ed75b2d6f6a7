"""Mollie's payments in the common language."""

from unified_checkout_mollie.adapter import MollieAdapter

__all__ = ["MollieAdapter"]
