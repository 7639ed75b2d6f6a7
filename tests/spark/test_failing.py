"""Tasks that fail and workers that die lose no row and give none twice; a provider that fails for
good fails the job."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pytest
from house import THREE
from spark.conftest import SESSIONS, Read, Spark

from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Fault, Html, Status

pytestmark = pytest.mark.needs_spark

FAILURES = 3
"""So often a task may fail in these tests before Spark gives up."""


@pytest.fixture
def failing(spark: Spark, tmp_path: Path) -> str:
    """A source whose tasks fail in the middle: once by an error, once by a dead worker, and again."""
    from pyspark import cloudpickle

    from unified_checkout.spark.source import SessionReader, SessionSource

    class FailingReader(SessionReader):
        def read(self, partition: Any) -> Iterator[pa.RecordBatch]:
            import os

            [name] = partition.value.accounts
            attempts = tmp_path / name
            number = len(attempts.read_text()) if attempts.exists() else 0
            attempts.write_text("x" * (number + 1))
            for batch in super().read(partition):
                yield batch.slice(0, 10)
                if number == 0:
                    raise RuntimeError("planted")
                if number == 1:
                    os._exit(1)
                if number == 2:
                    raise MemoryError("planted")
                yield batch.slice(10)

    class Failing(SessionSource):
        @classmethod
        def name(cls) -> str:
            return "failing"

        def reader(self, schema: Any) -> FailingReader:
            reader: Any = super().reader(schema)
            return FailingReader(reader._options)

    here = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(here)
    spark.session.dataSource.register(Failing)
    cloudpickle.unregister_pickle_by_value(here)
    return "failing"


def test_three_failures_of_each_task_change_nothing(
    read: Read, failing: str, tmp_path: Path
) -> None:
    rows = read(failing).select("account", "id").collect()
    assert len(rows) == len({(row.account, row.id) for row in rows}) == len(THREE) * SESSIONS
    assert {(tmp_path / name).read_text() for name in THREE} == {"x" * (FAILURES + 1)}


@pytest.mark.parametrize("fault", [Status(401), Html(200)])
def test_a_provider_that_fails_for_good_fails_the_job(
    sandbox: Sandbox, read: Read, tmp_path: Path, fault: Fault
) -> None:
    from pyspark.errors import PySparkException

    sandbox.misbehave("stripe", attrs.evolve(fault, times=None))
    with pytest.raises(PySparkException):
        read().write.parquet(str(tmp_path / "written"))
    assert not (tmp_path / "written" / "_SUCCESS").exists()
    sandbox.behave("stripe")
    assert read().count() == len(THREE) * SESSIONS


def test_a_failure_that_passes_is_retried_within_the_task(sandbox: Sandbox, read: Read) -> None:
    sandbox.misbehave("stripe", Status(503, times=2))
    assert read(accounts="stripe").count() == SESSIONS
