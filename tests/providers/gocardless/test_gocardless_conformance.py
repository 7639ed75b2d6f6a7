"""GoCardless's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_gocardless import GoCardlessAdapter


class TestGoCardless(AdapterConformance):
    adapter = GoCardlessAdapter
    options = {"base_url": "https://api-sandbox.gocardless.com"}  # noqa: RUF012
    cassettes = CASSETTES / "gocardless"
    documented_statuses = ("pending", "ready_to_fulfil", "fulfilling", "fulfilled", "cancelled")
