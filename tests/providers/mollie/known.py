"""What the tests know of Mollie without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/v2/payments",
    rows="_embedded.payments",
    created="createdAt",
    moment="2023-11-14T22:13:20+00:00",
    unanswerable=frozenset({"email", "client_reference_id"}),
    other_samples=frozenset({"003", "007"}),  # payment links, and an embedded checkout
    page={"count": 1, "_links": {"next": None}},
)
