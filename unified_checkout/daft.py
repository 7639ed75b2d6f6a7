"""Sessions as a Daft frame; needs the extra ``daft``: ``unified-checkout[daft]``.

That is all an engine takes which reads Arrow batches of tasks that pickle.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs

from unified_checkout.extras import needing

with needing("daft", "this needs"):
    from daft import DataFrame
    from daft.io.source import DataSource, DataSourceTask
    from daft.recordbatch import RecordBatch
    from daft.schema import Schema

    from unified_checkout.tasks import Question, Task

__all__ = ["read"]


def read(question: Question) -> DataFrame:  # pyright: ignore[reportGeneralTypeIssues]
    """A frame of the sessions that answer a question. Nothing is asked until it is collected.

    Each collection reads anew, up to the upper bound of its own moment. A task whose answer is not
    complete fails the collection.

    Args:
        question: the query, where its accounts are configured, and how it is cut.
    """
    return _Source(question).read()


@attrs.frozen
class _Source(DataSource):  # type: ignore[misc]
    """The question as Daft asks it."""

    question: Question

    @property
    def name(self) -> str:
        return "unified_checkout"

    @property
    def schema(self) -> Schema:
        return Schema.from_pyarrow_schema(self.question.manner.schema)

    async def get_tasks(self, pushdowns: Any) -> AsyncIterator[DataSourceTask]:
        for task in await asyncio.to_thread(self.question.tasks):
            yield _Task(task)


@attrs.frozen
class _Task(DataSourceTask):  # type: ignore[misc]
    """A task as Daft runs it."""

    task: Task

    @property
    def schema(self) -> Schema:
        return Schema.from_pyarrow_schema(self.task.manner.schema)

    async def read(self) -> AsyncIterator[RecordBatch]:
        batches = self.task.batches()
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            yield RecordBatch.from_arrow_record_batches([batch], batch.schema)
