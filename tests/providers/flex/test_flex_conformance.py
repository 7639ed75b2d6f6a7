"""Flex's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_flex import FlexAdapter


class TestFlex(AdapterConformance):
    adapter = FlexAdapter
    cassettes = CASSETTES / "flex"
    documented_statuses = ("open", "paid", "complete", "canceled", "expired")
