"""Paystack's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from unified_checkout.testing import AdapterConformance
from unified_checkout_paystack import PaystackAdapter

WORDS = (
    *("abandoned", "failed", "ongoing", "pending", "processing", "queued"),
    *("reversed", "success"),
)


class TestPaystack(AdapterConformance):
    adapter = PaystackAdapter
    documented_statuses = WORDS
    absent_id = "1"


class TestPaystackByNumber(AdapterConformance):
    """Pages that are counted off, where an account is configured so."""

    adapter = PaystackAdapter
    options = {"use_cursor": False, "reversed_filter": True}
    sandbox_options = {"ties_ascending": True, "bounds_included": False, "largest_page": 200}
    documented_statuses = WORDS
    absent_id = "1"
