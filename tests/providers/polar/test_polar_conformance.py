"""Polar's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_polar import PolarAdapter


class TestPolar(AdapterConformance):
    adapter = PolarAdapter
    cassettes = CASSETTES / "polar"
    options = {"base_url": "https://sandbox-api.polar.sh"}  # noqa: RUF012
    documented_statuses = ("open", "confirmed", "succeeded", "expired", "failed")
    absent_id = "5f0d8a52-6a51-4e4e-9d3f-6d1c6f0c9b11"
