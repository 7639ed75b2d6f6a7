"""GoCardless's billing requests in the common language."""

from unified_checkout_gocardless.adapter import GoCardlessAdapter

__all__ = ["GoCardlessAdapter"]
