"""Flex's checkout sessions in the common language."""

from unified_checkout_flex.adapter import FlexAdapter

__all__ = ["FlexAdapter"]
