"""A sync in a process of its own, to be killed, and what a store is like at any time."""

from __future__ import annotations

import os
import subprocess
import sys

from unified_checkout.store import Store

KILLS = int(os.environ.get("UNIFIED_CHECKOUT_KILLS", "0"))
"""Beyond the few of every run."""
ROUNDS = 20 if KILLS else 2
"""How often two syncs run at once."""

SYNCS = """
import sys
from unified_checkout import Client
from unified_checkout.store import Manner, Store, sync
with Client.from_config(sys.argv[1]) as client:
    store = Store.open(sys.argv[2])
    print("ready", flush=True)
    for _ in range(int(sys.argv[3])):
        sync(client, store, manner=Manner(slice_rows=11))
"""


def syncing(config: str, place: str, times: int) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", SYNCS, config, place, str(times)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE)


WHOLE = """
SELECT
  (SELECT CAST(coalesce(sum(rows_new), 0) AS BIGINT) FROM runs) AS new,
  (SELECT count(*) FROM sessions) AS held,
  (SELECT count(*) FROM session_raw) AS raw,
  (SELECT CAST(coalesce(sum(rows_changed), 0) AS BIGINT) FROM runs) AS changed,
  (SELECT count(*) FROM (SELECT DISTINCT account, id, read_at FROM session_changes
     WHERE field <> 'gone' AND (field <> 'status' OR before IS NOT NULL)) AS changes) AS changes,
  (SELECT CAST(coalesce(sum(rows_gone), 0) AS BIGINT) FROM runs) AS gone,
  (SELECT count(*) FROM session_changes WHERE field = 'gone' AND after = 'true') AS vanished,
  (SELECT count(*) FROM (SELECT account, id FROM sessions EXCEPT
     SELECT account, id FROM session_raw) AS apart) AS apart,
  (SELECT count(*) FROM ((SELECT account, id FROM session_metadata
     UNION SELECT account, id FROM session_payment_intents
     UNION SELECT account, id FROM session_changes)
     EXCEPT SELECT account, id FROM sessions) AS astray) AS astray,
  (SELECT count(*) FROM accounts WHERE mark IS NOT NULL AND NOT EXISTS
     (SELECT 1 FROM runs WHERE runs.account = accounts.account AND covers_to = mark)) AS unproven
"""
"""One statement over all tables, and so one state of the store."""


def assert_whole(store: Store) -> None:
    """Rows only with the run that brought them, a mark only with its rows, no row twice."""
    [row] = store.query(WHOLE).to_pylist()
    assert row["new"] == row["held"] == row["raw"]
    assert row["changed"] == row["changes"]
    assert row["gone"] == row["vanished"]
    assert row["apart"] == row["astray"] == row["unproven"] == 0
