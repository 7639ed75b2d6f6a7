"""What not every database takes is replaced, counted, and kept in the provider's own text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakSet

import pyarrow as pa
import pytest
from store.slices import assert_odd_ones_are_kept

from unified_checkout import Session
from unified_checkout.store import Store, shape
from unified_checkout.store.spool import Arrivals, Spool

NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)


def session(id: str = "cs_1", raw: bytes = b"{}", **fields: object) -> Session:
    told = {"account": "us", "provider": "acme", "created": NOON, **fields}
    return Session(id=id, raw_bytes=raw, **told)  # type: ignore[arg-type]


def spooled(path: Path, *sessions: Session) -> tuple[Spool, pa.Table]:
    arrivals = Arrivals(lambda: NOON)
    arrivals.arrived("us", sessions)
    spool = Spool(path / "spool.arrow", raw=True)
    spool.fill(sessions, arrivals)
    return spool, pa.Table.from_batches(spool.batches(), schema=shape.ARRIVED)


def test_what_is_plain_comes_back_as_it_is(tmp_path: Path) -> None:
    spool, table = spooled(tmp_path, session(metadata={"a": "ä😀"}), session("cs_2"))
    assert (spool.rows, spool.altered) == (2, 0)
    assert table.column("metadata").to_pylist() == [[("a", "ä😀")], None]
    assert table.column("read_at").to_pylist() == [NOON, NOON]


def test_sessions_are_let_go_of_as_they_are_read_and_batches_stay_small(tmp_path: Path) -> None:
    """So that a store is filled in the same memory whatever it is filled with."""
    alive: WeakSet[Session] = WeakSet()
    most = 0
    arrivals = Arrivals(lambda: NOON)

    def listed() -> Iterator[Session]:
        nonlocal most
        for number in range(12_000):
            one = session(f"cs_{number}", metadata={"number": str(number)})
            arrivals.arrived("us", [one])
            alive.add(one)
            most = max(most, len(alive))
            yield one

    spool = Spool(tmp_path / "spool.arrow", raw=True)
    spool.fill(listed(), arrivals)
    assert most <= 2
    assert [batch.num_rows for batch in spool.batches()] == [10_000, 2_000]


@pytest.mark.parametrize(
    ("written", "raw"),
    [("a\0b", rb'"a\u0000b"'), ("a\ud800b", rb'"a\ud800b"'), ("a\udfffb", rb'"a\uDFFFb"')],
)
def test_a_nul_or_half_a_character_is_replaced_visibly(
    tmp_path: Path, written: str, raw: bytes
) -> None:
    one = session(raw=raw, client_reference_id=written, metadata={written: written})
    spool, table = spooled(tmp_path, one)
    assert spool.altered == 1
    assert table.column("client_reference_id").to_pylist() == ["a\N{REPLACEMENT CHARACTER}b"]
    [[(key, value)]] = table.column("metadata").to_pylist()
    assert key == value == "a\N{REPLACEMENT CHARACTER}b"
    assert table.column("raw").to_pylist() == [raw.decode()]


def test_a_store_keeps_what_databases_stumble_over(tmp_path: Path) -> None:
    assert_odd_ones_are_kept(Store.open(tmp_path / "odd.duckdb"), tmp_path, NOON)


def test_an_amount_of_more_than_64_bits_is_left_to_raw(tmp_path: Path) -> None:
    spool, table = spooled(tmp_path, session(raw=b"1e30", amount_total=2**63, amount_tax=2**63 - 1))
    assert spool.altered == 1
    assert table.column("amount_total").to_pylist() == [None]
    assert table.column("amount_tax").to_pylist() == [2**63 - 1]
