"""Acme Pay's payments in the common language."""

from acme_checkout.adapter import AcmeAdapter

__all__ = ["AcmeAdapter"]
