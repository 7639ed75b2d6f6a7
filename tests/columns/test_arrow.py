"""Sessions as Arrow columns say what ``Session`` says."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pyarrow as pa
import pytest
from columns.invented import AMOUNTS, many, plain, sessions, told, told_in_full
from house import PROVIDERS
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import Address, Client, Customer, Session
from unified_checkout.columns import ADDRESS, CUSTOMER, SCHEMA, batch, batches, schema, table
from unified_checkout.sandbox import Sandbox


@settings(deadline=None, max_examples=50)  # pyarrow imports pandas when it makes its first array
@given(st.lists(sessions, max_size=3))
def test_every_row_is_what_the_session_tells(listed: list[Session]) -> None:
    rows = [plain(row) for row in batch(listed).to_pylist()]
    assert rows == [told(session) for session in listed]


@settings(deadline=None, max_examples=50)  # pyarrow imports pandas when it makes its first array
@given(st.lists(sessions, max_size=3))
def test_raw_and_decimals_are_what_the_session_tells(listed: list[Session]) -> None:
    made = batch(listed, raw=True, decimals=True)
    assert made.schema == schema(raw=True, decimals=True)
    assert [plain(row) for row in made.to_pylist()] == [told_in_full(one) for one in listed]


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("decimals", [False, True])
def test_what_is_asked_for_is_added_and_nothing_else_changes(raw: bool, decimals: bool) -> None:
    columns = schema(raw=raw, decimals=decimals)
    assert pa.schema([field for field in columns if field.name in SCHEMA.names]) == SCHEMA
    added = set(columns.names) - set(SCHEMA.names)
    expected = {"raw"} if raw else set()
    if decimals:
        expected |= {f"{name}_decimal" for name in AMOUNTS}
        for name in AMOUNTS:
            assert columns.names[columns.names.index(name) + 1] == f"{name}_decimal"
    assert added == expected
    assert batch([], raw=raw, decimals=decimals).schema == columns
    assert next(batches(many(3), raw=raw, decimals=decimals)).schema == columns
    assert table(many(3), raw=raw, decimals=decimals).schema == columns


def test_every_providers_sessions_become_rows() -> None:
    with (
        Sandbox(sessions=30, seed=3, providers=PROVIDERS) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        listed = list(client.sessions.list(kind="any"))
    assert {session.provider for session in listed} == set(PROVIDERS)
    found = table(listed, raw=True, decimals=True).to_pylist()
    assert [plain(row) for row in found] == [told_in_full(session) for session in listed]


def test_there_is_a_column_for_each_key_in_order() -> None:
    [session] = many(1)
    told = attrs.evolve(session, customer=Customer(address=Address())).to_dict()
    assert list(told) == SCHEMA.names
    assert list(told["customer"]) == [field.name for field in CUSTOMER]
    assert list(told["customer"]["address"]) == [field.name for field in ADDRESS]


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


@pytest.mark.parametrize(("amount", "exponent"), [(1, 10), (2**63 - 1, -1), (15, 10)])
def test_a_decimal_that_has_no_room_is_not_rounded(amount: int, exponent: int) -> None:
    [session] = many(1)
    coin = attrs.evolve(session, amount_total=amount, currency="coin", currency_exponent=exponent)
    assert batch([coin]).column("amount_total").to_pylist() == [amount]
    with pytest.raises(OverflowError, match=r"^amount_total: .* 19 and 9 decimals$"):
        batch([coin], decimals=True)


@pytest.mark.parametrize("unknown", ["amount_total", "currency", "currency_exponent"])
def test_where_something_is_not_known_a_decimal_is_null(unknown: str) -> None:
    [session] = many(1)
    known: dict[str, Any] = {"amount_total": 1250, "currency": "eur", "currency_exponent": 2}
    rows = [attrs.evolve(session, **known), attrs.evolve(session, **{**known, unknown: None})]
    made = batch(rows, decimals=True)
    assert made.column("amount_total_decimal").to_pylist() == [Decimal("12.5"), None]


def test_bytes_that_are_no_text_show_where_they_were() -> None:
    [session] = many(1)
    broken = attrs.evolve(session, raw_bytes=b'{"a":"\xff"}')
    assert batch([broken], raw=True).column("raw").to_pylist() == ['{"a":"\ufffd"}']


def test_a_table_of_nothing_has_the_schema() -> None:
    assert table([]).schema == SCHEMA
    assert table([]).num_rows == 0
    assert isinstance(table([]), pa.Table)


def test_times_are_told_in_utc() -> None:
    [session] = many(1)
    assert batch([session]).column("created").type == pa.timestamp("us", tz="UTC")
    assert batch([session]).to_pylist()[0]["created"] == datetime(2026, 1, 1, tzinfo=UTC)
