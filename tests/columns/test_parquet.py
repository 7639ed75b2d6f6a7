"""A Parquet file holds every session, and stands under its name only when it is complete."""

from __future__ import annotations

import asyncio
import errno
import gc
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from threading import Event

import anyio
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from columns.invented import many, plain, sessions, told_in_full
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import ConfigurationError, Session
from unified_checkout.columns import SCHEMA, schema
from unified_checkout.columns.parquet import ParquetFile, write_parquet, write_parquet_async

Write = Callable[..., None]


async def awaited(listed: Iterator[Session]) -> AsyncIterator[Session]:
    for session in listed:
        yield session


def write_awaiting(listed: Iterator[Session], path: Path, **asked: bool) -> None:
    async def write() -> None:
        await write_parquet_async(awaited(listed), path, **asked)

    anyio.run(write)


both = pytest.mark.parametrize("write", [write_parquet, write_awaiting])


@both
@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(listed=st.lists(sessions, max_size=3))
def test_what_is_written_is_read_again(write: Write, tmp_path: Path, listed: list[Session]) -> None:
    path = tmp_path / "sessions.parquet"
    write(iter(listed), path, raw=True, decimals=True)
    found = pq.read_table(path)
    assert found.schema.equals(schema(raw=True, decimals=True))
    assert [plain(row) for row in found.to_pylist()] == [told_in_full(one) for one in listed]
    assert [*tmp_path.iterdir()] == [path]


@both
@pytest.mark.parametrize("count", [0, 1, 1000, 10_000, 12_345])
def test_there_is_a_row_group_for_each_batch(write: Write, tmp_path: Path, count: int) -> None:
    path = tmp_path / "sessions.parquet"
    write(many(count), path)
    file = pq.ParquetFile(path)
    assert file.schema_arrow.equals(SCHEMA)
    groups = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    assert groups == [10_000] * (count // 10_000) + [count % 10_000] * (count % 10_000 > 0)
    assert pq.read_table(path).column("id").to_pylist() == [str(at) for at in range(count)]


@both
def test_neither_sessions_nor_batches_pile_up(write: Write, tmp_path: Path) -> None:
    def highest(count: int) -> tuple[int, int]:
        alive: weakref.WeakSet[Session] = weakref.WeakSet()
        most = memory = 0

        def watched() -> Iterator[Session]:
            nonlocal most, memory
            for number, session in enumerate(many(count)):
                alive.add(session)
                yield session
                del session
                if number % 500 == 0:
                    most, memory = max(most, len(alive)), max(memory, pa.total_allocated_bytes())

        gc.collect()  # what other tests left would be freed in between
        before = pa.total_allocated_bytes()
        write(watched(), tmp_path / "sessions.parquet")
        return most, memory - before

    (few, little), (many_more, much) = highest(21_000), highest(105_000)
    assert max(few, many_more) <= 1001
    assert much < 3 * little


@both
@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("after", [0, 500, 15_000])
def test_where_reading_fails_nothing_new_stands_there(
    write: Write, tmp_path: Path, kind: type[BaseException], older: bool, after: int
) -> None:
    path = tmp_path / "sessions.parquet"
    if older:
        path.write_bytes(b"older")

    def failing() -> Iterator[Session]:
        yield from many(after)
        raise kind

    with pytest.raises(kind):
        write(failing(), path)
    assert [*tmp_path.iterdir()] == ([path] if older else [])
    assert not older or path.read_bytes() == b"older"


def test_while_it_is_written_the_older_file_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "sessions.parquet"
    write_parquet(many(3), path)

    def watched() -> Iterator[Session]:
        yield from many(11_000)
        assert pq.read_metadata(path).num_rows == 3

    write_parquet(watched(), path)
    assert pq.read_metadata(path).num_rows == 11_000


@both
@pytest.mark.parametrize(
    "name", [".", "nowhere/sessions.parquet", "file/sessions.parquet", "a\0b", "x" * 300]
)
def test_a_path_that_cannot_be_is_told_before_a_session_is_asked_for(
    write: Write, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    asked = many(1)
    with pytest.raises(ConfigurationError, match=f"^{tmp_path / name}: "):
        write(asked, tmp_path / name)
    assert next(asked).id == "0"


def test_what_is_no_file_is_not_replaced() -> None:
    with pytest.raises(ConfigurationError, match=r"^/dev/null: "):
        write_parquet(many(1), "/dev/null")


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    there = tmp_path / "there.parquet"
    link = tmp_path / "link.parquet"
    link.symlink_to(there)
    write_parquet(many(2), link)
    assert link.is_symlink()
    assert pq.read_metadata(there).num_rows == 2


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A process that may write no more than 20 kB stands for it."""
    program = (
        "import resource, sys\n"
        "from columns.invented import many\n"
        "from unified_checkout.columns.parquet import write_parquet\n"
        "most = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, most[1]))\n"
        "try:\n"
        "    write_parquet(many(30_000), sys.argv[1])\n"
        "except OSError as error:\n"
        "    print(error.errno)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, most)\n"  # what measures may write more
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "sessions.parquet")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    assert (run.stdout, run.stderr) == (f"{errno.EFBIG}\n", "")
    assert [*tmp_path.iterdir()] == []


def test_after_it_is_given_up_nothing_is_written_any_more(tmp_path: Path) -> None:
    """As by a thread that a cancelled task has left behind."""
    path = tmp_path / "sessions.parquet"
    with ParquetFile(path, SCHEMA) as file:
        pass
    file.write(pa.RecordBatch.from_pylist([], schema=SCHEMA))
    file.finish()
    assert [*tmp_path.iterdir()] == []


def test_a_cancelled_task_waits_for_the_thread_that_still_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on, ended = Event(), Event(), Event()
    write_batch = pq.ParquetWriter.write_batch

    def slowly(writer: pq.ParquetWriter, batch: pa.RecordBatch) -> None:
        entered.set()
        go_on.wait(10)
        write_batch(writer, batch)
        ended.set()

    async def cancelled() -> None:
        path = tmp_path / "sessions.parquet"
        writing = asyncio.create_task(write_parquet_async(awaited(many(10)), path))
        await asyncio.to_thread(entered.wait, 10)
        writing.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert ended.is_set()

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", slowly)
    asyncio.run(cancelled())
    assert [*tmp_path.iterdir()] == []
