"""Stripe's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_stripe import StripeAdapter


class TestStripe(AdapterConformance):
    adapter = StripeAdapter
    cassettes = CASSETTES / "stripe"
    documented_statuses = ("open", "complete", "expired")
