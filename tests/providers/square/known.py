"""What the tests know of Square without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/v2/payments",
    rows="payments",
    created="created_at",
    moment="2026-03-04T10:15:30.120Z",
    unanswerable=frozenset({"customer_account", "has_disputes", "payment_link", "subscription"}),
    envelope="payment",
    metadata=None,
    other_samples=frozenset({"003", "004"}),  # payment links, and an order
    page={},
)
