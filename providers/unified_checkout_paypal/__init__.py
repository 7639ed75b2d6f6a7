"""PayPal's payments in the common language."""

from unified_checkout_paypal.adapter import PayPalAdapter

__all__ = ["PayPalAdapter"]
