"""What the tests know of GoCardless without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/billing_requests",
    rows="billing_requests",
    created="created_at",
    moment="2026-03-04T10:15:30.120Z",
    unanswerable=frozenset(
        {"customer_account", "email", "has_disputes", "payment_link", "payment_status"}
    ),
    envelope="billing_requests",
    samples=False,
    page={"meta": {"cursors": {"before": None, "after": None}, "limit": 50}},
)
