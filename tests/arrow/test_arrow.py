"""Sessions as Arrow columns say what ``Session.to_dict`` says."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pyarrow as pa
import pytest
from house import THREE
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout import Address, Client, Customer, PaymentStatus, Session, SessionStatus
from unified_checkout.arrow import ADDRESS, CUSTOMER, SCHEMA, batch, batches, table
from unified_checkout.sandbox import Sandbox

words = st.none() | st.text(max_size=8)
amounts = st.none() | st.integers(-(2**63), 2**63 - 1)
moments = st.datetimes(timezones=st.just(UTC))
addresses = st.builds(Address, **{field.name: words for field in attrs.fields(Address)})
customers = st.builds(
    Customer,
    address=st.none() | addresses,
    **dict.fromkeys(("id", "email", "name", "phone"), words),
)
sessions = st.builds(
    Session,
    account=st.text(max_size=8),
    provider=st.text(max_size=8),
    id=st.text(min_size=1, max_size=8),
    created=moments,
    raw_bytes=st.just(b"{}"),
    status=st.none() | st.sampled_from(SessionStatus),
    payment_status=st.none() | st.sampled_from(PaymentStatus),
    expires_at=st.none() | moments,
    amount_total=amounts,
    amount_disputed=amounts,
    currency=words,
    currency_exponent=st.none() | st.integers(0, 4),
    currency_assumed=st.booleans(),
    customer=st.none() | customers,
    payment_intents=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    livemode=st.none() | st.booleans(),
    metadata=st.none() | st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3),
    disputed=st.none() | st.booleans(),
)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Arrow's in the forms of ``Session.to_dict``."""
    times = {
        name: row[name] and row[name].isoformat().replace("+00:00", "Z")
        for name in ("created", "expires_at")
    }
    metadata = row["metadata"]
    return {**row, **times, "metadata": None if metadata is None else dict(metadata)}


@given(st.lists(sessions, max_size=5))
def test_every_row_is_what_to_dict_gives(listed: list[Session]) -> None:
    rows = [plain(row) for row in batch(listed).to_pylist()]
    assert rows == [session.to_dict() for session in listed]


def test_every_providers_sessions_become_rows() -> None:
    with (
        Sandbox(sessions=60, seed=3, providers=THREE) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        listed = list(client.sessions.list())
    assert [plain(row) for row in table(listed).to_pylist()] == [
        session.to_dict() for session in listed
    ]


def test_there_is_a_column_for_each_key_in_order() -> None:
    session = Session(
        account="us",
        provider="acme",
        id="1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        raw_bytes=b"{}",
        customer=Customer(address=Address()),
    )
    told = session.to_dict()
    assert list(told) == SCHEMA.names
    assert list(told["customer"]) == [field.name for field in CUSTOMER]
    assert list(told["customer"]["address"]) == [field.name for field in ADDRESS]


def many(count: int) -> Iterator[Session]:
    for number in range(count):
        yield Session(
            account="us",
            provider="acme",
            id=str(number),
            created=datetime(2026, 1, 1, tzinfo=UTC),
            raw_bytes=b"{}",
        )


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [
        (0, 10, []),
        (1, 10, [1]),
        (10, 10, [10]),
        (11, 10, [10, 1]),
        (700, 600, [600, 100]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_batches_are_of_the_size_asked_for(count: int, size: int, sizes: list[int]) -> None:
    found = list(batches(many(count), size))
    assert [one.num_rows for one in found] == sizes
    ids = [word for one in found for word in one.column("id").to_pylist()]
    assert ids == [str(number) for number in range(count)]
    assert all(one.schema == SCHEMA for one in found)


def test_a_batch_is_read_when_it_is_asked_for() -> None:
    source = many(100)
    next(batches(source, 30))
    assert next(source).id == "30"


def test_no_session_is_kept_once_its_fields_are_taken() -> None:
    def watched() -> Iterator[Session]:
        for session in many(1500):
            reference = weakref.ref(session)
            yield session
            del session
            assert reference() is None

    assert table(watched()).num_rows == 1500


def test_an_amount_beyond_64_bits_is_not_cut() -> None:
    [session] = many(1)
    with pytest.raises(OverflowError):
        batch([attrs.evolve(session, amount_total=2**63)])


def test_a_table_of_nothing_has_the_schema() -> None:
    assert table([]).schema == SCHEMA
    assert table([]).num_rows == 0
    assert isinstance(table([]), pa.Table)
