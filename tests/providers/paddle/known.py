"""What the tests know of Paddle without its adapter."""

from __future__ import annotations

from house import Known

KNOWN = Known(
    list_path="/transactions",
    rows="data",
    created="created_at",
    moment="2023-11-14T22:13:20Z",
    unanswerable=frozenset({"client_reference_id"}),
    envelope="data",
    metadata="custom_data",
    page={"meta": {"pagination": {"has_more": False}}},
)
