"""Stripe's checkout sessions in the common language."""

from unified_checkout_stripe.adapter import StripeAdapter

__all__ = ["StripeAdapter"]
