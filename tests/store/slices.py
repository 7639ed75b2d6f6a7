"""Slices made by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from unified_checkout import Session, SessionStatus
from unified_checkout.store import Store
from unified_checkout.store.spool import Arrivals, Spool
from unified_checkout.store.writing import Slice


def slice_of(folder: Path, number: int, sessions: list[Session], moment: datetime) -> Slice:
    """Sessions that were read at a moment, on their way into a store."""
    arrivals = Arrivals(lambda: moment)
    arrivals.arrived("us", sessions)
    spool = Spool(folder / f"{number}.arrow", raw=True)
    spool.fill(sessions, arrivals)
    return Slice(
        run="run",
        number=number,
        account="us",
        provider="acme",
        read="window",
        began=moment,
        ended=moment,
        complete=True,
        reason="read to the end",
        requests=1,
        spool=spool,
    )


def odd_ones(moment: datetime) -> list[Session]:
    """Sessions with what databases stumble over."""
    told = {"account": "us", "provider": "acme", "created": moment, "status": SessionStatus.OPEN}
    large = b'{"note": "' + b"x" * 20_000_000 + b'"}'
    made: Sequence[tuple[str, bytes, dict[str, object]]] = (
        ("nul", rb'{"a": "b\u0000c"}', {"client_reference_id": "b\0c", "metadata": {"\0": "\0"}}),
        ("half", rb'{"a": "\ud800"}', {"client_reference_id": "\ud800"}),
        ("twice", b'{"a": 1, "a": 2}', {}),
        ("long", b'{"amount": 1' + b"0" * 40 + b"}", {"amount_total": 10**40, "amount_tax": 7}),
        ("large", large, {"metadata": {"empty": ""}}),
        ("key", b"{}", {"metadata": {random.Random(1).randbytes(4000).hex(): "", "k": "v"}}),
        ("quotes", b'{"a": "it\'s; -- $1 %s"}', {"client_reference_id": "it's; -- $1 %s \\"}),
    )
    return [Session(id=id, raw_bytes=raw, **told, **fields) for id, raw, fields in made]  # type: ignore[arg-type]


def assert_odd_ones_are_kept(store: Store, folder: Path, moment: datetime) -> None:
    """They come in, come in again, and are what they were, or visibly less."""
    sessions = odd_ones(moment)
    for number in (1, 2):
        at = moment + timedelta(hours=number)
        written = store.apply(slice_of(folder, number, sessions, at))
        assert (written.rows_altered, written.rows_changed) == (3, 0)
    rows = store.query("SELECT * FROM sessions").to_pylist()
    reference = {row["id"]: row["client_reference_id"] for row in rows}
    assert reference["nul"] == "b\N{REPLACEMENT CHARACTER}c"
    assert reference["half"] == "\N{REPLACEMENT CHARACTER}"
    assert reference["quotes"] == "it's; -- $1 %s \\"
    [long] = [row for row in rows if row["id"] == "long"]
    assert (long["amount_total"], long["amount_tax"]) == (None, 7)
    keys = store.query("SELECT key FROM session_metadata WHERE id = 'key'").column(0).to_pylist()
    assert sorted(map(len, keys)) == [1, 8000]
    raw = {row["id"]: row["raw"] for row in store.query("SELECT * FROM session_raw").to_pylist()}
    assert raw == {one.id: one.raw_bytes.decode() for one in sessions}
