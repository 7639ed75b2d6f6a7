"""What the tests know of Flex without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/v1/checkout/sessions",
    rows="checkout_sessions",
    id="checkout_session_id",
    created="created_at",
    unanswerable=frozenset({"payment_status"}),
    envelope="checkout_session",
)
