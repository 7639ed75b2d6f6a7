"""Pages that may cost next to nothing: they lead to the same answer, or say that they get nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from asking import names
from clients.setting import ACCOUNTS, NOW, impatient
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
