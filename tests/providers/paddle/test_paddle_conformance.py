"""Paddle's adapter passes the suite that a stranger's must."""

from __future__ import annotations

from unified_checkout.testing import AdapterConformance
from unified_checkout_paddle import PaddleAdapter

REFERENCE = {"reference_key": "order_number"}
WORDS = ("draft", "ready", "billed", "paid", "completed", "canceled", "past_due")


class TestPaddle(AdapterConformance):
    adapter = PaddleAdapter
    documented_statuses = WORDS


class TestPaddleWithAReference(AdapterConformance):
    adapter = PaddleAdapter
    documented_statuses = WORDS
    options = REFERENCE
    sandbox_options = REFERENCE
