"""Whenever a process is killed that writes a store, all of its tables are at the end of a slice.

Each process writes slices that were read before, one after the other, and is killed at a random
moment of its first tenths of a second, in which it commits all the time.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from store.killing import KILLS, assert_whole
from store.postgresql import programs, temporary_server
from store.slices import slice_of

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store
from unified_checkout.store.plan import BEGINNING, Span
from unified_checkout.store.writing import Slice

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

PARTS = range(1 + KILLS // 20)
NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)
IN_ORDER = "SELECT max(slice) AS last, count(*) AS n, max(covers_to) AS mark FROM runs"


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> list[Slice]:
    """Forty of ten sessions each, half of which the one before held too."""
    folder = tmp_path_factory.mktemp("slices")
    with (
        Sandbox(sessions=205, seed=2, providers=["stripe"]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        sessions = [attrs.evolve(one, account="us") for one in client.sessions.list()]
    made = []
    for number in range(40):
        moment = NOON + timedelta(minutes=number)
        one = slice_of(folder, number + 1, sessions[5 * number : 5 * number + 10], moment)
        made.append(attrs.evolve(one, covered=Span(since=BEGINNING, until=moment)))
    return made


def written_by_one_that_is_killed(store: Store, slices: list[Slice], after: float) -> bool:
    """Write them in a process that is killed so many seconds after it began; whether it was."""
    ready, tells = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(tells, b"x")
            for one in slices:
                store.apply(one)
        finally:
            os._exit(0)
    os.read(ready, 1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(ready)
    os.close(tells)
    return os.WIFSIGNALED(status)


def survives(store: Store, slices: list[Slice], seed: int) -> None:
    kills = 20 if seed else 6
    chance, killed, number = random.Random(seed), 0, 0
    for _ in range(3 * kills):
        if killed == kills:
            break
        part = slices[number:] or slices
        killed += written_by_one_that_is_killed(store, part, chance.random() ** 2 * 0.3)
        assert_whole(store)
        [row] = store.query(IN_ORDER).to_pylist()
        number = row["last"] or 0
        assert row["n"] == number
        marks = store.query("SELECT mark FROM accounts").column(0).to_pylist()
        assert marks == ([] if row["mark"] is None else [row["mark"]])
        if number == len(slices):
            return
    assert killed
    for one in slices[number:]:
        store.apply(one)
    assert_whole(store)
    assert store.query("SELECT count(*) FROM sessions").column(0).to_pylist() == [205]


@pytest.mark.parametrize("part", PARTS)
def test_a_store_in_a_file(tmp_path: Path, slices: list[Slice], part: int) -> None:
    survives(Store.open(tmp_path / "killed.duckdb"), slices, part)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("adbc_driver_postgresql", reason="the extra postgres is not installed")
    if programs() is None:
        pytest.skip("PostgreSQL is not installed on this machine")
    with temporary_server() as url:
        yield url


@pytest.mark.parametrize("part", PARTS)
def test_a_store_in_postgresql(server: str, slices: list[Slice], part: int) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS unified_checkout CASCADE")
        connection.commit()
    survives(Store.open(server), slices, part)
