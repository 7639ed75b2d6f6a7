"""PayPal's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_paypal import PayPalAdapter


class TestPayPal(AdapterConformance):
    adapter = PayPalAdapter
    options = {"base_url": "https://api-m.sandbox.paypal.com"}  # noqa: RUF012
    cassettes = CASSETTES / "paypal"
    documented_statuses = ("P", "S", "V", "D")
    absent_id = "0EX00000EX000000A"


class TestPayPalWithEveryEntry(AdapterConformance):
    adapter = PayPalAdapter
    options = {  # noqa: RUF012
        "base_url": "https://api-m.sandbox.paypal.com",
        "balance_affecting_records_only": "N",
    }
    sandbox_options = {"shares_ids": True}  # noqa: RUF012
    documented_statuses = ("P", "S", "V", "D")
    absent_id = "0EX00000EX000000A:T0006"
