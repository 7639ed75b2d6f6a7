"""The built-in adapters pass the suite that a stranger's must."""

from __future__ import annotations

from unified_checkout.testing import AdapterConformance
from unified_checkout_flex import FlexAdapter
from unified_checkout_leanrails import LeanRailsAdapter
from unified_checkout_stripe import StripeAdapter


class TestStripe(AdapterConformance):
    adapter = StripeAdapter
    documented_statuses = ("open", "complete", "expired")


class TestLeanRails(AdapterConformance):
    adapter = LeanRailsAdapter
    documented_statuses = ("open", "complete", "expired")


class TestFlex(AdapterConformance):
    adapter = FlexAdapter
    documented_statuses = ("open", "paid", "complete", "canceled", "expired")
