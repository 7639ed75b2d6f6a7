"""What the tests know of PayPal without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/v1/reporting/transactions",
    rows="transaction_details",
    id="transaction_info.transaction_id",
    created="transaction_info.transaction_initiation_date",
    moment="2026-03-04T10:15:30+0000",
    unanswerable=frozenset({"customer_account", "payment_link", "has_disputes", "livemode"}),
    metadata=None,
    samples=False,
    sandbox={"lag": 0},
    page={"page": 1, "total_items": 1, "total_pages": 1},
)
