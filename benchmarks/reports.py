"""A report of a large store: the whole command, from its start to its end."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import attrs
import duckdb

from benchmarks.lab import Lab
from benchmarks.stores import postgresql
from unified_checkout.store import Store

SCHEMA = "unified_checkout"

ASKED = ("--created-gte", "2024-01-01", "--created-lt", "2026-01-01", "--tz", "Europe/Berlin")
FORMATS = ("json", "html", "png")

SESSIONS = """
INSERT INTO sessions BY NAME SELECT
    'account ' || i % 5 AS account, 'provider ' || i % 5 AS provider, 'cs_' || i AS id,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds(i * $2) AS created,
    CASE WHEN hash(i) % 100 < 62 THEN 'complete' WHEN hash(i) % 100 < 95 THEN 'expired' ELSE 'open'
    END AS status,
    CASE WHEN hash(i) % 100 < 62 THEN 'paid' ELSE 'unpaid' END AS payment_status,
    'payment' AS mode, 'checkout' AS kind, 2 AS currency_exponent, false AS currency_assumed,
    (100 + hash(i * 7) % 50_000)::BIGINT AS amount_total,
    CASE WHEN hash(i * 3) % 20 = 0 THEN 500 ELSE 0 END::BIGINT AS amount_refunded,
    ['usd', 'eur', 'gbp', 'jpy'][1 + (hash(i * 5) % 4)::INT] AS currency,
    'buyer' || hash(i * 11) % ($1 // 2) || '@example.com' AS email,
    'order-' || hash(i * 13) % ($1 * 2) AS client_reference_id, now() AS read_at
FROM range($1) AS made(i)
"""
CHANGES = """
INSERT INTO session_changes
SELECT account, id, created + INTERVAL 3 HOURS, 'status', 'open', 'complete'
FROM sessions WHERE status = 'complete' AND hash(id) % 3 = 0
"""
RUNS = """
INSERT INTO runs BY NAME SELECT
    'run ' || hour AS run, number AS slice, 'account ' || number AS account, 'window' AS read,
    moment AS began, moment + INTERVAL 1 MINUTE AS ended, true AS complete, '' AS reason,
    moment - INTERVAL 70 MINUTES AS covers_from, moment AS covers_to, '{"shows_open": true}' AS coverage
FROM range(5) AS numbers(number), (
    SELECT hour, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_hours(hour) AS moment
    FROM range(2 * 366 * 24) AS hours(hour)
)
"""
ACCOUNTS = """
INSERT INTO accounts (account, provider, mark, complete_since, wanted_since)
SELECT account, any_value(provider), '2026-01-02', '1970-01-01', NULL FROM sessions GROUP BY account
"""


def reports(lab: Lab) -> None:
    """Every figure over a store of two years, synced by the hour; and the page of it."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        path = Path(folder) / "checkout.duckdb"
        _fill(path, lab.scale.many)
        jobs = [(str(path), form, form) for form in FORMATS]
        if url is not None:
            _copy(path, url)
            jobs.append((url, "json", "json, of PostgreSQL"))
        spent = {
            name: [_report(place, path.parent, form) for _ in range(lab.scale.rounds)]
            for place, form, name in jobs
        }
        size = (path.parent / "report.html").stat().st_size
    for name, readings in spent.items():
        lab.line(
            "report of a store",
            name,
            sessions=lab.scale.many,
            seconds=median(one.wall for one in readings),
            cpu_seconds=median(one.cpu for one in readings),
        )
    for name, where in (("json", ""), ("json, of PostgreSQL", " of PostgreSQL")):
        if name in spent:
            lab.verdict(
                f"report of {lab.scale.many:,} stored sessions{where}, seconds",
                median(one.wall for one in spent[name]),
                3,
            )
    lab.verdict("its page, kB", size / 1000, 300)


@attrs.frozen
class _Spent:
    wall: float
    cpu: float


def _fill(path: Path, sessions: int) -> None:
    Store.open(path).close()
    two_years = 2 * 365 * 86_400
    with duckdb.connect(path) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(SESSIONS, [sessions, two_years / sessions])
        for statement in (CHANGES, RUNS, ACCOUNTS):
            database.execute(statement)


def _copy(path: Path, url: str) -> None:
    """Put what a store in a file holds into one in PostgreSQL."""
    from adbc_driver_postgresql import dbapi

    Store.open(url).close()
    tables = ("sessions", "session_changes", "runs", "accounts")
    with duckdb.connect(path, read_only=True) as database, dbapi.connect(url) as server:
        for table in tables:
            rows = database.sql(f"SELECT * FROM {table}").to_arrow_reader(50_000)
            for batch in rows:
                with server.cursor() as cursor:
                    cursor.adbc_ingest(table, batch, mode="append", db_schema_name=SCHEMA)
        server.commit()


def _report(place: str, folder: Path, form: str) -> _Spent:
    out = folder / f"report.{form}"
    command = [sys.executable, "-m", "unified_checkout", "report", place]
    command += [*ASKED, "--by", "provider", "--format", form, "--out", str(out)]
    command += ["--by", "week"] if form == "json" else []
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Spent(time.monotonic() - begun, cpu)
