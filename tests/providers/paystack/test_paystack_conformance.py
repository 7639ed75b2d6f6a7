"""Paystack's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_paystack import PaystackAdapter

WORDS = (
    *("abandoned", "failed", "ongoing", "pending", "processing", "queued"),
    *("reversed", "success"),
)


class TestPaystack(AdapterConformance):
    adapter = PaystackAdapter
    cassettes = CASSETTES / "paystack"
    documented_statuses = WORDS
    absent_id = "1"


class TestPaystackByNumber(AdapterConformance):
    """Pages that are counted off, where an account is configured so."""

    adapter = PaystackAdapter
    options: ClassVar[Mapping[str, Any]] = {"use_cursor": False, "reversed_filter": True}
    sandbox_options: ClassVar[Mapping[str, Any]] = {
        "bounds_included": False,
        "largest_page": 200,
        "ties_ascending": True,
    }
    documented_statuses = WORDS
    absent_id = "1"
