"""Mollie's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_mollie import MollieAdapter


class TestMollie(AdapterConformance):
    adapter = MollieAdapter
    cassettes = CASSETTES / "mollie"
    documented_statuses = (
        *("open", "pending", "authorized", "paid"),
        *("canceled", "expired", "failed"),
    )
