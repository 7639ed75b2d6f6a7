"""The sources that Spark reads: ``unified_checkout`` and ``checkout_coverage``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence

import attrs
import pyarrow as pa
from pyspark.sql.datasource import (
    DataSource,
    DataSourceReader,
    DataSourceStreamReader,
    Filter,
    InputPartition,
)
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from unified_checkout.errors import ConfigurationError
from unified_checkout.spark.options import Options, read_options
from unified_checkout.spark.pushdown import check_version, narrowed
from unified_checkout.spark.streaming import StreamReader, batches_of
from unified_checkout.tasks import Task

COVERAGE = pa.schema(
    {
        "account": pa.string(),
        "provider": pa.string(),
        "complete": pa.bool_(),
        "reason": pa.string(),
        "promise": pa.string(),
        "covers_from": pa.timestamp("us", tz="UTC"),
        "covers_to": pa.timestamp("us", tz="UTC"),
        "requests": pa.int64(),
        "retries": pa.int64(),
        "rows_read": pa.int64(),
        "delivered": pa.int64(),
        "coverage": pa.string(),
    }
)
"""What ``checkout_coverage`` tells of each account, or of each span of one; the last column is all
of it as JSON."""


class SessionSource(DataSource):  # type: ignore[misc]  # PySpark has no types for all of it
    """Sessions, each with the columns of a listing."""

    @classmethod
    def name(cls) -> str:
        """What is given to ``format``."""
        return "unified_checkout"

    def schema(self) -> StructType:
        """The columns; wrong options are refused here, when a frame is made."""
        return from_arrow_schema(_asked(self).question.manner.schema)

    def reader(self, schema: StructType) -> DataSourceReader:
        """What reads a frame."""
        options = _asked(self)
        _check(schema, self.schema())
        if options.pushdown:
            self.check_version()
            return FilteringReader(options)
        return SessionReader(options)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802
        """What reads a stream."""
        options = _asked(self)
        _check(schema, self.schema())
        return StreamReader(options)

    check_version = staticmethod(check_version)


class SessionReader(DataSourceReader):  # type: ignore[misc]
    """Reads sessions, a task at a time."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def partitions(self) -> Sequence[InputPartition]:
        """The tasks. Spark asks once for a frame, and the frame's upper bound is frozen here."""
        question = self._options.question
        plan = question.plan()
        print(plan, file=sys.stderr, flush=True)  # which Spark puts into its log
        return [InputPartition(task) for task in question.tasks(plan)]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The sessions of a task, whose answer is complete, or else it fails."""
        return batches_of(partition)


class FilteringReader(SessionReader):
    """Reads sessions, and narrows the question by what Spark is asked for.

    A reader that has this method is refused by Spark unless pushdown is switched on there, so it is
    a class of its own.
    """

    def pushFilters(self, filters: list[Filter]) -> Iterable[Filter]:  # noqa: N802  (Spark's name)
        """Note the conditions, and leave all of them to Spark as well."""
        question = narrowed(self._options.question, filters)
        self._options = attrs.evolve(self._options, question=question)
        return filters


class CoverageSource(DataSource):  # type: ignore[misc]
    """What a reading of the same options proves: one row for each task and account."""

    @classmethod
    def name(cls) -> str:
        """What is given to ``format``."""
        return "checkout_coverage"

    def schema(self) -> StructType:
        """The columns; wrong options are refused here, when a frame is made."""
        _asked(self)
        return from_arrow_schema(COVERAGE)

    def reader(self, schema: StructType) -> DataSourceReader:
        """What reads a frame."""
        options = _asked(self)
        _check(schema, self.schema())
        return CoverageReader(options)


class CoverageReader(SessionReader):
    """Reads all that the options ask for, and tells what that proves."""

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The coverage of a task; an account that failed is told as incomplete."""
        task: Task = partition.value
        rows = []
        coverage = task.coverage()
        for account, told in zip(coverage.accounts, coverage.to_dict()["accounts"], strict=True):
            names = [name for name in COVERAGE.names if name != "coverage"]
            row = {name: getattr(account, name) for name in names}
            rows.append({**row, "coverage": json.dumps(told)})
        yield pa.RecordBatch.from_pylist(rows, schema=COVERAGE)


SOURCES = (SessionSource, CoverageSource)


def _asked(source: DataSource) -> Options:
    return read_options(dict(source.options))


def _check(given: StructType, ours: StructType) -> None:
    columns = [[(field.name, field.dataType) for field in one.fields] for one in (given, ours)]
    if columns[0] != columns[1]:
        raise ConfigurationError("the source has columns of its own; give no schema")
