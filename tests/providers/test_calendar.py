"""Questions at the ends of the calendar: every provider is asked, and explains what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from house import PROVIDERS, adapter_of

from unified_checkout.adapters import Place, Window
from unified_checkout.engine.plan import Plan, make_plan
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

NOW = datetime(2026, 11, 20, tzinfo=UTC)
EPOCH, DOOMSDAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


ADAPTERS = {provider: adapter_of(provider, provider) for provider in PROVIDERS}


def planned(**fields: Any) -> Plan:
    return make_plan(ListSessions.model_validate(fields), ADAPTERS, NOW)


def belongs(plan: Plan, created: datetime) -> bool:
    """Whether a session created at that moment meets every condition."""
    session = Session(account="us", provider="acme", id="x", created=created, raw_bytes=b"{}")
    return all(predicate.matches(session) is True for predicate in plan.query.predicates())


@pytest.mark.parametrize(
    "fields",
    [
        {"created": {"lte": "9999-12-31"}},
        {"created": {"lte": date.max}},
        {"created": {"gte": "0001-01-01"}},
        {"created": {"gte": date.min, "lte": date.max}},
        {"last": "999999w"},
        {"last": timedelta.max},
    ],
    ids=str,
)
def test_a_bound_at_the_end_of_the_calendar_leaves_nothing_out(fields: dict[str, Any]) -> None:
    plan = planned(**fields)
    assert all(f"\n{provider} ({provider})\n" in str(plan) for provider in PROVIDERS)
    assert all(belongs(plan, created) for created in (EPOCH, NOW, DOOMSDAY))


@pytest.mark.parametrize("fields", [{"created": {"gt": date.max}}, {"created": {"lt": date.min}}])
def test_beyond_the_calendar_there_is_nothing(fields: dict[str, Any]) -> None:
    plan = planned(**fields)
    assert all(f"\n{provider} ({provider})\n" in str(plan) for provider in PROVIDERS)
    assert not any(belongs(plan, created) for created in (EPOCH, NOW, DOOMSDAY))


@pytest.mark.parametrize(
    ("provider", "since", "until"),
    [
        ("stripe", "10", "20"),
        ("flex", "1970-01-01T00:00:10Z", "1970-01-01T00:00:20Z"),
    ],
)
def test_a_window_of_time_is_narrower_than_the_calendar(
    provider: str, since: str, until: str
) -> None:
    query = ListSessions(created={"gte": date.min, "lte": date.max})
    compiled = ADAPTERS[provider].compile(query)
    place = Place(window=Window(since=10, until=20))
    request = ADAPTERS[provider].page_request(compiled, compiled.streams[0], place)
    bounds = {(name, value) for name, value in request.parameters if name != "limit"}
    assert bounds == {("created[gte]", since), ("created[lt]", until)}
