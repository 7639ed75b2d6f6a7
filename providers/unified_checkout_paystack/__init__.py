"""Paystack's transactions in the common language."""

from unified_checkout_paystack.adapter import PaystackAdapter

__all__ = ["PaystackAdapter"]
