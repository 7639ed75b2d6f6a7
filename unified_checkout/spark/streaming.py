"""A stream of sessions: each batch reads what is new and, again, what may have changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pyarrow as pa
from pyspark.sql.datasource import DataSourceStreamReader, InputPartition

from unified_checkout import clocks
from unified_checkout.spark.options import Options
from unified_checkout.tasks import Task

_BEGINNING = datetime.fromtimestamp(0, UTC)

Offset = dict[str, str]
"""Up to when everything was read: a frozen upper bound, as ISO 8601 under ``until``."""


class StreamReader(DataSourceStreamReader):  # type: ignore[misc]
    """Reads from one frozen upper bound to the next."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def initialOffset(self) -> Offset:  # noqa: N802  (Spark's name, as those below)
        """Before everything."""
        return _offset(_BEGINNING)

    def latestOffset(self, start: Offset | None = None, limit: object = None) -> Offset:  # noqa: N802
        """Now, to the second. Spark 4.1 gives neither argument, and none is needed."""
        now = clocks.utc_now().replace(microsecond=0)
        return _offset(now if start is None else max(now, _moment(start)))

    def partitions(self, start: Offset, end: Offset) -> Sequence[InputPartition]:
        """The tasks of a batch; the same two offsets give the same span again."""
        since, until = _moment(start), _moment(end)
        if since >= until:
            return []
        began = None if since == _BEGINNING else since
        tasks = self._options.question.tasks_again(began, until, self._options.horizon)
        return [InputPartition(task) for task in tasks]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The sessions of a task, whose answer is complete, or else it fails."""
        return batches_of(partition)


def batches_of(partition: InputPartition) -> Iterator[pa.RecordBatch]:
    """A task's batches in the types that Spark takes, which has one kind of text only."""
    task: Task = partition.value
    plain = [
        field.with_type(pa.string()) if field.type == pa.large_string() else field
        for field in task.manner.schema
    ]
    for batch in task.batches():
        yield batch.cast(pa.schema(plain))


def _offset(moment: datetime) -> Offset:
    return {"until": moment.isoformat()}


def _moment(offset: Offset) -> datetime:
    return datetime.fromisoformat(offset["until"])
