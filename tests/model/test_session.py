"""A session is a value: it can be kept in sets, whatever the row holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from unified_checkout.model.session import Address, Customer, Session

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def session(**metadata: str) -> Session:
    return Session(
        account="us",
        provider="acme",
        id="cs_1",
        created=CREATED,
        raw_bytes=b"{}",
        customer=Customer(id="cus_1", address=Address(city="Exampleton")),
        payment_intents=("pi_1", "pi_2"),
        metadata=metadata or None,
    )


@pytest.mark.parametrize("metadata", [{}, {"order": "A-1"}])
def test_equal_sessions_are_one_in_a_set(metadata: dict[str, str]) -> None:
    assert hash(session(**metadata)) == hash(session(**metadata))
    assert {session(**metadata), session(**metadata)} == {session(**metadata)}


def test_sessions_that_differ_in_metadata_alone_are_two() -> None:
    one, other = session(order="A-1"), session(order="A-2")
    assert one != other
    assert len({one, other}) == 2
