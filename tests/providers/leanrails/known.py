"""What the tests know of LeanRails without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/v1/checkout_sessions", rows="data", unanswerable=frozenset({"has_disputes"})
)
