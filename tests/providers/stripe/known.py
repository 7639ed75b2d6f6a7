"""What the tests know of Stripe without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/v1/checkout/sessions", rows="data", unanswerable=frozenset({"has_disputes"})
)
