"""The built-in adapters pass the suite that a stranger's must."""

from __future__ import annotations

from pathlib import Path

from unified_checkout.testing import AdapterConformance
from unified_checkout_flex import FlexAdapter
from unified_checkout_leanrails import LeanRailsAdapter
from unified_checkout_stripe import StripeAdapter

RECORDED = Path(__file__).parents[2] / "cassettes"


class TestStripe(AdapterConformance):
    adapter = StripeAdapter
    cassettes = RECORDED / "stripe"
    documented_statuses = ("open", "complete", "expired")


class TestLeanRails(AdapterConformance):
    adapter = LeanRailsAdapter
    cassettes = RECORDED / "leanrails"
    documented_statuses = ("open", "complete", "expired")


class TestFlex(AdapterConformance):
    adapter = FlexAdapter
    cassettes = RECORDED / "flex"
    documented_statuses = ("open", "paid", "complete", "canceled", "expired")
