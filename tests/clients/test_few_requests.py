"""Pages that may cost next to nothing: they lead to the same answer, or say that they get nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asking import Asker, names
from clients.setting import ACCOUNTS, NOW, Open, every, impatient
from house import PROVIDERS
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import BudgetSpent, Client, Session
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout.sandbox.faults import Status

FACTS = [
    Facts(
        serial=f"s{number}",
        created=NOW - 1000 - number // 3 * (1 if number < 20 else 50),
        status=("open", "complete", "expired")[number % 3],
        mode=("setup", "payment", "payment", "subscription")[number % 4],
    )
    for number in range(40)
]
"""Three of every second."""
FIELDS = st.sampled_from(
    [
        {},
        {"status": "complete"},
        {"status": ("open", "complete")},
        {"mode": ("setup",)},
        {"created": {"gte": datetime.fromtimestamp(NOW - 1300, UTC)}},
    ]
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all questions."""
    with Sandbox(facts=FACTS, now=NOW) as sandbox:
        yield sandbox


@settings(deadline=None, max_examples=40)
@given(
    FIELDS,
    st.sets(st.sampled_from(ACCOUNTS), min_size=1).map(sorted),
    st.integers(1, 12),
    st.integers(1, 4),
)
def test_pages_of_any_number_of_requests_lead_to_exactly_the_list(
    sandbox: Sandbox, fields: dict[str, Any], accounts: list[str], page_size: int, most: int
) -> None:
    found: list[Session] = []
    with Client(impatient(sandbox, *accounts)) as client:
        asked = {**fields, "page_size": page_size}
        cursors, cursor = set[str](), None
        while True:
            page = client.sessions.page(**asked, cursor=cursor, max_requests=most)
            assert sum(said.requests for said in page.coverage.accounts) <= most
            found += page.sessions
            cursor = page.next_cursor
            if cursor is None:
                break
            assert cursor not in cursors
            cursors.add(cursor)
        whole = list(client.sessions.list(**fields))
    assert names(found) == names(whole)


def test_a_page_that_gets_nowhere_says_what_to_allow(sandbox: Sandbox) -> None:
    sandbox.misbehave("stripe", Status(503, retry_after=0))
    with Client(impatient(sandbox, "stripe")) as client, pytest.raises(BudgetSpent) as caught:
        client.sessions.page(max_requests=1)
    assert "allow max_requests=2 or more" in str(caught.value)
    assert not caught.value.coverage.complete


@pytest.fixture(scope="module")
def everybody() -> Iterator[Sandbox]:
    """Sixty sessions at each provider, whose clocks agree with the one here."""
    with Sandbox(sessions=60, seed=5) as sandbox:
        yield sandbox


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_list_of_few_requests_leads_on_or_says_what_to_allow(
    everybody: Sandbox, provider: str
) -> None:
    """One that is sorted here shows nothing before all of it was read."""
    with Client(impatient(everybody, provider, requests_per_second=1000.0)) as client:
        since = datetime.now(UTC) - timedelta(days=300)
        asked: dict[str, Any] = {"kind": "any", "page_size": 20, "created": {"gte": since}}
        whole = [one.id for one in client.sessions.list(**asked)]
        assert len(whole) > 40
        least = client.sessions.explain(**asked).least_requests
        for most in range(1, 9):
            found, cursors, cursor = list[str](), set[str](), None
            allow = f"; allow max_requests={max(most + 1, least)} or more"
            while True:
                listing = client.sessions.list(**asked, cursor=cursor, max_requests=most)
                try:
                    for session in listing:
                        found.append(session.id)
                    break
                except BudgetSpent as error:
                    spent = error
                cursor = spent.cursor
                assert (allow in str(spent)) is (cursor is None)
                assert (allow in str(listing.coverage)) is (cursor is None)
                if cursor is None:
                    break
                assert cursor not in cursors
                cursors.add(cursor)
            assert found == (whole if least <= most else [])


@pytest.fixture
def paypal(everybody: Sandbox, open_client: Open) -> Asker:
    """Its list is a month at a time, and sorted here."""
    return open_client(impatient(everybody, "paypal"))


@pytest.mark.parametrize("begins", [{}, {"after": datetime(2026, 11, 18, tzinfo=UTC)}])
def test_a_list_that_gets_nowhere_has_no_cursor_to_go_on_with(
    paypal: Asker, begins: dict[str, Any]
) -> None:
    listing = paypal.client.sessions.list(max_requests=3, **begins)
    with pytest.raises(
        BudgetSpent, match=r"max_requests=3, .*; allow max_requests=\d+ or"
    ) as caught:
        paypal.finished(every(listing))
    assert caught.value.cursor is None


def test_one_whose_failures_are_reported_says_it_as_the_reason(paypal: Asker) -> None:
    listing = paypal.client.sessions.list(max_requests=3, on_error="report")
    assert len(paypal.finished(listing.to_arrow())) == 0
    [said] = listing.coverage.accounts
    assert re.fullmatch(r"stopped at max_requests=3; allow max_requests=\d+ or more", said.reason)


@pytest.mark.parametrize("bounds", [{}, {"max_requests": 100}])
def test_a_deadline_that_gets_nowhere_is_what_to_allow_more_of(
    paypal: Asker, bounds: dict[str, Any]
) -> None:
    listing = paypal.client.sessions.list(deadline=1e-6, **bounds)
    with pytest.raises(BudgetSpent, match=r"; allow a deadline of more than 1e-06 s") as caught:
        paypal.finished(every(listing))
    assert caught.value.cursor is None


def test_a_bound_that_has_moved_to_the_provider_s_now_is_kept_once(
    sandbox: Sandbox, open_client: Open
) -> None:
    """The clocks disagree: the first cursor holds the bound, and there is no second one."""
    asker = open_client(impatient(sandbox, "paypal"))
    with pytest.raises(BudgetSpent, match="go on from its cursor") as first:
        asker.finished(every(asker.client.sessions.list(max_requests=3)))
    again = asker.client.sessions.list(max_requests=3, cursor=first.value.cursor)
    with pytest.raises(BudgetSpent, match=r"; allow max_requests=\d+ or more") as second:
        asker.finished(every(again))
    assert second.value.cursor is None
