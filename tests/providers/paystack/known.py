"""What the tests know of Paystack without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/transaction",
    rows="data",
    created="created_at",
    moment="2023-11-14T22:13:20.000Z",
    unanswerable=frozenset(
        {"customer_account", "has_disputes", "payment_intent", "payment_link", "subscription"}
    ),
    envelope="data",
    page={"status": True, "message": "Transactions retrieved", "meta": {"perPage": 50}},
)
