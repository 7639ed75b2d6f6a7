"""What the tests know of Polar without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/v1/checkouts/",
    rows="items",
    created="created_at",
    moment="2026-03-30T06:43:20.308122Z",
    unanswerable=frozenset({"has_disputes", "payment_intent", "payment_link", "subscription"}),
    page={"pagination": {"total_count": 1, "max_page": 1}},
)
