"""Adapters that each break one law, as a careless author would."""

from conformance.variants import failing, fields, paging, pushdown, reading  # noqa: F401  (they enter)
from conformance.variants.breaking import VARIANTS, Broken
from conformance.variants.sound import Counting, Renewing, Stamping, Unordered

__all__ = ["VARIANTS", "Broken", "Counting", "Renewing", "Stamping", "Unordered"]
