"""What a store holds, and what it should hold, as plain rows to compare."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from unified_checkout import Client, Session, StoreError
from unified_checkout.store import Store
from unified_checkout.store.shape import TABLES

Row = dict[str, Any]

CHANGING = [
    "DELETE FROM sessions",
    "UPDATE sessions SET status = 'expired'",
    "DROP VIEW sessions_decimal",
    "DROP TABLE session_changes",
    "CREATE TABLE mine (id TEXT)",
    "INSERT INTO session_changes (id) VALUES ('mine') RETURNING id",
    "DELETE FROM accounts RETURNING account",
    "DELETE FROM sessions; SELECT 1 AS one",
    "SELECT 1 AS one; DELETE FROM sessions",
    "SELECT 1 AS one; SELECT 2 AS two",
    "WITH d AS (DELETE FROM sessions RETURNING id) SELECT id FROM d",
    "EXPLAIN ANALYZE DELETE FROM sessions",
    "BEGIN",
    "COMMIT",
]
"""What is no ``SELECT``, or writes all the same, or is more than one statement."""


def expected(session: Session) -> Row:
    """A session as its row of ``sessions``, with what the other tables hold of it."""
    row = {field.name: getattr(session, field.name) for field in attrs.fields(Session)}
    del row["raw_bytes"]
    customer = row.pop("customer")
    address = customer and customer.address
    row["email"] = customer and customer.email
    for name in ("id", "name", "phone"):
        row[f"customer_{name}"] = getattr(customer, name, None)
    for name in ("line1", "line2", "city", "state", "postal_code", "country"):
        row[f"customer_address_{name}"] = getattr(address, name, None)
    row["metadata"] = dict(row["metadata"] or {})
    row["payment_intents"] = list(row["payment_intents"])
    row["raw"] = session.raw_bytes.decode()
    return row


def stored(
    store: Store, *, gone: bool = False, of: str | None = None
) -> dict[tuple[str, str], Row]:
    """The sessions of a store, or of an account, by account and id, without when they were read."""
    rows = {}
    for row in store.query("SELECT * FROM sessions").to_pylist():
        del row["read_at"], row["missed_since"]
        if (row.pop("gone_since") is None or gone) and of in (None, row["account"]):
            row |= {"metadata": {}, "payment_intents": [], "raw": None}
            rows[row["account"], row["id"]] = row
    for one in store.query("SELECT * FROM session_metadata").to_pylist():
        if (key := (one["account"], one["id"])) in rows:
            rows[key]["metadata"][one["key"]] = one["value"]
    for one in store.query(
        "SELECT * FROM session_payment_intents ORDER BY account, id, position"
    ).to_pylist():
        if (key := (one["account"], one["id"])) in rows:
            rows[key]["payment_intents"].append(one["payment_intent"])
    for one in store.query("SELECT * FROM session_raw").to_pylist():
        if (key := (one["account"], one["id"])) in rows:
            rows[key]["raw"] = one["raw"]
    return rows


def listed(client: Client) -> list[Session]:
    """The sessions that the providers list now, with all that their lists tell if asked to."""
    plan = client.sessions.explain(kind="any")
    sessions: list[Session] = []
    for account in plan.accounts:
        expand = sorted({one.expand for one in account.untold.values() if one.expand})
        sessions += client.sessions.list(kind="any", accounts=account.account, expand=expand)
    return sessions


def truth(client: Client) -> dict[tuple[str, str], Row]:
    """The same as it should be stored."""
    return {(one.account, one.id): expected(one) for one in listed(client)}


def column(store: Store, statement: str) -> list[Any]:
    """The only column that a statement gives."""
    table = store.query(statement)
    values: list[Any] = table.column(0).to_pylist()
    return values


def assert_only_asked(store: Store) -> None:
    """Whatever is no ``SELECT`` is refused, and every table is as before."""
    before = _everything(store)
    assert all(before[table] for table in ("sessions", "accounts", "runs", "session_raw"))
    for statement in CHANGING:
        with pytest.raises(StoreError):
            store.query(statement)
        assert _everything(store) == before, statement


def _everything(store: Store) -> dict[str, list[str]]:
    names = (*TABLES, "sessions_decimal")
    tables = {name: store.query(f"SELECT * FROM {name}").to_pylist() for name in names}
    return {name: sorted(map(repr, rows)) for name, rows in tables.items()}
