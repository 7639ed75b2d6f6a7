"""LeanRails's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_leanrails import LeanRailsAdapter


class TestLeanRails(AdapterConformance):
    adapter = LeanRailsAdapter
    cassettes = CASSETTES / "leanrails"
    documented_statuses = ("open", "complete", "expired")
