"""Polar's checkout sessions in the common language."""

from unified_checkout_polar.adapter import PolarAdapter

__all__ = ["PolarAdapter"]
