"""LeanRails' checkout sessions in the common language."""

from unified_checkout_leanrails.adapter import LeanRailsAdapter

__all__ = ["LeanRailsAdapter"]
