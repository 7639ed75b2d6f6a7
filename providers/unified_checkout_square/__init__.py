"""Square's payments in the common language."""

from unified_checkout_square.adapter import SquareAdapter

__all__ = ["SquareAdapter"]
